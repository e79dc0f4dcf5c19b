//! One run of the collector: what it needs is opened and bound, then its tasks run until the first
//! of them ends or all are told to stop.
//!
//! Tasks: agents (the gRPC server, waits on agents), pages (the HTTP server, on readers), upkeep, days,
//! planner, baselines, own numbers, clock, rules and on call (on the clock, rules on whoever wants them read anew
//! too, on call on the rules, on answers and on receivers), links (the second HTTP server, on phones),
//! watchdog (on whoever hears that all is well), and the writer (on whoever hands in what is to be stored).

mod addresses;
mod anew;
mod baselines;
mod days;
mod error;
mod hangups;
mod memory;
mod oncall;
mod options;
mod own_numbers;
mod planner;
mod rules;
mod upkeep;
mod watch;
mod watchdog;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use headroom_proto::chain::Chain;
use headroom_proto::files;
use headroom_proto::seldom::Seldom;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use self::addresses::{Addresses, Announced};
use self::anew::Anew;
use self::baselines::Baselines;
use self::days::Days;
pub use self::error::RunError;
pub use self::hangups::hangups;
use self::memory::Memory;
use self::oncall::Calls;
pub use self::options::{Options, SETTLE_AFTER};
use self::planner::Planner;
use self::rules::RuleWork;
use self::upkeep::Upkeep;
use self::watchdog::Watching;
use crate::clock::{Clock, now_ms};
use crate::configuration::{TlsFiles, is_instance};
use crate::connections::ConnectionLimits;
use crate::descriptors::{self, Descriptors};
use crate::folder::make_private;
use crate::identity::{Guesses, RemoteWriters};
use crate::ingest::{
    self, Clocks, IngestOptions, IntakeOptions, RemoteWrite, SettingsBoard, TlsIdentity,
};
use crate::latency::{CheckRound, SharedPlaces};
use crate::reference::{Reference, WONDERNETWORK};
use crate::reports::Plans;
use crate::rules::Group;
use crate::samples::{Pool, Samples, Stop};
use crate::store::{Records, Retention, Store};
use crate::tasks::Tasks;
use crate::telemetry::{CollectorCounts, OwnNumbers};
pub use crate::web::Loading;
use crate::web::{
    self, Checks, KeptPast, Lane, Linked, OwnNames, ReaderThreads, Readiness, Site, Snapshots,
};
use crate::writer::{OwnSeries, Writer, WriterThread};

/// What is kept of earlier graphs, in bytes: a day, a month and a year of six hosts.
const KEPT_BYTES: u64 = 16 << 20;

/// The most writes of Prometheus at once, and the most that wait: what comes on top is to come again.
const WRITES: usize = 32;
const WRITES_WAITING: usize = 200;

/// How long tasks may take to end, connections above all. What agents sent is durable long before.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(4);

/// A collector that is bound and ready to run.
pub struct Collector {
    http: TcpListener,
    links: Option<TcpListener>,
    grpc: TcpListener,
    tls: Option<TlsIdentity>,
    store: Arc<Store>,
    rules: Vec<Group>,
    options: Options,
    descriptors: Descriptors,
}

impl Collector {
    /// Opens the store and binds the listeners.
    pub async fn bind(options: Options) -> Result<Self, RunError> {
        let descriptors = descriptors::raise();
        descriptors.tell();
        // The store may have a log to read.
        let preparing = tokio::task::spawn_blocking(move || prepare(options)).await;
        let Prepared { options, tls, store, rules } =
            preparing.map_err(RunError::Preparation)??;
        let http = bind("HTTP", options.addresses.http).await?;
        let links = match options.oncall.listen {
            Some(address) => Some(bind("links", address).await?),
            None => None,
        };
        let grpc = bind("gRPC", options.addresses.grpc).await?;
        Ok(Self { http, links, grpc, tls, store, rules, options, descriptors })
    }

    /// Where it is served, with the ports that the system chose.
    pub fn addresses(&self) -> Result<Addresses, RunError> {
        let both =
            || Ok(Addresses { http: self.http.local_addr()?, grpc: self.grpc.local_addr()? });
        let (what, address) = ("HTTP and gRPC", self.options.addresses.http);
        both().map_err(|source| RunError::Bind { what, address, source })
    }

