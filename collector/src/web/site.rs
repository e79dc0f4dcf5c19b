//! What all answers are made from, and what one request may take of it.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::graphs::Sources;
use crate::ingest::RemoteWrite;
use crate::samples::{Budget, Limits, Pool, Reader, Samples, Stop};
use crate::store::Records;
use crate::telemetry::CollectorCounts;

use super::snapshot::Snapshots;

/// What one request may take: as many samples as Prometheus lets a query read.
const LIMITS: Limits = Limits { samples: 50_000_000, series: 100_000, bytes: 1 << 30 };

/// What the pages are made of.
pub struct Site {
    /// The samples.
    pub samples: Arc<dyn Samples>,
    /// What only this collector knows.
    pub records: Records,
    /// The memory that requests share.
    pub pool: Pool,
    /// What the collector says of itself.
    pub counts: Arc<CollectorCounts>,
    /// Takes what Prometheus sends.
    pub remote_write: RemoteWrite,
    /// Takes snapshots.
    pub snapshots: Snapshots,
    /// The zone of times, unless the reader asks for another.
    pub zone: TimeZone,
}

impl Site {
    /// The budget of one request, which ends when the word is said.
    pub fn budget(&self, stop: Stop) -> Budget {
        Budget::new(LIMITS, self.pool.clone(), stop)
    }
}

/// One request at work.
#[derive(Clone, Copy)]
pub struct Visit<'a> {
    /// What it is answered from.
    pub site: &'a Site,
    /// What it may still take.
    pub budget: &'a Budget,
}

impl<'a> Visit<'a> {
    /// The way to the samples.
    pub fn reader(self) -> Reader<'a> {
        Reader::new(&*self.site.samples, self.budget)
    }

    /// What graphs are read from.
    pub fn sources(self) -> Sources<'a> {
        Sources { reader: self.reader(), records: &self.site.records }
    }
}
