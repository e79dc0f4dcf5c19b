//! Graphs as data: `dashboards/graphs/*.toml`, part of the program.

use std::sync::LazyLock;

use serde::Deserialize;

/// What a graph shows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// The graph's name in addresses; its file's name.
    #[serde(skip)]
    pub name: String,
    /// For people.
    pub title: String,
    /// Which devices are summed.
    pub devices: Devices,
    /// What is drawn, in the order of the legend.
    #[serde(rename = "line")]
    pub lines: Vec<LineDefinition>,
    /// The limit that the lines are held against.
    pub limit: Option<LimitDefinition>,
}

/// Which devices a graph sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Devices {
    /// Network interfaces that are physical; in a container, the one that leads out of it.
    Physical,
}

/// One line: a counter of bytes, drawn in bits per second.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineDefinition {
    /// Its name in the legend, and its colour.
    pub name: String,
    /// The counter.
    pub metric: String,
    /// Where it is drawn.
    pub side: Side,
}

/// Above or below the axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Upwards.
    Above,
    /// Downwards.
    Below,
}

/// A limit in bytes per second, drawn in bits per second.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitDefinition {
    /// Its name beside the line.
    pub name: String,
    /// The gauge.
    pub metric: String,
}

const FILES: [(&str, &str); 1] =
    [("network", include_str!("../../../dashboards/graphs/network.toml"))];

static DEFINITIONS: LazyLock<Vec<Definition>> = LazyLock::new(|| {
    let read = |(name, text): &(&str, &str)| {
        let definition: Definition =
            toml::from_str(text).expect("the tests read every definition of this build");
        Definition { name: (*name).to_owned(), ..definition }
    };
    FILES.iter().map(read).collect()
});

/// The graph of that name.
pub fn definition(name: &str) -> Option<&'static Definition> {
    DEFINITIONS.iter().find(|definition| definition.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_definition_reads() {
        for (name, _) in FILES {
            assert!(definition(name).is_some_and(|definition| !definition.lines.is_empty()));
        }
        assert_eq!(definition("nothing"), None);
    }
}
