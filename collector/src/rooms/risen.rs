//! How far counters of rooms have risen since midnight. What is settled of it is kept, so that only
//! what came since is read.

use std::collections::BTreeMap;

use headroom_proto::catalogue::{
    HEADROOM_TENANT_ROOM_SECONDS_TOTAL, HEADROOM_TENANT_USER_SECONDS_TOTAL,
};
use headroom_proto::metric::INSTANCE;

use super::past::{Finds, OfPast};
use super::present::Key;
use crate::kept::Weighs;
use crate::samples::{
    Hints, Labels, METRIC, Matcher, ReadError, Reader, Selection, Series, Settled, TimeRange,
};

/// Seconds of users and of rooms.
const COUNTERS: [&str; 2] =
    [HEADROOM_TENANT_USER_SECONDS_TOTAL.name, HEADROOM_TENANT_ROOM_SECONDS_TOTAL.name];

/// A counter's reading up to this long before midnight is where the day begins.
const BEFORE_MIDNIGHT_MS: i64 = 600_000;

/// Each counter as far as it was read.
#[derive(Debug, Clone, Default)]
pub struct Risen {
    counters: BTreeMap<Labels, Counter>,
    /// Until when it was read, this moment not included; Unix time in milliseconds.
    until_ms: i64,
}

/// A counter under way.
#[derive(Debug, Clone, Copy, Default)]
struct Counter {
    /// Its last reading.
    before: Option<f64>,
    /// How far it has risen.
    sum: f64,
}

impl Weighs for Risen {
    fn bytes(&self) -> u64 {
        let of = |labels: &Labels| labels.bytes() + size_of::<(Labels, Counter)>() as u64;
        self.counters.keys().map(of).sum()
    }
}

/// How far the seconds of users and of rooms rose from midnight to now, by host and organisation.
pub fn read(
    reader: Reader<'_>,
    kept: &Finds<Risen>,
    host: Option<&str>,
    day: TimeRange,
) -> Result<BTreeMap<Key, [Option<f64>; 2]>, ReadError> {
    // Before anything is read: what comes in later is not taken for settled.
    let settled = reader.samples.settled().filter(|settled| settled.until_ms > day.from_ms);
    let known = settled.and_then(|Settled { version, until_ms }| {
        let known = kept.of(host, day.from_ms, version)?;
        (known.found.until_ms <= until_ms.min(day.to_ms + 1)).then_some(known)
    });
    let mut risen = known.map_or_else(
        || Risen { until_ms: day.from_ms - BEFORE_MIDNIGHT_MS, ..Risen::default() },
        |known| known.found.clone(),
    );
    let mut matchers = vec![Matcher::one_of(METRIC, COUNTERS)];
    matchers.extend(host.map(|host| Matcher::equal(INSTANCE, host)));
    let range = TimeRange { from_ms: risen.until_ms, ..day };
    let found = reader.select(Selection { matchers: &matchers, range }, Hints::default())?;
    if let Some(Settled { version, until_ms }) = settled {
        let until_ms = until_ms.min(day.to_ms + 1);
        if until_ms > risen.until_ms {
            risen.go_on(&found, until_ms, day.from_ms);
            let past = OfPast { version, from_ms: day.from_ms, found: risen.clone() };
            kept.keep(host, past);
        }
    }
    risen.go_on(&found, day.to_ms + 1, day.from_ms);
    reader.budget.release(found.iter().map(Series::bytes).sum());
    Ok(risen.by_key())
}

impl Risen {
    /// Goes on until a moment, which is not included. A counter that falls has begun anew from
    /// zero. A gap takes nothing away: what was counted behind it is in the counter.
    fn go_on(&mut self, found: &[Series], until_ms: i64, midnight_ms: i64) {
        for series in found {
            let begin = series.timestamps.partition_point(|at_ms| *at_ms < self.until_ms);
            let end = series.timestamps.partition_point(|at_ms| *at_ms < until_ms);
            if begin >= end {
                continue;
            }
            let counter = self.counters.entry(series.labels.clone()).or_default();
            let samples = series.timestamps[begin..end].iter().zip(&series.values[begin..end]);
            for (&at_ms, &value) in samples.filter(|(_, value)| value.is_finite()) {
                if let Some(before) = counter.before.filter(|_| at_ms > midnight_ms) {
                    counter.sum += if value < before { value } else { value - before };
                }
                counter.before = Some(value);
            }
        }
        self.until_ms = self.until_ms.max(until_ms);
    }

    fn by_key(&self) -> BTreeMap<Key, [Option<f64>; 2]> {
        let mut by_key: BTreeMap<Key, [Option<f64>; 2]> = BTreeMap::new();
        for (labels, counter) in &self.counters {
            let place = COUNTERS.iter().position(|name| *name == labels.metric());
            if let Some(place) = place {
                *by_key.entry(Key::of(labels)).or_default()[place].get_or_insert(0.0) +=
                    counter.sum;
            }
        }
        by_key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In one piece, and in two at each place.
    #[test]
    fn a_counter_that_begins_anew_and_one_that_pauses_lose_nothing() {
        let cases: [(&[(i64, f64)], f64); 5] = [
            (&[], 0.0),
            (&[(5, 7.0)], 0.0),
            // The last reading before midnight is where the day begins.
            (&[(-30, 10.0), (-15, 20.0), (0, 25.0), (15, 40.0)], 15.0),
            (&[(-15, 20.0), (15, 5.0), (30, 6.0)], 6.0),
            (&[(-15, 20.0), (15, 30.0), (30, f64::NAN), (7200, 50.0)], 30.0),
        ];
        for (samples, expected) in cases {
            let series = Series {
                labels: Labels::none(),
                timestamps: samples.iter().map(|(at, _)| *at).collect(),
                values: samples.iter().map(|(_, value)| *value).collect(),
                stand_ins: Vec::new(),
            };
            let found = [series];
            for border in [-30, -20, 0, 1, 15, 16, 30, 7200, 7201] {
                let mut risen = Risen { until_ms: -600, ..Risen::default() };
                risen.go_on(&found, border, 0);
                risen.go_on(&found, 7201, 0);
                let sum: f64 = risen.counters.values().map(|counter| counter.sum).sum();
                assert_eq!(sum, expected, "{samples:?} in two at {border}");
            }
        }
    }
}
