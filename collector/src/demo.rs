//! `headroom demo`: a simulated cooperative, for whoever wants to see before they install.
//!
//! Six hosts and six vantages that ping them, with thirty days of history and a life at real pace, through
//! the ordinary door: an agent's own account of rooms, its frames, its end of the wire.

mod bills;
mod busiest;
mod feed;
mod host;
mod members;
mod node;
mod pings;
mod progress;
mod services;
mod sfu;
mod volunteers;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use headroom_agent::uplink::{CollectorAddress, Token};
use headroom_proto::catalogue::{HEADROOM_AGENT_FRAMES_TOTAL, HEADROOM_PROBE_VANTAGE_OFFLINE};
use headroom_proto::configuration::ConfigurationError;
use headroom_proto::metric::INSTANCE;
use headroom_simulation::{DAY_MS, HISTORY_DAYS, HOSTS, Host, VANTAGES, Vantage, World};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use self::feed::FeedError;
use self::feed::{Feed, Progress};
use self::pings::PingFeed;
use crate::clock::now_ms;
use crate::configuration;
use crate::identity::{Agent, TokenHash, new_token};
use crate::run::{Addresses, Announced, Collector, Loading, Options, RunError};
use crate::samples::{Budget, Hints, Matcher, ReadError, Samples, Selection};
use crate::store::{Glance, LedgerRow, Order, Records, Shelf, Store, StoreError};
use crate::tasks::{TaskError, Tasks};

/// The cooperative that everybody sees.
const SEED: u64 = 2020;

/// The file that says when the history ended, so that the same world goes on after a restart.
const WORLD_FILE: &str = "world";

/// How long all may take to end: the collector drains within it.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// What the command line says.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// Where it is served.
    pub addresses: Addresses,
    /// More names that pages are asked by.
    pub hosts: Vec<String>,
    /// The data directory.
    pub directory: PathBuf,
    /// How many days of history there are to be.
    pub days: i64,
}

