//! Parts of a date, in UTC.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The part of the date that a function asks for; NaN where no date is.
pub fn part(function: &str, seconds: f64) -> f64 {
    if !seconds.is_finite() {
        return f64::NAN;
    }
    let Ok(timestamp) = Timestamp::from_second(seconds as i64) else { return f64::NAN };
    let time = timestamp.to_zoned(TimeZone::UTC);
    match function {
        "minute" => f64::from(time.minute()),
        "hour" => f64::from(time.hour()),
        "day_of_week" => f64::from(time.weekday().to_sunday_zero_offset()),
        "day_of_month" => f64::from(time.day()),
        "day_of_year" => f64::from(time.day_of_year()),
        "days_in_month" => f64::from(time.days_in_month()),
        "month" => f64::from(time.month()),
        _ => f64::from(time.year()),
    }
}
