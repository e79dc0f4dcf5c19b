//! One agent's stream, from Hello to its end.
//!
//! Waits on: the agent, the writer's answers, and the stop token. What it has handed to the writer
//! and not yet answered is bounded; beyond it the agent is not read.

mod answers;
mod held;
mod probed;
mod taken;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use headroom_proto::limits::{MAX_UNACKNOWLEDGED, PROTOCOL};
use headroom_proto::log::shown;
use headroom_proto::wire::agent_message::Message as Up;
use headroom_proto::wire::collector_message::Message as Down;
use headroom_proto::wire::{AgentMessage, CollectorMessage, Hello, Settings, Welcome};
use tokio::sync::{mpsc, watch};
use tonic::{Status, Streaming};

use self::held::{Held, next_look};
use super::Door;
use super::frames::StreamSeries;
use super::rounds::StreamRounds;
use crate::identity::Agent;
use crate::writer::WriteOutcome;

/// How long an agent may take to say Hello.
const HELLO_TIMEOUT: Duration = Duration::from_secs(30);

/// The most that is handed to the writer and not answered. More than an agent sends ahead.
const IN_FLIGHT: usize = 2 * MAX_UNACKNOWLEDGED;

pub struct AgentStream {
    door: Arc<Door>,
    agent: Agent,
    answers: mpsc::Sender<Result<CollectorMessage, Status>>,
    series: StreamSeries,
    rounds: StreamRounds,
    /// Refusals told already, so that a bad series is told once and not with each frame.
    told: HashSet<String>,
    in_flight: usize,
    held: Option<Held>,
}

impl AgentStream {
    pub fn new(
        door: Arc<Door>,
        agent: Agent,
        answers: mpsc::Sender<Result<CollectorMessage, Status>>,
    ) -> Self {
        let series = StreamSeries::new(Arc::clone(&agent.instance));
        Self {
            door,
            agent,
            answers,
            series,
            rounds: StreamRounds::default(),
            told: HashSet::new(),
            in_flight: 0,
            held: None,
        }
    }

    /// Runs until the agent ends the stream or the collector stops; an error is the stream's
    /// status.
    pub async fn run(mut self, mut inbound: Streaming<AgentMessage>) -> Result<(), Status> {
        let followed = self.welcome(&mut inbound).await?;
        self.door.settings.keep_followed(&self.agent.instance, followed);
        let mut asked = self.door.settings.watch(&self.agent.instance);
        let at_first = asked.as_mut().map(|asked| asked.borrow_and_update().clone());
        // What an agent follows from an earlier stream is taken back, too.
        let differs = |settings: &Settings| {
            let asks = settings.sample_interval_ms > 0 || !settings.targets.is_empty();
            settings.version != followed && (asks || followed > 0)
        };
        if let Some(settings) = at_first.filter(differs) {
            self.answer(Down::Settings(settings)).await?;
        }
        let (reply, mut replies) = mpsc::channel(IN_FLIGHT);
        let mut outcomes = Vec::new();
        let ended = loop {
            let ended = tokio::select! {
                biased;
                () = self.door.stop.cancelled() => Some(Ok(())),
                count = replies.recv_many(&mut outcomes, IN_FLIGHT) => {
                    self.in_flight -= count;
                    self.acknowledge(&mut outcomes).await.err().map(Err)
                }
                settings = changed(&mut asked) => {
                    self.answer(Down::Settings(settings)).await.err().map(Err)
                }
                () = next_look(self.held.as_ref()) => self.look_again(&reply).await.err().map(Err),
                message = inbound.message(), if self.may_read() => match message {
                    Ok(Some(message)) => self.take(message, &reply).await.err().map(Err),
                    Ok(None) => Some(Ok(())),
                    Err(status) => Some(Err(status)),
                },
            };
            if let Some(ended) = ended {
                break ended;
            }
        };
        drop(reply);
        // What was handed in becomes durable whether or not the agent hears of it.
        while replies.recv_many(&mut outcomes, IN_FLIGHT).await > 0 {
            self.acknowledge(&mut outcomes).await?;
        }
        ended
    }

    fn may_read(&self) -> bool {
        self.held.is_none() && self.in_flight < IN_FLIGHT
    }

    /// Answers with the version of the settings that the agent follows.
    async fn welcome(&self, inbound: &mut Streaming<AgentMessage>) -> Result<u64, Status> {
        let silent = |_| Status::deadline_exceeded("no Hello within 30 s");
        let first =
            tokio::time::timeout(HELLO_TIMEOUT, inbound.message()).await.map_err(silent)??;
        let Some(Up::Hello(hello)) = first.and_then(|first| first.message) else {
            return Err(Status::failed_precondition("the first message must be Hello"));
        };
        check_protocol(&hello)?;
        self.door.clocks.hear(&self.agent.instance, hello.now_ms);
        let instance = &*self.agent.instance;
        if let Some(before) = self.tell_log(&format!("{instance} connected")) {
            let version = shown(&hello.agent_version);
            tracing::info!(instance, version, before, "agent connected");
        }
        self.answer(Down::Welcome(Welcome {
            protocol: PROTOCOL,
            collector_version: env!("CARGO_PKG_VERSION").into(),
            instance: instance.to_owned(),
        }))
        .await?;
        Ok(hello.settings_version)
    }

    async fn take(
        &mut self,
        message: AgentMessage,
        reply: &mpsc::Sender<WriteOutcome>,
    ) -> Result<(), Status> {
        // A message of a later version is one that this one may ignore.
        let Some(message) = message.message else { return Ok(()) };
        if self.is_in_doubt(&message) {
            self.held = Some(Held::new(message));
            return Ok(());
        }
        match message {
            Up::Series(definitions) => self.define(definitions).await,
            Up::Frame(frame) => self.take_frame(frame, reply).await,
            Up::Loss(loss) => self.take_loss(&loss, reply).await,
            Up::SettingsApplied(echo) => {
                self.take_echo(echo);
                Ok(())
            }
            Up::Hello(_) => Err(Status::invalid_argument("Hello came twice")),
        }
    }
}

/// The settings once they have changed; never, if nobody can change them.
async fn changed(asked: &mut Option<watch::Receiver<Settings>>) -> Settings {
    if let Some(asked) = asked
        && asked.changed().await.is_ok()
    {
        return asked.borrow_and_update().clone();
    }
    std::future::pending().await
}

fn check_protocol(hello: &Hello) -> Result<(), Status> {
    match hello.protocol {
        0 => Err(Status::invalid_argument("Hello without a protocol")),
        protocol if protocol > PROTOCOL => Err(Status::failed_precondition(format!(
            "the agent speaks protocol {protocol}, this collector {PROTOCOL}; upgrade the collector"
        ))),
        _ => Ok(()),
    }
}
