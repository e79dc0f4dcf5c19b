//! Alerts go to Alertmanagers, each of them all, as Prometheus sends them.
//!
//! None delays another: each has a queue and a task of its own. What fires is handed in again each
//! minute, so that nothing is tried twice here; what a queue has no room for is dropped, oldest
//! first, and counted.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use serde::Serialize;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::complaint::Complaint;
use crate::rules::Notice;
use crate::telemetry::CollectorCounts;

/// The most that wait for one Alertmanager.
const QUEUE: usize = 10_000;

/// The most that are sent at once.
const BATCH: usize = 64;

/// How long one may take to answer.
const LONGEST: Duration = Duration::from_secs(10);

/// The way to all of them.
#[derive(Clone)]
pub struct Alertmanagers {
    queues: Arc<[Arc<Queue>]>,
    external_url: Arc<str>,
    counts: Arc<CollectorCounts>,
}

/// An address that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to read the address of an Alertmanager, {0}")]
pub struct AddressError(String);

/// What waits for one.
struct Queue {
    url: Url,
    waiting: Mutex<VecDeque<Arc<Told>>>,
    more: Notify,
}

/// An alert in Alertmanager's words.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: String,
}

impl Alertmanagers {
    /// Those at these addresses.
    pub fn new(
        addresses: &[String],
        external_url: &str,
        counts: Arc<CollectorCounts>,
    ) -> Result<Self, AddressError> {
        let queue = |address: &String| {
            let url = Url::parse(address).map_err(|_| AddressError(address.clone()))?;
            Ok(Arc::new(Queue { url, waiting: Mutex::default(), more: Notify::new() }))
        };
        let queues = addresses.iter().map(queue).collect::<Result<_, _>>()?;
        Ok(Self { queues, external_url: external_url.trim_end_matches('/').into(), counts })
    }

    /// Hands in what is to be told; never waits.
    pub fn tell(&self, notices: Vec<Notice>) {
        if self.queues.is_empty() {
            return;
        }
        for notice in notices {
            let told = Arc::new(Told::of(&notice, &self.external_url));
            for queue in &*self.queues {
                let mut waiting = queue.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                if waiting.len() == QUEUE {
                    waiting.pop_front();
                    self.counts.notices.dropped.fetch_add(1, Ordering::Relaxed);
                }
                waiting.push_back(Arc::clone(&told));
            }
        }
        self.queues.iter().for_each(|queue| queue.more.notify_one());
    }

    /// Sends what is handed in until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let client = reqwest::Client::builder()
            .timeout(LONGEST)
            .redirect(reqwest::redirect::Policy::none())
            .build();
        let client = match client {
            Ok(client) => client,
            Err(error) => {
                tracing::error!("no Alertmanager can be told: {error}");
                return;
            }
        };
        let mut tasks = tokio::task::JoinSet::new();
        for queue in &*self.queues {
            let sender = Sender {
                client: client.clone(),
                queue: Arc::clone(queue),
                counts: Arc::clone(&self.counts),
                complaint: Complaint::default(),
            };
            tasks.spawn(sender.run(stop.clone()));
        }
        stop.cancelled().await;
        while tasks.join_next().await.is_some() {}
    }
}

/// Who sends to one.
struct Sender {
    client: reqwest::Client,
    queue: Arc<Queue>,
    counts: Arc<CollectorCounts>,
    complaint: Complaint,
}

impl Sender {
    async fn run(mut self, stop: CancellationToken) {
        loop {
            let batch = self.batch();
            let work = async {
                if batch.is_empty() {
                    self.queue.more.notified().await;
                } else {
                    self.send(&batch).await;
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = work => {}
            }
        }
    }

    fn batch(&self) -> Vec<Arc<Told>> {
        let mut waiting = self.queue.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let count = waiting.len().min(BATCH);
        waiting.drain(..count).collect()
    }

    async fn send(&mut self, batch: &[Arc<Told>]) {
        let told: Vec<&Told> = batch.iter().map(|told| &**told).collect();
        let body = serde_json::to_vec(&told).expect("texts always have a form in JSON");
        let request = self.client.post(self.queue.url.clone());
        let sent = request.header(CONTENT_TYPE, "application/json").body(body).send().await;
        let failed = match sent {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("it answers {}", answer.status())),
            Err(error) => Some(error.without_url().to_string()),
        };
        let count = batch.len() as u64;
        let url = &self.queue.url;
        match failed {
            None => {
                self.counts.notices.sent.fetch_add(count, Ordering::Relaxed);
                if let Some(again) = self.complaint.works() {
                    tracing::info!(again, "Alertmanager {url} takes alerts again");
                }
            }
            Some(reason) => {
                self.counts.notices.failed.fetch_add(count, Ordering::Relaxed);
                if let Some(told) = self.complaint.failed(reason) {
                    tracing::error!("Alertmanager {url} does not take alerts: {told}");
                }
            }
        }
    }
}

impl Told {
    fn of(Notice { alert, ends_at_ms, link }: &Notice, external_url: &str) -> Self {
        let moment = |ms: i64| {
            Timestamp::from_millisecond(ms).map_or_else(|_| String::new(), |at| at.to_string())
        };
        let labels = alert.labels.iter();
        Self {
            labels: labels.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            annotations: alert.annotations.iter().cloned().collect(),
            starts_at: moment(alert.fired_at_ms.unwrap_or(alert.active_at_ms)),
            ends_at: moment(*ends_at_ms),
            generator_url: format!("{external_url}{link}"),
        }
    }
}
