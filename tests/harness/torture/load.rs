//! Writers that push numbered frames through both doors and note what was acknowledged.
//!
//! A timestamp and a value follow from writer, series and sequence, so nothing is kept but the
//! sequences.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use headroom_proto::sequences::SequenceSet;
use headroom_proto::wire::Frame;
use headroom_proto::wire::agent_message::Message as Up;
use headroom_proto::wire::collector_message::Message as Down;
use tonic::Status;

use super::pings::round;
use crate::by_hand::{ByHand, series};
use crate::remote_write::{
    Destination, WriteRequest, WrittenLabel, WrittenSample, WrittenSeries, remote_write,
};

/// Series of each writer.
pub const SERIES: usize = 8;
/// The distance of two frames: far enough that a short run fills days, which then merge.
pub const STEP_MS: i64 = 20_000;
/// Where time begins for a writer: well within what is kept.
const AGE_MS: i64 = 25 * 86_400_000;
/// Frames sent before their acknowledgement.
const WINDOW: u64 = 8;
/// Between two windows, so that the amount to verify stays readable.
const PACE: Duration = Duration::from_millis(10);
/// Between two attempts to connect.
const RETRY: Duration = Duration::from_millis(20);
const BOOT: u64 = 42;

/// Through which door a writer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// As an agent, whose frames carry rounds of pings, too.
    Agent,
    /// By remote write.
    RemoteWrite,
}

/// What one writer has sent, and what of it was acknowledged.
#[derive(Debug, Clone)]
pub struct Ledger {
    /// The label `instance` of its series.
    pub instance: String,
    /// How it comes.
    pub door: Door,
    /// The last sequence sent; they count from 1.
    pub sent: u64,
    /// The sequences acknowledged.
    pub acknowledged: SequenceSet,
    /// What was refused as a whole though it was right.
    pub refused: Vec<String>,
    /// The last failure of the other side, until it works again.
    pub failure: Option<String>,
    base_ms: i64,
}

impl Ledger {
    fn new(instance: &str, door: Door) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        Self {
            instance: instance.to_owned(),
            door,
            sent: 0,
            acknowledged: SequenceSet::new(),
            refused: Vec::new(),
            failure: None,
            base_ms: (now.as_millis() as i64 - AGE_MS) / 1000 * 1000,
        }
    }

    /// When a frame was sampled, Unix time in milliseconds.
    pub fn timestamp_ms(&self, sequence: u64) -> i64 {
        self.base_ms + sequence as i64 * STEP_MS
    }

    /// The sequence of a timestamp, if a frame can have it.
    pub fn sequence(&self, timestamp_ms: i64) -> Option<u64> {
        let passed = timestamp_ms - self.base_ms;
        let whole = passed > 0 && passed % STEP_MS == 0;
        whole.then_some((passed / STEP_MS) as u64).filter(|sequence| *sequence <= self.sent)
    }

    /// Counters and gauges in turn.
    pub fn value(series: usize, sequence: u64) -> f64 {
        let mixed = (sequence * 2_654_435_761 + series as u64) % 100_000;
        if series.is_multiple_of(2) {
            (sequence * 100 + series as u64) as f64
        } else {
            mixed as f64 / 1000.0
        }
    }

    /// The samples acknowledged, over all series.
    pub fn samples(&self) -> u64 {
        self.acknowledged.count() * SERIES as u64
    }

    /// What is sent next: what has no answer yet, then what is new.
    fn window(&mut self, stopping: bool) -> Vec<u64> {
        let mut window: Vec<u64> = match self.acknowledged.ranges() {
            [] => (1..=self.sent).collect(),
            ranges => {
                let first_hole =
                    ranges.first().map_or(1, |range| if range.0 > 1 { 1 } else { range.1 + 1 });
                (first_hole..=self.sent).filter(|n| !self.acknowledged.contains(*n)).collect()
            }
        };
        let end = (AGE_MS / STEP_MS) as u64 - 1;
        while !stopping && (window.len() as u64) < WINDOW && self.sent < end {
            self.sent += 1;
            window.push(self.sent);
        }
        window
    }
}

/// The metric's name of a series.
pub fn metric(series: usize) -> String {
    format!("torture_{series}")
}

/// A ledger that a writer fills while others look.
#[derive(Clone)]
pub struct Shared(Arc<Mutex<Ledger>>);

