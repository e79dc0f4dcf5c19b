//! What the host is: kernel, operating system and clock.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use headroom_proto::catalogue::{
    NODE_OS_INFO, NODE_OS_VERSION, NODE_TIME_SECONDS, NODE_UNAME_INFO,
};

use super::{SampleError, Sampler};
use crate::series::Round;

/// The keys of os-release(5) that become labels, in lower case.
const RELEASE_KEYS: [&str; 12] = [
    "BUILD_ID",
    "ID",
    "ID_LIKE",
    "IMAGE_ID",
    "IMAGE_VERSION",
    "NAME",
    "PRETTY_NAME",
    "VARIANT",
    "VARIANT_ID",
    "VERSION",
    "VERSION_CODENAME",
    "VERSION_ID",
];

/// Read once: a new release comes with a restart.
pub struct Host {
    release_paths: [PathBuf; 2],
    release: Option<Vec<(String, String)>>,
}

impl Host {
    pub fn new(root: &Path) -> Self {
        let release_paths = ["etc/os-release", "usr/lib/os-release"].map(|path| root.join(path));
        Self { release_paths, release: None }
    }

    fn release(&mut self) -> &[(String, String)] {
        let paths = &self.release_paths;
        self.release.get_or_insert_with(|| {
            let bytes = paths.iter().find_map(|path| std::fs::read(path).ok());
            bytes.map(|bytes| parse_release(&String::from_utf8_lossy(&bytes))).unwrap_or_default()
        })
    }
}

impl Sampler for Host {
    fn name(&self) -> &'static str {
        "host"
    }

    fn sample(&mut self, now: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        let uname = rustix::system::uname();
        let texts = [
            ("domainname", uname.domainname()),
            ("machine", uname.machine()),
            ("nodename", uname.nodename()),
            ("release", uname.release()),
            ("sysname", uname.sysname()),
            ("version", uname.version()),
        ]
        .map(|(name, text)| (name, text.to_string_lossy()));
        let labels: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (*name, &**text)).collect();
        round.push(NODE_UNAME_INFO.name, &labels, 1.0);

        let release = self.release();
        let labels: Vec<(&str, &str)> =
            release.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if !labels.is_empty() {
            round.push(NODE_OS_INFO.name, &labels, 1.0);
        }
        if let Some(version) = numeric_version(&labels) {
            let named: Vec<_> = labels
                .iter()
                .copied()
                .filter(|(name, _)| matches!(*name, "id" | "id_like" | "name"))
                .collect();
            round.push(NODE_OS_VERSION.name, &named, version);
        }
        let seconds = now.duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
        round.push(NODE_TIME_SECONDS.name, &[], seconds);
        Ok(())
    }
}

fn parse_release(text: &str) -> Vec<(String, String)> {
    let value_of = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
        Some((key.to_ascii_lowercase(), line.trim().trim_matches(['"', '\'']).to_owned()))
    };
    RELEASE_KEYS.iter().filter_map(|key| value_of(key)).collect()
}

/// `22.04.1` is 22.04: major and minor as one number.
fn numeric_version(labels: &[(&str, &str)]) -> Option<f64> {
    let (_, id) = labels.iter().find(|(name, _)| *name == "version_id")?;
    let mut parts = id.splitn(3, '.');
    let major = parts.next()?;
    match parts.next() {
        Some(minor) => format!("{major}.{minor}").parse().ok(),
        None => major.parse().ok(),
    }
}
