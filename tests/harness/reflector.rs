//! Answers pings in a namespace of the test's own, each address in its own way: in place of the kernel,
//! which is told to be silent there.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::AsRawFd;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sched::{CloneFlags, setns};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrStorage, bind, recv, sendto,
    socket,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::Namespace;

/// How long it may take until it notices that it is to end.
const IDLE: Duration = Duration::from_millis(50);

/// What an address does with a ping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is answered.
    Answered(Answered),
    /// Nothing comes back.
    Lost,
    /// A router says why it does not pass: its type and code of ICMP.
    Error(u8, u8),
}

/// How a ping is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// After so long.
    pub after: Duration,
    /// By whom and with what.
    pub how: How,
}

/// What is wrong with an answer, if anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Nothing.
    Well,
    /// It comes twice.
    Twice,
    /// Another address answers.
    Foreign,
    /// It holds something else.
    Changed,
    /// A router passes the ping on, and says that there is a shorter way.
    Redirected,
}

/// The last number of the address of the router, and of the host that answers for others.
const ROUTER: u8 = 254;
const STRANGER: u8 = 253;

/// What happens to the pings that come to an address, one after the other and then from the beginning.
pub type Pattern = Vec<Fate>;

/// A fate in words: `20` or `0.4 twice` (milliseconds; `twice`, `foreign`, `changed`,
/// `redirected`), `lost`, `prohibited`, `host
/// unreachable`, `network unreachable`, `hop limit`.
pub fn fate(text: &str) -> Option<Fate> {
    let error = match text {
        "lost" => return Some(Fate::Lost),
        "network unreachable" => Some((3, 0)),
        "host unreachable" => Some((3, 1)),
        "prohibited" => Some((3, 13)),
        "hop limit" => Some((11, 0)),
        _ => None,
    };
    if let Some((kind, code)) = error {
        return Some(Fate::Error(kind, code));
    }
    let (ms, how) = text.split_once(' ').unwrap_or((text, ""));
    let how = match how {
        "" => How::Well,
        "twice" => How::Twice,
        "foreign" => How::Foreign,
        "changed" => How::Changed,
        "redirected" => How::Redirected,
        _ => return None,
    };
    let after = Duration::try_from_secs_f64(ms.parse::<f64>().ok()? / 1e3).ok()?;
    Some(Fate::Answered(Answered { after, how }))
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
    /// Lets the far end of a pair answer by these patterns: the first has the address that ends in 1.
    pub fn start(pair: &Namespace, patterns: Vec<Pattern>) -> Self {
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
            Mirror::new(patterns).run(&told);
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
    patterns: Vec<Pattern>,
    socket: OwnedFd,
    counts: [usize; 256],
    /// The next to go first.
    later: BinaryHeap<Reverse<Answer>>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Answer {
    due: Instant,
    source: Ipv4Addr,
    destination: Ipv4Addr,
    bytes: Vec<u8>,
}

impl Mirror {
    fn new(patterns: Vec<Pattern>) -> Self {
        Self { patterns, socket: raw(), counts: [0; 256], later: BinaryHeap::new() }
    }

    fn run(mut self, stop: &AtomicBool) {
        let mut buffer = [0; 2048];
        while !stop.load(Ordering::Relaxed) {
            let next = self.later.peek().map(|Reverse(answer)| answer.due);
            let wait = next.map_or(IDLE, |due| due.saturating_duration_since(Instant::now()));
            let wait = Timespec::try_from(wait.min(IDLE)).expect("a short time");
            let mut sockets = [PollFd::new(&self.socket, PollFlags::IN)];
            if poll(&mut sockets, Some(&wait)).is_ok_and(|ready| ready > 0) {
                let (socket, flags) = (self.socket.as_raw_fd(), MsgFlags::MSG_DONTWAIT);
                if let Ok(length) = recv(socket, &mut buffer, flags) {
                    self.take(&buffer[..length]);
                }
            }
            let now = Instant::now();
            while self.later.peek().is_some_and(|Reverse(answer)| answer.due <= now) {
                let Some(Reverse(answer)) = self.later.pop() else { break };
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
        let pattern = usize::from(last).checked_sub(1).and_then(|place| self.patterns.get(place));
        let Some(pattern) = pattern.filter(|_| echo[0] == 8 && asked == address(last)) else {
            return;
        };
        let count = &mut self.counts[usize::from(last)];
        let fate = pattern[*count % pattern.len()];
        *count += 1;
        let now = Instant::now();
        match fate {
            Fate::Answered(Answered { after, how }) => {
                let mut changed = echo.to_vec();
                let (from, copies) = match how {
                    How::Well => (asked, 1),
                    How::Twice => (asked, 2),
                    How::Foreign => (address(STRANGER), 1),
                    How::Changed => {
                        changed[9] ^= 0x55;
                        (asked, 1)
                    }
                    How::Redirected => {
                        // For a host, over another router.
                        let quoted = &packet[..header + 8];
                        say(
                            Said { kind: 5, code: 1, rest: address(STRANGER).octets() },
                            quoted,
                            source,
                        );
                        (asked, 1)
                    }
                };
                let bytes = reply_to(&changed);
                let answer = Answer { due: now + after, source: from, destination: source, bytes };
                self.later.extend(std::iter::repeat_n(Reverse(answer), copies));
            }
            Fate::Lost => {}
            Fate::Error(kind, code) => {
                say(Said { kind, code, rest: [0; 4] }, &packet[..header + 8], source);
            }
        }
    }
}

/// What a router says of a packet: type and code of ICMP, and four bytes that depend on them.
struct Said {
    kind: u8,
    code: u8,
    rest: [u8; 4],
}

/// Lets the router say something of a packet, of which it quotes the header and eight bytes (RFC 792).
fn say(Said { kind, code, rest }: Said, quoted: &[u8], destination: Ipv4Addr) {
    let mut bytes = [&[kind, code, 0, 0], &rest[..], quoted].concat();
    let sum = checksum(&bytes);
    bytes[2..4].copy_from_slice(&sum.to_be_bytes());
    Answer { due: Instant::now(), source: address(ROUTER), destination, bytes }.send();
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
