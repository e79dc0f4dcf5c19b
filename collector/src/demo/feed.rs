//! The feed of one simulated host: its history as fast as the collector takes it, then its life at
//! real pace, through the door that every agent uses and over the agent's own end of the wire.

use crate::clock::now_ms;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use headroom_agent::uplink::{Answer, CollectorAddress, Introduction, WireClient, WireError};
use headroom_proto::wire::{Settings, SettingsApplied};
use headroom_simulation::{Host, World};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::host::{DemoAgent, Outgoing};

/// Up to which age, and how far apart the moments of the history are: what is long ago is looked at
/// from afar.
const STEPS: [(i64, i64); 3] =
    [(0, LIVE_STEP_MS), (3 * 3_600_000, 15_000), (48 * 3_600_000, 30_000)];
const LONGEST_STEP_MS: i64 = 60_000;

/// Time between two moments of the life.
const LIVE_STEP_MS: i64 = 5_000;

/// Polls of BigBlueButton are this far apart at least.
const POLL_STEP_MS: i64 = 15_000;

/// Units and containers, which change little, are looked at so far apart, and at each fourth moment where
/// all is looked at from afar.
const SERVICES_STEP_MS: i64 = 60_000;
const SERVICES_EACH: i64 = 4;

/// What waits for the stream.
const AHEAD: usize = 512;

/// How long the collector may take to answer: it takes the histories of all hosts at once.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How long a sleep may be, so that an end is noticed.
const LONGEST_SLEEP: Duration = Duration::from_millis(200);

/// What a producer tells its stream.
pub enum Item {
    /// Something to be sent.
    Send(Outgoing),
    /// The history is complete.
    CaughtUp,
}

