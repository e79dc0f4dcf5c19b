//! A made-up host: a directory with the files that a kernel would show.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use headroom_proto::catalogue;
use tempfile::TempDir;

use crate::exposition;
use crate::samplers::{SamplerOptions, Samplers};
use crate::series::{Reading, Round, SeriesTables};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/samplers/fixtures");

/// Interfaces as lines `PATH CONTENT`, `PATH -> TARGET` or `FOLDER/` below /sys/class/net.
const LINKS: &str = include_str!("../fixtures/bbb-links.txt");

/// Directories that the fixture's mounts stand on; it mounts others that are gone.
const MOUNT_POINTS: [&str; 5] =
    ["run", "srv/old recordings", "srv/old\\new", "var/lib/docker/volumes", "mnt"];

/// Figures that the disk below the temporary directory gives.
const DISK_FIGURES: [&str; 5] = [
    "node_filesystem_avail_bytes",
    "node_filesystem_files",
    "node_filesystem_files_free",
    "node_filesystem_free_bytes",
    "node_filesystem_size_bytes",
];

/// A host's files.
pub struct FakeHost {
    root: TempDir,
}

impl FakeHost {
    pub fn without_files() -> Self {
        Self { root: TempDir::new().unwrap() }
    }

    /// An Ubuntu 22.04 for meetings; its second CPU is offline.
    pub fn bigbluebutton() -> Self {
        let host = Self::without_files();
        copy_tree(&Path::new(FIXTURES).join("bbb"), host.root.path());
        host.link(LINKS);
        for point in MOUNT_POINTS {
            fs::create_dir_all(host.root.path().join(point)).unwrap();
        }
        host
    }

    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub fn remove(&self, path: &str) {
        let path = self.root.path().join(path);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
    }

    pub fn replace(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.root.path().join(path)).unwrap();
        assert!(text.contains(from), "{path} has no {from:?}");
        self.write(path, text.replacen(from, to, 1));
    }

    /// Adds interfaces in the notation of [`LINKS`].
    pub fn link(&self, lines: &str) {
        for line in lines.lines() {
            let (path, content) = line.split_once(' ').unwrap_or((line, ""));
            let below = format!("sys/class/net/{path}");
            if let Some(target) = content.strip_prefix("-> ") {
                let path = self.root.path().join(below);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                symlink(target, path).unwrap();
            } else if path.ends_with('/') {
                fs::create_dir_all(self.root.path().join(below)).unwrap();
            } else {
                self.write(&below, format!("{content}\n"));
            }
        }
    }

    /// A host with the interface `x0`; what that is stands in `files`, in the notation of [`LINKS`].
    pub fn with_interface(files: &str) -> Self {
        let host = Self::without_files();
        host.count_traffic(&["x0"]);
        host.link(files);
        host
    }

    /// Replaces the interfaces that have counters.
    pub fn count_traffic(&self, devices: &[&str]) {
        let line = |device: &&str| format!("{device}: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
        let lines: String = devices.iter().map(line).collect();
        self.write("proc/net/dev", format!("heading\nheading\n{lines}"));
    }

    /// Makes a symbolic link.
    pub fn symlink(&self, path: &str, target: &str) {
        let path = self.root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    /// Without the kernel's clock, which is this machine's.
    pub fn options(&self) -> SamplerOptions {
        let off = vec!["timex".parse().unwrap()];
        SamplerOptions { root: self.root.path().to_owned(), off, ..SamplerOptions::default() }
    }

    pub fn sample(&self) -> String {
        sample_with(&self.options())
    }
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

pub fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(1_767_312_000_250)
}

/// One round of new samplers, with what they read beside the rounds.
pub fn sample_with(options: &SamplerOptions) -> String {
    let mut samplers = Samplers::new(options);
    samplers.settle(Duration::from_mins(1));
    sample(&mut samplers, now())
}

pub fn sample(samplers: &mut Samplers, now: SystemTime) -> String {
    let mut reading = Reading::default();
    samplers.sample(now, &mut Round::new(&mut reading));
    let layout = SeriesTables::default().resolve(&mut reading).layout;
    for series in layout.definitions() {
        catalogue::check(&series.metric, series.labels.iter().map(|l| l.name.as_str())).unwrap();
    }
    exposition::write(&layout, reading.values())
}

/// Hides what depends on the machine that runs the test.
pub fn masked(text: &str) -> String {
    let mask = |line: &str| {
        let metric = line.split(['{', ' ']).next().unwrap_or_default();
        if metric == "node_uname_info" {
            "node_uname_info{<this machine>} 1\n".to_owned()
        } else if DISK_FIGURES.contains(&metric) {
            let series = line.rsplit_once(' ').map_or(line, |(series, _)| series);
            format!("{series} <this disk>\n")
        } else {
            format!("{line}\n")
        }
    };
    text.lines().map(mask).collect()
}

/// The lines of a text that carry a value.
pub fn values(text: &str) -> BTreeSet<&str> {
    text.lines().filter(|line| !line.starts_with('#')).collect()
}

/// The lines that begin with `prefix`, in order.
pub fn lines_of<'a>(text: &'a str, prefix: &str) -> Vec<&'a str> {
    values(text).into_iter().filter(|line| line.starts_with(prefix)).collect()
}
