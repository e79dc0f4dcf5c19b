//! One stream to the collector, from Hello to its end.
//!
//! Live frames go first; the backlog follows at a pace that leaves room for them. What is sent and
//! not acknowledged is bounded, and an answer that stays away too long ends the stream.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use headroom_proto::limits::{LONGEST_INTERVAL, MAX_UNACKNOWLEDGED, PROTOCOL, SHORTEST_INTERVAL};
use headroom_proto::wire::agent_message::Message as Up;
use headroom_proto::wire::collector_message::Message as Down;
use headroom_proto::wire::{
    Acknowledgement, AgentMessage, CollectorMessage, Hello, Refusal, SequenceRange,
    SeriesDefinitions, Settings, SettingsApplied,
};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Streaming};

use super::UplinkContext;
use super::backoff::Backoff;
use super::connection::{CollectorAddress, ConnectError};
use crate::spool::{Position, Record, Spool};
use crate::telemetry::Counts;

/// How long the collector may take to welcome, and to acknowledge.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// The pace of the backlog: this many frames each [`BACKLOG_TICK`], 500 a second.
const BACKLOG_BURST: usize = 25;
const BACKLOG_TICK: Duration = Duration::from_millis(50);

/// How long to wait for the last acknowledgements at the end.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

/// Messages on their way into the connection; beyond it nothing is read from the spool.
const OUTBOX: usize = 2 * MAX_UNACKNOWLEDGED;

#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error("no way to the collector")]
    Connect(#[from] ConnectError),
    #[error("the collector ended the stream: {}", .0.message())]
    Refused(tonic::Status),
    #[error("the collector closed the stream")]
    Closed,
    #[error("no answer from the collector within {} s", .0.as_secs())]
    Silent(Duration),
    #[error("the collector speaks protocol {0}, this agent {PROTOCOL}")]
    Protocol(u32),
}

impl From<tonic::Status> for SessionError {
    fn from(status: tonic::Status) -> Self {
        Self::Refused(status)
    }
}

pub struct Session<'u> {
    address: &'u CollectorAddress,
    context: &'u UplinkContext,
}

/// What has been sent on this stream.
struct Progress {
    outbox: mpsc::Sender<AgentMessage>,
    live: Position,
    backlog: Position,
    /// Where the backlog ends: what lies behind it is live.
    boundary: Position,
    defined: HashSet<(u64, u32)>,
    unacknowledged: usize,
    waiting_since: Instant,
    reported_losses: Vec<SequenceRange>,
}

impl<'u> Session<'u> {
    pub fn new(address: &'u CollectorAddress, context: &'u UplinkContext) -> Self {
        Self { address, context }
    }

    /// Runs until the stream breaks, which is an error, or until `stop`, which is none.
    pub async fn run(
        self,
        mut stop: watch::Receiver<bool>,
        backoff: &mut Backoff,
    ) -> Result<(), SessionError> {
        let (outbox, messages) = mpsc::channel(OUTBOX);
        let mut inbound = tokio::select! {
            opened = self.open(&outbox, messages) => opened?,
            _ = stop.wait_for(|stop| *stop) => return Ok(()),
        };
        backoff.reset();
        let mut progress = self.begin(outbox);
        let mut tick = tokio::time::interval(BACKLOG_TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            self.send_losses(&mut progress);
            self.send_live(&mut progress);
            let behind = progress.backlog < progress.boundary;
            let answer_due = progress.waiting_since + ANSWER_TIMEOUT;
            tokio::select! {
                message = inbound.message() => match message? {
                    Some(message) => self.take(message, &mut progress),
                    None => return Err(SessionError::Closed),
                },
                () = self.context.appended.notified() => {}
                _ = tick.tick(), if behind => self.send_backlog(&mut progress),
                () = tokio::time::sleep_until(answer_due), if progress.unacknowledged > 0 => {
                    return Err(SessionError::Silent(ANSWER_TIMEOUT));
                }
                _ = stop.wait_for(|stop| *stop) => break,
            }
        }
        self.drain(inbound, progress).await;
        Ok(())
    }

