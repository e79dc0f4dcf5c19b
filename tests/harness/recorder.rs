//! A proxy between an agent and its collector that keeps every byte that passes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What has passed one way.
type Bytes = Arc<Mutex<Vec<u8>>>;

/// A proxy that runs until it is dropped.
pub struct Recorder {
    address: SocketAddr,
    up: Bytes,
    down: Bytes,
    _tasks: JoinSet<()>,
}

impl Recorder {
    /// Starts it on a free port of loopback, before an address such as `http://127.0.0.1:8441`.
    pub async fn before(target: &str) -> Self {
        let target = target.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port has an address");
        let (up, down) = (Bytes::default(), Bytes::default());
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, target, (Arc::clone(&up), Arc::clone(&down))));
        Self { address, up, down, _tasks: tasks }
    }

    /// Where the agent pushes.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All that has passed up and down.
    pub fn bytes(&self) -> [Vec<u8>; 2] {
        [&self.up, &self.down]
            .map(|bytes| bytes.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

async fn serve(listener: TcpListener, target: String, (up, down): (Bytes, Bytes)) {
    let mut connections = JoinSet::new();
    while let Ok((near, _)) = listener.accept().await {
        let Ok(far) = TcpStream::connect(&target).await else { continue };
        let ((near_read, near_write), (far_read, far_write)) =
            (near.into_split(), far.into_split());
        connections.spawn(pass(near_read, far_write, Arc::clone(&up)));
        connections.spawn(pass(far_read, near_write, Arc::clone(&down)));
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, bytes: Bytes) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        bytes.lock().unwrap_or_else(PoisonError::into_inner).extend(&buffer[..count]);
        if to.write_all(&buffer[..count]).await.is_err() {
            break;
        }
    }
}
