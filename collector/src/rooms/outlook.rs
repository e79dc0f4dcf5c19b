//! The hours to come, by what the same hours of past weeks were like: when it will be quiet, and
//! until when.

use std::collections::BTreeMap;

use jiff::{RoundMode, Timestamp, ToSpan, Unit, Zoned, ZonedRound};

use super::Moment;
use super::history::{self, PastHour};
use super::past::{Finds, OfPast};
use crate::kept::Weighs;
use crate::samples::{ReadError, Reader};

/// How many weeks are looked at.
pub const WEEKS: usize = 4;

/// The hours to come, besides the current one.
pub const HOURS: usize = 24;

const HOUR_MS: i64 = 3_600_000;

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
pub type Outlooks = BTreeMap<String, Outlook>;

impl Weighs for Outlooks {
    fn bytes(&self) -> u64 {
        let outlooks = self.iter();
        let bytes = outlooks.map(|(instance, outlook)| {
            instance.len() + size_of::<Outlook>() + size_of_val(outlook.hours.as_slice())
        });
        bytes.sum::<usize>() as u64
    }
}

/// The outlooks of one host, or of all. They are others with each hour that begins, and where the
/// past has changed.
pub fn read(
    reader: Reader<'_>,
    kept: &Finds<Outlooks>,
    host: Option<&str>,
    moment: &Moment,
) -> Result<Outlooks, ReadError> {
    let hours = hours(moment);
    let ends = hours.iter().flat_map(|hour| hour.past).map(|begin| begin + HOUR_MS);
    let last_ms = ends.max().unwrap_or(moment.now_ms);
    let first_ms = hours.first().map_or(moment.now_ms, |hour| hour.from_ms);
    // Before anything is read: what comes in later is not taken for settled.
    let settled = reader.samples.settled();
    let settled = settled.filter(|settled| settled.until_ms > last_ms);
    if let Some(settled) = settled
        && let Some(known) = kept.of(host, first_ms, settled.version)
    {
        return Ok(known.found.clone());
    }
    let found = find(reader, host, &hours)?;
    if let Some(settled) = settled {
        let version = settled.version;
        kept.keep(host, OfPast { version, from_ms: first_ms, found: found.clone() });
    }
    Ok(found)
}

fn find(reader: Reader<'_>, host: Option<&str>, hours: &[Begins]) -> Result<Outlooks, ReadError> {
    let begins: Vec<i64> = hours.iter().flat_map(|hour| hour.past).collect();
    let histories = history::read(reader, host, &begins)?;
    let outlooks = histories.into_iter().filter_map(|(instance, history)| {
        let hour = |hour: &Begins| Hour {
            from_ms: hour.from_ms,
            past: hour.past.map(|from_ms| history.hour(from_ms)),
        };
        let hours: Vec<Hour> = hours.iter().map(hour).collect();
        let known = hours.iter().any(|hour| hour.past.iter().any(Option::is_some));
        known.then(|| (instance, Outlook::of(hours)))
    });
    Ok(outlooks.collect())
}

/// When an hour to come begins, and when the same hour began in past weeks.
struct Begins {
    from_ms: i64,
    past: [i64; WEEKS],
}

/// The current hour and those to come where the site is.
fn hours(moment: &Moment) -> Vec<Begins> {
    let now = Timestamp::from_millisecond(moment.now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let now = now.to_zoned(moment.zone.clone());
    let down = ZonedRound::new().smallest(Unit::Hour).mode(RoundMode::Trunc);
    let first = now.round(down).unwrap_or(now);
    let hour = |n: usize| {
        let begin = first.checked_add((n as i64).hours()).unwrap_or_else(|_| first.clone());
        // The same time on the clock, also where clocks were changed in between.
        let ago = |week: usize| begin.checked_sub((week as i64 + 1).weeks());
        let past = |week| ago(week).map_or_else(|_| unix_ms(&begin), |at| unix_ms(&at));
        Begins { from_ms: unix_ms(&begin), past: std::array::from_fn(past) }
    };
    (0..=HOURS).map(hour).collect()
}

fn unix_ms(at: &Zoned) -> i64 {
    at.timestamp().as_millisecond()
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
        let Begins { from_ms, past } = &hours[1];
        assert_eq!(clock(*from_ms), "Tue 31 10:00");
        let past: Vec<String> = past.iter().map(|ms| clock(*ms)).collect();
        assert_eq!(past, ["Tue 24 10:00", "Tue 17 10:00", "Tue 10 10:00", "Tue 3 10:00"]);
        assert_eq!(
            (clock(hours[0].from_ms), clock(hours[24].from_ms)),
            ("Tue 31 09:00".into(), "Wed 1 09:00".into())
        );
    }
}
