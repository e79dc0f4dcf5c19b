//! What a line asks of the store, in PromQL, and the names that stand in it.

/// What one line asks: for the value at a moment where steps are as short as readings are apart,
/// and for the mean and the greatest over a step where they are longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expressions {
    /// At a moment.
    pub at: String,
    /// The mean over `$step`.
    pub mean: String,
    /// The greatest within `$step`; the mean where nothing says.
    pub max: Option<String>,
    /// Makes a line of each value of this label.
    pub by: Option<String>,
    /// Whether its series come and go, so that it is zero where there is a reading and no series.
    pub comes_and_goes: bool,
}

/// What `$names` stand for.
#[derive(Debug, Clone, Copy)]
pub struct Names<'n> {
    /// `$instance` or `$tenant`: of whom.
    pub whom: &'n str,
    /// `$step`: what one value covers.
    pub step_ms: i64,
    /// `$window`: `$step`, but at least as long as a rate needs.
    pub window_ms: i64,
}

impl Expressions {
    /// What a sum of gauges asks, all of which are read at once.
    ///
    /// Series come and go with the rooms behind them, so a mean divides by the readings of the host
    /// and not by those of the series. The sum of maxima is no less than the maximum of the sum;
    /// where a gauge that is never less bounds it, the lesser of both.
    pub fn of_gauge(gauge: &str, readings: &str, bound: Option<&str>, by: Option<String>) -> Self {
        let sum = by.as_ref().map_or_else(|| "sum".to_owned(), |label| format!("sum by ({label})"));
        let polls = format!("max by (instance) (count_over_time({readings}[$step]))");
        let mean =
            format!("{sum} (sum_over_time({gauge}[$step]) / on (instance) group_left () {polls})");
        let max = format!("{sum} (max_over_time({gauge}[$step]))");
        let max = match bound {
            None => max,
            Some(bound) => {
                let bound = format!("{sum} (max_over_time({bound}[$step]))");
                format!("({max} < {bound}) or {bound} or {max}")
            }
        };
        let at = format!("{sum} ({gauge})");
        Self { at, mean, max: Some(max), by, comes_and_goes: true }
    }

    /// What an expression asks.
    pub fn of_expression(expression: String, max: Option<String>, by: Option<String>) -> Self {
        Self { at: expression.clone(), mean: expression, max, by, comes_and_goes: false }
    }

    /// All of its texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        [Some(&self.at), Some(&self.mean), self.max.as_ref()].into_iter().flatten().map(|t| &**t)
    }
}

impl Names<'_> {
    /// An expression with the names filled in.
    pub fn fill(&self, expression: &str) -> String {
        let whom = self.whom.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let duration = |ms: i64| format!("{ms}ms");
        let mut filled = String::with_capacity(expression.len() + whom.len());
        let mut rest = expression;
        while let Some((before, behind)) = rest.split_once('$') {
            filled.push_str(before);
            let name = word(behind);
            match name {
                "instance" | "tenant" => filled.push_str(&whom),
                "step" => filled.push_str(&duration(self.step_ms)),
                "window" => filled.push_str(&duration(self.window_ms)),
                _ => {
                    filled.push('$');
                    filled.push_str(name);
                }
            }
            rest = &behind[name.len()..];
        }
        filled.push_str(rest);
        filled
    }
}

/// The names that an expression uses.
pub fn names(expression: &str) -> impl Iterator<Item = &str> {
    expression.split('$').skip(1).map(word)
}

/// The letters that a text begins with.
fn word(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_filled_in_and_stay_within_their_quotes() {
        let names = Names { whom: "a\"} or b\\", step_ms: 10_000, window_ms: 60_000 };
        let filled = names.fill("rate(x{instance=\"$instance\"}[$window]) + y[$step] + $other");
        let expected =
            "rate(x{instance=\"a\\\"} or b\\\\\"}[60000ms]) + y[10000ms] + $other".to_owned();
        assert_eq!(filled, expected);
        assert_eq!(Names { whom: "$step", ..names }.fill("\"$tenant\""), "\"$step\"");
    }
}
