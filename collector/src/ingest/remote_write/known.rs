//! The ids of series by the bytes that name them in requests, so that what is written again and again
//! is neither read nor checked again.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use crate::identity::RemoteWriter;
use crate::store::SeriesId;

/// The most series whose ids are remembered; beyond it all are forgotten and found anew.
const MAX_KNOWN: usize = 2_000_000;

/// The 128-bit hash of a series' name, and the hash of its writer's: what one may write says nothing
/// of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name([u32; 5]);

impl Name {
    /// The name of a series by its bytes in a request of `writer`.
    pub fn of(bytes: &[u8], writer: &RemoteWriter) -> Self {
        let hash = xxhash_rust::xxh3::xxh3_128(bytes);
        let of = xxhash_rust::xxh3::xxh3_64(writer.name.as_bytes()) as u32;
        Self([hash as u32, (hash >> 32) as u32, (hash >> 64) as u32, (hash >> 96) as u32, of])
    }
}

/// What each writer may write and has written.
#[derive(Debug, Default)]
pub struct Known(RwLock<HashMap<Name, SeriesId>>);

impl Known {
    /// The id of a series that was written before.
    pub fn find(&self, name: &Name) -> Option<SeriesId> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }

    /// Remembers one that may be written.
    pub fn add(&self, name: Name, id: SeriesId) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(name, id);
    }
}