impl Shared {
    /// An empty one.
    pub fn new(instance: &str, door: Door) -> Self {
        Self(Arc::new(Mutex::new(Ledger::new(instance, door))))
    }

    /// As it is now.
    pub fn now(&self) -> Ledger {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Pushes as an agent until told to stop and everything is acknowledged.
pub async fn push(address: String, token: String, ledger: Shared, stop: Arc<AtomicBool>) {
    loop {
        let outcome = session(&address, &token, &ledger, &stop).await;
        match outcome {
            Ok(()) => return,
            Err(status) => ledger.lock().failure = Some(status.message().to_owned()),
        }
        tokio::time::sleep(RETRY).await;
    }
}

async fn session(
    address: &str,
    token: &str,
    ledger: &Shared,
    stop: &AtomicBool,
) -> Result<(), Status> {
    let mut stream = ByHand::welcomed(address, token, BOOT).await?;
    let names: Vec<String> = (0..SERIES).map(metric).collect();
    let definition = |(id, name)| (id as u32, name, &[][..]);
    let definitions: Vec<_> =
        names.iter().map(String::as_str).enumerate().map(definition).collect();
    stream.send(series(BOOT, &definitions)).await?;
    loop {
        let window = ledger.lock().window(stop.load(Ordering::Relaxed));
        if window.is_empty() {
            return Ok(());
        }
        for &sequence in &window {
            stream.send(frame(ledger, sequence)).await?;
        }
        while window.iter().any(|sequence| !ledger.lock().acknowledged.contains(*sequence)) {
            let answer = stream.answer().await?;
            let mut ledger = ledger.lock();
            match answer {
                Down::Acknowledgement(done) => {
                    ledger.failure = None;
                    for range in done.frames {
                        ledger.acknowledged.insert_range(range.first, range.last);
                    }
                }
                Down::Refusal(refusal) => {
                    ledger.refused.push(refusal.reason.clone());
                    return Err(Status::aborted(refusal.reason));
                }
                Down::Welcome(_) | Down::Settings(_) => {}
            }
        }
        tokio::time::sleep(PACE).await;
    }
}

fn frame(ledger: &Shared, sequence: u64) -> Up {
    let timestamp_ms = ledger.lock().timestamp_ms(sequence);
    let values = (0..SERIES).map(|series| Ledger::value(series, sequence)).collect();
    Up::Frame(Frame {
        boot: BOOT,
        sequence,
        timestamp_ms,
        ids: (0..SERIES as u32).collect(),
        values,
        rounds: vec![round(&ledger.now(), sequence)],
        ..Frame::default()
    })
}

/// Writes by remote write until told to stop and everything is acknowledged.
pub async fn write(to: Destination, ledger: Shared, stop: Arc<AtomicBool>) {
    let client = reqwest::Client::new();
    loop {
        let window = ledger.lock().window(stop.load(Ordering::Relaxed));
        let (Some(&first), Some(&last)) = (window.first(), window.last()) else { return };
        let request = request(&ledger.now(), &window);
        let status = remote_write(&client, &to, &request).await;
        {
            let mut ledger = ledger.lock();
            if status == Some(204) {
                assert_eq!(window.len() as u64, last - first + 1, "a window has no holes");
                ledger.acknowledged.insert_range(first, last);
                ledger.failure = None;
            } else {
                ledger.failure = Some(format!("status {status:?}"));
            }
            if let Some(400..=499) = status {
                ledger.refused.push(format!("status {status:?}"));
            }
        }
        tokio::time::sleep(if status.is_some() { PACE } else { RETRY }).await;
    }
}

fn request(ledger: &Ledger, window: &[u64]) -> WriteRequest {
    let label = |name: &str, value: &str| WrittenLabel { name: name.into(), value: value.into() };
    let one = |series: usize| {
        let sample = |&sequence: &u64| WrittenSample {
            value: Ledger::value(series, sequence),
            timestamp_ms: ledger.timestamp_ms(sequence),
        };
        WrittenSeries {
            labels: vec![label("__name__", &metric(series)), label("instance", &ledger.instance)],
            samples: window.iter().map(sample).collect(),
        }
    };
    WriteRequest { series: (0..SERIES).map(one).collect() }
}
