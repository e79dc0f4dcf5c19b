//! Parts of a date, in UTC.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::tree::DatePart;

impl DatePart {
    /// This part of the date of a moment; NaN where no date is.
    pub fn of(self, seconds: f64) -> f64 {
        if !seconds.is_finite() {
            return f64::NAN;
        }
        let Ok(timestamp) = Timestamp::from_second(seconds as i64) else { return f64::NAN };
        let time = timestamp.to_zoned(TimeZone::UTC);
        match self {
            Self::Minute => f64::from(time.minute()),
            Self::Hour => f64::from(time.hour()),
            Self::DayOfWeek => f64::from(time.weekday().to_sunday_zero_offset()),
            Self::DayOfMonth => f64::from(time.day()),
            Self::DayOfYear => f64::from(time.day_of_year()),
            Self::DaysInMonth => f64::from(time.days_in_month()),
            Self::Month => f64::from(time.month()),
            Self::Year => f64::from(time.year()),
        }
    }
}
