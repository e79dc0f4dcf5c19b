//! Sealing: the head becomes chunks, its log goes. And retention: weeks that have passed go whole.

use std::sync::{Arc, PoisonError};

use super::chunk;
use super::database::{self, Batch, Database};
use super::head::{Column, Head};
use super::log;
use super::{SeriesId, Store, StoreError};

/// How long raw samples are kept, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention(pub i64);

const DAY_MS: i64 = 86_400_000;
const WEEK_MS: i64 = 7 * DAY_MS;

/// The head is sealed after this long, or when it holds this many samples (16 bytes each).
const HEAD_AGE_MS: i64 = 2 * 3_600_000;
const HEAD_SAMPLES: u64 = 8_000_000;

/// A boot is remembered this long after its last frame, well beyond any spool's age.
const BOOT_AGE_MS: i64 = 60 * DAY_MS;

pub fn maintain(store: &Store, now_ms: i64, retention: Retention) -> Result<(), StoreError> {
    let mut writer = store.writer.lock().unwrap_or_else(PoisonError::into_inner);
    let sealed_at = *writer.sealed_at_ms.get_or_insert(now_ms);
    drop(writer);
    let state = store.read();
    let samples = state.head.samples();
    drop(state);
    if samples >= HEAD_SAMPLES || (samples > 0 && now_ms - sealed_at >= HEAD_AGE_MS) {
        seal(store)?;
        let mut writer = store.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.sealed_at_ms = Some(now_ms);
    }
    drop_expired(store, now_ms - retention.0)?;
    let mut batch = store.database.batch();
    store.write().boots.expire(now_ms - BOOT_AGE_MS, &store.database, &mut batch);
    database::commit(batch, "forget old boots")
}

pub fn seal(store: &Store) -> Result<(), StoreError> {
    let mut writer = store.writer.lock().unwrap_or_else(PoisonError::into_inner);
    if writer.poisoned {
        return Err(StoreError::Poisoned);
    }
    let ended = writer.log.rotate(&store.database)?;
    let head = {
        let mut state = store.write();
        let head = Arc::new(std::mem::take(&mut state.head));
        state.sealing = Some(Arc::clone(&head));
        head
    };
    drop(writer);
    // From here on appends go on beside the sealing.
    let mut batch = store.database.batch();
    let sealed = write_chunks(&store.database, &mut batch, &head, ended).and_then(|()| {
        log::mark_sealed(&store.database, &mut batch, ended);
        database::commit(batch, "seal the head")
    });
    if let Err(error) = sealed {
        // The log still has it all; `sealing` stays readable until a restart replays it.
        store.writer.lock().unwrap_or_else(PoisonError::into_inner).poisoned = true;
        return Err(error);
    }
    store.write().sealing = None;
    log::drop_sealed(&store.database, ended)
}

fn write_chunks(
    database: &Database,
    batch: &mut Batch,
    head: &Head,
    generation: u32,
) -> Result<(), StoreError> {
    for (id, column) in head.series() {
        let mut column = column.clone();
        column.settle();
        for day in days(&column) {
            let first = day.timestamps[0];
            let bytes = chunk::encode(&day).map_err(|source| StoreError::Compress {
                series: id.0,
                first_ms: first,
                source,
            })?;
            let keyspace = database.keyspace(&name(week_of(first)))?;
            batch.insert(&keyspace, key(id, first, generation), bytes);
        }
    }
    Ok(())
}

/// Settled samples, cut at midnight UTC.
fn days(column: &Column) -> Vec<Column> {
    let mut days = Vec::new();
    let mut start = 0;
    while let Some(&first) = column.timestamps.get(start) {
        let end_ms = (first.div_euclid(DAY_MS) + 1) * DAY_MS;
        let end = column.timestamps.partition_point(|&timestamp| timestamp < end_ms);
        days.push(Column {
            timestamps: column.timestamps[start..end].to_vec(),
            values: column.values[start..end].to_vec(),
        });
        start = end;
    }
    days
}

fn drop_expired(store: &Store, oldest_ms: i64) -> Result<(), StoreError> {
    for week in store.database.numbered("chunks") {
        // A chunk may reach a day beyond the week that it begins in.
        if (week as i64 + 1) * WEEK_MS + DAY_MS <= oldest_ms {
            store.database.drop_keyspace(&name(week))?;
        }
    }
    Ok(())
}

/// The week a timestamp lies in, counted from 1970; before that it is the first.
fn week_of(timestamp_ms: i64) -> u64 {
    timestamp_ms.max(0) as u64 / WEEK_MS as u64
}

fn name(week: u64) -> String {
    format!("chunks-{week}")
}

/// Series, first timestamp, generation: big endian, so that they sort so.
fn key(SeriesId(id): SeriesId, first_ms: i64, generation: u32) -> [u8; 16] {
    let mut key = [0; 16];
    key[..4].copy_from_slice(&id.to_be_bytes());
    key[4..12].copy_from_slice(&ordered(first_ms).to_be_bytes());
    key[12..].copy_from_slice(&generation.to_be_bytes());
    key
}

/// A number that sorts as unsigned where the timestamp sorts as signed.
fn ordered(timestamp_ms: i64) -> u64 {
    (timestamp_ms as u64) ^ (1 << 63)
}

/// The chunks of a series that touch `from_ms..=to_ms`, in order of arrival.
pub fn read_chunks(
    database: &Database,
    id: SeriesId,
    (from_ms, to_ms): (i64, i64),
) -> Result<Vec<Column>, StoreError> {
    let mut found = Vec::new();
    let earliest = from_ms.saturating_sub(DAY_MS);
    for week in database.numbered("chunks") {
        let (begin, end) = (week as i64 * WEEK_MS, (week as i64 + 1) * WEEK_MS);
        if (begin > to_ms || end <= earliest) && week != 0 {
            continue;
        }
        let keyspace = database.keyspace(&name(week))?;
        let range = key(id, earliest, 0)..=key(id, to_ms, u32::MAX);
        for entry in keyspace.range(range) {
            let (key, bytes) = database::entry(entry, "read chunks")?;
            let damaged = || StoreError::Damaged { what: format!("chunk {key:?}") };
            if chunk::last_timestamp(&bytes).ok_or_else(damaged)? < from_ms {
                continue;
            }
            let generation = key.last_chunk::<4>().map(|bytes| u32::from_be_bytes(*bytes));
            found.push((generation, chunk::decode(&bytes).ok_or_else(damaged)?));
        }
    }
    found.sort_by_key(|(generation, _)| *generation);
    Ok(found.into_iter().map(|(_, column)| column).collect())
}
