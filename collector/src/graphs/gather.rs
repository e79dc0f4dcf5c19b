//! From the store to a graph: its lines, their figures, the limit, what was lost.

mod devices;
mod expressions;
mod steps;

use super::definition::{Colour, Definition, LimitValue, Of, Shape, Side, Source};
use super::period::Span;
use crate::promql::QueryError;
use crate::query::{Interval, Statistics};
use crate::samples::{ReadError, Reader, TimeRange};
use crate::store::{LostInterval, Records};

/// Samples up to this long before the span belong to the first interval that reaches into it.
const MARGIN_MS: i64 = 300_000;

/// Why there is no graph.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    /// Samples could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An expression of its definition has no answer.
    #[error("failed to evaluate an expression of the graph")]
    Query(#[from] QueryError),
}

/// A graph, ready to be drawn or written.
#[derive(Debug, Clone)]
pub struct Graph {
    /// What it shows.
    pub definition: &'static Definition,
    /// Of whom: a host, an organisation; empty if of all.
    pub whom: String,
    /// Of which devices.
    pub devices: Vec<String>,
    /// When.
    pub span: Span,
    /// Seen when, Unix time in milliseconds.
    pub now_ms: i64,
    /// What is drawn, in the order of the legend.
    pub lines: Vec<Line>,
    /// The limit, in the unit of the graph.
    pub limit: Option<f64>,
    /// What the agent reported as lost.
    pub losses: Vec<LostInterval>,
}

/// One line of a graph, in its unit.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its name in the legend.
    pub name: String,
    /// Its colour.
    pub colour: Colour,
    /// Where it is drawn.
    pub side: Side,
    /// As what.
    pub shape: Shape,
    /// Its values, in order, within the span.
    pub intervals: Vec<Interval>,
    /// Its figures; none without a reading.
    pub statistics: Option<Statistics>,
}

impl Graph {
    /// The newest reading.
    pub fn last_ms(&self) -> Option<i64> {
        self.lines.iter().filter_map(|line| line.intervals.last()).map(|last| last.to_ms).max()
    }

    /// Whether nothing was read in the span.
    pub fn is_empty(&self) -> bool {
        self.lines.iter().all(|line| line.intervals.is_empty())
    }

    /// Whether it has lines below the axis.
    pub fn is_mirrored(&self) -> bool {
        self.lines.iter().any(|line| line.side == Side::Below)
    }

    /// Whether it sums counters of devices.
    pub fn is_of_devices(&self) -> bool {
        matches!(self.definition.source, Source::Devices { .. })
    }

    /// What it is of, in words: one device by name, several by number, else what it shows; empty if
    /// there is no device.
    pub fn subject(&self) -> String {
        match (&self.definition.source, &self.devices[..]) {
            (Source::Expressions { .. }, _) => self.definition.title.clone(),
            (Source::Devices { .. }, [one]) => one.clone(),
            (Source::Devices { .. }, []) => String::new(),
            (Source::Devices { .. }, several) => format!("{} interfaces", several.len()),
        }
    }
}

/// What graphs are read from.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// The samples.
    pub reader: Reader<'a>,
    /// The losses.
    pub records: &'a Records,
}

/// Reads a graph of `whom`, a host or an organisation; of one `device` if that is named.
pub fn gather(
    sources: Sources<'_>,
    definition: &'static Definition,
    (whom, device): (&str, Option<&str>),
    (span, now_ms): (Span, i64),
) -> Result<Graph, GatherError> {
    let reader = sources.reader;
    let (devices, lines, limit) = match &definition.source {
        Source::Devices { devices, lines } => {
            let limit = definition.limit.as_ref().and_then(|limit| match &limit.value {
                LimitValue::Metric(metric) => Some(metric.as_str()),
                LimitValue::Expression(_) => None,
            });
            let wanted = (*devices, &lines[..], limit);
            let found = devices::gather(reader, (whom, device), wanted, (&span, now_ms))?;
            (found.devices, found.lines, found.limit)
        }
        Source::Expressions { of, readings, lines } => {
            let whose = (*of, whom, readings);
            let asking = expressions::Asking::of(reader, whose, (&span, now_ms))?;
            let found = asking.lines(lines)?;
            let limit = definition.limit.as_ref().map(|limit| match &limit.value {
                LimitValue::Expression(expression) => asking.limit(expression, &found),
                LimitValue::Metric(_) => Ok(None),
            });
            (Vec::new(), found, limit.transpose()?.flatten())
        }
    };
    let range = TimeRange { from_ms: span.from_ms, to_ms: span.to_ms };
    let losses = match definition.of() {
        Of::Host => sources.records.losses(whom, range, reader.budget)?,
        Of::Tenant | Of::All => Vec::new(),
    };
    let whom = whom.to_owned();
    Ok(Graph { definition, whom, devices, span, now_ms, lines, limit, losses })
}

fn clip(intervals: Vec<Interval>, span: &Span) -> Vec<Interval> {
    let inside = intervals.into_iter().filter(|i| i.to_ms > span.from_ms && i.from_ms < span.to_ms);
    let cut = |interval: Interval| Interval {
        from_ms: interval.from_ms.max(span.from_ms),
        to_ms: interval.to_ms.min(span.to_ms),
        ..interval
    };
    inside.map(cut).collect()
}

#[cfg(test)]
mod tests;