    /// The store, for who wants to know what is there before it runs.
    pub fn store(&self) -> Arc<Store> {
        Arc::clone(&self.store)
    }

    /// Serves until `stop`.
    pub async fn run(self, stop: CancellationToken) -> Result<(), RunError> {
        let Self { http, links, grpc, tls, store, rules: groups, mut options, descriptors } = self;
        let [for_readers, connections] = connections_of(&descriptors, &options);
        let counts = Arc::new(CollectorCounts::default());
        let started = Writer::start(Arc::clone(&store), Arc::clone(&counts));
        let (writer, writer_thread) = started.map_err(RunError::Writer)?;
        let memory = Memory::of(options.shared_bytes.unwrap_or_else(memory::usual_bytes));
        let (clock, records) = (Arc::new(Clock::start()), Records::of(&store));
        let clocks = Arc::new(Clocks::new(Arc::clone(&clock), store.newest_at_open_ms()));
        let own = own_of(&counts, &records, &memory, &writer);
        let intake = intake(&mut options, writer.clone(), Arc::clone(&clocks));
        let days = days_of(&store, &memory, &writer, &options);
        let planner = planner(&mut options, &store, &records, &memory.pool);
        let upkeep = upkeep_of(&store, &options, &clock, &counts);
        let oncall = oncall::Given::of(&options, &store, &writer, &counts);
        let Asked { configured, settings, places, guesses, anew } = Asked::of(&mut options);
        let (files, hangups, loading) = (options.rules, options.hangups, options.loading.clone());
        let given = rules::Given { files, groups, hangups, anew, loading };
        let Ruling { work: ruling, rules, oncall } = ruling_of(given, oncall, &writer)?;
        let site = Site {
            configured,
            places,
            settings: Arc::clone(&settings),
            names: OwnNames::new(options.hosts, &own_instance()),
            guesses: Arc::clone(&guesses),
            refusals: Seldom::default(),
            loading: options.loading,
            readiness: readiness(writer.clone()),
            rules,
            oncall: oncall.clone(),
            snapshots: Snapshots::of(&store),
            remote_write: RemoteWrite::new(intake, Arc::clone(&counts)),
            reference: Reference::of(&options.directory, WONDERNETWORK),
            samples: Arc::clone(&store) as _,
            kept: KeptPast::new(KEPT_BYTES),
            plans: Arc::clone(&planner.plans),
            records,
            pool: memory.pool,
            reader_threads: ReaderThreads::new().map(Arc::new).map_err(RunError::Readers)?,
            writes: Lane::new(WRITES, WRITES_WAITING),
            closing: Stop::default(),
            counts: Arc::clone(&counts),
            started_ms: now_ms(),
            zone: options.zone,
        };
        let door = IngestOptions {
            settings,
            agents: options.agents,
            guesses,
            connections,
            tls,
            oldest: oldest(options.retention),
            clocks,
            writer,
            memory: memory.agents,
            counts,
        };
        let work = Work {
            writer_thread,
            agents: (grpc, door),
            links: links.map(|listener| (listener, for_readers.clone(), oncall)),
            pages: (http, for_readers, site),
            upkeep,
            clock,
            own,
            past: (days, planner),
            ruling,
        };
        work.start(stop).finish(DRAIN_TIMEOUT).await
    }
}

/// What agents are asked, which of them are hosts, who guesses to be one, and how another reading
/// changes that.
struct Asked {
    configured: Vec<String>,
    settings: Arc<SettingsBoard>,
    places: SharedPlaces,
    guesses: Arc<Guesses>,
    anew: Anew,
}

impl Asked {
    fn of(options: &mut Options) -> Self {
        let (agents, places) = (&options.agents, std::mem::take(&mut options.places));
        let hosts = agents.all().filter(|agent| places.is_host(&agent.instance));
        let configured = hosts.map(|agent| agent.instance.to_string()).collect();
        let settings = Arc::new(SettingsBoard::of(agents, &places));
        let anew = Anew::of(places, &settings, options.reread.take());
        let (places, guesses) = (anew.places.clone(), Arc::default());
        Self { configured, settings, places, guesses, anew }
    }
}

