//! What became of rules.

use std::sync::atomic::{AtomicU64, Ordering};

/// Rules since the start.
#[derive(Debug, Default)]
pub struct RuleCounts {
    /// That were evaluated well.
    pub well: AtomicU64,
    /// That failed.
    pub failed: AtomicU64,
    /// That were due while their group was still at work, or while nothing was.
    pub missed: AtomicU64,
    /// Samples that could not be stored.
    pub refused: AtomicU64,
}

/// Notices of alerts since the start.
#[derive(Debug, Default)]
pub struct NoticeCounts {
    /// That were taken.
    pub sent: AtomicU64,
    /// That were not.
    pub failed: AtomicU64,
    /// That there was no room for.
    pub dropped: AtomicU64,
}

impl NoticeCounts {
    /// Each outcome by name, and how many notices had it.
    pub fn outcomes(&self) -> [(&'static str, u64); 3] {
        let counts = [("sent", &self.sent), ("failed", &self.failed), ("dropped", &self.dropped)];
        counts.map(|(name, count)| (name, count.load(Ordering::Relaxed)))
    }
}

impl RuleCounts {
    /// Each outcome by name, and how many rules had it.
    pub fn outcomes(&self) -> [(&'static str, u64); 3] {
        let counts = [("well", &self.well), ("failed", &self.failed), ("missed", &self.missed)];
        counts.map(|(name, count)| (name, count.load(Ordering::Relaxed)))
    }
}
