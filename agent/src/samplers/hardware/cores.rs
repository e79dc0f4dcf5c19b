//! Frequencies of cores, and how often heat has slowed them down.

use std::collections::BTreeMap;
use std::path::Path;

use headroom_proto::catalogue::{
    Metric, NODE_CPU_CORE_THROTTLES_TOTAL, NODE_CPU_FREQUENCY_HERTZ, NODE_CPU_FREQUENCY_MAX_HERTZ,
    NODE_CPU_FREQUENCY_MIN_HERTZ, NODE_CPU_PACKAGE_THROTTLES_TOTAL,
    NODE_CPU_SCALING_FREQUENCY_HERTZ, NODE_CPU_SCALING_FREQUENCY_MAX_HERTZ,
    NODE_CPU_SCALING_FREQUENCY_MIN_HERTZ, NODE_CPU_SCALING_GOVERNOR,
};

use super::facts::{Facts, number, numbered, text};

/// Files in kHz.
const FREQUENCIES: [(&str, &Metric); 6] = [
    ("cpuinfo_cur_freq", NODE_CPU_FREQUENCY_HERTZ),
    ("cpuinfo_min_freq", NODE_CPU_FREQUENCY_MIN_HERTZ),
    ("cpuinfo_max_freq", NODE_CPU_FREQUENCY_MAX_HERTZ),
    ("scaling_cur_freq", NODE_CPU_SCALING_FREQUENCY_HERTZ),
    ("scaling_min_freq", NODE_CPU_SCALING_FREQUENCY_MIN_HERTZ),
    ("scaling_max_freq", NODE_CPU_SCALING_FREQUENCY_MAX_HERTZ),
];

const KILOHERTZ: f64 = 1000.0;

pub fn read(root: &Path, facts: &mut Facts) {
    // Cores that share one part of the silicon tell its figures each.
    let mut cores: BTreeMap<(String, String), f64> = BTreeMap::new();
    let mut packages: BTreeMap<String, f64> = BTreeMap::new();
    for (cpu, folder) in numbered(&root.join("sys/devices/system/cpu"), "cpu") {
        for (file, metric) in FREQUENCIES {
            if let Some(frequency) = number(&folder.join("cpufreq").join(file)) {
                facts.add(metric, &[("cpu", &cpu)], frequency * KILOHERTZ);
            }
        }
        governors(&cpu, &folder.join("cpufreq"), facts);
        let package = text(&folder.join("topology/physical_package_id"));
        let core = text(&folder.join("topology/core_id"));
        let throttles = |file: &str| number(&folder.join("thermal_throttle").join(file));
        if let (Some(package), Some(core), Some(count)) =
            (&package, core, throttles("core_throttle_count"))
        {
            cores.insert((package.clone(), core), count);
        }
        if let (Some(package), Some(count)) = (package, throttles("package_throttle_count")) {
            packages.insert(package, count);
        }
    }
    for ((package, core), count) in cores {
        let labels = [("core", &*core), ("package", &*package)];
        facts.add(NODE_CPU_CORE_THROTTLES_TOTAL, &labels, count);
    }
    for (package, count) in packages {
        facts.add(NODE_CPU_PACKAGE_THROTTLES_TOTAL, &[("package", &package)], count);
    }
}

fn governors(cpu: &str, folder: &Path, facts: &mut Facts) {
    let all = text(&folder.join("scaling_available_governors")).unwrap_or_default();
    let own = text(&folder.join("scaling_governor"));
    for governor in all.split_ascii_whitespace() {
        let value = if own.as_deref() == Some(governor) { 1.0 } else { 0.0 };
        let labels = [("cpu", cpu), ("governor", governor)];
        facts.add(NODE_CPU_SCALING_GOVERNOR, &labels, value);
    }
}
