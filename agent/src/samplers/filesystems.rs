//! Space and inodes of mounted file systems.
//!
//! Mounts are those of the host's first process where they can be read: this one's may hide some. One
//! that does not answer in time shows as a device error. Nothing of a user's file system stays open.

mod mount;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use headroom_proto::catalogue::{
    Metric, NODE_FILESYSTEM_AVAIL_BYTES, NODE_FILESYSTEM_DEVICE_ERROR, NODE_FILESYSTEM_FILES,
    NODE_FILESYSTEM_FILES_FREE, NODE_FILESYSTEM_FREE_BYTES, NODE_FILESYSTEM_READONLY,
    NODE_FILESYSTEM_SIZE_BYTES,
};

use rustix::fs::{CWD, Mode, OFlags, StatVfs, fstat, fstatvfs, openat};

pub use self::mount::unescape;
use self::mount::{Mount, Placed};
use super::asker::Asker;
use super::period::Period;
use super::proc_file::{ProcFile, parse_error};
use super::{SampleError, Sampler};
use crate::series::Round;

/// The mount table changes rarely, and costs the kernel more to print than all the rest. The kernel says
/// when it does; where it cannot, the table is read anew so often.
const MOUNTS_REFRESH: Duration = Duration::from_secs(15);

/// The most mounts that are told: each has seven series, and a host that mounts a thousand would leave no
/// room for anything else.
const MOST_MOUNTS: usize = 200;

pub struct Filesystems {
    table: ProcFile,
    /// Where the mounts of the table are.
    base: PathBuf,
    mounts: Vec<Mount>,
    /// What lines of the table are that were not understood.
    skipped: Vec<String>,
    period: Period,
    asker: Asker<Option<Answer>>,
}

/// What stands at a mount point.
struct Answer {
    /// The number of its device: another one is another file system.
    device: u64,
    figures: StatVfs,
}

impl Filesystems {
    pub fn new(root: &Path) -> Self {
        let (table, base) = view(root);
        Self {
            table: ProcFile::of_long_records(root, table),
            base,
            mounts: Vec::new(),
            skipped: Vec::new(),
            period: Period::new(MOUNTS_REFRESH),
            asker: Asker::new(|path| Answer::of(path).ok()),
        }
    }

    /// Reads the mount table when it has changed, or may have.
    fn refresh(&mut self, now: SystemTime) -> Result<(), SampleError> {
        if !self.table.has_changed() && !self.period.is_due(now) {
            return Ok(());
        }
        self.mounts.clear();
        self.skipped.clear();
        let path = self.table.path().to_owned();
        let mut placed = Vec::new();
        // What could not be read is read again in the next round.
        let table = self.table.read_bytes().inspect_err(|_| self.period.end())?;
        for line in table.split(|byte| *byte == b'\n') {
            match Placed::of(line, &self.base) {
                _ if line.is_empty() => {}
                Ok(mount) => placed.push(mount),
                Err(_) => {
                    let line = String::from_utf8_lossy(line);
                    self.skipped.push(parse_error(&path, &line).to_string());
                }
            }
        }
        let mut seen = HashSet::new();
        let mut too_many = 0;
        for mount in mount::in_sight(placed) {
            let Mount { source, point, fs_type, .. } = &mount;
            if !seen.insert([source, point, fs_type].map(String::clone)) {
                continue;
            }
            if self.mounts.len() == MOST_MOUNTS {
                too_many += 1;
            } else {
                self.mounts.push(mount);
            }
        }
        let message = || format!("there are more than {MOST_MOUNTS} mounts");
        self.skipped.extend((0..too_many).map(|_| message()));
        Ok(())
    }

    /// Asks all of them. One that has become another file system since the table was read is not told:
    /// the table is read anew first.
    fn ask(&mut self) -> Vec<Option<Answer>> {
        let paths: Vec<&Path> = self.mounts.iter().map(|mount| &*mount.path).collect();
        let mut answers: Vec<_> = self.asker.ask(&paths).into_iter().map(Option::flatten).collect();
        let mut gone = Vec::new();
        for (place, (mount, answer)) in self.mounts.iter_mut().zip(&answers).enumerate() {
            let Some(Answer { device, .. }) = answer else { continue };
            if *mount.device.get_or_insert(*device) != *device {
                gone.push(place);
            }
        }
        for place in gone.into_iter().rev() {
            self.mounts.remove(place);
            answers.remove(place);
            self.period.end();
        }
        answers
    }
}

impl Answer {
    /// Opens what stands there, and closes it at once: what is open cannot be unmounted.
    fn of(path: &Path) -> rustix::io::Result<Self> {
        let place = openat(CWD, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Self { device: fstat(&place)?.st_dev, figures: fstatvfs(&place)? })
    }
}

/// The table of mounts, and where they are: those of the first process, if this one has others and may
/// look there.
fn view(root: &Path) -> (&'static str, PathBuf) {
    let namespace =
        |process: &str| std::fs::read_link(root.join("proc").join(process).join("ns/mnt")).ok();
    let first = root.join("proc/1/root");
    match (namespace("1"), namespace("self")) {
        (Some(first_one), Some(own)) if first_one != own && first.is_dir() => {
            ("proc/1/mountinfo", first)
        }
        _ => ("proc/self/mountinfo", root.to_owned()),
    }
}

impl Mount {
    fn push(&self, answer: Option<Answer>, round: &mut Round<'_>) {
        let labels = [
            ("device", self.source.as_str()),
            ("fstype", self.fs_type.as_str()),
            ("mountpoint", self.point.as_str()),
        ];
        let error = if answer.is_some() { 0.0 } else { 1.0 };
        round.push(NODE_FILESYSTEM_DEVICE_ERROR.name, &labels, error);
        let Some(Answer { figures: vfs, .. }) = answer else { return };
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
        let answers = self.ask();
        for (mount, answer) in self.mounts.iter().zip(answers) {
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

#[cfg(test)]
mod tests;