    async fn open(
        &self,
        outbox: &mpsc::Sender<AgentMessage>,
        messages: mpsc::Receiver<AgentMessage>,
    ) -> Result<Streaming<CollectorMessage>, SessionError> {
        let mut client = self.address.connect().await?;
        let hello = Hello {
            protocol: PROTOCOL,
            boot: self.context.boot,
            agent_version: env!("CARGO_PKG_VERSION").into(),
        };
        // The channel is empty and open.
        let _ = outbox.try_send(AgentMessage { message: Some(Up::Hello(hello)) });
        let mut request = Request::new(ReceiverStream::new(messages));
        request.metadata_mut().insert("authorization", self.address.token.header());
        let silent = |_| SessionError::Silent(ANSWER_TIMEOUT);
        let response = timeout(ANSWER_TIMEOUT, client.push(request)).await.map_err(silent)?;
        let mut inbound = response?.into_inner();
        let first = timeout(ANSWER_TIMEOUT, inbound.message()).await.map_err(silent)??;
        match first.and_then(|first| first.message) {
            Some(Down::Welcome(welcome)) if welcome.protocol == PROTOCOL => {
                tracing::info!(
                    collector = %self.address,
                    instance = welcome.instance,
                    version = welcome.collector_version,
                    "connected"
                );
                self.context.counts.connected.store(1, Ordering::Relaxed);
                Counts::add(&self.context.counts.connections, 1);
                Ok(inbound)
            }
            Some(Down::Welcome(welcome)) => Err(SessionError::Protocol(welcome.protocol)),
            _ => Err(SessionError::Closed),
        }
    }

    fn begin(&self, outbox: mpsc::Sender<AgentMessage>) -> Progress {
        let spool = self.context.spool.lock();
        let end = spool.map(|mut spool| spool.begin_segment()).unwrap_or_default();
        Progress {
            outbox,
            live: end,
            backlog: Position::default(),
            boundary: end,
            defined: HashSet::new(),
            unacknowledged: 0,
            waiting_since: Instant::now(),
            reported_losses: Vec::new(),
        }
    }

    fn send_live(&self, progress: &mut Progress) {
        while progress.has_room() {
            let Ok(mut spool) = self.context.spool.lock() else { return };
            let Some((boot, record)) = take_next(&mut spool, &mut progress.live, None) else {
                return;
            };
            drop(spool);
            progress.send(boot, record);
        }
    }

    fn send_backlog(&self, progress: &mut Progress) {
        for _ in 0..BACKLOG_BURST {
            if !progress.has_room() {
                return;
            }
            let Ok(mut spool) = self.context.spool.lock() else { return };
            let next = take_next(&mut spool, &mut progress.backlog, Some(progress.boundary));
            drop(spool);
            let Some((boot, record)) = next else {
                progress.backlog = progress.boundary;
                return;
            };
            progress.send(boot, record);
        }
    }

    fn send_losses(&self, progress: &mut Progress) {
        let Ok(spool) = self.context.spool.lock() else { return };
        for loss in spool.losses() {
            let range = SequenceRange {
                boot: loss.boot,
                first: loss.first_sequence,
                last: loss.last_sequence,
            };
            if progress.has_room() && !progress.reported_losses.contains(&range) {
                progress.push(Up::Loss(*loss));
                progress.reported_losses.push(range);
            }
        }
    }

    fn take(&self, message: CollectorMessage, progress: &mut Progress) {
        match message.message {
            Some(Down::Acknowledgement(acknowledgement)) => {
                self.take_acknowledgement(&acknowledgement, progress);
            }
            Some(Down::Refusal(refusal)) => self.take_refusal(&refusal, progress),
            Some(Down::Settings(settings)) => self.apply(settings, progress),
            // A second welcome, or a message of a later version that this one may ignore.
            Some(Down::Welcome(_)) | None => {}
        }
    }

    fn take_acknowledgement(&self, acknowledgement: &Acknowledgement, progress: &mut Progress) {
        let frames = acknowledgement.frames.iter();
        let count = frames.fold(0u64, |sum, range| {
            sum.saturating_add(range.last.saturating_add(1).saturating_sub(range.first))
        });
        progress.acknowledged(count as usize);
        progress.reported_losses.retain(|range| !acknowledgement.losses.contains(range));
        if let Ok(mut spool) = self.context.spool.lock() {
            spool.acknowledge(acknowledgement);
        }
    }

