//! Sealing: the head becomes chunks, a chunk for each series and day, and its log goes.

use std::sync::Arc;

use super::database::{self, Row};
use super::day::Day;
use super::days::{self, fresh_key};
use super::head::Head;
use super::lock::read;
use super::numbers::Effort;
use super::stretch::Stretch;
use super::{SeriesId, Store, StoreError, chunk, log, rounds};
use crate::samples::TimeRange;

/// A head on its way into chunks, and what is in the logs up to its generation.
#[derive(Clone)]
pub struct Sealing {
    pub head: Arc<Head>,
    pub generation: u32,
    /// Series with ids below this are in the log up to that generation.
    pub series: usize,
}

/// Each day that is being written takes memory, a year of imports would take too much.
const DAYS_AT_ONCE: usize = 64;

/// Seals the head now. The caller holds the maintenance lock.
pub fn seal(store: &Store) -> Result<(), StoreError> {
    let sealed = seal_all(store);
    store.durability.sealed(&sealed);
    sealed
}

fn seal_all(store: &Store) -> Result<(), StoreError> {
    // One that failed before comes first: chunks are in order of arrival.
    let unfinished = store.read().sealing.clone();
    if let Some(unfinished) = unfinished {
        finish(store, &unfinished)?;
    }
    if let Some(sealing) = begin(store)? {
        finish(store, &sealing)?;
    }
    Ok(())
}

/// Takes the head aside; appends go on into a new one.
fn begin(store: &Store) -> Result<Option<Sealing>, StoreError> {
    let mut writer = store.writer();
    writer.check()?;
    if store.read().head.size().samples == 0 {
        return Ok(None);
    }
    let generation = writer.log.rotate()?;
    let mut state = store.write();
    let head = std::mem::take(&mut state.head);
    let sealing = Sealing { head, generation, series: writer.logged_series };
    state.sealing = Some(sealing.clone());
    drop((state, writer));
    // There is room again for whoever waited until a seal could begin.
    store.sealed.notify_all();
    Ok(Some(sealing))
}

/// Writes the chunks, what names their series and frames, and last the note that this is sealed.
///
/// A crash before the note leaves chunks whose samples are in the log too; reading and merging take
/// equal timestamps for one. All of it goes past the database's journal, so that what is sealed
/// hangs on no file whose end could be lost.
fn finish(store: &Store, sealing: &Sealing) -> Result<(), StoreError> {
    let database = &store.database;
    let days = sealing.head.days();
    let keyspace = |day: &Day| database.keyspace(&days::fresh_name(*day));
    let keyspaces = days.iter().map(keyspace).collect::<Result<Vec<_>, _>>()?;
    let mut duplicates = 0;
    for (days, keyspaces) in days.chunks(DAYS_AT_ONCE).zip(keyspaces.chunks(DAYS_AT_ONCE)) {
        let rows = chunks(sealing, days, &mut duplicates);
        database::write_side_by_side(keyspaces, rows)?;
    }
    let sealed = rounds::Sealed { head: &sealing.head, generation: sealing.generation };
    let round_days = rounds::write_sealed(store, sealed)?;
    let saved = store.writer().saved_series;
    let series = read(&store.index).rows(saved..sealing.series);
    let boots = store.read().boots.changed_rows();
    database::write_in_bulk(&database.series, series.into_iter().map(Ok))?;
    database::write_in_bulk(&database.boots, boots.rows.into_iter().map(Ok))?;
    database.write_notes([(log::SEALED.to_owned(), Some(sealing.generation))])?;
    let mut writer = store.writer();
    writer.saved_series = sealing.series.max(writer.saved_series);
    let mut state = store.write();
    for (day, keyspace) in days.into_iter().zip(keyspaces) {
        let day = state.days.entry(day);
        (day.fresh, day.busy) = (Some(keyspace), true);
    }
    state.rounds.add_fresh(round_days);
    state.boots.mark_written(boots.at);
    store.settlement.sealed(&sealing.head);
    state.sealing = None;
    state.sealed = sealing.generation;
    drop((state, writer));
    store.counters.sealed(sealing.head.size(), duplicates);
    store.sealed.notify_all();
    log::remove_sealed(&store.log_folder, sealing.generation)
}

/// The chunks of some days in order of series, each with the place of its day, made one after the
/// other: all of them at once would take as much memory as the head. Counts the samples whose
/// timestamp was taken.
fn chunks<'s>(
    sealing: &'s Sealing,
    days: &'s [Day],
    duplicates: &'s mut u64,
) -> impl Iterator<Item = Result<(usize, Row), StoreError>> + 's {
    let range = days.first().zip(days.last()).map_or(Day(0).span(), |(first, last)| {
        let to_ms = last.span().to_ms;
        TimeRange { to_ms, ..first.span() }
    });
    let view = sealing.head.view();
    let parts = sealing.head.series().into_iter().flat_map(move |id| {
        let recent = view.recent(id);
        let mut samples = Stretch::default();
        samples.reserve_exact(recent.count(range));
        *duplicates += recent.copy(range, &mut samples) as u64;
        by_day(samples).into_iter().map(move |(day, samples)| (id, day, samples))
    });
    parts.map(move |(id, day, samples)| {
        let place = days.binary_search(&day).expect("the head tells all of its days");
        let bytes = encode(id, &samples, Effort::Quick)?;
        Ok((place, (fresh_key(id, sealing.generation), bytes)))
    })
}

pub fn encode(id: SeriesId, samples: &Stretch, effort: Effort) -> Result<Vec<u8>, StoreError> {
    chunk::encode(samples, effort).map_err(|source| {
        let first_ms = samples.timestamps.first().copied().unwrap_or_default();
        StoreError::Compress { series: id.0, first_ms, source }
    })
}

/// Settled samples, cut at midnight UTC.
fn by_day(samples: Stretch) -> Vec<(Day, Stretch)> {
    let ends = samples.timestamps.first().zip(samples.timestamps.last());
    let Some((first, last)) = ends.map(|(first, last)| (Day::of(*first), Day::of(*last))) else {
        return Vec::new();
    };
    if first == last {
        return vec![(first, samples)];
    }
    let mut parts = Vec::new();
    let mut start = 0;
    while let Some(&timestamp) = samples.timestamps.get(start) {
        let day = Day::of(timestamp);
        let end = samples.timestamps.partition_point(|&timestamp| timestamp < day.end_ms());
        let (timestamps, values) = (&samples.timestamps[start..end], &samples.values[start..end]);
        parts.push((day, Stretch { timestamps: timestamps.to_vec(), values: values.to_vec() }));
        start = end;
    }
    parts
}
