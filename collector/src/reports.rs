//! Reports for planners: what planning says of hosts, read from their past and told in sentences and
//! tables.
//!
//! `past` reads; all else is values in, values out. Knows no page and no clock.

// What is configured.
pub mod plan;
pub mod terms;

// A host's past, as minutes.
mod day;
mod grid;
mod measure;
mod of_rooms;
mod past;
mod settings;
mod sums;
mod told;
mod told_days;

// What is known of a host at a full hour, and where that is kept.
pub mod host;
mod kept;
mod occasion;
pub mod recordings;
pub mod replays;
pub mod usage;

// What is said of it.
pub mod capacity;
pub mod costs;
pub mod cycles;
pub mod document;
pub mod event;
pub mod meeting;
pub mod placement;
pub mod series;
pub mod servers;
pub mod watched;
pub mod words;

pub use self::kept::{Plans, Sources, Wanted};

use headroom_proto::catalogue::BBB_MEETINGS;
use headroom_proto::metric::INSTANCE;

use crate::moments::DAY_MS;
use crate::samples::{Matcher, ReadError, Reader, Selection, TimeRange};

/// The hosts whose BigBlueButton answered within what a report reads, by name.
pub fn hosts(reader: Reader<'_>, now_ms: i64) -> Result<Vec<String>, ReadError> {
    let matchers = [Matcher::metric(BBB_MEETINGS.name)];
    let from_ms = now_ms - i64::from(past::LONGEST_DAYS) * DAY_MS;
    let range = TimeRange { from_ms, to_ms: now_ms };
    let mut hosts = reader.label_values(Selection { matchers: &matchers, range }, INSTANCE)?;
    hosts.retain(|host| !host.is_empty());
    Ok(hosts)
}

#[cfg(test)]
mod tests;
