//! One run of the agent: who is started, and who is stopped in which order.
//!
//! The sampler, rooms and the prober have a thread each and hand readings to the journal, which has a spool's thread
//! behind it; journal and uplink are the tasks here. Whoever hangs is waited for a moment only.

mod member;
mod polls;
mod probes;
mod rounds;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use headroom_proto::catalogue::HEADROOM_AGENT_BUILD_INFO;
use headroom_proto::metric::OWN_JOB;
use headroom_proto::seldom::Seldom;
use tokio::sync::watch;
use tokio::time::timeout;

use self::member::Member;
use self::polls::Polls;
use self::probes::Probes;
use self::rounds::Rounds;
use crate::configuration::AgentConfiguration;
use crate::exposition;
use crate::journal::Journal;
use crate::rooms::client::TrustError;
use crate::rooms::key::KeyFile;
use crate::samplers::{SamplerOptions, Samplers};
use crate::series::{Reading, Round, SeriesTables};
use crate::settings::AgentSettings;
use crate::telemetry::{ResidentMemory, Telemetry};
use crate::uplink::{self, UplinkContext};

/// How long a single round waits for what is otherwise read beside the rounds.
const PATIENCE_ONCE: Duration = Duration::from_secs(5);

/// How long producers may take to end. A sampler that hangs in the kernel is left behind.
const PRODUCERS_END: Duration = Duration::from_secs(3);

/// How long the disk may take for what is left in memory: a busy one takes seconds, a hanging one for ever.
const SPOOL_END: Duration = Duration::from_secs(10);

/// Why the agent could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The system has no randomness to give.
    #[error("failed to draw a boot number: {0}")]
    Boot(getrandom::Error),
    /// A thread could not be started.
    #[error("failed to start the thread {name}")]
    Thread {
        /// Which.
        name: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// A thread ended that was not told to.
    #[error("the thread {0} ended early")]
    Ended(&'static str),
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
    let telemetry = Arc::new(Telemetry::default());
    let key_file = KeyFile::beside(&configuration.spool.directory);
    let journal = Journal::start(configuration.spool, boot, Arc::clone(&telemetry))
        .map_err(|source| RunError::Thread { name: "spool", source })?;
    let (settings, watched) = watch::channel(AgentSettings::default());
    let (stop_producers, producers_stop) = watch::channel(false);
    let rounds = Rounds {
        samplers: Samplers::new(&configuration.samplers),
        inlet: journal.inlet(),
        telemetry: Arc::clone(&telemetry),
        memory: ResidentMemory::default(),
        configured: configuration.interval,
        settings: watched.clone(),
        stop: producers_stop.clone(),
    };
    let polls = configuration.rooms.map(|rooms| Polls {
        rooms,
        key_file,
        inlet: journal.inlet(),
        telemetry: Arc::clone(&telemetry),
        stop: producers_stop.clone(),
    });
    let probes = Probes {
        limits: configuration.prober.clone(),
        inlet: journal.inlet(),
        telemetry: Arc::clone(&telemetry),
        settings: watched.clone(),
        stop: producers_stop.clone(),
    };
    let mut sampler = Member::start("sampler", move || rounds.run())?;
    let mut rooms = polls.map(|polls| Member::start("rooms", move || polls.run())).transpose()?;
    let mut prober = Member::start("prober", move || probes.run())?;
    let (outlet, told) = (journal.outlet(), Seldom::default());
    let context =
        UplinkContext { boot, outlet, telemetry, told, limits: configuration.prober, settings };
    let (stop_uplink, uplink_stop) = watch::channel(false);
    let pushing = uplink::run(configuration.collector, context, uplink_stop);
    let waking = rounds::wake(sampler.thread(), watched, producers_stop);
    // Producers end first and the spool last, so that what was read is sent, and what is not
    // acknowledged is kept.
    let ending = async {
        let early = tokio::select! {
            // A stop token that is gone means stop, too.
            _ = stop.wait_for(|stop| *stop) => Ok(()),
            ended = sampler.ended() => ended.and(Err(RunError::Ended("sampler"))),
        };
        stop_producers.send_replace(true);
        let sampled = if early.is_ok() { end(&mut sampler).await } else { Ok(None) };
        let polled = match &mut rooms {
            Some(rooms) => end(rooms).await,
            None => Ok(None),
        };
        let probed = end(&mut prober).await;
        stop_uplink.send_replace(true);
        early.and(sampled).and(probed).and(polled)
    };
    let (ended, (), ()) = tokio::join!(ending, pushing, waking);
    if timeout(SPOOL_END, journal.finish()).await.is_err() {
        tracing::warn!("the spool's disk hangs: what waits in memory is lost with this agent");
    }
    ended?.unwrap_or(Ok(())).map_err(RunError::Rooms)
}

async fn end<T: Send + 'static>(member: &mut Member<T>) -> Result<Option<T>, RunError> {
    member.ended_within(PRODUCERS_END).await
}

/// Samples once and writes Prometheus text format.
pub fn once(options: &SamplerOptions) -> String {
    let mut samplers = Samplers::new(options);
    samplers.settle(PATIENCE_ONCE);
    let mut reading = Reading::default();
    let mut round = Round::new(&mut reading);
    samplers.sample(SystemTime::now(), &mut round);
    round.set_job(OWN_JOB);
    let version = [("version", env!("CARGO_PKG_VERSION"))];
    round.push(HEADROOM_AGENT_BUILD_INFO.name, &version, 1.0);
    let layout = SeriesTables::default().resolve(&mut reading).layout;
    exposition::write(&layout, reading.values())
}
