//! CPU time by core and mode.

use super::noise::{Place, imbalance};

/// CPU time of one core since boot, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CoreSeconds {
    /// Programs.
    pub user: f64,
    /// Programs of low priority.
    pub nice: f64,
    /// The kernel for programs.
    pub system: f64,
    /// Nothing to do.
    pub idle: f64,
    /// Nothing to do but to wait for a disk.
    pub iowait: f64,
    /// Hard interrupts.
    pub irq: f64,
    /// Soft interrupts: packets.
    pub softirq: f64,
    /// What the hypervisor gave to others.
    pub steal: f64,
}

/// What all cores did over a time, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Work {
    pub(super) user: f64,
    pub(super) nice: f64,
    pub(super) system: f64,
    pub(super) softirq: f64,
    pub(super) iowait: f64,
    pub(super) steal: f64,
}

impl Work {
    fn busy(&self) -> f64 {
        self.user + self.nice + self.system + self.softirq
    }

    /// Hands the work of a slot of that length out to the cores: together they do all of it, and
    /// none does more than the time has.
    pub(super) fn hand_out(&self, cores: &mut [CoreSeconds], seconds: f64, place: Place) {
        let count = cores.len().max(1) as f64;
        let mean = self.busy() / count / seconds;
        if seconds <= 0.0 || self.busy() <= 0.0 {
            return;
        }
        for (number, core) in cores.iter_mut().enumerate() {
            // mean + (1 - mean) · mean stays within 1.
            let share = 1.0 + 0.7 * (1.0 - mean).max(0.0) * imbalance(place, number);
            let part = share / count;
            core.user += self.user * part;
            core.nice += self.nice * part;
            core.system += self.system * part;
            core.softirq += self.softirq * part;
            let left = (seconds - self.busy() * part).max(0.0);
            let steal = (self.steal / count).min(left);
            let iowait = (self.iowait / count).min(left - steal);
            core.steal += steal;
            core.iowait += iowait;
            core.idle += left - steal - iowait;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_handed_out_whole_and_no_core_does_more_than_the_time_has() {
        for busy in [0.1, 3.0, 40.0, 78.0] {
            let work =
                Work { user: busy * 0.7, system: busy * 0.3, iowait: 1.0, ..Work::default() };
            let mut cores = vec![CoreSeconds::default(); 8];
            work.hand_out(&mut cores, 10.0, Place { host_key: 1, slot_ms: 0 });
            let done: f64 = cores.iter().map(|core| core.user + core.system).sum();
            assert!((done - busy).abs() < 1e-9, "{done} of {busy}");
            for core in &cores {
                let all = core.user + core.system + core.iowait + core.idle;
                assert!((all - 10.0).abs() < 1e-9, "{all}");
            }
        }
    }
}
