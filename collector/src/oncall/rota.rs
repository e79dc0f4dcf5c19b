//! The rota: who is on duty when, week by week, by the clock on the wall.
//!
//! A turn begins at an hour of the week. Where that hour comes twice, at the first of them; where it
//! does not exist, at the moment at which the clock jumps over it.

mod calendar;

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};

pub use self::calendar::{Span as DutySpan, calendar};

const DAY_MINUTES: i32 = 1440;
const WEEK_MINUTES: i32 = 7 * DAY_MINUTES;

/// An hour of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WeekTime {
    /// Minutes since the beginning of Monday.
    minutes: i32,
}

/// A part of the week, and who has it by turns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// When it begins.
    pub from: WeekTime,
    /// When it ends; the same hour for a whole week.
    pub to: WeekTime,
    /// Who has it: the first in the week of the rota's beginning, then the next, and round again.
    pub people: Vec<String>,
}

/// Somebody who stands in for whoever would be on duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// Who.
    pub person: String,
    /// From when on, Unix time in milliseconds.
    pub from_ms: i64,
    /// Until when.
    pub to_ms: i64,
}

/// Who is on duty when.
#[derive(Debug, Clone)]
pub struct Rota {
    zone: TimeZone,
    /// A day of the first week.
    begins: Date,
    turns: Vec<Turn>,
    overrides: Vec<Override>,
}

/// Why a rota is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RotaError {
    /// Nobody is on duty.
    #[error("leaves nobody on duty from {0} to {1}")]
    Gap(WeekTime, WeekTime),
    /// Two turns are at once.
    #[error("has two turns at once from {0} on")]
    Overlap(WeekTime),
    /// A turn of nobody.
    #[error("has a turn from {0} on that nobody has")]
    Nobody(WeekTime),
    /// Two stand in at once.
    #[error("has {0} and {1} stand in at the same time")]
    Overrides(String, String),
}

/// A text that is no hour of the week.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be an hour of the week such as Mon 09:00")]
pub struct WeekTimeError;

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

impl FromStr for WeekTime {
    type Err = WeekTimeError;

    fn from_str(text: &str) -> Result<Self, WeekTimeError> {
        let (day, time) = text.split_once(' ').ok_or(WeekTimeError)?;
        let day = DAYS.iter().position(|known| *known == day).ok_or(WeekTimeError)?;
        let (hours, minutes) = time.split_once(':').ok_or(WeekTimeError)?;
        let number = |text: &str, most: i32| {
            let number: i32 = text.parse().map_err(|_| WeekTimeError)?;
            let is_digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            let is_sound = is_digits && (0..most).contains(&number);
            if is_sound { Ok(number) } else { Err(WeekTimeError) }
        };
        let minutes = number(hours, 24)? * 60 + number(minutes, 60)?;
        Ok(Self { minutes: day as i32 * DAY_MINUTES + minutes })
    }
}

impl fmt::Display for WeekTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.minutes.rem_euclid(WEEK_MINUTES);
        let day = DAYS[(minutes / DAY_MINUTES) as usize];
        let minutes = minutes % DAY_MINUTES;
        write!(f, "{day} {:02}:{:02}", minutes / 60, minutes % 60)
    }
}

impl WeekTime {
    /// Its day of the week, Monday being 0.
    pub fn day(self) -> i32 {
        self.minutes / DAY_MINUTES
    }

    /// Its time of the day.
    pub fn time(self) -> Option<Time> {
        let minutes = self.minutes % DAY_MINUTES;
        Time::new((minutes / 60) as i8, (minutes % 60) as i8, 0, 0).ok()
    }
}

impl Turn {
    /// How long it is, in minutes of the week.
    fn minutes(&self) -> i32 {
        let minutes = (self.to.minutes - self.from.minutes).rem_euclid(WEEK_MINUTES);
        if minutes == 0 { WEEK_MINUTES } else { minutes }
    }
}

