//! What the processors are, from /proc/cpuinfo, and how many cores they really have.

use std::collections::BTreeSet;
use std::path::Path;

use headroom_proto::catalogue::{HEADROOM_CPU_PHYSICAL_CORES, NODE_CPU_INFO};

use super::arm;
use super::facts::{Facts, numbered, text};

/// The most that is read: a host of hundreds of cores has two kilobytes for each.
const MAX_BYTES: usize = 2 << 20;

/// Key and label. Processors that are no x86 have other keys.
const FIELDS: [(&str, &str); 9] = [
    ("cache size", "cachesize"),
    ("core id", "core"),
    ("cpu family", "family"),
    ("microcode", "microcode"),
    ("model", "model"),
    ("model name", "model_name"),
    ("physical id", "package"),
    ("stepping", "stepping"),
    ("vendor_id", "vendor"),
];

pub fn read(root: &Path, facts: &mut Facts) {
    let mut bytes = std::fs::read(root.join("proc/cpuinfo")).unwrap_or_default();
    bytes.truncate(MAX_BYTES);
    for block in String::from_utf8_lossy(&bytes).split("\n\n") {
        tell(block, facts);
    }
    let cores = physical(root);
    if cores > 0 {
        facts.add(HEADROOM_CPU_PHYSICAL_CORES, &[], cores as f64);
    }
}

/// Lines `key : value` of one core.
fn tell(block: &str, facts: &mut Facts) {
    let value = |key: &str| {
        let mut pairs = block.lines().filter_map(|line| line.split_once(':'));
        pairs.find(|(name, _)| name.trim() == key).map(|(_, value)| value.trim())
    };
    let Some(cpu) = value("processor").filter(|cpu| cpu.bytes().all(|b| b.is_ascii_digit())) else {
        return;
    };
    let mut labels = vec![("cpu", cpu)];
    labels.extend(FIELDS.iter().filter_map(|(key, label)| Some((*label, value(key)?))));
    // Where ARM's kernels have a name at all, it is the same for all cores of an architecture.
    let [implementer, part] = ["CPU implementer", "CPU part"].map(value);
    let core = implementer.zip(part).and_then(|(implementer, part)| arm::name(implementer, part));
    if let Some(name) = core {
        labels.retain(|(label, _)| *label != "model_name");
        labels.push(("model_name", name));
    }
    facts.add(NODE_CPU_INFO, &labels, 1.0);
}

/// Cores of the same package that run two threads count once; 0 where the kernel does not tell.
fn physical(root: &Path) -> usize {
    let core = |(_, folder): (String, std::path::PathBuf)| {
        let part = |file: &str| text(&folder.join("topology").join(file));
        Some((part("physical_package_id")?, part("core_id")?))
    };
    let cores = numbered(&root.join("sys/devices/system/cpu"), "cpu");
    cores.into_iter().filter_map(core).collect::<BTreeSet<_>>().len()
}
