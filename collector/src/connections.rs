//! Connections on a listener: who is let in, and who is cut off for keeping silent.
//!
//! A connection is a stranger's until somebody on it has shown a known token. Strangers have less
//! room, in all and from one peer, and less time; who was known before has a part for itself.

mod book;
mod incoming;
mod watched;

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use self::book::{Book, Entered};
pub use self::incoming::Incoming;
pub use self::watched::Watched;
use crate::telemetry::{ConnectionCounts, Shut};

/// How many connections a listener has room for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// In all.
    pub all: usize,
    /// Strangers' of one peer; of a peer that is known already, half of all.
    pub per_peer: usize,
    /// Who brings connections of many, such as a proxy: these are counted in all alone.
    pub proxies: HashSet<IpAddr>,
}

/// How long a connection may go without what is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// As long a stranger may stay, where there is anything but strangers.
    pub stranger: Option<Duration>,
    /// As long whoever is written to may take nothing.
    pub write: Duration,
}

/// The connections of one listener.
pub struct Connections {
    members: Mutex<Members>,
    counts: Arc<ConnectionCounts>,
    patience: Patience,
}

struct Members {
    book: Book,
    /// What ends a connection, by its number.
    ends: HashMap<u64, CancellationToken>,
}

/// One connection, for whoever serves it. Clones are the same one, which has ended with the last.
#[derive(Clone)]
pub struct Caller(Arc<Line>);

struct Line {
    connections: Arc<Connections>,
    address: SocketAddr,
    number: u64,
    /// Told when it must end for another.
    end: CancellationToken,
    asked: AtomicBool,
    /// How many times it is known now.
    known: AtomicUsize,
    stranger_since: Mutex<Instant>,
}

/// A connection is known for as long as this lives.
pub struct Known(Caller);

impl ConnectionLimits {
    /// For readers and programs, unless configured otherwise.
    pub fn of_http() -> Self {
        Self { all: 1000, per_peer: 500, proxies: HashSet::new() }
    }

    /// For agents, unless configured otherwise.
    pub fn of_grpc() -> Self {
        Self { all: 20_000, per_peer: 250, proxies: HashSet::new() }
    }

    /// The same where no more than so many fit at all.
    #[must_use]
    pub fn within(self, most: usize) -> Self {
        let all = self.all.min(most).max(1);
        Self { all, per_peer: self.per_peer.min(all.div_ceil(2)), proxies: self.proxies }
    }
}

impl Connections {
    /// None yet.
    pub fn new(
        limits: ConnectionLimits,
        patience: Patience,
        counts: Arc<ConnectionCounts>,
    ) -> Arc<Self> {
        let members = Members { book: Book::new(limits), ends: HashMap::new() };
        Arc::new(Self { members: Mutex::new(members), counts, patience })
    }

    /// How long what may take.
    pub fn patience(&self) -> Patience {
        self.patience
    }

    /// What is counted.
    pub fn counts(&self) -> &ConnectionCounts {
        &self.counts
    }

