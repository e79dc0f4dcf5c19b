//! Answers over steps whose past no longer changes, kept in bounded memory: who asks for the same
//! again, as a page and its pictures do, has only the newest steps evaluated.
//!
//! For expressions of our own. They look back from each step and never ahead, nor at the end of the
//! whole range, so that a range is the same in one piece and in two.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::value::{Row, Value};
use super::{QueryError, QueryLimits, Steps, range};
use crate::kept::{Kept, Room, Weighs};
use crate::samples::{Labels, Reader, Settled};

/// About how many answers fit, for the first size of the table.
const ANSWERS: usize = 256;

/// The answers that are kept.
pub struct KeptRanges(Kept<Asked, KeptRange>);

/// An expression over the steps of a range.
#[derive(Debug, Clone, Copy)]
pub struct RangeQuery<'e> {
    /// One of our own, which looks back only.
    pub expression: &'e str,
    /// When.
    pub steps: Steps,
    /// What it may ask for.
    pub limits: QueryLimits,
}

/// A way to the samples that knows what was asked before.
#[derive(Clone, Copy)]
pub struct KeptReader<'a> {
    /// The samples.
    pub reader: Reader<'a>,
    /// What was asked of the past before.
    pub kept: &'a KeptRanges,
}

impl KeptReader<'_> {
    /// As [`range`].
    pub fn range(self, query: RangeQuery<'_>) -> Result<Value, QueryError> {
        self.kept.range(self.reader, query)
    }
}

/// What was asked for, but for how far back and until when.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Asked {
    expression: String,
    step_ms: i64,
    /// Where in the time between two steps they lie.
    phase_ms: i64,
    lookback_ms: i64,
}

/// Rows over steps from one to another, both included.
struct KeptRange {
    version: u64,
    from_ms: i64,
    to_ms: i64,
    rows: Vec<KeptRow>,
}

/// A row whose points take no more than their values; [`NOTHING`] stands for none.
struct KeptRow {
    labels: Labels,
    points: Vec<f64>,
}

/// No value: of all numbers that are none, one that nobody computes.
const NOTHING: u64 = 0xfff8_6e6f_7468_696e;

impl Weighs for Asked {
    fn bytes(&self) -> u64 {
        self.expression.len() as u64
    }
}

impl Weighs for KeptRange {
    fn bytes(&self) -> u64 {
        bytes_of(&self.rows)
    }
}

impl KeptRanges {
    /// Keeps answers in so much memory.
    pub fn new(bytes: u64) -> Self {
        Self(Kept::new(Room { bytes, values: ANSWERS }))
    }

    fn range(&self, reader: Reader<'_>, query: RangeQuery<'_>) -> Result<Value, QueryError> {
        let RangeQuery { expression, steps, limits } = query;
        // Before anything is read: what comes in later is not taken for settled.
        let settled = reader.samples.settled();
        let Some((settled, last_ms)) = settled.and_then(|found| Some((found, last(found, steps)?)))
        else {
            return range(reader, expression, steps, limits);
        };
        let asked = Asked {
            expression: expression.to_owned(),
            step_ms: steps.step_ms,
            phase_ms: steps.from_ms.rem_euclid(steps.step_ms),
            lookback_ms: limits.lookback_ms,
        };
        let of_this_version = |answer: &Arc<KeptRange>| answer.version == settled.version;
        let known = self.0.get(&asked).filter(of_this_version);
        let known = known.and_then(|known| Part::of(known, steps, last_ms));
        let rest_ms = known.as_ref().map_or(steps.from_ms, |part| part.to_ms + steps.step_ms);
        let mut rows = Vec::new();
        if rest_ms <= steps.to_ms {
            let rest = Steps { from_ms: rest_ms, ..steps };
            match range(reader, expression, rest, limits)? {
                Value::Vector(found) => rows = found,
                // Numbers and texts are never kept, so that the rest is the whole.
                other @ (Value::Scalar(_) | Value::Text(_) | Value::Matrix(_)) => return Ok(other),
            }
        }
        if let Some(part) = &known {
            reader.budget.hold(part.bytes()).map_err(QueryError::from)?;
            rows = part.with(rows, steps);
        }
        if known.is_none_or(|part| part.to_ms < last_ms) {
            let answer = KeptRange {
                version: settled.version,
                from_ms: steps.from_ms,
                to_ms: last_ms,
                rows: begins(&rows, places(steps.from_ms, last_ms, steps.step_ms)),
            };
            self.0.keep(asked, answer);
        }
        Ok(Value::Vector(rows))
    }
}

