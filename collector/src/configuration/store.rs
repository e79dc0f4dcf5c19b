//! `[store]`: where it lies, what it keeps and how much it takes.

use std::path::PathBuf;

use headroom_proto::configuration::Section;
use headroom_proto::units::{ByteSize, Span};

use crate::moments::DAY_MS;
use crate::store::{Retention, SeriesLimits, StoreOptions};

const DEFAULT_DIRECTORY: &str = "/var/lib/headroom";

const SHORTEST_RETENTION: &str = "1d";

/// The smallest memory for samples: a few rounds of a few hosts.
const SMALLEST_HEAD_BYTES: u64 = 64 << 10;
const SMALLEST_CACHE_BYTES: u64 = 1 << 20;
const SMALLEST_LABEL_BYTES: u64 = 1 << 20;

/// What is kept unless configured otherwise: samples for two months, 5 minutes for three years,
/// hours for as long as anyone will ask, rounds of pings for a year and a month.
pub const DEFAULT_RETENTION: Retention = Retention {
    raw_ms: 62 * DAY_MS,
    minutes_ms: 1096 * DAY_MS,
    hours_ms: 36_500 * DAY_MS,
    rounds_ms: 400 * DAY_MS,
};

/// The store of a collector.
#[derive(Debug, Clone)]
pub struct StoreConfiguration {
    /// The data directory.
    pub directory: PathBuf,
    /// How long samples and rollups are kept.
    pub retention: Retention,
    /// The store's limits.
    pub options: StoreOptions,
}

pub fn build(section: &Section<'_>) -> StoreConfiguration {
    let default = StoreOptions::default();
    StoreConfiguration {
        directory: build_directory(section),
        retention: build_retention(section),
        options: StoreOptions {
            head_bytes: build_bytes(section, "head_bytes", SMALLEST_HEAD_BYTES)
                .unwrap_or(default.head_bytes),
            cache_bytes: build_bytes(section, "cache_bytes", SMALLEST_CACHE_BYTES)
                .unwrap_or(default.cache_bytes),
            series: build_series(section, default.series),
        },
    }
}

fn build_directory(section: &Section<'_>) -> PathBuf {
    let directory = section.path("directory").unwrap_or_else(|| PathBuf::from(DEFAULT_DIRECTORY));
    if directory.exists() && !directory.is_dir() {
        section.mistake("directory", "must be a directory");
    }
    directory
}

fn build_retention(section: &Section<'_>) -> Retention {
    let Span(shortest) = SHORTEST_RETENTION.parse().expect("a constant of ours");
    let retention = |key: &str, default_ms: i64| {
        let Some(Span(span)) = section.value(key) else { return default_ms };
        if span < shortest {
            section.mistake(key, format!("must be at least {SHORTEST_RETENTION}"));
        }
        span.as_millis() as i64
    };
    let found = Retention {
        raw_ms: retention("raw_retention", DEFAULT_RETENTION.raw_ms),
        minutes_ms: retention("five_minute_retention", DEFAULT_RETENTION.minutes_ms),
        hours_ms: retention("hour_retention", DEFAULT_RETENTION.hours_ms),
        rounds_ms: retention("round_retention", DEFAULT_RETENTION.rounds_ms),
    };
    // What is coarser stands in for what is gone, so it must outlive it where anyone set it.
    if section.has("five_minute_retention") && found.minutes_ms < found.raw_ms {
        section.mistake("five_minute_retention", "must be at least raw_retention");
    }
    if section.has("hour_retention") && found.hours_ms < found.minutes_ms {
        section.mistake("hour_retention", "must be at least five_minute_retention");
    }
    found
}

fn build_bytes(section: &Section<'_>, key: &str, smallest: u64) -> Option<u64> {
    let ByteSize(bytes) = section.value(key)?;
    if bytes < smallest {
        section.mistake(key, format!("must be at least {} KiB", smallest >> 10));
    }
    Some(bytes)
}

fn build_series(section: &Section<'_>, default: SeriesLimits) -> SeriesLimits {
    let count = |key: &str, default: usize| {
        let Some(count) = section.value(key) else { return default };
        if count == 0 {
            section.mistake(key, "must be at least 1");
        }
        count
    };
    let label_bytes = build_bytes(section, "label_bytes", SMALLEST_LABEL_BYTES);
    SeriesLimits {
        per_instance: count("series_per_instance", default.per_instance),
        all: count("series", default.all),
        label_bytes: label_bytes.unwrap_or(default.label_bytes),
    }
}
