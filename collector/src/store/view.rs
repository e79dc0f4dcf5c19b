//! What a read sees at one moment.

use std::collections::BTreeSet;

use fjall::{Guard, Keyspace};
use headroom_proto::chain::Chain;

use super::chunk::Chunk;
use super::days::{Day, DayState};
use super::head::Column;
use super::rollups::Rollups;
use super::{SeriesId, Store, StoreError, chunk, database};
use crate::samples::{Labels, Matcher, TimeRange};

/// What a read sees: the series that match, the keyspaces of the days, and what is not sealed.
pub struct View<'s> {
    store: &'s Store,
    pub series: Vec<(SeriesId, Labels)>,
    pub days: Vec<(Day, DayState)>,
    /// The first day of which samples are kept.
    pub oldest_raw: Option<Day>,
    pub rollups: Rollups<'s>,
    /// What each series has in memory, settled.
    pub recent: Vec<Column>,
}

impl<'s> View<'s> {
    /// Opens a view at one moment: what is sealed later is then still in its heads.
    pub fn open(store: &'s Store, matchers: &[Matcher], range: TimeRange) -> Self {
        let state = store.read();
        let mut view = Self {
            store,
            series: Vec::new(),
            days: state.days.between(range.from_ms, range.to_ms),
            oldest_raw: state.days.0.keys().next().copied(),
            rollups: Rollups::new(store, state.periods.clone()),
            recent: Vec::new(),
        };
        for id in state.index.select(matchers) {
            let Some(labels) = state.index.labels(id) else { continue };
            let mut recent = Column::default();
            let sealing = state.sealing.as_ref().map(|sealing| &*sealing.head);
            for head in sealing.into_iter().chain([&state.head]) {
                recent.extend(head.column(id, range).0);
            }
            recent.settle();
            view.series.push((id, labels));
            view.recent.push(recent);
        }
        view
    }

    pub fn day(&self, day: Day) -> Option<&DayState> {
        let place = self.days.binary_search_by_key(&day, |(day, _)| *day).ok()?;
        Some(&self.days[place].1)
    }

    /// The days of which a series has samples in memory.
    pub fn head_days(&self, place: usize) -> BTreeSet<Day> {
        self.recent[place].timestamps.iter().map(|timestamp| Day::of(*timestamp)).collect()
    }

    /// Whether a series has samples of a day in memory.
    pub fn has_recent(&self, place: usize, day: Day) -> bool {
        let times = &self.recent[place].timestamps;
        let next = times.partition_point(|&timestamp| timestamp < day.begin_ms());
        times.get(next).is_some_and(|&timestamp| timestamp < day.end_ms())
    }

    /// Whether a series has anything on the days of the range.
    pub fn has_any(&self, place: usize, range: TimeRange) -> bool {
        let (id, _) = self.series[place];
        let key = id.0.to_be_bytes();
        let sealed = |state: &DayState| {
            let merged = |keyspace: &Keyspace| keyspace.contains_key(key).unwrap_or(true);
            let fresh = |keyspace: &Keyspace| keyspace.prefix(key).next().is_some();
            state.merged.as_ref().is_some_and(merged) || state.fresh.as_ref().is_some_and(fresh)
        };
        !self.recent[place].timestamps.is_empty()
            || self.days.iter().any(|(_, state)| sealed(state))
            || self.rollups.has_any(id, range)
    }

    /// All samples of a series on a day, within the range.
    pub fn read_day(&self, place: usize, day: Day, range: TimeRange) -> Column {
        let mut column = Column::default();
        self.read_sealed((place, day), std::iter::once(range), &mut column);
        column.extend(self.recent[place].clone().within(range));
        column.settle();
        column
    }

    /// Adds the sealed samples of a series on a day that lie in the windows, in order of arrival.
    /// What is damaged is left out, and counted.
    pub fn read_sealed(
        &self,
        (place, day): (usize, Day),
        windows: impl Iterator<Item = TimeRange>,
        column: &mut Column,
    ) {
        let Some(state) = self.day(day) else { return };
        let (id, _) = self.series[place];
        let mut windows = windows.peekable();
        if windows.peek().is_none() {
            return;
        }
        let mut chunks = Vec::new();
        let mut add = |chunk: Result<Option<Chunk>, StoreError>| match chunk {
            Ok(chunk) => chunks.extend(chunk),
            Err(error) => {
                let error = Chain(&error);
                self.store.note_damage(&format!("series {} on day {}: {error}", id.0, day.0));
            }
        };
        if let Some(merged) = &state.merged {
            add(read_merged(merged, id));
        }
        if let Some(fresh) = &state.fresh {
            for entry in fresh.prefix(id.0.to_be_bytes()) {
                add(read_fresh(entry).map(Some));
            }
        }
        let windows: Vec<TimeRange> = windows.collect();
        for chunk in &chunks {
            let places = windows.iter().map(|window| chunk.places(*window));
            let places: Vec<_> = places.filter(|places| !places.is_empty()).collect();
            column.reserve(places.iter().map(ExactSizeIterator::len).sum());
            for places in places {
                chunk.copy(places, column);
            }
        }
    }
}

fn read_merged(keyspace: &Keyspace, id: SeriesId) -> Result<Option<Chunk>, StoreError> {
    let bytes = keyspace.get(id.0.to_be_bytes()).map_err(database::failed("read a chunk"))?;
    bytes.map(|bytes| decode(&bytes)).transpose()
}

fn read_fresh(entry: Guard) -> Result<Chunk, StoreError> {
    let (_, bytes) = database::entry(entry, "read a chunk")?;
    decode(&bytes)
}

fn decode(bytes: &[u8]) -> Result<Chunk, StoreError> {
    let damaged = || StoreError::Damaged { what: "a chunk".into() };
    chunk::decode(bytes).ok_or_else(damaged)
}