/// The last step whose past is settled, if there is one.
fn last(settled: Settled, Steps { from_ms, to_ms, step_ms }: Steps) -> Option<i64> {
    if step_ms <= 0 || from_ms > to_ms || settled.until_ms <= from_ms {
        return None;
    }
    // A step looks at its own moment too, which must lie before.
    let end_ms = to_ms.min(settled.until_ms - 1);
    Some(from_ms + (end_ms - from_ms) / step_ms * step_ms)
}

/// How many steps there are from one to another, both included.
fn places(from_ms: i64, to_ms: i64, step_ms: i64) -> usize {
    usize::try_from((to_ms - from_ms) / step_ms + 1).unwrap_or(0)
}

/// The rows of the first steps that have any value there.
fn begins(rows: &[Row], count: usize) -> Vec<KeptRow> {
    let begin = |row: &Row| -> Option<KeptRow> {
        let points = &row.points[..count.min(row.points.len())];
        points.iter().any(Option::is_some).then(|| KeptRow {
            labels: row.labels.clone(),
            points: points.iter().map(|point| point.unwrap_or(f64::from_bits(NOTHING))).collect(),
        })
    };
    rows.iter().filter_map(begin).collect()
}

fn bytes_of(rows: &[KeptRow]) -> u64 {
    let bytes = |row: &KeptRow| row.labels.bytes() + size_of_val(row.points.as_slice()) as u64;
    rows.iter().map(bytes).sum::<u64>() + size_of_val(rows) as u64
}

/// The part of a known answer that is asked for: its first steps.
struct Part {
    known: Arc<KeptRange>,
    /// At which of its steps the part begins.
    begin: usize,
    count: usize,
    to_ms: i64,
}

impl Part {
    /// The part of an answer with which a range begins, up to a step at most.
    fn of(known: Arc<KeptRange>, steps: Steps, last_ms: i64) -> Option<Self> {
        let to_ms = known.to_ms.min(last_ms);
        if known.from_ms > steps.from_ms || to_ms < steps.from_ms {
            return None;
        }
        let begin = places(known.from_ms, steps.from_ms, steps.step_ms) - 1;
        let count = places(steps.from_ms, to_ms, steps.step_ms);
        Some(Self { known, begin, count, to_ms })
    }

    /// What its rows take once they are copied.
    fn bytes(&self) -> u64 {
        let points = self.known.rows.len() * self.count * size_of::<Option<f64>>();
        (points + self.known.rows.len() * size_of::<Row>()) as u64
    }

    /// Its rows with those of the steps behind it, ordered by labels.
    fn with(&self, rest: Vec<Row>, steps: Steps) -> Vec<Row> {
        let all = places(steps.from_ms, steps.to_ms, steps.step_ms);
        let mut joined: BTreeMap<Labels, Vec<Option<f64>>> = BTreeMap::new();
        for row in &self.known.rows {
            let part = &row.points[self.begin..self.begin + self.count];
            let point = |value: &f64| (value.to_bits() != NOTHING).then_some(*value);
            if part.iter().any(|value| point(value).is_some()) {
                let mut points = Vec::with_capacity(all);
                points.extend(part.iter().map(point));
                points.resize(all, None);
                joined.insert(row.labels.clone(), points);
            }
        }
        for row in rest {
            let points = joined.entry(row.labels).or_insert_with(|| vec![None; all]);
            points[self.count..].copy_from_slice(&row.points);
        }
        joined.into_iter().map(|(labels, points)| Row { labels, points }).collect()
    }
}

#[cfg(test)]
mod tests;
