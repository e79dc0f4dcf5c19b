//! What people call a container, from the files of Docker and Podman. Of those, its name is all that is
//! kept: the rest may hold secrets.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

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
    id: String,
    #[serde(default)]
    names: Option<Vec<String>>,
}

/// Docker's name for its container.
pub fn docker(root: &Path, id: &str) -> Option<String> {
    let path = root.join("var/lib/docker/containers").join(id).join("config.v2.json");
    valid(&read::<DockerContainer>(&path)?.name)
}

/// Podman's name for the container of root, or of the user in whose part of the control groups it is.
pub fn podman(root: &Path, group: &str, id: &str) -> Option<String> {
    let storage = match user(group) {
        Some(user) => home(root, user)?.join(PODMAN_OF_USERS),
        None => root.join(PODMAN_OF_ROOT),
    };
    let files = PODMAN_STORAGES.iter().flat_map(|kind| {
        let folder = storage.join(format!("{kind}-containers"));
        PODMAN_FILES.map(|file| folder.join(file))
    });
    let name = |path: PathBuf| {
        let containers: Vec<PodmanContainer> = read(&path)?;
        let own = containers.into_iter().find(|container| container.id == id)?;
        own.names?.iter().find_map(|name| valid(name))
    };
    files.into_iter().find_map(name)
}

fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_reader(BufReader::new(File::open(path).ok()?.take(MAX_BYTES))).ok()
}

/// The user of a group such as `/user.slice/user-1000.slice/…`.
fn user(group: &str) -> Option<u32> {
    let part = |part: &str| part.strip_prefix("user-")?.strip_suffix(".slice")?.parse().ok();
    group.split('/').find_map(part)
}

/// Where a user is at home, by the host's own list.
fn home(root: &Path, user: u32) -> Option<PathBuf> {
    let text = std::fs::read_to_string(root.join("etc/passwd")).ok()?;
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
