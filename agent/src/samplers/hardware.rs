//! What a host is made of and how its parts do: arrays of disks, sensors, frequencies, bonds, clocks,
//! disks and firmware, from /sys and /proc.
//!
//! Some of these files ask a device, which may take long, so all are read beside the rounds. What a host
//! does not have is not told; serial numbers never are.

mod arm;
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

/// How soon it is seen that the host is made of something else. Asking a processor what it is interrupts
/// each of its cores.
const INVENTORY_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Reads one kind of part.
type Read = fn(&Path, &mut Facts);

/// What a host is made of.
const INVENTORY: [Read; 3] = [firmware::read, disks::read, processors::read];

/// How its parts do. What it may have hundreds of comes last, where room may end.
const STATES: [Read; 9] = [
    arrays::read,
    disks::read_controllers,
    bonds::read,
    clocks::read,
    sensors::read,
    thermal::read,
    zone::read,
    selinux,
    cores::read,
];

pub struct Hardware {
    found: Background<Facts>,
}

impl Hardware {
    /// None if no thread can be had.
    pub fn new(root: &Path) -> Option<Self> {
        let mut look = Look { root: root.to_owned(), inventory: Facts::default(), taken: None };
        let look = move |_: &_| Ok(look.at(Instant::now()));
        Some(Self { found: Background::start("hardware", INTERVAL, look).ok()? })
    }
}

/// Looks at the parts again and again.
struct Look {
    root: PathBuf,
    inventory: Facts,
    /// When the inventory was taken.
    taken: Option<Instant>,
}

impl Look {
    fn at(&mut self, now: Instant) -> Facts {
        let holds = |taken: Instant| now.duration_since(taken) < INVENTORY_INTERVAL;
        if !self.taken.is_some_and(holds) {
            self.inventory = Facts::default();
            for read in INVENTORY {
                read(&self.root, &mut self.inventory);
            }
            self.taken = Some(now);
        }
        let mut facts = self.inventory.clone();
        for read in STATES {
            read(&self.root, &mut facts);
        }
        facts.finish()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::Reading;

    #[test]
    fn the_inventory_is_taken_each_hour_and_states_are_read_each_time() {
        let root = tempfile::TempDir::new().unwrap();
        let write = |path: &str, content: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        };
        let mut look =
            Look { root: root.path().to_owned(), inventory: Facts::default(), taken: None };
        let start = Instant::now();
        for (minute, product) in [(0, "0"), (1, "0"), (59, "0"), (60, "60"), (61, "60")] {
            write("sys/class/dmi/id/product_name", &minute.to_string());
            write("sys/class/thermal/thermal_zone0/temp", &format!("{minute}000"));
            let mut reading = Reading::default();
            look.at(start + Duration::from_mins(minute)).push(&mut Round::new(&mut reading));
            let named: Vec<_> = reading.named().collect();
            let of = |metric: &str| named.iter().find(|one| one.metric == metric).unwrap();
            assert_eq!(of("node_dmi_info").labels, [("product_name", product)]);
            assert_eq!(of("node_thermal_zone_temp").value, minute as f64);
        }
    }
}
