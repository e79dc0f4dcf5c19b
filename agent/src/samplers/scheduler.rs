//! How long tasks ran and waited on each core, from /proc/schedstat, where the kernel has it.

use std::path::Path;
use std::time::SystemTime;

use headroom_proto::catalogue::{
    NODE_SCHEDSTAT_RUNNING_SECONDS_TOTAL, NODE_SCHEDSTAT_TIMESLICES_TOTAL,
    NODE_SCHEDSTAT_WAITING_SECONDS_TOTAL,
};

use super::proc_file::{ProcFile, count, parse_error};
use super::{SampleError, Sampler};
use crate::series::Round;

const NANOSECONDS: f64 = 1e9;

/// The columns behind a core's name that come before these: running, waiting, turns.
const COLUMNS_BEFORE: usize = 6;

pub struct Scheduler {
    schedstat: ProcFile,
}

impl Scheduler {
    pub fn new(root: &Path) -> Self {
        Self { schedstat: ProcFile::new(root, "proc/schedstat") }
    }
}

impl Sampler for Scheduler {
    fn name(&self) -> &'static str {
        "scheduler"
    }

    fn sample(&mut self, _: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        let path = self.schedstat.path().to_owned();
        let Some(text) = self.schedstat.read_if_there()? else { return Ok(()) };
        for line in text.lines().filter(|line| line.starts_with("cpu")) {
            round.item(|round| push_core(line, round).ok_or_else(|| parse_error(&path, line)));
        }
        Ok(())
    }
}

fn push_core(line: &str, round: &mut Round<'_>) -> Option<()> {
    let mut fields = line.split_ascii_whitespace();
    let labels = [("cpu", fields.next()?.strip_prefix("cpu")?)];
    let mut fields = fields.skip(COLUMNS_BEFORE);
    for (metric, units) in [
        (NODE_SCHEDSTAT_RUNNING_SECONDS_TOTAL, NANOSECONDS),
        (NODE_SCHEDSTAT_WAITING_SECONDS_TOTAL, NANOSECONDS),
        (NODE_SCHEDSTAT_TIMESLICES_TOTAL, 1.0),
    ] {
        round.push(metric.name, &labels, count(fields.next()?)? / units);
    }
    Some(())
}
