//! PromQL over samples: instant and range queries that answer as Prometheus 2.42 does.
//!
//! An expression becomes a tree that is checked when it is parsed; the evaluator knows all of the
//! tree and nothing else. A tree is evaluated for all steps of a range at once, so that each series
//! is read once. What it takes is counted against the budget of the request. It knows no clock and
//! no HTTP.

mod aggregate;
mod binary;
mod buckets;
mod checked;
mod date;
mod deep;
mod digits;
mod evaluate;
mod fill;
mod grid;
mod histogram;
mod info;
mod kept;
mod label_functions;
mod limits;
mod look;
mod math;
mod meter;
mod natural;
mod newest;
mod operators;
mod parse;
mod places;
mod quantile;
mod quote;
mod rates;
mod rows;
mod signature;
mod sum;
mod tree;
mod value;
mod windows;
mod written;

use headroom_proto::panics::{self, Panicked};

use crate::samples::{Budget, Matcher, ReadError, Reader};

pub use self::checked::{Checked, check};
pub use self::digits::{number, plain_number, scientific_number, value_number};
use self::evaluate::Evaluator;
use self::grid::Grid;
pub use self::kept::{KeptRanges, KeptReader, RangeQuery};
pub use self::limits::{DEFAULT_LOOKBACK_MS, QueryLimits};
use self::meter::Meter;
use self::parse::{QueryTimes, Question};
pub use self::quote::{escaped, quoted};
pub use self::value::{Row, Value};
pub use self::written::Shown;

/// The most steps of one range query behind the first, as in Prometheus.
pub const MAX_STEPS: i64 = 11_000;

/// The moments of a range query, Unix time in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    /// The first.
    pub from_ms: i64,
    /// None lies behind it.
    pub to_ms: i64,
    /// Their distance.
    pub step_ms: i64,
}

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
    /// The parser or the evaluator did not survive the expression.
    #[error(transparent)]
    Panicked(#[from] Panicked),
}

/// Evaluates `expression` at one moment, Unix time in milliseconds. What was read for it is dropped;
/// the memory of the answer is held until the reader releases it or the budget ends.
pub fn instant(
    reader: Reader<'_>,
    expression: &str,
    at_ms: i64,
    limits: QueryLimits,
) -> Result<Value, QueryError> {
    let grid = Grid { from_ms: at_ms, step_ms: 0, steps: 1 };
    let ask = |question: &Question<'_, '_>| {
        let tree = question.tree(QueryTimes::default())?;
        Evaluator::new(reader, limits, grid, at_ms).instant(&tree)
    };
    answered(expression, reader.budget, ask).map_err(|error| error.in_parameter("query"))
}

/// Evaluates `expression` at each step from one moment to another, both included. Memory as for
/// [`instant`].
pub fn range(
    reader: Reader<'_>,
    expression: &str,
    steps: Steps,
    limits: QueryLimits,
) -> Result<Value, QueryError> {
    let bad = |message: &str| Err(QueryError::BadData(message.to_owned()));
    let Steps { from_ms, to_ms, step_ms } = steps;
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
    // As Prometheus counts them: those behind the first. The bounds may be those of the type.
    let behind = (i128::from(to_ms) - i128::from(from_ms)) / i128::from(step_ms);
    if behind > i128::from(MAX_STEPS) {
        return bad(
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query \
             resolution (?step=XX)",
        );
    }
    let steps = behind as usize + 1;
    let grid = Grid { from_ms, step_ms, steps };
    let times = QueryTimes { step_ms, range_ms: to_ms.saturating_sub(from_ms) };
    answered(expression, reader.budget, |question| {
        Evaluator::new(reader, limits, grid, to_ms).range(&question.tree(times)?)
    })
}

/// The matchers of each series selector; of one that selects everything if there is none. What they
/// take is held until the budget ends.
pub fn selectors<T: AsRef<str>>(
    texts: &[T],
    budget: &Budget,
) -> Result<Vec<Vec<Matcher>>, QueryError> {
    if texts.is_empty() {
        return Ok(vec![Vec::new()]);
    }
    let matchers = |text: &T| {
        let text = text.as_ref();
        caught(text, || {
            let question = Question::read(text, &Meter::new(budget))?;
            let matchers = question.selector()?.matchers;
            question.keep();
            Ok(matchers)
        })
    };
    let all: Result<_, QueryError> = texts.iter().map(matchers).collect();
    all.map_err(|error| error.in_parameter("match[]"))
}

/// Shows an expression as it is written, if it is right, where there is stack enough for it.
pub fn show<T: Send>(
    expression: &str,
    budget: &Budget,
    show: impl FnOnce(Shown<'_>) -> T + Send,
) -> Result<T, QueryError> {
    let ask = |question: &Question<'_, '_>| Ok(show(Shown::new(&question.written()?)));
    let shown = answered(expression, budget, ask);
    shown.map_err(|error| error.in_parameter("query"))
}

/// Asks an expression where there is stack enough for it.
fn answered<T: Send>(
    expression: &str,
    budget: &Budget,
    ask: impl FnOnce(&Question<'_, '_>) -> Result<T, QueryError> + Send,
) -> Result<T, QueryError> {
    let meter = Meter::new(budget);
    let question = caught(expression, || Question::read(expression, &meter))?;
    let ask = || caught(expression, || ask(&question));
    deep::with_stack(question.depth, &meter, ask)
}

/// Neither the parser nor the evaluator may take the process along.
fn caught<T>(
    expression: &str,
    ask: impl FnOnce() -> Result<T, QueryError>,
) -> Result<T, QueryError> {
    panics::catch("the evaluation of a query", || panics::hash(expression), ask)?
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

#[cfg(test)]
mod tests;
