//! What the processors are, from /proc/cpuinfo, and how many cores they really have.

use std::collections::BTreeSet;
use std::path::Path;

use headroom_proto::catalogue::{HEADROOM_CPU_PHYSICAL_CORES, NODE_CPU_INFO};

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

/// What the numbers of an ARM core stand for: who made it, which it is, and its name.
const ARM: [(&str, &str, &str); 12] = [
    ("0x41", "0xd03", "Cortex-A53"),
    ("0x41", "0xd07", "Cortex-A57"),
    ("0x41", "0xd08", "Cortex-A72"),
    ("0x41", "0xd0b", "Cortex-A76"),
    ("0x41", "0xd0c", "Neoverse-N1"),
    ("0x41", "0xd40", "Neoverse-V1"),
    ("0x41", "0xd49", "Neoverse-N2"),
    ("0x41", "0xd4f", "Neoverse-V2"),
    ("0x41", "0xd83", "Neoverse-V3"),
    ("0x41", "0xd8e", "Neoverse-N3"),
    ("0xc0", "0xac3", "Ampere-1"),
    ("0xc0", "0xac4", "Ampere-1a"),
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
    let [implementer, part] = ["CPU implementer", "CPU part"].map(value);
    let known = ARM.iter().find(|(by, which, _)| [Some(*by), Some(*which)] == [implementer, part]);
    if let Some((.., name)) = known.filter(|_| value("model name").is_none()) {
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
