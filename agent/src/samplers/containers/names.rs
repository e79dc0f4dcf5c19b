//! What people call a container, from the files of Docker and Podman. Of those, its name is all that is
//! kept: the rest may hold secrets.
//!
//! A user's files may lie on a file system that hangs, or be something else than files: they keep no round
//! waiting.

use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::samplers::asker::Asker;
use crate::samplers::proc_file::open_regular;

/// How much of a file is read. Docker's has some kilobytes for its container; Podman's has one for each
/// of a user's.
const MAX_BYTES: u64 = 1 << 20;

/// Where Podman has its files, below its own folder, by the kind of storage. Those of the second kind
/// are of containers that leave nothing behind.
const PODMAN_STORAGES: [&str; 4] = ["overlay", "vfs", "btrfs", "zfs"];
const PODMAN_FILES: [&str; 2] = ["containers.json", "volatile-containers.json"];

/// Podman's folder for root, and for others below their home.
const PODMAN_OF_ROOT: &str = "var/lib/containers/storage";
const PODMAN_OF_USERS: &str = ".local/share/containers/storage";

#[derive(Deserialize)]
struct DockerContainer {
    #[serde(rename = "Name")]
    name: String,
}

#[derive(Deserialize)]
struct PodmanContainer {
    #[serde(default)]
    id: String,
    #[serde(default)]
    names: Option<Vec<String>>,
}

/// Docker's name for its container.
pub fn docker(root: &Path, id: &str) -> Option<String> {
    let path = root.join("var/lib/docker/containers").join(id).join("config.v2.json");
    valid(&read::<DockerContainer>(&path)?.name)
}

/// Names of containers, as they are looked up.
pub struct Names {
    podman: Asker<Vec<PodmanContainer>>,
}

impl Default for Names {
    fn default() -> Self {
        Self { podman: Asker::new(|path| read(path).unwrap_or_default()) }
    }
}

impl Names {
    /// Podman's name for the container of root, or of the user in whose part of the control groups it is.
    pub fn podman(&mut self, root: &Path, group: &str, id: &str) -> Option<String> {
        let files = podman_files(root, group)?;
        let paths: Vec<&Path> = files.iter().map(|path| &**path).collect();
        let containers = self.podman.ask(&paths).into_iter().flatten().flatten();
        let own = containers.filter(|container| container.id == id);
        own.filter_map(|container| container.names).flatten().find_map(|name| valid(&name))
    }
}

/// Where Podman may have written of a container, by its group.
fn podman_files(root: &Path, group: &str) -> Option<Vec<PathBuf>> {
    let storage = match user(group) {
        Some(user) => home(root, user)?.join(PODMAN_OF_USERS),
        None => root.join(PODMAN_OF_ROOT),
    };
    let files = PODMAN_STORAGES.iter().flat_map(|kind| {
        let folder = storage.join(format!("{kind}-containers"));
        PODMAN_FILES.map(|file| folder.join(file))
    });
    Some(files.collect())
}

fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_reader(BufReader::new(open_regular(path).ok()?.take(MAX_BYTES))).ok()
}

/// The user of a group such as `/user.slice/user-1000.slice/…`.
fn user(group: &str) -> Option<u32> {
    let part = |part: &str| part.strip_prefix("user-")?.strip_suffix(".slice")?.parse().ok();
    group.split('/').find_map(part)
}

/// Where a user is at home, by the host's own list.
fn home(root: &Path, user: u32) -> Option<PathBuf> {
    let bytes = std::fs::read(root.join("etc/passwd")).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let user = user.to_string();
    let own = text
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.get(2) == Some(&&*user))?;
    let home = Path::new(own.get(5)?);
    Some(root.join(home.strip_prefix("/").ok()?))
}

/// A name by Docker's own rule, which is Podman's, too.
fn valid(name: &str) -> Option<String> {
    let name = name.trim_start_matches('/');
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let valid = (1..=255).contains(&name.len()) && name.chars().all(allowed);
    valid.then(|| name.to_owned())
}
