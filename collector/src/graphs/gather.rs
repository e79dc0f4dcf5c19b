//! From the store to a graph: what its definition asks is read and becomes lines.

mod cores;
mod expressions;
mod points;
mod rounds;
mod steps;
#[cfg(test)]
mod tests;
mod values;

use self::expressions::Asking;
use super::definition::{Definition, Direction, LimitValue, LineDefinition, LinkLine, Of, Source};
use super::graph::{Certainty, Grain, Graph, Line};
use super::period::Span;
use crate::links::{self, LinksOf, Traffic};
use crate::promql::{KeptReader, QueryError};
use crate::query::Statistics;
use crate::samples::{ReadError, Resolution};
use crate::store::Records;

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

/// What graphs are read from.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// The samples, and what earlier graphs asked of them.
    pub samples: KeptReader<'a>,
    /// The losses.
    pub records: &'a Records,
}

/// Which graph is asked for.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// What it shows.
    pub definition: &'static Definition,
    /// Of whom: a host, an organisation; empty if of all.
    pub whom: &'a str,
    /// Of what part: of a graph of links one device alone, if not all; of one of a file system its
    /// mount point.
    pub part: Option<&'a str>,
    /// When.
    pub span: Span,
    /// Seen when, Unix time in milliseconds.
    pub now_ms: i64,
}

/// Reads a graph.
pub fn gather(sources: Sources<'_>, question: Question<'_>) -> Result<Graph, GatherError> {
    match &question.definition.source {
        Source::Links { .. } => {
            let links = LinksOf { instance: question.whom, device: question.part };
            let traffic = links::traffic(sources.samples.reader, links, question.span.range())?;
            of_traffic(sources, question, &traffic)
        }
        Source::Rounds { of, look } => rounds::gather(sources, question, *of, look),
        Source::Expressions { readings, lines, .. } => {
            let asking = Asking::of(sources, &question, readings)?;
            let (found, grain) = asking.lines(lines)?;
            let limit = match question.definition.limit.as_ref().map(|limit| &limit.value) {
                Some(LimitValue::Expression(expression)) => asking.limit(expression, &found)?,
                Some(LimitValue::LinkSpeed) | None => None,
            };
            let graph = empty(sources, question)?;
            Ok(Graph { lines: found, grain, limit, ..graph })
        }
    }
}

/// A graph of links whose traffic over its span was read already.
pub fn of_traffic(
    sources: Sources<'_>,
    question: Question<'_>,
    traffic: &Traffic,
) -> Result<Graph, GatherError> {
    let lines = match &question.definition.source {
        Source::Links { lines } => &lines[..],
        Source::Expressions { .. } | Source::Rounds { .. } => &[],
    };
    let line = |LinkLine { look, direction }: &LinkLine| {
        let intervals = match direction {
            Direction::Sent => traffic.sent.clone(),
            Direction::Received => traffic.received.clone(),
        };
        let statistics = Statistics::of(&intervals, question.now_ms);
        let certainty =
            if traffic.bounded { Certainty::bounded(&intervals) } else { Certainty::default() };
        let LineDefinition { name, colour, side, shape } = look.clone();
        let (note, told_from_ms) = (None, None);
        Line { name, note, colour, side, shape, intervals, statistics, certainty, told_from_ms }
    };
    let lines = lines.iter().map(line).collect();
    let limit = match question.definition.limit.as_ref().map(|limit| &limit.value) {
        Some(LimitValue::LinkSpeed) => traffic.limit,
        Some(LimitValue::Expression(_)) | None => None,
    };
    let graph = empty(sources, question)?;
    Ok(Graph { devices: traffic.devices.clone(), lines, grain: grain_of(traffic), limit, ..graph })
}

/// What the figures of traffic are told from.
fn grain_of(traffic: &Traffic) -> Grain {
    let rollups_ms = traffic.rollups.map(Resolution::ms);
    let samples_ms = traffic.samples_ms;
    Grain { samples_ms, rollups_ms, steps_ms: rollups_ms, fine_ms: rollups_ms }
}

/// The graph before anything is drawn in it: what is asked, and what was lost.
fn empty(sources: Sources<'_>, question: Question<'_>) -> Result<Graph, ReadError> {
    let Question { definition, whom, part, span, now_ms } = question;
    let losses = match definition.of() {
        Of::Host => sources.records.losses(whom, span.range(), sources.samples.reader.budget)?,
        Of::Tenant | Of::Datacentre | Of::All => Vec::new(),
    };
    let whom = whom.to_owned();
    let mount = part.filter(|_| definition.is_of_mount()).map(ToOwned::to_owned);
    let (devices, lines) = (Vec::new(), Vec::new());
    let grain = Grain::default();
    let (limit, pings) = (None, None);
    Ok(Graph { definition, whom, devices, mount, span, now_ms, grain, lines, limit, losses, pings })
}
