//! Reading rounds: day by day, so that a year of them never lies in memory, and hours where those are
//! enough.

use std::collections::BTreeMap;

use super::hours::{self, SmokeHour};
use super::round::{PathRound, settle};
use super::tables::{RoundTables, note_damage};
use super::{columns, recent};
use crate::samples::{Budget, Held, Labels, Matcher, ReadError, TimeRange};
use crate::store::day::Day;
use crate::store::lock::read;
use crate::store::records::Records;
use crate::store::search::search;
use crate::store::{SeriesId, Store, StoreError};

/// A path that may have rounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbedPath {
    /// How its rounds are asked for.
    pub id: SeriesId,
    /// What its series is called.
    pub labels: Labels,
}

/// Rounds that are wanted.
#[derive(Debug, Clone, Copy)]
pub struct WantedRounds {
    /// The path.
    pub path: SeriesId,
    /// When they begin.
    pub range: TimeRange,
}

impl Records {
    /// The paths whose series match, ordered by labels; what they take stays held.
    pub fn paths(
        &self,
        matchers: &[Matcher],
        budget: &Budget,
    ) -> Result<Vec<ProbedPath>, ReadError> {
        let store = self.store();
        let (ids, _memory) = search(&store.index, matchers, budget)?;
        let mut paths = Vec::new();
        for id in ids {
            let index = read(&store.index);
            budget.hold(size_of::<ProbedPath>() as u64 + index.labels_bytes(id))?;
            paths.extend(index.labels(id).map(|labels| ProbedPath { id, labels }));
        }
        paths.sort_by(|one, other| one.labels.cmp(&other.labels));
        Ok(paths)
    }

    /// Hands out the rounds that are wanted, in order. Each round trip counts as a sample.
    pub fn rounds(
        &self,
        WantedRounds { path, range }: WantedRounds,
        budget: &Budget,
        mut take: impl FnMut(PathRound) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let reading = Reading::begin(self.store(), path, budget)?;
        for day in reading.days(range) {
            let (rounds, _memory) = reading.day(day)?;
            rounds
                .into_iter()
                .filter(|round| range.contains(round.begin_ms))
                .try_for_each(&mut take)?;
        }
        Ok(())
    }

    /// What the hours of a path were like that begin within a range, in order; what they take stays held.
    pub fn smoke_hours(
        &self,
        path: SeriesId,
        range: TimeRange,
        budget: &Budget,
    ) -> Result<Vec<SmokeHour>, ReadError> {
        let reading = Reading::begin(self.store(), path, budget)?;
        let mut found: BTreeMap<Day, Vec<SmokeHour>> = BTreeMap::new();
        let ends = (Day::of(range.from_ms), Day::of(range.to_ms));
        if range.from_ms > range.to_ms {
            return Ok(Vec::new());
        }
        for row in reading.tables.hour_rows(path, ends) {
            budget.samples(1)?;
            let (day, row) = row.map_err(failed)?;
            match hours::decode(&row) {
                Some(hours) => drop(found.insert(day, hours)),
                None => note_damage(reading.store, "quantiles", path, day),
            }
        }
        // What came since a day was merged, or was never merged, is reckoned anew.
        let mut newer = reading.tables.unmerged();
        newer.extend(reading.recent.keys());
        newer.retain(|day| (ends.0..=ends.1).contains(day));
        newer.sort_unstable();
        newer.dedup();
        for day in newer {
            let (rounds, _memory) = reading.day(day)?;
            if !rounds.is_empty() {
                found.insert(day, hours::hours(&rounds));
            }
        }
        let mut all: Vec<SmokeHour> = found.into_values().flatten().collect();
        all.retain(|hour| range.contains(hour.begin_ms));
        budget.hold((all.len() * size_of::<SmokeHour>()) as u64)?;
        Ok(all)
    }
}

/// What one read sees of a path: all that was there at one moment, by reference.
struct Reading<'s, 'b> {
    store: &'s Store,
    path: SeriesId,
    budget: &'b Budget,
    tables: RoundTables,
    /// What is not sealed, by day.
    recent: BTreeMap<Day, Vec<PathRound>>,
    _memory: Held<'b>,
}

impl<'s, 'b> Reading<'s, 'b> {
    fn begin(store: &'s Store, path: SeriesId, budget: &'b Budget) -> Result<Self, ReadError> {
        budget.check()?;
        let (tables, heads): (_, Vec<Vec<u8>>) = {
            let state = store.read();
            let sealing = state.sealing.iter().map(|sealing| &sealing.head);
            let heads = sealing.chain([&state.head]).map(|head| head.rounds(path)).collect();
            (state.rounds.clone(), heads)
        };
        let mut memory = Held::nothing(budget);
        let mut recent: BTreeMap<Day, Vec<PathRound>> = BTreeMap::new();
        for round in heads.iter().flat_map(|head| recent::unpack(head)) {
            memory.more(round.bytes())?;
            recent.entry(Day::of(round.begin_ms)).or_default().push(round);
        }
        Ok(Self { store, path, budget, tables, recent, _memory: memory })
    }

    /// The days of a range that may have rounds.
    fn days(&self, range: TimeRange) -> Vec<Day> {
        if range.from_ms > range.to_ms {
            return Vec::new();
        }
        let (first, last) = (Day::of(range.from_ms), Day::of(range.to_ms));
        let mut days = self.tables.days(first, last);
        days.extend(self.recent.range(first..=last).map(|(day, _)| *day));
        days.sort_unstable();
        days.dedup();
        days
    }

    /// The rounds of a day, in order. What is damaged is left out, and told.
    fn day(&self, day: Day) -> Result<(Vec<PathRound>, Held<'b>), ReadError> {
        self.budget.check()?;
        let mut rounds = Vec::new();
        let mut memory = Held::nothing(self.budget);
        for row in self.tables.rows(self.path, day) {
            let row = row.map_err(failed)?;
            let Some(packed) = columns::open(&row) else {
                note_damage(self.store, "rounds", self.path, day);
                continue;
            };
            memory.more(packed.unpacked_bytes())?;
            self.budget.samples(packed.trips())?;
            match packed.unpack() {
                Some(found) => rounds.extend(found),
                None => note_damage(self.store, "rounds", self.path, day),
            }
        }
        if let Some(recent) = self.recent.get(&day) {
            memory.more(recent.iter().map(PathRound::bytes).sum())?;
            rounds.extend(recent.iter().cloned());
        }
        settle(&mut rounds);
        Ok((rounds, memory))
    }
}

fn failed(error: StoreError) -> ReadError {
    ReadError::Failed(Box::new(error))
}
