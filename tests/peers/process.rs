//! What a process costs, read from /proc: CPU time, memory, and the disk space of its data.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

/// A process is idle once it has used less than [`IDLE_SHARE`] of a core over this long.
const IDLE_WINDOW: Duration = Duration::from_secs(3);
const IDLE_SHARE: f64 = 0.02;

/// After this long something is wrong: nothing compared here has that much left to do.
const IDLE_TIMEOUT: Duration = Duration::from_secs(300);

/// The kernel counts a process's CPU time in hundredths of a second for its readers.
const TICKS_PER_SECOND: f64 = 100.0;

/// Resident memory, in MiB.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// Now.
    pub resident_mib: f64,
    /// The most there ever was.
    pub peak_mib: f64,
}

/// User and system time of all threads, those that have ended too, in seconds.
pub fn cpu_seconds(id: u32) -> anyhow::Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The name of the program, in parentheses, may hold spaces.
    let (_, fields) = text.rsplit_once(") ").context("/proc/PID/stat has a name")?;
    let field = |number: usize| -> anyhow::Result<f64> {
        Ok(fields.split(' ').nth(number).context("/proc/PID/stat is complete")?.parse()?)
    };
    Ok((field(11)? + field(12)?) / TICKS_PER_SECOND)
}

/// CPU time of the threads that run now, exact to the nanosecond.
pub fn running_threads_ns(id: u32) -> anyhow::Result<u64> {
    let mut sum = 0;
    for task in std::fs::read_dir(format!("/proc/{id}/task"))? {
        let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
        let field = text.split(' ').next().context("schedstat has a first field")?;
        sum += field.parse::<u64>()?;
    }
    Ok(sum)
}

/// Resident memory of a process.
pub fn memory(id: u32) -> anyhow::Result<Memory> {
    let text = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let mib = |name: &str| -> anyhow::Result<f64> {
        let line =
            text.lines().find_map(|line| line.strip_prefix(name)).context("a memory line")?;
        let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kib / 1024.0)
    };
    Ok(Memory { resident_mib: mib("VmRSS:")?, peak_mib: mib("VmHWM:")? })
}

/// The most resident memory there ever was counts from now on.
pub fn forget_peak(id: u32) -> anyhow::Result<()> {
    // The kernel's word for it, proc(5).
    Ok(std::fs::write(format!("/proc/{id}/clear_refs"), "5")?)
}

/// Waits until the process does next to nothing for a few seconds.
pub fn wait_until_idle(id: u32) -> anyhow::Result<()> {
    let start = Instant::now();
    let mut before = cpu_seconds(id)?;
    loop {
        std::thread::sleep(IDLE_WINDOW);
        let now = cpu_seconds(id)?;
        if now - before < IDLE_SHARE * IDLE_WINDOW.as_secs_f64() {
            return Ok(());
        }
        before = now;
        ensure!(
            start.elapsed() < IDLE_TIMEOUT,
            "process {id} is still busy after {IDLE_TIMEOUT:?}"
        );
    }
}

/// What a folder takes on disk: allocated blocks, as `du` counts them, hard links once.
pub fn disk_bytes(folder: &Path) -> anyhow::Result<u64> {
    let mut seen = std::collections::HashSet::new();
    let mut open = vec![folder.to_owned()];
    let mut bytes = 0;
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            if seen.insert(metadata.ino()) {
                bytes += metadata.blocks() * 512;
            }
            if metadata.is_dir() {
                open.push(entry.path());
            }
        }
    }
    Ok(bytes)
}

/// How many threads a process has.
pub fn threads(id: u32) -> anyhow::Result<u64> {
    Ok(std::fs::read_dir(format!("/proc/{id}/task"))?.count() as u64)
}

/// How many descriptors a process has open.
pub fn descriptors(id: u32) -> anyhow::Result<u64> {
    Ok(std::fs::read_dir(format!("/proc/{id}/fd"))?.count() as u64)
}
