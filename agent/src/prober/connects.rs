//! TCP connections as pings: each is opened, timed and closed at once.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use headroom_proto::wire::ProbeError;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::paths::Place;
use super::round::TIMEOUT;

/// The most connections that are being opened at once.
const MOST: usize = 512;

/// Connections that are being opened.
#[derive(Debug, Default)]
pub struct Connects {
    tasks: JoinSet<Connected>,
}

/// What became of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connected {
    /// Whose it was.
    pub place: Place,
    /// How long it took; none if it took too long.
    pub took: Result<Option<Duration>, ProbeError>,
}

impl Connects {
    /// Opens a connection. Whether there was room for it.
    pub fn open(&mut self, place: Place, address: SocketAddr) -> bool {
        if self.tasks.len() >= MOST {
            return false;
        }
        self.tasks.spawn(async move { Connected { place, took: connect(address).await } });
        true
    }

    /// What became of the next; waits for ever while there is none.
    pub async fn next(&mut self) -> Connected {
        loop {
            match self.tasks.join_next().await {
                Some(Ok(connected)) => return connected,
                // One that panicked is not answered.
                Some(Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }
}

async fn connect(address: SocketAddr) -> Result<Option<Duration>, ProbeError> {
    let begun = Instant::now();
    match timeout(TIMEOUT, TcpStream::connect(address)).await {
        Ok(Ok(stream)) if is_with_itself(&stream) => Err(ProbeError::Refused),
        Ok(Ok(_)) => Ok(Some(begun.elapsed())),
        Ok(Err(error)) => Err(meaning(&error)),
        Err(_) => Ok(None),
    }
}

/// Whether a connection has the same place at both ends: where nobody listens on a port of this host that the kernel may
/// also give away, it gives that one now and then, and both sides begin at once (RFC 9293, 3.5).
fn is_with_itself(stream: &TcpStream) -> bool {
    matches!((stream.local_addr(), stream.peer_addr()), (Ok(own), Ok(other)) if own == other)
}

/// What a failure to connect says.
pub fn meaning(error: &io::Error) -> ProbeError {
    match error.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => ProbeError::Refused,
        io::ErrorKind::HostUnreachable | io::ErrorKind::TimedOut => ProbeError::HostUnreachable,
        // Of this host, as of a router: the socket does not tell them apart.
        io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NetworkDown
        | io::ErrorKind::AddrNotAvailable => ProbeError::NoRoute,
        io::ErrorKind::PermissionDenied => ProbeError::Prohibited,
        _ => ProbeError::NotSent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::{TcpListener, TcpSocket};

    #[tokio::test]
    async fn who_meets_only_itself_was_not_answered() {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let own = socket.local_addr().unwrap();
        let stream = socket.connect(own).await.unwrap();
        assert!(is_with_itself(&stream));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        assert!(!is_with_itself(&TcpStream::connect(at).await.unwrap()));
        assert!(connect(at).await.unwrap().is_some());
        drop(listener);
        assert_eq!(connect(at).await, Err(ProbeError::Refused));
    }
}
