//! The numbers that the collector tells about itself, and their Prometheus text.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{CollectorCounts, OUTCOMES, REASONS};
use crate::store::{Records, StoreState};

/// One number of the collector's own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OwnNumber {
    /// The metric's name.
    pub metric: &'static str,
    /// The one label that tells it from others of the same name.
    pub label: Option<(&'static str, &'static str)>,
    /// The number now.
    pub value: f64,
}

impl OwnNumber {
    fn plain(metric: &'static str, value: u64) -> Self {
        Self { metric, label: None, value: value as f64 }
    }

    fn labelled(metric: &'static str, name: &'static str, label: &'static str, value: u64) -> Self {
        Self { metric, label: Some((name, label)), value: value as f64 }
    }
}

/// Where the collector's own numbers come from.
#[derive(Clone)]
pub struct OwnNumbers {
    counts: Arc<CollectorCounts>,
    records: Records,
}

impl OwnNumbers {
    /// From what is counted and what the store says of itself.
    pub fn new(counts: Arc<CollectorCounts>, records: Records) -> Self {
        Self { counts, records }
    }

    /// All numbers as they are now. Walks the data directory, which may take a while.
    pub fn now(&self) -> Vec<OwnNumber> {
        self.counts.own_numbers(&self.records.state(), self.records.disk_bytes())
    }
}

impl CollectorCounts {
    /// All numbers, in the order of `/metrics`.
    fn own_numbers(&self, store: &StoreState, disk_bytes: u64) -> Vec<OwnNumber> {
        let version = env!("CARGO_PKG_VERSION");
        let mut numbers = vec![OwnNumber::labelled("headroom_build_info", "version", version, 1)];
        self.push_ingest(&mut numbers);
        self.push_queries(&mut numbers);
        numbers.push(OwnNumber::plain("headroom_store_commits_total", read(&self.commits)));
        push_store(store, disk_bytes, &mut numbers);
        numbers
    }

    fn push_ingest(&self, numbers: &mut Vec<OwnNumber>) {
        let frames = |outcome, count| {
            OwnNumber::labelled("headroom_ingest_frames_total", "outcome", outcome, read(count))
        };
        numbers.extend([
            OwnNumber::plain("headroom_ingest_streams", read(&self.streams)),
            OwnNumber::plain("headroom_ingest_streams_refused_total", read(&self.streams_refused)),
            frames("stored", &self.frames_stored),
            frames("duplicate", &self.frames_duplicate),
            OwnNumber::plain("headroom_ingest_lost_frames_total", read(&self.frames_lost)),
            OwnNumber::plain("headroom_ingest_samples_total", read(&self.samples_stored)),
        ]);
        let refused = "headroom_ingest_samples_refused_total";
        numbers.extend(REASONS.iter().zip(&self.refused).map(|((_, reason), count)| {
            OwnNumber::labelled(refused, "reason", reason, read(count))
        }));
    }

    fn push_queries(&self, numbers: &mut Vec<OwnNumber>) {
        numbers.push(OwnNumber::plain("headroom_query_running", read(&self.queries_running)));
        numbers.extend(OUTCOMES.iter().zip(&self.queries).map(|((_, outcome), count)| {
            OwnNumber::labelled("headroom_query_total", "outcome", outcome, read(count))
        }));
    }
}

fn push_store(store: &StoreState, disk_bytes: u64, numbers: &mut Vec<OwnNumber>) {
    let counts = store.counts;
    let all = [
        ("headroom_store_series", store.series),
        ("headroom_store_head_samples", store.head_samples),
        ("headroom_store_head_bytes", store.head_bytes),
        ("headroom_store_log_bytes", store.log_bytes),
        ("headroom_store_days", store.days),
        ("headroom_store_unmerged_days", store.unmerged_days),
        ("headroom_store_disk_bytes", disk_bytes),
        ("headroom_store_sealed_samples_total", counts.sealed_samples),
        ("headroom_store_late_samples_total", counts.late_samples),
        ("headroom_store_duplicate_samples_total", counts.duplicate_samples),
        ("headroom_store_merges_total", counts.merges),
        ("headroom_store_damaged_total", counts.damaged),
    ];
    numbers.extend(all.map(|(metric, value)| OwnNumber::plain(metric, value)));
}

fn read(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

/// Prometheus text format, version 0.0.4.
pub fn exposition(numbers: &[OwnNumber]) -> String {
    let mut text = String::new();
    for (place, OwnNumber { metric, label, value }) in numbers.iter().enumerate() {
        if place == 0 || numbers[place - 1].metric != *metric {
            let kind = if metric.ends_with("_total") { "counter" } else { "gauge" };
            let _ = writeln!(text, "# TYPE {metric} {kind}");
        }
        let _ = match label {
            Some((name, label)) => writeln!(text, "{metric}{{{name}=\"{label}\"}} {value}"),
            None => writeln!(text, "{metric} {value}"),
        };
    }
    text
}
