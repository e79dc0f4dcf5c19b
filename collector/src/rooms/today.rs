//! What there was since midnight, and the last 24 hours in small.

use std::collections::{BTreeMap, BTreeSet};

use headroom_proto::catalogue::BBB_MEETINGS;
use jiff::{Timestamp, ToSpan};

use super::kept::RoomsReader;
use super::present::{Key, OF_MEETINGS, OF_TENANTS, sums};
use super::{Moment, risen};
use crate::moments::DAY_MS;
use crate::promql::{self, QueryError, QueryLimits, RangeQuery, Row};
use crate::samples::TimeRange;

/// Has a sample with each answer of BBB.
const ANSWERS: &str = BBB_MEETINGS.name;

const HOUR_SECONDS: f64 = 3600.0;

/// Finer than polls are apart, so that each is seen.
const STEP_MS: i64 = 10_000;

/// Columns of the day in small: one for a quarter of an hour.
const COLUMNS: usize = 96;

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

/// Reads today, of one host or of all. Readings stand for `lookback_ms`.
pub fn read(
    rooms: RoomsReader<'_>,
    host: Option<&str>,
    moment: &Moment,
    lookback_ms: i64,
) -> Result<Days, QueryError> {
    let midnight_ms = midnight(moment);
    let now_ms = moment.now_ms;
    // A day has 25 hours when clocks go back.
    let from_ms = midnight_ms.min(now_ms - DAY_MS).div_euclid(STEP_MS) * STEP_MS;
    let steps = promql::Steps { from_ms, to_ms: now_ms, step_ms: STEP_MS };
    let limits = QueryLimits { lookback_ms };
    let expression = sums(&[OF_TENANTS, OF_MEETINGS, ANSWERS], host);
    let query = RangeQuery { expression: &expression, steps, limits };
    let found = rooms.samples.range(query)?.into_rows();
    let since = TimeRange { from_ms: midnight_ms, to_ms: now_ms };
    let days = Days {
        from_ms,
        midnight_ms,
        now_ms,
        seconds: risen::read(rooms.samples.reader, &rooms.kept.risen, host, since)?,
        people: BTreeMap::new(),
        answered: BTreeMap::new(),
    };
    Ok(days.with(found))
}

/// When the day began where the site is.
fn midnight(moment: &Moment) -> i64 {
    let now = Timestamp::from_millisecond(moment.now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let now = now.to_zoned(moment.zone.clone());
    let midnight = now.start_of_day().or_else(|_| now.checked_sub(24.hours()));
    midnight.map_or(moment.now_ms - DAY_MS, |at| at.timestamp().as_millisecond())
}

impl Days {
    /// With people, and whether BBB answered, at each step. Where people are whom no organisation
    /// has, those of all meetings stand.
    fn with(mut self, found: Vec<Row>) -> Self {
        let mut of_meetings: BTreeMap<String, Vec<Option<f64>>> = BTreeMap::new();
        let mut counted: BTreeMap<String, Vec<bool>> = BTreeMap::new();
        for Row { labels, points } in found {
            let key = Key::of(&labels);
            let present = points.iter().map(Option::is_some);
            match labels.metric() {
                OF_TENANTS => {
                    let known = counted.entry(key.instance.clone()).or_default();
                    known.resize(points.len(), false);
                    known.iter_mut().zip(present).for_each(|(known, present)| *known |= present);
                    self.people.insert(key, points);
                }
                OF_MEETINGS => _ = of_meetings.insert(key.instance, points),
                _ => _ = self.answered.insert(key.instance, present.collect()),
            }
        }
        for (instance, people) in of_meetings {
            let none = Vec::new();
            let counted = counted.get(&instance).unwrap_or(&none);
            let of_nobody = |(step, people): (usize, Option<f64>)| {
                let is_counted = counted.get(step).copied().unwrap_or_default();
                people.filter(|people| *people > 0.0 && !is_counted)
            };
            let people: Vec<_> = people.into_iter().enumerate().map(of_nobody).collect();
            if people.iter().any(Option::is_some) {
                let own = self.people.entry(Key::of_nobody(instance)).or_default();
                own.resize(people.len(), None);
                own.iter_mut().zip(people).for_each(|(own, people)| *own = own.or(people));
            }
        }
        self
    }

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
