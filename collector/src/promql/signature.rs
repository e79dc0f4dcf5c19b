//! Which series belong together: those that have the same of some labels. Each series' labels are
//! hashed once, in place.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use super::QueryError;
use super::meter::{Held, Meter};
use super::tree::Pick;
use super::value::Row;
use crate::samples::{Labels, METRIC};

/// Some of the labels of a series.
#[derive(Debug, Clone, Copy)]
pub struct Signature<'r> {
    labels: &'r Labels,
    pick: &'r Pick,
}

/// Rows in groups with the same signature, numbered in the order of their first rows.
#[derive(Debug)]
pub struct Groups<'r, 'b> {
    pub pick: &'r Pick,
    numbers: HashMap<Signature<'r>, usize>,
    /// The rows of each.
    pub rows: Vec<Vec<usize>>,
    _memory: Held<'b>,
}

impl Pick {
    /// The labels themselves.
    pub fn of(&self, labels: &Labels) -> Labels {
        match self {
            Self::Only(names) => labels.only(names),
            Self::Without(names) => {
                let unwanted = names.iter().map(String::as_str).chain([METRIC]);
                labels.without(&unwanted.collect::<Vec<_>>())
            }
        }
    }

    fn takes(&self, name: &str) -> bool {
        match self {
            Self::Only(names) => names.iter().any(|wanted| wanted == name),
            Self::Without(names) => name != METRIC && !names.iter().any(|other| other == name),
        }
    }
}

impl<'r> Signature<'r> {
    fn pairs(&self) -> impl Iterator<Item = (&'r str, &'r str)> {
        let pick = self.pick;
        self.labels.iter().filter(move |(name, _)| pick.takes(name))
    }
}

impl Hash for Signature<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for pair in self.pairs() {
            pair.hash(state);
        }
    }
}

impl PartialEq for Signature<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.pairs().eq(other.pairs())
    }
}

impl Eq for Signature<'_> {}

impl<'r, 'b> Groups<'r, 'b> {
    /// The groups of some rows.
    pub fn of(rows: &'r [Row], pick: &'r Pick, meter: &Meter<'b>) -> Result<Self, QueryError> {
        /// A number, and the room that a group of one takes.
        const ROW_BYTES: usize = 4 * size_of::<usize>() + size_of::<Vec<usize>>();
        const ENTRY_BYTES: usize = 2 * size_of::<(Signature<'_>, usize)>();
        let memory = meter.hold((rows.len() * (ENTRY_BYTES + ROW_BYTES)) as u64)?;
        let mut groups = Self { pick, numbers: HashMap::new(), rows: Vec::new(), _memory: memory };
        for (place, row) in rows.iter().enumerate() {
            meter.check()?;
            let next = groups.rows.len();
            let signature = Signature { labels: &row.labels, pick };
            let number = *groups.numbers.entry(signature).or_insert(next);
            if number == next {
                groups.rows.push(Vec::new());
            }
            groups.rows[number].push(place);
        }
        Ok(groups)
    }

    /// The group that other labels belong to.
    pub fn number(&self, labels: &Labels) -> Option<usize> {
        self.numbers.get(&Signature { labels, pick: self.pick }).copied()
    }
}
