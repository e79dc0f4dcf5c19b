//! A graph: its lines with their figures, the limit, what was lost.

use super::definition::{Colour, Definition, Shape, Side, Source};
use super::grain::duration;
pub use super::grain::{Certainty, Grain};
use super::period::Span;
use crate::latency::{PathName, Smoke};
use crate::query::{Interval, Statistics};
use crate::store::LostInterval;

/// A graph, ready to be drawn or written.
#[derive(Debug, Clone)]
pub struct Graph {
    /// What it shows.
    pub definition: &'static Definition,
    /// Of whom: a host, an organisation; empty if of all.
    pub whom: String,
    /// Of which devices.
    pub devices: Vec<String>,
    /// Of which file system, if it is of one.
    pub mount: Option<String>,
    /// When.
    pub span: Span,
    /// Seen when, Unix time in milliseconds.
    pub now_ms: i64,
    /// What its figures are told from.
    pub grain: Grain,
    /// What is drawn, in the order of the legend.
    pub lines: Vec<Line>,
    /// The limit, in the unit of the graph.
    pub limit: Option<f64>,
    /// What the agent reported as lost.
    pub losses: Vec<LostInterval>,
    /// What rounds of pings say beside the lines, if it is of them.
    pub pings: Option<Pings>,
}

/// What rounds of pings say.
#[derive(Debug, Clone, Default)]
pub struct Pings {
    /// The path; none if it is of several.
    pub path: Option<PathName>,
    /// Its smoke; of several paths what happened on them.
    pub smoke: Smoke,
}

/// One line of a graph, in its unit.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its name in the legend.
    pub name: String,
    /// What the legend says beside that.
    pub note: Option<String>,
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
    /// What is known of the extremes among them.
    pub certainty: Certainty,
    /// Since when a series tells the values, Unix time in milliseconds; none if nothing else does.
    pub told_from_ms: Option<i64>,
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

    /// What the figures of the legend are told from, and where some of them are bounds, why and since
    /// when they are not; in more and in fewer words.
    pub fn resolution(&self) -> Vec<String> {
        if let Some(pings) = &self.pings {
            return pings.resolution();
        }
        let grain = self.grain.words();
        let Some(bounded) = self.lines.iter().find(|line| line.is_bounded()) else {
            return vec![grain];
        };
        let within = self
            .grain
            .fine_ms
            .map_or_else(String::new, |fine_ms| format!(" within {}", duration(fine_ms)));
        let why = format!("at most: what parts had{within}, added up");
        let since = bounded.told_from_ms.map(|since_ms| {
            format!(", exact since {}", self.span.local(since_ms).strftime("%-d %b %Y %H:%M"))
        });
        let why = format!("{why}{}", since.unwrap_or_default());
        vec![format!("{grain}; {why}"), why]
    }

    /// Whether it has lines below the axis.
    pub fn is_mirrored(&self) -> bool {
        self.lines.iter().any(|line| line.side == Side::Below)
    }

    /// Whether it is of the pings on one path.
    pub fn is_of_path(&self) -> bool {
        self.pings.as_ref().is_some_and(|pings| pings.path.is_some())
    }

    /// What it is of, in words: one device by name, several by number, else what it shows; empty if
    /// there is no device.
    pub fn subject(&self) -> String {
        match (&self.definition.source, &self.devices[..]) {
            (Source::Rounds { .. }, _) => {
                let path = self.pings.as_ref().and_then(|pings| pings.path.as_ref());
                let told = |path: &PathName| {
                    format!("from {} by {} {}", path.vantage, path.kind, path.family)
                };
                path.map_or_else(|| self.definition.title.clone(), told)
            }
            (Source::Expressions { .. }, _) => {
                let words = [Some(&*self.definition.title), self.mount.as_deref()];
                words.into_iter().flatten().collect::<Vec<_>>().join(" ")
            }
            (Source::Links { .. }, [one]) => one.clone(),
            (Source::Links { .. }, []) => String::new(),
            (Source::Links { .. }, several) => format!("{} interfaces", several.len()),
        }
    }
}

impl Pings {
    /// The smoke, if it is of one path.
    pub fn of_path(&self) -> Option<&Smoke> {
        self.path.as_ref().map(|_| &self.smoke)
    }

    fn resolution(&self) -> Vec<String> {
        let each = self.smoke.step_ms.map_or_else(|| "each round".to_owned(), duration);
        match self.of_path() {
            Some(_) => vec![
                format!(
                    "line: median of {each}; grey: all round trips, the darker the more; min and max of all"
                ),
                format!("median of {each}; grey, max: of all round trips"),
                format!("median of {each}; grey: all round trips"),
            ],
            None => vec![format!("medians of {each}")],
        }
    }
}

impl Line {
    /// Its name and what is said beside it.
    pub fn words(&self) -> String {
        let words = [Some(&*self.name), self.note.as_deref()];
        words.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// Whether the greatest or the least is a bound.
    pub fn is_bounded(&self) -> bool {
        self.certainty.is_at_most() || self.certainty.is_at_least()
    }
}
