//! What planners configure: mixes of rooms, organisations and their tiers, disks, speeds of links, bills,
//! contracts, offers of servers and where members are.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::contracts::{Contract, Cycle, CycleDay};
use crate::costs::{Bill, Currency};
use crate::offers::{Catalogue, Member, Offer};
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
    /// By what the traffic of hosts is billed.
    pub contracts: Vec<HostContract>,
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

/// By what the traffic of a host that runs is billed.
#[derive(Debug, Clone, PartialEq)]
pub struct HostContract {
    /// The host.
    pub instance: String,
    /// The offer that it was taken by, if one is named.
    pub offer: Option<String>,
    /// In what it is paid, where that is told.
    pub currency: Option<Currency>,
    /// The price of a month, in minor units; 0 where it is not told.
    pub monthly: i64,
    /// What passes, and what it costs.
    pub contract: Contract,
    /// On which day its bills begin anew.
    pub day: CycleDay,
    /// At the midnight of which zone; the collector's, if none is told.
    pub zone: Option<TimeZone>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            mixes: Mix::usual(),
            organisations: Vec::new(),
            disks: Vec::new(),
            links_mbit: BTreeMap::new(),
            bills: Vec::new(),
            contracts: Vec::new(),
            offers: None,
            events: Terms::default(),
            members: Vec::new(),
        }
    }
}

impl HostContract {
    /// As an offer was taken, with bills that begin anew on a day.
    pub fn of(instance: &str, offer: &Offer, day: CycleDay) -> Self {
        Self {
            instance: instance.to_owned(),
            offer: Some(offer.name.clone()),
            currency: Some(offer.currency),
            monthly: offer.fee.monthly,
            contract: offer.contract,
            day,
            zone: None,
        }
    }

    /// When its bills begin anew; `usual` is the collector's own zone.
    pub fn cycle(&self, usual: &TimeZone) -> Cycle {
        Cycle { day: self.day, zone: self.zone.as_ref().unwrap_or(usual).clone() }
    }
}

impl Plan {
    /// The name of the organisation that a tenant is of: its own, unless one is configured.
    pub fn organisation_of<'p>(&'p self, tenant: &'p str) -> &'p str {
        let has = |one: &&Organisation| one.tenants.iter().any(|known| known == tenant);
        self.organisations.iter().find(has).map_or(tenant, |one| &one.name)
    }

    /// By what a host is billed.
    pub fn contract_of(&self, instance: &str) -> Option<&HostContract> {
        self.contracts.iter().find(|one| one.instance == instance)
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
