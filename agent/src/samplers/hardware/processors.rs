//! What the processors are, from /proc/cpuinfo, and how many cores they really have.

use std::collections::BTreeSet;
use std::path::Path;

use headroom_proto::catalogue::{HEADROOM_CPU_PHYSICAL_CORES, NODE_CPU_INFO};

use super::arm;
use super::facts::{Facts, numbered, text};

/// The most that is read: a host of hundreds of cores has two kilobytes for each.
const MAX_BYTES: usize = 2 << 20;

/// Where other architectures' kernels tell what a core is, in this order: all but ARM's newer ones, MIPS,
/// LoongArch, POWER and RISC-V.
const NAMES: [&str; 5] = ["model name", "cpu model", "Model Name", "cpu", "uarch"];

/// Key and label, as x86 has them; other processors have some of them.
const FIELDS: [(&str, &str); 8] = [
    ("cache size", "cachesize"),
    ("core id", "core"),
    ("cpu family", "family"),
    ("microcode", "microcode"),
    ("model", "model"),
    ("physical id", "package"),
    ("stepping", "stepping"),
    ("vendor_id", "vendor"),
];

pub fn read(root: &Path, facts: &mut Facts) {
    let mut bytes = std::fs::read(root.join("proc/cpuinfo")).unwrap_or_default();
    bytes.truncate(MAX_BYTES);
    let text = String::from_utf8_lossy(&bytes);
    let is_core = |block: &&str| value(block, "processor").is_some();
    let (cores, shared): (Vec<&str>, Vec<&str>) = text.split("\n\n").partition(is_core);
    let shared = shared.join("\n");
    for core in cores {
        tell(core, &shared, facts);
    }
    for line in shared.lines().filter_map(|line| line.strip_prefix("processor ")) {
        tell_mainframe(line, &shared, facts);
    }
    let cores = physical(root);
    if cores > 0 {
        facts.add(HEADROOM_CPU_PHYSICAL_CORES, &[], cores as f64);
    }
}

/// The value of a line `key : value`.
fn value<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs.find(|(name, _)| name.trim() == key).map(|(_, value)| value.trim())
}

/// Lines `key : value` of one core; `shared` are those that are no core's.
fn tell(block: &str, shared: &str, facts: &mut Facts) {
    let is_number = |cpu: &&str| !cpu.is_empty() && cpu.bytes().all(|b| b.is_ascii_digit());
    let Some(cpu) = value(block, "processor").filter(is_number) else { return };
    let mut labels = vec![("cpu", cpu)];
    labels.extend(FIELDS.iter().filter_map(|(key, label)| Some((*label, value(block, key)?))));
    // Where ARM's kernels have a name at all, it is the same for all cores of an architecture. Old ones
    // tell the numbers once, behind all cores.
    let [implementer, part] =
        ["CPU implementer", "CPU part"].map(|key| value(block, key).or_else(|| value(shared, key)));
    let core = implementer.zip(part).and_then(|(implementer, part)| arm::name(implementer, part));
    let name = core.or_else(|| NAMES.into_iter().find_map(|key| value(block, key)));
    labels.extend(name.map(|name| ("model_name", name)));
    facts.add(NODE_CPU_INFO, &labels, 1.0);
}

/// `0: version = 00,  identification = 2733E8,  machine = 2964`: a line for each core of IBM's mainframes,
/// which have the number of the machine for a name.
fn tell_mainframe(line: &str, shared: &str, facts: &mut Facts) {
    let Some((cpu, rest)) = line.split_once(':') else { return };
    let machine = rest.rsplit_once("machine = ").map(|(_, machine)| machine.trim());
    let Some(machine) = machine.filter(|_| cpu.bytes().all(|b| b.is_ascii_digit())) else { return };
    let vendor = value(shared, "vendor_id").unwrap_or_default();
    let name = format!("{vendor} {machine}");
    let labels =
        [("cpu", cpu), ("model", machine), ("model_name", name.trim()), ("vendor", vendor)];
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
