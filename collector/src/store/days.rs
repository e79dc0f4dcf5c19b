//! The days that have sealed samples: which keyspaces hold them and how far they are worked up.

use std::collections::BTreeMap;

use fjall::{Keyspace, UserValue};

use super::database::{self, Database};
use super::day::Day;
use super::{SeriesId, StoreError};

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

impl DayState {
    /// The chunks of a series in order of arrival, those up to a generation.
    pub fn chunks(
        &self,
        id: SeriesId,
        sealed: u32,
    ) -> impl Iterator<Item = Result<UserValue, StoreError>> {
        let merged = self.merged.iter().filter_map(move |keyspace| {
            let found = keyspace.get(id.0.to_be_bytes());
            found.map_err(database::failed("read a chunk")).transpose()
        });
        let fresh = self.fresh.iter().flat_map(move |keyspace| fresh_of(keyspace, id));
        let fresh = fresh.filter(move |entry| {
            entry.as_ref().is_ok_and(|(generation, _)| *generation <= sealed) || entry.is_err()
        });
        merged.chain(fresh.map(|entry| entry.map(|(_, chunk)| chunk)))
    }

    /// Whether there are any; what cannot be looked up may be there.
    pub fn has_any(&self, id: SeriesId, sealed: u32) -> bool {
        let merged = |keyspace: &Keyspace| keyspace.contains_key(id.0.to_be_bytes());
        let fresh = |keyspace: &Keyspace| {
            let mut all = fresh_of(keyspace, id);
            all.any(|entry| entry.is_ok_and(|(generation, _)| generation <= sealed))
        };
        self.merged.as_ref().is_some_and(|keyspace| merged(keyspace).unwrap_or(true))
            || self.fresh.as_ref().is_some_and(fresh)
    }
}

/// The fresh chunks of a series with their generations, in order.
fn fresh_of(
    keyspace: &Keyspace,
    id: SeriesId,
) -> impl Iterator<Item = Result<(u32, UserValue), StoreError>> + use<> {
    keyspace.prefix(id.0.to_be_bytes()).map(|entry| {
        let (key, chunk) = database::entry(entry, "read a chunk")?;
        let generation = key.last_chunk::<4>().map_or(0, |bytes| u32::from_be_bytes(*bytes));
        Ok((generation, chunk))
    })
}

/// Series and generation, big endian, so that they sort so.
pub fn fresh_key(SeriesId(id): SeriesId, generation: u32) -> Vec<u8> {
    [id.to_be_bytes(), generation.to_be_bytes()].concat()
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
            let noted = database.meta_number(&version_note(day))?;
            let noted = noted.filter(|version| versions.contains_key(version));
            let oldest = versions.keys().next().copied();
            let Some(version) = noted.or(oldest) else { continue };
            let state = days.entry(day);
            state.merged = versions.remove(&version);
            state.version = version.max(versions.keys().last().copied().unwrap_or_default());
            state.rolled = database.meta_number(&rolled_note(day))?.is_some();
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
    database.write_notes([(version_note(day), Some(version)), (rolled_note(day), None)])
}

/// Notes that rollups hold all of a day.
pub fn note_rolled(database: &Database, day: Day) -> Result<(), StoreError> {
    database.write_notes([(rolled_note(day), Some(1))])
}

/// Forgets a day.
pub fn note_dropped(database: &Database, day: Day) -> Result<(), StoreError> {
    database.write_notes([(version_note(day), None), (rolled_note(day), None)])
}

/// The keyspace of the chunks of a day as they were sealed.
pub fn fresh_name(day: Day) -> String {
    format!("fresh-{}", day.0)
}

/// The keyspace of the chunks of a day in a merge.
pub fn merged_name(day: Day, version: u32) -> String {
    format!("day-{}-{version}", day.0)
}

fn version_note(day: Day) -> String {
    format!("day {} version", day.0)
}

fn rolled_note(day: Day) -> String {
    format!("day {} rolled", day.0)
}
