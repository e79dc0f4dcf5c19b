//! Rolling up: what is left of a merged day once its samples expire, written once it has settled.

use fjall::Keyspace;

use super::database::{self, Row};
use super::day::Day;
use super::days::{self, DayState};
use super::{SeriesId, Store, StoreError, chunk, periods, rollup};
use crate::samples::Resolution;

/// Writes the rollups of a merged day. The caller holds the maintenance lock.
pub fn roll(store: &Store, day: Day, state: &DayState) -> Result<(), StoreError> {
    let Some(merged) = &state.merged else { return Ok(()) };
    let database = &store.database;
    for resolution in Resolution::ALL {
        let keyspace = database.keyspace(&periods::name(resolution, day))?;
        store.write().periods.of(resolution).insert(periods::period(day), keyspace.clone());
        let rows = merged.iter().filter_map(|entry| roll_row(store, day, resolution, entry));
        database::write_in_bulk(&keyspace, rows)?;
    }
    days::note_rolled(database, day)?;
    store.write().days.entry(day).rolled = true;
    Ok(())
}

fn roll_row(
    store: &Store,
    day: Day,
    resolution: Resolution,
    entry: fjall::Guard,
) -> Option<Result<Row, StoreError>> {
    let (id, bytes) = match database::entry(entry, "read chunks to roll up") {
        Ok(row) => row,
        Err(error) => return Some(Err(error)),
    };
    let Some(chunk) = chunk::decode(&bytes) else {
        store.note_damage(&format!("chunk of series {id:?} on day {}", day.0));
        return None;
    };
    let series = id.first_chunk::<4>().map_or(0, |id| u32::from_be_bytes(*id));
    let key = periods::key(SeriesId(series), day);
    let failed = |source| StoreError::Compress { series, first_ms: day.begin_ms(), source };
    let row = rollup::encode(&rollup::buckets(&chunk.samples(), resolution));
    Some(row.map(|bytes| (key, bytes)).map_err(failed))
}

/// Drops the keyspaces that end before `oldest_ms`.
pub fn drop_expired(
    store: &Store,
    resolution: Resolution,
    oldest_ms: i64,
) -> Result<(), StoreError> {
    let mut state = store.write();
    let gone: Vec<Keyspace> = {
        let periods = state.periods.of(resolution);
        let numbers: Vec<u32> = periods
            .keys()
            .copied()
            .filter(|number| periods::end_ms(*number) <= oldest_ms)
            .collect();
        numbers.into_iter().filter_map(|number| periods.remove(&number)).collect()
    };
    drop(state);
    if !gone.is_empty() {
        store.settlement.change();
    }
    gone.into_iter().try_for_each(|keyspace| store.database.drop_keyspace(keyspace))
}
