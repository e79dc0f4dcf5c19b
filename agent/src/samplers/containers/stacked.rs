//! Disks that carry other disks: what a logical volume or a mirror reads is counted again for the disk
//! below it, and must not count twice.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// What is known of disks, by number such as `8:0`.
pub struct StackedDisks {
    block: PathBuf,
    carriers: HashMap<String, bool>,
}

impl StackedDisks {
    pub fn new(root: &Path) -> Self {
        Self { block: root.join("sys/dev/block"), carriers: HashMap::new() }
    }

    /// Forgets everything: disks come and go.
    pub fn forget(&mut self) {
        self.carriers.clear();
    }

    /// Whether another disk stands on this one or on one of its parts.
    pub fn carries_another(&mut self, disk: &str) -> bool {
        if let Some(known) = self.carriers.get(disk) {
            return *known;
        }
        let folder = self.block.join(disk);
        let carries = has_holders(&folder) || parts(&folder).any(|part| has_holders(&part));
        self.carriers.insert(disk.to_owned(), carries);
        carries
    }
}

fn has_holders(folder: &Path) -> bool {
    std::fs::read_dir(folder.join("holders")).is_ok_and(|mut holders| holders.next().is_some())
}

fn parts(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.join("partition").exists())
}
