//! Where the control groups of a host are, of version 2 or 1, and a walk over them.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::figures::Figures;
use super::identity::Identity;
use super::sources::{Controller, LEGACY, Source, UNIFIED};
use super::stacked::StackedDisks;
use crate::samplers::SampleError;
use crate::samplers::proc_file::{TextBuffer, parse_error};
use crate::series::Round;

/// The deepest that a container may stand; a rootless Docker's stands at 5.
const MAX_DEPTH: usize = 8;

/// The most groups that are looked at; what stands behind them is not found.
const MAX_GROUPS: usize = 10_000;

/// The most groups within one container that are asked for processes.
const MAX_INNER_GROUPS: usize = 100;

/// Where each controller of version 1 is, as systemd and others mount them.
const LEGACY_FOLDERS: [(Controller, &[&str]); 5] = [
    (Controller::Cpu, &["cpu", "cpu,cpuacct"]),
    (Controller::CpuAccounting, &["cpuacct", "cpu,cpuacct"]),
    (Controller::Memory, &["memory"]),
    (Controller::Io, &["blkio"]),
    (Controller::Processes, &["pids"]),
];

/// The control groups of a host.
pub struct Hierarchy {
    /// In version 2 all have the same.
    roots: Vec<(Controller, PathBuf)>,
    sources: &'static [Source],
}

/// The processes in a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Inmates {
    /// How many there are.
    pub count: usize,
    /// One of those that stand highest.
    pub first: Option<u32>,
}

/// What reading takes beside the files.
pub struct Means<'m> {
    /// Memory to read into.
    pub buffer: &'m mut TextBuffer,
    /// Which disks stand on others.
    pub stacked: &'m mut StackedDisks,
}

impl Hierarchy {
    /// The hierarchy of version 2 if that has controllers, else those of version 1; none if there is
    /// neither. A host that has both uses version 2 for systemd's own book-keeping only.
    pub fn of(root: &Path) -> Option<Self> {
        let base = root.join("sys/fs/cgroup");
        if base.join("cgroup.controllers").exists() {
            let roots = LEGACY_FOLDERS.map(|(controller, _)| (controller, base.clone()));
            return Some(Self { roots: roots.into(), sources: &UNIFIED });
        }
        let there = |(controller, names): (Controller, &[&str])| {
            let places = names.iter().map(|name| base.join(name));
            Some((controller, places.into_iter().find(|place| place.is_dir())?))
        };
        let roots: Vec<_> = LEGACY_FOLDERS.into_iter().filter_map(there).collect();
        (!roots.is_empty()).then_some(Self { roots, sources: &LEGACY })
    }

    /// The groups that `recognise` knows by their name and their parent's, by path. What is within
    /// such a group belongs to it.
    pub fn find(
        &self,
        recognise: impl Fn(&str, &str) -> Option<Identity>,
    ) -> Result<BTreeMap<String, Identity>, SampleError> {
        let mut found = BTreeMap::new();
        let mut looked_at = 0;
        for root in self.trunks() {
            let failed = |source| SampleError::Read { path: root.to_owned(), source };
            std::fs::read_dir(root).map_err(failed)?;
            let mut open = vec![(String::new(), 0)];
            while let Some((group, depth)) = open.pop() {
                let parent = group.rsplit('/').next().unwrap_or_default();
                for (name, has_groups) in folders(&root.join(group.trim_start_matches('/'))) {
                    looked_at += 1;
                    let path = format!("{group}/{name}");
                    if let Some(identity) = recognise(&name, parent) {
                        found.insert(path, identity);
                    } else if has_groups && depth < MAX_DEPTH && looked_at < MAX_GROUPS {
                        open.push((path, depth + 1));
                    }
                }
            }
        }
        Ok(found)
    }

    /// The figures of a group, from all of its files; none if there is none any more. What one of them
    /// does not tell as documented is not known, and skipped in the round.
    pub fn read(&self, group: &str, means: Means<'_>, round: &mut Round<'_>) -> Option<Figures> {
        let mut figures = Figures::default();
        let Means { buffer, stacked } = means;
        let mut read = false;
        for source in self.sources {
            let Some(folder) = self.folder(source.controller, group) else { continue };
            let path = folder.join(source.file);
            round.item(|_| {
                if let Some(text) = buffer.read(&path)? {
                    read = true;
                    let parsed = (source.read)(text, &mut figures, stacked);
                    parsed.ok_or_else(|| parse_error(&path, text))?;
                }
                Ok::<(), SampleError>(())
            });
        }
        read.then_some(figures)
    }

    /// The processes of a group and of those within it; none if it does not tell.
    pub fn inmates(&self, group: &str, buffer: &mut TextBuffer) -> Option<Inmates> {
        let mut inmates = None;
        for controller in [Controller::Memory, Controller::CpuAccounting] {
            let mut open: Vec<PathBuf> = self.folder(controller, group).into_iter().collect();
            let mut looked_at = 0;
            while let Some(folder) = open.pop() {
                looked_at += 1;
                if let Ok(Some(text)) = buffer.read(&folder.join("cgroup.procs")) {
                    let here: &mut Inmates = inmates.get_or_insert_default();
                    here.count += text.lines().count();
                    // Processes beyond our own namespace have the number 0.
                    let visible = text.lines().filter_map(|line| line.parse().ok());
                    here.first = here.first.or(visible.into_iter().find(|id| *id > 0));
                }
                let inner = MAX_INNER_GROUPS.saturating_sub(looked_at + open.len());
                let mut below: Vec<_> =
                    folders(&folder).into_iter().map(|(name, _)| name).collect();
                below.sort();
                // The first by name comes next: systemd's own `init.scope` and `payload`.
                open.extend(below.iter().take(inner).rev().map(|name| folder.join(name)));
            }
            if inmates.is_some_and(|inmates| inmates.first.is_some()) {
                break;
            }
        }
        inmates
    }

    /// Where containers are looked for: one hierarchy of version 2, or those of version 1 that every
    /// manager of containers uses.
    fn trunks(&self) -> Vec<&Path> {
        let root = |wanted| self.roots.iter().find(|(controller, _)| *controller == wanted);
        let wanted = [Controller::Memory, Controller::CpuAccounting];
        let mut trunks: Vec<&Path> =
            wanted.into_iter().filter_map(root).map(|(_, path)| path.as_path()).collect();
        trunks.dedup();
        trunks
    }

    fn folder(&self, controller: Controller, group: &str) -> Option<PathBuf> {
        let (_, root) = self.roots.iter().find(|(known, _)| *known == controller)?;
        Some(root.join(group.trim_start_matches('/')))
    }
}

/// The groups directly in a group, and whether they hold others; a group that is gone has none.
fn folders(folder: &Path) -> Vec<(String, bool)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let group = |entry: std::fs::DirEntry| {
        if !entry.file_type().ok()?.is_dir() {
            return None;
        }
        // A folder without folders has two links: its own entry, and its dot.
        let has_groups = entry.metadata().ok()?.nlink() != 2;
        Some((entry.file_name().into_string().ok()?, has_groups))
    };
    entries.filter_map(group).collect()
}
