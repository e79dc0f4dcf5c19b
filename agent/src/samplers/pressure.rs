//! Pressure stall information: time that tasks waited for CPU, memory or I/O.
//!
//! A kernel without PSI has no such files; that is no failure, and no values.

use std::path::Path;
use std::time::SystemTime;

use headroom_proto::catalogue::{
    Metric, NODE_PRESSURE_CPU_WAITING_SECONDS_TOTAL, NODE_PRESSURE_IO_STALLED_SECONDS_TOTAL,
    NODE_PRESSURE_IO_WAITING_SECONDS_TOTAL, NODE_PRESSURE_MEMORY_STALLED_SECONDS_TOTAL,
    NODE_PRESSURE_MEMORY_WAITING_SECONDS_TOTAL,
};

use super::proc_file::{ProcFile, count, parse_error};
use super::{SampleError, Sampler};
use crate::series::Round;

/// Resource, the metric of `some` and the metric of `full`. For the CPU, `full` has no meaning.
const RESOURCES: [(&str, &Metric, Option<&Metric>); 3] = [
    ("cpu", NODE_PRESSURE_CPU_WAITING_SECONDS_TOTAL, None),
    ("io", NODE_PRESSURE_IO_WAITING_SECONDS_TOTAL, Some(NODE_PRESSURE_IO_STALLED_SECONDS_TOTAL)),
    (
        "memory",
        NODE_PRESSURE_MEMORY_WAITING_SECONDS_TOTAL,
        Some(NODE_PRESSURE_MEMORY_STALLED_SECONDS_TOTAL),
    ),
];

pub struct Pressure {
    files: Vec<ProcFile>,
}

impl Pressure {
    pub fn new(root: &Path) -> Self {
        let file =
            |(name, _, _): &(&str, _, _)| ProcFile::new(root, &format!("proc/pressure/{name}"));
        Self { files: RESOURCES.iter().map(file).collect() }
    }
}

impl Sampler for Pressure {
    fn name(&self) -> &'static str {
        "pressure"
    }

    fn sample(&mut self, _: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        for ((_, some, full), file) in RESOURCES.iter().zip(&mut self.files) {
            let path = file.path().to_owned();
            let text = round.part(file.read_if_there()).flatten();
            for line in text.unwrap_or_default().lines() {
                round.item(|round| {
                    let total =
                        line.rsplit_once("total=").and_then(|(_, total)| count(total.trim()));
                    let seconds = total.ok_or_else(|| parse_error(&path, line))? / 1e6;
                    if line.starts_with("some") {
                        round.push(some.name, &[], seconds);
                    } else if let (Some(metric), true) = (full, line.starts_with("full")) {
                        round.push(metric.name, &[], seconds);
                    }
                    Ok::<(), SampleError>(())
                });
            }
        }
        Ok(())
    }
}
