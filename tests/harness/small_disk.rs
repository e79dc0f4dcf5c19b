//! A file system of a given size, in memory, gone when dropped. Needs root.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A small disk.
pub struct SmallDisk(TempDir);

impl SmallDisk {
    /// Mounts one with the options of `mount`, such as `size=128k`.
    pub fn new(options: &str) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let status = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "headroom-test"])
            .arg(folder.path())
            .status();
        assert!(status.expect("mount is installed").success(), "mounting needs root");
        Self(folder)
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Fills all but so many bytes with a file, and answers with its path.
    pub fn fill(&self, left_bytes: u64) -> std::path::PathBuf {
        let filler = self.path().join("filler");
        let state = rustix::fs::statvfs(self.path()).expect("a mounted disk");
        let free = state.f_bavail * state.f_frsize;
        let bytes = free.saturating_sub(left_bytes) as usize;
        std::fs::write(&filler, vec![1; bytes]).expect("there is room for the filler");
        filler
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}
