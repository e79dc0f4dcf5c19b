//! What one control group uses, whatever the version of its files, and cAdvisor's names for it.

use headroom_proto::catalogue::{
    CONTAINER_CPU_CFS_THROTTLED_SECONDS_TOTAL, CONTAINER_CPU_SYSTEM_SECONDS_TOTAL,
    CONTAINER_CPU_USAGE_SECONDS_TOTAL, CONTAINER_CPU_USER_SECONDS_TOTAL,
    CONTAINER_FS_READS_BYTES_TOTAL, CONTAINER_FS_READS_TOTAL, CONTAINER_FS_WRITES_BYTES_TOTAL,
    CONTAINER_FS_WRITES_TOTAL, CONTAINER_MEMORY_USAGE_BYTES, CONTAINER_MEMORY_WORKING_SET_BYTES,
    CONTAINER_OOM_EVENTS_TOTAL, CONTAINER_PROCESSES, CONTAINER_SPEC_MEMORY_LIMIT_BYTES,
    CONTAINER_THREADS,
};

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
            (CONTAINER_CPU_USAGE_SECONDS_TOTAL, self.cpu),
            (CONTAINER_CPU_USER_SECONDS_TOTAL, self.cpu_user),
            (CONTAINER_CPU_SYSTEM_SECONDS_TOTAL, self.cpu_system),
            (CONTAINER_CPU_CFS_THROTTLED_SECONDS_TOTAL, self.throttled),
            (CONTAINER_MEMORY_USAGE_BYTES, self.memory),
            (CONTAINER_MEMORY_WORKING_SET_BYTES, working_set),
            (CONTAINER_SPEC_MEMORY_LIMIT_BYTES, self.memory_limit),
            (CONTAINER_OOM_EVENTS_TOTAL, self.oom_kills),
            (CONTAINER_FS_READS_BYTES_TOTAL, self.io.read_bytes),
            (CONTAINER_FS_WRITES_BYTES_TOTAL, self.io.written_bytes),
            (CONTAINER_FS_READS_TOTAL, self.io.reads),
            (CONTAINER_FS_WRITES_TOTAL, self.io.writes),
            (CONTAINER_THREADS, self.threads),
            (CONTAINER_PROCESSES, self.processes),
        ] {
            if let Some(value) = value {
                round.push(metric.name, labels, value);
            }
        }
    }
}
