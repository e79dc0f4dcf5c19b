//! The links of a host: which of its interfaces lead out of it, what goes over them, how fast they
//! are.
//!
//! Traffic is told from samples, or from rollups where the span is long or samples are no longer
//! kept. Knows no graph and no clock.

mod buckets;
mod interfaces;
mod rates;

use headroom_proto::catalogue::{
    NODE_NETWORK_RECEIVE_BYTES_TOTAL, NODE_NETWORK_TRANSMIT_BYTES_TOTAL,
};
use headroom_proto::metric::INSTANCE;

use self::rates::{Rates, Told};
use crate::query::{Interval, sum};
use crate::samples::{METRIC, Matcher, ReadError, Reader, Resolution, Selection, TimeRange};

/// Samples up to this long before a span belong to the first interval that reaches into it.
const MARGIN_MS: i64 = 300_000;

/// Links are measured in bits, their counters in bytes.
const BITS: f64 = 8.0;

const SENT: &str = NODE_NETWORK_TRANSMIT_BYTES_TOTAL.name;
const RECEIVED: &str = NODE_NETWORK_RECEIVE_BYTES_TOTAL.name;

/// Which links are meant.
#[derive(Debug, Clone, Copy)]
pub struct LinksOf<'a> {
    /// The host.
    pub instance: &'a str,
    /// One interface alone, instead of all that lead out of the host.
    pub device: Option<&'a str>,
}

/// What went over the links of a host, all of them together, in bits per second.
#[derive(Debug, Clone, Default)]
pub struct Traffic {
    /// The interfaces.
    pub devices: Vec<String>,
    /// What left the host.
    pub sent: Vec<Interval>,
    /// What came to it.
    pub received: Vec<Interval>,
    /// Whether the extremes within an interval are bounds: several interfaces had theirs at moments
    /// of their own.
    pub bounded: bool,
    /// The rollups that it was told from, if it was not from samples.
    pub rollups: Option<Resolution>,
    /// How far samples usually are apart, the shortest and the longest, in milliseconds.
    pub samples_ms: Option<[i64; 2]>,
    /// The sum of their speeds; none if that of any is not known.
    pub limit: Option<f64>,
}

/// What went over links between two moments, which cut the first and the last interval.
pub fn traffic(
    reader: Reader<'_>,
    links: LinksOf<'_>,
    span: TimeRange,
) -> Result<Traffic, ReadError> {
    let range = TimeRange { from_ms: span.from_ms - MARGIN_MS, ..span };
    let interfaces = interfaces::read(reader, links, range)?;
    if interfaces.is_empty() {
        return Ok(Traffic::default());
    }
    let matchers = [
        Matcher::one_of(METRIC, [SENT, RECEIVED]),
        Matcher::equal(INSTANCE, links.instance),
        Matcher::one_of("device", interfaces.iter().map(|interface| &*interface.device)),
    ];
    let Told { mut rates, rollups } =
        rates::read(reader, Selection { matchers: &matchers, range })?;
    let samples_ms = rates.first().and_then(|first| first.samples_ms);
    let mut of = |metric: &str| {
        let own = rates.extract_if(.., |series| series.metric == metric);
        let possible = own.map(|Rates { device, intervals, .. }| {
            let known = interfaces.iter().find(|interface| interface.device == device);
            let fastest = known.map_or(f64::INFINITY, |interface| interface.fastest);
            // Of a stretch in which something impossible happened, the mean is not known either.
            intervals.into_iter().filter(|interval| interval.max <= fastest).collect()
        });
        let intervals = sum(possible.collect());
        let inside = intervals.into_iter().filter_map(|i| i.within(span.from_ms, span.to_ms));
        inside.map(|interval| interval.times(BITS)).collect()
    };
    let (sent, received) = (of(SENT), of(RECEIVED));
    // A kernel says -1 or 0 of what it does not know.
    let speeds = interfaces.iter().map(|interface| interface.speed.filter(|speed| *speed > 0.0));
    let limit = speeds.map(|bytes| Some(bytes? * BITS)).sum();
    let bounded = interfaces.len() > 1 && rollups.is_some();
    let devices = interfaces.into_iter().map(|interface| interface.device).collect();
    Ok(Traffic { devices, sent, received, bounded, rollups, samples_ms, limit })
}

#[cfg(test)]
mod tests;
