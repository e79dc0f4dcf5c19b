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

/// How many boots of an instance are remembered: those of an agent that is started anew each hour for as
/// long as boots are kept at all. Beyond it the one goes that was heard of longest ago: should frames of it
/// come again, their samples are found to be there already.
const MOST_BOOTS: usize = 1500;

/// How many stretches of sequences a boot is remembered by; beyond it the lowest goes, alike.
const MOST_RANGES: usize = 10_000;

/// How many are noted whose rows are to go; those of others are found at the next start.
const MOST_FORGOTTEN: usize = 100_000;

/// All boots whose frames may still be sent again.
#[derive(Default)]
pub struct Boots {
    known: HashMap<Arc<str>, HashMap<u64, Boot>>,
    /// Those that are remembered no longer, but still have a row.
    forgotten: Vec<Key>,
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
        let mut boots = Self::default();
        for entry in database.boots.iter() {
            let (key, value) = database::entry(entry, "read the boots")?;
            let parsed = decode_key(&key).zip(decode(&value));
            let damaged = || StoreError::Damaged { what: format!("boot {key:?}") };
            let (key, boot) = parsed.ok_or_else(damaged)?;
            *boots.of_key(&key) = boot;
        }
        Ok(boots)
    }

    /// Whether a frame was seen before.
    pub fn has(&self, id: &FrameId) -> bool {
        let boot = self.boot(&id.instance, id.boot);
        boot.is_some_and(|boot| boot.seen.contains(id.sequence))
    }

    /// Takes note of a frame.
    pub fn insert(&mut self, id: &FrameId, timestamp_ms: i64) {
        let key = (Arc::clone(&id.instance), id.boot);
        self.changes += 1;
        self.changed.insert(key.clone(), self.changes);
        let boot = self.of_key(&key);
        boot.newest_ms = boot.newest_ms.max(timestamp_ms);
        boot.seen.insert(id.sequence);
        if let [_, (second, _), ..] = *boot.seen.ranges()
            && boot.seen.ranges().len() > MOST_RANGES
        {
            boot.seen.remove_below(second);
        }
    }

    fn boot(&self, instance: &str, boot: u64) -> Option<&Boot> {
        self.known.get(instance)?.get(&boot)
    }

    /// The boot of a key, in whose place another one goes if there are too many.
    fn of_key(&mut self, (instance, boot): &Key) -> &mut Boot {
        let own = self.known.entry(Arc::clone(instance)).or_default();
        if own.len() >= MOST_BOOTS && !own.contains_key(boot) {
            let oldest = own.iter().min_by_key(|(_, one)| one.newest_ms).map(|(boot, _)| *boot);
            if let Some(gone) = oldest {
                own.remove(&gone);
                let key = (Arc::clone(instance), gone);
                self.changed.remove(&key);
                if self.forgotten.len() < MOST_FORGOTTEN {
                    self.forgotten.push(key);
                }
            }
        }
        own.entry(*boot).or_default()
    }

    /// What changed since it was written, as rows of the database in order.
    pub fn changed_rows(&self) -> ChangedRows {
        let changed = self.changed.keys();
        let changed = changed.filter_map(|key| Some((key, self.boot(&key.0, key.1)?)));
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
        self.known.values().flat_map(HashMap::values).map(|boot| boot.newest_ms).max()
    }

    /// The sequences of an instance, by boot.
    pub fn of(&self, instance: &str) -> Vec<(u64, SequenceSet)> {
        let own = self.known.get(instance).into_iter().flatten();
        own.map(|(boot, record)| (*boot, record.seen.clone())).collect()
    }

    /// Whether all frames of a loss are here: they arrived, but their acknowledgement did not.
    pub fn has_all(&self, loss: &LostInterval) -> bool {
        let boot = self.boot(&loss.instance, loss.boot);
        boot.is_some_and(|boot| {
            let covers = |&(first, last): &(u64, u64)| {
                first <= loss.first_sequence && last >= loss.last_sequence
            };
            boot.seen.ranges().iter().any(covers)
        })
    }

    /// Forgets boots whose newest frame is older than `oldest_ms`, and removes the rows of those that are
    /// forgotten.
    pub fn expire(&mut self, oldest_ms: i64, database: &Database, batch: &mut Batch) {
        let Self { known, changed, forgotten, .. } = self;
        for (instance, own) in &mut *known {
            let old = own.extract_if(|_, boot| boot.newest_ms < oldest_ms);
            forgotten.extend(old.map(|(boot, _)| (Arc::clone(instance), boot)));
        }
        known.retain(|_, own| !own.is_empty());
        for key in forgotten.drain(..) {
            // It may have come back meanwhile.
            if !known.get(&key.0).is_some_and(|own| own.contains_key(&key.1)) {
                batch.remove(&database.boots, encode_key(&key));
                changed.remove(&key);
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn id(boot: u64, sequence: u64) -> FrameId {
        FrameId { instance: "ca1".into(), boot, sequence }
    }

    #[test]
    fn only_so_many_boots_and_stretches_of_an_agent_are_remembered() {
        let mut boots = Boots::default();
        boots.insert(&FrameId { instance: "ca2".into(), ..id(1, 1) }, 0);
        for boot in 0..2 * MOST_BOOTS as u64 {
            boots.insert(&id(boot, 1), boot as i64);
        }
        assert_eq!(boots.of("ca1").len(), MOST_BOOTS);
        assert!(boots.has(&id(2 * MOST_BOOTS as u64 - 1, 1)), "the newest stays");
        assert!(!boots.has(&id(0, 1)) && boots.of("ca2").len() == 1);
        assert_eq!((boots.forgotten.len(), boots.changed.len()), (MOST_BOOTS, MOST_BOOTS + 1));
        for sequence in 0..2 * MOST_RANGES as u64 {
            boots.insert(&id(9_999, 2 * sequence + 1), 10_000);
        }
        let (_, seen) = boots.of("ca1").into_iter().find(|(boot, _)| *boot == 9_999).unwrap();
        assert_eq!(seen.ranges().len(), MOST_RANGES);
        assert!(seen.contains(4 * MOST_RANGES as u64 - 1) && !seen.contains(1));
    }
}
