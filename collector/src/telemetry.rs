//! What the collector counts about itself, as Prometheus text on `/metrics`.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::store::StoreState;

/// Why samples were refused at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalReason {
    /// A metric or label that may not be.
    Series,
    /// A series id that was never defined.
    UnknownSeries,
    /// More series than an instance or a stream may have.
    SeriesLimit,
    /// A timestamp ahead of the collector's clock.
    Future,
    /// A timestamp older than anything kept.
    TooOld,
    /// A frame that contradicts itself or holds too much.
    Frame,
}

/// Every reason, in the order of the exposition.
const REASONS: [(RefusalReason, &str); 6] = [
    (RefusalReason::Series, "series"),
    (RefusalReason::UnknownSeries, "unknown_series"),
    (RefusalReason::SeriesLimit, "series_limit"),
    (RefusalReason::Future, "future"),
    (RefusalReason::TooOld, "too_old"),
    (RefusalReason::Frame, "frame"),
];

/// How a query ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryOutcome {
    /// With an answer.
    Answered,
    /// The question was wrong.
    BadData,
    /// Its data did not fit it, or were too many.
    Execution,
    /// It ran, or waited, too long.
    Timeout,
    /// Whoever asked went away.
    Canceled,
    /// The store failed.
    Internal,
}

/// Every outcome, in the order of the exposition.
const OUTCOMES: [(QueryOutcome, &str); 6] = [
    (QueryOutcome::Answered, "answered"),
    (QueryOutcome::BadData, "bad_data"),
    (QueryOutcome::Execution, "execution"),
    (QueryOutcome::Timeout, "timeout"),
    (QueryOutcome::Canceled, "canceled"),
    (QueryOutcome::Internal, "internal"),
];

/// Counts since the start.
#[derive(Debug, Default)]
pub struct Counts {
    /// Streams that are open.
    pub streams: AtomicU64,
    /// Streams that were turned away before Welcome.
    pub streams_refused: AtomicU64,
    /// Frames stored.
    pub frames_stored: AtomicU64,
    /// Frames that were stored before.
    pub frames_duplicate: AtomicU64,
    /// Samples stored.
    pub samples_stored: AtomicU64,
    /// Frames that agents report as lost.
    pub frames_lost: AtomicU64,
    /// Batches written, each with one sync.
    pub commits: AtomicU64,
    /// Queries that run now.
    pub queries_running: AtomicU64,
    refused: [AtomicU64; REASONS.len()],
    queries: [AtomicU64; OUTCOMES.len()],
}

impl Counts {
    /// Adds to a count.
    pub fn add(count: &AtomicU64, amount: u64) {
        count.fetch_add(amount, Ordering::Relaxed);
    }

    /// Counts refused samples.
    pub fn refuse(&self, reason: RefusalReason, samples: u64) {
        let place = REASONS.iter().position(|(known, _)| *known == reason);
        if let Some(count) = place.and_then(|place| self.refused.get(place)) {
            Self::add(count, samples);
        }
    }

    /// Counts a query that has ended.
    pub fn query(&self, outcome: QueryOutcome) {
        let place = OUTCOMES.iter().position(|(known, _)| *known == outcome);
        if let Some(count) = place.and_then(|place| self.queries.get(place)) {
            Self::add(count, 1);
        }
    }

    /// Prometheus text format, version 0.0.4.
    pub fn exposition(&self, store: StoreState, disk_bytes: u64) -> String {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let mut text = String::new();
        let mut write = |name: &str, labels: &str, value: u64| {
            let kind = if name.ends_with("_total") { "counter" } else { "gauge" };
            if !text.contains(&format!("# TYPE {name} ")) {
                let _ = writeln!(text, "# TYPE {name} {kind}");
            }
            let _ = writeln!(text, "{name}{labels} {value}");
        };
        let version = concat!("{version=\"", env!("CARGO_PKG_VERSION"), "\"}");
        write("headroom_build_info", version, 1);
        write("headroom_ingest_streams", "", read(&self.streams));
        write("headroom_ingest_streams_refused_total", "", read(&self.streams_refused));
        let frames = "headroom_ingest_frames_total";
        write(frames, "{outcome=\"stored\"}", read(&self.frames_stored));
        write(frames, "{outcome=\"duplicate\"}", read(&self.frames_duplicate));
        write("headroom_ingest_lost_frames_total", "", read(&self.frames_lost));
        write("headroom_ingest_samples_total", "", read(&self.samples_stored));
        for ((_, name), count) in REASONS.iter().zip(&self.refused) {
            let labels = format!("{{reason=\"{name}\"}}");
            write("headroom_ingest_samples_refused_total", &labels, read(count));
        }
        write("headroom_query_running", "", read(&self.queries_running));
        for ((_, name), count) in OUTCOMES.iter().zip(&self.queries) {
            write("headroom_query_total", &format!("{{outcome=\"{name}\"}}"), read(count));
        }
        write("headroom_store_commits_total", "", read(&self.commits));
        write("headroom_store_series", "", store.series);
        write("headroom_store_head_samples", "", store.head_samples);
        write("headroom_store_head_bytes", "", store.head_bytes);
        write("headroom_store_log_bytes", "", store.log_bytes);
        write("headroom_store_days", "", store.days);
        write("headroom_store_unmerged_days", "", store.unmerged_days);
        write("headroom_store_disk_bytes", "", disk_bytes);
        let counts = store.counts;
        write("headroom_store_sealed_samples_total", "", counts.sealed_samples);
        write("headroom_store_late_samples_total", "", counts.late_samples);
        write("headroom_store_duplicate_samples_total", "", counts.duplicate_samples);
        write("headroom_store_merges_total", "", counts.merges);
        write("headroom_store_damaged_total", "", counts.damaged);
        text
    }
}
