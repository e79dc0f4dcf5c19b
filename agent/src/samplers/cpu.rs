//! CPU time by core and mode, and the counters of the scheduler, from /proc/stat.

use std::path::Path;
use std::time::SystemTime;

use super::proc_file::{ProcFile, parse_error};
use super::{SampleError, Sampler};
use crate::series::Round;

/// The kernel reports CPU time to user space in hundredths of a second (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

const MODES: [&str; 8] = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];
const GUEST_MODES: [&str; 2] = ["user", "nice"];

const COUNTERS: [(&str, &str); 6] = [
    ("ctxt", "node_context_switches_total"),
    ("intr", "node_intr_total"),
    ("processes", "node_forks_total"),
    ("procs_running", "node_procs_running"),
    ("procs_blocked", "node_procs_blocked"),
    ("btime", "node_boot_time_seconds"),
];

pub struct Cpu {
    stat: ProcFile,
}

impl Cpu {
    pub fn new(root: &Path) -> Self {
        Self { stat: ProcFile::new(root, "proc/stat") }
    }
}

impl Sampler for Cpu {
    fn name(&self) -> &'static str {
        "cpu"
    }

    fn sample(&mut self, _: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        let path = self.stat.path().to_owned();
        for line in self.stat.read()?.lines() {
            let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
            let broken = || parse_error(&path, line);
            if let Some(core) = name.strip_prefix("cpu").filter(|core| !core.is_empty()) {
                push_core(core, rest, round).ok_or_else(broken)?;
            } else if let Some((_, metric)) = COUNTERS.iter().find(|(key, _)| *key == name) {
                // `intr` continues with a count for each interrupt; the first is their sum.
                let value =
                    rest.split(' ').next().and_then(|v| v.parse().ok()).ok_or_else(broken)?;
                round.push(metric, &[], value);
            }
        }
        Ok(())
    }
}

fn push_core(core: &str, ticks: &str, round: &mut Round<'_>) -> Option<()> {
    let mut fields = ticks.split_ascii_whitespace();
    for mode in MODES {
        let seconds = fields.next()?.parse::<f64>().ok()? / TICKS_PER_SECOND;
        round.push("node_cpu_seconds_total", &[("cpu", core), ("mode", mode)], seconds);
    }
    for mode in GUEST_MODES {
        let seconds = fields.next()?.parse::<f64>().ok()? / TICKS_PER_SECOND;
        round.push("node_cpu_guest_seconds_total", &[("cpu", core), ("mode", mode)], seconds);
    }
    Some(())
}
