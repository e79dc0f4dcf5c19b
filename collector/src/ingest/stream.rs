//! One agent's stream, from Hello to its end.
//!
//! Waits on: the agent, the writer's answers, and the stop token. What it has handed to the writer
//! and not yet answered is bounded; beyond it the agent is not read.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use headroom_proto::limits::{MAX_UNACKNOWLEDGED, PROTOCOL};
use headroom_proto::log::shown;
use headroom_proto::panics;
use headroom_proto::wire::agent_message::Message as Up;
use headroom_proto::wire::collector_message::Message as Down;
use headroom_proto::wire::{
    Acknowledgement, AgentMessage, CollectorMessage, Frame, Hello, Loss, Refusal, RefusedSetting,
    SequenceRange, SeriesDefinition, SeriesDefinitions, Settings, SettingsApplied, Welcome,
};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tonic::{Status, Streaming};

use super::Door;
use super::frames::{Checked, Refused, StreamSeries, TakenTimes, Untimely};
use super::losses;
use crate::clock::now_ms;
use crate::identity::Agent;
use crate::store::{Claim, LostInterval};
use crate::telemetry::CollectorCounts;
use crate::writer::{self, Submission, Write, WriteOutcome};

/// How long an agent may take to say Hello.
const HELLO_TIMEOUT: Duration = Duration::from_secs(30);

/// The most that is handed to the writer and not answered. More than an agent sends ahead.
const IN_FLIGHT: usize = 2 * MAX_UNACKNOWLEDGED;

/// How long a frame waits, and its stream with it, while it is not known whose clock is wrong. Then
/// the stream ends, before its agent gives up on an answer.
const HOLD: Duration = Duration::from_secs(15);

/// How often it is asked again meanwhile.
const HELD_LOOK: Duration = Duration::from_secs(1);

/// What a value takes until it is durable, in bytes: in the frame with its ids, and in the log.
const VALUE_BYTES: usize = 8 + 4 + 4 + 12;

/// What a meeting takes.
const MEETING_BYTES: usize = 512;

/// The most series whose samples' refusal is told to the agent; the counter has them all.
const TOLD: usize = 100;

pub struct AgentStream {
    door: Arc<Door>,
    agent: Agent,
    answers: mpsc::Sender<Result<CollectorMessage, Status>>,
    series: StreamSeries,
    /// Refusals told already, so that a bad series is told once and not with each frame.
    told: HashSet<String>,
    in_flight: usize,
    held: Option<Held>,
}

/// What may be old or future by the collector's clock alone: it is neither taken nor refused yet.
struct Held {
    message: Up,
    since: Instant,
    next_look: Instant,
}

impl AgentStream {
    pub fn new(
        door: Arc<Door>,
        agent: Agent,
        answers: mpsc::Sender<Result<CollectorMessage, Status>>,
    ) -> Self {
        let series = StreamSeries::new(Arc::clone(&agent.instance));
        Self { door, agent, answers, series, told: HashSet::new(), in_flight: 0, held: None }
    }

