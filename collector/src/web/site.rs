//! What all answers are made from, and one request's way to it.

use std::pin::Pin;
use std::sync::Arc;

use headroom_proto::seldom::Seldom;
use jiff::tz::TimeZone;

use crate::graphs::Sources;
use crate::identity::Guesses;
use crate::ingest::{RemoteWrite, SettingsBoard};
use crate::latency::{Places, SharedPlaces};
use crate::promql::{KeptRanges, KeptReader};
use crate::reference::Reference;
use crate::reports::Plans;
use crate::rooms::{KeptRooms, Moment, RoomsReader};
use crate::samples::{Budget, Pool, Reader, Samples, Stop};
use crate::store::Records;
use crate::telemetry::CollectorCounts;

use super::lane::Lane;
use super::loading::Loading;
use super::names::OwnNames;
use super::oncall::OnCall;
use super::reader_threads::ReaderThreads;
use super::rules::Rules;
use super::snapshot::Snapshots;

/// Says why what comes now would not be durable, if so.
pub type Readiness = Box<dyn Fn() -> Look + Send + Sync>;

/// A look at what keeps it, which is over soon.
type Look = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// What the pages are made of.
pub struct Site {
    /// The hosts that may report.
    pub configured: Vec<String>,
    /// Who pings what.
    pub places: SharedPlaces,
    /// What agents are asked, and what they say to it.
    pub settings: Arc<SettingsBoard>,
    /// What others measured between cities.
    pub reference: Reference,
    /// The samples.
    pub samples: Arc<dyn Samples>,
    /// What is known of the past.
    pub kept: KeptPast,
    /// What planners configure, and what is known of hosts by it.
    pub plans: Arc<Plans>,
    /// What only this collector knows.
    pub records: Records,
    /// The memory that requests share.
    pub pool: Pool,
    /// Where answers are made.
    pub reader_threads: Arc<ReaderThreads>,
    /// Ends all reads.
    pub closing: Stop,
    /// What the collector says of itself.
    pub counts: Arc<CollectorCounts>,
    /// The names it is asked by.
    pub names: OwnNames,
    /// Where writes wait for their turn.
    pub writes: Lane,
    /// Takes what Prometheus sends.
    pub remote_write: RemoteWrite,
    /// Wrong tokens of late.
    pub guesses: Arc<Guesses>,
    /// Refusals that were told lately.
    pub refusals: Seldom,
    /// How far the past is that nobody may read before it is whole.
    pub loading: Loading,
    /// Whether what comes is durable.
    pub readiness: Readiness,
    /// Alerts and recordings.
    pub rules: Rules,
    /// Who is told of them.
    pub oncall: OnCall,
    /// Takes snapshots.
    pub snapshots: Snapshots,
    /// When it began, Unix time in milliseconds.
    pub started_ms: i64,
    /// The zone of times, unless the reader asks for another.
    pub zone: TimeZone,
}

/// What does not change any more, for those who look again.
pub struct KeptPast {
    /// What was asked of samples.
    pub ranges: KeptRanges,
    /// What was found of rooms.
    pub rooms: KeptRooms,
}

impl KeptPast {
    /// Keeps answers about samples in so much memory.
    pub fn new(ranges_bytes: u64) -> Self {
        Self { ranges: KeptRanges::new(ranges_bytes), rooms: KeptRooms::default() }
    }
}

impl Site {
    /// The name of its zone.
    pub fn zone_name(&self) -> &str {
        match self.zone.iana_name() {
            None | Some("Etc/UTC") => "UTC",
            Some(name) => name,
        }
    }
}

/// One request at work: the gate lets it in, and hands it this.
#[derive(Clone, Copy)]
pub struct Visit<'a> {
    /// What it is answered from.
    pub site: &'a Site,
    /// What it may still take.
    pub budget: &'a Budget,
    /// When it was let in, Unix time in milliseconds.
    pub now_ms: i64,
}

impl<'a> Visit<'a> {
    /// The way to the samples.
    pub fn reader(self) -> Reader<'a> {
        Reader::new(&*self.site.samples, self.budget)
    }

    /// The way to the samples that knows what was asked before.
    pub fn samples(self) -> KeptReader<'a> {
        KeptReader { reader: self.reader(), kept: &self.site.kept.ranges }
    }

    /// The way to rooms that knows what was found of them before.
    pub fn rooms(self) -> RoomsReader<'a> {
        RoomsReader { samples: self.samples(), kept: &self.site.kept.rooms }
    }

    /// What graphs are read from.
    pub fn sources(self) -> Sources<'a> {
        Sources { samples: self.samples(), records: &self.site.records }
    }

    /// Who pings what, as it is now.
    pub fn places(self) -> Arc<Places> {
        self.site.places.now()
    }

    /// Its moment, on the clock of the site.
    pub fn moment(self) -> Moment {
        Moment { now_ms: self.now_ms, zone: self.site.zone.clone() }
    }
}
