//! The durable log: frames in order of arrival, by generation.
//!
//! One keyspace for each generation, so that sealing drops it whole: removing rows one by one
//! would leave tombstones that take more space than the data.

use fjall::Keyspace;

use super::database::{self, Batch, Database};
use super::head::Head;
use super::{FrameWrite, SeriesId, StoreError};

const SEALED: &str = "sealed generation";
const VERSION: u8 = 1;

/// Where frames are being written.
pub struct Log {
    keyspace: Keyspace,
    generation: u32,
    next_row: u64,
}

impl Log {
    /// Opens the newest generation and reads what is not sealed into a head.
    pub fn open(database: &Database) -> Result<(Self, Head), StoreError> {
        let sealed = database.meta_number(SEALED)?.unwrap_or(0);
        let mut head = Head::default();
        let mut newest = sealed + 1;
        for generation in database.numbered("log") {
            let generation = generation as u32;
            if generation <= sealed {
                database.drop_keyspace(&name(generation))?;
            } else {
                replay(database, generation, &mut head)?;
                newest = newest.max(generation);
            }
        }
        // A generation is written by one process only, so rows never need to be counted.
        let generation = newest + u32::from(head.samples() > 0);
        Ok((Self::start(database, generation)?, head))
    }

    fn start(database: &Database, generation: u32) -> Result<Self, StoreError> {
        Ok(Self { keyspace: database.keyspace(&name(generation))?, generation, next_row: 0 })
    }

    pub fn write(&mut self, batch: &mut Batch, frame: &FrameWrite) {
        batch.insert(&self.keyspace, self.next_row.to_be_bytes(), encode(frame));
        self.next_row += 1;
    }

    /// Begins the next generation; the answer is the one that has ended.
    pub fn rotate(&mut self, database: &Database) -> Result<u32, StoreError> {
        let ended = self.generation;
        *self = Self::start(database, ended + 1)?;
        Ok(ended)
    }
}

/// Notes with the batch that all generations up to `generation` are in chunks.
pub fn mark_sealed(database: &Database, batch: &mut Batch, generation: u32) {
    database.set_meta_number(batch, SEALED, generation);
}

/// Drops the logs of all generations up to `generation`.
pub fn drop_sealed(database: &Database, generation: u32) -> Result<(), StoreError> {
    let numbers = database.numbered("log").into_iter();
    let mut sealed = numbers.filter(|&number| number <= generation.into());
    sealed.try_for_each(|number| database.drop_keyspace(&name(number as u32)))
}

fn name(generation: u32) -> String {
    format!("log-{generation}")
}

fn replay(database: &Database, generation: u32, head: &mut Head) -> Result<(), StoreError> {
    for entry in database.keyspace(&name(generation))?.iter() {
        let (key, value) = database::entry(entry, &format!("replay log {generation}"))?;
        let damaged = || StoreError::Damaged { what: format!("row {key:?} of log {generation}") };
        let (timestamp_ms, samples) = decode(&value).ok_or_else(damaged)?;
        head.add_samples(timestamp_ms, &samples);
    }
    Ok(())
}

/// Version, timestamp (i64), then id (u32) and value (f64) of each sample, little endian.
fn encode(frame: &FrameWrite) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(9 + frame.samples.len() * 12);
    bytes.push(VERSION);
    bytes.extend(frame.timestamp_ms.to_le_bytes());
    for (SeriesId(id), value) in &frame.samples {
        bytes.extend(id.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes
}

fn decode(bytes: &[u8]) -> Option<(i64, Vec<(SeriesId, f64)>)> {
    let (&VERSION, rest) = bytes.split_first()? else { return None };
    let (timestamp, rest) = rest.split_first_chunk::<8>()?;
    let (samples, []) = rest.as_chunks::<12>() else { return None };
    let sample = |bytes: &[u8; 12]| {
        let (id, value) = bytes.split_first_chunk::<4>()?;
        let value = f64::from_le_bytes(value.try_into().ok()?);
        Some((SeriesId(u32::from_le_bytes(*id)), value))
    };
    let samples = samples.iter().map(sample).collect::<Option<Vec<_>>>()?;
    Some((i64::from_le_bytes(*timestamp), samples))
}
