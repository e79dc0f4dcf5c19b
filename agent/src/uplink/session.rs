//! One stream to the collector, from Hello to its end.
//!
//! Live frames go first; the backlog follows at a pace that leaves room for them. What is sent and
//! not acknowledged is bounded, and an answer that stays away too long ends the stream.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use headroom_proto::limits::{LONGEST_INTERVAL, SHORTEST_INTERVAL};
use headroom_proto::wire::{
    Acknowledgement, Refusal, SequenceRange, SeriesDefinitions, Settings, SettingsApplied,
};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::UplinkContext;
use super::backoff::Backoff;
use super::client::{Answer, Introduction, WireClient, WireError};
use super::connection::CollectorAddress;
use crate::spool::{Position, Record, Spool};
use crate::telemetry::Counts;

/// How long the collector may take to welcome, and to acknowledge.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// The pace of the backlog: this many frames each [`BACKLOG_TICK`], 500 a second.
const BACKLOG_BURST: usize = 25;
const BACKLOG_TICK: Duration = Duration::from_millis(50);

/// How long to wait for the last acknowledgements at the end.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

pub struct Session<'u> {
    address: &'u CollectorAddress,
    context: &'u UplinkContext,
}

/// What has been sent on this stream.
struct Progress {
    client: WireClient,
    live: Position,
    backlog: Position,
    /// Where the backlog ends: what lies behind it is live.
    boundary: Position,
    defined: HashSet<(u64, u32)>,
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
    ) -> Result<(), WireError> {
        let client = tokio::select! {
            opened = self.open() => opened?,
            () = stopped(&mut stop) => return Ok(()),
        };
        backoff.reset();
        let mut progress = self.begin(client);
        let mut tick = tokio::time::interval(BACKLOG_TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            self.send_losses(&mut progress).await?;
            self.send_live(&mut progress).await?;
            let behind = progress.backlog < progress.boundary;
            tokio::select! {
                answer = progress.client.answer() => self.take(answer?, &mut progress).await?,
                () = self.context.appended.notified() => {}
                _ = tick.tick(), if behind => self.send_backlog(&mut progress).await?,
                () = stopped(&mut stop) => break,
            }
        }
        self.drain(progress).await;
        Ok(())
    }

    async fn open(&self) -> Result<WireClient, WireError> {
        let introduction = Introduction {
            boot: self.context.boot,
            agent_version: env!("CARGO_PKG_VERSION").into(),
            patience: ANSWER_TIMEOUT,
        };
        let (client, welcome) = WireClient::open(self.address, introduction).await?;
        tracing::info!(
            collector = %self.address,
            instance = welcome.instance,
            version = welcome.collector_version,
            "connected"
        );
        self.context.counts.connected.store(1, Ordering::Relaxed);
        Counts::add(&self.context.counts.connections, 1);
        Ok(client)
    }

    fn begin(&self, client: WireClient) -> Progress {
        let spool = self.context.spool.lock();
        let end = spool.map(|mut spool| spool.begin_segment()).unwrap_or_default();
        Progress {
            client,
            live: end,
            backlog: Position::default(),
            boundary: end,
            defined: HashSet::new(),
            reported_losses: Vec::new(),
        }
    }

    async fn send_live(&self, progress: &mut Progress) -> Result<(), WireError> {
        while progress.client.room() > 0 {
            let next = self.take_next(&mut progress.live, None);
            let Some((boot, record)) = next else { break };
            progress.send(boot, record).await?;
        }
        Ok(())
    }

    async fn send_backlog(&self, progress: &mut Progress) -> Result<(), WireError> {
        for _ in 0..BACKLOG_BURST.min(progress.client.room()) {
            let limit = Some(progress.boundary);
            let Some((boot, record)) = self.take_next(&mut progress.backlog, limit) else {
                progress.backlog = progress.boundary;
                break;
            };
            progress.send(boot, record).await?;
        }
        Ok(())
    }

    async fn send_losses(&self, progress: &mut Progress) -> Result<(), WireError> {
        let losses = self.context.spool.lock().map(|spool| spool.losses().to_vec());
        for loss in losses.unwrap_or_default() {
            let (boot, first, last) = (loss.boot, loss.first_sequence, loss.last_sequence);
            let range = SequenceRange { boot, first, last };
            if progress.client.room() > 0 && !progress.reported_losses.contains(&range) {
                progress.client.report(loss).await?;
                progress.reported_losses.push(range);
            }
        }
        Ok(())
    }

    /// The next record of the log, noted as sent.
    fn take_next(&self, position: &mut Position, limit: Option<Position>) -> Option<(u64, Record)> {
        let mut spool = self.context.spool.lock().ok()?;
        take_next(&mut spool, position, limit)
    }

    async fn take(&self, answer: Answer, progress: &mut Progress) -> Result<(), WireError> {
        match answer {
            Answer::Acknowledged(acknowledgement) => {
                self.take_acknowledgement(&acknowledgement, progress);
            }
            Answer::Refused(refusal) => self.take_refusal(&refusal, progress),
            Answer::Settings(settings) => self.apply(settings, progress).await?,
        }
        Ok(())
    }

    fn take_acknowledgement(&self, acknowledgement: &Acknowledgement, progress: &mut Progress) {
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

    async fn apply(&self, settings: Settings, progress: &mut Progress) -> Result<(), WireError> {
        let interval = wished_interval(&settings);
        tracing::info!(version = settings.version, ?interval, "settings from the collector");
        self.context.interval.send_replace(interval);
        self.context.counts.settings_version.store(settings.version, Ordering::Relaxed);
        progress.client.echo(SettingsApplied { version: settings.version }).await
    }

    /// Sends what is left and waits for its acknowledgement, for a moment.
    async fn drain(&self, mut progress: Progress) {
        let end = Instant::now() + DRAIN_TIMEOUT;
        let draining = async {
            loop {
                self.send_live(&mut progress).await?;
                self.send_backlog(&mut progress).await?;
                if progress.client.unanswered() == 0 {
                    return Ok::<_, WireError>(());
                }
                let answer = progress.client.answer().await?;
                self.take(answer, &mut progress).await?;
            }
        };
        // What is not acknowledged in time waits for the next run.
        let _ = timeout_at(end, draining).await;
    }
}

/// A stop token that is gone means stop, too.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
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
    async fn send(&mut self, boot: u64, record: Record) -> Result<(), WireError> {
        match record {
            Record::Series(SeriesDefinitions { mut series, .. }) => {
                series.retain(|series| self.defined.insert((boot, series.id)));
                if series.is_empty() {
                    return Ok(());
                }
                self.client.define(boot, series).await
            }
            Record::Frame(frame) => self.client.push(vec![frame]).await,
        }
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
