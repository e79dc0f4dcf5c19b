//! Rounds that are not sealed yet, in memory, as the log has them.

use std::collections::{BTreeMap, BTreeSet};

use super::body;
use super::round::{PathRound, RoundWrite};
use crate::store::SeriesId;
use crate::store::day::Day;

/// What a path takes beside its rounds, about, in bytes.
const PATH_BYTES: u64 = 64;

/// The rounds of a head.
#[derive(Default)]
pub struct RecentRounds {
    paths: BTreeMap<SeriesId, Vec<u8>>,
    bytes: u64,
}

impl RecentRounds {
    pub fn add(&mut self, RoundWrite { path, round }: &RoundWrite) {
        let new = !self.paths.contains_key(path);
        let rounds = self.paths.entry(*path).or_default();
        let before = rounds.len();
        body::encode(round, rounds);
        self.bytes += (rounds.len() - before) as u64 + if new { PATH_BYTES } else { 0 };
    }

    /// About how much memory they take.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The paths that have any, in order.
    pub fn paths(&self) -> Vec<SeriesId> {
        self.paths.keys().copied().collect()
    }

    /// The rounds of a path in order of arrival, packed.
    pub fn of(&self, path: SeriesId) -> Vec<u8> {
        self.paths.get(&path).cloned().unwrap_or_default()
    }

    /// The days that rounds begin on.
    pub fn days(&self) -> BTreeSet<Day> {
        let rounds = self.paths.values().flat_map(|rounds| unpack(rounds));
        rounds.map(|round| Day::of(round.begin_ms)).collect()
    }
}

/// Rounds one after the other.
pub fn unpack(mut bytes: &[u8]) -> impl Iterator<Item = PathRound> {
    std::iter::from_fn(move || body::decode(&mut bytes))
}
