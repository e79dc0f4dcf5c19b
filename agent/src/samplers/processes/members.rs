//! The processes of all groups: found by a walk over /proc, and then read by files that stay open.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::groups::{CommandName, Process, group};
use super::stat::{Stat, Ticks};
use crate::samplers::SampleError;

/// The most members of all groups; each holds a file open, and a service may hold 1024. Further
/// processes are left out and counted.
const MAX_MEMBERS: usize = 400;

/// The most that is read of arguments and of control groups.
const MAX_TEXT_BYTES: u64 = 4096;

/// How often a process that belongs to no group is looked at: the first time, it may not run yet what
/// it was started for.
const LOOKS: u32 = 2;

/// After so many scans all are looked at again, since a number may be another process's by now.
const SCANS_TO_REMEMBER: u32 = 20;

#[derive(Default)]
pub struct Members {
    by_id: BTreeMap<u32, Member>,
    /// How often each other process was looked at.
    strangers: HashMap<u32, u32>,
    scans: u32,
    dropped: usize,
}

struct Member {
    group: String,
    /// Of this very process: when it ends, the file has nothing, whoever gets its number.
    stat: File,
    used: Option<Ticks>,
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
        self.dropped = 0;
        for entry in std::fs::read_dir(proc).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let Some(id) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
            there.insert(id);
            let known = self.strangers.get(&id).is_some_and(|looks| *looks >= LOOKS);
            if !known && !self.by_id.contains_key(&id) {
                self.look_at(id, &proc.join(&name), also);
            }
        }
        self.by_id.retain(|id, _| there.contains(id));
        self.strangers.retain(|id, _| there.contains(id));
        Ok(())
    }

    /// Takes a process in if it belongs to a group. It may end at any moment; then it does not.
    fn look_at(&mut self, id: u32, folder: &Path, also: &[CommandName]) {
        let Some(group) = group_of(folder, also) else {
            *self.strangers.entry(id).or_default() += 1;
            return;
        };
        if self.by_id.len() >= MAX_MEMBERS {
            self.dropped += 1;
        } else if let Ok(stat) = File::open(folder.join("stat")) {
            self.by_id.insert(id, Member { group: group.to_owned(), stat, used: None });
        }
    }

    /// Reads each member: its group, its state, and what it used since it was read last, which is
    /// none at first. Those that have ended are forgotten.
    pub fn read(&mut self, mut take: impl FnMut(&str, Stat, Option<Ticks>)) {
        self.by_id.retain(|_, member| {
            let mut line = [0; 1024];
            let length = member.stat.read_at(&mut line, 0).unwrap_or(0);
            let text = String::from_utf8_lossy(&line[..length]);
            let Some(stat) = Stat::parse(&text) else { return false };
            take(&member.group, stat, member.used.map(|last| stat.used - last));
            member.used = Some(stat.used);
            true
        });
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
