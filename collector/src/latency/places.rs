//! Vantages and datacentres, as the configuration writes them, and what each vantage is to ping.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use headroom_proto::targets::{TargetAddress, TargetError};
use headroom_proto::wire::{ProbeKind, ProbeTarget};

use super::distance::{Bound, Coordinates};

/// An agent that pings.
#[derive(Debug, Clone, PartialEq)]
pub struct Vantage {
    /// The agent's instance.
    pub agent: Arc<str>,
    /// The part of the world that it stands for.
    pub region: Option<String>,
    /// The city, as typed.
    pub city: Option<String>,
    /// Where it is.
    pub coordinates: Option<Coordinates>,
    /// Whose network it is in.
    pub network: Option<String>,
}

/// A datacentre, and what stands for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Datacentre {
    /// Its name, which is part of addresses.
    pub name: Arc<str>,
    /// The city, as typed.
    pub city: Option<String>,
    /// Where it is.
    pub coordinates: Option<Coordinates>,
    /// The instances of hosts that stand there.
    pub hosts: Vec<Arc<str>>,
    /// What is pinged.
    pub targets: Vec<ProbeTarget>,
}

impl Vantage {
    /// An agent of which no place is known.
    pub fn of_agent(agent: &str) -> Self {
        let (region, city, coordinates, network) = (None, None, None, None);
        Self { agent: agent.into(), region, city, coordinates, network }
    }
}

impl Datacentre {
    /// A datacentre of which no more is known than what is pinged there: a host, a host and a port, the
    /// address of a page, or a host of STUN.
    pub fn of_target(text: &str) -> Result<Self, TargetError> {
        let (kind, target) = match text.strip_prefix(STUN_SCHEME) {
            Some(host) => (ProbeKind::Stun, host),
            None if text.contains("://") => (ProbeKind::Https, text),
            None if TargetAddress::read(ProbeKind::Tcp, text).is_ok() => (ProbeKind::Tcp, text),
            None => (ProbeKind::Icmp, text),
        };
        TargetAddress::read(kind, target)?;
        let target = ProbeTarget { target: target.into(), kind: kind.into(), only: 0 };
        // A name that stands in addresses; the target itself may have colons and brackets.
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
        let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
        let name: String = bare.chars().map(plain).take(64).collect();
        let name = name.trim_matches('-').into();
        Ok(Self { name, city: None, coordinates: None, hosts: Vec::new(), targets: vec![target] })
    }
}

/// What stands before a host of STUN (RFC 7064).
const STUN_SCHEME: &str = "stun:";

/// All places.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Places {
    /// Who pings.
    pub vantages: Vec<Vantage>,
    /// What is pinged.
    pub datacentres: Vec<Datacentre>,
    /// The regions that members may choose who measure from their browser; none unless that is wanted.
    pub check_regions: Vec<Arc<str>>,
}

/// All places as they are now: they change when the configuration is read anew.
#[derive(Debug, Clone, Default)]
pub struct SharedPlaces(Arc<RwLock<Arc<Places>>>);

impl SharedPlaces {
    /// As they are at first.
    pub fn new(places: Places) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(places))))
    }

    /// As they are now.
    pub fn now(&self) -> Arc<Places> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on they are these.
    pub fn set(&self, places: Places) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(places);
    }
}

/// So many targets of earlier settings are remembered at most, for rounds that waited in a spool.
const MOST_EARLIER: usize = 10_000;

/// The targets that an agent was given, and the datacentre that each stands for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GivenTargets {
    datacentres: HashMap<(String, i32), Arc<str>>,
}

impl Places {
    /// What an agent is to ping: everything, if it is a vantage.
    pub fn targets_of(&self, agent: &str) -> Vec<ProbeTarget> {
        if !self.vantages.iter().any(|vantage| *vantage.agent == *agent) {
            return Vec::new();
        }
        self.datacentres.iter().flat_map(|datacentre| datacentre.targets.iter().cloned()).collect()
    }

    /// The same with the datacentre of each.
    pub fn given_to(&self, agent: &str) -> GivenTargets {
        let mut given = GivenTargets::default();
        if self.vantages.iter().any(|vantage| *vantage.agent == *agent) {
            for datacentre in &self.datacentres {
                for target in &datacentre.targets {
                    let key = (target.target.clone(), target.kind);
                    given.datacentres.insert(key, Arc::clone(&datacentre.name));
                }
            }
        }
        given
    }

    /// How far a vantage and a datacentre are from each other, if both places are known.
    pub fn bound(&self, vantage: &str, datacentre: &str) -> Option<Bound> {
        let vantage = self.vantages.iter().find(|one| *one.agent == *vantage)?.coordinates?;
        Some(Bound::between(vantage, self.datacentre(datacentre)?.coordinates?))
    }

    /// Whether an agent is expected to tell of its host: one that only pings is none.
    pub fn is_host(&self, agent: &str) -> bool {
        let stands = |one: &Datacentre| one.hosts.iter().any(|host| **host == *agent);
        let pings = self.vantages.iter().any(|vantage| *vantage.agent == *agent);
        !pings || self.datacentres.iter().any(stands)
    }

    /// A datacentre by its name.
    pub fn datacentre(&self, name: &str) -> Option<&Datacentre> {
        self.datacentres.iter().find(|datacentre| *datacentre.name == *name)
    }
}

impl GivenTargets {
    /// With those of earlier settings, whose rounds may still come.
    #[must_use]
    pub fn and_earlier(mut self, earlier: &Self) -> Self {
        for (target, datacentre) in &earlier.datacentres {
            if self.datacentres.len() >= MOST_EARLIER {
                break;
            }
            let known = self.datacentres.entry(target.clone());
            known.or_insert_with(|| Arc::clone(datacentre));
        }
        self
    }

    /// The datacentre that a target stands for; none if it was not given.
    pub fn datacentre(&self, target: &str, kind: ProbeKind) -> Option<&Arc<str>> {
        self.datacentres.get(&(target.to_owned(), kind.into()))
    }
}
