//! What the agent says of itself, as `headroom_agent_*`.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::SystemTime;

use headroom_proto::catalogue::{
    HEADROOM_AGENT_BUILD_INFO, HEADROOM_AGENT_CONNECTED, HEADROOM_AGENT_CONNECTIONS_TOTAL,
    HEADROOM_AGENT_CPU_SECONDS_TOTAL, HEADROOM_AGENT_DROPPED_POLLS_TOTAL,
    HEADROOM_AGENT_DROPPED_PROBE_ROUNDS_TOTAL, HEADROOM_AGENT_FRAMES_TOTAL,
    HEADROOM_AGENT_INTERVAL_SECONDS, HEADROOM_AGENT_MISSED_ROUNDS_TOTAL,
    HEADROOM_AGENT_RESIDENT_MEMORY_BYTES, HEADROOM_AGENT_SAMPLES_DROPPED_TOTAL,
    HEADROOM_AGENT_SETTINGS_VERSION, HEADROOM_AGENT_SPOOL_BYTES, HEADROOM_AGENT_SPOOL_FRAMES,
    HEADROOM_AGENT_SPOOL_OLDEST_AGE_SECONDS,
};
use headroom_proto::metric::OWN_JOB;

use rustix::time::{ClockId, clock_gettime};

use crate::series::Round;

/// What the parts of one run count, for the agent to tell of itself.
#[derive(Debug)]
pub struct Telemetry {
    /// Samples that the collector refused.
    pub refused_samples: AtomicU64,
    /// Rounds that were not taken: the one before took too long, or the journal was not ready.
    pub missed_rounds: AtomicU64,
    /// Polls of BigBlueButton that the journal was not ready for.
    pub dropped_polls: AtomicU64,
    /// Rounds of pings that the journal had no room for.
    pub dropped_probe_rounds: AtomicU64,
    /// Connections that the collector welcomed.
    pub connections: AtomicU64,
    /// 1 while connected.
    pub connected: AtomicU64,
    /// The time between two rounds, in milliseconds; 0 where there is only one.
    pub interval_ms: AtomicU64,
    /// The settings in force, by version.
    pub settings_version: AtomicU64,
    bytes: AtomicU64,
    frames: AtomicU64,
    oldest_timestamp_ms: AtomicI64,
    dropped_samples: AtomicU64,
    series_limit_samples: AtomicU64,
}

/// What waits for the collector, in memory and on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    /// Bytes held.
    pub bytes: u64,
    /// Frames that are not acknowledged.
    pub frames: u64,
    /// When the oldest of them was taken.
    pub oldest_timestamp_ms: Option<i64>,
    /// Samples given up since the agent's start.
    pub dropped_samples: u64,
    /// Samples that found no room among the series of this boot.
    pub series_limit_samples: u64,
}

impl Default for Telemetry {
    fn default() -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            refused_samples: zero(),
            missed_rounds: zero(),
            dropped_polls: zero(),
            dropped_probe_rounds: zero(),
            connections: zero(),
            connected: zero(),
            interval_ms: zero(),
            settings_version: zero(),
            bytes: zero(),
            frames: zero(),
            oldest_timestamp_ms: AtomicI64::new(i64::MAX),
            dropped_samples: zero(),
            series_limit_samples: zero(),
        }
    }
}

impl Telemetry {
    /// Adds to a count.
    pub fn add(count: &AtomicU64, amount: u64) {
        count.fetch_add(amount, Ordering::Relaxed);
    }

    /// Takes note of what waits now.
    pub fn set_waiting(&self, waiting: &Waiting) {
        let Waiting { bytes, frames, oldest_timestamp_ms, .. } = *waiting;
        self.bytes.store(bytes, Ordering::Relaxed);
        self.frames.store(frames, Ordering::Relaxed);
        self.oldest_timestamp_ms.store(oldest_timestamp_ms.unwrap_or(i64::MAX), Ordering::Relaxed);
        self.dropped_samples.store(waiting.dropped_samples, Ordering::Relaxed);
        self.series_limit_samples.store(waiting.series_limit_samples, Ordering::Relaxed);
    }
}

