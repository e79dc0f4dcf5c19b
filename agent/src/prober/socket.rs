//! The sockets of pings, one for each family, for ICMP and for STUN: pings out, replies and errors in, with
//! the kernel's stamps.
//!
//! For ICMP a datagram socket needs no privilege where `net.ipv4.ping_group_range` has the agent's group; else a
//! raw one is tried, which needs CAP_NET_RAW. What comes in is read here and judged elsewhere.

mod beside;

use std::collections::VecDeque;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Instant;

use headroom_proto::wire::ProbeError;
use nix::errno::Errno;
use nix::sys::socket::{
    self, AddressFamily, MsgFlags, RecvMsg, SetSockOpt, SockFlag, SockProtocol, SockType,
    SockaddrStorage, TimestampingFlag, setsockopt, sockopt,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use self::beside::{Beside, Notice, not_sent, wall_ns};
use super::packet::{self, Echo, Heard};
use super::stamp::{Arrival, Departure, ns};
use super::stun::{self, Said};
use super::target::Family;

/// Room for replies that come while the thread is busy elsewhere.
const RECEIVE_BYTES: usize = 1 << 20;

/// The most of a packet that is read: a header of IPv4 with all options, and more than any reply.
const READ_BYTES: usize = 512;

/// Room for what the kernel says beside a packet.
const CONTROL_BYTES: usize = 512;

/// How often a ping is sent again whose sending failed: errors of earlier pings come that way first.
const TRIES: usize = 3;

/// How much of the queue of errors may stand before a stamp: a flood of errors holds up no ping.
const LOOKS: usize = 64;

/// Why this agent can send no pings of a family.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither way is open to it.
    #[error(
        "the system lets this agent send no pings over {family}: add its group to the sysctl \
         net.ipv4.ping_group_range, or give it the capability CAP_NET_RAW"
    )]
    NotPermitted {
        /// IPv4 or IPv6.
        family: &'static str,
    },
    /// Something else.
    #[error("failed to open a socket for pings over {family}")]
    Failed {
        /// IPv4 or IPv6.
        family: &'static str,
        /// Why.
        source: io::Error,
    },
}

/// What is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// ICMP.
    Icmp,
    /// STUN over UDP.
    Stun,
}

/// How the socket was to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// The kernel gives the identifier and passes on replies to it only.
    Datagram,
    /// All ICMP of the host comes by; the identifier is ours.
    Raw(u16),
    /// UDP; what comes to its port need not be ours.
    Udp(u16),
}

/// A socket for pings of one family.
#[derive(Debug)]
pub struct PingSocket {
    socket: AsyncFd<OwnedFd>,
    family: Family,
    access: Access,
    packet: Box<[u8; READ_BYTES]>,
    /// Whether there may be more than was read.
    has_more: bool,
    /// What stood in the queue of errors before a stamp that was looked for.
    before_stamp: VecDeque<Incoming>,
    control: Box<[u8; CONTROL_BYTES]>,
}

/// What came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incoming {
    /// A reply to a ping.
    Reply {
        /// What it holds.
        heard: Heard,
        /// From where; ICMP has the port 0.
        source: SocketAddr,
        /// When.
        arrival: Arrival,
        /// What is left of its hop limit; 0 if that is not known.
        hop_limit: u8,
    },
    /// An error about a ping.
    Error {
        /// What it quotes of the ping.
        heard: Heard,
        /// Where the ping went.
        destination: SocketAddr,
        /// What it says.
        error: ProbeError,
        /// Who says so, if it is not the destination.
        router: Option<IpAddr>,
    },
    /// The kernel's stamp of a ping that left, by the wall clock.
    Left(i64),
    /// Something that is no answer to a ping of ours.
    Other,
}

