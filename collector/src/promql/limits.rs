//! What one query may read, and the word that stops it.
//!
//! Prometheus's own limits where it has one. The clock is elsewhere: whoever asks sets the stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::QueryError;
use crate::store::TimeRange;

/// Prometheus's own default of how long a sample stands for its series.
pub const DEFAULT_LOOKBACK_MS: i64 = 300_000;

/// Ten years; rollups are kept longer, but nobody looks at more at once.
const DEFAULT_SPAN_MS: i64 = 3_653 * DAY_MS;
const DAY_MS: i64 = 86_400_000;

/// The deepest that brackets and operators of an expression may be nested: each level takes stack.
const MAX_DEPTH: usize = 256;

/// How much one query may read and make.
#[derive(Debug, Clone)]
pub struct QueryLimits {
    /// How long a sample stands for its series.
    pub lookback_ms: i64,
    /// The most samples that one query may read, or hold at once.
    pub max_samples: usize,
    /// The most series that one selector may find.
    pub max_series: usize,
    /// The longest time that one selector may cover.
    pub max_span_ms: i64,
    /// Ends the query early.
    pub stop: Stop,
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self {
            lookback_ms: DEFAULT_LOOKBACK_MS,
            max_samples: 50_000_000,
            max_series: 100_000,
            max_span_ms: DEFAULT_SPAN_MS,
            stop: Stop::default(),
        }
    }
}

/// Tells a query that nobody waits for it any more.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// The query ends soon: at the next series, window or node of its tree.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// What is set then.
    pub fn flag(&self) -> &AtomicBool {
        &self.0
    }

    /// Whether it was set.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl QueryLimits {
    /// Refuses to hold more than so many samples, or to go on when stopped.
    pub fn check(&self, samples: usize) -> Result<(), QueryError> {
        if self.stop.is_set() {
            return Err(QueryError::Stopped);
        }
        if samples > self.max_samples {
            let message =
                "query processing would load too many samples into memory in query execution";
            return Err(QueryError::Execution(message.into()));
        }
        Ok(())
    }

    /// Refuses a selector that finds too many series.
    pub fn check_series(&self, series: usize) -> Result<(), QueryError> {
        let limit = self.max_series;
        let message = || format!("a selector finds {series} series, at most {limit}");
        (series <= limit).then_some(()).ok_or_else(|| QueryError::Execution(message()))
    }

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
