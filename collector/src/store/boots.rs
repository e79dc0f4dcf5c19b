//! Which frames are durable: the sequences seen, by instance and boot. What makes exactly once.

use std::collections::HashMap;
use std::sync::Arc;

use headroom_proto::sequences::SequenceSet;

use super::StoreError;
use super::database::{self, Batch, Database, Row};
use super::losses::LostInterval;

/// What names a frame for ever.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FrameId {
    /// The agent's name.
    pub instance: Arc<str>,
    /// The agent's run.
    pub boot: u64,
    /// The frame's place in that run.
    pub sequence: u64,
}

#[derive(Debug, Clone, Default)]
struct Boot {
    seen: SequenceSet,
    /// The newest timestamp of its frames; a boot expires by it.
    newest_ms: i64,
}

type Key = (Arc<str>, u64);

/// All boots whose frames may still be sent again.
#[derive(Default)]
pub struct Boots {
    known: HashMap<Key, Boot>,
    /// Those that changed since they were written, each with its latest change.
    changed: HashMap<Key, u64>,
    changes: u64,
}

/// Boots to be written.
pub struct ChangedRows {
    pub rows: Vec<Row>,
    /// The latest change that they hold.
    pub at: u64,
}

impl Boots {
    pub fn load(database: &Database) -> Result<Self, StoreError> {
        let mut known = HashMap::new();
        for entry in database.boots.iter() {
            let (key, value) = database::entry(entry, "read the boots")?;
            let parsed = decode_key(&key).zip(decode(&value));
            let damaged = || StoreError::Damaged { what: format!("boot {key:?}") };
            let (key, boot) = parsed.ok_or_else(damaged)?;
            known.insert(key, boot);
        }
        Ok(Self { known, changed: HashMap::new(), changes: 0 })
    }

    /// Whether a frame was seen before.
    pub fn has(&self, id: &FrameId) -> bool {
        let boot = self.known.get(&(Arc::clone(&id.instance), id.boot));
        boot.is_some_and(|boot| boot.seen.contains(id.sequence))
    }

    /// Takes note of a frame.
    pub fn insert(&mut self, id: &FrameId, timestamp_ms: i64) {
        let key = (Arc::clone(&id.instance), id.boot);
        self.changes += 1;
        self.changed.insert(key.clone(), self.changes);
        let boot = self.known.entry(key).or_default();
        boot.newest_ms = boot.newest_ms.max(timestamp_ms);
        boot.seen.insert(id.sequence);
    }

    /// What changed since it was written, as rows of the database in order.
    pub fn changed_rows(&self) -> ChangedRows {
        let changed = self.changed.keys().filter_map(|key| Some((key, self.known.get(key)?)));
        let mut rows: Vec<Row> =
            changed.map(|(key, boot)| (encode_key(key), encode(boot))).collect();
        rows.sort();
        ChangedRows { rows, at: self.changes }
    }

    /// What had changed by then is written.
    pub fn mark_written(&mut self, at: u64) {
        self.changed.retain(|_, change| *change > at);
    }

    /// The newest moment of all frames.
    pub fn newest_ms(&self) -> Option<i64> {
        self.known.values().map(|boot| boot.newest_ms).max()
    }

    /// The sequences of an instance, by boot.
    pub fn of(&self, instance: &str) -> Vec<(u64, SequenceSet)> {
        let own = self.known.iter().filter(|((name, _), _)| **name == *instance);
        own.map(|((_, boot), record)| (*boot, record.seen.clone())).collect()
    }

    /// Whether all frames of a loss are here: they arrived, but their acknowledgement did not.
    pub fn has_all(&self, loss: &LostInterval) -> bool {
        let boot = self.known.get(&(Arc::clone(&loss.instance), loss.boot));
        boot.is_some_and(|boot| {
            let covers = |&(first, last): &(u64, u64)| {
                first <= loss.first_sequence && last >= loss.last_sequence
            };
            boot.seen.ranges().iter().any(covers)
        })
    }

    /// Forgets boots whose newest frame is older than `oldest_ms`.
    pub fn expire(&mut self, oldest_ms: i64, database: &Database, batch: &mut Batch) {
        let Self { known, changed, .. } = self;
        known.retain(|key, boot| {
            let keep = boot.newest_ms >= oldest_ms;
            if !keep {
                batch.remove(&database.boots, encode_key(key));
                changed.remove(key);
            }
            keep
        });
    }
}

/// The instance, a zero byte, the boot (u64, big endian).
fn encode_key((instance, boot): &Key) -> Vec<u8> {
    [instance.as_bytes(), &[0], &boot.to_be_bytes()].concat()
}

fn decode_key(bytes: &[u8]) -> Option<Key> {
    let (rest, boot) = bytes.split_last_chunk::<8>()?;
    let instance = str::from_utf8(rest.strip_suffix(&[0])?).ok()?;
    Some((instance.into(), u64::from_be_bytes(*boot)))
}

/// The newest timestamp, then first and last of each range (all 64 bits, big endian).
fn encode(boot: &Boot) -> Vec<u8> {
    let mut bytes = boot.newest_ms.to_be_bytes().to_vec();
    for (first, last) in boot.seen.ranges() {
        bytes.extend(first.to_be_bytes());
        bytes.extend(last.to_be_bytes());
    }
    bytes
}

fn decode(bytes: &[u8]) -> Option<Boot> {
    let (newest, rest) = bytes.split_first_chunk::<8>()?;
    let (ranges, []) = rest.as_chunks::<16>() else { return None };
    let mut boot = Boot { newest_ms: i64::from_be_bytes(*newest), ..Boot::default() };
    for range in ranges {
        let (first, last) = range.split_at(8);
        let number = |bytes: &[u8]| bytes.try_into().map(u64::from_be_bytes).ok();
        boot.seen.insert_range(number(first)?, number(last)?);
    }
    Some(boot)
}
