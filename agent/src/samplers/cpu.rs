//! CPU time by core and mode, how busy the cores are, and the counters of the scheduler, from /proc/stat.

use std::collections::HashMap;
use std::ops::AddAssign;
use std::path::Path;
use std::time::SystemTime;

use headroom_proto::catalogue::{
    HEADROOM_CPU_BUSIEST_CORE_RATIO, HEADROOM_CPU_BUSY_RATIO, Metric, NODE_BOOT_TIME_SECONDS,
    NODE_CONTEXT_SWITCHES_TOTAL, NODE_CPU_GUEST_SECONDS_TOTAL, NODE_CPU_SECONDS_TOTAL,
    NODE_FORKS_TOTAL, NODE_INTR_TOTAL, NODE_PROCS_BLOCKED, NODE_PROCS_RUNNING,
};

use super::proc_file::{ProcFile, count, parse_error};
use super::{SampleError, Sampler};
use crate::series::Round;

/// The kernel reports CPU time to user space in hundredths of a second (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

const MODES: [&str; 8] = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];
const GUEST_MODES: [&str; 2] = ["user", "nice"];

const COUNTERS: [(&str, &Metric); 6] = [
    ("ctxt", NODE_CONTEXT_SWITCHES_TOTAL),
    ("intr", NODE_INTR_TOTAL),
    ("processes", NODE_FORKS_TOTAL),
    ("procs_running", NODE_PROCS_RUNNING),
    ("procs_blocked", NODE_PROCS_BLOCKED),
    ("btime", NODE_BOOT_TIME_SECONDS),
];

/// The kernel takes back a little of what it told: a counter that falls by less than this stays where it
/// was. One that falls further has begun anew, as that of a core that was away, and all others of that core
/// with it.
const HELD_TICKS: f64 = 3.0 * TICKS_PER_SECOND;

/// The place of waiting among the modes. Waiting that was none is taken back however much it was, so this
/// counter alone never tells that a core has begun anew.
const IOWAIT: usize = 4;

/// Modes in which a core does nothing that anybody asked for.
const IDLE_MODES: [&str; 2] = ["idle", "iowait"];

pub struct Cpu {
    stat: ProcFile,
    /// What each core had done in the last round.
    cores: HashMap<String, Core>,
}

/// A core's ticks by mode, as they were told last, and what they come to. Ticks that the kernel tells as
/// less than none are not known, and no number.
#[derive(Clone, Copy, Default)]
struct Core {
    ticks: [f64; MODES.len() + GUEST_MODES.len()],
    work: Work,
}

/// Ticks for which a core has been there, and those of them in which it worked; of several together.
#[derive(Clone, Copy, Default)]
struct Work {
    all: f64,
    busy: f64,
}

/// What all cores together, and the busiest of them, did since the last round.
#[derive(Default)]
struct Passed {
    all: Work,
    before: Work,
    busiest: Option<f64>,
}

impl AddAssign for Work {
    fn add_assign(&mut self, more: Self) {
        self.all += more.all;
        self.busy += more.busy;
    }
}

impl Cpu {
    pub fn new(root: &Path) -> Self {
        Self { stat: ProcFile::new(root, "proc/stat"), cores: HashMap::new() }
    }
}

impl Sampler for Cpu {
    fn name(&self) -> &'static str {
        "cpu"
    }

    fn sample(&mut self, _: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        let path = self.stat.path().to_owned();
        let mut passed = Passed::default();
        let cores = &mut self.cores;
        for line in self.stat.read()?.lines() {
            round.item(|round| {
                push_line(line, cores, &mut passed, round).ok_or_else(|| parse_error(&path, line))
            });
        }
        let shares = [
            (HEADROOM_CPU_BUSY_RATIO, passed.all.share_since(passed.before)),
            (HEADROOM_CPU_BUSIEST_CORE_RATIO, passed.busiest),
        ];
        for (metric, share) in shares {
            if let Some(share) = share {
                round.push(metric.name, &[], share);
            }
        }
        Ok(())
    }
}

impl Work {
    /// The share of the time since `last` in which the core worked; none if no time has passed. A core
    /// that was away begins anew, so a share has its bounds.
    fn share_since(self, last: Self) -> Option<f64> {
        let passed = self.all - last.all;
        (passed > 0.0).then(|| ((self.busy - last.busy) / passed).clamp(0.0, 1.0))
    }
}

fn push_line(
    line: &str,
    cores: &mut HashMap<String, Core>,
    passed: &mut Passed,
    round: &mut Round<'_>,
) -> Option<()> {
    let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
    if let Some(core) = name.strip_prefix("cpu").filter(|core| !core.is_empty()) {
        let seen = Core::of(rest, cores.get(core))?;
        seen.push(core, round);
        match cores.get_mut(core) {
            Some(last) => {
                let share = seen.work.share_since(last.work);
                passed.busiest = passed.busiest.into_iter().chain(share).reduce(f64::max);
                passed.all += seen.work;
                passed.before += std::mem::replace(last, seen).work;
            }
            None => drop(cores.insert(core.to_owned(), seen)),
        }
    } else if let Some((_, metric)) = COUNTERS.iter().find(|(key, _)| *key == name) {
        // `intr` continues with a count for each interrupt; the first is their sum.
        round.push(metric.name, &[], count(rest.split(' ').next()?)?);
    }
    Some(())
}

impl Core {
    /// The ticks of a line, none of them less than it was unless the core has begun anew.
    fn of(line: &str, last: Option<&Self>) -> Option<Self> {
        let mut fields = line.split_ascii_whitespace();
        let mut core = Self::default();
        for ticks in &mut core.ticks {
            let told: u64 = fields.next()?.parse().ok()?;
            *ticks = if told < 1 << 63 { told as f64 } else { f64::NAN };
        }
        if let Some(last) = last.filter(|last| !core.has_begun_anew(last)) {
            for (ticks, before) in core.ticks.iter_mut().zip(last.ticks) {
                if *ticks < before {
                    *ticks = before;
                }
            }
        }
        let known = MODES.into_iter().zip(core.ticks).filter(|(_, ticks)| !ticks.is_nan());
        for (mode, ticks) in known {
            core.work.all += ticks;
            core.work.busy += if IDLE_MODES.contains(&mode) { 0.0 } else { ticks };
        }
        Some(core)
    }

    /// Whether it has been away since: what else than waiting fell by more than the kernel takes back.
    fn has_begun_anew(&self, last: &Self) -> bool {
        let modes = self.ticks.iter().zip(last.ticks).enumerate();
        modes.filter(|(mode, _)| *mode != IOWAIT).any(|(_, (ticks, was))| was - ticks >= HELD_TICKS)
    }

    fn push(&self, core: &str, round: &mut Round<'_>) {
        let (modes, guests) = self.ticks.split_at(MODES.len());
        for (metric, names, ticks) in [
            (NODE_CPU_SECONDS_TOTAL, &MODES[..], modes),
            (NODE_CPU_GUEST_SECONDS_TOTAL, &GUEST_MODES[..], guests),
        ] {
            for (mode, ticks) in names.iter().zip(ticks) {
                if ticks.is_nan() {
                    round.item(|_| Err(format!("core {core} has less than no time in {mode}")));
                    continue;
                }
                let labels = [("cpu", core), ("mode", *mode)];
                round.push(metric.name, &labels, ticks / TICKS_PER_SECOND);
            }
        }
    }
}
