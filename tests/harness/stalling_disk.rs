//! A file system that hangs when told to: ext4 on a loop device, frozen. Gone when dropped. Needs root.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// Its size: ext4 with a journal, and room for a spool.
const BYTES: u64 = 64 << 20;

/// A disk that hangs.
pub struct StallingDisk {
    mount: TempDir,
    /// Holds what the file system is made of.
    _image: TempDir,
}

impl StallingDisk {
    /// Makes and mounts one.
    #[expect(clippy::new_without_default, reason = "it mounts")]
    pub fn new() -> Self {
        let (mount, image) = (folder(), folder());
        let file = image.path().join("ext4");
        std::fs::File::create(&file).and_then(|file| file.set_len(BYTES)).expect("an empty file");
        run(Command::new("mkfs.ext4").arg("-q").arg("-F").arg(&file));
        run(Command::new("mount").args(["-o", "loop"]).arg(&file).arg(mount.path()));
        Self { mount, _image: image }
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        self.mount.path()
    }

    /// From now on whoever writes to it hangs.
    pub fn freeze(&self) {
        run(Command::new("fsfreeze").arg("--freeze").arg(self.path()));
    }

    /// Whoever hangs goes on.
    pub fn thaw(&self) {
        run(Command::new("fsfreeze").arg("--unfreeze").arg(self.path()));
    }
}

fn folder() -> TempDir {
    TempDir::new().expect("a temporary folder")
}

fn run(command: &mut Command) {
    let status = command.status().expect("Debian's e2fsprogs and util-linux are installed");
    assert!(status.success(), "{command:?} needs root and loop devices");
}

impl Drop for StallingDisk {
    fn drop(&mut self) {
        // It may not be frozen.
        let thaw = Command::new("fsfreeze").arg("--unfreeze").arg(self.path()).output();
        drop(thaw);
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}
