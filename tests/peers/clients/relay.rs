//! A relay between a client and the collector, which reads what the client is told. It is a server of
//! one connection at a time for each client, in plain HTTP/1.1.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use tokio::io::BufReader;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

use crate::http::Message;

/// What a client was told.
#[derive(Debug, Clone, Copy, Default)]
pub struct Told {
    /// Samples that were refused.
    pub refused: u64,
    /// Requests that were answered.
    pub requests: u64,
    /// Those with 500 and more.
    pub failed: u64,
}

#[derive(Default)]
struct Counts {
    refused: AtomicU64,
    requests: AtomicU64,
    failed: AtomicU64,
}

/// A relay that listens until it is dropped.
pub struct Relay {
    url: String,
    counts: Arc<Counts>,
    listening: AbortHandle,
}

impl Relay {
    /// Starts one in front of the collector at `url`.
    pub async fn start(url: &str) -> anyhow::Result<Self> {
        let target = url.strip_prefix("http://").context("an address in plain HTTP")?.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let own = format!("http://{}", listener.local_addr()?);
        let counts = Arc::new(Counts::default());
        let shared = Arc::clone(&counts);
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (counts, target) = (Arc::clone(&shared), target.clone());
                tokio::spawn(async move {
                    // A client that goes away is no failure.
                    let _ = relay(client, &target, &counts).await;
                });
            }
        });
        Ok(Self { url: own, counts, listening: listening.abort_handle() })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What was told so far.
    pub fn told(&self) -> Told {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Counts { refused, requests, failed } = &*self.counts;
        Told { refused: read(refused), requests: read(requests), failed: read(failed) }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Hands messages to and fro, whole.
async fn relay(client: TcpStream, target: &str, counts: &Counts) -> anyhow::Result<()> {
    let mut client = BufReader::new(client);
    let mut server = BufReader::new(TcpStream::connect(target).await?);
    loop {
        Message::read(&mut client).await?.write(&mut server).await?;
        let answer = Message::read(&mut server).await?;
        count(&answer, counts);
        answer.write(&mut client).await?;
    }
}

fn count(answer: &Message, counts: &Counts) {
    let status = answer.status().unwrap_or(500);
    counts.requests.fetch_add(1, Ordering::Relaxed);
    counts.failed.fetch_add(u64::from(status >= 500), Ordering::Relaxed);
    let body = String::from_utf8_lossy(&answer.body);
    let refused = body.split_once(" samples were refused").and_then(|(n, _)| n.parse().ok());
    counts.refused.fetch_add(refused.unwrap_or(0), Ordering::Relaxed);
}
