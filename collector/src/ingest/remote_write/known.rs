//! The ids of series by the bytes that name them in requests, so that what is written again and again
//! is neither read nor checked again.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use crate::identity::RemoteWriter;
use crate::store::SeriesId;

/// The most series whose ids are remembered; beyond it all are forgotten and found anew.
const MAX_KNOWN: usize = 2_000_000;

/// The 128-bit hash of a series' name, and the hash of its writer's: what one may write says nothing
/// of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name([u32; 5]);

impl Hash for Name {
    /// A hash already.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [low, high, ..] = self.0;
        state.write_u64(u64::from(high) << 32 | u64::from(low));
    }
}

/// Leaves hashes as they are.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxhash_rust::xxh3::xxh3_64_with_seed(bytes, self.0);
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

type Ids = HashMap<Name, SeriesId, BuildHasherDefault<AsItIs>>;

impl Name {
    /// The name of a series by its bytes in a request of `writer`.
    pub fn of(bytes: &[u8], writer: &RemoteWriter) -> Self {
        let hash = xxhash_rust::xxh3::xxh3_128(bytes);
        let of = xxhash_rust::xxh3::xxh3_64(writer.name.as_bytes()) as u32;
        Self([hash as u32, (hash >> 32) as u32, (hash >> 64) as u32, (hash >> 96) as u32, of])
    }
}

/// What each writer may write and has written.
#[derive(Default)]
pub struct Known(RwLock<Ids>);

/// A look at what is known, for all series of a request: nobody adds meanwhile.
#[derive(Default)]
pub struct Look<'k>(Option<RwLockReadGuard<'k, Ids>>);

impl<'k> Look<'k> {
    /// The id of a series that was written before.
    pub fn find(&mut self, known: &'k Known, name: &Name) -> Option<SeriesId> {
        let ids =
            self.0.get_or_insert_with(|| known.0.read().unwrap_or_else(PoisonError::into_inner));
        ids.get(name).copied()
    }

    /// Lets others add, until it is needed again.
    pub fn pause(&mut self) {
        self.0 = None;
    }
}

impl Known {
    /// Remembers one that may be written.
    pub fn add(&self, name: Name, id: SeriesId) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(name, id);
    }
}
