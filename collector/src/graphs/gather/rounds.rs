//! Graphs of rounds of pings: the smoke of one path, or the medians of all that lead to a datacentre.

use super::{GatherError, Question, Sources, empty};
use crate::graphs::definition::{Colour, LineDefinition, RoundsOf, Shape};
use crate::graphs::graph::{Certainty, Graph, Line, Pings};
use crate::latency::{self, KnownPath, Smoke};
use crate::query::{Interval, Statistics};
use crate::samples::{ReadError, TimeRange};

/// So many paths are laid over each other at most, in the order of their names.
const MOST_PATHS: usize = 12;

/// So many events are marked on an axis at most, the newest.
const MOST_EVENTS: usize = 24;

/// Reads a graph of rounds.
pub fn gather(
    sources: Sources<'_>,
    question: Question<'_>,
    of: RoundsOf,
    look: &LineDefinition,
) -> Result<Graph, GatherError> {
    let budget = sources.samples.reader.budget;
    let mut known = latency::known_paths(sources.records, question.whom, budget)?;
    match of {
        RoundsOf::Path => {
            known.retain(|path| Some(&*path.name.key()) == question.part);
            of_path(sources, question, known.first(), look)
        }
        RoundsOf::Vantages => over_each_other(sources, question, &known, look),
    }
}

fn of_path(
    sources: Sources<'_>,
    question: Question<'_>,
    path: Option<&KnownPath>,
    look: &LineDefinition,
) -> Result<Graph, GatherError> {
    let Some(path) = path else { return Ok(empty(sources, question)?) };
    let mut smoke = read(sources, path, question.span.range())?;
    limit_events(&mut smoke);
    let line = line(&smoke, question.now_ms, look.clone());
    // The legend has the extremes of all round trips, not of their medians.
    let intervals = smoke.cells.iter().filter_map(|cell| {
        let quantiles = cell.quantiles_us?;
        let seconds = |us: Option<&u32>| us.map_or(0.0, |us| f64::from(*us) / 1e6);
        let (min, max) = (seconds(quantiles.first()), seconds(quantiles.last()));
        let mean = f64::from(cell.median_us()?) / 1e6;
        Some(Interval { from_ms: cell.from_ms, to_ms: cell.to_ms, mean, min, max })
    });
    let intervals: Vec<Interval> = intervals.collect();
    let statistics = Statistics::of(&intervals, question.now_ms);
    let line = Line { intervals, statistics, ..line };
    let pings = Some(Pings { path: Some(path.name.clone()), smoke });
    let graph = empty(sources, question)?;
    Ok(Graph { lines: vec![line], pings, ..graph })
}

fn over_each_other(
    sources: Sources<'_>,
    question: Question<'_>,
    known: &[KnownPath],
    look: &LineDefinition,
) -> Result<Graph, GatherError> {
    let mut pings = Pings::default();
    let mut lines = Vec::new();
    // Who has more than one way there is told by it.
    let alone = |path: &KnownPath| {
        known.iter().filter(|other| other.name.vantage == path.name.vantage).count() == 1
    };
    for path in known.iter().take(MOST_PATHS) {
        let smoke = read(sources, path, question.span.range())?;
        if smoke.cells.is_empty() {
            continue;
        }
        let name = if alone(path) {
            path.name.vantage.clone()
        } else {
            let name = &path.name;
            format!("{} {} {} {}", name.vantage, name.kind, name.family, name.target)
        };
        let colour = Colour::Numbered(lines.len() as u32);
        lines.push(line(&smoke, question.now_ms, LineDefinition { name, colour, ..look.clone() }));
        pings.smoke.step_ms = smoke.step_ms;
        pings.smoke.events.extend(smoke.events);
    }
    pings.smoke.events.sort_by_key(|event| event.at_ms);
    limit_events(&mut pings.smoke);
    let graph = empty(sources, question)?;
    Ok(Graph { lines, pings: (!known.is_empty()).then_some(pings), ..graph })
}

/// Reads the smoke of a path; what it was read from is dropped.
fn read(sources: Sources<'_>, path: &KnownPath, range: TimeRange) -> Result<Smoke, ReadError> {
    let budget = sources.samples.reader.budget;
    let held = budget.held();
    let smoke = latency::smoke(sources.records, path, range, budget)?;
    budget.release_to(held);
    Ok(smoke)
}

fn limit_events(smoke: &mut Smoke) {
    let spare = smoke.events.len().saturating_sub(MOST_EVENTS);
    smoke.events.drain(..spare);
}

/// The medians of a path.
fn line(smoke: &Smoke, now_ms: i64, look: LineDefinition) -> Line {
    let LineDefinition { name, colour, side, .. } = look;
    let medians = smoke.cells.iter().filter_map(|cell| {
        let seconds = f64::from(cell.median_us()?) / 1e6;
        Some(Interval::even(cell.from_ms, cell.to_ms, seconds))
    });
    let intervals: Vec<Interval> = medians.collect();
    let statistics = Statistics::of(&intervals, now_ms);
    let (certainty, told_from_ms) = (Certainty::default(), None);
    let note = smoke.loss_ratio().map(lost);
    Line {
        name,
        note,
        colour,
        side,
        shape: Shape::Line,
        intervals,
        statistics,
        certainty,
        told_from_ms,
    }
}

/// Loss in words; a little of it is not none.
fn lost(ratio: f64) -> String {
    match ratio * 100.0 {
        0.0 => "none lost".into(),
        percent if percent < 0.05 => "under 0.1 % lost".into(),
        percent => format!("{percent:.1} % lost"),
    }
}
