//! A control group of the test's own, in whatever version this machine has.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Controllers, as version 2 names them and as version 1 mounts them.
const UNIFIED: [&str; 4] = ["cpu", "memory", "io", "pids"];
const LEGACY: [&str; 5] = ["cpu", "cpuacct", "memory", "blkio", "pids"];

/// After its last process has ended, the kernel lets a group go in a moment.
const END_TIMEOUT: Duration = Duration::from_secs(10);

/// A group below the root of all; gone when dropped, once its processes have ended.
pub struct ControlGroup {
    folders: Vec<PathBuf>,
    /// Controllers that had to be switched on for all groups beside it.
    switched_on: Vec<&'static str>,
}

impl ControlGroup {
    /// Makes the group. Where the machine has none to write to, there is nothing to be tested, and the
    /// test says so by failing.
    pub fn new(name: &str) -> Self {
        let base = Path::new("/sys/fs/cgroup");
        let controllers = std::fs::read_to_string(base.join("cgroup.controllers"));
        let mut group = Self { folders: Vec::new(), switched_on: Vec::new() };
        if let Ok(controllers) = controllers {
            group.switch_on(base, &controllers);
            group.add(base.join(name));
        } else {
            for controller in LEGACY {
                group.add(base.join(controller).join(name));
            }
        }
        group
    }

    /// Moves a process into the group.
    pub fn take_in(&self, process: u32) {
        for folder in &self.folders {
            let file = folder.join("cgroup.procs");
            let moved = std::fs::write(&file, process.to_string());
            moved.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        }
    }

    /// What a shell says to become a member of the group, so that nothing it does then is counted
    /// elsewhere.
    pub fn joining(&self) -> String {
        let join = |folder: &PathBuf| format!("echo $$ > {}/cgroup.procs", folder.display());
        self.folders.iter().map(join).collect::<Vec<_>>().join(" && ")
    }

    /// Lets its processes have so many bytes of memory, beyond which the kernel ends one.
    pub fn limit_memory(&self, bytes: u64) {
        let files = self.folders.iter().flat_map(|folder| {
            ["memory.max", "memory.limit_in_bytes"].map(|name| folder.join(name))
        });
        let file = files.into_iter().find(|file| file.exists()).expect("a controller of memory");
        let limited = std::fs::write(&file, bytes.to_string());
        limited.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }

    /// Its folders.
    pub fn folders(&self) -> Vec<PathBuf> {
        self.folders.clone()
    }

    fn add(&mut self, folder: PathBuf) {
        let made = std::fs::create_dir(&folder);
        made.unwrap_or_else(|error| {
            panic!(
                "{}: {error} (needs root, and control groups that can be written)",
                folder.display()
            )
        });
        self.folders.push(folder);
    }

    fn switch_on(&mut self, base: &Path, controllers: &str) {
        let file = base.join("cgroup.subtree_control");
        let on = std::fs::read_to_string(&file).expect("version 2 has it");
        for controller in UNIFIED {
            let has = |text: &str| text.split_ascii_whitespace().any(|name| name == controller);
            assert!(has(controllers), "this machine has no controller {controller} in version 2");
            if !has(&on) {
                let switched = std::fs::write(&file, format!("+{controller}"));
                switched.expect("needs root, and control groups that can be written");
                self.switched_on.push(controller);
            }
        }
    }
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        let start = Instant::now();
        for folder in &self.folders {
            while std::fs::remove_dir(folder).is_err() && start.elapsed() < END_TIMEOUT {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        for controller in &self.switched_on {
            let file = "/sys/fs/cgroup/cgroup.subtree_control";
            let _ = std::fs::write(file, format!("-{controller}"));
        }
    }
}