    /// Runs until the agent ends the stream or the collector stops; an error is the stream's
    /// status.
    pub async fn run(mut self, mut inbound: Streaming<AgentMessage>) -> Result<(), Status> {
        self.welcome(&mut inbound).await?;
        let mut asked = self.door.settings.watch(&self.agent.instance);
        let at_first = asked.as_mut().map(|asked| *asked.borrow_and_update());
        // A stream begins with the agent's own configuration in force.
        if let Some(settings) = at_first.filter(|settings| settings.sample_interval_ms > 0) {
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

    async fn welcome(&self, inbound: &mut Streaming<AgentMessage>) -> Result<(), Status> {
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
        Ok(())
    }

    fn take_echo(&self, echo: SettingsApplied) {
        let instance = &*self.agent.instance;
        let SettingsApplied { version, refused } = self.door.settings.keep_echo(instance, echo);
        let subject = format!("{instance} settings {version}");
        if let Some(before) = self.tell_log(&subject) {
            tracing::info!(
                instance,
                version,
                refused = refused.len(),
                before,
                "agent applied settings"
            );
            for RefusedSetting { setting, reason } in &refused {
                let (setting, reason) = (shown(setting), shown(reason));
                tracing::warn!(instance, setting, "agent refused a setting: {reason}");
            }
        }
        CollectorCounts::add(&self.door.counts.settings_refused, refused.len() as u64);
    }

    async fn take(
        &mut self,
        message: AgentMessage,
        reply: &mpsc::Sender<WriteOutcome>,
    ) -> Result<(), Status> {
        // A message of a later version is one that this one may ignore.
        let Some(message) = message.message else { return Ok(()) };
        if self.is_in_doubt(&message) {
            let since = Instant::now();
            self.held = Some(Held { message, since, next_look: since + HELD_LOOK });
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

    /// Whether it may be the collector's clock that makes this old or future. What is refused then is
    /// forgotten by its agent for good, so it waits.
    fn is_in_doubt(&self, message: &Up) -> bool {
        self.untimely(message).is_some() && self.door.clocks.doubt(Some(&self.agent.instance))
    }

    fn untimely(&self, message: &Up) -> Option<Untimely> {
        let timestamp_ms = match message {
            Up::Frame(frame) => frame.timestamp_ms,
            Up::Loss(loss) => loss.last_timestamp_ms,
            Up::Series(_) | Up::SettingsApplied(_) | Up::Hello(_) => return None,
        };
        self.times().untimely(timestamp_ms)
    }

    fn times(&self) -> TakenTimes {
        TakenTimes { now_ms: now_ms(), oldest: self.door.oldest }
    }

    /// Looks whether what is held can be taken now, or refused; after a while the stream ends, and the
    /// agent keeps it.
    async fn look_again(&mut self, reply: &mpsc::Sender<WriteOutcome>) -> Result<(), Status> {
        let Some(Held { message, since, .. }) = self.held.take() else { return Ok(()) };
        if !self.is_in_doubt(&message) {
            return self.take(AgentMessage { message: Some(message) }, reply).await;
        }
        if since.elapsed() >= HOLD {
            let what = self.untimely(&message).map_or_else(String::new, |what| what.message);
            return Err(Status::unavailable(format!(
                "{what}, but the collector's own clock may be wrong; frames wait"
            )));
        }
        self.held = Some(Held { message, since, next_look: Instant::now() + HELD_LOOK });
        Ok(())
    }

    async fn define(&mut self, definitions: SeriesDefinitions) -> Result<(), Status> {
        let boot = definitions.boot;
        let nothing = StreamSeries::new(Arc::clone(&self.agent.instance));
        let mut series = std::mem::replace(&mut self.series, nothing);
        let writer = self.door.writer.clone();
        // There may be thousands, and each may wait for a commit to leave the store's index.
        let work = move || {
            let mut refused = Vec::new();
            for definition in &definitions.series {
                let resolve = |pairs: &[(&str, &str)]| writer.series_id_of(pairs, Claim::Own);
                let define = || series.define(boot, definition, resolve);
                let defined = panics::catch("the check of a series", || hash(definition), define);
                refused.extend(defined.unwrap_or_else(|error| Err(Refused::broken(&error))).err());
            }
            (series, refused)
        };
        let done = tokio::task::spawn_blocking(work).await;
        let (series, refused) = done.map_err(|error| Status::internal(error.to_string()))?;
        self.series = series;
        for refused in refused {
            self.tell(Refusal { boot, ..Refusal::default() }, refused).await?;
        }
        Ok(())
    }

    async fn take_frame(
        &mut self,
        frame: Frame,
        reply: &mpsc::Sender<WriteOutcome>,
    ) -> Result<(), Status> {
        let times = self.times();
        let (boot, sequence) = (frame.boot, frame.sequence);
        let samples = frame.values.len() as u64;
        let name = || panics::hash(&(boot, sequence));
        let check = || self.series.check(frame, times);
        let checked = panics::catch("the check of a frame", name, check).unwrap_or_else(|error| {
            let refused = vec![Refused { samples, ..Refused::broken(&error) }];
            Checked { write: None, meetings: Vec::new(), refused }
        });
        let whole_frame = checked.write.is_none();
        for refused in checked.refused {
            self.door.counts.refuse(refused.reason, refused.samples);
            let refusal = Refusal {
                boot,
                sequence,
                samples: refused.samples,
                whole_frame,
                ..Refusal::default()
            };
            self.tell(refusal, refused).await?;
        }
        match checked.write {
            Some(frame) => {
                let meetings = checked.meetings;
                let values = frame.values.len() * VALUE_BYTES;
                let bytes = values + meetings.len() * MEETING_BYTES;
                let held = self.hold(bytes).await?;
                let write = Write::Frame { frame, meetings };
                self.submit(Submission { write, reply: reply.clone(), held }).await
            }
            None => Ok(()),
        }
    }

    /// A report that cannot be true is acknowledged like any other, or its agent would repeat it on
    /// each stream for ever.
    async fn take_loss(
        &mut self,
        loss: &Loss,
        reply: &mpsc::Sender<WriteOutcome>,
    ) -> Result<(), Status> {
        let instance = &*self.agent.instance;
        let times = self.times();
        match losses::check(&self.agent.instance, loss, times) {
            Ok(lost) => {
                let LostInterval { first_ms: from_ms, last_ms: to_ms, samples, .. } = lost;
                if let Some(before) = self.tell_log(&format!("{instance} lost")) {
                    tracing::warn!(instance, from_ms, to_ms, samples, before, "agent lost frames");
                }
                let (write, reply) = (Write::Loss(lost), reply.clone());
                self.submit(Submission { write, reply, held: writer::Held::Nothing }).await
            }
            Err(reason) => {
                CollectorCounts::add(&self.door.counts.losses_refused, 1);
                if let Some(before) = self.tell_log(&format!("{instance} refused loss")) {
                    tracing::warn!(instance, before, "refused a report of lost frames: {reason}");
                }
                let (boot, first, last) = (loss.boot, loss.first_sequence, loss.last_sequence);
                let losses = vec![SequenceRange { boot, first, last }];
                let done = Acknowledgement { frames: Vec::new(), losses };
                self.answer(Down::Acknowledgement(done)).await
            }
        }
    }

    /// Waits for memory, which those before it give back once they are durable.
    async fn hold(&self, bytes: usize) -> Result<writer::Held, Status> {
        let permits = (1 + bytes / 1024).min(self.door.permits) as u32;
        let memory = Arc::clone(&self.door.memory).acquire_many_owned(permits).await;
        memory.map(writer::Held::Permit).map_err(|closed| Status::unavailable(closed.to_string()))
    }

    /// Tells the agent of a refusal: of a frame always, since it waits for an answer; of a series
    /// once.
    async fn tell(&mut self, refusal: Refusal, refused: Refused) -> Result<(), Status> {
        let reason = refused.message;
        if !refusal.whole_frame {
            if self.told.len() >= TOLD || !self.told.insert(reason.clone()) {
                return Ok(());
            }
            let (instance, why) = (&*self.agent.instance, shown(&reason));
            if let Some(before) = self.tell_log(&format!("{instance} {why}")) {
                tracing::warn!(instance, before, "refused samples: {why}");
            }
        }
        self.answer(Down::Refusal(Refusal { reason, ..refusal })).await
    }

    /// Whether to tell the log of something that the agent could repeat at will.
    fn tell_log(&self, subject: &str) -> Option<u64> {
        self.door.told.tell(subject, Instant::now().into_std())
    }

    async fn submit(&mut self, submission: Submission) -> Result<(), Status> {
        self.in_flight += 1;
        let submitted = self.door.writer.submit(submission).await;
        submitted.map_err(|ended| Status::unavailable(ended.to_string()))
    }

    async fn acknowledge(&self, outcomes: &mut Vec<WriteOutcome>) -> Result<(), Status> {
        let mut acknowledgement = Acknowledgement::default();
        let mut failed = None;
        for outcome in outcomes.drain(..) {
            match outcome {
                WriteOutcome::Frame(range) => join(&mut acknowledgement.frames, range),
                // Only remote writes and the collector itself have those.
                WriteOutcome::Request | WriteOutcome::Own => {}
                WriteOutcome::Loss(range) => acknowledgement.losses.push(range),
                WriteOutcome::Failed(reason) => failed = Some(Status::unavailable(reason)),
            }
        }
        if !acknowledgement.frames.is_empty() || !acknowledgement.losses.is_empty() {
            self.answer(Down::Acknowledgement(acknowledgement)).await?;
        }
        failed.map_or(Ok(()), Err)
    }

    async fn answer(&self, message: Down) -> Result<(), Status> {
        let message = CollectorMessage { message: Some(message) };
        self.answers.send(Ok(message)).await.map_err(|_| Status::cancelled("the agent has gone"))
    }
}

/// Waits until what is held is to be looked at again; for ever, if nothing is.
async fn next_look(held: Option<&Held>) {
    match held {
        Some(held) => tokio::time::sleep_until(held.next_look).await,
        None => std::future::pending().await,
    }
}

/// The settings once they have changed; never, if nobody can change them.
async fn changed(asked: &mut Option<watch::Receiver<Settings>>) -> Settings {
    if let Some(asked) = asked
        && asked.changed().await.is_ok()
    {
        return *asked.borrow_and_update();
    }
    std::future::pending().await
}

/// What names a definition in the log.
fn hash(definition: &SeriesDefinition) -> u64 {
    let labels = definition.labels.iter().map(|label| (&label.name, &label.value));
    panics::hash(&(&definition.metric, labels.collect::<Vec<_>>()))
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

/// Adds a range to a list, joined to the last one if it continues it.
fn join(ranges: &mut Vec<SequenceRange>, range: SequenceRange) {
    match ranges.last_mut() {
        Some(last) if last.boot == range.boot && last.last + 1 == range.first => {
            last.last = range.last;
        }
        _ => ranges.push(range),
    }
}
