//! A relay between a client and the collector, which reads what the client is told. It is a server of
//! one connection at a time for each client, in plain HTTP/1.1.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

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
        let request = Message::read(&mut client).await?;
        server.write_all(&request.head).await?;
        server.write_all(&request.body).await?;
        let answer = Message::read(&mut server).await?;
        count(&answer, counts);
        client.write_all(&answer.head).await?;
        client.write_all(&answer.body).await?;
    }
}

fn count(answer: &Message, counts: &Counts) {
    let head = String::from_utf8_lossy(&answer.head);
    let status: u16 = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(500);
    counts.requests.fetch_add(1, Ordering::Relaxed);
    counts.failed.fetch_add(u64::from(status >= 500), Ordering::Relaxed);
    let body = String::from_utf8_lossy(&answer.body);
    let refused = body.split_once(" samples were refused").and_then(|(n, _)| n.parse().ok());
    counts.refused.fetch_add(refused.unwrap_or(0), Ordering::Relaxed);
}

/// A request or an answer.
struct Message {
    head: Vec<u8>,
    body: Vec<u8>,
}

impl Message {
    async fn read(from: &mut BufReader<TcpStream>) -> anyhow::Result<Self> {
        let mut head = Vec::new();
        loop {
            let before = head.len();
            let read = from.read_until(b'\n', &mut head).await?;
            anyhow::ensure!(read > 0, "the connection has ended");
            if head[before..].trim_ascii().is_empty() {
                break;
            }
        }
        let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
        let header = |name: &str| {
            text.lines().find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()))
        };
        let mut body = Vec::new();
        if header("transfer-encoding:").is_some_and(|coding| coding == "chunked") {
            while !body.ends_with(b"0\r\n\r\n") {
                anyhow::ensure!(from.read_until(b'\n', &mut body).await? > 0, "it ends too early");
            }
        } else {
            let length = header("content-length:").and_then(|length| length.parse().ok());
            body.resize(length.unwrap_or(0), 0);
            from.read_exact(&mut body).await?;
        }
        Ok(Self { head, body })
    }
}
