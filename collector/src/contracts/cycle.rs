//! Cycles of bills: from a day of one month to the same day of the next, in the provider's time zone.

use std::fmt::{self, Display};
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// The day of a month on which a cycle begins; in shorter months their last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CycleDay(i8);

/// Why a text is no such day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a day of a month, 1 to 31")]
pub struct CycleDayError;

/// When bills begin anew.
#[derive(Debug, Clone)]
pub struct Cycle {
    /// On which day.
    pub day: CycleDay,
    /// At the midnight of which zone.
    pub zone: TimeZone,
}

impl CycleDay {
    /// The first day of each month.
    pub const FIRST: Self = Self(1);
}

impl FromStr for CycleDay {
    type Err = CycleDayError;

    fn from_str(text: &str) -> Result<Self, CycleDayError> {
        let day: i8 = text.parse().map_err(|_| CycleDayError)?;
        if (1..=31).contains(&day) { Ok(Self(day)) } else { Err(CycleDayError) }
    }
}

impl Display for CycleDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Cycle {
    /// The cycle of a moment: its begin and its end, Unix time in milliseconds.
    pub fn bounds_ms(&self, at_ms: i64) -> (i64, i64) {
        let at = Timestamp::from_millisecond(at_ms).unwrap_or_default();
        let first = at.to_zoned(self.zone.clone()).date().first_of_month();
        let begin = self.begin_ms(first);
        if at_ms < begin {
            let before = first.checked_sub(1.month()).unwrap_or(first);
            return (self.begin_ms(before), begin);
        }
        let after = first.checked_add(1.month()).unwrap_or(first);
        (begin, self.begin_ms(after))
    }

    /// When the cycle begins that begins in the month of this first day.
    fn begin_ms(&self, first: Date) -> i64 {
        let day = self.day.0.min(first.days_in_month());
        let date = Date::new(first.year(), first.month(), day).unwrap_or(first);
        let zoned = date.to_zoned(self.zone.clone());
        zoned.map_or(0, |zoned| zoned.timestamp().as_millisecond())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(day: &str, zone: &str, at: &str) -> (String, i64) {
        let zone = TimeZone::get(zone).unwrap();
        let cycle = Cycle { day: day.parse().unwrap(), zone: zone.clone() };
        let at: Timestamp = at.parse().unwrap();
        let (begin, end) = cycle.bounds_ms(at.as_millisecond());
        assert!(begin <= at.as_millisecond() && at.as_millisecond() < end);
        assert_eq!(cycle.bounds_ms(end).0, end);
        let local = Timestamp::from_millisecond(begin).unwrap().to_zoned(zone);
        (local.strftime("%Y-%m-%d %H:%M").to_string(), (end - begin) / 3_600_000)
    }

    #[test]
    fn a_cycle_is_as_long_as_its_zone_and_its_months_have_it() {
        for (day, zone, at, begin, length) in [
            ("1", "UTC", "2026-11-26T12:00:00Z", "2026-11-01 00:00", 720),
            // Clocks go back on 25 October, and on 29 March forward.
            ("1", "Europe/Berlin", "2026-10-26T12:00:00Z", "2026-10-01 00:00", 745),
            ("1", "Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-01 00:00", 743),
            ("15", "Europe/Berlin", "2026-10-14T21:59:00Z", "2026-09-15 00:00", 720),
            ("15", "Europe/Berlin", "2026-10-14T22:00:00Z", "2026-10-15 00:00", 745),
            // February has no 31st.
            ("31", "UTC", "2026-03-01T00:00:00Z", "2026-02-28 00:00", 31 * 24),
            ("31", "UTC", "2026-04-30T00:00:00Z", "2026-04-30 00:00", 31 * 24),
        ] {
            assert_eq!(hours(day, zone, at), (begin.to_owned(), length), "{day} {zone} {at}");
        }
    }

    #[test]
    fn a_day_that_no_month_has_is_refused() {
        for text in ["0", "32", "-1", "first", ""] {
            assert_eq!(text.parse::<CycleDay>(), Err(CycleDayError), "{text}");
        }
    }
}