/// Rules, and those who are told what they find.
struct Ruling {
    work: (RuleWork, Calls, Option<Watching>),
    rules: web::Rules,
    oncall: web::OnCall,
}

fn ruling_of(
    given: rules::Given,
    oncall: oncall::Given,
    writer: &Writer,
) -> Result<Ruling, RunError> {
    let (samples, counts) = (Arc::clone(&oncall.samples), Arc::clone(&oncall.counts));
    let watchdog = oncall.configured.watchdog.clone();
    let ruling = given.prepare(samples, writer.clone(), Arc::clone(&counts))?;
    let oncall::Prepared { calls, pages } = oncall.prepare(&ruling)?;
    let rules::Prepared { work, rules, whole } = ruling;
    let watching = watchdog.map(|watchdog| {
        let seen = watchdog::Seen { whole, rules: &rules, oncall: &pages };
        Watching::of(watchdog, seen, writer, &counts)
    });
    Ok(Ruling { work: (work, calls, watching), rules, oncall: pages })
}

/// What the collector says of itself, and where it goes.
fn own_of(
    counts: &Arc<CollectorCounts>,
    records: &Records,
    memory: &Memory,
    writer: &Writer,
) -> (OwnNumbers, OwnSeries) {
    let numbers = OwnNumbers::new(Arc::clone(counts), records.clone(), memory.pool.clone());
    (numbers, OwnSeries::new(writer.clone(), own_instance().into()))
}

/// What the tasks of a run are made of.
struct Work {
    writer_thread: WriterThread,
    agents: (TcpListener, IngestOptions),
    pages: (TcpListener, ConnectionLimits, Site),
    upkeep: Upkeep,
    clock: Arc<Clock>,
    own: (OwnNumbers, OwnSeries),
    past: (Days, Planner),
    ruling: (RuleWork, Calls, Option<Watching>),
    links: Option<(TcpListener, ConnectionLimits, web::OnCall)>,
}

impl Work {
    fn start(self, stop: CancellationToken) -> Tasks<RunError> {
        let Self { writer_thread, agents, pages, upkeep, clock, own, past, ruling, links } = self;
        let ((days, planner), (ruling, calls, watching)) = (past, ruling);
        let ((grpc, door), (http, limits, site), (numbers, series)) = (agents, pages, own);
        let baselines = Baselines::of(&site);
        let checks = checks_of(&site.places, series.of(own_instance().into()));
        let mut tasks = Tasks::<RunError>::new(stop);
        tasks.start("writer", |_| async { Ok(writer_thread.join().await?) });
        tasks.start("agents", |stop| async { Ok(ingest::serve(grpc, door, stop).await?) });
        tasks.start("pages", |stop| well(web::serve(http, limits, site, stop)));
        if let Some((listener, limits, oncall)) = links {
            let linked = Linked { oncall, checks };
            tasks.start("links", |stop| well(web::serve_links(listener, limits, linked, stop)));
        }
        tasks.start("upkeep", |stop| well(upkeep::run(upkeep, stop)));
        tasks.start("clock", |stop| well(watch::run(clock, stop)));
        tasks.start("days", |stop| well(days::run(days, stop)));
        let of_hosts = series.of(own_instance().into());
        tasks.start("planner", |stop| well(planner::run(planner, of_hosts, stop)));
        let of_paths = series.of(own_instance().into());
        tasks.start("baselines", |stop| well(baselines::run(baselines, of_paths, stop)));
        tasks.start("own numbers", |stop| well(own_numbers::run(numbers, series, stop)));
        tasks.start("rules", |stop| well(rules::run(ruling, stop)));
        tasks.start("on call", |stop| well(oncall::run(calls, stop)));
        if let Some(watching) = watching {
            tasks.start("watchdog", |stop| well(watchdog::run(watching, stop)));
        }
        tasks
    }
}

/// What keeps the store in order.
fn upkeep_of(
    store: &Arc<Store>,
    options: &Options,
    clock: &Arc<Clock>,
    counts: &Arc<CollectorCounts>,
) -> Upkeep {
    Upkeep {
        store: Arc::clone(store),
        retention: options.retention,
        clock: Arc::clone(clock),
        counts: Arc::clone(counts),
        settle_after: options.settle_after,
    }
}

