//! What there was since midnight, and the last 24 hours in small.

use std::collections::{BTreeMap, BTreeSet};

use headroom_proto::catalogue::{
    BBB_MEETINGS, BBB_MEETINGS_PARTICIPANTS, HEADROOM_TENANT_PARTICIPANTS,
    HEADROOM_TENANT_ROOM_SECONDS_TOTAL, HEADROOM_TENANT_USER_SECONDS_TOTAL, Metric,
};
use headroom_proto::metric::INSTANCE;
use jiff::{Timestamp, ToSpan};

use super::Moment;
use super::present::{Key, of_nobody, rows};
use crate::promql::{self, QueryError, QueryLimits};
use crate::samples::{Hints, Matcher, ReadError, Reader, Selection, Series, TimeRange};

const DAY_MS: i64 = 86_400_000;
const HOUR_SECONDS: f64 = 3600.0;

/// Finer than polls are apart, so that each is seen.
const STEP_MS: i64 = 10_000;

/// Columns of the day in small: one for a quarter of an hour.
const COLUMNS: usize = 96;

/// A counter's reading up to this long before midnight is where the day begins.
const BEFORE_MIDNIGHT_MS: i64 = 600_000;

/// The figures of today.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Today {
    /// One for an hour of one of the people.
    pub user_hours: Option<f64>,
    /// One for an hour of one room.
    pub room_hours: Option<f64>,
    /// The most people at once, and when first, Unix time in milliseconds.
    pub peak: Option<(f64, i64)>,
}

/// Today of all hosts and organisations.
pub struct Days {
    from_ms: i64,
    midnight_ms: i64,
    now_ms: i64,
    /// Seconds of users and of rooms since midnight.
    seconds: BTreeMap<Key, [Option<f64>; 2]>,
    /// People at each step.
    people: BTreeMap<Key, Vec<Option<f64>>>,
    /// Of each host, whether its BBB answered at each step.
    answered: BTreeMap<String, Vec<bool>>,
}

