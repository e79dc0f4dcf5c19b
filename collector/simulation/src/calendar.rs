//! Days, weekdays and holidays. Offsets from UTC are fixed: the world has no summer time.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A second.
pub(super) const SECOND_MS: i64 = 1000;
/// A minute.
pub(super) const MINUTE_MS: i64 = 60 * SECOND_MS;
/// An hour.
pub(super) const HOUR_MS: i64 = 60 * MINUTE_MS;
/// A day.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// The UTC day of a moment, counted from 1970-01-01.
pub fn day_of(moment_ms: i64) -> i64 {
    moment_ms.div_euclid(DAY_MS)
}

/// A set of days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Days(u8);

/// Monday to Friday.
pub(super) const WORKDAYS: Days = Days(0b001_1111);
/// Monday to Thursday.
pub(super) const MONDAY_TO_THURSDAY: Days = Days(0b000_1111);
/// Tuesday.
pub(super) const TUESDAY: Days = Days(0b000_0010);
/// Wednesday.
pub(super) const WEDNESDAY: Days = Days(0b000_0100);
/// Thursday.
pub(super) const THURSDAY: Days = Days(0b000_1000);
/// All workdays but Thursday.
pub(super) const OTHER_WORKDAYS: Days = Days(0b001_0111);
/// Friday and Saturday.
pub(super) const FRIDAY_AND_SATURDAY: Days = Days(0b011_0000);
/// Saturday.
pub(super) const SATURDAY: Days = Days(0b010_0000);
/// Every day.
pub(super) const ALL_WEEK: Days = Days(0b111_1111);
/// Sunday.
pub(super) const SUNDAY: Days = Days(0b100_0000);

impl Days {
    /// Whether a day, counted from 1970-01-01, is one of them.
    pub(super) fn hold(self, day: i64) -> bool {
        // 1970-01-01 was a Thursday, three days behind a Monday.
        self.0 & (1 << (day + 3).rem_euclid(7)) != 0
    }
}

/// The last day of that set at or before `day`.
pub(super) fn last(days: Days, day: i64) -> i64 {
    (day - 6..=day).rev().find(|day| days.hold(*day)).unwrap_or(day)
}

/// Month and day of the month.
pub(super) type Date = (i8, i8);

/// When an organisation rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rest {
    /// Days on which nobody meets.
    pub(super) holidays: &'static [Date],
    /// First and last days of breaks, in which few meet; none reaches over New Year.
    pub(super) breaks: &'static [(Date, Date)],
}

/// How much of the usual goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Season {
    /// As ever.
    Usual,
    /// A break: few meet.
    Break,
    /// A holiday: nobody does.
    Holiday,
}

impl Rest {
    /// The season of a day.
    pub(super) fn season(&self, day: i64) -> Season {
        let Some(date) = date(day) else { return Season::Usual };
        if self.holidays.contains(&date) {
            Season::Holiday
        } else if self.breaks.iter().any(|(first, last)| (*first..=*last).contains(&date)) {
            Season::Break
        } else {
            Season::Usual
        }
    }
}

fn date(day: i64) -> Option<Date> {
    let start = Timestamp::from_second(day.checked_mul(86_400)?).ok()?;
    let date = start.to_zoned(TimeZone::UTC).date();
    Some((date.month(), date.day()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_week_and_holidays() {
        let day = day_of(1_787_875_200_000); // 2026-08-28, a Friday.
        assert!(WORKDAYS.hold(day) && FRIDAY_AND_SATURDAY.hold(day) && !THURSDAY.hold(day));
        assert_eq!((last(THURSDAY, day), last(WORKDAYS, day)), (day - 1, day));
        assert_eq!(last(SATURDAY, day), day - 6);
        let rest = Rest { holidays: &[(8, 28)], breaks: &[((8, 20), (9, 1))] };
        assert_eq!(rest.season(day), Season::Holiday);
        assert_eq!(rest.season(day + 1), Season::Break);
        assert_eq!(rest.season(day + 7), Season::Usual);
        assert_eq!(rest.season(i64::MAX), Season::Usual);
        assert_eq!(day_of(-1), -1);
    }
}
