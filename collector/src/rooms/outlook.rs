//! The hours to come, by what the same hours of past weeks were like: when it will be quiet, and
//! until when.

use std::collections::BTreeMap;

use headroom_proto::catalogue::{
    BBB_MEETINGS, BBB_MEETINGS_PARTICIPANTS, HEADROOM_TENANT_PARTICIPANTS, HEADROOM_TENANT_ROOMS,
};
use headroom_proto::metric::INSTANCE;
use jiff::{RoundMode, Timestamp, ToSpan, Unit, Zoned, ZonedRound};

use super::Moment;
use super::present::rows;
use crate::promql::{self, QueryError, QueryLimits};
use crate::samples::Reader;

/// How many weeks are looked at.
pub const WEEKS: usize = 4;

/// The hours to come, besides the current one.
pub const HOURS: usize = 24;

const HOUR_MS: i64 = 3_600_000;

/// An hour of a past week, by what its readings said at most.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PastHour {
    /// The most people at once, or a little more: where organisations follow upon each other within
    /// the hour, their peaks may be added.
    pub people: f64,
    /// Rooms; zero only if there was none.
    pub rooms: f64,
}

/// An hour to come.
#[derive(Debug, Clone, PartialEq)]
pub struct Hour {
    /// When it begins, Unix time in milliseconds.
    pub from_ms: i64,
    /// The same hour of the same weekday, one week ago, two weeks ago and so on, where it was read.
    pub past: [Option<PastHour>; WEEKS],
}

/// The current hour and those to come.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outlook {
    /// The current hour first; none if there is no history at all.
    hours: Vec<Hour>,
    /// Whether the history reaches back a week.
    enough: bool,
}

impl Hour {
    /// When it ends.
    pub fn to_ms(&self) -> i64 {
        self.from_ms + HOUR_MS
    }

    /// The most people in any of the past weeks, and the mean of their peaks; nothing without
    /// history.
    pub fn expected(&self) -> Option<(f64, f64)> {
        let people: Vec<f64> = self.past.iter().flatten().map(|past| past.people).collect();
        let most = people.iter().copied().reduce(f64::max)?;
        Some((most, people.iter().sum::<f64>() / people.len() as f64))
    }

    /// Whether there was a room in any of the past weeks.
    pub fn had_rooms(&self) -> bool {
        self.past.iter().flatten().any(|past| past.rooms > 0.0 || past.people > 0.0)
    }
}

impl Outlook {
    /// The hours of an outlook, the current one first, if its history reaches back a week.
    pub fn of(hours: Vec<Hour>) -> Self {
        // A week ago is before the first hour's history, or is that.
        let enough = hours.iter().enumerate().any(|(n, hour)| {
            let older = hour.past[1..].iter().any(Option::is_some);
            older || (n <= 1 && hour.past[0].is_some())
        });
        Self { hours, enough }
    }

    /// The outlook of several hosts together, of those that are known.
    pub fn together<'o>(outlooks: impl Iterator<Item = &'o Self>) -> Self {
        let mut known = outlooks.filter(|outlook| outlook.enough);
        let Some(mut sum) = known.next().cloned() else { return Self::default() };
        for other in known {
            for (hour, other) in sum.hours.iter_mut().zip(&other.hours) {
                for (past, other) in hour.past.iter_mut().zip(&other.past) {
                    let Some(other) = other else { continue };
                    let past = past.get_or_insert_default();
                    past.people += other.people;
                    past.rooms += other.rooms;
                }
            }
        }
        sum
    }

    /// An hour: the current one is the first.
    #[cfg(test)]
    pub fn hour(&self, number: usize) -> Option<&Hour> {
        self.hours.get(number)
    }

    /// Whether the history reaches back a week; else nothing is said of the hours to come.
    pub fn is_known(&self) -> bool {
        self.enough
    }

    /// The full hour to come in which the fewest people are expected: one without any rooms in past
    /// weeks before all others, then by the most and the mean of people, then the soonest.
    pub fn quietest(&self) -> Option<&Hour> {
        let hours = self.hours.get(1..).filter(|_| self.enough)?;
        let known = hours.iter().filter_map(|hour| Some((hour, hour.expected()?)));
        let quietest = known.min_by(|(a, (a_most, a_mean)), (b, (b_most, b_mean))| {
            (a.had_rooms().cmp(&b.had_rooms()))
                .then(a_most.total_cmp(b_most))
                .then(a_mean.total_cmp(b_mean))
                .then(a.from_ms.cmp(&b.from_ms))
        });
        quietest.map(|(hour, _)| hour)
    }

    /// When the next hour begins that had rooms in past weeks; the current one may be it.
    pub fn rooms_from_ms(&self) -> Option<i64> {
        let hours = self.hours.iter().filter(|_| self.enough);
        hours.filter(|hour| hour.had_rooms()).map(|hour| hour.from_ms).next()
    }
}

