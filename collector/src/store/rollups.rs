//! Rolling up: what is left of a merged day once its samples expire, written once it has settled.

use fjall::{Keyspace, UserValue};
use headroom_proto::metric::{JOB, PROBE_JOB};

use super::database::{self, Row};
use super::day::Day;
use super::days::{self, DayState};
use super::{SeriesId, Store, StoreError, chunk, lock, periods, rollup};
use crate::samples::Resolution;

/// Writes the rollups of a merged day. The caller holds the maintenance lock.
pub fn roll(store: &Store, day: Day, state: &DayState) -> Result<(), StoreError> {
    let Some(merged) = &state.merged else { return Ok(()) };
    let database = &store.database;
    let kept_as_rounds = kept_as_rounds(store);
    for resolution in Resolution::ALL {
        let without: &[SeriesId] = match resolution {
            Resolution::Minutes => &kept_as_rounds,
            Resolution::Hour => &[],
        };
        let keyspace = database.keyspace(&periods::name(resolution, day))?;
        store.write().periods.of(resolution).insert(periods::period(day), keyspace.clone());
        let rows = merged.iter().filter_map(|entry| match read(entry) {
            Ok(chunk) if without.binary_search(&chunk.series).is_ok() => None,
            Ok(chunk) => roll_row(store, day, resolution, &chunk),
            Err(error) => Some(Err(error)),
        });
        database::write_in_bulk(&keyspace, rows)?;
    }
    days::note_rolled(database, day)?;
    store.write().days.entry(day).rolled = true;
    Ok(())
}

/// The series that have no rollups of 5 minutes, in order: they are made of rounds, which are kept whole for longer
/// than samples, and say more.
fn kept_as_rounds(store: &Store) -> Vec<SeriesId> {
    let index = lock::read(&store.index);
    let pair = index.symbol(JOB).zip(index.symbol(PROBE_JOB));
    pair.map_or_else(Vec::new, |(name, value)| index.posting(name, value).to_vec())
}

/// A chunk of a merged day, as it is stored.
struct StoredChunk {
    series: SeriesId,
    bytes: UserValue,
}

fn read(entry: fjall::Guard) -> Result<StoredChunk, StoreError> {
    let (id, bytes) = database::entry(entry, "read chunks to roll up")?;
    let id = id.first_chunk::<4>().map_or(0, |id| u32::from_be_bytes(*id));
    Ok(StoredChunk { series: SeriesId(id), bytes })
}

fn roll_row(
    store: &Store,
    day: Day,
    resolution: Resolution,
    StoredChunk { series, bytes }: &StoredChunk,
) -> Option<Result<Row, StoreError>> {
    let SeriesId(id) = *series;
    let Some(chunk) = chunk::decode(bytes) else {
        store.note_damage(&format!("chunk of series {id} on day {}", day.0));
        return None;
    };
    let failed = |source| StoreError::Compress { series: id, first_ms: day.begin_ms(), source };
    let row = rollup::encode(&rollup::buckets(&chunk.samples(), resolution));
    Some(row.map(|bytes| (periods::key(*series, day), bytes)).map_err(failed))
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
