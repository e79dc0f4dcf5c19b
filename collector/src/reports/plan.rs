//! What planners configure: mixes of rooms, organisations and their tiers, disks, speeds of links, bills,
//! offers of servers and where members are.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::costs::Bill;
use crate::offers::{Catalogue, Member};
use crate::planning::mix::Mix;
use crate::reports::terms::Terms;

/// All of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What every report answers for.
    pub mixes: Vec<Mix>,
    /// Who is told apart, under which name.
    pub organisations: Vec<Organisation>,
    /// What disks are.
    pub disks: Vec<Disk>,
    /// Speeds of links in Mbit/s, by host, where the kernel does not tell them or another plan holds.
    pub links_mbit: BTreeMap<String, f64>,
    /// What is to be paid.
    pub bills: Vec<Bill>,
    /// What providers offer, and what is wanted.
    pub offers: Option<Arc<Catalogue>>,
    /// By what events are priced.
    pub events: Terms,
    /// Where organisations are, and how much each counts.
    pub members: Vec<Member>,
}

/// An organisation, as agents tell its tenants.
#[derive(Debug, Clone, PartialEq)]
pub struct Organisation {
    /// What people call it.
    pub name: String,
    /// The tenants that are its.
    pub tenants: Vec<String>,
    /// What it has agreed to.
    pub tier: Option<Tier>,
}

/// What an organisation may use.
#[derive(Debug, Clone, PartialEq)]
pub struct Tier {
    /// What people call it.
    pub name: String,
    /// Rooms at once.
    pub rooms: Option<f64>,
    /// People at once.
    pub people: Option<f64>,
    /// Hours of people, in 28 days.
    pub hours: Option<f64>,
}

/// A file system, and what it lies on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// The host; all hosts if none.
    pub instance: Option<String>,
    /// Where it is mounted.
    pub mountpoint: String,
    /// Such as SSD or HDD.
    pub kind: String,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            mixes: Mix::usual(),
            organisations: Vec::new(),
            disks: Vec::new(),
            links_mbit: BTreeMap::new(),
            bills: Vec::new(),
            offers: None,
            events: Terms::default(),
            members: Vec::new(),
        }
    }
}

impl Plan {
    /// The name of the organisation that a tenant is of: its own, unless one is configured.
    pub fn organisation_of<'p>(&'p self, tenant: &'p str) -> &'p str {
        let has = |one: &&Organisation| one.tenants.iter().any(|known| known == tenant);
        self.organisations.iter().find(has).map_or(tenant, |one| &one.name)
    }

    /// What an organisation has agreed to.
    pub fn tier_of(&self, name: &str) -> Option<&Tier> {
        self.organisations.iter().find(|one| one.name == name)?.tier.as_ref()
    }

    /// What a file system of a host lies on, as configured.
    pub fn disk_kind(&self, instance: &str, mountpoint: &str) -> Option<&str> {
        let fits = |disk: &&Disk| {
            disk.mountpoint == mountpoint
                && disk.instance.as_deref().is_none_or(|known| known == instance)
        };
        self.disks.iter().find(fits).map(|disk| &*disk.kind)
    }
}
