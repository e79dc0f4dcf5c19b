//! One run of the agent: a thread that samples at a steady pace, and the uplink beside it.
//!
//! The sampler thread waits on the clock and on commands; the uplink task on the collector, the
//! spool and the stop token. They meet in the spool only.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use headroom_proto::catalogue::HEADROOM_AGENT_BUILD_INFO;
use headroom_proto::wire::{Frame, Meeting};
use tokio::sync::{Notify, watch};

use crate::configuration::AgentConfiguration;
use crate::exposition;
use crate::rooms::Rooms;
use crate::rooms::client::TrustError;
use crate::rooms::poller::{self, Fetched, PollerOptions};
use crate::samplers::{SamplerOptions, Samplers};
use crate::series::{Round, RoundKind, SeriesTable};
use crate::spool::Spool;
use crate::telemetry::{self, Counts, unix_ms};
use crate::uplink::{self, UplinkContext};

/// How many commands may wait for the sampler thread. While it hangs, polls are dropped and counted.
const COMMANDS: usize = 16;

/// How long a single round waits for what is otherwise read beside the rounds.
const PATIENCE_ONCE: Duration = Duration::from_secs(5);

/// Why the agent could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The system has no randomness to give.
    #[error("failed to draw a boot number: {0}")]
    Boot(getrandom::Error),
    /// The sampler's thread could not be started.
    #[error("failed to start the sampler thread")]
    Thread(#[source] std::io::Error),
    /// The sampler's thread died.
    #[error("the sampler thread ended early")]
    SamplerEnded,
    /// BigBlueButton cannot be asked.
    #[error("failed to prepare for BigBlueButton's certificate")]
    Rooms(#[from] TrustError),
}

/// Samples and pushes until `stop` turns true.
pub async fn run(
    configuration: AgentConfiguration,
    mut stop: watch::Receiver<bool>,
) -> Result<(), RunError> {
    let boot = getrandom::u64().map_err(RunError::Boot)?;
    let spool = Arc::new(Mutex::new(Spool::open(configuration.spool, boot)));
    let (interval, mut interval_wish) = watch::channel(None);
    let context = UplinkContext {
        boot,
        spool: Arc::clone(&spool),
        appended: Arc::new(Notify::new()),
        counts: Arc::new(Counts::default()),
        interval,
    };
    let (commands, orders) = sync_channel(COMMANDS);
    let ending_spool = Arc::clone(&spool);
    let rounds = Rounds {
        samplers: Samplers::new(&configuration.samplers),
        rooms: configuration.rooms.as_ref().map(Rooms::new),
        table: SeriesTable::default(),
        boot,
        sequence: 0,
        spool,
        appended: Arc::clone(&context.appended),
        counts: Arc::clone(&context.counts),
    };
    let configured = configuration.interval;
    let thread = std::thread::Builder::new()
        .name("sampler".into())
        .spawn(move || rounds.run(configured, &orders))
        .map_err(RunError::Thread)?;

    let pass_on = async {
        while interval_wish.changed().await.is_ok() {
            let wish = interval_wish.borrow_and_update().unwrap_or(configured);
            if commands.try_send(Command::Interval(wish)).is_err() {
                break;
            }
        }
    };
    let poller = configuration.rooms.map(|rooms| rooms.poller);
    let polling = poll(poller, (commands.clone(), Arc::clone(&context.counts)), stop.clone());
    let (end_uplink, uplink_end) = watch::channel(false);
    // The sampler ends first, so that the uplink can send all there is.
    let ending = async {
        // A stop token that is gone means stop, too.
        let _ = stop.wait_for(|stop| *stop).await;
        let ended = stop_thread(&commands, thread);
        end_uplink.send_replace(true);
        ended
    };
    let pushing = uplink::run(configuration.collector, context, uplink_end);
    let (ended, polled, (), ()) = tokio::join!(ending, polling, pushing, pass_on);
    if let Ok(mut spool) = ending_spool.lock() {
        spool.finish();
    }
    ended.and(polled)
}

/// Polls BigBlueButton, if there is one, and hands each poll to the sampler thread.
async fn poll(
    options: Option<PollerOptions>,
    (commands, counts): (SyncSender<Command>, Arc<Counts>),
    stop: watch::Receiver<bool>,
) -> Result<(), RunError> {
    let Some(options) = options else { return Ok(()) };
    let take = |fetched| {
        if commands.try_send(Command::Poll(Box::new(fetched))).is_err() {
            Counts::add(&counts.dropped_polls, 1);
        }
    };
    Ok(poller::run(options, take, stop).await?)
}

fn stop_thread(
    commands: &SyncSender<Command>,
    thread: std::thread::JoinHandle<()>,
) -> Result<(), RunError> {
    // A thread that has ended already has closed the channel; joining tells.
    let _ = commands.send(Command::Stop);
    thread.join().map_err(|_| RunError::SamplerEnded)
}

/// Samples once and writes Prometheus text format.
pub fn once(options: &SamplerOptions) -> String {
    let mut table = SeriesTable::default();
    let mut samplers = Samplers::new(options);
    samplers.settle(PATIENCE_ONCE);
    let mut round = Round::new(&mut table);
    samplers.sample(SystemTime::now(), &mut round);
    round.set_job("headroom");
    round.push(HEADROOM_AGENT_BUILD_INFO.name, &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    let (ids, values, _) = round.finish();
    exposition::write(table.definitions(), &ids, &values)
}

enum Command {
    Interval(Duration),
    Poll(Box<Fetched>),
    Stop,
}

/// Takes rounds of samples into the spool.
struct Rounds {
    samplers: Samplers,
    rooms: Option<Rooms>,
    table: SeriesTable,
    boot: u64,
    sequence: u64,
    spool: Arc<Mutex<Spool>>,
    appended: Arc<Notify>,
    counts: Arc<Counts>,
}

impl Rounds {
    /// The first round comes at once, the others at multiples of the interval after it.
    fn run(mut self, mut interval: Duration, commands: &Receiver<Command>) {
        let mut due = Instant::now();
        loop {
            match commands.recv_timeout(due.saturating_duration_since(Instant::now())) {
                Ok(Command::Interval(new)) => {
                    interval = new;
                    due = due.min(Instant::now() + interval);
                }
                Ok(Command::Poll(fetched)) => self.take_poll(*fetched),
                Ok(Command::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    return self.report_meetings();
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.take();
                    due += interval;
                    let late = Instant::now().saturating_duration_since(due);
                    let missed = (late.as_secs_f64() / interval.as_secs_f64()).ceil() as u32;
                    due += interval * missed;
                    Counts::add(&self.counts.missed_rounds, missed.into());
                }
            }
        }
    }

    fn take(&mut self) {
        let now = SystemTime::now();
        self.sequence += 1;
        let mut round = Round::new(&mut self.table);
        self.samplers.sample(now, &mut round);
        telemetry::sample(&self.counts, &self.spool, self.sequence, &mut round);
        let finished = round.finish();
        self.append(unix_ms(now), finished, Vec::new());
    }

    /// A poll is a frame of its own, at its own moment.
    fn take_poll(&mut self, fetched: Fetched) {
        let Some(rooms) = &mut self.rooms else { return };
        self.sequence += 1;
        let at_ms = fetched.time.at_ms;
        let mut round = Round::of(RoundKind::Rooms, &mut self.table);
        let meetings = rooms.take(fetched, &mut round);
        let finished = round.finish();
        self.append(at_ms, finished, meetings);
    }

    /// The last word on meetings that go on without this agent.
    fn report_meetings(&mut self) {
        let meetings = self.rooms.as_ref().map(Rooms::reports).unwrap_or_default();
        if !meetings.is_empty() {
            self.sequence += 1;
            let nothing = (Vec::new(), Vec::new(), 0);
            self.append(unix_ms(SystemTime::now()), nothing, meetings);
        }
    }

    fn append(
        &mut self,
        timestamp_ms: i64,
        (ids, values, dropped): (Vec<u32>, Vec<f64>, u64),
        meetings: Vec<Meeting>,
    ) {
        Counts::add(&self.counts.series_limit_samples, dropped);
        let (boot, sequence) = (self.boot, self.sequence);
        let frame = Frame { boot, sequence, timestamp_ms, ids, values, meetings };
        if let Ok(mut spool) = self.spool.lock() {
            spool.append(self.table.definitions(), frame);
        }
        self.appended.notify_one();
    }
}
