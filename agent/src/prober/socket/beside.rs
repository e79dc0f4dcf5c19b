//! What the kernel says beside a packet: stamps, hop limits, errors and what they mean for a ping.

use std::net::IpAddr;

use headroom_proto::wire::ProbeError;
use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{ControlMessageOwned, RecvMsg, SockaddrStorage};
use nix::sys::time::TimeSpec;
use nix::time::{ClockId, clock_gettime};

use crate::prober::stamp::ns;

/// What the kernel says beside a packet.
#[derive(Debug, Default)]
pub(super) struct Beside {
    pub(super) lain_ns: Option<i64>,
    /// When what a notice is about left.
    pub(super) stamp: Option<TimeSpec>,
    pub(super) hop_limit: u8,
    pub(super) notice: Option<Notice>,
}

/// What stands in the queue of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notice {
    /// A ping came to an end, and who says so.
    End(ProbeError, Option<IpAddr>),
    /// A router says how to do better, and passes the ping on: it may still be answered.
    Advice,
    /// A ping left.
    Left,
}

impl Beside {
    pub(super) fn of(message: &RecvMsg<'_, '_, SockaddrStorage>) -> Self {
        let mut beside = Self::default();
        let Ok(parts) = message.cmsgs() else { return beside };
        for part in parts {
            match part {
                ControlMessageOwned::ScmTimestampns(stamp) => beside.lain_ns = lain_ns(stamp),
                ControlMessageOwned::ScmTimestampsns(stamps) => beside.stamp = Some(stamps.system),
                ControlMessageOwned::Ipv4Ttl(hops) | ControlMessageOwned::Ipv6HopLimit(hops) => {
                    beside.hop_limit = u8::try_from(hops).unwrap_or(0);
                }
                ControlMessageOwned::Ipv4RecvErr(error, router) => {
                    let router = router
                        .map(|router| IpAddr::V4(u32::from_be(router.sin_addr.s_addr).into()));
                    beside.notice = Some(Notice::of(&error, router));
                }
                ControlMessageOwned::Ipv6RecvErr(error, router) => {
                    let router = router.map(|router| IpAddr::from(router.sin6_addr.s6_addr));
                    beside.notice = Some(Notice::of(&error, router));
                }
                // The kernel says nothing else that was not asked for.
                _ => {}
            }
        }
        beside
    }
}

impl Notice {
    fn of(error: &libc::sock_extended_err, router: Option<IpAddr>) -> Self {
        match (error.ee_origin, error.ee_type) {
            // Source quench and redirect (RFC 792), which a datagram socket of ICMP gets as it gets errors.
            (libc::SO_EE_ORIGIN_ICMP, 4 | 5) => Self::Advice,
            (libc::SO_EE_ORIGIN_TIMESTAMPING, _) => Self::Left,
            _ => Self::End(meaning(error), router.filter(|ip| !ip.is_unspecified())),
        }
    }
}

/// The wall clock.
pub(super) fn wall_ns() -> Option<i64> {
    clock_gettime(ClockId::CLOCK_REALTIME).ok().and_then(ns)
}

/// How long a packet has lain since the kernel got it.
fn lain_ns(stamp: TimeSpec) -> Option<i64> {
    wall_ns()?.checked_sub(ns(stamp)?)
}

/// What an error of the kernel or of a router says of a ping.
fn meaning(error: &libc::sock_extended_err) -> ProbeError {
    match error.ee_origin {
        libc::SO_EE_ORIGIN_ICMP => match (error.ee_type, error.ee_code) {
            (3, 0 | 6 | 11) => ProbeError::NetworkUnreachable,
            (3, 1 | 5 | 7 | 8 | 12) => ProbeError::HostUnreachable,
            (3, 2 | 3) => ProbeError::Refused,
            (3, 4) => ProbeError::TooBig,
            (3, 9 | 10 | 13 | 14 | 15) => ProbeError::Prohibited,
            (11, _) => ProbeError::HopLimit,
            _ => ProbeError::Other,
        },
        libc::SO_EE_ORIGIN_ICMP6 => match (error.ee_type, error.ee_code) {
            (1, 0) => ProbeError::NetworkUnreachable,
            (1, 1 | 5 | 6) => ProbeError::Prohibited,
            (1, 4) => ProbeError::Refused,
            (1, _) => ProbeError::HostUnreachable,
            (2, _) => ProbeError::TooBig,
            (3, _) => ProbeError::HopLimit,
            _ => ProbeError::Other,
        },
        // The kernel of this host: nobody answers its question for the neighbour's address, or so.
        _ => match Errno::from_raw(error.ee_errno as i32) {
            Errno::EHOSTUNREACH => ProbeError::HostUnreachable,
            Errno::ENETUNREACH => ProbeError::NoRoute,
            Errno::EMSGSIZE => ProbeError::TooBig,
            Errno::EACCES | Errno::EPERM => ProbeError::Prohibited,
            _ => ProbeError::Other,
        },
    }
}

/// Why a ping was not sent.
pub(super) fn not_sent(errno: Errno) -> ProbeError {
    match errno {
        Errno::ENETUNREACH | Errno::EHOSTUNREACH | Errno::ENETDOWN | Errno::EADDRNOTAVAIL => {
            ProbeError::NoRoute
        }
        // Broadcast of a network of this host, or a filter of its own.
        Errno::EACCES | Errno::EPERM => ProbeError::Prohibited,
        _ => ProbeError::NotSent,
    }
}
