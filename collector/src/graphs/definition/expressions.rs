//! What a line asks of the store, in PromQL, and the names that stand in it.

use super::MOUNT;
use crate::promql::escaped;

/// What one line asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expressions {
    /// A series that tells the line's values itself: its extremes are known wherever it is.
    pub told: Option<Way>,
    /// Where there is no such series.
    pub derived: Way,
    /// Makes a line of each value of this label.
    pub by: Option<String>,
    /// Whether its series come and go, so that it is zero where there is a reading and no series.
    pub comes_and_goes: bool,
}

/// One way to a line's values: at a moment where steps are as short as readings are apart, and over
/// a step where they are longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// At a moment.
    pub at: String,
    /// The mean over `$step`.
    pub mean: String,
    /// The greatest and the least within `$step`.
    pub extremes: Extremes,
}

/// How the extremes within a step are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extremes {
    /// These are they; the mean where nothing says.
    Known {
        /// The greatest.
        most: Option<String>,
        /// The least.
        least: Option<String>,
    },
    /// Those of a sum: over a step, what it was at most and at least, as its parts allow.
    Bounded(Bounds),
    /// Those of a host's cores: over a step, what they worked at most, as their idle time allows.
    OfCores(Cores),
}

/// What a sum was at most and at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// The sum between two moments: its parts are read at different ones.
    pub between: String,
    /// No less than any sum within `$fine`; its parts are seen over `$carried`, since what was read
    /// before still stands.
    pub most: String,
    /// No more than any.
    pub least: String,
}

/// Which cores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cores {
    /// The mean of all.
    All,
    /// The one that works most.
    Busiest,
}

/// What `$names` stand for.
#[derive(Debug, Clone, Copy)]
pub struct Names<'n> {
    /// `$instance` or `$tenant`: of whom.
    pub whom: &'n str,
    /// `$mount`: the mount point of a file system.
    pub mount: &'n str,
    /// `$step`: what one value covers.
    pub step_ms: i64,
    /// `$window`: `$step`, but at least as long as a rate needs.
    pub window_ms: i64,
    /// `$fine`: the windows of a step in which the parts of a sum are looked at.
    pub fine_ms: i64,
    /// `$carried`: the same with the time for which a reading stands.
    pub carried_ms: i64,
}

impl Expressions {
    /// What a sum of gauges asks, all of which are read at once.
    pub fn of_gauge(gauge: &str, readings: &str, bound: Option<&str>, by: Option<String>) -> Self {
        let derived = Way::of_sum(gauge, readings, bound, by.as_deref());
        Self { told: None, derived, by, comes_and_goes: true }
    }

    /// What an expression asks.
    pub fn of_expression(expression: String, extremes: Extremes, by: Option<String>) -> Self {
        let derived = Way { at: expression.clone(), mean: expression, extremes };
        Self { told: None, derived, by, comes_and_goes: false }
    }

    /// The same where a series tells the values.
    #[must_use]
    pub fn told_by(self, series: Option<String>) -> Self {
        Self { told: series.map(|series| Way::told(&series)), ..self }
    }

    /// All of its texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.told.iter().chain([&self.derived]).flat_map(Way::texts)
    }
}

impl Way {
    /// One series has the values.
    fn told(series: &str) -> Self {
        let over = |function: &str| format!("{function}_over_time({series}[$step])");
        Self {
            at: format!("max({series})"),
            mean: format!("max({})", over("avg")),
            extremes: Extremes::Known {
                most: Some(format!("max({})", over("max"))),
                least: Some(format!("min({})", over("min"))),
            },
        }
    }

    /// Series add up. They come and go with the rooms behind them, so a mean divides by the readings
    /// of the host and not by those of the series, and what is missing at any reading may be zero.
    ///
    /// The sum of maxima is no less than the maximum of the sum; where a gauge that is never less
    /// bounds it, the lesser of both.
    fn of_sum(gauge: &str, readings: &str, bound: Option<&str>, by: Option<&str>) -> Self {
        let sum = by.map_or_else(|| "sum".to_owned(), |label| format!("sum by ({label})"));
        let polls = |window| format!("max by (instance) (count_over_time({readings}[{window}]))");
        let each_poll = |value: &str, window, sign| {
            format!(
                "{value}({gauge}[{window}]) {sign} on (instance) group_left () {}",
                polls(window)
            )
        };
        let most = format!("{sum} (max_over_time({gauge}[$carried]))");
        let present = each_poll("count_over_time", "$carried", ">= bool");
        Self {
            at: format!("{sum} ({gauge})"),
            mean: format!("{sum} ({})", each_poll("sum_over_time", "$step", "/")),
            extremes: Extremes::Bounded(Bounds {
                between: format!("{sum} ({gauge} offset {BETWEEN})"),
                most: match bound {
                    None => most,
                    Some(bound) => {
                        let bound = format!("{sum} (max_over_time({bound}[$carried]))");
                        format!("({most} < {bound}) or {bound} or {most}")
                    }
                },
                least: format!("{sum} (min_over_time({gauge}[$carried]) * ({present}))"),
            }),
        }
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        let extremes: Vec<&str> = match &self.extremes {
            Extremes::Known { most, least } => {
                [most, least].into_iter().flatten().map(|t| &**t).collect()
            }
            Extremes::Bounded(Bounds { between, most, least }) => vec![between, most, least],
            Extremes::OfCores(Cores::All | Cores::Busiest) => Vec::new(),
        };
        [&*self.at, &*self.mean].into_iter().chain(extremes)
    }
}

/// Half of the shortest step, at whose ends sums are looked at anyway.
const BETWEEN: &str = "5s";

impl Names<'_> {
    /// An expression with the names filled in.
    pub fn fill(&self, expression: &str) -> String {
        let duration = |ms: i64| format!("{ms}ms");
        let mut filled = String::with_capacity(expression.len() + self.whom.len());
        let mut rest = expression;
        while let Some((before, behind)) = rest.split_once('$') {
            filled.push_str(before);
            let name = word(behind);
            match name {
                "instance" | "tenant" => filled.push_str(&escaped(self.whom)),
                MOUNT => filled.push_str(&escaped(self.mount)),
                "step" => filled.push_str(&duration(self.step_ms)),
                "window" => filled.push_str(&duration(self.window_ms)),
                "fine" => filled.push_str(&duration(self.fine_ms)),
                "carried" => filled.push_str(&duration(self.carried_ms)),
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
        let whom = "a\"} or b\\";
        let (fine_ms, carried_ms) = (5_000, 7_000);
        let (step_ms, window_ms, mount) = (10_000, 60_000, "/a\"b");
        let names = Names { whom, mount, step_ms, window_ms, fine_ms, carried_ms };
        let filled = names.fill(
            "rate(x{instance=\"$instance\"}[$window]) + y[$step:$fine] + z[$carried] + $other",
        );
        let expected =
            "rate(x{instance=\"a\\\"} or b\\\\\"}[60000ms]) + y[10000ms:5000ms] + z[7000ms] + \
             $other"
                .to_owned();
        assert_eq!(filled, expected);
        assert_eq!(names.fill("{m=\"$mount\"}"), "{m=\"/a\\\"b\"}");
        assert_eq!(Names { whom: "$step", ..names }.fill("\"$tenant\""), "\"$step\"");
    }
}
