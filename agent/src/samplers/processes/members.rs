//! The processes of all groups: found by a walk over /proc, and then read by files that stay open.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::groups::{CommandName, Process, group};
use super::inherited::Inherited;
use super::stat::{Stat, Ticks};
use crate::samplers::SampleError;

/// The most members of all groups; each holds a file open, and a service may hold 1024. Further
/// processes are left out and counted.
const MAX_MEMBERS: usize = 400;

/// The most that is read of arguments and of control groups.
const MAX_TEXT_BYTES: u64 = 4096;

/// A process that belongs to no group is looked at again in the second, fourth and eighth scan: at
/// first, it may not run yet what it was started for.
const LAST_LOOK: u32 = 8;

/// How far up the nearest member is looked for.
const MAX_GENERATIONS: usize = 8;

/// After so many scans all are looked at again, since a number may be another process's by now.
const SCANS_TO_REMEMBER: u32 = 60;

#[derive(Default)]
pub struct Members {
    by_id: BTreeMap<u32, Member>,
    /// In how many scans each other process was there.
    strangers: HashMap<u32, u32>,
    scans: u32,
    dropped: usize,
    /// Those that were there at the last scan.
    before: HashSet<u32>,
    inherited: Inherited,
}

struct Member {
    group: String,
    /// Of this very process: when it ends, the file has nothing, whoever gets its number.
    stat: File,
    age: Age,
    /// As it was read last.
    last: Option<Stat>,
    /// The member that will have waited for it when it has ended, if there is one.
    heir: Option<u32>,
}

/// How long a member has been there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    /// Nobody knows: what it used until it was found is not counted.
    Unknown,
    /// It has started since the scan before, and all that it used counts.
    New,
}

/// What a member has used since it was read last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// By itself; none if that is not known.
    pub own: Option<Ticks>,
    /// Before it was found, and by children that ended too soon to be found.
    pub unseen: Ticks,
}

impl Members {
    /// Finds new members, and forgets those that are gone.
    pub fn scan(&mut self, proc: &Path, also: &[CommandName]) -> Result<(), SampleError> {
        let failed = |source| SampleError::Read { path: proc.to_owned(), source };
        self.scans += 1;
        if self.scans.is_multiple_of(SCANS_TO_REMEMBER) {
            self.strangers.clear();
        }
        let mut there = HashSet::new();
        let mut found = Vec::new();
        self.dropped = 0;
        for entry in std::fs::read_dir(proc).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let Some(id) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
            there.insert(id);
            if self.is_worth_a_look(id) && self.look_at(id, &proc.join(&name), also) {
                found.push(id);
            }
        }
        self.strangers.retain(|id, _| there.contains(id));
        for id in found {
            let heir = self.heir(proc, id);
            if let Some(member) = self.by_id.get_mut(&id) {
                member.heir = heir;
            }
        }
        self.before = there;
        self.inherited.forget();
        Ok(())
    }

    fn is_worth_a_look(&mut self, id: u32) -> bool {
        match self.strangers.get_mut(&id) {
            Some(scans) => {
                *scans += 1;
                *scans <= LAST_LOOK && scans.is_power_of_two()
            }
            None => !self.by_id.contains_key(&id),
        }
    }

    /// Takes a process in if it belongs to a group, and tells whether it did. It may end at any moment;
    /// then it does not.
    fn look_at(&mut self, id: u32, folder: &Path, also: &[CommandName]) -> bool {
        let Some(group) = group_of(folder, also) else {
            self.strangers.entry(id).or_insert(1);
            return false;
        };
        if self.by_id.len() >= MAX_MEMBERS {
            self.dropped += 1;
            return false;
        }
        let Ok(stat) = File::open(folder.join("stat")) else { return false };
        let is_new = self.scans > 1 && !self.before.contains(&id);
        let age = if is_new { Age::New } else { Age::Unknown };
        let member = Member { group: group.to_owned(), stat, age, last: None, heir: None };
        self.strangers.remove(&id);
        self.by_id.insert(id, member);
        true
    }

    /// The nearest of those above a process that is a member.
    fn heir(&self, proc: &Path, id: u32) -> Option<u32> {
        let mut id = id;
        for _ in 0..MAX_GENERATIONS {
            let line = text(&proc.join(id.to_string()), "stat")?;
            id = Stat::parse(&line)?.parent;
            if self.by_id.contains_key(&id) {
                return Some(id);
            }
        }
        None
    }

    /// Reads each member: its group, its state, and what it used since it was read last. Those that have
    /// ended are forgotten. Of children that were never seen, no more than `most` ticks count at once.
    pub fn read(&mut self, most: u64, mut take: impl FnMut(&str, Stat, Spent)) {
        let inherited = &mut self.inherited;
        let mut read = Vec::with_capacity(self.by_id.len());
        self.by_id.retain(|_, member| {
            let mut line = [0; 1024];
            let length = member.stat.read_at(&mut line, 0).unwrap_or(0);
            let stat = Stat::parse(&String::from_utf8_lossy(&line[..length]));
            if let (None, Some(heir), Some(last)) = (stat, member.heir, member.last) {
                inherited.add(heir, last.used + last.waited_for);
            }
            read.extend(stat);
            stat.is_some()
        });
        for ((id, member), stat) in self.by_id.iter_mut().zip(read) {
            let spent = match (member.last, member.age) {
                (Some(last), _) => {
                    let waited_for = stat.waited_for - last.waited_for;
                    let unseen = waited_for - inherited.take(*id, waited_for);
                    Spent { own: Some(stat.used - last.used), unseen }
                }
                (None, Age::New) => Spent { own: None, unseen: stat.used + stat.waited_for },
                (None, Age::Unknown) => Spent::default(),
            };
            // Who waits at last for a child that is no member gets all of its past at once.
            let plausible = spent.unseen.sum() <= most;
            let unseen = if plausible { spent.unseen } else { Ticks::default() };
            take(&member.group, stat, Spent { unseen, ..spent });
            member.last = Some(stat);
        }
    }

    /// The members of a group.
    pub fn of<'m>(&'m self, group: &'m str) -> impl Iterator<Item = u32> + 'm {
        self.by_id.iter().filter(move |(_, member)| member.group == group).map(|(id, _)| *id)
    }

    /// How many processes of known groups found no room in the last scan.
    pub fn dropped(&self) -> usize {
        self.dropped
    }
}

fn group_of<'g>(folder: &Path, also: &'g [CommandName]) -> Option<&'g str> {
    let command = text(folder, "comm")?;
    let cgroups = text(folder, "cgroup").unwrap_or_default();
    let process = Process { command: command.trim_end_matches('\n'), cgroups: &cgroups };
    group(process, also, || text(folder, "cmdline").unwrap_or_default())
}

fn text(folder: &Path, file: &str) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(folder.join(file)).ok()?.take(MAX_TEXT_BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