    /// What is refused would be refused again: count it and let it go.
    fn take_refusal(&self, refusal: &Refusal, progress: &mut Progress) {
        tracing::warn!(
            sequence = refusal.sequence,
            samples = refusal.samples,
            "the collector refused samples: {}",
            refusal.reason
        );
        Counts::add(&self.context.counts.refused_samples, refusal.samples);
        let range =
            SequenceRange { boot: refusal.boot, first: refusal.sequence, last: refusal.sequence };
        let done = Acknowledgement { frames: vec![range], losses: Vec::new() };
        if refusal.whole_frame {
            self.take_acknowledgement(&done, progress);
        }
    }

    fn apply(&self, settings: Settings, progress: &mut Progress) {
        let interval = wished_interval(&settings);
        tracing::info!(version = settings.version, ?interval, "settings from the collector");
        self.context.interval.send_replace(interval);
        self.context.counts.settings_version.store(settings.version, Ordering::Relaxed);
        progress.push(Up::SettingsApplied(SettingsApplied { version: settings.version }));
    }

    /// Sends what is left and waits for its acknowledgement, for a moment.
    async fn drain(&self, mut inbound: Streaming<CollectorMessage>, mut progress: Progress) {
        let end = Instant::now() + DRAIN_TIMEOUT;
        loop {
            self.send_live(&mut progress);
            self.send_backlog(&mut progress);
            if progress.unacknowledged == 0 {
                return;
            }
            match timeout_at(end, inbound.message()).await {
                Ok(Ok(Some(message))) => self.take(message, &mut progress),
                Ok(Ok(None) | Err(_)) | Err(_) => return,
            }
        }
    }
}

/// The next record of the log, noted as sent.
fn take_next(
    spool: &mut Spool,
    position: &mut Position,
    limit: Option<Position>,
) -> Option<(u64, Record)> {
    let (boot, record) = spool.next(position, limit)?;
    if let Record::Frame(frame) = &record {
        spool.mark_sent(boot, frame.sequence);
    }
    Some((boot, record))
}

impl Progress {
    /// A frame may need its definitions in front.
    fn has_room(&self) -> bool {
        self.unacknowledged < MAX_UNACKNOWLEDGED && self.outbox.capacity() > 8
    }

    fn send(&mut self, boot: u64, record: Record) {
        match record {
            Record::Series(series) => {
                let mut new = series.series;
                new.retain(|series| self.defined.insert((boot, series.id)));
                if !new.is_empty() {
                    self.push(Up::Series(SeriesDefinitions { boot, series: new }));
                }
            }
            Record::Frame(frame) => {
                if self.unacknowledged == 0 {
                    self.waiting_since = Instant::now();
                }
                self.unacknowledged += 1;
                self.push(Up::Frame(frame));
            }
        }
    }

    fn push(&self, message: Up) {
        // Room is checked before; a closed channel shows as the end of the inbound stream.
        let _ = self.outbox.try_send(AgentMessage { message: Some(message) });
    }

    fn acknowledged(&mut self, frames: usize) {
        self.unacknowledged = self.unacknowledged.saturating_sub(frames);
        self.waiting_since = Instant::now();
    }
}

/// The interval that the collector wishes, within the agent's own limits; none if it has no wish.
fn wished_interval(settings: &Settings) -> Option<Duration> {
    let wish = Duration::from_millis(settings.sample_interval_ms);
    (!wish.is_zero()).then(|| wish.clamp(SHORTEST_INTERVAL, LONGEST_INTERVAL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_keeps_its_limits_whatever_it_is_asked() {
        let cases = [
            (0, None),
            (1, Some(SHORTEST_INTERVAL)),
            (5_000, Some(Duration::from_secs(5))),
            (u64::MAX, Some(LONGEST_INTERVAL)),
        ];
        for (sample_interval_ms, expected) in cases {
            let settings = Settings { version: 1, sample_interval_ms };
            assert_eq!(wished_interval(&settings), expected, "{sample_interval_ms} ms");
        }
    }
}
