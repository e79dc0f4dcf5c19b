//! The days that have sealed samples: which keyspaces hold them and how far they are worked up.

use std::collections::BTreeMap;

use fjall::Keyspace;

use super::StoreError;
use super::database::{Batch, Database};

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
}

/// All days, in order.
#[derive(Default)]
pub struct Days(pub BTreeMap<Day, DayState>);

impl Days {
    /// Finds the days of a database and drops what no note speaks of: merges that did not finish.
    pub fn load(database: &Database) -> Result<Self, StoreError> {
        let mut days = Self::default();
        for name in database.names() {
            let mut parts = name.split('-');
            let kind = parts.next().unwrap_or_default();
            let Some(number) = parts.next().and_then(|number| number.parse().ok()) else {
                continue;
            };
            let day = Day(number);
            match kind {
                "fresh" => days.entry(day).fresh = Some(database.keyspace(&name)?),
                "day" => {
                    let version = database.meta_number(&day.version_note())?;
                    let own = parts.next().and_then(|version| version.parse().ok());
                    let keyspace = database.keyspace(&name)?;
                    if version.is_none() || version != own {
                        database.drop_keyspace(keyspace)?;
                        continue;
                    }
                    let rolled = database.meta_number(&day.rolled_note())?.is_some();
                    let state = days.entry(day);
                    state.merged = Some(keyspace);
                    state.version = version.unwrap_or_default();
                    state.rolled = rolled;
                }
                _ => {}
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
pub fn note_merged(database: &Database, batch: &mut Batch, day: Day, version: u32) {
    database.set_meta_number(batch, &day.version_note(), version);
    database.remove_meta(batch, &day.rolled_note());
}

/// Notes that rollups hold all of a day.
pub fn note_rolled(database: &Database, batch: &mut Batch, day: Day) {
    database.set_meta_number(batch, &day.rolled_note(), 1);
}

/// Forgets a day.
pub fn note_dropped(database: &Database, batch: &mut Batch, day: Day) {
    database.remove_meta(batch, &day.version_note());
    database.remove_meta(batch, &day.rolled_note());
}
