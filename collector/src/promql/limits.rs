//! What one query may ask for: Prometheus's own limits where it has one.

use super::QueryError;
use crate::samples::TimeRange;

/// Prometheus's own default of how long a sample stands for its series.
pub const DEFAULT_LOOKBACK_MS: i64 = 300_000;

/// Ten years; rollups are kept longer, but nobody looks at more at once.
const DEFAULT_SPAN_MS: i64 = 3_653 * DAY_MS;
const DAY_MS: i64 = 86_400_000;

/// The deepest that brackets and operators of an expression may be nested: each level takes stack.
const MAX_DEPTH: usize = 256;

/// What a query may ask for, beside the budget of its request.
#[derive(Debug, Clone, Copy)]
pub struct QueryLimits {
    /// How long a sample stands for its series.
    pub lookback_ms: i64,
    /// The longest time that one selector may cover.
    pub max_span_ms: i64,
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self { lookback_ms: DEFAULT_LOOKBACK_MS, max_span_ms: DEFAULT_SPAN_MS }
    }
}

impl QueryLimits {
    /// Refuses a selector that covers too long a time.
    pub fn check_span(&self, range: TimeRange) -> Result<(), QueryError> {
        let span_ms = range.to_ms.saturating_sub(range.from_ms);
        let (days, limit) = (span_ms / DAY_MS, self.max_span_ms / DAY_MS);
        let message = || format!("a selector covers {days} days, at most {limit}");
        (span_ms <= self.max_span_ms).then_some(()).ok_or_else(|| QueryError::Execution(message()))
    }
}

/// Refuses an expression whose tree would be too deep, before it is parsed: parsing, evaluating and
/// dropping a tree all take stack by its depth. Counts what may nest: brackets that are open, and
/// operators since, for `a + b + c` nests to the left.
pub fn check_depth(expression: &str) -> Result<(), QueryError> {
    let mut open = vec![0usize];
    let mut quote = None;
    let mut escaped = false;
    let mut comment = false;
    let mut word = String::new();
    for c in expression.chars().chain([' ']) {
        if comment {
            comment = c != '\n';
            continue;
        }
        if let Some(end) = quote {
            if escaped {
                escaped = false;
            } else if c == '\\' && end != '`' {
                escaped = true;
            } else if c == end {
                quote = None;
            }
            continue;
        }
        if c.is_alphanumeric() || c == '_' || c == ':' {
            word.push(c);
            continue;
        }
        let operators =
            matches!(word.to_ascii_lowercase().as_str(), "and" | "or" | "unless" | "atan2");
        word.clear();
        let level = open.len() - 1;
        open[level] += usize::from(operators);
        match c {
            '"' | '\'' | '`' => quote = Some(c),
            '#' => comment = true,
            '(' | '[' | '{' => open.push(0),
            ')' | ']' | '}' if level > 0 => {
                open.pop();
            }
            '+' | '-' | '*' | '/' | '%' | '^' | '=' | '!' | '<' | '>' => open[level] += 1,
            ',' => open[level] = 0,
            _ => {}
        }
        if open.len() + open.iter().sum::<usize>() > MAX_DEPTH {
            let message = format!("the expression is nested deeper than {MAX_DEPTH} levels");
            return Err(QueryError::BadData(message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_that_of_the_tree() {
        let fine = [
            "a + b * (c - d)".to_owned(),
            format!("a{{b=~\"{}\"}}", "(x|y)+".repeat(1_000)),
            format!("f({}1)", "a + b, ".repeat(500)),
            format!("1 # {}", "(".repeat(1_000)),
            format!("{}1{}", "(".repeat(200), ")".repeat(200)),
            format!("1{}", " + 1".repeat(200)),
        ];
        for expression in &fine {
            assert!(check_depth(expression).is_ok(), "{expression}");
        }
        let deep = [
            format!("{}1{}", "(".repeat(300), ")".repeat(300)),
            format!("1{}", " + 1".repeat(300)),
            format!("{}1", "-".repeat(300)),
            format!("a{}", " or a".repeat(300)),
            format!("{}1{}", "1+(1-".repeat(100), ")".repeat(100)),
        ];
        for expression in &deep {
            let error = check_depth(expression).unwrap_err().to_string();
            assert_eq!(error, "the expression is nested deeper than 256 levels", "{expression}");
        }
    }
}
