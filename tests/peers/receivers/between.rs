//! A relay between Headroom and a Matrix server: it notes what is sent when and how that is answered, and
//! loses an answer where it is told to.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::io::BufReader;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

use crate::http::Message;

/// The path of an event that is sent has this.
const SENT: &str = "/send/m.room.message/";

/// Clocks and wires may take so long.
const SLACK: Duration = Duration::from_millis(20);

/// An event that was sent.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Its path, which names it.
    pub path: String,
    /// When.
    pub at: Instant,
    /// How the server answered.
    pub status: u16,
    /// Until when it did not want to be asked.
    pub patience: Option<Instant>,
}

#[derive(Default)]
struct Notes {
    sent: Mutex<Vec<Sent>>,
    loses: AtomicBool,
}

/// A relay that listens until it is dropped.
pub struct Between {
    url: String,
    notes: Arc<Notes>,
    listening: AbortHandle,
}

impl Between {
    /// Starts one in front of the server at `url`.
    pub async fn start(url: &str) -> anyhow::Result<Self> {
        let target = url.strip_prefix("http://").context("an address in plain HTTP")?.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let own = format!("http://{}", listener.local_addr()?);
        let notes = Arc::<Notes>::default();
        let shared = Arc::clone(&notes);
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (notes, target) = (Arc::clone(&shared), target.clone());
                tokio::spawn(async move {
                    // Whoever goes away is no failure.
                    let _ = relay(client, &target, &notes).await;
                });
            }
        });
        Ok(Self { url: own, notes, listening: listening.abort_handle() })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The next answer to an event never arrives.
    pub fn lose_an_answer(&self) {
        self.notes.loses.store(true, Ordering::Relaxed);
    }

    /// All events that were sent, in order.
    pub fn sent(&self) -> Vec<Sent> {
        self.notes.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// How many were sent while the server did not want to be asked.
pub fn too_soon(sent: &[Sent]) -> usize {
    let is_too_soon = |(place, one): &(usize, &Sent)| {
        let asked = sent[..*place].iter().filter_map(|before| before.patience);
        asked.max().is_some_and(|until| one.at + SLACK < until)
    };
    sent.iter().enumerate().filter(is_too_soon).count()
}

async fn relay(client: TcpStream, target: &str, notes: &Notes) -> anyhow::Result<()> {
    let mut client = BufReader::new(client);
    let mut server = BufReader::new(TcpStream::connect(target).await?);
    loop {
        let request = Message::read(&mut client).await?;
        let at = Instant::now();
        request.write(&mut server).await?;
        let answer = Message::read(&mut server).await?;
        let line = String::from_utf8_lossy(&request.head).into_owned();
        let path = line.split(' ').nth(1).unwrap_or_default();
        if path.contains(SENT) {
            let status = answer.status().unwrap_or(0);
            let patience = patience(&answer).map(|wait| Instant::now() + wait);
            let one = Sent { path: path.to_owned(), at, status, patience };
            notes.sent.lock().unwrap_or_else(PoisonError::into_inner).push(one);
            if notes.loses.swap(false, Ordering::Relaxed) {
                return Ok(());
            }
        }
        answer.write(&mut client).await?;
    }
}

/// How long a server wants to be left alone.
fn patience(answer: &Message) -> Option<Duration> {
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    let (_, rest) = body.split_once("\"retry_after_ms\":")?;
    let digits: String = rest.trim_start().chars().take_while(char::is_ascii_digit).collect();
    Some(Duration::from_millis(digits.parse().ok()?))
}
