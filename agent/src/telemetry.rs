//! What the agent says of itself, as `headroom_agent_*`.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use headroom_proto::catalogue::{
    HEADROOM_AGENT_BUILD_INFO, HEADROOM_AGENT_CONNECTED, HEADROOM_AGENT_CONNECTIONS_TOTAL,
    HEADROOM_AGENT_CPU_SECONDS_TOTAL, HEADROOM_AGENT_DROPPED_POLLS_TOTAL,
    HEADROOM_AGENT_FRAMES_TOTAL, HEADROOM_AGENT_MISSED_ROUNDS_TOTAL,
    HEADROOM_AGENT_RESIDENT_MEMORY_BYTES, HEADROOM_AGENT_SAMPLES_DROPPED_TOTAL,
    HEADROOM_AGENT_SETTINGS_VERSION, HEADROOM_AGENT_SPOOL_BYTES, HEADROOM_AGENT_SPOOL_FRAMES,
    HEADROOM_AGENT_SPOOL_OLDEST_AGE_SECONDS,
};

use rustix::time::{ClockId, clock_gettime};

use crate::series::Round;
use crate::spool::Spool;

/// Counts of one run, shared by its parts.
#[derive(Debug, Default)]
pub struct Counts {
    /// Samples that found no room in the series table.
    pub series_limit_samples: AtomicU64,
    /// Samples that the collector refused.
    pub refused_samples: AtomicU64,
    /// Rounds that were not taken, since the one before took too long.
    pub missed_rounds: AtomicU64,
    /// Polls of BigBlueButton that the sampler thread had no time for.
    pub dropped_polls: AtomicU64,
    /// Connections that the collector welcomed.
    pub connections: AtomicU64,
    /// 1 while connected.
    pub connected: AtomicU64,
    /// The settings in force, by version.
    pub settings_version: AtomicU64,
}

impl Counts {
    /// Adds to a count.
    pub fn add(count: &AtomicU64, amount: u64) {
        count.fetch_add(amount, Ordering::Relaxed);
    }
}

/// Writes the agent's own series into the round. `frames` counts this boot's frames, this one
/// included.
pub fn sample(counts: &Counts, spool: &Mutex<Spool>, frames: u64, round: &mut Round<'_>) {
    round.set_job("headroom");
    let version = env!("CARGO_PKG_VERSION");
    round.push(HEADROOM_AGENT_BUILD_INFO.name, &[("version", version)], 1.0);
    round.push(HEADROOM_AGENT_FRAMES_TOTAL.name, &[], frames as f64);
    let cpu = clock_gettime(ClockId::ProcessCPUTime);
    let cpu_seconds = cpu.tv_sec as f64 + cpu.tv_nsec as f64 * 1e-9;
    round.push(HEADROOM_AGENT_CPU_SECONDS_TOTAL.name, &[], cpu_seconds);
    if let Some(bytes) = resident_bytes() {
        round.push(HEADROOM_AGENT_RESIDENT_MEMORY_BYTES.name, &[], bytes);
    }
    let read = |count: &AtomicU64| count.load(Ordering::Relaxed) as f64;
    round.push(HEADROOM_AGENT_CONNECTED.name, &[], read(&counts.connected));
    round.push(HEADROOM_AGENT_CONNECTIONS_TOTAL.name, &[], read(&counts.connections));
    round.push(HEADROOM_AGENT_MISSED_ROUNDS_TOTAL.name, &[], read(&counts.missed_rounds));
    round.push(HEADROOM_AGENT_DROPPED_POLLS_TOTAL.name, &[], read(&counts.dropped_polls));
    round.push(HEADROOM_AGENT_SETTINGS_VERSION.name, &[], read(&counts.settings_version));

    let state = spool.lock().map(|spool| spool.state()).ok();
    let dropped = [
        ("series_limit", read(&counts.series_limit_samples)),
        ("refused", read(&counts.refused_samples)),
        ("spool", state.map_or(0.0, |state| state.dropped_samples as f64)),
    ];
    for (reason, samples) in dropped {
        round.push(HEADROOM_AGENT_SAMPLES_DROPPED_TOTAL.name, &[("reason", reason)], samples);
    }
    if let Some(state) = state {
        round.push(HEADROOM_AGENT_SPOOL_BYTES.name, &[], state.bytes as f64);
        round.push(HEADROOM_AGENT_SPOOL_FRAMES.name, &[], state.waiting_frames as f64);
        let age = state.oldest_timestamp_ms.map_or(0.0, age_seconds);
        round.push(HEADROOM_AGENT_SPOOL_OLDEST_AGE_SECONDS.name, &[], age);
    }
}

fn age_seconds(timestamp_ms: i64) -> f64 {
    ((unix_ms(SystemTime::now()) - timestamp_ms).max(0)) as f64 / 1000.0
}

/// Unix time in milliseconds; a clock before 1970 reads as 1970.
pub fn unix_ms(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as i64)
}

fn resident_bytes() -> Option<f64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: f64 = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as f64)
}
