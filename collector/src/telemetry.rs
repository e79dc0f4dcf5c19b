//! What the collector counts about itself, and what of it stands on `/metrics`.

mod deliveries;
mod doors;
mod numbers;
pub mod overheard;
mod rules;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

pub use self::deliveries::{Delivered, DeliveryCounts, WatchdogCounts};
pub use self::doors::{ConnectionCounts, Cut, Doors, Shut, Turned, Unread, Writes};
pub use self::numbers::{OwnNumber, OwnNumbers, exposition};
pub use self::rules::{NoticeCounts, RuleCounts};
use crate::store::SeriesLimit;

/// Why samples were refused at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalReason {
    /// A metric or label that may not be.
    Series,
    /// A series id that was never defined.
    UnknownSeries,
    /// More series than an instance or a stream may have.
    SeriesLimit,
    /// More series than the store may have.
    StoreSeriesLimit,
    /// Names of series that take more memory than they may.
    LabelLimit,
    /// A series that its writer may not write.
    Writer,
    /// A timestamp ahead of the collector's clock.
    Future,
    /// A timestamp older than anything kept.
    TooOld,
    /// A frame that contradicts itself or holds too much.
    Frame,
    /// A round of pings that makes no sense, or is of a target that its agent was not given.
    Round,
    /// A series without a metric's name.
    NoMetricName,
    /// A metric's or a label's name that is too long.
    LongName,
    /// A label without a name.
    EmptyLabelName,
    /// A label that stands twice.
    DuplicateLabel,
    /// A label's value that is too long.
    LongLabelValue,
    /// More labels than a series may have.
    ManyLabels,
    /// A label that is no text.
    NoUtf8,
    /// A native histogram.
    NativeHistogram,
    /// Another value of a moment than the first in the same request.
    DuplicateTimestamp,
    /// Labels that refer to texts which the request does not have.
    LabelReferences,
}

/// Every reason, in the order of the exposition.
const REASONS: [(RefusalReason, &str); 20] = [
    (RefusalReason::Series, "series"),
    (RefusalReason::UnknownSeries, "unknown_series"),
    (RefusalReason::SeriesLimit, "series_limit"),
    (RefusalReason::StoreSeriesLimit, "store_series_limit"),
    (RefusalReason::LabelLimit, "label_limit"),
    (RefusalReason::Writer, "writer"),
    (RefusalReason::Future, "future"),
    (RefusalReason::TooOld, "too_old"),
    (RefusalReason::Frame, "frame"),
    (RefusalReason::Round, "round"),
    (RefusalReason::NoMetricName, "no_metric_name"),
    (RefusalReason::LongName, "name_too_long"),
    (RefusalReason::EmptyLabelName, "empty_label_name"),
    (RefusalReason::DuplicateLabel, "duplicate_label"),
    (RefusalReason::LongLabelValue, "label_value_too_long"),
    (RefusalReason::ManyLabels, "too_many_labels"),
    (RefusalReason::NoUtf8, "invalid_utf8"),
    (RefusalReason::NativeHistogram, "native_histogram"),
    (RefusalReason::DuplicateTimestamp, "duplicate_timestamp"),
    (RefusalReason::LabelReferences, "invalid_label_references"),
];

impl From<&SeriesLimit> for RefusalReason {
    fn from(limit: &SeriesLimit) -> Self {
        match limit {
            SeriesLimit::Instance { .. } => Self::SeriesLimit,
            SeriesLimit::All { .. } => Self::StoreSeriesLimit,
            SeriesLimit::Labels { .. } | SeriesLimit::InstanceLabels { .. } => Self::LabelLimit,
        }
    }
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// With an answer.
    Answered,
    /// The question was wrong, or about what is not there.
    BadData,
    /// Its data did not fit it, or were too many.
    Execution,
    /// It ran, or waited, too long.
    Timeout,
    /// Others had taken all places to wait in, or all memory.
    Busy,
    /// Whoever asked went away.
    Canceled,
    /// The store failed.
    Internal,
}

/// Every outcome, in the order of the exposition.
const OUTCOMES: [(Outcome, &str); 7] = [
    (Outcome::Answered, "answered"),
    (Outcome::BadData, "bad_data"),
    (Outcome::Execution, "execution"),
    (Outcome::Timeout, "timeout"),
    (Outcome::Busy, "busy"),
    (Outcome::Canceled, "canceled"),
    (Outcome::Internal, "internal"),
];

/// Requests of one kind: those at work now, and how those before ended.
#[derive(Debug, Default)]
pub struct Requests {
    running: AtomicU64,
    ended: [AtomicU64; OUTCOMES.len()],
}

impl Requests {
    /// One more is at work.
    pub fn begin(&self) {
        self.running.fetch_add(1, Ordering::Relaxed);
    }

    /// One is no longer at work; how it ended for whoever asked is told apart from that.
    pub fn leave(&self) {
        self.running.fetch_sub(1, Ordering::Relaxed);
    }

    /// Counts one that has ended for whoever asked.
    pub fn end(&self, outcome: Outcome) {
        let place = OUTCOMES.iter().position(|(known, _)| *known == outcome);
        if let Some(count) = place.and_then(|place| self.ended.get(place)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many are at work.
    pub fn running(&self) -> u64 {
        self.running.load(Ordering::Relaxed)
    }

    /// Each outcome by name, and how many ended so.
    pub fn ended(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.ended.iter().map(|count| count.load(Ordering::Relaxed));
        OUTCOMES.iter().map(|(_, name)| *name).zip(counts)
    }
}

/// Counts since the start.
#[derive(Debug, Default)]
pub struct CollectorCounts {
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
    /// Exemplars that came with samples and are not kept.
    pub exemplars_dropped: AtomicU64,
    /// What was said of metrics and is not kept.
    pub metadata_refused: AtomicU64,
    /// Remote writes that are refused as a whole.
    pub writes: Writes,
    /// Frames that agents report as lost.
    pub frames_lost: AtomicU64,
    /// Reports of lost frames that cannot be true.
    pub losses_refused: AtomicU64,
    /// Settings that agents do not follow as they were asked.
    pub settings_refused: AtomicU64,
    /// Batches written, each with one sync.
    pub commits: AtomicU64,
    /// Batches and losses that could not be written.
    pub commits_failed: AtomicU64,
    /// Requests of the query API.
    pub queries: Requests,
    /// Pages and their data.
    pub pages: Requests,
    /// Pictures and their data.
    pub pictures: Requests,
    /// What is turned away before it is read.
    pub doors: Doors,
    /// Rules and what became of them.
    pub rules: RuleCounts,
    /// Notices of alerts.
    pub notices: NoticeCounts,
    /// Messages to receivers.
    pub deliveries: DeliveryCounts,
    /// What became of the word that all is well.
    pub watchdog: WatchdogCounts,
    /// The newest moment of what came from outside, Unix time in milliseconds; 0 if nothing came.
    newest_ms: AtomicI64,
    /// Connections of readers and programs.
    pub http: Arc<ConnectionCounts>,
    /// Connections of agents.
    pub grpc: Arc<ConnectionCounts>,
    refused: [AtomicU64; REASONS.len()],
}

impl CollectorCounts {
    /// Something from outside was stored that is of that moment.
    pub fn note_moment(&self, timestamp_ms: i64) {
        self.newest_ms.fetch_max(timestamp_ms, Ordering::Relaxed);
    }

    /// The newest moment of what came from outside since the start.
    pub fn newest_ms(&self) -> Option<i64> {
        Some(self.newest_ms.load(Ordering::Relaxed)).filter(|newest_ms| *newest_ms > 0)
    }

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
}
