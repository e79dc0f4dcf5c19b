//! The memory that requests share: how much of the machine's it is, and whose.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::samples::{Pool, Sides};

/// The most that is shared unless configured otherwise, in bytes.
const MOST_BYTES: u64 = 1 << 30;

/// What is shared where nobody says how much memory there is, in bytes.
const UNKNOWN_BYTES: u64 = 256 << 20;

/// Permits of agents are of this size, in bytes.
const PERMIT_BYTES: u64 = 1 << 10;

/// Whose the memory is.
pub struct Memory {
    /// Readers' and writers': each has a part that the other never takes.
    pub pool: Pool,
    /// Agents', in permits: they wait for each other and for nobody else.
    pub agents: Arc<Semaphore>,
}

impl Memory {
    /// So many bytes: an eighth for agents, an eighth kept for writers, half kept for readers, and a
    /// quarter for whoever comes first.
    pub fn of(bytes: u64) -> Self {
        let eighth = bytes / 8;
        let kept = Sides { readers: 4 * eighth, writers: eighth };
        let permits = usize::try_from(eighth / PERMIT_BYTES).unwrap_or(usize::MAX);
        Self {
            pool: Pool::keeping(bytes - eighth, kept),
            agents: Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS))),
        }
    }
}

/// What is shared unless configured otherwise: a quarter of the memory, of the machine or of the
/// control group, whichever is less.
pub fn usual_bytes() -> u64 {
    available(Path::new("/")).map_or(UNKNOWN_BYTES, |bytes| (bytes / 4).min(MOST_BYTES))
}

/// The memory that the process may have, by the files below `root`.
fn available(root: &Path) -> Option<u64> {
    let groups = std::fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let limits = groups.lines().filter_map(|line| group_limit(root, line));
    limits.chain(machine(root)).min()
}

fn machine(root: &Path) -> Option<u64> {
    let text = std::fs::read_to_string(root.join("proc/meminfo")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1 << 10)
}

/// The least limit of a control group and of those that it lies in. `line` is one of
/// `/proc/self/cgroup`: of version 2 `0::/path`, of version 1 `7:memory:/path`.
fn group_limit(root: &Path, line: &str) -> Option<u64> {
    let mut fields = line.splitn(3, ':').skip(1);
    let (controllers, path) = (fields.next()?, fields.next()?);
    let (mount, file) = match controllers {
        "" => ("sys/fs/cgroup", "memory.max"),
        several if several.split(',').any(|one| one == "memory") => {
            ("sys/fs/cgroup/memory", "memory.limit_in_bytes")
        }
        _ => return None,
    };
    // In a container the group's own folder may be what is mounted: its parents are asked too.
    let folders = Path::new(path.trim_start_matches('/')).ancestors().map(PathBuf::from);
    let limit = |folder: PathBuf| {
        let text = std::fs::read_to_string(root.join(mount).join(folder).join(file)).ok()?;
        text.trim().parse::<u64>().ok()
    };
    folders.filter_map(limit).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    /// Path and text.
    type File = (&'static str, &'static str);

    #[test]
    fn the_least_limit_counts_of_the_machine_and_of_all_control_groups() {
        let machine = ("proc/meminfo", "MemTotal:       1048576 kB\nMemFree: 5 kB\n");
        let group2 = ("proc/self/cgroup", "0::/system.slice/headroom.service\n");
        let group1 = ("proc/self/cgroup", "12:cpu,cpuacct:/x\n7:memory:/docker/abc\n0::/\n");
        let cases: [(&[File], Option<u64>); 7] = [
            (&[], None),
            (&[machine], Some(1024)),
            (&[machine, group2], Some(1024)),
            (
                &[
                    machine,
                    group2,
                    ("sys/fs/cgroup/system.slice/headroom.service/memory.max", "max\n"),
                    ("sys/fs/cgroup/system.slice/memory.max", "536870912\n"),
                ],
                Some(512),
            ),
            (&[machine, group2, ("sys/fs/cgroup/memory.max", "104857600\n")], Some(100)),
            (
                &[
                    machine,
                    group1,
                    ("sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "209715200\n"),
                    ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
                ],
                Some(200),
            ),
            (
                &[
                    group1,
                    // The group's own folder, as a container sees it.
                    ("sys/fs/cgroup/memory/memory.limit_in_bytes", "314572800\n"),
                ],
                Some(300),
            ),
        ];
        for (files, expected) in cases {
            let root = tempfile::TempDir::new().unwrap();
            for (path, text) in files {
                let path = root.path().join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            assert_eq!(available(root.path()).map(|bytes| bytes / MIB), expected, "{files:?}");
        }
    }
}