/// The outlook of each host that has a history.
pub fn read(reader: Reader<'_>, moment: &Moment) -> Result<BTreeMap<String, Outlook>, QueryError> {
    let hours = hours(moment);
    let mut outlooks: BTreeMap<String, Vec<Hour>> = BTreeMap::new();
    let empty = |(from_ms, _): &(i64, Vec<i64>)| Hour { from_ms: *from_ms, past: [None; WEEKS] };
    for week in 0..WEEKS {
        let begins: Vec<i64> = hours.iter().map(|(_, past)| past[week]).collect();
        for (instance, past) in past(reader, &begins)? {
            let outlook = outlooks.entry(instance);
            let outlook = outlook.or_insert_with(|| hours.iter().map(empty).collect());
            for (hour, past) in outlook.iter_mut().zip(past) {
                hour.past[week] = past;
            }
        }
    }
    Ok(outlooks.into_iter().map(|(instance, hours)| (instance, Outlook::of(hours))).collect())
}

/// The current hour and those to come where the site is, each with when it began in past weeks.
fn hours(moment: &Moment) -> Vec<(i64, Vec<i64>)> {
    let now = Timestamp::from_millisecond(moment.now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let now = now.to_zoned(moment.zone.clone());
    let down = ZonedRound::new().smallest(Unit::Hour).mode(RoundMode::Trunc);
    let first = now.round(down).unwrap_or(now);
    let hour = |n: usize| {
        let begin = first.checked_add((n as i64).hours()).unwrap_or_else(|_| first.clone());
        // The same time on the clock, also where clocks were changed in between.
        let ago = |week: usize| begin.checked_sub((week as i64 + 1).weeks());
        let past = |week| ago(week).unwrap_or_else(|_| begin.clone());
        (unix_ms(&begin), (0..WEEKS).map(|week| unix_ms(&past(week))).collect())
    };
    (0..=HOURS).map(hour).collect()
}

fn unix_ms(at: &Zoned) -> i64 {
    at.timestamp().as_millisecond()
}

/// What the hours that began at some moments were like, by host.
fn past(
    reader: Reader<'_>,
    begins: &[i64],
) -> Result<BTreeMap<String, Vec<Option<PastHour>>>, QueryError> {
    let (Some(first), Some(last)) = (begins.iter().min(), begins.iter().max()) else {
        return Ok(BTreeMap::new());
    };
    let grid = (first + HOUR_MS, last + HOUR_MS, HOUR_MS);
    let ask = |expression: &str| -> Result<BTreeMap<String, Vec<Option<f64>>>, QueryError> {
        let value = promql::range(reader, expression, grid, QueryLimits::default())?;
        let of_host = |row: promql::Row| {
            let instance = row.labels.get(INSTANCE).unwrap_or_default().to_owned();
            (instance, row.points)
        };
        Ok(rows(value).into_iter().map(of_host).collect())
    };
    let answered = ask(&format!("max by (instance) (max_over_time({BBB_MEETINGS}[1h]))"))?;
    let people =
        ask(&format!("sum by (instance) (max_over_time({HEADROOM_TENANT_PARTICIPANTS}[1h]))"))?;
    // Never less than all people together, and often the better of the two.
    let bound =
        ask(&format!("max by (instance) (max_over_time({BBB_MEETINGS_PARTICIPANTS}[1h]))"))?;
    let rooms = ask(&format!("sum by (instance) (max_over_time({HEADROOM_TENANT_ROOMS}[1h]))"))?;
    let hosts = answered.into_iter().map(|(instance, answered)| {
        let hour = |begin: &i64| {
            let place = usize::try_from((begin - first) / HOUR_MS).ok()?;
            let at = |all: &BTreeMap<String, Vec<Option<f64>>>| {
                all.get(&instance).and_then(|points| *points.get(place)?)
            };
            // Where clocks are changed by parts of an hour, there is no such step.
            let is_step = (begin - first) % HOUR_MS == 0;
            answered.get(place).copied().flatten().filter(|_| is_step)?;
            // Where no organisation has anybody, another exporter may have told of people.
            let bound = at(&bound);
            let people = at(&people).map(|people| bound.map_or(people, |bound| people.min(bound)));
            let people = people.or(bound).unwrap_or_default();
            Some(PastHour { people, rooms: at(&rooms).unwrap_or_default() })
        };
        let past = begins.iter().map(hour).collect();
        (instance, past)
    });
    Ok(hosts.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    const BEGIN_MS: i64 = 1_590_660_000_000;

    /// Hours with people in past weeks: `-` where nothing was read, `0` where nobody was there, `r`
    /// where an empty room was, else the people.
    fn outlook(hours: &[&str]) -> Outlook {
        let past = |word: &str| match word {
            "-" => None,
            "r" => Some(PastHour { people: 0.0, rooms: 1.0 }),
            people => {
                let people: f64 = people.parse().unwrap();
                Some(PastHour { people, rooms: f64::from(u8::from(people > 0.0)) })
            }
        };
        let hour = |(n, words): (usize, &&str)| {
            let mut weeks = words.split(' ').map(past);
            let past = std::array::from_fn(|_| weeks.next().flatten());
            Hour { from_ms: BEGIN_MS + n as i64 * HOUR_MS, past }
        };
        Outlook::of(hours.iter().enumerate().map(hour).collect())
    }

    /// Hours in, the number of the quietest and of the first with rooms out.
    fn check(hours: &[&str], quietest: Option<usize>, rooms: Option<usize>) {
        let outlook = outlook(hours);
        let number = |ms: i64| ((ms - BEGIN_MS) / HOUR_MS) as usize;
        let found = outlook.quietest().map(|hour| number(hour.from_ms));
        assert_eq!(found, quietest, "the quietest of {hours:?}");
        assert_eq!(outlook.rooms_from_ms().map(number), rooms, "rooms in {hours:?}");
    }

    #[test]
    fn the_quietest_hour_had_no_rooms_or_the_fewest_people_and_is_the_soonest() {
        // The current hour is never the quietest to come.
        check(&["0", "5", "3", "4"], Some(2), Some(1));
        check(&["9", "5", "3", "3"], Some(2), Some(0));
        // No rooms at all before few people, and before a room with nobody in it.
        check(&["0", "1", "r", "0"], Some(3), Some(1));
        // The most counts before the mean.
        check(&["0", "1 9 1", "4 4 4", "5 1 1"], Some(2), Some(1));
        check(&["0", "4 4 4", "4 1 1"], Some(2), Some(1));
        // An hour that was never read is not quiet.
        check(&["0", "7", "-", "8"], Some(1), Some(1));
        check(&["0", "0", "0"], Some(1), None);
    }

    #[test]
    fn less_than_a_week_is_not_enough() {
        check(&[], None, None);
        check(&["-", "-", "-"], None, None);
        // The history begins within the week: hours soon after now have none of a week ago.
        check(&["-", "-", "0", "5"], None, None);
        check(&["-", "3", "0", "5"], Some(2), Some(1));
        // A gap a week ago, and a history that is older.
        check(&["-", "-", "0 1", "5"], Some(2), Some(2));
        assert!(!outlook(&["-", "-", "0"]).is_known());
    }

    #[test]
    fn hosts_together_are_as_busy_as_all_that_are_known() {
        let hosts = [outlook(&["0", "5 1", "3", "0"]), outlook(&["0", "0 -", "9", "4"])];
        let both = Outlook::together(hosts.iter());
        let expected: Vec<Option<f64>> =
            both.hours.iter().map(|hour| hour.expected().map(|(most, _)| most)).collect();
        assert_eq!(expected, [Some(0.0), Some(5.0), Some(12.0), Some(4.0)]);
        assert_eq!(both.quietest().map(|hour| hour.from_ms), Some(BEGIN_MS + 3 * HOUR_MS));
        let new = outlook(&["-", "-", "90", "90"]);
        assert_eq!(Outlook::together([&new, &both].into_iter()), both);
        assert!(!Outlook::together([&new].into_iter()).is_known());
    }

    #[test]
    fn the_same_hour_of_past_weeks_is_that_of_the_clock() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        // Clocks went ahead on 29 March: 10 o'clock was an hour later in UTC the week before.
        let now: Zoned = "2020-03-31T09:50:00[Europe/Berlin]".parse().unwrap();
        let hours = hours(&Moment { now_ms: unix_ms(&now), zone });
        assert_eq!(hours.len(), 25);
        let clock = |ms: i64| {
            let at = Timestamp::from_millisecond(ms).unwrap().to_zoned(now.time_zone().clone());
            at.strftime("%a %-d %H:%M").to_string()
        };
        let (begin, past) = &hours[1];
        assert_eq!(clock(*begin), "Tue 31 10:00");
        let past: Vec<String> = past.iter().map(|ms| clock(*ms)).collect();
        assert_eq!(past, ["Tue 24 10:00", "Tue 17 10:00", "Tue 10 10:00", "Tue 3 10:00"]);
        assert_eq!(
            (clock(hours[0].0), clock(hours[24].0)),
            ("Tue 31 09:00".into(), "Wed 1 09:00".into())
        );
    }
}
