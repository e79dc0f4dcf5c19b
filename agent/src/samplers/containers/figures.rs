//! What one control group uses, whatever the version of its files, and cAdvisor's names for it.

use crate::series::Round;

/// What could be read; what could not is none.
#[derive(Debug, Default, PartialEq)]
pub struct Figures {
    /// Seconds of CPU time.
    pub cpu: Option<f64>,
    pub cpu_user: Option<f64>,
    pub cpu_system: Option<f64>,
    /// Seconds for which it had to wait for its quota.
    pub throttled: Option<f64>,
    /// Bytes, the page cache included.
    pub memory: Option<f64>,
    /// Bytes of the page cache that the kernel takes back first.
    pub inactive_file: Option<f64>,
    /// Bytes; none without a limit.
    pub memory_limit: Option<f64>,
    /// Processes that were killed for want of memory.
    pub oom_kills: Option<f64>,
    /// What came from disks and went there.
    pub io: Io,
    pub threads: Option<f64>,
    pub processes: Option<f64>,
}

/// Bytes and operations of all disks.
#[derive(Debug, Default, PartialEq)]
pub struct Io {
    pub read_bytes: Option<f64>,
    pub written_bytes: Option<f64>,
    pub reads: Option<f64>,
    pub writes: Option<f64>,
}

impl Figures {
    /// Writes what there is into the round.
    pub fn push(&self, labels: &[(&str, &str)], round: &mut Round<'_>) {
        let working_set = self.memory.zip(self.inactive_file);
        let working_set = working_set.map(|(usage, inactive)| (usage - inactive).max(0.0));
        for (metric, value) in [
            ("container_cpu_usage_seconds_total", self.cpu),
            ("container_cpu_user_seconds_total", self.cpu_user),
            ("container_cpu_system_seconds_total", self.cpu_system),
            ("container_cpu_cfs_throttled_seconds_total", self.throttled),
            ("container_memory_usage_bytes", self.memory),
            ("container_memory_working_set_bytes", working_set),
            ("container_spec_memory_limit_bytes", self.memory_limit),
            ("container_oom_events_total", self.oom_kills),
            ("container_fs_reads_bytes_total", self.io.read_bytes),
            ("container_fs_writes_bytes_total", self.io.written_bytes),
            ("container_fs_reads_total", self.io.reads),
            ("container_fs_writes_total", self.io.writes),
            ("container_threads", self.threads),
            ("container_processes", self.processes),
        ] {
            if let Some(value) = value {
                round.push(metric, labels, value);
            }
        }
    }
}
