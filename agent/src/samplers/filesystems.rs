//! Space and inodes of mounted file systems.
//!
//! A file system on the network may hang for ever when its server is gone, so those are asked on
//! a thread of their own, and one that does not answer in time shows as a device error.

mod mount;
mod remote;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use headroom_proto::catalogue::{
    Metric, NODE_FILESYSTEM_AVAIL_BYTES, NODE_FILESYSTEM_DEVICE_ERROR, NODE_FILESYSTEM_FILES,
    NODE_FILESYSTEM_FILES_FREE, NODE_FILESYSTEM_FREE_BYTES, NODE_FILESYSTEM_READONLY,
    NODE_FILESYSTEM_SIZE_BYTES,
};

use rustix::fs::StatVfs;

use self::mount::Mount;
use self::remote::RemoteFilesystems;
use super::proc_file::{ProcFile, parse_error};
use super::{SampleError, Sampler};
use crate::series::Round;

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
    /// What lines of the table are that were not understood.
    skipped: Vec<String>,
    refreshed: Option<SystemTime>,
    remote: RemoteFilesystems,
}

impl Filesystems {
    pub fn new(root: &Path) -> Self {
        Self {
            table: ProcFile::new(root, "proc/self/mountinfo"),
            root: root.to_owned(),
            mounts: Vec::new(),
            skipped: Vec::new(),
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
        self.mounts.clear();
        self.skipped.clear();
        let path = self.table.path().to_owned();
        let mut seen = HashSet::new();
        for line in self.table.read_bytes()?.split(|byte| *byte == b'\n') {
            match Mount::of(line, &self.root) {
                _ if line.is_empty() => {}
                Ok(mount) => self.mounts.extend(
                    mount.filter(|mount| seen.insert((mount.source.clone(), mount.point.clone()))),
                ),
                Err(_) => {
                    let line = String::from_utf8_lossy(line);
                    self.skipped.push(parse_error(&path, &line).to_string());
                }
            }
        }
        self.refreshed = Some(now);
        Ok(())
    }
}

impl Mount {
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
        for line in &self.skipped {
            round.item(|_| Err(line));
        }
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