impl PingSocket {
    /// Opens one. Within a runtime.
    pub fn open(speaks: Speaks, family: Family, identifier: u16) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Failed { family: name(family), source };
        let (socket, access) = match speaks {
            Speaks::Icmp => open_icmp(family, identifier)?,
            Speaks::Stun => {
                let socket = create(family, SockType::Datagram, SockProtocol::Udp);
                (socket.map_err(|errno| failed(errno.into()))?, Access::Udp(identifier))
            }
        };
        prepare(&socket, family).map_err(|errno| failed(errno.into()))?;
        let socket = watched(socket).map_err(failed)?;
        let (packet, control) = (Box::new([0; READ_BYTES]), Box::new([0; CONTROL_BYTES]));
        let before_stamp = VecDeque::new();
        Ok(Self { socket, family, access, packet, has_more: false, before_stamp, control })
    }

    /// Waits until something has come in.
    pub async fn ready(&self) {
        if self.has_more || !self.before_stamp.is_empty() {
            return;
        }
        match self.socket.ready(Interest::READABLE | Interest::ERROR).await {
            // Whoever waits reads until there is nothing more.
            Ok(mut guard) => guard.clear_ready(),
            // The runtime ends.
            Err(_) => std::future::pending().await,
        }
    }

    /// Sends a ping, and says when it left.
    pub fn send(
        &mut self,
        to: SocketAddr,
        sequence: u16,
        nonce: u64,
    ) -> Result<Instant, ProbeError> {
        let echo = |identifier| Echo { identifier, sequence, nonce };
        match self.access {
            Access::Datagram => self.send_bytes(to, &packet::request(self.family, echo(0))),
            Access::Raw(identifier) => {
                self.send_bytes(to, &packet::request(self.family, echo(identifier)))
            }
            Access::Udp(identifier) => self.send_bytes(to, &stun::request(echo(identifier))),
        }
    }

    fn send_bytes(&mut self, to: SocketAddr, bytes: &[u8]) -> Result<Instant, ProbeError> {
        let to = SockaddrStorage::from(to);
        let mut why = Errno::EAGAIN;
        for _ in 0..TRIES {
            let departure = Departure { handed_over: Instant::now(), wall_ns: wall_ns() };
            let socket = self.socket.as_raw_fd();
            match socket::sendto(socket, bytes, &to, MsgFlags::MSG_DONTWAIT) {
                Ok(_) => return Ok(self.left(departure)),
                // The error may be the one of another ping; told once, it is gone.
                Err(errno) => why = errno,
            }
        }
        Err(not_sent(why))
    }

    /// When the ping left that was just sent. Nearly all devices stamp it within the call that sends
    /// it; where one does not, or waits, the moment counts at which the kernel took it.
    fn left(&mut self, departure: Departure) -> Instant {
        for _ in 0..LOOKS {
            let Ok(incoming) = self.read(MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_ERRQUEUE) else {
                break;
            };
            match incoming {
                Incoming::Left(stamp_ns) => {
                    if let Some(left) = departure.left(stamp_ns, Instant::now()) {
                        return left;
                    }
                }
                Incoming::Other => {}
                Incoming::Reply { .. } | Incoming::Error { .. } => {
                    self.before_stamp.push_back(incoming);
                }
            }
        }
        departure.handed_over
    }

    /// What has come in next; none if nothing has.
    pub fn receive(&mut self) -> Option<Incoming> {
        let incoming = self.next();
        self.has_more = incoming.is_some();
        incoming
    }

    fn next(&mut self) -> Option<Incoming> {
        if let Some(incoming) = self.before_stamp.pop_front() {
            return Some(incoming);
        }
        match self.read(MsgFlags::MSG_DONTWAIT) {
            Ok(incoming) => Some(incoming),
            Err(Errno::EAGAIN) => {
                match self.read(MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_ERRQUEUE) {
                    Ok(incoming) => Some(incoming),
                    Err(Errno::EINTR) => Some(Incoming::Other),
                    Err(_) => None,
                }
            }
            // An error of an earlier ping, which is in the queue of errors with all that is to know.
            Err(_) => Some(Incoming::Other),
        }
    }

    fn read(&mut self, flags: MsgFlags) -> Result<Incoming, Errno> {
        let mut parts = [IoSliceMut::new(&mut self.packet[..])];
        let socket = self.socket.as_raw_fd();
        let control = Some(&mut self.control[..]);
        let message: RecvMsg<'_, '_, SockaddrStorage> =
            socket::recvmsg(socket, &mut parts, control, flags)?;
        let beside = Beside::of(&message);
        let (length, address) = (message.bytes, message.address.and_then(whence));
        let bytes = self.packet.get(..length).unwrap_or_default();
        if let Some(Notice::Left) = beside.notice {
            return Ok(beside.stamp.and_then(ns).map_or(Incoming::Other, Incoming::Left));
        }
        let Some(address) = address else { return Ok(Incoming::Other) };
        // The kernel may say anything of the port of what has none.
        let address = match self.access {
            Access::Datagram | Access::Raw(_) => SocketAddr::new(address.ip(), 0),
            Access::Udp(_) => address,
        };
        let read = match beside.notice {
            Some(Notice::End(error, router)) => {
                self.read_error(bytes).map(|heard| Incoming::Error {
                    heard,
                    destination: address,
                    error,
                    router: router.filter(|router| *router != address.ip()),
                })
            }
            Some(Notice::Advice | Notice::Left) => None,
            None => self.read_reply(bytes, address, &beside),
        };
        Ok(read.unwrap_or(Incoming::Other))
    }

    /// What of a ping an error quotes.
    fn read_error(&self, bytes: &[u8]) -> Option<Heard> {
        self.own(match self.access {
            Access::Datagram | Access::Raw(_) => packet::quoted(self.family, bytes),
            Access::Udp(_) => stun::quoted(bytes),
        })
    }

    fn read_reply(&self, bytes: &[u8], source: SocketAddr, beside: &Beside) -> Option<Incoming> {
        let Beside { lain_ns, hop_limit, .. } = *beside;
        let arrival = Arrival { read: Instant::now(), lain_ns };
        let reply = |heard| Incoming::Reply { heard, source, arrival, hop_limit };
        let bytes = match (self.access, self.family) {
            (Access::Udp(_), _) => {
                return match stun::answer(bytes)? {
                    Said::Binding(heard) => self.own(Some(heard)).map(reply),
                    Said::Error(heard) => self.own(Some(heard)).map(|heard| Incoming::Error {
                        heard,
                        destination: source,
                        error: ProbeError::Status,
                        router: None,
                    }),
                };
            }
            (Access::Raw(_), Family::V4) => packet::behind_header(bytes),
            (Access::Raw(_), Family::V6) | (Access::Datagram, _) => Some(bytes),
        };
        self.own(bytes.and_then(|bytes| packet::reply(self.family, bytes))).map(reply)
    }

    /// What is this socket's own: on a raw one others' pings come by, and anybody may send to a port.
    fn own(&self, heard: Option<Heard>) -> Option<Heard> {
        heard.filter(|heard| match self.access {
            Access::Datagram => true,
            Access::Raw(identifier) | Access::Udp(identifier) => heard.identifier == identifier,
        })
    }
}

