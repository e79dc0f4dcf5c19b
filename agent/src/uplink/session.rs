//! One stream to the collector, from Hello to its end.
//!
//! What is new goes first; the backlog follows at a pace that leaves room for it.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use headroom_proto::limits::MAX_STREAM_SERIES;
use headroom_proto::log::shown;
use headroom_proto::wire::{
    Acknowledgement, Refusal, RefusedSetting, SequenceRange, SeriesDefinition, SeriesDefinitions,
    Settings,
};
use tokio::sync::{oneshot, watch};
use tokio::time::{MissedTickBehavior, timeout};

use super::UplinkContext;
use super::backoff::Backoff;
use super::client::{Answer, Introduction, WireClient, WireError};
use super::connection::CollectorAddress;
use crate::frames::{Backlog, Backlogged, EncodedFrame, KeptFrame};
use crate::journal::{Deliveries, Delivery};
use crate::series::Layout;
use crate::settings::AgentSettings;
use crate::telemetry::Telemetry;

/// How long the collector may take to welcome, and to acknowledge.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// The pace of the backlog: this many frames each [`BACKLOG_TICK`], 500 a second.
const BACKLOG_BURST: usize = 25;
const BACKLOG_TICK: Duration = Duration::from_millis(50);

/// How much of what may be sent ahead the backlog leaves to what is new.
const LIVE_RESERVE: usize = 64;

/// How many of the refused settings the log tells.
const TOLD_REFUSALS: usize = 16;

/// How long to wait for the last acknowledgements at the end.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

pub struct Session<'u> {
    address: &'u CollectorAddress,
    context: &'u UplinkContext,
}

/// A stream that is open, and what comes for it.
struct OpenStream {
    client: WireClient,
    deliveries: Deliveries,
    /// The backlog that was asked for.
    wanted: Option<oneshot::Receiver<Backlog>>,
    defined: HashSet<(u64, u32)>,
    /// The series of the last frame that was sent live, which are all defined.
    last: Arc<Layout>,
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
    ) -> Result<(), WireError> {
        let client = tokio::select! {
            opened = self.open() => opened?,
            () = stopped(&mut stop) => return Ok(()),
        };
        backoff.reset();
        let deliveries = self.context.outlet.begin_stream().await;
        let mut stream = OpenStream::new(client, deliveries);
        let mut tick = tokio::time::interval(BACKLOG_TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let asks = *stream.deliveries.behind.borrow_and_update() && stream.may_ask();
            tokio::select! {
                event = stream.next() => match event? {
                    Event::Answer(answer) => self.take(answer, &mut stream).await?,
                    Event::Delivered(deliveries) => stream.send(deliveries).await?,
                    Event::Backlog(backlog) => stream.send_backlog(backlog).await?,
                    Event::Behind => {}
                    Event::JournalEnded => return Ok(()),
                },
                _ = tick.tick(), if asks => self.ask(&mut stream).await,
                () = stopped(&mut stop) => break,
            }
        }
        if let Ok(drained) = timeout(DRAIN_TIMEOUT, self.drain(&mut stream)).await {
            return drained;
        }
        let unanswered = stream.client.unanswered();
        tracing::info!(unanswered, "what the collector has not answered waits for the next run");
        Ok(())
    }

    async fn open(&self) -> Result<WireClient, WireError> {
        let introduction = Introduction {
            boot: self.context.boot,
            agent_version: env!("CARGO_PKG_VERSION").into(),
            settings_version: self.context.telemetry.settings_version.load(Ordering::Relaxed),
            patience: ANSWER_TIMEOUT,
        };
        let (client, welcome) = WireClient::open(self.address, introduction).await?;
        if let Some(before) = self.told("connected") {
            let (instance, version) = (shown(&welcome.instance), shown(&welcome.collector_version));
            tracing::info!(collector = %self.address, instance, version, before, "connected");
        }
        self.context.telemetry.connected.store(1, Ordering::Relaxed);
        Telemetry::add(&self.context.telemetry.connections, 1);
        Ok(client)
    }

    /// Whether to tell the log of something that the collector could repeat at will.
    fn told(&self, subject: &str) -> Option<u64> {
        self.context.told.tell(subject, Instant::now())
    }

    async fn ask(&self, stream: &mut OpenStream) {
        stream.wanted = Some(self.context.outlet.want_backlog(BACKLOG_BURST).await);
    }

    async fn take(&self, answer: Answer, stream: &mut OpenStream) -> Result<(), WireError> {
        match answer {
            Answer::Acknowledged(acknowledgement) => {
                self.context.outlet.acknowledge(acknowledgement).await;
                Ok(())
            }
            Answer::Refused(refusal) => {
                self.take_refusal(&refusal).await;
                Ok(())
            }
            Answer::Settings(settings) => self.apply(settings, stream).await,
        }
    }

    /// What is refused would be refused again: count it and let it go.
    async fn take_refusal(&self, refusal: &Refusal) {
        let reason = shown(&refusal.reason);
        if let Some(before) = self.told(&reason) {
            let Refusal { sequence, samples, .. } = refusal;
            tracing::warn!(sequence, samples, before, "the collector refused samples: {reason}");
        }
        Telemetry::add(&self.context.telemetry.refused_samples, refusal.samples);
        let range =
            SequenceRange { boot: refusal.boot, first: refusal.sequence, last: refusal.sequence };
        let done = Acknowledgement { frames: vec![range], losses: Vec::new() };
        if refusal.whole_frame {
            self.context.outlet.acknowledge(done).await;
        }
    }

    async fn apply(&self, asked: Settings, stream: &mut OpenStream) -> Result<(), WireError> {
        let (settings, applied) = AgentSettings::of(&asked, &self.context.limits);
        if let Some(before) = self.told("settings") {
            let version = applied.version;
            let AgentSettings { interval, targets } = &settings;
            let targets = targets.len();
            tracing::info!(version, ?interval, targets, before, "settings from the collector");
            for RefusedSetting { setting, reason } in applied.refused.iter().take(TOLD_REFUSALS) {
                tracing::warn!(setting, "not as the collector asks: {reason}");
            }
        }
        // Settings that stay the same wake nobody.
        self.context.settings.send_if_modified(|known| {
            let before = std::mem::replace(known, settings);
            before != *known
        });
        self.context.telemetry.settings_version.store(applied.version, Ordering::Relaxed);
        stream.client.echo(applied).await
    }

    /// Sends what is left and waits for its acknowledgement.
    async fn drain(&self, stream: &mut OpenStream) -> Result<(), WireError> {
        let mut is_complete = false;
        // What was asked for before says nothing of what came since.
        let mut asked_since = false;
        loop {
            if stream.may_ask() && !is_complete {
                self.ask(stream).await;
                asked_since = true;
            }
            if is_complete && stream.deliveries.live.is_empty() && stream.client.unanswered() == 0 {
                return Ok(());
            }
            match stream.next().await? {
                Event::Answer(answer) => self.take(answer, stream).await?,
                Event::Delivered(deliveries) => stream.send(deliveries).await?,
                Event::Backlog(backlog) => {
                    is_complete = asked_since && backlog.is_last;
                    stream.send_backlog(backlog).await?;
                }
                Event::Behind => {}
                Event::JournalEnded => return Ok(()),
            }
        }
    }
}