    /// Lets one in, for which a silent one may have to go, or tells why not, which is counted.
    pub fn enter(self: &Arc<Self>, address: SocketAddr, now: Instant) -> Result<Caller, Shut> {
        let end = CancellationToken::new();
        let number = {
            let mut members = self.members();
            let entered = members.book.enter(address.ip());
            let Entered { number, ended } =
                entered.inspect_err(|shut| self.counts.refuse(*shut))?;
            if let Some(other) = ended.and_then(|ended| members.ends.remove(&ended)) {
                other.cancel();
            }
            members.ends.insert(number, end.clone());
            number
        };
        self.counts.open.fetch_add(1, Ordering::Relaxed);
        Ok(Caller(Arc::new(Line {
            connections: Arc::clone(self),
            address,
            number,
            end,
            asked: AtomicBool::new(false),
            known: AtomicUsize::new(0),
            stranger_since: Mutex::new(now),
        })))
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Caller {
    /// From where it comes.
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// Something is asked on it: it ends for no other any more.
    pub fn ask(&self) {
        if !self.0.asked.swap(true, Ordering::Relaxed) {
            self.0.connections.members().book.ask(self.0.number);
        }
    }

    /// Told when it must end for another.
    pub fn end(&self) -> &CancellationToken {
        &self.0.end
    }

    /// Somebody on it has shown a known token: it is no stranger's while the answer lives.
    pub fn recognise(&self) -> Known {
        self.0.become_known();
        Known(self.clone())
    }

    /// The same for as long as it lasts.
    pub fn recognise_for_good(&self) {
        if self.stranger_since().is_some() {
            self.0.become_known();
        }
    }

    /// Since when it is a stranger's, if it is one's.
    pub fn stranger_since(&self) -> Option<Instant> {
        (self.0.known.load(Ordering::Relaxed) == 0).then(|| *self.0.since())
    }

    /// What all connections of its listener share.
    pub fn connections(&self) -> &Connections {
        &self.0.connections
    }
}

impl Line {
    fn become_known(&self) {
        if self.known.fetch_add(1, Ordering::Relaxed) == 0 {
            self.connections.members().book.recognise(self.number);
        }
    }

    fn since(&self) -> MutexGuard<'_, Instant> {
        self.stranger_since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Known {
    fn drop(&mut self) {
        let line = &self.0.0;
        *line.since() = Instant::now();
        if line.known.fetch_sub(1, Ordering::Relaxed) == 1 {
            line.connections.members().book.forget(line.number);
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let mut members = self.connections.members();
        members.book.leave(self.number);
        members.ends.remove(&self.number);
        drop(members);
        self.connections.counts.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_stream::StreamExt as _;

    use super::*;

    const SOON: Duration = Duration::from_millis(20);
    const LATE: Duration = Duration::from_secs(3600);

    /// A connection with that patience, as its two ends.
    async fn ends(patience: Patience) -> (TcpStream, Watched, Arc<Connections>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let far = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let limits = ConnectionLimits::of_http();
        let connections = Connections::new(limits, patience, Arc::default());
        let mut incoming = Incoming::new(listener, Arc::clone(&connections));
        let near = incoming.next().await.unwrap().unwrap();
        (far, near, connections)
    }

    fn cuts(connections: &Connections) -> Vec<(&'static str, u64)> {
        connections.counts().cuts().filter(|(_, count)| *count > 0).collect()
    }

    /// What a connection that is never cut off would wait for without an end.
    async fn in_time<T>(waited_for: impl Future<Output = T>) -> T {
        let waited = tokio::time::timeout(Duration::from_secs(20), waited_for).await;
        waited.expect("a connection that should have been cut off goes on")
    }

    #[tokio::test]
    async fn a_stranger_is_cut_off_and_one_who_is_known_is_not() {
        let patience = Patience { stranger: Some(SOON), write: LATE };
        let (mut far, mut near, connections) = ends(patience).await;
        let known = near.caller().recognise();
        let mut byte = [0];
        let silent = tokio::time::timeout(5 * SOON, near.read(&mut byte)).await;
        assert!(silent.is_err(), "it is waited for");
        far.write_all(b"x").await.unwrap();
        assert_eq!(near.read(&mut byte).await.unwrap(), 1);
        drop(known);
        assert!(in_time(near.read(&mut byte)).await.is_err(), "a stranger again");
        assert!(in_time(near.read(&mut byte)).await.is_err());
        assert_eq!(cuts(&connections), [("stranger", 1)]);
        drop(near);
        assert_eq!(connections.counts().open.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_silent_one_ends_for_another() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let limits = ConnectionLimits { all: 10, per_peer: 2, proxies: HashSet::new() };
        let patience = Patience { stranger: None, write: LATE };
        let connections = Connections::new(limits, patience, Arc::default());
        let mut incoming = Incoming::new(listener, Arc::clone(&connections));
        let mut ends = Vec::new();
        for _ in 0..3 {
            let far = TcpStream::connect(address).await.unwrap();
            ends.push((far, incoming.next().await.unwrap().unwrap()));
            ends[0].1.caller().ask();
        }
        let mut byte = [0];
        assert!(in_time(ends[1].1.read(&mut byte)).await.is_err());
        for other in [0, 2] {
            ends[other].0.write_all(b"x").await.unwrap();
            assert_eq!(ends[other].1.read(&mut byte).await.unwrap(), 1, "{other}");
        }
        assert_eq!(cuts(&connections), [("crowded", 1)]);
    }

    #[tokio::test]
    async fn whoever_takes_nothing_is_cut_off() {
        let patience = Patience { stranger: None, write: SOON };
        let (far, mut near, connections) = ends(patience).await;
        let bytes = vec![0; 64 << 20];
        assert!(in_time(near.write_all(&bytes)).await.is_err());
        assert_eq!(cuts(&connections), [("write", 1)]);
        drop(far);
    }
}
