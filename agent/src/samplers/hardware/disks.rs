//! What disks are, by what udev knows of them and by the kernel, and what is mounted from each. No serial
//! number is read.

use std::collections::BTreeSet;
use std::path::Path;

use headroom_proto::catalogue::{HEADROOM_DISK_INFO, NODE_DISK_INFO, NODE_NVME_INFO};

use super::facts::{Facts, entries, numbered, text};
use crate::samplers::disks::is_part_or_memory;
use crate::samplers::filesystems::unescape;

/// Devices that stand on others, at most so many above each other.
const MAX_DEPTH: usize = 8;

/// The most mount points of one disk that are told.
const MOST_POINTS: usize = 50;

/// What virtual disks are called, whatever they say of how they turn.
const VIRTUAL: [&str; 2] = ["vd", "xvd"];

/// The columns of mountinfo with the device's number and the mount point.
const NUMBER: usize = 2;
const POINT: usize = 4;

pub fn read(root: &Path, facts: &mut Facts) {
    let mounts = mounts(root);
    for (name, folder) in entries(&root.join("sys/block")) {
        let device = plain(&name);
        if is_part_or_memory(&device) {
            continue;
        }
        let Some(number) = text(&folder.join("dev")) else { continue };
        tell_identity(root, &device, &number, facts);
        // What stands on other disks, or has none in it, is none.
        let is_disk =
            folder.join("device").exists() && text(&folder.join("size")).is_some_and(|s| s != "0");
        if !is_disk {
            continue;
        }
        let kind = kind(&device, &folder);
        let own: BTreeSet<&str> = mounts
            .iter()
            .filter(|(_, disks)| disks.contains(&device))
            .map(|(point, _)| &**point)
            .take(MOST_POINTS)
            .collect();
        let points = if own.is_empty() { BTreeSet::from([""]) } else { own };
        for point in points {
            let labels = [("device", &*device), ("kind", kind), ("mountpoint", point)];
            facts.add(HEADROOM_DISK_INFO, &labels, 1.0);
        }
    }
}

/// Controllers of NVMe, and how they do.
pub fn read_controllers(root: &Path, facts: &mut Facts) {
    for (number, folder) in numbered(&root.join("sys/class/nvme"), "nvme") {
        let device = format!("nvme{number}");
        let [firmware, model, state] = ["firmware_rev", "model", "state"]
            .map(|file| text(&folder.join(file)).unwrap_or_default());
        let labels = [
            ("device", &*device),
            ("firmware_revision", &*firmware),
            ("model", &*model),
            ("state", &*state),
        ];
        facts.add(NODE_NVME_INFO, &labels, 1.0);
    }
}

fn tell_identity(root: &Path, device: &str, number: &str, facts: &mut Facts) {
    let Some((major, minor)) = number.split_once(':') else { return };
    let known = std::fs::read(root.join(format!("run/udev/data/b{number}"))).unwrap_or_default();
    let known = String::from_utf8_lossy(&known);
    let value = |key: &str| {
        let mut values = known.lines().filter_map(|line| line.strip_prefix("E:")?.split_once('='));
        values.find(|(name, _)| *name == key).map(|(_, value)| value).unwrap_or_default()
    };
    let labels = [
        ("device", device),
        ("major", major),
        ("minor", minor),
        ("model", value("ID_MODEL")),
        ("path", value("ID_PATH")),
        ("revision", value("ID_REVISION")),
    ];
    facts.add(NODE_DISK_INFO, &labels, 1.0);
}

/// A virtual disk calls itself one that turns.
fn kind(device: &str, folder: &Path) -> &'static str {
    let path = std::fs::canonicalize(folder).unwrap_or_default();
    let virtual_bus = path.components().any(|part| {
        let part = part.as_os_str().to_string_lossy();
        part.starts_with("virtio") || part.starts_with("vbd-")
    });
    let vendor = text(&folder.join("device/vendor"));
    let virtual_vendor = vendor.is_some_and(|vendor| {
        ["QEMU", "VMware", "Msft", "Google", "VBOX"].iter().any(|known| vendor.starts_with(known))
    });
    if VIRTUAL.iter().any(|start| device.starts_with(start)) || virtual_bus || virtual_vendor {
        return "virtual";
    }
    match text(&folder.join("queue/rotational")).as_deref() {
        Some("0") => "ssd",
        Some("1") => "hdd",
        _ => "",
    }
}

/// Mount points, each with the disks that it stands on.
fn mounts(root: &Path) -> Vec<(String, BTreeSet<String>)> {
    let mut table = ["proc/1/mountinfo", "proc/self/mountinfo"].iter();
    let table = table.find_map(|path| std::fs::read(root.join(path)).ok()).unwrap_or_default();
    let table = String::from_utf8_lossy(&table).into_owned();
    let mount = |line: &str| {
        let fields: Vec<&str> = line.split(' ').collect();
        let (number, point) = (fields.get(NUMBER)?, fields.get(POINT)?);
        let mut disks = BTreeSet::new();
        find_disks(&root.join("sys/dev/block").join(number), &mut disks, 0);
        let point = String::from_utf8_lossy(&unescape(point.as_bytes())).into_owned();
        (!disks.is_empty()).then_some((point, disks))
    };
    table.lines().filter_map(mount).collect()
}

/// The disks below a device: those that it was made of, or that it is a part of, or itself.
fn find_disks(device: &Path, disks: &mut BTreeSet<String>, depth: usize) {
    let below = entries(&device.join("slaves"));
    if !below.is_empty() && depth < MAX_DEPTH {
        for (_, path) in below {
            find_disks(&path, disks, depth + 1);
        }
        return;
    }
    let Ok(path) = std::fs::canonicalize(device) else { return };
    let whole = if path.join("partition").exists() { path.parent() } else { Some(&*path) };
    let name = whole.and_then(Path::file_name).and_then(|name| name.to_str());
    disks.extend(name.map(plain));
}

/// A device's name as everybody else tells it: a folder cannot hold the slash of `cciss/c0d0`.
fn plain(name: &str) -> String {
    name.replace('!', "/")
}
