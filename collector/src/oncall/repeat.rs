//! Hours that come again: days of the week, and a time of the day by the clock on the wall of a zone.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::rota::moment_of;

/// Minutes of a day.
const DAY_MINUTES: u16 = 1440;

/// Hours that come again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeat {
    /// The zone, by its name.
    pub zone: String,
    /// Days on which they begin, Monday being 0.
    pub days: Vec<u8>,
    /// When they begin, in minutes since midnight.
    pub from_minutes: u16,
    /// When they end; on the next day if that is not later.
    pub to_minutes: u16,
}

/// Why hours are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RepeatError {
    /// No zone has that name.
    #[error("needs a zone such as Europe/Berlin")]
    Zone,
    /// No day is named.
    #[error("needs a day of the week")]
    Days,
    /// A time is none.
    #[error("needs times of the day, from 00:00 to 23:59")]
    Time,
}

/// The names of days, Monday first.
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

impl Repeat {
    /// Whether they are hours.
    pub fn check(&self) -> Result<(), RepeatError> {
        if TimeZone::get(&self.zone).is_err() {
            return Err(RepeatError::Zone);
        }
        if self.days.is_empty() || self.days.len() > 7 || self.days.iter().any(|day| *day > 6) {
            return Err(RepeatError::Days);
        }
        let is_time = |minutes: u16| minutes < DAY_MINUTES;
        if is_time(self.from_minutes) && is_time(self.to_minutes) {
            Ok(())
        } else {
            Err(RepeatError::Time)
        }
    }

    /// Whether a moment lies within them.
    pub fn holds(&self, at_ms: i64) -> bool {
        let Ok(zone) = TimeZone::get(&self.zone) else { return false };
        let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let today = at.to_zoned(zone.clone()).date();
        let begins_on = |date: Date| {
            let day = date.weekday().to_monday_zero_offset();
            let begins = self.days.iter().any(|known| i8::try_from(*known) == Ok(day));
            let ends =
                if self.to_minutes > self.from_minutes { Some(date) } else { date.tomorrow().ok() };
            let from_ms = wall(date, self.from_minutes, &zone)?;
            let to_ms = wall(ends?, self.to_minutes, &zone)?;
            Some(begins && from_ms <= at_ms && at_ms < to_ms)
        };
        // They may have begun yesterday.
        let yesterday = today.checked_sub(1.days()).ok();
        [Some(today), yesterday].into_iter().flatten().any(|date| begins_on(date) == Some(true))
    }

    /// Whether any of them lie between two moments.
    pub fn comes_within(&self, from_ms: i64, to_ms: i64) -> bool {
        let Ok(zone) = TimeZone::get(&self.zone) else { return false };
        let at = Timestamp::from_millisecond(from_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let today = at.to_zoned(zone.clone()).date();
        let begins = |days: i64| {
            let date = today.checked_add(days.days()).ok()?;
            let day = date.weekday().to_monday_zero_offset();
            let is_named = self.days.iter().any(|known| i8::try_from(*known) == Ok(day));
            wall(date, self.from_minutes, &zone).filter(|_| is_named)
        };
        // Every day of the week comes within eight.
        self.holds(from_ms)
            || (0..=8).filter_map(begins).any(|at_ms| from_ms <= at_ms && at_ms < to_ms)
    }

    /// In words: `Mon, Tue 02:00-04:00 Europe/Berlin`.
    pub fn words(&self) -> String {
        let days: Vec<&str> =
            self.days.iter().filter_map(|day| DAYS.get(usize::from(*day)).copied()).collect();
        let days = if days.len() == DAYS.len() { "each day".to_owned() } else { days.join(", ") };
        let time = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        format!("{days} {}-{} {}", time(self.from_minutes), time(self.to_minutes), self.zone)
    }
}

fn wall(date: Date, minutes: u16, zone: &TimeZone) -> Option<i64> {
    let time = Time::new((minutes / 60) as i8, (minutes % 60) as i8, 0, 0).ok()?;
    moment_of(DateTime::from_parts(date, time), zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn hours_come_within_a_time_that_reaches_one_of_their_days() {
        // Mondays, from 23:00 until 04:00 of the next day.
        let repeat = Repeat {
            zone: "Europe/Berlin".into(),
            days: vec![0],
            from_minutes: 1380,
            to_minutes: 240,
        };
        // The 27th of November 2026 is a Friday.
        for (from, to, expected) in [
            ("2026-11-27T06:00:00Z", "2026-11-27T10:00:00Z", false),
            ("2026-11-27T06:00:00Z", "2026-11-30T22:00:00Z", false),
            ("2026-11-27T06:00:00Z", "2026-11-30T22:00:01Z", true),
            ("2026-11-27T06:00:00Z", "2027-11-27T06:00:00Z", true),
            ("2026-12-01T02:59:00Z", "2026-12-01T03:30:00Z", true),
            ("2026-12-01T03:00:00Z", "2026-12-01T03:30:00Z", false),
        ] {
            assert_eq!(repeat.comes_within(ms(from), ms(to)), expected, "{from} to {to}");
        }
    }

    #[test]
    fn hours_come_again_by_the_clock_on_the_wall() {
        let night = Repeat {
            zone: "Europe/Berlin".into(),
            days: vec![6],
            from_minutes: 22 * 60,
            to_minutes: 4 * 60,
        };
        assert_eq!(night.words(), "Sun 22:00-04:00 Europe/Berlin");
        for (at, expected) in [
            // A Sunday in winter: 22:00 is 21:00 UTC.
            ("2026-01-04T20:59:59Z", false),
            ("2026-01-04T21:00:00Z", true),
            ("2026-01-05T02:59:59Z", true),
            ("2026-01-05T03:00:00Z", false),
            ("2026-01-05T21:30:00Z", false),
            // In summer it is 20:00 UTC.
            ("2026-07-05T19:59:59Z", false),
            ("2026-07-05T20:00:00Z", true),
        ] {
            assert_eq!(night.holds(ms(at)), expected, "{at}");
        }
        let noon = Repeat { days: vec![0, 6], from_minutes: 720, to_minutes: 780, ..night.clone() };
        assert!(noon.holds(ms("2026-01-05T11:30:00Z")) && !noon.holds(ms("2026-01-06T11:30:00Z")));
        for (wrong, expected) in [
            (Repeat { zone: "Mars".into(), ..night.clone() }, RepeatError::Zone),
            (Repeat { days: vec![], ..night.clone() }, RepeatError::Days),
            (Repeat { days: vec![7], ..night.clone() }, RepeatError::Days),
            (Repeat { to_minutes: 1440, ..night.clone() }, RepeatError::Time),
        ] {
            assert_eq!(wrong.check(), Err(expected), "{wrong:?}");
        }
    }
}
