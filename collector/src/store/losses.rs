//! What agents had to give up, by interval: the difference between a gap and an unknown.

use std::sync::Arc;

use fjall::Keyspace;

use super::database::Database;
use super::rows::{self, Place, Record};
use crate::samples::{Budget, ReadError, TimeRange, sorted};

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

impl Record for LostInterval {
    const NAME: &'static str = "losses";

    fn keyspace(database: &Database) -> &Keyspace {
        &database.losses
    }

    fn instance(&self) -> &str {
        &self.instance
    }

    /// Boot and first sequence (u64, big endian). A loss that grew before it was acknowledged
    /// replaces its smaller self.
    fn key(&self) -> Vec<u8> {
        [self.boot.to_be_bytes(), self.first_sequence.to_be_bytes()].concat()
    }

    /// Last sequence, first and last timestamp, samples, reason (all 64 bits, big endian).
    fn encode(&self) -> Vec<u8> {
        [
            self.last_sequence.to_be_bytes(),
            self.first_ms.to_be_bytes(),
            self.last_ms.to_be_bytes(),
            self.samples.to_be_bytes(),
            i64::from(self.reason).to_be_bytes(),
        ]
        .concat()
    }

    fn decode(instance: &Arc<str>, key: &[u8], row: &[u8]) -> Option<Self> {
        let ([boot, first], []) = key.as_chunks::<8>() else { return None };
        let ([last, from, to, samples, reason], []) = row.as_chunks::<8>() else { return None };
        Some(Self {
            instance: Arc::clone(instance),
            boot: u64::from_be_bytes(*boot),
            first_sequence: u64::from_be_bytes(*first),
            last_sequence: u64::from_be_bytes(*last),
            first_ms: i64::from_be_bytes(*from),
            last_ms: i64::from_be_bytes(*to),
            samples: u64::from_be_bytes(*samples),
            reason: i64::from_be_bytes(*reason).try_into().ok()?,
        })
    }

    fn bytes(&self) -> u64 {
        size_of::<Self>() as u64
    }
}

/// The losses of `instance` that touch `range`, by their first moment.
pub fn read(
    database: &Database,
    instance: &str,
    range: TimeRange,
    budget: &Budget,
) -> Result<Vec<LostInterval>, ReadError> {
    let mut losses: Vec<LostInterval> = Vec::new();
    rows::each(database, Place { instance, keys: None }, budget, |loss: LostInterval| {
        if loss.last_ms >= range.from_ms && loss.first_ms <= range.to_ms {
            budget.hold(loss.bytes())?;
            losses.push(loss);
        }
        Ok(())
    })?;
    sorted(losses, budget, |a, b| a.first_ms.cmp(&b.first_ms))
}
