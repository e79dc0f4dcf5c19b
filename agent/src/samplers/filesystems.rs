//! Space and inodes of mounted file systems.
//!
//! A file system on the network may hang for ever when its server is gone, so those are asked on
//! a thread of their own, and one that does not answer in time shows as a device error.

mod remote;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use headroom_proto::catalogue::{
    Metric, NODE_FILESYSTEM_AVAIL_BYTES, NODE_FILESYSTEM_DEVICE_ERROR, NODE_FILESYSTEM_FILES,
    NODE_FILESYSTEM_FILES_FREE, NODE_FILESYSTEM_FREE_BYTES, NODE_FILESYSTEM_READONLY,
    NODE_FILESYSTEM_SIZE_BYTES,
};

use procfs::FromBufRead;
use procfs::process::{MountInfo, MountInfos};
use rustix::fs::StatVfs;

use self::remote::RemoteFilesystems;
use super::proc_file::ProcFile;
use super::{SampleError, Sampler};
use crate::series::Round;

/// File systems without blocks of their own; node_exporter leaves the same out.
const PSEUDO: [&str; 25] = [
    "autofs",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "fusectl",
    "hugetlbfs",
    "iso9660",
    "mqueue",
    "nsfs",
    "overlay",
    "proc",
    "procfs",
    "pstore",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "squashfs",
    "sysfs",
    "tracefs",
    "erofs",
];

/// Trees in which every mount is somebody's machinery; node_exporter leaves the same out.
const HIDDEN_TREES: [&str; 3] = ["/dev", "/proc", "/sys"];
const HIDDEN_BELOW: [&str; 3] =
    ["/run/credentials", "/var/lib/docker", "/var/lib/containers/storage"];

/// File systems whose server is another machine.
const REMOTE: [&str; 10] = [
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "ceph",
    "fuse.sshfs",
    "fuse.glusterfs",
    "fuse.s3fs",
    "fuse.rclone",
];

/// The mount table changes rarely, and costs the kernel more to print than all the rest.
const MOUNTS_REFRESH: Duration = Duration::from_secs(15);

pub struct Filesystems {
    table: ProcFile,
    root: PathBuf,
    mounts: Vec<Mount>,
    refreshed: Option<SystemTime>,
    remote: RemoteFilesystems,
}

/// A mount that is wanted.
struct Mount {
    source: String,
    point: String,
    fs_type: String,
    path: PathBuf,
    read_only: bool,
}

impl Filesystems {
    pub fn new(root: &Path) -> Self {
        Self {
            table: ProcFile::new(root, "proc/self/mountinfo"),
            root: root.to_owned(),
            mounts: Vec::new(),
            refreshed: None,
            remote: RemoteFilesystems::default(),
        }
    }

    /// Reads the mount table now and then, also when the clock goes backwards.
    fn refresh(&mut self, now: SystemTime) -> Result<(), SampleError> {
        let age = self.refreshed.and_then(|then| now.duration_since(then).ok());
        if age.is_some_and(|age| age < MOUNTS_REFRESH) {
            return Ok(());
        }
        let parsed = MountInfos::from_buf_read(self.table.read()?.as_bytes());
        let MountInfos(mounts) = parsed.map_err(|error| self.table.misread(&error.to_string()))?;
        let mut seen = HashSet::new();
        let mounts = mounts.iter().filter(|mount| is_wanted(mount));
        self.mounts = mounts
            .map(|mount| Mount::of(mount, &self.root))
            .filter(|mount| seen.insert((mount.source.clone(), mount.point.clone())))
            .collect();
        self.refreshed = Some(now);
        Ok(())
    }
}

impl Mount {
    fn of(mount: &MountInfo, root: &Path) -> Self {
        let point = unescape(&mount.mount_point.to_string_lossy());
        Self {
            source: unescape(mount.mount_source.as_deref().unwrap_or("none")),
            path: root.join(point.trim_start_matches('/')),
            point,
            fs_type: mount.fs_type.clone(),
            read_only: mount.mount_options.contains_key("ro"),
        }
    }

    fn push(&self, answer: Option<StatVfs>, round: &mut Round<'_>) {
        let labels = [
            ("device", self.source.as_str()),
            ("fstype", self.fs_type.as_str()),
            ("mountpoint", self.point.as_str()),
        ];
        let error = if answer.is_some() { 0.0 } else { 1.0 };
        round.push(NODE_FILESYSTEM_DEVICE_ERROR.name, &labels, error);
        let Some(vfs) = answer else { return };
        for (metric, value) in figures(&vfs) {
            round.push(metric.name, &labels, value);
        }
        let read_only = if self.read_only { 1.0 } else { 0.0 };
        round.push(NODE_FILESYSTEM_READONLY.name, &labels, read_only);
    }
}

impl Sampler for Filesystems {
    fn name(&self) -> &'static str {
        "filesystems"
    }

    fn sample(&mut self, now: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        self.refresh(now)?;
        for mount in &self.mounts {
            let answer = if REMOTE.contains(&mount.fs_type.as_str()) {
                self.remote.statvfs(&mount.path)
            } else {
                rustix::fs::statvfs(&mount.path).ok()
            };
            mount.push(answer, round);
        }
        Ok(())
    }
}

/// In mountinfo, space, tab, newline and backslash are a backslash and three octal digits
/// (proc(5)); the parser leaves them so.
fn unescape(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        let (character, rest) = code.map_or(('\\', part), |code| (code.into(), &part[3..]));
        plain.push(character);
        plain.push_str(rest);
    }
    plain
}

fn figures(vfs: &StatVfs) -> [(&'static Metric, f64); 5] {
    let bytes = |blocks: u64| blocks as f64 * vfs.f_frsize as f64;
    [
        (NODE_FILESYSTEM_SIZE_BYTES, bytes(vfs.f_blocks)),
        (NODE_FILESYSTEM_FREE_BYTES, bytes(vfs.f_bfree)),
        (NODE_FILESYSTEM_AVAIL_BYTES, bytes(vfs.f_bavail)),
        (NODE_FILESYSTEM_FILES, vfs.f_files as f64),
        (NODE_FILESYSTEM_FILES_FREE, vfs.f_ffree as f64),
    ]
}

fn is_wanted(mount: &MountInfo) -> bool {
    let point = &mount.mount_point;
    let hidden = HIDDEN_TREES.iter().any(|tree| point.starts_with(tree))
        || HIDDEN_BELOW.iter().any(|tree| point.starts_with(tree) && point != Path::new(tree));
    !hidden && !PSEUDO.contains(&mount.fs_type.as_str())
}
