//! Which ping is meant: of which path, which round, and which of its pings; and what comes with its answer.

use core::net::IpAddr;
use std::time::Instant;

use headroom_proto::wire::ProbeError;

use crate::prober::target::{Family, Kind};

/// A path. No number is given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathId(pub u64);

/// The place of a ping: its path, its round and its number in that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The path.
    pub path: PathId,
    /// The round.
    pub round: u64,
    /// The ping.
    pub ping: Ping,
}

/// One ping of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ping {
    /// One of those that are spread over it, by its number.
    Spread(u32),
    /// One of a train.
    OfTrain(u32),
}

/// Now, by both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The clock that never steps.
    pub instant: Instant,
    /// The clock of people, Unix time in milliseconds.
    pub wall_ms: i64,
}

/// A ping that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Whose it is.
    pub place: Place,
    /// How to ask.
    pub kind: Kind,
    /// The family.
    pub family: Family,
    /// Whom.
    pub address: IpAddr,
    /// The port; none for ICMP.
    pub port: Option<u16>,
}

/// What came with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// When it came.
    pub at: Instant,
    /// What was left of its hop limit; 0 if that is not known.
    pub hop_limit: u8,
}

/// How a ping ended that was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed {
    /// When.
    pub at: Instant,
    /// With what.
    pub error: ProbeError,
    /// The router that says so, if it was one.
    pub router: Option<IpAddr>,
}

impl Failed {
    /// Whether it came from beyond this host, which is connected then.
    pub(super) fn is_from_beyond(self) -> bool {
        match self.error {
            ProbeError::Refused
            | ProbeError::HopLimit
            | ProbeError::Tls
            | ProbeError::Certificate
            | ProbeError::Status
            | ProbeError::Answer => true,
            // The kernel of this host says these, too.
            ProbeError::NetworkUnreachable
            | ProbeError::HostUnreachable
            | ProbeError::Prohibited
            | ProbeError::TooBig
            | ProbeError::Other => self.router.is_some(),
            ProbeError::Unspecified
            | ProbeError::Unresolved
            | ProbeError::ForbiddenAddress
            | ProbeError::NotPermitted
            | ProbeError::NoRoute
            | ProbeError::NotSent => false,
        }
    }
}

/// When something answered last, by family: of two networks one may be gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lasts {
    four: Option<Instant>,
    six: Option<Instant>,
}

impl Lasts {
    pub(super) fn of(self, family: Family) -> Option<Instant> {
        match family {
            Family::V4 => self.four,
            Family::V6 => self.six,
        }
    }

    pub(super) fn hear(&mut self, family: Family, at: Instant) {
        let last = match family {
            Family::V4 => &mut self.four,
            Family::V6 => &mut self.six,
        };
        *last = (*last).max(Some(at));
    }
}
