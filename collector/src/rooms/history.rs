//! What single hours of the past were like in the rooms of each host: how many people and rooms there
//! were at most.

use std::collections::BTreeMap;

use headroom_proto::catalogue::{BBB_MEETINGS, HEADROOM_TENANT_ROOMS};
use headroom_proto::metric::INSTANCE;

use super::present::{OF_MEETINGS, OF_TENANTS};
use crate::samples::{
    Bucket, BucketSeries, Detail, Figure, Figures, Hints, METRIC, Matcher, ReadError, Reader,
    Resolution, Selection, Series, TimeRange,
};

/// Has a sample with each answer of BBB.
const ANSWERS: &str = BBB_MEETINGS.name;
const ROOMS: &str = HEADROOM_TENANT_ROOMS.name;

const HOUR_MS: i64 = 3_600_000;
const WEEK_MS: i64 = 7 * 24 * HOUR_MS;

/// The hours that are looked at lie in a day of each week; clocks may move them by an hour.
const DAY_OF_WEEK_MS: i64 = 27 * HOUR_MS;

/// An hour of the past, by what its readings said at most.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PastHour {
    /// The most people at once, or a little more: where organisations follow upon each other within
    /// the hour, their peaks may be added.
    pub people: f64,
    /// Rooms; zero only if there was none.
    pub rooms: f64,
}

/// What was read of one host.
#[derive(Default)]
pub struct History {
    answers: Vec<Past>,
    /// People of each organisation, and all together, who are often the better bound of the two.
    people: Vec<Past>,
    bound: Vec<Past>,
    rooms: Vec<Past>,
}

/// The past of one series.
enum Past {
    Buckets(Vec<Bucket>),
    Samples(Series),
}

/// Reads what is needed for hours that begin at some moments, of one host or of all.
pub fn read(
    reader: Reader<'_>,
    host: Option<&str>,
    begins: &[i64],
) -> Result<BTreeMap<String, History>, ReadError> {
    let (Some(first), Some(last)) = (begins.iter().min(), begins.iter().max()) else {
        return Ok(BTreeMap::new());
    };
    let mut matchers = vec![Matcher::one_of(METRIC, [ANSWERS, OF_TENANTS, OF_MEETINGS, ROOMS])];
    matchers.extend(host.map(|host| Matcher::equal(INSTANCE, host)));
    let range = TimeRange { from_ms: first - HOUR_MS, to_ms: last + HOUR_MS };
    let what = Selection { matchers: &matchers, range };
    let mut histories: BTreeMap<String, History> = BTreeMap::new();
    // Where hours do not begin with those of UTC, buckets of an hour would hold parts of two.
    let fits = begins.iter().all(|begin| begin % HOUR_MS == 0);
    let resolution = if fits { Resolution::Hour } else { Resolution::Minutes };
    let figures = Figures::of(&[Figure::First, Figure::Max]);
    let hints = Hints { step_ms: WEEK_MS, range_ms: DAY_OF_WEEK_MS };
    if let Some(found) = reader.select_figures(what, Detail { resolution, figures, hints })? {
        reader.budget.release(found.iter().map(BucketSeries::bytes).sum());
        for BucketSeries { labels, buckets } in found {
            let own = histories.entry(labels.get(INSTANCE).unwrap_or_default().to_owned());
            own.or_default().take(labels.metric(), Past::Buckets(buckets));
        }
        return Ok(histories);
    }
    let found = reader.select(what, hints)?;
    reader.budget.release(found.iter().map(Series::bytes).sum());
    for series in found {
        let labels = series.labels.clone();
        let own = histories.entry(labels.get(INSTANCE).unwrap_or_default().to_owned());
        own.or_default().take(labels.metric(), Past::Samples(series));
    }
    Ok(histories)
}

impl History {
    fn take(&mut self, metric: &str, past: Past) {
        match metric {
            ANSWERS => self.answers.push(past),
            OF_TENANTS => self.people.push(past),
            OF_MEETINGS => self.bound.push(past),
            _ => self.rooms.push(past),
        }
    }

    /// What an hour was like; nothing if BBB never answered in it.
    pub fn hour(&self, from_ms: i64) -> Option<PastHour> {
        let to_ms = from_ms + HOUR_MS;
        let most = |all: &[Past]| -> Vec<f64> {
            all.iter().filter_map(|past| past.most(from_ms, to_ms)).collect()
        };
        let sum = |all: &[Past]| most(all).into_iter().reduce(|a, b| a + b);
        most(&self.answers).first()?;
        // Where no organisation has anybody, another exporter may have told of people.
        let bound = most(&self.bound).into_iter().reduce(f64::max);
        let people = sum(&self.people).map(|people| bound.map_or(people, |b| people.min(b)));
        let people = people.or(bound).unwrap_or_default();
        Some(PastHour { people, rooms: sum(&self.rooms).unwrap_or_default() })
    }
}

impl Past {
    /// The greatest sample from one moment to another, both included.
    fn most(&self, from_ms: i64, to_ms: i64) -> Option<f64> {
        match self {
            Self::Buckets(buckets) => {
                let begin = buckets.partition_point(|bucket| bucket.begin_ms < from_ms);
                let end = buckets.partition_point(|bucket| bucket.begin_ms < to_ms);
                // A sample at the end of the hour is the first of the next bucket.
                let border = buckets.get(end).filter(|next| next.first_ms == to_ms);
                let inside = buckets[begin..end].iter().map(|bucket| bucket.max);
                greatest(inside.chain(border.map(|next| next.first)))
            }
            Self::Samples(Series { timestamps, values, .. }) => {
                let begin = timestamps.partition_point(|at_ms| *at_ms < from_ms);
                let end = timestamps.partition_point(|at_ms| *at_ms <= to_ms);
                greatest(values[begin..end].iter().copied())
            }
        }
    }
}

/// The mark of a series' end is no sample.
fn greatest(values: impl Iterator<Item = f64>) -> Option<f64> {
    values.filter(|value| !value.is_nan()).reduce(f64::max)
}
