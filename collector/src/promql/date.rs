//! Parts of a date, in UTC.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::tree::DatePart;

impl DatePart {
    /// This part of the date of a moment; NaN where no date is.
    pub fn of(self, seconds: f64) -> f64 {
        if seconds.is_nan() || seconds.abs() >= 2f64.powi(63) {
            return f64::NAN;
        }
        let (timestamp, years) = within_the_calendar(seconds as i64);
        let Ok(timestamp) = Timestamp::from_second(timestamp) else { return f64::NAN };
        let time = timestamp.to_zoned(TimeZone::UTC);
        match self {
            Self::Minute => f64::from(time.minute()),
            Self::Hour => f64::from(time.hour()),
            Self::DayOfWeek => f64::from(time.weekday().to_sunday_zero_offset()),
            Self::DayOfMonth => f64::from(time.day()),
            Self::DayOfYear => f64::from(time.day_of_year()),
            Self::DaysInMonth => f64::from(time.days_in_month()),
            Self::Month => f64::from(time.month()),
            Self::Year => f64::from(time.year()) + years as f64,
        }
    }
}

/// Calendars repeat themselves each 400 years, of so many seconds.
const CYCLE_SECONDS: i64 = 146_097 * 86_400;

/// A moment of the same date in a year that jiff knows, and by how many years it is off.
fn within_the_calendar(seconds: i64) -> (i64, i64) {
    let cycles = seconds.div_euclid(CYCLE_SECONDS);
    (seconds - cycles * CYCLE_SECONDS, 400 * cycles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_go_on_beyond_four_digits() {
        let parts = [DatePart::Year, DatePart::Month, DatePart::DayOfMonth, DatePart::DayOfWeek];
        for (seconds, expected) in [
            (0.0, [1970.0, 1.0, 1.0, 4.0]),
            (253_402_300_800.0, [10_000.0, 1.0, 1.0, 6.0]),
            // As Prometheus 2.42 has them.
            (1e12, [33_658.0, 9.0, 27.0, 5.0]),
            (-62_135_596_801.0, [0.0, 12.0, 31.0, 0.0]),
            (-1e12, [-29_719.0, 4.0, 5.0, 2.0]),
        ] {
            assert_eq!(parts.map(|part| part.of(seconds)), expected, "{seconds}");
        }
        for seconds in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e19, -1e300] {
            assert!(DatePart::Year.of(seconds).is_nan(), "{seconds}");
        }
    }
}
