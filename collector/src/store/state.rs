//! What the store says of itself: how much it holds, and what happened since it was opened.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Store;
use super::head::HeadSize;
use super::lock::{lock, read};

/// What the store says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreState {
    /// Series known.
    pub series: u64,
    /// Of those, series that had samples within the last hours.
    pub living_series: u64,
    /// What the names of all series take in memory, in bytes.
    pub label_bytes: u64,
    /// Samples in memory, not yet sealed.
    pub head_samples: u64,
    /// What they take there, in bytes.
    pub head_bytes: u64,
    /// Bytes of the log.
    pub log_bytes: u64,
    /// Days of which samples are kept.
    pub days: u64,
    /// Of those, days that wait to be merged.
    pub unmerged_days: u64,
    /// Counts since the store was opened.
    pub counts: StoreCounts,
}

/// What happened since the store was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StoreCounts {
    /// Samples that were sealed.
    pub sealed_samples: u64,
    /// Samples that came after newer ones of their sender.
    pub late_samples: u64,
    /// Samples dropped because their series had one of the same timestamp.
    pub duplicate_samples: u64,
    /// Days that were merged.
    pub merges: u64,
    /// Chunks, rollups and records that could not be read.
    pub damaged: u64,
}

/// What is counted.
#[derive(Default)]
pub struct Counters {
    pub sealed_samples: AtomicU64,
    pub late_samples: AtomicU64,
    pub duplicate_samples: AtomicU64,
    pub merges: AtomicU64,
    pub damaged: AtomicU64,
    /// The first of what was damaged, in words.
    pub damage: Mutex<Vec<String>>,
}

/// So much damage is told in words; all of it is counted.
const TOLD_DAMAGE: usize = 20;

impl Counters {
    /// A head was sealed; `duplicates` of its samples had a timestamp that was taken.
    pub fn sealed(&self, head: HeadSize, duplicates: u64) {
        add(&self.sealed_samples, head.samples);
        add(&self.late_samples, head.late);
        add(&self.duplicate_samples, duplicates);
    }

    /// A day was merged.
    pub fn merged(&self, duplicates: u64) {
        add(&self.merges, 1);
        add(&self.duplicate_samples, duplicates);
    }

    /// Something was found damaged.
    pub fn damaged(&self, count: u64, what: &str) {
        add(&self.damaged, count);
        let mut told = lock(&self.damage);
        if told.len() < TOLD_DAMAGE {
            told.push(what.to_owned());
        }
    }

    fn so_far(&self) -> StoreCounts {
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        StoreCounts {
            sealed_samples: count(&self.sealed_samples),
            late_samples: count(&self.late_samples),
            duplicate_samples: count(&self.duplicate_samples),
            merges: count(&self.merges),
            damaged: count(&self.damaged),
        }
    }
}

fn add(count: &AtomicU64, amount: u64) {
    count.fetch_add(amount, Ordering::Relaxed);
}

impl Store {
    /// What the store says of itself.
    pub fn state(&self) -> StoreState {
        let log_bytes = self.writer().log.bytes();
        let (series, living_series, label_bytes) = {
            let index = read(&self.index);
            (index.len() as u64, index.living().count() as u64, index.living().label_bytes())
        };
        let state = self.read();
        let sealing = state.sealing.iter().map(|sealing| &sealing.head);
        let heads: Vec<HeadSize> = sealing.chain([&state.head]).map(|head| head.size()).collect();
        let mut counts = self.counters.so_far();
        counts.late_samples += heads.iter().map(|head| head.late).sum::<u64>();
        StoreState {
            series,
            living_series,
            label_bytes,
            head_samples: heads.iter().map(|head| head.samples).sum(),
            head_bytes: heads.iter().map(|head| head.bytes).sum(),
            log_bytes,
            days: state.days.0.len() as u64,
            unmerged_days: state.days.0.values().filter(|day| day.fresh.is_some()).count() as u64,
            counts,
        }
    }

    /// What is damaged is told and counted; the rest is served.
    pub(super) fn note_damage(&self, what: &str) {
        self.counters.damaged(1, what);
        tracing::error!("damaged: {what}; it is left out");
    }

    /// What was found damaged and left out since the store was opened, the first of it in words.
    pub fn damage(&self) -> Vec<String> {
        lock(&self.counters.damage).clone()
    }
}
