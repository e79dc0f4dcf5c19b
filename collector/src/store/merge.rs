//! Merging: the chunks of a day that has passed become one for each series.

use super::database::{self, Row};
use super::day::Day;
use super::days::{self, DayState};
use super::numbers::Effort;
use super::stretch::Stretch;
use super::{SeriesId, Store, StoreError, chunk, seal};

/// Merges a day. The caller holds the maintenance lock.
///
/// The merged chunks are written beside the old ones; one note makes them the day's. A crash
/// before it leaves a keyspace that nothing speaks of, which the next start drops.
pub fn merge(store: &Store, day: Day, old: &DayState) -> Result<(), StoreError> {
    let database = &store.database;
    let version = old.version + 1;
    let keyspace = database.keyspace(&days::merged_name(day, version))?;
    let mut duplicates = 0;
    let rows = MergedRows::new(store, day, old).map(|merged| {
        let MergedSeries { id, samples, removed } = merged?;
        duplicates += removed as u64;
        let bytes = seal::encode(id, &samples, Effort::Thorough)?;
        Ok((id.0.to_be_bytes().to_vec(), bytes))
    });
    database::write_in_bulk(&keyspace, rows)?;
    days::note_merged(database, day, version)?;
    let merged = DayState { merged: Some(keyspace), version, ..DayState::default() };
    store.write().days.0.insert(day, merged);
    store.counters.merged(duplicates);
    for keyspace in [&old.merged, &old.fresh].into_iter().flatten() {
        database.drop_keyspace(keyspace.clone())?;
    }
    Ok(())
}

/// All samples of a series on a day.
struct MergedSeries {
    id: SeriesId,
    samples: Stretch,
    /// How many had a timestamp that was taken.
    removed: usize,
}

/// The samples of each series of a day: merged chunks first, then fresh ones in order of arrival.
/// A damaged chunk is left out and counted.
struct MergedRows<'s> {
    store: &'s Store,
    day: Day,
    sources: Vec<std::iter::Peekable<fjall::Iter>>,
    next: Vec<Option<Row>>,
}

impl<'s> MergedRows<'s> {
    fn new(store: &'s Store, day: Day, old: &DayState) -> Self {
        let keyspaces = [&old.merged, &old.fresh].into_iter().flatten();
        let sources: Vec<_> = keyspaces.map(|keyspace| keyspace.iter().peekable()).collect();
        let next = sources.iter().map(|_| None).collect();
        Self { store, day, sources, next }
    }

    /// Fills the place of a source whose row was taken.
    fn fill(&mut self) -> Result<(), StoreError> {
        for (source, next) in self.sources.iter_mut().zip(&mut self.next) {
            if next.is_none()
                && let Some(entry) = source.next()
            {
                let (key, value) = database::entry(entry, "read chunks to merge")?;
                *next = Some((key.to_vec(), value.to_vec()));
            }
        }
        Ok(())
    }

    fn step(&mut self) -> Result<Option<MergedSeries>, StoreError> {
        self.fill()?;
        let id = |row: &Row| row.0.first_chunk::<4>().map(|id| u32::from_be_bytes(*id));
        let Some(first) = self.next.iter().flatten().filter_map(id).min() else {
            return Ok(None);
        };
        let mut samples = Stretch::default();
        for place in 0..self.next.len() {
            while self.next[place].as_ref().and_then(id) == Some(first) {
                let bytes = self.next[place].take().map(|row| row.1).unwrap_or_default();
                match chunk::decode(&bytes) {
                    Some(part) => samples.extend(part.samples()),
                    None => self
                        .store
                        .note_damage(&format!("chunk of series {first} on day {}", self.day.0)),
                }
                self.fill()?;
            }
        }
        let removed = samples.settle_from(0);
        Ok(Some(MergedSeries { id: SeriesId(first), samples, removed }))
    }
}

impl Iterator for MergedRows<'_> {
    type Item = Result<MergedSeries, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.step().transpose()? {
                // All that there was of it is damaged.
                Ok(merged) if merged.samples.is_empty() => {}
                other => return Some(other),
            }
        }
    }
}
