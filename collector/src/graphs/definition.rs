//! Graphs as data: `dashboards/graphs/*.toml`, part of the program.

mod expressions;
mod raw;

use std::sync::LazyLock;

use serde::Deserialize;

pub use self::expressions::{Bounds, Cores, Expressions, Extremes, Names, Way};
use super::unit::Unit;

/// What a graph shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The graph's name in addresses; its file's name.
    pub name: String,
    /// For people.
    pub title: String,
    /// What its values are.
    pub unit: Unit,
    /// How far its axis reaches.
    pub reach: Reach,
    /// Where they come from.
    pub source: Source,
    /// The limit that the lines are held against.
    pub limit: Option<LimitDefinition>,
}

/// How far the axis of values reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// As far as the values do.
    #[default]
    Values,
    /// To all that there is, for what fills: the limit, or the whole of which values are a part.
    Whole,
}

/// Where the lines of a graph come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The traffic of a host's links: each byte counts, whatever the step.
    Links {
        /// What is drawn, in the order of the legend.
        lines: Vec<LinkLine>,
    },
    /// PromQL, evaluated in steps.
    Expressions {
        /// Of whom.
        of: Of,
        /// When something was read.
        readings: Readings,
        /// What is drawn, in the order of the legend.
        lines: Vec<AskedLine>,
    },
    /// Rounds of pings to a datacentre.
    Rounds {
        /// Of which paths.
        of: RoundsOf,
        /// How the line of a path looks, or of the first of several.
        look: LineDefinition,
    },
}

/// Whose rounds a graph shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundsOf {
    /// The smoke of one path.
    Path,
    /// The medians of all paths that lead to the datacentre.
    Vantages,
}

/// A line of links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkLine {
    /// How it looks.
    pub look: LineDefinition,
    /// What it shows.
    pub direction: Direction,
}

/// Which way traffic goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Out of the host.
    Sent,
    /// To it.
    Received,
}

/// A line of PromQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedLine {
    /// How it looks.
    pub look: LineDefinition,
    /// What it asks.
    pub expressions: Expressions,
}

/// When something was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readings {
    /// A series with a sample for each reading.
    pub series: String,
    /// One where the reading told of all there is: what is missing then is zero.
    pub complete: Option<String>,
}

/// Of whom a graph is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// One host: its expressions name `$instance`.
    Host,
    /// One organisation, on all hosts: they name `$tenant`.
    Tenant,
    /// A datacentre, as others see it.
    Datacentre,
    /// All hosts together.
    All,
}

/// How a line looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineDefinition {
    /// Its name in the legend; of a line with a series for each value of a label, what all of them
    /// are.
    pub name: String,
    /// Its colour; of several series, that of the first.
    pub colour: Colour,
    /// Where it is drawn.
    pub side: Side,
    /// As what.
    pub shape: Shape,
}

/// Above or below the axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Upwards.
    #[default]
    Above,
    /// Downwards.
    Below,
}

/// What a line is drawn as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// Filled to zero.
    #[default]
    Area,
    /// An edge alone.
    Line,
    /// Filled down to the line before it.
    Stack,
}

/// What a colour means; the same in each picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    /// What leaves the host.
    Sent,
    /// What comes to it.
    Received,
    /// People.
    People,
    /// What deserves a look.
    Warning,
    /// What is too much.
    Bad,
    /// Anything else.
    Neutral,
    /// The first of the hues that tell things apart which have no colour of their own.
    First,
    /// The second.
    Second,
    /// The third.
    Third,
    /// The fourth.
    Fourth,
    /// The fifth.
    Fifth,
    /// That of the so manieth thing, counted from zero: there are twelve hues, and beyond them lines
    /// of strokes in the same.
    #[serde(skip)]
    Numbered(u32),
}

impl Colour {
    /// How many hues there are.
    pub const HUES: u32 = 12;

    /// Whether a line of it is one of strokes, since another one has its hue.
    pub fn is_dashed(self) -> bool {
        match self {
            Self::Numbered(number) => number >= Self::HUES,
            Self::Sent
            | Self::Received
            | Self::People
            | Self::Warning
            | Self::Bad
            | Self::Neutral
            | Self::First
            | Self::Second
            | Self::Third
            | Self::Fourth
            | Self::Fifth => false,
        }
    }
}

/// Stands for the mount point of a graph's file system.
pub const MOUNT: &str = "mount";

/// A limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitDefinition {
    /// Its name beside the line.
    pub name: String,
    /// Where it comes from.
    pub value: LimitValue,
}

/// Where a limit comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LimitValue {
    /// The speed of the links.
    LinkSpeed,
    /// PromQL for one number.
    Expression(String),
}

impl Definition {
    /// Whether it shows the traffic of links.
    pub fn is_of_links(&self) -> bool {
        matches!(self.source, Source::Links { .. })
    }

    /// Whether it shows one file system, by its mount point.
    pub fn is_of_mount(&self) -> bool {
        match &self.source {
            Source::Links { .. } | Source::Rounds { .. } => false,
            Source::Expressions { readings, .. } => {
                expressions::names(&readings.series).any(|name| name == MOUNT)
            }
        }
    }

    /// Whether it shows one path of pings, by its name.
    pub fn is_of_path(&self) -> bool {
        matches!(self.source, Source::Rounds { of: RoundsOf::Path, .. })
    }

    /// Of whom it is.
    pub fn of(&self) -> Of {
        match &self.source {
            Source::Links { .. } => Of::Host,
            Source::Expressions { of, .. } => *of,
            Source::Rounds { .. } => Of::Datacentre,
        }
    }
}

/// A graph's name and its file, by which it is part of the program.
macro_rules! graph {
    ($name:literal) => {
        ($name, include_str!(concat!("../../../dashboards/graphs/", $name, ".toml")))
    };
}

/// Each graph of this build: a new one is a file and a line.
const FILES: [(&str, &str); 12] = [
    graph!("network"),
    graph!("people"),
    graph!("rooms"),
    graph!("cameras"),
    graph!("cpu"),
    graph!("memory"),
    graph!("disk"),
    graph!("mount"),
    graph!("organisations"),
    graph!("organisation"),
    graph!("latency"),
    graph!("smoke"),
];

static DEFINITIONS: LazyLock<Vec<Definition>> = LazyLock::new(|| {
    let read = |(name, text): &(&str, &str)| {
        raw::read(name, text).expect("the tests read every definition of this build")
    };
    FILES.iter().map(read).collect()
});

/// The graph of that name.
pub fn definition(name: &str) -> Option<&'static Definition> {
    DEFINITIONS.iter().find(|definition| definition.name == name)
}

/// The names of all graphs.
pub fn names() -> impl Iterator<Item = &'static str> {
    DEFINITIONS.iter().map(|definition| definition.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_definition_reads() {
        for (name, text) in FILES {
            let read = raw::read(name, text).unwrap_or_else(|mistake| panic!("{mistake}"));
            assert_eq!(Some(&read), definition(name));
        }
        assert_eq!(definition("nothing"), None);
    }
}
