//! Packets that the cores took from interfaces, left waiting and dropped, from /proc/net/softnet_stat.

use std::path::Path;
use std::time::SystemTime;

use headroom_proto::catalogue::{
    Metric, NODE_SOFTNET_BACKLOG_LEN, NODE_SOFTNET_CPU_COLLISION_TOTAL, NODE_SOFTNET_DROPPED_TOTAL,
    NODE_SOFTNET_FLOW_LIMIT_COUNT_TOTAL, NODE_SOFTNET_PROCESSED_TOTAL,
    NODE_SOFTNET_RECEIVED_RPS_TOTAL, NODE_SOFTNET_TIMES_SQUEEZED_TOTAL,
};

use super::proc_file::{ProcFile, parse_error};
use super::{SampleError, Sampler};
use crate::series::Round;

/// The columns, in hexadecimal. Older kernels end earlier.
const COLUMNS: [(usize, &Metric); 7] = [
    (0, NODE_SOFTNET_PROCESSED_TOTAL),
    (1, NODE_SOFTNET_DROPPED_TOTAL),
    (2, NODE_SOFTNET_TIMES_SQUEEZED_TOTAL),
    (8, NODE_SOFTNET_CPU_COLLISION_TOTAL),
    (9, NODE_SOFTNET_RECEIVED_RPS_TOTAL),
    (10, NODE_SOFTNET_FLOW_LIMIT_COUNT_TOTAL),
    (11, NODE_SOFTNET_BACKLOG_LEN),
];

/// What every kernel has.
const LEAST_COLUMNS: usize = 3;

/// The column with the core's number; before Linux 5.10 lines stand in the order of cores.
const CORE: usize = 12;

pub struct Softnet {
    stat: ProcFile,
}

impl Softnet {
    pub fn new(root: &Path) -> Self {
        Self { stat: ProcFile::of_network(root, "softnet_stat") }
    }
}

impl Sampler for Softnet {
    fn name(&self) -> &'static str {
        "softnet"
    }

    fn sample(&mut self, _: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        let path = self.stat.path().to_owned();
        for (place, line) in self.stat.read()?.lines().enumerate() {
            round.item(|round| {
                push_core(place, line, round).ok_or_else(|| parse_error(&path, line))
            });
        }
        Ok(())
    }
}

fn push_core(place: usize, line: &str, round: &mut Round<'_>) -> Option<()> {
    let mut columns = [0u64; CORE + 1];
    let mut count = 0;
    for (column, field) in columns.iter_mut().zip(line.split_ascii_whitespace()) {
        *column = u64::from_str_radix(field, 16).ok()?;
        count += 1;
    }
    (count >= LEAST_COLUMNS).then_some(())?;
    let core = if count > CORE { columns[CORE].to_string() } else { place.to_string() };
    for (column, metric) in COLUMNS.into_iter().filter(|(column, _)| *column < count) {
        round.push(metric.name, &[("cpu", &core)], columns[column] as f64);
    }
    Some(())
}
