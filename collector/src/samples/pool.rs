//! The memory that all requests of the process share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Memory out of which budgets draw; clones are the same pool.
#[derive(Debug, Clone)]
pub struct Pool(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limit: u64,
    taken: AtomicU64,
}

impl Pool {
    /// A pool of so many bytes.
    pub fn new(limit: u64) -> Self {
        Self(Arc::new(Shared { limit, taken: AtomicU64::new(0) }))
    }

    /// How many bytes are taken.
    pub fn taken(&self) -> u64 {
        self.0.taken.load(Ordering::Relaxed)
    }

    /// Takes bytes, all or none; tells whether there were enough.
    pub(super) fn take(&self, bytes: u64) -> bool {
        let more = |taken: u64| taken.checked_add(bytes).filter(|sum| *sum <= self.0.limit);
        self.0.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    /// Gives back what was taken.
    pub(super) fn give_back(&self, bytes: u64) {
        self.0.taken.fetch_sub(bytes, Ordering::Relaxed);
    }
}