/// Whose rooms are taken together.
#[derive(Debug, Clone, Copy)]
pub enum Whose<'w> {
    /// Those of a host.
    Host(&'w str),
    /// Those of an organisation.
    Tenant(&'w str),
    /// All.
    All,
}

/// Today of some of them together.
pub struct Day {
    today: Today,
    small: Vec<Option<f64>>,
}

/// Reads today. Readings stand for `lookback_ms`.
pub fn read(reader: Reader<'_>, moment: &Moment, lookback_ms: i64) -> Result<Days, QueryError> {
    let midnight_ms = midnight(moment);
    let now_ms = moment.now_ms;
    // A day has 25 hours when clocks go back.
    let from_ms = midnight_ms.min(now_ms - DAY_MS).div_euclid(STEP_MS) * STEP_MS;
    let grid = (from_ms, now_ms, STEP_MS);
    let limits = QueryLimits { lookback_ms, ..QueryLimits::default() };
    let of_tenants = format!("sum by (instance, tenant) ({HEADROOM_TENANT_PARTICIPANTS})");
    let mut people: BTreeMap<Key, Vec<Option<f64>>> = BTreeMap::new();
    for expression in [of_tenants, of_nobody(BBB_MEETINGS_PARTICIPANTS)] {
        for row in rows(promql::range(reader, &expression, grid, limits)?) {
            let points = people.entry(Key::of(&row.labels)).or_default();
            points.resize(row.points.len(), None);
            for (point, value) in points.iter_mut().zip(row.points) {
                *point = point.or(value);
            }
        }
    }
    let answered = format!("max by (instance) ({BBB_MEETINGS})");
    let answered = rows(promql::range(reader, &answered, grid, limits)?);
    let host = |row: promql::Row| {
        let points = row.points.iter().map(Option::is_some).collect();
        (row.labels.get(INSTANCE).unwrap_or_default().to_owned(), points)
    };
    let users = since(reader, HEADROOM_TENANT_USER_SECONDS_TOTAL, (midnight_ms, now_ms))?;
    let mut rooms = since(reader, HEADROOM_TENANT_ROOM_SECONDS_TOTAL, (midnight_ms, now_ms))?;
    let mut seconds: BTreeMap<Key, [Option<f64>; 2]> = BTreeMap::new();
    for (key, users) in users {
        let rooms = rooms.remove(&key);
        seconds.insert(key, [Some(users), rooms]);
    }
    seconds.extend(rooms.into_iter().map(|(key, rooms)| (key, [None, Some(rooms)])));
    Ok(Days {
        from_ms,
        midnight_ms,
        now_ms,
        seconds,
        people,
        answered: answered.into_iter().map(host).collect(),
    })
}

/// When the day began where the site is.
fn midnight(moment: &Moment) -> i64 {
    let now = Timestamp::from_millisecond(moment.now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let now = now.to_zoned(moment.zone.clone());
    let midnight = now.start_of_day().or_else(|_| now.checked_sub(24.hours()));
    midnight.map_or(moment.now_ms - DAY_MS, |at| at.timestamp().as_millisecond())
}

/// How far counters rose between two moments, by host and organisation.
fn since(
    reader: Reader<'_>,
    metric: &Metric,
    (from_ms, to_ms): (i64, i64),
) -> Result<BTreeMap<Key, f64>, ReadError> {
    let range = TimeRange { from_ms: from_ms - BEFORE_MIDNIGHT_MS, to_ms };
    let mut risen: BTreeMap<Key, f64> = BTreeMap::new();
    let what = Selection { matchers: &[Matcher::metric(metric.name)], range };
    for series in reader.select(what, Hints::default())? {
        *risen.entry(Key::of(&series.labels)).or_default() += rise(&series, from_ms);
    }
    Ok(risen)
}

/// How far a counter rose since a moment. One that falls has begun anew from zero. A gap takes
/// nothing away: what was counted behind it is in the counter.
fn rise(series: &Series, from_ms: i64) -> f64 {
    let samples = series.timestamps.iter().zip(&series.values);
    let mut before: Option<f64> = None;
    let mut sum = 0.0;
    for (&at_ms, &value) in samples.filter(|(_, value)| value.is_finite()) {
        if let Some(before) = before.filter(|_| at_ms > from_ms) {
            sum += if value < before { value } else { value - before };
        }
        before = Some(value);
    }
    sum
}

impl Days {
    /// The organisations that had people in the last 24 hours or were counted today.
    pub fn tenants(&self) -> BTreeSet<String> {
        let some = |value: &Option<f64>| value.is_some_and(|value| value > 0.0);
        let counted = self.seconds.iter().filter(|(_, [users, _])| some(users)).map(|(key, _)| key);
        let seen = self.people.iter().filter(|(_, people)| people.iter().any(some));
        counted.chain(seen.map(|(key, _)| key)).map(|key| key.tenant.clone()).collect()
    }

    /// Today of some together. Where BBB answered and none of them has people, nobody is there.
    pub fn of(&self, whose: Whose<'_>) -> Day {
        let mut points = vec![None; ((self.now_ms - self.from_ms) / STEP_MS + 1) as usize];
        for (_, answered) in self.answered.iter().filter(|(host, _)| whose.is_on(host)) {
            for (point, _) in points.iter_mut().zip(answered).filter(|(_, answered)| **answered) {
                point.get_or_insert(0.0);
            }
        }
        for (_, people) in self.people.iter().filter(|(key, _)| whose.has(key)) {
            for (point, value) in points.iter_mut().zip(people) {
                if let Some(value) = value.filter(|value| value.is_finite()) {
                    *point.get_or_insert(0.0) += value;
                }
            }
        }
        let own =
            || self.seconds.iter().filter(|(key, _)| whose.has(key)).map(|(_, seconds)| seconds);
        let hours = |place: usize| -> Option<f64> {
            let sum = own().filter_map(|seconds| seconds[place]).reduce(|a, b| a + b);
            sum.map(|seconds| seconds / HOUR_SECONDS)
        };
        let peak = self.peak(&points);
        // Nothing is counted of a host that never had anybody.
        let nobody = peak.filter(|(people, _)| *people <= 0.0).map(|_| 0.0);
        let today =
            Today { user_hours: hours(0).or(nobody), room_hours: hours(1).or(nobody), peak };
        Day { today, small: self.small(&points) }
    }

    /// The most people since midnight, and when first.
    fn peak(&self, points: &[Option<f64>]) -> Option<(f64, i64)> {
        let at = |(step, people): (usize, &Option<f64>)| {
            Some(((*people)?, self.from_ms + step as i64 * STEP_MS))
        };
        let today = points.iter().enumerate().filter_map(at);
        let today = today.filter(|(_, at_ms)| *at_ms >= self.midnight_ms);
        today.fold(None, |most: Option<(f64, i64)>, found| match most {
            Some(most) if most.0 >= found.0 => Some(most),
            _ => Some(found),
        })
    }

    /// The most people in each column of the last 24 hours.
    fn small(&self, points: &[Option<f64>]) -> Vec<Option<f64>> {
        let begin_ms = self.now_ms - DAY_MS;
        let mut columns: Vec<Option<f64>> = vec![None; COLUMNS];
        for (step, people) in points.iter().enumerate() {
            let since = self.from_ms + step as i64 * STEP_MS - begin_ms;
            let Some(people) = people.filter(|_| since > 0) else { continue };
            let place = ((since - 1) * COLUMNS as i64 / DAY_MS) as usize;
            if let Some(column) = columns.get_mut(place) {
                *column = Some(column.map_or(people, |known| known.max(people)));
            }
        }
        columns
    }
}

impl Whose<'_> {
    fn has(self, key: &Key) -> bool {
        match self {
            Self::Host(instance) => key.instance == instance,
            Self::Tenant(tenant) => key.tenant == tenant,
            Self::All => true,
        }
    }

    /// Whether a host's answers say something of them.
    fn is_on(self, host: &str) -> bool {
        match self {
            Self::Host(instance) => host == instance,
            Self::Tenant(_) | Self::All => true,
        }
    }
}

impl Day {
    /// The figures since midnight.
    pub fn figures(&self) -> Today {
        self.today
    }

    /// The last 24 hours in small.
    pub fn in_small(self) -> Vec<Option<f64>> {
        self.small
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Labels;

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
            assert_eq!(rise(&series, 0), expected, "{samples:?}");
        }
    }
}
