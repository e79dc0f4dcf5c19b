//! An agent that sends a frame every few milliseconds and times its acknowledgement.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use headroom_proto::catalogue::HEADROOM_AGENT_FRAMES_TOTAL;
use headroom_proto::wire::{Frame, SeriesDefinition};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::collector::Collector;
use crate::load::{Host, now_ms};
use crate::stream;

const BEAT: Duration = Duration::from_millis(20);

/// Its boot.
const BOOT: u64 = 1;

/// A running agent; without [`Pulse::stop`] it ends with its runtime.
pub struct Pulse {
    delays: Arc<Mutex<Delays>>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<anyhow::Result<()>>,
}

/// How long acknowledgements took, in milliseconds.
#[derive(Debug, Default)]
pub struct Delays(Vec<f64>);

impl Delays {
    /// What 99 of a hundred stayed within.
    pub fn p99_ms(mut self) -> anyhow::Result<f64> {
        self.0.sort_by(f64::total_cmp);
        self.0.get(self.0.len() * 99 / 100).copied().context("something was acknowledged")
    }
}

impl Pulse {
    /// Connects and begins.
    pub async fn start(collector: &Collector) -> anyhow::Result<Self> {
        let token = collector.tokens.first().context("the collector knows an agent")?;
        let mut wire = stream::open(&collector.grpc, token, BOOT).await?;
        let mut series = Host::new(0).series;
        let mut definitions = stream::definitions(&series);
        // Makes it a host with a page.
        let metric = HEADROOM_AGENT_FRAMES_TOTAL.name.to_owned();
        let id = definitions.len() as u32;
        definitions.push(SeriesDefinition { id, metric, labels: Vec::new() });
        wire.define(BOOT, definitions).await?;
        let delays = Arc::new(Mutex::new(Delays::default()));
        let (stop, mut stopped) = oneshot::channel();
        let noted = Arc::clone(&delays);
        let task = tokio::spawn(async move {
            let mut pace = tokio::time::interval(BEAT);
            for sequence in 1.. {
                tokio::select! {
                    _ = pace.tick() => {}
                    _ = &mut stopped => break,
                }
                let frame = Frame {
                    boot: BOOT,
                    sequence,
                    timestamp_ms: now_ms(),
                    ids: (0..=series.len() as u32).collect(),
                    values: series
                        .iter_mut()
                        .map(|series| series.signal.next())
                        .chain([sequence as f64])
                        .collect(),
                    ..Frame::default()
                };
                let sent = Instant::now();
                stream::push(&mut wire, frame).await?;
                stream::settle(&mut wire).await?;
                let delay_ms = sent.elapsed().as_secs_f64() * 1e3;
                noted.lock().unwrap_or_else(PoisonError::into_inner).0.push(delay_ms);
            }
            Ok(())
        });
        Ok(Self { delays, stop, task })
    }

    /// The delays since they were last taken.
    pub fn take(&self) -> Delays {
        std::mem::take(&mut self.delays.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends it; an error if a frame was refused.
    pub async fn stop(self) -> anyhow::Result<()> {
        let _ = self.stop.send(());
        self.task.await?
    }
}