/// What makes models of hosts.
fn planner(options: &mut Options, store: &Arc<Store>, records: &Records, pool: &Pool) -> Planner {
    let plan = std::mem::take(&mut options.plan);
    Planner {
        plans: Arc::new(Plans::new(plan, options.zone.clone())),
        samples: Arc::clone(store) as Arc<dyn Samples>,
        records: records.clone(),
        pool: pool.clone(),
        loading: options.loading.clone(),
    }
}

/// What members measure from their browsers.
fn checks_of(places: &SharedPlaces, series: OwnSeries) -> Checks {
    let series = Arc::new(series);
    let keep = move |rounds: Vec<CheckRound>, at_ms| {
        let series = Arc::clone(&series);
        let kept = async move {
            let rounds = rounds.into_iter().map(|CheckRound { told, round }| (told, round));
            let kept = series.store_rounds(rounds.collect(), at_ms).await;
            kept.map_err(|error| Chain(&error).to_string())
        };
        Box::pin(kept) as _
    };
    Checks::new(places.clone(), Box::new(keep))
}

/// How many connections readers and agents may have, of as many as the system has room for.
fn connections_of(descriptors: &Descriptors, options: &Options) -> [ConnectionLimits; 2] {
    let room = descriptors.connections();
    let for_readers = options.http_connections.clone().within(room / 4);
    [for_readers, options.grpc_connections.clone().within(room - room / 4)]
}

/// What keeps past days.
fn days_of(store: &Arc<Store>, memory: &Memory, writer: &Writer, options: &Options) -> Days {
    Days {
        samples: Arc::clone(store) as Arc<dyn Samples>,
        pool: memory.pool.clone(),
        writer: writer.clone(),
        zone: options.zone.clone(),
        raw_ms: options.retention.raw_ms,
        loading: options.loading.clone(),
    }
}

/// What remote writes go by.
fn intake(options: &mut Options, writer: Writer, clocks: Arc<Clocks>) -> IntakeOptions {
    let (writers, agents) = (std::mem::take(&mut options.writers), options.agents.all());
    IntakeOptions {
        writers: RemoteWriters::new(writers, options.entry, agents, &own_instance()),
        writer,
        oldest: oldest(options.retention),
        clocks,
        labels: options.written_labels,
    }
}

/// How far back samples are taken.
fn oldest(retention: Retention) -> Duration {
    Duration::from_millis(retention.raw_ms.max(0) as u64)
}

/// For the pages, which do not know the writer.
fn readiness(writer: Writer) -> Readiness {
    Box::new(move || {
        let writer = writer.clone();
        Box::pin(async move { writer.readiness().await })
    })
}

/// A task that has no way to fail.
async fn well(work: impl Future<Output = ()>) -> Result<(), RunError> {
    work.await;
    Ok(())
}

/// What is read before anything runs.
struct Prepared {
    options: Options,
    tls: Option<TlsIdentity>,
    store: Arc<Store>,
    rules: Vec<Group>,
}

/// What lies on the disk: rules, the TLS of agents, the data directory and its store.
fn prepare(options: Options) -> Result<Prepared, RunError> {
    let rules = options.rules.read()?;
    let tls = options.tls.as_ref().map(read_tls).transpose()?;
    let directory = &options.directory;
    make_private(directory)
        .map_err(|source| RunError::Directory { path: directory.clone(), source })?;
    let store = Arc::new(Store::open_with(directory, options.store)?);
    Ok(Prepared { options, tls, store, rules })
}

async fn bind(what: &'static str, address: SocketAddr) -> Result<TcpListener, RunError> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|source| RunError::Bind { what, address, source })
}

fn read_tls(files: &TlsFiles) -> Result<TlsIdentity, RunError> {
    let read = |path: &Path| {
        files::read(path).map_err(|source| RunError::Tls { path: path.to_owned(), source })
    };
    Ok(TlsIdentity { certificate: read(&files.certificate)?, key: read(&files.key)? })
}

/// The name under which this machine's collector stores what it says of itself: the host's, as far
/// as it can be an instance.
pub fn own_instance() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name: String = name.trim().chars().take(64).collect();
    if is_instance(&name) { name } else { "localhost".into() }
}
