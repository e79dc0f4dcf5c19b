//! What agents had to give up, by interval: the difference between a gap and an unknown.

use std::sync::Arc;

use super::StoreError;
use super::database::{self, Batch, Database};
use crate::samples::TimeRange;

/// An interval that an agent sampled and could not keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostInterval {
    /// The agent's name.
    pub instance: Arc<str>,
    /// The agent's run.
    pub boot: u64,
    /// The first frame lost.
    pub first_sequence: u64,
    /// The last frame lost.
    pub last_sequence: u64,
    /// When the first was taken, Unix time in milliseconds.
    pub first_ms: i64,
    /// When the last was taken.
    pub last_ms: i64,
    /// How many samples the frames held.
    pub samples: u64,
    /// Why, as the wire numbers it.
    pub reason: i32,
}

impl LostInterval {
    /// How many frames were lost.
    pub fn frames(&self) -> u64 {
        self.last_sequence.saturating_sub(self.first_sequence).saturating_add(1)
    }
}

/// A loss that grew before it was acknowledged replaces its smaller self.
pub fn write(database: &Database, batch: &mut Batch, loss: &LostInterval) {
    batch.insert(&database.losses, encode_key(loss), encode(loss));
}

/// Whether exactly this is known.
pub fn is_known(database: &Database, loss: &LostInterval) -> Result<bool, StoreError> {
    let found = database.losses.get(encode_key(loss)).map_err(|source| StoreError::Database {
        operation: format!("read the losses of {}", loss.instance),
        source,
    })?;
    Ok(found.is_some_and(|bytes| *bytes == *encode(loss)))
}

pub fn read(
    database: &Database,
    instance: &str,
    range: TimeRange,
) -> Result<Vec<LostInterval>, StoreError> {
    let prefix = [instance.as_bytes(), &[0]].concat();
    let mut losses = Vec::new();
    for entry in database.losses.prefix(&prefix) {
        let (key, value) = database::entry(entry, &format!("read the losses of {instance}"))?;
        let damaged = || StoreError::Damaged { what: format!("loss {key:?}") };
        let loss = decode(instance, &key[prefix.len()..], &value).ok_or_else(damaged)?;
        if loss.last_ms >= range.from_ms && loss.first_ms <= range.to_ms {
            losses.push(loss);
        }
    }
    losses.sort_by_key(|loss| loss.first_ms);
    Ok(losses)
}

/// The instance, a zero byte, boot and first sequence (u64, big endian).
fn encode_key(loss: &LostInterval) -> Vec<u8> {
    let numbers = [loss.boot.to_be_bytes(), loss.first_sequence.to_be_bytes()].concat();
    [loss.instance.as_bytes(), &[0], &numbers].concat()
}

/// Last sequence, first and last timestamp, samples, reason (all 64 bits, big endian).
fn encode(loss: &LostInterval) -> Vec<u8> {
    [
        loss.last_sequence.to_be_bytes(),
        loss.first_ms.to_be_bytes(),
        loss.last_ms.to_be_bytes(),
        loss.samples.to_be_bytes(),
        i64::from(loss.reason).to_be_bytes(),
    ]
    .concat()
}

fn decode(instance: &str, key: &[u8], value: &[u8]) -> Option<LostInterval> {
    let ([boot, first], []) = key.as_chunks::<8>() else { return None };
    let ([last, from, to, samples, reason], []) = value.as_chunks::<8>() else { return None };
    Some(LostInterval {
        instance: instance.into(),
        boot: u64::from_be_bytes(*boot),
        first_sequence: u64::from_be_bytes(*first),
        last_sequence: u64::from_be_bytes(*last),
        first_ms: i64::from_be_bytes(*from),
        last_ms: i64::from_be_bytes(*to),
        samples: u64::from_be_bytes(*samples),
        reason: i64::from_be_bytes(*reason).try_into().ok()?,
    })
}