/// Why it cannot run.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A listener beyond this machine.
    #[error("{0} is beyond loopback, which `demo` does not serve: it has no TLS and no login")]
    BeyondLoopback(SocketAddr),
    /// The system has no randomness to give.
    #[error("failed to make a token or the number of a boot: {0}")]
    Random(getrandom::Error),
    /// The file of the world cannot be used.
    #[error("failed to use {}", path.display())]
    World {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The collector's part failed.
    #[error(transparent)]
    Collector(#[from] RunError),
    /// The offers that come along cannot be read.
    #[error(transparent)]
    Offers(#[from] ConfigurationError),
    /// Nothing listens for what its phones would ring for.
    #[error("failed to listen for messages to phones that ring nowhere")]
    Phones(#[source] std::io::Error),
    /// What was told in the past cannot be kept.
    #[error("failed to write what was told in the past")]
    Ledger(#[source] StoreError),
    /// The store cannot be read.
    #[error("failed to see what is stored already")]
    Store(#[from] ReadError),
    /// A simulated agent failed.
    #[error("a simulated agent failed")]
    Agent(#[from] FeedError),
    /// A task panicked.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// What is prepared beside the async threads came to no end.
    #[error("failed to prepare the hosts")]
    Preparation(#[source] tokio::task::JoinError),
}

/// The tokens that simulated agents show: of hosts and of vantages, in their order.
struct Shown {
    hosts: Vec<String>,
    vantages: Vec<String>,
}

/// All that is fed.
struct Feeds {
    hosts: Vec<Feed>,
    vantages: Vec<PingFeed>,
}

/// What all feeds share.
struct Course {
    world: Arc<World>,
    /// Where the history begins.
    begin_ms: i64,
    /// Where agents are served.
    grpc: SocketAddr,
}

/// Runs until `stop`; `announce` is told where it is served at once. Until the history is there, whoever
/// reads is told how far it is.
pub async fn run(
    options: DemoOptions,
    announce: impl FnOnce(Announced),
    stop: CancellationToken,
) -> Result<(), DemoError> {
    if let Some(address) = options.addresses.beyond_loopback() {
        return Err(DemoError::BeyondLoopback(address));
    }
    let tokens = |count| (0..count).map(|_| new_token()).collect::<Result<Vec<_>, _>>();
    let hosts = tokens(HOSTS.len()).map_err(DemoError::Random)?;
    let vantages = tokens(VANTAGES.len()).map_err(DemoError::Random)?;
    let names = HOSTS.iter().map(|host| host.name).chain(VANTAGES.iter().map(|one| one.name));
    let agents =
        names.zip(hosts.iter().chain(&vantages)).map(|(name, token)| agent(name, token)).collect();
    let shown = Shown { hosts, vantages };
    let mut local = Options::local(options.addresses, agents, options.directory.join("store"));
    local.hosts.clone_from(&options.hosts);
    local.places = pings::places();
    local.plan.bills = bills::bills();
    let offers = configuration::offers::example()?;
    local.plan.contracts = bills::contracts(&offers);
    local.plan.offers = Some(offers);
    local.plan.members = members::members();
    local.plan.organisations = members::organisations();
    local.plan.events = bills::events();
    // Its time is made up, and nothing of it is anybody's.
    local.settle_after = Duration::ZERO;
    let phones = phones().await?;
    let topology = configuration::topology(&local.places);
    local.oncall =
        volunteers::configured(phones.local_addr().map_err(DemoError::Phones)?, topology);
    local.rules.shipped = true;
    let policy = local.oncall.policy.clone();
    let loading = Loading::begun();
    local.loading = loading.clone();
    let writer_token = local.let_write(&options.directory)?;
    let collector = Collector::bind(local).await?;
    let addresses = collector.addresses()?;
    announce(Announced { addresses, writer_token: Some(writer_token) });
    let store = collector.store();
    let preparing = tokio::task::spawn_blocking(move || {
        let world = Arc::new(World::new(SEED, end_of_history(&options.directory)?));
        let days = options.days.min(HISTORY_DAYS);
        let begin_ms = world.end_ms() - days * DAY_MS;
        remember(&store, || volunteers::month(&world, &policy, days))?;
        feeds(&store, &Course { world, begin_ms, grpc: addresses.grpc }, shown)
    });
    let feeds = preparing.await.map_err(DemoError::Preparation)??;
    let begins: Vec<i64> = feeds.hosts.iter().map(|feed| feed.from_ms).collect();
    let of_pings: Vec<i64> = feeds.vantages.iter().map(|feed| feed.from_ms).collect();
    let progress = Arc::new(Progress::of(&begins, &of_pings, now_ms()));
    let showing = progress::show(&progress, &loading, &stop);
    let mut tasks = Tasks::<DemoError>::new(stop.clone());
    tasks.start("phones", |stop| async {
        volunteers::phones(phones, stop).await;
        Ok(())
    });
    tasks.start("collector", |stop| async { Ok(collector.run(stop).await?) });
    for feed in feeds.hosts {
        let progress = Arc::clone(&progress);
        tasks.start(feed.host.name, |stop| live(stop.clone(), feed.run(progress, stop)));
    }
    for feed in feeds.vantages {
        let progress = Arc::clone(&progress);
        tasks.start(feed.vantage.name, |stop| live(stop.clone(), feed.run(progress, stop)));
    }
    let ((), outcome) = tokio::join!(showing, tasks.finish(DRAIN_TIMEOUT));
    outcome
}

/// Where phones are that ring nowhere.
async fn phones() -> Result<TcpListener, DemoError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(DemoError::Phones)
}

/// Writes what was told in the past, if nothing was yet.
fn remember(store: &Arc<Store>, month: impl FnOnce() -> Vec<LedgerRow>) -> Result<(), DemoError> {
    let glance = Glance { shelf: Shelf::Notices, order: Order::Rising, most: 1, below: None };
    let records = Records::of(store);
    if records.ledger(glance, &Budget::unlimited())?.is_empty() {
        store.note(&month()).map_err(DemoError::Ledger)?;
    }
    Ok(())
}

fn agent(name: &'static str, token: &str) -> Agent {
    Agent { instance: name.into(), token: TokenHash::of(token), interval: None }
}

/// Feeds one host or vantage until `stop`.
async fn live(
    stop: CancellationToken,
    feeding: impl Future<Output = Result<(), FeedError>>,
) -> Result<(), DemoError> {
    let outcome = feeding.await;
    // At the end the collector cuts streams: that is no failure of theirs.
    if stop.is_cancelled() { Ok(()) } else { Ok(outcome?) }
}

/// What is to be fed: each host and each vantage from its newest sample on.
fn feeds(store: &Store, course: &Course, shown: Shown) -> Result<Feeds, DemoError> {
    let collector = |token: &str| {
        let token = Token::new(token).expect("hexadecimal digits are a token");
        let url = format!("http://{}", course.grpc);
        CollectorAddress { url, token, ca_file: None }
    };
    let boot = || getrandom::u64().map_err(DemoError::Random);
    let host = |(host, token): (&'static Host, String)| {
        let own = [
            Matcher::metric(HEADROOM_AGENT_FRAMES_TOTAL.name),
            Matcher::equal(INSTANCE, host.name),
        ];
        let from_ms = newest(store, &own)?.unwrap_or(course.begin_ms);
        let world = Arc::clone(&course.world);
        Ok::<_, DemoError>(Feed {
            world,
            host,
            from_ms,
            boot: boot()?,
            collector: collector(&token),
        })
    };
    let vantage = |(vantage, token): (&'static Vantage, String)| {
        let own = [
            Matcher::metric(HEADROOM_PROBE_VANTAGE_OFFLINE.name),
            Matcher::equal("vantage", vantage.name),
        ];
        let from_ms = newest(store, &own)?.unwrap_or(course.begin_ms);
        let (world, boot) = (Arc::clone(&course.world), boot()?);
        Ok::<_, DemoError>(PingFeed { world, vantage, from_ms, boot, collector: collector(&token) })
    };
    Ok(Feeds {
        hosts: HOSTS.iter().zip(shown.hosts).map(host).collect::<Result<_, _>>()?,
        vantages: VANTAGES.iter().zip(shown.vantages).map(vantage).collect::<Result<_, _>>()?,
    })
}

fn newest(store: &Store, matchers: &[Matcher]) -> Result<Option<i64>, ReadError> {
    let found = store.select(Selection::ever(matchers), Hints::default(), &Budget::unlimited())?;
    Ok(found.iter().filter_map(|series| series.timestamps.last().copied()).max())
}

/// When the history of this directory's world ended: now, if it is a new one.
fn end_of_history(directory: &Path) -> Result<i64, DemoError> {
    let path = directory.join(WORLD_FILE);
    let failed = |source| DemoError::World { path: path.clone(), source };
    match std::fs::read_to_string(&path) {
        Ok(text) => text.trim().parse().map_err(|_| {
            let content = format!("{:?} is no time in milliseconds", text.trim());
            failed(std::io::Error::other(content))
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let end_ms = now_ms();
            std::fs::write(&path, format!("{end_ms}\n")).map_err(failed)?;
            Ok(end_ms)
        }
        Err(error) => Err(failed(error)),
    }
}