/// Why a feed ended early.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The stream did not come to be, or broke.
    #[error("frames can no longer be sent")]
    Wire(#[from] WireError),
    /// The collector does not take what was sent.
    #[error("the collector refused samples: {0}")]
    Refused(String),
    /// The walk over the host's time panicked.
    #[error("the walk over the host's time did not end in order")]
    Walk(#[from] tokio::task::JoinError),
}

/// How far the histories are.
#[derive(Debug)]
pub struct Progress {
    /// Milliseconds of history that there are to be, over all hosts and vantages.
    pub whole_ms: u64,
    /// The same of the host that has most of it.
    pub longest_ms: u64,
    /// How many hosts there are.
    pub all_hosts: u64,
    /// How many histories there are: of hosts and of vantages.
    pub all: u64,
    /// Milliseconds of history that are done.
    pub done_ms: AtomicU64,
    /// Histories that are complete.
    pub complete: AtomicU64,
}

impl Progress {
    /// Of hosts and vantages that begin behind some moments now.
    pub fn of(hosts: &[i64], vantages: &[i64], now_ms: i64) -> Self {
        let lengths = |begins: &[i64]| -> Vec<u64> {
            begins.iter().map(|from_ms| (now_ms - from_ms).max(0) as u64).collect()
        };
        let (of_hosts, of_vantages) = (lengths(hosts), lengths(vantages));
        Self {
            whole_ms: of_hosts.iter().chain(&of_vantages).sum(),
            longest_ms: of_hosts.iter().max().copied().unwrap_or_default(),
            all_hosts: hosts.len() as u64,
            all: (hosts.len() + vantages.len()) as u64,
            done_ms: AtomicU64::new(0),
            complete: AtomicU64::new(0),
        }
    }

    /// So much more is done.
    pub fn add(&self, ms: i64) {
        self.done_ms.fetch_add(ms.max(0) as u64, Ordering::Relaxed);
    }
}

/// One host to be fed.
pub struct Feed {
    pub world: Arc<World>,
    pub host: &'static Host,
    /// The moment behind which nothing is stored yet.
    pub from_ms: i64,
    /// The boot of its agent's first run.
    pub boot: u64,
    /// Where agents are served, with this host's token.
    pub collector: CollectorAddress,
}

impl Feed {
    /// Runs until `stop`.
    pub async fn run(
        self,
        progress: Arc<Progress>,
        stop: CancellationToken,
    ) -> Result<(), FeedError> {
        let agent_version = "simulated".to_owned();
        let introduction = Introduction {
            boot: self.boot,
            agent_version,
            settings_version: 0,
            patience: PATIENCE,
        };
        let (mut wire, _) = WireClient::open(&self.collector, introduction).await?;
        let (items, mut queue) = mpsc::channel(AHEAD);
        let counting = Arc::clone(&progress);
        // Ends when the queue does, or at the next look at `stop`.
        let producer =
            tokio::task::spawn_blocking(move || produce(&self, &items, &counting, &stop));
        let outcome = send(&mut wire, &mut queue, &progress).await;
        drop(queue);
        producer.await?;
        outcome
    }
}

/// Sends what comes until no more does, and waits until all of it is durable.
///
/// Frames go one by one: in bulk, those of all hosts would wait for one commit, and then it for them.
pub async fn send(
    wire: &mut WireClient,
    queue: &mut mpsc::Receiver<Item>,
    progress: &Progress,
) -> Result<(), FeedError> {
    loop {
        let has_room = wire.room() > 0;
        tokio::select! {
            answer = wire.answer() => take(wire, answer?).await?,
            item = queue.recv(), if has_room => match item {
                Some(Item::Send(Outgoing { series, frame })) => {
                    if !series.is_empty() {
                        wire.define(frame.boot, series).await?;
                    }
                    wire.push(vec![frame]).await?;
                }
                Some(Item::CaughtUp) => {
                    settle(wire).await?;
                    progress.complete.fetch_add(1, Ordering::Relaxed);
                }
                None => return settle(wire).await,
            },
        }
    }
}

async fn settle(wire: &mut WireClient) -> Result<(), FeedError> {
    while wire.unanswered() > 0 {
        let answer = wire.answer().await?;
        take(wire, answer).await?;
    }
    Ok(())
}

/// What a simulated agent sends is right: a refusal is a mistake of ours. What it is asked it does anyway.
async fn take(wire: &mut WireClient, answer: Answer) -> Result<(), FeedError> {
    match answer {
        Answer::Acknowledged(_) => Ok(()),
        Answer::Settings(Settings { version, .. }) => {
            Ok(wire.echo(SettingsApplied { version, refused: Vec::new() }).await?)
        }
        Answer::Refused(refusal) => Err(FeedError::Refused(refusal.reason)),
    }
}

/// Walks over the host's time and hands out what its agent sends.
fn produce(feed: &Feed, items: &mpsc::Sender<Item>, progress: &Progress, stop: &CancellationToken) {
    let begin_ms = now_ms();
    let mut walk = feed.world.walk(feed.host);
    let mut schedule = Schedule { at_ms: feed.from_ms, begin_ms };
    let mut agent: Option<(DemoAgent, i64)> = None;
    let more = std::iter::from_fn(|| getrandom::u64().ok());
    let mut boots = std::iter::once(feed.boot).chain(more);
    let (mut poll_due_ms, mut services_due_ms) = (i64::MIN, i64::MIN);
    let mut caught_up = false;
    let give = |item| items.blocking_send(item).is_ok();
    loop {
        let (at_ms, step_ms) = schedule.next();
        // What passed while the history was written is a part of it: a host whose last report were
        // minutes old would be silent. After a restart there is no history: then the first live moment
        // comes before.
        if !caught_up && at_ms > now_ms() && agent.is_some() {
            caught_up = true;
            if !give(Item::CaughtUp) {
                return;
            }
        }
        if !wait_until(at_ms, stop) {
            return;
        }
        if !caught_up {
            progress.add(step_ms);
        }
        let Some(moment) = walk.at(at_ms) else { continue };
        if agent.as_ref().is_none_or(|(_, boot_ms)| *boot_ms != moment.boot_ms) {
            let Some(boot) = boots.next() else { return };
            let interval = Duration::from_millis(LONGEST_STEP_MS as u64);
            agent = Some((DemoAgent::new(feed.host, boot, at_ms, interval), moment.boot_ms));
        }
        let Some((agent, _)) = &mut agent else { continue };
        if !give(Item::Send(agent.sample(&moment))) {
            return;
        }
        if at_ms >= poll_due_ms {
            poll_due_ms = at_ms + POLL_STEP_MS;
            if !give(Item::Send(agent.poll(&moment))) {
                return;
            }
        }
        if at_ms >= services_due_ms {
            services_due_ms = at_ms + SERVICES_STEP_MS.max(step_ms * SERVICES_EACH);
            if !give(Item::Send(agent.services(&moment))) {
                return;
            }
        }
    }
}

/// The moments: far apart long ago, close together at last.
struct Schedule {
    at_ms: i64,
    begin_ms: i64,
}

impl Schedule {
    /// The next moment, and how far it is from the one before.
    fn next(&mut self) -> (i64, i64) {
        let age_ms = self.begin_ms - self.at_ms;
        let step = STEPS.iter().find(|(up_to_ms, _)| age_ms <= *up_to_ms);
        let step_ms = step.map_or(LONGEST_STEP_MS, |(_, step_ms)| *step_ms);
        self.at_ms = (self.at_ms.div_euclid(step_ms) + 1) * step_ms;
        (self.at_ms, step_ms)
    }
}

/// False if `stop` came first.
pub fn wait_until(at_ms: i64, stop: &CancellationToken) -> bool {
    loop {
        if stop.is_cancelled() {
            return false;
        }
        let Ok(left) = u64::try_from(at_ms - now_ms()) else { return true };
        if left == 0 {
            return true;
        }
        std::thread::sleep(LONGEST_SLEEP.min(Duration::from_millis(left)));
    }
}
