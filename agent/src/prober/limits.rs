//! What this agent does not do, whoever asks: a collector that was taken over makes no weapon of it.

use core::net::IpAddr;
use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use headroom_proto::limits::MAX_TARGETS;
use headroom_proto::log::shown;
use headroom_proto::targets::{TargetHost, forbidden};
use headroom_proto::wire::{ProbeTarget, RefusedSetting};

use super::target::{PERIOD_SECONDS, Target};
use super::train::Trains;

/// What is sent at most, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct ProberLimits {
    /// The most targets.
    pub targets: usize,
    /// The most packets in a second, on the mean.
    pub packets_per_second: u32,
    /// Whether trains at the pace of speech are among them.
    pub trains: Trains,
    /// The only hosts that are asked; all, if there is no such list.
    pub allow: Option<Arc<[Allowed]>>,
}

impl Default for ProberLimits {
    fn default() -> Self {
        Self { targets: MAX_TARGETS, packets_per_second: 2000, trains: Trains::Sent, allow: None }
    }
}

/// Hosts that may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// Addresses whose first bits are these.
    Network(IpAddr, u8),
    /// A name.
    Name(String),
    /// All names below one.
    Below(String),
}

/// A text that allows nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a network such as 192.0.2.0/24, a name, or all names below one: *.example.org")]
pub struct AllowedError;

impl FromStr for Allowed {
    type Err = AllowedError;

    fn from_str(text: &str) -> Result<Self, AllowedError> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        if let Ok(address) = address.parse::<IpAddr>() {
            let most = if address.is_ipv4() { 32 } else { 128 };
            let bits = bits.map_or(Ok(most), str::parse::<u8>).map_err(|_| AllowedError)?;
            let own = masked(address, bits) == address;
            return if bits <= most && own {
                Ok(Self::Network(address, bits))
            } else {
                Err(AllowedError)
            };
        }
        let (below, name) = text.strip_prefix("*.").map_or((false, text), |name| (true, name));
        let labels = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if name.is_empty() || !name.chars().all(labels) {
            return Err(AllowedError);
        }
        let name = name.to_ascii_lowercase();
        Ok(if below { Self::Below(name) } else { Self::Name(name) })
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(address, bits) => write!(f, "{address}/{bits}"),
            Self::Name(name) => f.write_str(name),
            Self::Below(name) => write!(f, "*.{name}"),
        }
    }
}

/// What of the collector's targets is asked, and what is not.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Accepted {
    /// Those that are asked.
    pub targets: Vec<Target>,
    /// Why the others are not.
    pub refused: Vec<RefusedSetting>,
}

impl ProberLimits {
    /// Decides about each target, in their order.
    pub fn accept(&self, asked: &[ProbeTarget]) -> Accepted {
        let mut accepted = Accepted::default();
        let (mut seen, mut packets, mut beyond) = (HashSet::new(), 0, Beyond::default());
        let most = u64::from(self.packets_per_second) * PERIOD_SECONDS;
        for asked in asked {
            let target = match Target::of(asked) {
                Ok(target) => target,
                Err(error) => {
                    accepted.refuse(&asked.target, error);
                    continue;
                }
            };
            if !seen.insert((target.written.clone(), target.kind)) {
                accepted.refuse(&asked.target, "stands twice");
            } else if !self.may_ask(&target.address.host) {
                accepted.refuse(&asked.target, "is not on this agent's list of what may be asked");
            } else if accepted.targets.len() >= self.targets {
                beyond.targets += 1;
            } else if packets + target.packets_in_period(self.trains) > most {
                beyond.packets += 1;
            } else {
                packets += target.packets_in_period(self.trains);
                accepted.targets.push(target);
            }
        }
        let Self { targets, packets_per_second, .. } = self;
        accepted.tell(beyond.targets, &format!("beyond the {targets} that this agent asks"));
        let rule = format!("beyond the {packets_per_second} packets a second of this agent");
        accepted.tell(beyond.packets, &rule);
        accepted
    }

    /// Whether a host may be asked, as far as can be told before it is resolved.
    fn may_ask(&self, host: &TargetHost) -> bool {
        match host {
            TargetHost::Address(address) => self.may_reach(host, *address),
            TargetHost::Name(name) => self.allow.as_ref().is_none_or(|allow| {
                // A name that is not listed itself may lead into a network that is.
                allow.iter().any(|one| one.has_name(name) || matches!(one, Allowed::Network(..)))
            }),
        }
    }

    /// Whether an address of a host may be asked.
    pub fn may_reach(&self, host: &TargetHost, address: IpAddr) -> bool {
        let listed = |one: &Allowed| match host {
            TargetHost::Name(name) => one.has_name(name) || one.has_address(address),
            TargetHost::Address(_) => one.has_address(address),
        };
        forbidden(address).is_none()
            && self.allow.as_ref().is_none_or(|allow| allow.iter().any(listed))
    }
}

/// Targets that are too many.
#[derive(Debug, Default)]
struct Beyond {
    targets: usize,
    packets: usize,
}

impl Accepted {
    fn refuse(&mut self, target: &str, reason: impl fmt::Display) {
        let reason = format!("{}: {reason}", shown(target));
        self.refused.push(RefusedSetting { setting: "targets".into(), reason });
    }

    fn tell(&mut self, count: usize, rule: &str) {
        if count > 0 {
            let reason = format!("{count} targets are {rule}");
            // What concerns most is told first.
            self.refused.insert(0, RefusedSetting { setting: "targets".into(), reason });
        }
    }
}

impl Allowed {
    fn has_name(&self, name: &str) -> bool {
        match self {
            Self::Name(own) => own == name,
            Self::Below(own) => {
                name.strip_suffix(own.as_str()).is_some_and(|rest| rest.ends_with('.'))
            }
            Self::Network(..) => false,
        }
    }

    fn has_address(&self, address: IpAddr) -> bool {
        match self {
            Self::Network(own, bits) => {
                own.is_ipv4() == address.is_ipv4() && masked(address, *bits) == *own
            }
            Self::Name(_) | Self::Below(_) => false,
        }
    }
}

/// The first bits of an address, the others zero.
fn masked(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(bits.into())).unwrap_or(0);
            IpAddr::V4((address.to_bits() & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(bits.into())).unwrap_or(0);
            IpAddr::V6((address.to_bits() & mask).into())
        }
    }
}

#[cfg(test)]
mod tests;