/// Writes the agent's own series into the round.
pub fn sample(telemetry: &Telemetry, memory: &mut ResidentMemory, round: &mut Round<'_>) {
    round.set_job(OWN_JOB);
    let version = env!("CARGO_PKG_VERSION");
    round.push(HEADROOM_AGENT_BUILD_INFO.name, &[("version", version)], 1.0);
    round.push_sequence(HEADROOM_AGENT_FRAMES_TOTAL.name);
    let cpu = clock_gettime(ClockId::ProcessCPUTime);
    let cpu_seconds = cpu.tv_sec as f64 + cpu.tv_nsec as f64 * 1e-9;
    round.push(HEADROOM_AGENT_CPU_SECONDS_TOTAL.name, &[], cpu_seconds);
    if let Some(bytes) = memory.bytes() {
        round.push(HEADROOM_AGENT_RESIDENT_MEMORY_BYTES.name, &[], bytes);
    }
    let read = |count: &AtomicU64| count.load(Ordering::Relaxed) as f64;
    round.push(HEADROOM_AGENT_CONNECTED.name, &[], read(&telemetry.connected));
    round.push(HEADROOM_AGENT_CONNECTIONS_TOTAL.name, &[], read(&telemetry.connections));
    let interval_ms = read(&telemetry.interval_ms);
    if interval_ms > 0.0 {
        round.push(HEADROOM_AGENT_INTERVAL_SECONDS.name, &[], interval_ms / 1000.0);
    }
    round.push(HEADROOM_AGENT_MISSED_ROUNDS_TOTAL.name, &[], read(&telemetry.missed_rounds));
    round.push(HEADROOM_AGENT_DROPPED_POLLS_TOTAL.name, &[], read(&telemetry.dropped_polls));
    let dropped_rounds = read(&telemetry.dropped_probe_rounds);
    round.push(HEADROOM_AGENT_DROPPED_PROBE_ROUNDS_TOTAL.name, &[], dropped_rounds);
    round.push(HEADROOM_AGENT_SETTINGS_VERSION.name, &[], read(&telemetry.settings_version));
    let dropped = [
        ("series_limit", &telemetry.series_limit_samples),
        ("refused", &telemetry.refused_samples),
        ("spool", &telemetry.dropped_samples),
    ];
    for (reason, samples) in dropped {
        let labels = [("reason", reason)];
        round.push(HEADROOM_AGENT_SAMPLES_DROPPED_TOTAL.name, &labels, read(samples));
    }
    round.push(HEADROOM_AGENT_SPOOL_BYTES.name, &[], read(&telemetry.bytes));
    round.push(HEADROOM_AGENT_SPOOL_FRAMES.name, &[], read(&telemetry.frames));
    let age = age_seconds(telemetry.oldest_timestamp_ms.load(Ordering::Relaxed));
    round.push(HEADROOM_AGENT_SPOOL_OLDEST_AGE_SECONDS.name, &[], age);
}

/// Zero for what lies ahead, as nothing does that was never taken.
fn age_seconds(timestamp_ms: i64) -> f64 {
    unix_ms(SystemTime::now()).saturating_sub(timestamp_ms).max(0) as f64 / 1000.0
}

/// Unix time in milliseconds; a clock before 1970 reads as 1970.
pub fn unix_ms(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as i64)
}

/// The memory of this process, from a file that stays open.
#[derive(Debug, Default)]
pub struct ResidentMemory {
    statm: Option<File>,
}

impl ResidentMemory {
    fn bytes(&mut self) -> Option<f64> {
        let file = match &mut self.statm {
            Some(file) => file,
            none => none.insert(File::open("/proc/self/statm").ok()?),
        };
        // Seven numbers of pages; the second is what is resident.
        let mut text = [0; 160];
        let length = file.read_at(&mut text, 0).ok()?;
        let text = str::from_utf8(text.get(..length)?).ok()?;
        let pages: f64 = text.split(' ').nth(1)?.parse().ok()?;
        Some(pages * rustix::param::page_size() as f64)
    }
}
