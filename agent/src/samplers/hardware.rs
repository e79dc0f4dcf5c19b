//! What a host is made of and how its parts do: arrays of disks, sensors, frequencies, bonds, clocks,
//! disks and firmware, from /sys and /proc.
//!
//! Some of these files ask a device, which may take long, so all are read beside the rounds. What a host
//! does not have is not told; serial numbers never are.

mod arrays;
mod bonds;
mod clocks;
mod cores;
mod disks;
mod facts;
mod firmware;
mod processors;
mod sensors;
mod thermal;
mod zone;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use headroom_proto::catalogue::{NODE_SELINUX_CURRENT_MODE, NODE_SELINUX_ENABLED};

use self::facts::{Facts, number};
use super::background::Background;
use super::{SampleError, Sampler};
use crate::series::Round;

/// How soon a disk that has failed in an array is seen.
const INTERVAL: Duration = Duration::from_secs(30);

/// Each reads one kind of part.
const READERS: [fn(&Path, &mut Facts); 11] = [
    arrays::read,
    bonds::read,
    clocks::read,
    cores::read,
    disks::read,
    firmware::read,
    processors::read,
    sensors::read,
    thermal::read,
    zone::read,
    selinux,
];

pub struct Hardware {
    found: Background<Facts>,
}

impl Hardware {
    /// None if no thread can be had.
    pub fn new(root: &Path) -> Option<Self> {
        let root: PathBuf = root.to_owned();
        let look = move |_: &_| {
            let mut facts = Facts::default();
            for read in READERS {
                read(&root, &mut facts);
            }
            Ok(facts.finish())
        };
        Some(Self { found: Background::start("hardware", INTERVAL, look).ok()? })
    }
}

impl Sampler for Hardware {
    fn name(&self) -> &'static str {
        "hardware"
    }

    fn sample(&mut self, _: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        if let Some(facts) = self.found.last()? {
            facts.push(round);
        }
        Ok(())
    }

    fn settle(&mut self, deadline: Instant) {
        self.found.settle(deadline);
    }
}

fn selinux(root: &Path, facts: &mut Facts) {
    let enforces = number(&root.join("sys/fs/selinux/enforce"));
    facts.add(NODE_SELINUX_ENABLED, &[], if enforces.is_some() { 1.0 } else { 0.0 });
    if let Some(mode) = enforces {
        facts.add(NODE_SELINUX_CURRENT_MODE, &[], mode);
    }
}
