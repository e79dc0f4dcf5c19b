//! The busiest thread of a group, between two scans: some hundred threads are too many for each round.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use super::stat::{Stat, seconds};

/// The most threads that are looked at; further ones are left out.
const MAX_THREADS: usize = 2000;

#[derive(Default)]
pub struct Threads {
    /// What each thread had used at the last scan, by process and thread.
    used: HashMap<(u32, u32), u64>,
}

impl Threads {
    /// The largest share of a core that one thread had since the last scan; none without one.
    pub fn busiest(
        &mut self,
        proc: &Path,
        processes: impl Iterator<Item = u32>,
        passed: Option<Duration>,
    ) -> Option<f64> {
        let used: HashMap<_, _> =
            processes.flat_map(|process| threads(proc, process)).take(MAX_THREADS).collect();
        let last = std::mem::replace(&mut self.used, used);
        let since = |(thread, used): (&(u32, u32), &u64)| used.checked_sub(*last.get(thread)?);
        let most = self.used.iter().filter_map(since).max()?;
        let passed = passed.filter(|passed| !passed.is_zero())?;
        Some(seconds(most) / passed.as_secs_f64())
    }
}

/// The threads of a process, with the ticks that each has used.
fn threads(proc: &Path, process: u32) -> impl Iterator<Item = ((u32, u32), u64)> {
    let folder = proc.join(process.to_string()).join("task");
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    entries.filter_map(move |entry| {
        let thread = entry.file_name().to_str()?.parse().ok()?;
        let line = std::fs::read(entry.path().join("stat")).ok()?;
        let stat = Stat::parse(&String::from_utf8_lossy(&line))?;
        Some(((process, thread), stat.used.sum()))
    })
}
