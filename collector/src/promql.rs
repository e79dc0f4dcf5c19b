//! PromQL over the store: instant and range queries that answer as Prometheus 2.42 does.
//!
//! `promql-parser` parses; the evaluator is ours. An expression is evaluated for all steps of a
//! range at once, so that each series is read once. It knows no clock and no HTTP.

mod aggregate;
mod arithmetic;
mod binary;
mod buckets;
mod calendar;
mod evaluate;
mod functions;
mod grid;
mod histogram;
mod label_functions;
mod limits;
mod rates;
mod selector;
mod value;
mod windows;

use crate::samples::{Labels, Matcher, ReadError, Reader, Selection, TimeRange};

use self::evaluate::Evaluator;
use self::grid::Grid;
pub use self::limits::{DEFAULT_LOOKBACK_MS, QueryLimits};
pub use self::value::{Row, Value};

/// The most steps of one range query, as in Prometheus.
pub const MAX_STEPS: i64 = 11_000;

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The expression or its bounds are wrong.
    #[error("{0}")]
    BadData(String),
    /// The expression is right, but its data do not fit it.
    #[error("{0}")]
    Execution(String),
    /// Whoever asked waits no longer.
    #[error("query timed out in expression evaluation")]
    Stopped,
    /// Samples cannot be read, or more than the request may.
    #[error(transparent)]
    Read(ReadError),
}

/// Evaluates `expression` at one moment, Unix time in milliseconds.
pub fn instant(
    reader: Reader<'_>,
    expression: &str,
    at_ms: i64,
    limits: QueryLimits,
) -> Result<Value, QueryError> {
    let grid = Grid { from_ms: at_ms, step_ms: 0, steps: 1 };
    let held = reader.budget.held();
    let value = parse(expression)
        .and_then(|parsed| Evaluator::new(reader, limits, grid, at_ms).top(&parsed))
        .map_err(|error| error.in_parameter("query"))?;
    // What was read for it is dropped.
    reader.budget.release_to(held);
    Ok(value)
}

/// Evaluates `expression` at each step from one moment to another, both included.
pub fn range(
    reader: Reader<'_>,
    expression: &str,
    (from_ms, to_ms, step_ms): (i64, i64, i64),
    limits: QueryLimits,
) -> Result<Value, QueryError> {
    let bad = |message: &str| Err(QueryError::BadData(message.to_owned()));
    if to_ms < from_ms {
        let message = "invalid parameter \"end\": end timestamp must not be before start time";
        return bad(message);
    }
    if step_ms <= 0 {
        return bad(
            "invalid parameter \"step\": zero or negative query resolution step widths are not \
             accepted. Try a positive integer",
        );
    }
    if (to_ms - from_ms) / step_ms >= MAX_STEPS {
        return bad(
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query \
             resolution (?step=XX)",
        );
    }
    let parsed = parse(expression)?;
    let steps = ((to_ms - from_ms) / step_ms + 1) as usize;
    let grid = Grid { from_ms, step_ms, steps };
    let held = reader.budget.held();
    let value = Evaluator::new(reader, limits, grid, to_ms).range_top(&parsed)?;
    // What was read for it is dropped.
    reader.budget.release_to(held);
    Ok(value)
}

/// The labels of the series that any of the selectors matches and that have samples in `range`;
/// of all series if there is no selector.
pub fn series(
    reader: Reader<'_>,
    selectors: &[&str],
    range: TimeRange,
) -> Result<Vec<Labels>, QueryError> {
    let mut found = std::collections::BTreeSet::new();
    let mut add = |matchers: &[Matcher]| -> Result<(), QueryError> {
        found.extend(reader.find(Selection { matchers, range }, usize::MAX)?);
        Ok(())
    };
    if selectors.is_empty() {
        add(&[])?;
    }
    for text in selectors {
        let bad = |error: QueryError| error.in_parameter("match[]");
        let promql_parser::parser::Expr::VectorSelector(selector) = parse(text).map_err(bad)?
        else {
            return Err(bad(QueryError::BadData(format!("{text:?} is no series selector"))));
        };
        add(&selector::matchers(&selector).map_err(bad)?)?;
    }
    Ok(found.into_iter().collect())
}

impl From<ReadError> for QueryError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Stopped => Self::Stopped,
            ReadError::Samples
            | ReadError::Series { .. }
            | ReadError::Memory { .. }
            | ReadError::Busy
            | ReadError::Failed(_) => Self::Read(error),
        }
    }
}

impl QueryError {
    /// Wrong data, with the parameter that brought them.
    fn in_parameter(self, name: &str) -> Self {
        match self {
            Self::BadData(message) if !message.starts_with("invalid parameter") => {
                Self::BadData(format!("invalid parameter {name:?}: {message}"))
            }
            other => other,
        }
    }
}

fn parse(expression: &str) -> Result<promql_parser::parser::Expr, QueryError> {
    static OLD_NAMES: std::sync::Once = std::sync::Once::new();
    if expression.is_empty() {
        let message = "1:1: parse error: no expression found in input";
        return Err(QueryError::BadData(message.into()));
    }
    limits::check_depth(expression)?;
    OLD_NAMES.call_once(functions::register);
    promql_parser::parser::parse(expression).map_err(QueryError::BadData)
}
