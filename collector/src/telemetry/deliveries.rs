//! What became of messages to receivers.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};

/// What became of the messages of one receiver since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Delivered {
    /// That it took.
    pub taken: u64,
    /// Attempts that are to be repeated, or never.
    pub failed: u64,
    /// Attempts that failed since it took one.
    pub failing: u64,
}

/// What became of the word that all is well.
#[derive(Debug, Default)]
pub struct WatchdogCounts {
    /// It was heard.
    pub sent: AtomicU64,
    /// It was not.
    pub failed: AtomicU64,
    /// Not all was well.
    pub withheld: AtomicU64,
}

/// The same by receiver.
#[derive(Debug, Default)]
pub struct DeliveryCounts(Mutex<BTreeMap<String, Delivered>>);

impl DeliveryCounts {
    /// A receiver took a message.
    pub fn taken(&self, receiver: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = counts.entry(receiver.to_owned()).or_default();
        (counts.taken, counts.failing) = (counts.taken + 1, 0);
    }

    /// A receiver did not.
    pub fn failed(&self, receiver: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = counts.entry(receiver.to_owned()).or_default();
        (counts.failed, counts.failing) = (counts.failed + 1, counts.failing + 1);
    }

    /// All receivers that anything was sent to.
    pub fn all(&self) -> BTreeMap<String, Delivered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
