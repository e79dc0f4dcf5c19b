//! `headroom demo`: a simulated cooperative, for whoever wants to see before they install.
//!
//! Six hosts with thirty days of history and a life at real pace, through the ordinary door: an
//! agent's own account of rooms, its frames, its stream.

mod feed;
mod host;
mod node;
mod progress;
mod stream;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use self::stream::{AgentStream, StreamError};

use self::feed::{Feed, Progress, now_ms};
use crate::identity::{Agent, TokenHash, new_token};
use crate::run::{Collector, Options, RunError};
use crate::samples::{Budget, Hints, Matcher, ReadError, Samples, Selection};
use crate::store::Store;
use headroom_proto::metric::{AGENT_FRAMES, INSTANCE};
use headroom_simulation::{DAY_MS, HISTORY_DAYS, HOSTS, Host, World};

/// The cooperative that everybody sees.
const SEED: u64 = 2020;

/// The file that says when the history ended, so that the same world goes on after a restart.
const WORLD_FILE: &str = "world";

/// What the command line says.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// Where pages are served.
    pub http: SocketAddr,
    /// Where agents are served.
    pub grpc: SocketAddr,
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
    #[error("failed to make a token: {0}")]
    Token(getrandom::Error),
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
    /// The store cannot be read.
    #[error("failed to see what is stored already")]
    Store(#[from] ReadError),
    /// A simulated agent failed.
    #[error("a simulated agent failed")]
    Agent(#[from] StreamError),
}

/// Runs until `stop`; `announce` is told the addresses of HTTP and gRPC once the history is there.
pub async fn run(
    options: DemoOptions,
    announce: impl FnOnce(SocketAddr, SocketAddr),
    stop: CancellationToken,
) -> Result<(), DemoError> {
    let beyond =
        [options.http, options.grpc].into_iter().find(|address| !address.ip().is_loopback());
    if let Some(address) = beyond {
        return Err(DemoError::BeyondLoopback(address));
    }
    let tokens: Vec<(&'static Host, String)> = HOSTS
        .iter()
        .map(|host| Ok((host, new_token()?)))
        .collect::<Result<_, _>>()
        .map_err(DemoError::Token)?;
    let agents = tokens.iter().map(agent).collect();
    let directory = options.directory.join("store");
    let local = Options::local((options.http, options.grpc), agents, directory);
    let collector = Collector::bind(local).await?;
    let (http, grpc) = collector.addresses()?;
    let world = Arc::new(World::new(SEED, end_of_history(&options.directory)?));
    let begin_ms = world.end_ms() - options.days.min(HISTORY_DAYS) * DAY_MS;
    let feeds = feeds(&collector.store(), (&world, begin_ms), (grpc, tokens))?;
    let serving = async {
        // Whoever ends first takes the others along.
        let _end = stop.clone().drop_guard();
        collector.run(stop.clone()).await.map_err(DemoError::from)
    };
    let living = live(feeds, || announce(http, grpc), &stop);
    let (served, lived) = tokio::join!(serving, living);
    served?;
    lived
}

fn agent((host, token): &(&'static Host, String)) -> Agent {
    Agent { instance: host.name.into(), token: TokenHash::of(token), interval: None }
}

/// Feeds all hosts until `stop`, or until one fails, which stops the others; tells once all histories
/// are complete.
async fn live(
    feeds: Vec<Feed>,
    ready: impl FnOnce(),
    stop: &CancellationToken,
) -> Result<(), DemoError> {
    let progress = Arc::new(Progress::default());
    let now_ms = now_ms();
    let whole_ms = feeds.iter().map(|feed| (now_ms - feed.from_ms).max(0) as u64).sum();
    let hosts = feeds.len() as u64;
    let mut running = JoinSet::new();
    for feed in feeds {
        running.spawn(feed.run(Arc::clone(&progress), stop.clone()));
    }
    let showing = async {
        if progress::show(&progress, (whole_ms, hosts), stop).await {
            ready();
        }
    };
    let feeding = async {
        let _end = stop.clone().drop_guard();
        while let Some(ended) = running.join_next().await {
            let ended = ended.unwrap_or(Err(StreamError::Ended));
            // At the end the collector cuts streams: that is no failure of theirs.
            if !stop.is_cancelled() {
                ended?;
            }
        }
        Ok(())
    };
    let ((), outcome) = tokio::join!(showing, feeding);
    outcome
}

/// What is to be fed: each host from its newest sample on.
fn feeds(
    store: &Store,
    (world, begin_ms): (&Arc<World>, i64),
    (grpc, tokens): (SocketAddr, Vec<(&'static Host, String)>),
) -> Result<Vec<Feed>, DemoError> {
    let mut feeds = Vec::with_capacity(tokens.len());
    for (host, token) in tokens {
        let from_ms = newest(store, host.name)?.unwrap_or(begin_ms);
        let (world, grpc) = (Arc::clone(world), format!("http://{grpc}"));
        feeds.push(Feed { world, host, from_ms, grpc, token });
    }
    Ok(feeds)
}

fn newest(store: &Store, instance: &str) -> Result<Option<i64>, ReadError> {
    let matchers = [Matcher::metric(AGENT_FRAMES), Matcher::equal(INSTANCE, instance)];
    let what = Selection::ever(&matchers);
    let found = store.select(what, Hints::default(), &Budget::unlimited())?;
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
