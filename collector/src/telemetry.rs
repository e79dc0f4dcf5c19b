//! What the collector counts about itself, and what of it stands on `/metrics`.

mod numbers;

use std::sync::atomic::{AtomicU64, Ordering};

pub use self::numbers::{OwnNumber, OwnNumbers, exposition};

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
    /// Frames that agents report as lost.
    pub frames_lost: AtomicU64,
    /// Batches written, each with one sync.
    pub commits: AtomicU64,
    /// Queries that run now.
    pub queries_running: AtomicU64,
    refused: [AtomicU64; REASONS.len()],
    queries: [AtomicU64; OUTCOMES.len()],
}

impl CollectorCounts {
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
}
