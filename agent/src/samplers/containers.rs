//! CPU, memory, I/O, processes and network of containers and of BigBlueButton's services, from their
//! control groups, under cAdvisor's names. No socket of Docker or any other manager is asked.
//!
//! Which containers there are is looked up now and then; between, each round reads their files.

mod figures;
mod hierarchy;
mod identity;
mod names;
mod network;
mod sources;
mod stacked;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use headroom_proto::catalogue::HEADROOM_CONTAINERS_DROPPED;
use headroom_proto::metric::TENANT;

use self::hierarchy::{Hierarchy, Means};
use self::identity::Identity;
use self::names::Names;
use self::network::Network;
use self::stacked::StackedDisks;
use super::proc_file::TextBuffer;
use super::units::UnitName;
use super::{SampleError, Sampler};
use crate::series::Round;

/// How long a container may run before it is found.
const DISCOVERY_INTERVAL: Duration = Duration::from_secs(30);

/// The most containers and services at once; further ones are left out and counted.
const MAX_AT_ONCE: usize = 200;

/// The most of them in one run of the agent. Each has some twenty series, and a host that starts a new
/// container for each task would fill the agent's table (`MAX_SERIES`) for everything else.
const MAX_EVER: usize = 300;

/// What the operator says of containers.
#[derive(Debug, Clone, Default)]
pub struct ContainerOptions {
    /// The organisation that a container belongs to, by the container's name.
    pub tenants: BTreeMap<String, String>,
}

pub struct Containers {
    root: PathBuf,
    /// None as long as the host has no control groups that can be read.
    hierarchy: Option<Hierarchy>,
    options: ContainerOptions,
    /// Services that count as containers.
    units: Vec<UnitName>,
    by_group: BTreeMap<String, Container>,
    /// Those that were seen once only: most are gone before they are worth a series.
    newcomers: BTreeSet<String>,
    admitted: usize,
    dropped: usize,
    stacked: StackedDisks,
    discovered: Option<SystemTime>,
    buffer: TextBuffer,
    names: Names,
}

struct Container {
    name: String,
    tenant: String,
    processes: Option<usize>,
    network: Option<Network>,
}

impl Containers {
    pub fn new(root: &Path, options: &ContainerOptions, units: &[UnitName]) -> Self {
        Self {
            root: root.to_owned(),
            hierarchy: Hierarchy::of(root),
            options: options.clone(),
            units: units.to_vec(),
            by_group: BTreeMap::new(),
            newcomers: BTreeSet::new(),
            admitted: 0,
            dropped: 0,
            stacked: StackedDisks::new(root),
            discovered: None,
            buffer: TextBuffer::default(),
            names: Names::default(),
        }
    }

    /// Looks for containers now and then, also when the clock goes backwards.
    fn discover(&mut self, now: SystemTime) -> Result<(), SampleError> {
        let age = self.discovered.and_then(|then| now.duration_since(then).ok());
        if age.is_some_and(|age| age < DISCOVERY_INTERVAL) {
            return Ok(());
        }
        let Some(hierarchy) = &self.hierarchy else { return Ok(()) };
        let found = hierarchy.find(|folder, parent| Identity::of(folder, parent, &self.units))?;
        self.by_group.retain(|group, _| found.contains_key(group));
        let mut newcomers = BTreeSet::new();
        self.dropped = 0;
        for (group, identity) in found {
            if self.by_group.contains_key(&group) {
                continue;
            }
            let settled = self.discovered.is_none() || self.newcomers.contains(&group);
            if self.by_group.len() >= MAX_AT_ONCE || self.admitted >= MAX_EVER {
                self.dropped += 1;
            } else if settled || identity.is_service() {
                self.admitted += 1;
                let container = self.container(&group, &identity);
                self.by_group.insert(group, container);
            } else {
                newcomers.insert(group);
            }
        }
        self.newcomers = newcomers;
        self.discovered = Some(now);
        self.stacked.forget();
        self.look_inside();
        Ok(())
    }

    fn container(&mut self, group: &str, identity: &Identity) -> Container {
        let name = identity.name(&mut self.names, &self.root, group);
        let tenant = self.options.tenants.get(&name).cloned().unwrap_or_default();
        Container { name, tenant, processes: None, network: None }
    }

    /// Finds a process of each container, and by it the container's network.
    fn look_inside(&mut self) {
        let Some(hierarchy) = &self.hierarchy else { return };
        let mut taken = network::of_the_host(&self.root);
        let knows_host = !taken.is_empty();
        for (group, container) in &mut self.by_group {
            let inmates = hierarchy.inmates(group, &mut self.buffer);
            container.processes = inmates.map(|inmates| inmates.count);
            let first = inmates.and_then(|inmates| inmates.first);
            // Of those who share a network, the first stands for all: bytes count once.
            let network = first.and_then(|process| Network::of(&self.root, process));
            let own = |network: &Network| knows_host && taken.insert(network.id().to_owned());
            container.network = network.filter(own);
        }
    }
}

impl Sampler for Containers {
    fn name(&self) -> &'static str {
        "containers"
    }

    fn is_there(&mut self) -> bool {
        if self.hierarchy.is_none() {
            self.hierarchy = Hierarchy::of(&self.root);
        }
        self.hierarchy.is_some()
    }

    fn sample(&mut self, now: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        self.discover(now)?;
        let Some(hierarchy) = &self.hierarchy else { return Ok(()) };
        for (group, container) in &self.by_group {
            let means = Means { buffer: &mut self.buffer, stacked: &mut self.stacked };
            // It may have ended since it was found.
            let Some(mut figures) = hierarchy.read(group, means, round) else { continue };
            figures.processes = container.processes.map(|count| count as f64);
            let labels = [("name", &*container.name), ("id", group), (TENANT, &*container.tenant)];
            figures.push(&labels, round);
            if let Some(network) = &container.network {
                let buffer = &mut self.buffer;
                round.item(|round| network.push(&labels, buffer, round));
            }
        }
        round.push(HEADROOM_CONTAINERS_DROPPED.name, &[], self.dropped as f64);
        Ok(())
    }
}
