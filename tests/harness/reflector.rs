//! Answers pings in a namespace of the test's own, each address in its own way: in place of the kernel,
//! which is told to be silent there.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::AsRawFd;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sched::{CloneFlags, setns};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrStorage, bind, recvfrom,
    sendto, setsockopt, socket, sockopt,
};
use nix::sys::time::TimeVal;

use crate::Namespace;

/// What an address does with a ping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Answers at once.
    Prompt,
    /// Answers after so many milliseconds.
    After(u64),
    /// Leaves out every so-manyth.
    Without(u32),
    /// Answers twice.
    Twice,
    /// Another address answers.
    Foreign(u8),
    /// The answer holds something else.
    Changed,
    /// A router says that a filter does not let it pass.
    Prohibited(u8),
    /// Nothing comes back.
    Silent,
}

/// A reflector at work; ends when dropped.
pub struct Reflector {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// The address of the reflector that ends so.
pub fn address(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(198, 51, 100, last)
}

impl Reflector {
    /// Lets the far end of a pair answer by these manners: the first has the address that ends in 1.
    pub fn start(pair: &Namespace, manners: &'static [Manner]) -> Self {
        let ip = |arguments: &[&str]| {
            assert!(pair.far("ip").args(arguments).status().expect("ip runs").success());
        };
        ip(&["link", "set", "lo", "up"]);
        // On this device, all of a network is the host's own.
        ip(&["address", "add", "198.51.100.0/24", "dev", "lo"]);
        let quiet = ["-qw", "net.ipv4.icmp_echo_ignore_all=1"];
        assert!(pair.far("sysctl").args(quiet).status().expect("sysctl runs").success());
        let route = ["route", "add", "198.51.100.0/24", "via", "192.0.2.2"];
        assert!(pair.near("ip").args(route).status().expect("ip runs").success());
        let namespace = std::fs::File::open(pair.far_file()).expect("the namespace is there");
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let reflect = move || {
            setns(namespace, CloneFlags::CLONE_NEWNET).expect("a thread may enter a namespace");
            Mirror::new(manners).run(&told);
        };
        Self { stop, thread: Some(std::thread::spawn(reflect)) }
    }
}

impl Drop for Reflector {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Mirror {
    manners: &'static [Manner],
    socket: OwnedFd,
    counts: [u32; 256],
    later: Vec<(Instant, Answer)>,
}

#[derive(Debug, Clone)]
struct Answer {
    source: Ipv4Addr,
    destination: Ipv4Addr,
    bytes: Vec<u8>,
}

impl Mirror {
    fn new(manners: &'static [Manner]) -> Self {
        let socket = raw();
        let wait = TimeVal::new(0, 1000);
        setsockopt(&socket, sockopt::ReceiveTimeout, &wait).expect("a socket has time-outs");
        Self { manners, socket, counts: [0; 256], later: Vec::new() }
    }

    fn run(mut self, stop: &AtomicBool) {
        let mut buffer = [0; 2048];
        while !stop.load(Ordering::Relaxed) {
            let received = recvfrom::<SockaddrStorage>(self.socket.as_raw_fd(), &mut buffer);
            if let Ok((length, _)) = received {
                self.take(&buffer[..length]);
            }
            let now = Instant::now();
            let due = self.later.extract_if(.., |(due, _)| *due <= now).collect::<Vec<_>>();
            for (_, answer) in due {
                answer.send();
            }
        }
    }

    /// A packet with its header of IPv4.
    fn take(&mut self, packet: &[u8]) {
        let header = usize::from(packet[0] & 15) * 4;
        let ip = |place: usize| {
            Ipv4Addr::new(packet[place], packet[place + 1], packet[place + 2], packet[place + 3])
        };
        let (source, asked, echo) = (ip(12), ip(16), &packet[header..]);
        let last = asked.octets()[3];
        let manner = usize::from(last).checked_sub(1).and_then(|place| self.manners.get(place));
        let Some(manner) = manner.filter(|_| echo[0] == 8 && asked == address(last)) else {
            return;
        };
        let count = &mut self.counts[usize::from(last)];
        *count += 1;
        let reply = |source| Answer { source, destination: ip(12), bytes: reply_to(echo) };
        match *manner {
            Manner::Prompt => reply(asked).send(),
            Manner::After(ms) => {
                self.later.push((Instant::now() + Duration::from_millis(ms), reply(asked)));
            }
            Manner::Without(every) => {
                if !count.is_multiple_of(every) {
                    reply(asked).send();
                }
            }
            Manner::Twice => (0..2).for_each(|_| reply(asked).send()),
            Manner::Foreign(other) => reply(address(other)).send(),
            Manner::Changed => {
                let mut changed = echo.to_vec();
                changed[9] ^= 0x55;
                Answer { bytes: reply_to(&changed), ..reply(asked) }.send();
            }
            Manner::Prohibited(router) => {
                // What a router quotes: the header and eight bytes (RFC 792).
                let mut bytes = vec![3, 13, 0, 0, 0, 0, 0, 0];
                bytes.extend(&packet[..header + 8]);
                let sum = checksum(&bytes);
                bytes[2..4].copy_from_slice(&sum.to_be_bytes());
                Answer { source: address(router), destination: source, bytes }.send();
            }
            Manner::Silent => {}
        }
    }
}

impl Answer {
    fn send(self) {
        let socket = raw();
        let storage = |ip: Ipv4Addr| SockaddrStorage::from(SocketAddr::new(IpAddr::V4(ip), 0));
        bind(socket.as_raw_fd(), &storage(self.source)).expect("the address is its own");
        let to = storage(self.destination);
        sendto(socket.as_raw_fd(), &self.bytes, &to, MsgFlags::empty()).expect("it is sent");
    }
}

fn raw() -> OwnedFd {
    let kind = SockType::Raw;
    let opened = socket(AddressFamily::Inet, kind, SockFlag::SOCK_CLOEXEC, SockProtocol::Icmp);
    opened.expect("root may open a raw socket")
}

fn reply_to(echo: &[u8]) -> Vec<u8> {
    let mut reply = echo.to_vec();
    reply[0] = 0;
    reply[2..4].fill(0);
    let sum = checksum(&reply);
    reply[2..4].copy_from_slice(&sum.to_be_bytes());
    reply
}

fn checksum(bytes: &[u8]) -> u16 {
    let word = |pair: &[u8]| u32::from(u16::from_be_bytes([pair[0], *pair.get(1).unwrap_or(&0)]));
    let mut sum: u32 = bytes.chunks(2).map(word).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}
