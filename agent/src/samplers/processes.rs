//! CPU time, memory and threads of the groups of processes that saturate first, under
//! process-exporter's names, and how near to one whole core the busiest of each group is.
//!
//! Which processes belong to a group is looked up now and then; between, each round reads the members
//! only. What their children used that ended sooner is told by those who waited for them. Nothing of a process becomes a label but the name of its group, which is fixed here or in the
//! configuration.

mod groups;
mod inherited;
mod members;
mod stat;
mod threads;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use headroom_proto::catalogue::{
    HEADROOM_PROCESS_BUSIEST_CPU_RATIO, HEADROOM_PROCESS_BUSIEST_THREAD_CPU_RATIO,
    HEADROOM_PROCESSES_DROPPED, NAMEDPROCESS_NAMEGROUP_CPU_SECONDS_TOTAL,
    NAMEDPROCESS_NAMEGROUP_MEMORY_BYTES, NAMEDPROCESS_NAMEGROUP_NUM_PROCS,
    NAMEDPROCESS_NAMEGROUP_NUM_THREADS,
};

pub use self::groups::CommandName;
use self::members::Members;
use self::stat::Ticks;
use self::threads::Threads;
use super::period::Period;
use super::{SampleError, Sampler};
use crate::series::Round;

/// How long a process may live before it is found.
const SCAN_INTERVAL: Duration = Duration::from_secs(10);

/// Threads are many, and looked at less often.
const THREADS_INTERVAL: Duration = Duration::from_secs(60);

/// Groups of which a single thread saturates long before the process does, since one of its threads
/// mixes the sound of a whole room.
const OF_THREADS: [&str; 1] = ["freeswitch"];

pub struct Processes {
    proc: PathBuf,
    /// Those of the host, whatever this agent itself may use of them.
    cores: usize,
    also: Vec<CommandName>,
    members: Members,
    threads: Threads,
    /// By name. A group that was seen once stays: that none of it runs is a reading too.
    groups: BTreeMap<String, Group>,
    scan: Period,
    looked_at_threads: Option<SystemTime>,
    last_round: Option<SystemTime>,
}

/// What a group has done since this agent saw it first, members that have ended included, and what it
/// is now.
#[derive(Default)]
struct Group {
    used: Ticks,
    processes: u32,
    threads: u64,
    resident_pages: u64,
    /// The most that one member used since the last round.
    most: Option<u64>,
    /// The share of a core that its busiest thread had between the last two scans.
    busiest_thread: Option<f64>,
}

/// How many cores the kernel tells of; one at least.
fn cores(root: &Path) -> usize {
    let text = std::fs::read_to_string(root.join("proc/stat")).unwrap_or_default();
    let is_core = |line: &&str| {
        line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    text.lines().filter(is_core).count().max(1)
}

impl Processes {
    pub fn new(root: &Path, also: &[CommandName]) -> Self {
        Self {
            proc: root.join("proc"),
            cores: cores(root),
            also: also.to_vec(),
            members: Members::default(),
            threads: Threads::default(),
            groups: BTreeMap::new(),
            scan: Period::new(SCAN_INTERVAL),
            looked_at_threads: None,
            last_round: None,
        }
    }

    /// Looks at threads now and then, also when the clock goes backwards.
    fn look_at_threads(&mut self, now: SystemTime) {
        let age = self.looked_at_threads.map(|then| now.duration_since(then).ok());
        if age.flatten().is_some_and(|age| age < THREADS_INTERVAL) {
            return;
        }
        self.looked_at_threads = Some(now);
        for name in OF_THREADS {
            let processes = self.members.of(name);
            let busiest = self.threads.busiest(&self.proc, processes, age.flatten());
            if let Some(group) = self.groups.get_mut(name) {
                group.busiest_thread = busiest;
            }
        }
    }

    /// Adds up what the members have used since the last round, `passed` ago.
    fn count(&mut self, passed: Option<Duration>) {
        for group in self.groups.values_mut() {
            *group = Group { busiest_thread: group.busiest_thread, ..Group::of(group.used) };
        }
        let time = passed.unwrap_or_default() + SCAN_INTERVAL * 2;
        self.members.read(stat::most(time, self.cores), |name, stat, spent| {
            if !self.groups.contains_key(name) {
                self.groups.insert(name.to_owned(), Group::default());
            }
            let Some(group) = self.groups.get_mut(name) else { return };
            group.processes += 1;
            group.threads += stat.threads;
            group.resident_pages += stat.resident_pages;
            group.used = group.used + spent.unseen;
            if let Some(own) = spent.own {
                group.used = group.used + own;
                group.most = group.most.max(Some(own.sum()));
            }
        });
    }
}

impl Sampler for Processes {
    fn name(&self) -> &'static str {
        "processes"
    }

    fn sample(&mut self, now: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        if self.scan.is_due(now) {
            self.members.scan(&self.proc, &self.also).inspect_err(|_| self.scan.end())?;
        }
        self.look_at_threads(now);
        let passed = self.last_round.and_then(|last| now.duration_since(last).ok());
        self.last_round = Some(now);
        self.count(passed);
        for (name, group) in &self.groups {
            group.push(name, passed, round);
        }
        round.push(HEADROOM_PROCESSES_DROPPED.name, &[], self.members.dropped() as f64);
        Ok(())
    }
}

impl Group {
    fn of(used: Ticks) -> Self {
        Self { used, ..Self::default() }
    }

    fn push(&self, name: &str, passed: Option<Duration>, round: &mut Round<'_>) {
        let group = ("groupname", name);
        for (mode, ticks) in [("user", self.used.user), ("system", self.used.system)] {
            let seconds = stat::seconds(ticks);
            let labels = [group, ("mode", mode)];
            round.push(NAMEDPROCESS_NAMEGROUP_CPU_SECONDS_TOTAL.name, &labels, seconds);
        }
        round.push(NAMEDPROCESS_NAMEGROUP_NUM_PROCS.name, &[group], self.processes.into());
        round.push(NAMEDPROCESS_NAMEGROUP_NUM_THREADS.name, &[group], self.threads as f64);
        let resident = self.resident_pages as f64 * rustix::param::page_size() as f64;
        let labels = [group, ("memtype", "resident")];
        round.push(NAMEDPROCESS_NAMEGROUP_MEMORY_BYTES.name, &labels, resident);
        let passed = passed.map(|passed| passed.as_secs_f64()).filter(|passed| *passed > 0.0);
        if let (Some(most), Some(passed)) = (self.most, passed) {
            let share = stat::seconds(most) / passed;
            round.push(HEADROOM_PROCESS_BUSIEST_CPU_RATIO.name, &[group], share);
        }
        if let Some(share) = self.busiest_thread {
            round.push(HEADROOM_PROCESS_BUSIEST_THREAD_CPU_RATIO.name, &[group], share);
        }
    }
}
