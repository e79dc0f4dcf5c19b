//! Load averages from /proc/loadavg.

use std::path::Path;
use std::time::SystemTime;

use headroom_proto::catalogue::{NODE_LOAD1, NODE_LOAD5, NODE_LOAD15};

use super::proc_file::ProcFile;
use super::{SampleError, Sampler};
use crate::series::Round;

pub struct Load {
    loadavg: ProcFile,
}

impl Load {
    pub fn new(root: &Path) -> Self {
        Self { loadavg: ProcFile::new(root, "proc/loadavg") }
    }
}

impl Sampler for Load {
    fn name(&self) -> &'static str {
        "load"
    }

    fn sample(&mut self, _: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        let text = self.loadavg.read()?.to_owned();
        let number = |text: &str| text.parse().ok().filter(|load| (0.0..1e9).contains(load));
        let numbers: Vec<f64> = text.split(' ').take(3).filter_map(number).collect();
        let [one, five, fifteen] = numbers[..] else { return Err(self.loadavg.misread(&text)) };
        round.push(NODE_LOAD1.name, &[], one);
        round.push(NODE_LOAD5.name, &[], five);
        round.push(NODE_LOAD15.name, &[], fifteen);
        Ok(())
    }
}
