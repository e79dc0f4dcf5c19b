//! How far what is sealed is known not to change: up to the oldest sample in memory. Who was told so
//! is told of another version once that was not true after all.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use super::Store;
use super::head::Head;
use crate::samples::Settled;

/// What was said of the past, and how often it has changed after that.
pub struct Settlement {
    /// The latest moment until which anybody was told that the past stands still.
    told_ms: AtomicI64,
    version: AtomicU64,
}

impl Default for Settlement {
    fn default() -> Self {
        Self { told_ms: AtomicI64::new(i64::MIN), version: AtomicU64::new(0) }
    }
}

impl Settlement {
    /// Until when nothing changes, by the heads that there are; nothing if they are empty. To be
    /// called while no head can be sealed.
    fn tell<'h>(&self, heads: impl Iterator<Item = &'h Head>) -> Option<Settled> {
        let until_ms = heads.filter_map(Head::reach).map(|reach| reach.from_ms).min()?;
        self.told_ms.fetch_max(until_ms, Ordering::Relaxed);
        Some(Settled { until_ms, version: self.version.load(Ordering::Relaxed) })
    }

    /// A head becomes part of the past. One with samples of a time that was said to stand still,
    /// such as those of a spool that was away, changes it. To be called where no head can be looked
    /// at.
    pub fn sealed(&self, head: &Head) {
        let told_ms = self.told_ms.load(Ordering::Relaxed);
        if head.reach().is_some_and(|reach| reach.from_ms < told_ms) {
            self.change();
        }
    }

    /// Something of the past has changed.
    pub fn change(&self) {
        self.version.fetch_add(1, Ordering::Relaxed);
    }
}

/// Until when reads of this store answer the same again.
pub fn settled(store: &Store) -> Option<Settled> {
    let state = store.read();
    let sealing = state.sealing.iter().map(|sealing| &*sealing.head);
    store.settlement.tell(sealing.chain([&*state.head]))
}
