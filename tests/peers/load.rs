//! Made-up hosts, the same at each run: node_exporter's names and labels, fifty series a host.
//!
//! A third are counters with whole increments of varying size; the rest mixes slow gauges, most of
//! them with the decimals that exporters print, ratios, constants and a few readings of full
//! precision.

mod host;
mod signal;

use std::time::{SystemTime, UNIX_EPOCH};

pub use self::host::{Host, SERIES_PER_HOST, Series};
pub use self::signal::Signal;
use crate::remote_write::{Batches, Labels, Point};

/// The time between two samples of a series.
pub const STEP_MS: i64 = 10_000;

const DAY_MS: i64 = 86_400_000;

/// A day in steps.
pub const DAY_TICKS: usize = (DAY_MS / STEP_MS) as usize;

/// When samples are taken.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// The first, in milliseconds.
    pub begin_ms: i64,
    /// How many, one each [`STEP_MS`].
    pub ticks: usize,
}

impl Times {
    /// The last full day, UTC.
    pub fn last_day() -> Self {
        Self { begin_ms: now_ms() / DAY_MS * DAY_MS - DAY_MS, ticks: DAY_TICKS }
    }

    /// That many days up to the end of the last full one, UTC.
    pub fn days(days: usize) -> Self {
        let begin_ms = Self::last_day().begin_ms - (days as i64 - 1) * DAY_MS;
        Self { begin_ms, ticks: days * DAY_TICKS }
    }

    /// The time of the tick after the last, in milliseconds.
    pub fn end_ms(self) -> i64 {
        self.begin_ms + self.ticks as i64 * STEP_MS
    }

    /// That many ticks up to now.
    pub fn until_now(ticks: usize) -> Self {
        let end_ms = now_ms() / STEP_MS * STEP_MS;
        Self { begin_ms: end_ms - (ticks as i64 - 1) * STEP_MS, ticks }
    }

    /// The times, in milliseconds.
    pub fn all(self) -> impl Iterator<Item = i64> + Send + use<> {
        (0..self.ticks as i64).map(move |tick| self.begin_ms + tick * STEP_MS)
    }
}

/// The clock, in milliseconds since 1970.
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as i64)
}

/// That many hosts.
pub fn hosts(count: usize) -> Vec<Host> {
    (0..count).map(Host::new).collect()
}

/// The same samples as remote writes, in order of time on each of `lanes` connections: a
/// connection has its own hosts, as each of Prometheus's own shards has its series.
pub fn remote_writes(
    hosts: Vec<Host>,
    times: Times,
    lanes: usize,
) -> Vec<Batches<impl Iterator<Item = Point> + Send>> {
    let each = hosts.len().div_ceil(lanes);
    let mut hosts = hosts.into_iter();
    let lane = |_| {
        let series: Vec<Series> = hosts.by_ref().take(each).flat_map(|host| host.series).collect();
        series_writes(series, times)
    };
    (0..lanes).map(lane).collect()
}

/// Those series as remote writes on one connection.
pub fn series_writes(
    series: Vec<Series>,
    times: Times,
) -> Batches<impl Iterator<Item = Point> + Send> {
    let labels = series.iter().map(|series| Labels::new(series.labels())).collect();
    Batches::new(labels, points(series, times))
}

/// Samples in order of time.
pub fn points(mut series: Vec<Series>, times: Times) -> impl Iterator<Item = Point> + Send {
    let mut moments = times.all();
    let mut timestamp_ms = 0;
    let mut next = series.len();
    std::iter::from_fn(move || {
        if next == series.len() {
            timestamp_ms = moments.next()?;
            next = 0;
        }
        let value = series.get_mut(next)?.signal.next();
        next += 1;
        Some(Point { series: next - 1, timestamp_ms, value })
    })
}