/// What happens on an open stream.
enum Event {
    Answer(Answer),
    Delivered(Vec<Delivery>),
    Backlog(Backlog),
    /// There is a backlog, or none any more.
    Behind,
    JournalEnded,
}

impl OpenStream {
    fn new(client: WireClient, deliveries: Deliveries) -> Self {
        let (defined, last) = (HashSet::new(), Arc::default());
        Self { client, deliveries, wanted: None, defined, last }
    }

    /// Whether backlog may be asked for: one answer at a time, and what is new keeps its room.
    fn may_ask(&self) -> bool {
        self.wanted.is_none() && self.client.room() >= BACKLOG_BURST + LIVE_RESERVE
    }

    /// Waits for whatever comes first. Nothing is lost if the caller stops waiting.
    async fn next(&mut self) -> Result<Event, WireError> {
        let room = self.client.room();
        let mut delivered = Vec::new();
        tokio::select! {
            answer = self.client.answer() => Ok(Event::Answer(answer?)),
            count = self.deliveries.live.recv_many(&mut delivered, room), if room > 0 => {
                Ok(if count > 0 { Event::Delivered(delivered) } else { Event::JournalEnded })
            }
            backlog = answered(&mut self.wanted), if room >= BACKLOG_BURST => {
                self.wanted = None;
                Ok(Event::Backlog(backlog))
            }
            changed = self.deliveries.behind.changed() => {
                Ok(changed.map_or(Event::JournalEnded, |()| Event::Behind))
            }
        }
    }

    /// Sends what is new, the definitions of its series in front of it.
    async fn send(&mut self, deliveries: Vec<Delivery>) -> Result<(), WireError> {
        let mut frames: Vec<EncodedFrame> = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            match delivery {
                Delivery::Loss(loss) => self.client.report(loss).await?,
                Delivery::Frame(KeptFrame { boot, sequence, layout, message, .. }) => {
                    if !Arc::ptr_eq(&layout, &self.last) {
                        self.client.push_encoded(std::mem::take(&mut frames)).await?;
                        let definitions = layout.definitions().iter();
                        self.define(boot, definitions.map(|one| (**one).clone())).await?;
                        self.last = layout;
                    }
                    frames.push(EncodedFrame { boot, sequence, message });
                }
            }
        }
        self.client.push_encoded(frames).await
    }

    async fn send_backlog(&mut self, backlog: Backlog) -> Result<(), WireError> {
        for record in backlog.records {
            match record {
                Backlogged::Series(SeriesDefinitions { boot, series }) => {
                    self.define(boot, series.into_iter()).await?;
                }
                Backlogged::Frame(frame) => self.client.push_encoded(vec![frame]).await?,
            }
        }
        Ok(())
    }

    /// Defines those of the series that this stream does not know.
    async fn define(
        &mut self,
        boot: u64,
        series: impl Iterator<Item = SeriesDefinition>,
    ) -> Result<(), WireError> {
        let new: Vec<_> = series.filter(|one| self.defined.insert((boot, one.id))).collect();
        has_room(self.defined.len())?;
        if new.is_empty() { Ok(()) } else { self.client.define(boot, new).await }
    }
}

/// Whether a stream may define so many series. Over months a host whose interfaces come and go has more.
fn has_room(defined: usize) -> Result<(), WireError> {
    if defined > MAX_STREAM_SERIES { Err(WireError::Full) } else { Ok(()) }
}

/// The answer that is waited for; never, if none is.
async fn answered(wanted: &mut Option<oneshot::Receiver<Backlog>>) -> Backlog {
    let answer = match wanted {
        Some(wanted) => wanted.await.ok(),
        None => None,
    };
    match answer {
        Some(backlog) => backlog,
        // A journal that has ended says so elsewhere.
        None => std::future::pending().await,
    }
}

/// A stop token that is gone means stop, too.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_that_has_defined_all_it_may_ends_and_the_next_begins_anew() {
        assert!(has_room(MAX_STREAM_SERIES).is_ok());
        let told = has_room(MAX_STREAM_SERIES + 1).map_err(|error| error.to_string());
        let expected = "a stream may define no more than 100000 series; the next one begins anew";
        assert_eq!(told, Err(expected.to_owned()));
    }
}