/// With a look at replies and errors alone: that there is room to send would wake the thread each time.
#[expect(deprecated, reason = "an OwnedFd is its own file; what follows it is an unsafe function")]
fn watched(socket: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(socket, Interest::READABLE | Interest::ERROR)
}

fn name(family: Family) -> &'static str {
    match family {
        Family::V4 => "IPv4",
        Family::V6 => "IPv6",
    }
}

fn open_icmp(family: Family, identifier: u16) -> Result<(OwnedFd, Access), OpenError> {
    let protocol = match family {
        Family::V4 => SockProtocol::Icmp,
        Family::V6 => SockProtocol::IcmpV6,
    };
    let failed = |errno: Errno| OpenError::Failed { family: name(family), source: errno.into() };
    let denied = |errno| matches!(errno, Errno::EACCES | Errno::EPERM);
    match create(family, SockType::Datagram, protocol) {
        Ok(socket) => Ok((socket, Access::Datagram)),
        Err(errno) if denied(errno) => match create(family, SockType::Raw, protocol) {
            Ok(socket) => Ok((socket, Access::Raw(identifier))),
            Err(errno) if denied(errno) => Err(OpenError::NotPermitted { family: name(family) }),
            Err(errno) => Err(failed(errno)),
        },
        Err(errno) => Err(failed(errno)),
    }
}

fn create(family: Family, kind: SockType, protocol: SockProtocol) -> Result<OwnedFd, Errno> {
    let domain = match family {
        Family::V4 => AddressFamily::Inet,
        Family::V6 => AddressFamily::Inet6,
    };
    socket::socket(domain, kind, SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK, protocol)
}

fn prepare(socket: &OwnedFd, family: Family) -> Result<(), Errno> {
    set(socket, sockopt::ReceiveTimestampns, &true)?;
    // Stamps of what leaves, where the kernel has them: without the packet, in the queue of errors.
    let leaving = TimestampingFlag::SOF_TIMESTAMPING_TX_SOFTWARE
        | TimestampingFlag::SOF_TIMESTAMPING_SOFTWARE
        | TimestampingFlag::SOF_TIMESTAMPING_OPT_TSONLY;
    let _ = set(socket, sockopt::Timestamping, &leaving);
    match family {
        Family::V4 => {
            set(socket, sockopt::Ipv4RecvErr, &true)?;
            set(socket, sockopt::Ipv4RecvTtl, &true)?;
        }
        Family::V6 => {
            set(socket, sockopt::Ipv6RecvErr, &true)?;
            set(socket, sockopt::Ipv6RecvHopLimit, &true)?;
        }
    }
    // As much as the system gives.
    let _ = set(socket, sockopt::RcvBuf, &RECEIVE_BYTES);
    Ok(())
}

fn set<O: SetSockOpt>(socket: &OwnedFd, option: O, value: &O::Val) -> Result<(), Errno> {
    setsockopt(socket, option, value)
}

fn whence(address: SockaddrStorage) -> Option<SocketAddr> {
    let four = address.as_sockaddr_in();
    let four = four.map(|address| SocketAddrV4::new(address.ip(), address.port()).into());
    let six = || {
        let address = address.as_sockaddr_in6()?;
        Some(SocketAddrV6::new(address.ip(), address.port(), 0, 0).into())
    };
    four.or_else(six)
}

#[cfg(test)]
mod tests;
