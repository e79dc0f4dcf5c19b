//! A way from the loopback of a namespace to an address outside of it, by a relay of bytes.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use nix::sched::{CloneFlags, setns};

use crate::Namespace;

/// A relay that listens on loopback within a namespace; ends when dropped.
pub struct Passage {
    address: SocketAddr,
    inside: std::fs::File,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Passage {
    /// From the near namespace of a pair to `outside`, such as `127.0.0.1:8441`.
    pub fn open(pair: &Namespace, outside: SocketAddr) -> Self {
        let inside = std::fs::File::open(pair.near_file()).expect("the namespace is there");
        let file = inside.try_clone().expect("a file can be opened twice");
        // A socket belongs to the namespace that it was made in, whoever uses it.
        let listen = move || {
            setns(file, CloneFlags::CLONE_NEWNET).expect("a thread may enter a namespace");
            TcpListener::bind("127.0.0.1:0").expect("a port is free")
        };
        let listener = std::thread::spawn(listen).join().expect("it listens");
        let address = listener.local_addr().expect("it is bound");
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let pass = move || {
            for stream in listener.incoming().flatten() {
                if told.load(Ordering::Relaxed) {
                    return;
                }
                if let Ok(other) = TcpStream::connect(outside) {
                    join(&stream, &other);
                }
            }
        };
        Self { address, inside, stop, thread: Some(std::thread::spawn(pass)) }
    }

    /// Where it listens within.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let (address, inside) = (self.address, self.inside.try_clone());
        // One more connection wakes it up.
        let wake = move || {
            let entered = inside.map(|inside| setns(inside, CloneFlags::CLONE_NEWNET));
            if let Ok(Ok(())) = entered {
                let _ = TcpStream::connect(address);
            }
        };
        let _ = std::thread::spawn(wake).join();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Passes bytes in both directions until both ends are at theirs.
fn join(one: &TcpStream, other: &TcpStream) {
    for (from, to) in [(one, other), (other, one)] {
        let (Ok(mut from), Ok(mut to)) = (from.try_clone(), to.try_clone()) else { return };
        // It ends with its connection.
        std::thread::spawn(move || {
            let mut buffer = [0; 16 << 10];
            while let Ok(length @ 1..) = from.read(&mut buffer) {
                if to.write_all(&buffer[..length]).is_err() {
                    break;
                }
            }
            let _ = to.shutdown(Shutdown::Write);
            let _ = from.shutdown(Shutdown::Read);
        });
    }
}
