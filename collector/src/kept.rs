//! Values by their keys in bounded memory, those that are asked for often the longest. It knows
//! nothing of what they mean, nor whether they still hold.

use std::hash::Hash;
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

/// What takes less than this counts as much, so that the table stays small.
const SMALLEST_BYTES: u64 = 1 << 10;

/// How much memory something takes.
pub trait Weighs {
    /// In bytes, with all that it points to.
    fn bytes(&self) -> u64;
}

/// The values.
pub struct Kept<K, V>(Cache<K, Arc<V>, Weight>);

/// How much there may be.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Of keys and values together.
    pub bytes: u64,
    /// About how many values that is, for the first size of the table.
    pub values: usize,
}

#[derive(Clone)]
struct Weight;

impl<K: Weighs, V: Weighs> Weighter<K, Arc<V>> for Weight {
    fn weight(&self, key: &K, value: &Arc<V>) -> u64 {
        (key.bytes() + value.bytes()).max(SMALLEST_BYTES)
    }
}

impl<K: Weighs + Eq + Hash, V: Weighs> Kept<K, V> {
    /// None yet.
    pub fn new(room: Room) -> Self {
        Self(Cache::with_weighter(room.values, room.bytes, Weight))
    }

    /// The value of a key, if it is still there.
    pub fn get(&self, key: &K) -> Option<Arc<V>> {
        self.0.get(key)
    }

    /// Keeps a value in place of what its key had.
    pub fn keep(&self, key: K, value: V) {
        self.0.insert(key, Arc::new(value));
    }

    /// How much there is, in bytes.
    #[cfg(test)]
    pub fn bytes(&self) -> u64 {
        self.0.weight()
    }
}
