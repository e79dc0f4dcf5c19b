//! The days that have sealed samples: which keyspaces hold them and how far they are worked up.

use std::collections::BTreeMap;

use fjall::Keyspace;

use super::StoreError;
use super::database::Database;
use crate::samples::TimeRange;

pub const DAY_MS: i64 = 86_400_000;

/// A day in UTC, counted from 1970. What lies before counts as its first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub u32);

impl Day {
    /// The day that a moment lies in.
    pub fn of(timestamp_ms: i64) -> Self {
        Self((timestamp_ms.max(0) / DAY_MS).min(u32::MAX.into()) as u32)
    }

    pub fn begin_ms(self) -> i64 {
        i64::from(self.0) * DAY_MS
    }

    pub fn end_ms(self) -> i64 {
        self.begin_ms() + DAY_MS
    }

    /// All of it, both ends included.
    pub fn span(self) -> TimeRange {
        // What lies before 1970 counts as its first day.
        let from_ms = if self.0 == 0 { i64::MIN } else { self.begin_ms() };
        TimeRange { from_ms, to_ms: self.end_ms() - 1 }
    }

    pub fn fresh_name(self) -> String {
        format!("fresh-{}", self.0)
    }

    pub fn merged_name(self, version: u32) -> String {
        format!("day-{}-{version}", self.0)
    }

    fn version_note(self) -> String {
        format!("day {} version", self.0)
    }

    fn rolled_note(self) -> String {
        format!("day {} rolled", self.0)
    }
}

/// What there is of a day.
#[derive(Clone, Default)]
pub struct DayState {
    /// A chunk for each series, by its id.
    pub merged: Option<Keyspace>,
    /// How often the day was merged.
    pub version: u32,
    /// Chunks as they were sealed, by series and generation.
    pub fresh: Option<Keyspace>,
    /// Whether rollups hold all that is merged.
    pub rolled: bool,
    /// Whether something was sealed into it since upkeep last looked.
    pub busy: bool,
}

/// All days, in order.
#[derive(Default)]
pub struct Days(pub BTreeMap<Day, DayState>);

impl Days {
    /// Finds the days of a database.
    ///
    /// A note tells which merge of a day is the whole one, and others are dropped. If the note is
    /// lost, the oldest that is left is taken and nothing is dropped: what a later one has is in it
    /// or in fresh chunks, for those go only after the note is written.
    pub fn load(database: &Database) -> Result<Self, StoreError> {
        let mut days = Self::default();
        let mut versions: BTreeMap<Day, BTreeMap<u32, Keyspace>> = BTreeMap::new();
        for name in database.names() {
            let mut parts = name.split('-');
            let kind = parts.next().unwrap_or_default();
            let Some(day) = parts.next().and_then(|number| number.parse().ok()).map(Day) else {
                continue;
            };
            let version = parts.next().and_then(|version| version.parse().ok());
            match (kind, version) {
                ("fresh", None) => days.entry(day).fresh = Some(database.keyspace(&name)?),
                ("day", Some(version)) => {
                    let keyspace = database.keyspace(&name)?;
                    versions.entry(day).or_default().insert(version, keyspace);
                }
                _ => {}
            }
        }
        for (day, mut versions) in versions {
            let noted = database.meta_number(&day.version_note())?;
            let noted = noted.filter(|version| versions.contains_key(version));
            let oldest = versions.keys().next().copied();
            let Some(version) = noted.or(oldest) else { continue };
            let state = days.entry(day);
            state.merged = versions.remove(&version);
            state.version = version.max(versions.keys().last().copied().unwrap_or_default());
            state.rolled = database.meta_number(&day.rolled_note())?.is_some();
            if noted.is_some() {
                for keyspace in versions.into_values() {
                    database.drop_keyspace(keyspace)?;
                }
            }
        }
        Ok(days)
    }

    pub fn entry(&mut self, day: Day) -> &mut DayState {
        self.0.entry(day).or_default()
    }

    /// The days that touch a span of time, both ends included.
    pub fn between(&self, from_ms: i64, to_ms: i64) -> Vec<(Day, DayState)> {
        let (first, last) = (Day::of(from_ms), Day::of(to_ms));
        if first > last {
            return Vec::new();
        }
        self.0.range(first..=last).map(|(day, state)| (*day, state.clone())).collect()
    }
}

/// Notes that a day is merged anew, and so not rolled up.
pub fn note_merged(database: &Database, day: Day, version: u32) -> Result<(), StoreError> {
    database.write_notes([(day.version_note(), Some(version)), (day.rolled_note(), None)])
}

/// Notes that rollups hold all of a day.
pub fn note_rolled(database: &Database, day: Day) -> Result<(), StoreError> {
    database.write_notes([(day.rolled_note(), Some(1))])
}

/// Forgets a day.
pub fn note_dropped(database: &Database, day: Day) -> Result<(), StoreError> {
    database.write_notes([(day.version_note(), None), (day.rolled_note(), None)])
}
