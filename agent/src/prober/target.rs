//! A target of the collector's settings, checked.

use std::sync::Arc;

use headroom_proto::targets::{TargetAddress, TargetError, TargetHost};
use headroom_proto::wire::{AddressFamily, ProbeKind, ProbeTarget};

use super::round::{PAGES, PINGS, SPAN};
use super::train::{self, Trains};

/// How long it is from one train of a path to the next.
pub const PERIOD_SECONDS: u64 = train::ROUNDS * SPAN.as_secs();

/// How a path is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// An echo request of ICMP.
    Icmp,
    /// A TCP connection.
    Tcp,
    /// A page over HTTPS.
    Https,
    /// A binding request of STUN.
    Stun,
}

/// A family of addresses: each is a path of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// What the collector asks this agent to ping.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// As the settings write it, which is its name for ever.
    pub written: Arc<str>,
    /// How it is asked.
    pub kind: Kind,
    /// The one family that is asked; both, if none is named.
    pub only: Option<Family>,
    /// Where it is.
    pub address: TargetAddress,
}

impl Kind {
    /// How many pings a round has.
    pub fn pings(self) -> u32 {
        match self {
            Self::Icmp | Self::Tcp | Self::Stun => PINGS,
            Self::Https => PAGES,
        }
    }
}

impl Target {
    /// Checks what the collector asks for.
    pub fn of(asked: &ProbeTarget) -> Result<Self, TargetError> {
        let (kind, asked_kind) = match asked.kind() {
            ProbeKind::Icmp => (Kind::Icmp, ProbeKind::Icmp),
            ProbeKind::Tcp => (Kind::Tcp, ProbeKind::Tcp),
            ProbeKind::Https => (Kind::Https, ProbeKind::Https),
            ProbeKind::Stun => (Kind::Stun, ProbeKind::Stun),
            ProbeKind::Unspecified => return Err(TargetError::Kind),
        };
        let address = TargetAddress::read(asked_kind, &asked.target)?;
        let only = match asked.only() {
            AddressFamily::Unspecified => None,
            AddressFamily::Ipv4 => Some(Family::V4),
            AddressFamily::Ipv6 => Some(Family::V6),
        };
        Ok(Self { written: asked.target.as_str().into(), kind, only, address })
    }

    /// The families that can be asked.
    pub fn families(&self) -> impl Iterator<Item = Family> {
        let fits = |family: &Family| match &self.address.host {
            TargetHost::Address(address) => address.is_ipv4() == (*family == Family::V4),
            TargetHost::Name(_) => true,
        };
        let only = self.only;
        let asked = move |family: &Family| only.is_none_or(|only| only == *family);
        [Family::V4, Family::V6].into_iter().filter(asked).filter(fits)
    }

    /// The most packets that all of its paths take in a period, from one train to the next.
    pub fn packets_in_period(&self, trains: Trains) -> u64 {
        let (packets, has_trains) = match self.kind {
            Kind::Icmp | Kind::Stun => (1, true),
            // SYN, its answer's acknowledgement, and both of the end.
            Kind::Tcp => (4, false),
            // The same, three of TLS, the request, and acknowledgements of a chain and of a page.
            Kind::Https => (16, false),
        };
        let of_train = if has_trains && trains == Trains::Sent { train::PACKETS } else { 0 };
        let of_path = packets * u64::from(self.kind.pings()) * train::ROUNDS + u64::from(of_train);
        of_path * self.families().count() as u64
    }
}

impl From<Kind> for ProbeKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Icmp => Self::Icmp,
            Kind::Tcp => Self::Tcp,
            Kind::Https => Self::Https,
            Kind::Stun => Self::Stun,
        }
    }
}

impl From<Family> for AddressFamily {
    fn from(family: Family) -> Self {
        match family {
            Family::V4 => Self::Ipv4,
            Family::V6 => Self::Ipv6,
        }
    }
}
