//! Samples as they come, by remote write to both at once.

use std::time::{Duration, Instant};

use super::files::{CORPUS, WAVES};
use super::now_ms;
use crate::peer::Peer;
use crate::remote_write::{Batches, Labels, Point, post};

/// Hosts of which a thousand rules ask, and what each has.
const HOSTS: usize = 20;
const METRICS: usize = 50;

/// What is written, and how often.
pub struct Feed {
    labels: Vec<Labels>,
    every: Duration,
    /// The values at a second.
    values: fn(usize, u64) -> Option<f64>,
    second: u64,
    client: reqwest::Client,
}

impl Feed {
    /// Waves, a counter and the corpus, each second.
    pub fn of_semantics() -> Self {
        let mut labels = Vec::new();
        for wave in WAVES {
            labels.push(Labels::new(
                [("__name__", "wave"), ("period", &*wave.to_string())].into_iter(),
            ));
        }
        labels.push(Labels::new([("__name__", "counter"), ("job", "a")].into_iter()));
        for (kind, _) in CORPUS {
            labels.push(Labels::new([("__name__", "corpus"), ("kind", kind)].into_iter()));
        }
        let values = |place: usize, second: u64| match WAVES.get(place) {
            // What is 1 for half of the time, and now and then not there at all.
            Some(wave) => Some(f64::from(u8::from(second % wave < wave / 2))),
            None if place == WAVES.len() => Some(second as f64 * 3.0),
            None => CORPUS.get(place - WAVES.len() - 1).map(|(_, value)| *value),
        };
        Self::new(labels, Duration::from_secs(1), values)
    }

    /// Counters of hosts, each ten seconds.
    pub fn of_hosts() -> Self {
        let mut labels = Vec::new();
        for host in 0..HOSTS {
            for metric in 0..METRICS {
                let (name, instance) = (format!("host_metric_{metric}"), format!("host{host}"));
                let pairs = [("__name__", &*name), ("instance", &*instance), ("job", "node")];
                labels.push(Labels::new(pairs.into_iter()));
            }
        }
        let values = |place: usize, second: u64| Some((second * (place as u64 % 97 + 1)) as f64);
        Self::new(labels, Duration::from_secs(10), values)
    }

    fn new(labels: Vec<Labels>, every: Duration, values: fn(usize, u64) -> Option<f64>) -> Self {
        Self { labels, every, values, second: 0, client: reqwest::Client::new() }
    }

    /// Writes for so long.
    pub async fn run(&mut self, first: &Peer, second: &Peer, time: Duration) -> anyhow::Result<()> {
        let end = Instant::now() + time;
        let mut ticks = tokio::time::interval(self.every);
        while Instant::now() < end {
            ticks.tick().await;
            let (at_ms, values) = (now_ms(), self.values);
            let points: Vec<Point> = (0..self.labels.len())
                .filter_map(|series| {
                    let value = values(series, self.second)?;
                    Some(Point { series, timestamp_ms: at_ms, value })
                })
                .collect();
            self.second += self.every.as_secs();
            for body in Batches::new(self.labels.clone(), points.into_iter()) {
                let ours = post(&self.client, second, body.clone());
                let (theirs, ours) = tokio::join!(post(&self.client, first, body), ours);
                theirs?;
                ours?;
            }
        }
        Ok(())
    }
}