impl Rota {
    /// A rota that has somebody on duty at every moment.
    pub fn new(
        zone: TimeZone,
        begins: Date,
        mut turns: Vec<Turn>,
        mut overrides: Vec<Override>,
    ) -> Result<Self, RotaError> {
        turns.sort_by_key(|turn| turn.from);
        if let Some(turn) = turns.iter().find(|turn| turn.people.is_empty()) {
            return Err(RotaError::Nobody(turn.from));
        }
        for (place, turn) in turns.iter().enumerate() {
            let next = &turns[(place + 1) % turns.len()];
            let until_next = (next.from.minutes - turn.from.minutes).rem_euclid(WEEK_MINUTES);
            // Who is alone comes again after a week.
            let until_next = if turns.len() == 1 { WEEK_MINUTES } else { until_next };
            match turn.minutes().cmp(&until_next) {
                std::cmp::Ordering::Less => return Err(RotaError::Gap(turn.to, next.from)),
                std::cmp::Ordering::Greater => return Err(RotaError::Overlap(next.from)),
                std::cmp::Ordering::Equal => {}
            }
        }
        overrides.sort_by_key(|one| one.from_ms);
        for pair in overrides.windows(2) {
            if let [first, second] = pair
                && first.to_ms > second.from_ms
            {
                return Err(RotaError::Overrides(first.person.clone(), second.person.clone()));
            }
        }
        Ok(Self { zone, begins, turns, overrides })
    }

    /// Everybody who may come on duty.
    pub fn people(&self) -> impl Iterator<Item = &str> {
        let turns = self.turns.iter().flat_map(|turn| &turn.people);
        turns.chain(self.overrides.iter().map(|one| &one.person)).map(String::as_str)
    }

    /// Who is on duty at a moment.
    pub fn on_duty(&self, at_ms: i64) -> Option<&str> {
        let stands_in = |one: &&Override| one.from_ms <= at_ms && at_ms < one.to_ms;
        if let Some(one) = self.overrides.iter().find(stands_in) {
            return Some(&one.person);
        }
        let at = Timestamp::from_millisecond(at_ms).ok()?;
        let today = at.to_zoned(self.zone.clone()).date();
        let this_week = monday_of(today)?;
        let last_week = this_week.checked_sub(7.days()).ok()?;
        // Where the clock is set back, an hour of today may come again: tomorrow's is not there yet.
        let starts = [last_week, this_week].into_iter().flat_map(|monday| {
            self.turns.iter().filter_map(move |turn| {
                let starts_ms = self.moment(monday, turn.from)?;
                (starts_ms <= at_ms).then_some((starts_ms, monday, turn))
            })
        });
        let (_, monday, turn) = starts.max_by_key(|(starts_ms, ..)| *starts_ms)?;
        let days = monday.since(monday_of(self.begins)?).ok()?.get_days();
        let week = i64::from(days).div_euclid(7);
        let place = week.rem_euclid(turn.people.len() as i64);
        turn.people.get(place as usize).map(String::as_str)
    }

    /// When duty changes hands next, and to whom: at most so many.
    pub fn ahead(&self, at_ms: i64, most: usize) -> Vec<(i64, String)> {
        let mut moments: Vec<i64> =
            self.overrides.iter().flat_map(|one| [one.from_ms, one.to_ms]).collect();
        let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let mut monday = monday_of(at.to_zoned(self.zone.clone()).date());
        for _ in 0..=most {
            let Some(week) = monday else { break };
            moments.extend(self.turns.iter().filter_map(|turn| self.moment(week, turn.from)));
            monday = week.checked_add(7.days()).ok();
        }
        moments.sort_unstable();
        let mut before = self.on_duty(at_ms).map(ToOwned::to_owned);
        let mut ahead = Vec::new();
        for moment_ms in moments.into_iter().filter(|moment_ms| *moment_ms > at_ms) {
            let next = self.on_duty(moment_ms).map(ToOwned::to_owned);
            if next != before && ahead.len() < most {
                ahead.extend(next.clone().map(|next| (moment_ms, next)));
                before = next;
            }
        }
        ahead
    }

    /// When an hour of the week that begins on `monday` comes, Unix time in milliseconds.
    fn moment(&self, monday: Date, hour: WeekTime) -> Option<i64> {
        let date = monday.checked_add(hour.day().days()).ok()?;
        moment_of(DateTime::from_parts(date, hour.time()?), &self.zone)
    }
}

fn monday_of(date: Date) -> Option<Date> {
    let since = date.weekday().since(Weekday::Monday);
    date.checked_sub(i64::from(since).days()).ok()
}

/// When the clock on the wall shows this for the first time, or jumps over it.
pub fn moment_of(wall: DateTime, zone: &TimeZone) -> Option<i64> {
    let ambiguous = zone.to_ambiguous_timestamp(wall);
    let moment = match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => {
            ambiguous.compatible().ok()?
        }
        AmbiguousOffset::Gap { .. } => {
            let behind = ambiguous.compatible().ok()?;
            zone.preceding(behind.checked_add(1.nanosecond()).ok()?).next()?.timestamp()
        }
    };
    Some(moment.as_millisecond())
}

#[cfg(test)]
mod tests;
