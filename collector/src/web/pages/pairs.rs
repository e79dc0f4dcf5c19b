//! Pairs of members at two vantages, as a table of the page of a datacentre.

use super::latency::class;
use crate::graphs::significant;
use crate::latency::{Pair, PathHour, pairs};

/// So many vantages have a column, those that are in the worst pairs.
const MOST_VANTAGES: usize = 12;

/// All pairs of some vantages.
pub struct PairTable {
    /// The columns: all but the first vantage.
    pub vantages: Vec<String>,
    /// A row for each but the last; what lies below the diagonal stands above it.
    pub rows: Vec<PairRow>,
    /// What to make of it.
    pub said: String,
}

/// The pairs of a vantage with those behind it.
pub struct PairRow {
    pub vantage: String,
    pub cells: Vec<Option<PairCell>>,
}

/// A pair.
pub struct PairCell {
    pub opinion: String,
    pub delay: String,
    pub class: &'static str,
}

impl PairTable {
    /// Of the paths to a datacentre; none of less than two vantages.
    pub fn of(paths: &[PathHour], datacentre: &str) -> Option<Self> {
        let pairs = pairs(paths, datacentre);
        let worst = pairs.first()?;
        let mut shown: Vec<&str> = Vec::new();
        for name in pairs.iter().flat_map(|pair| [&*pair.one, &*pair.other]) {
            if shown.len() < MOST_VANTAGES && !shown.contains(&name) {
                shown.push(name);
            }
        }
        shown.sort_unstable();
        // A pair names first the vantage whose name comes first.
        let row = |one: &&str| PairRow {
            vantage: (*one).to_owned(),
            cells: shown
                .iter()
                .skip(1)
                .map(|other| {
                    let is_pair = |pair: &&Pair| pair.one == *one && pair.other == **other;
                    pairs.iter().find(is_pair).map(PairCell::of)
                })
                .collect(),
        };
        let rows = shown[..shown.len() - 1].iter().map(row).collect();
        // Of twenty pairs, one is worse.
        let late = &pairs[pairs.len() / 20];
        let said = format!(
            "The worst are {} and {}, MOS {:.2}; of twenty pairs nineteen have {:.2} or more.",
            worst.one, worst.other, worst.quality.opinion, late.quality.opinion
        );
        Some(Self {
            vantages: shown.iter().skip(1).map(|name| (*name).to_owned()).collect(),
            rows,
            said,
        })
    }
}

impl PairCell {
    fn of(pair: &Pair) -> Self {
        Self {
            opinion: format!("{:.2}", pair.quality.opinion),
            delay: significant(pair.delay_ms),
            class: class(pair.quality),
        }
    }
}
