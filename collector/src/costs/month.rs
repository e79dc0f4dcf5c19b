//! Months of a calendar, as bills go by.

use std::fmt::{self, Display};
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// A month of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    first: Date,
}

/// Why a text is no month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("needs a year and a month, such as 2020-07")]
pub struct MonthError;

/// When a bill comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Months {
    /// In this month first; since ever, if none.
    pub from: Option<Month>,
    /// In this month last; for ever, if none.
    pub until: Option<Month>,
}

impl Month {
    /// The month of a moment.
    pub fn of(at_ms: i64, zone: &TimeZone) -> Self {
        let at = Timestamp::from_millisecond(at_ms).unwrap_or_default();
        Self { first: at.to_zoned(zone.clone()).date().first_of_month() }
    }

    /// The one before.
    #[must_use]
    pub fn before(self) -> Self {
        Self { first: self.first.checked_sub(1.month()).unwrap_or(self.first) }
    }

    /// When it begins and when the next one does, Unix time in milliseconds.
    pub fn bounds_ms(self, zone: &TimeZone) -> (i64, i64) {
        let begin = |date: Date| {
            let zoned = date.to_zoned(zone.clone());
            zoned.map_or(0, |zoned| zoned.timestamp().as_millisecond())
        };
        let next = self.first.checked_add(1.month()).unwrap_or(self.first);
        (begin(self.first), begin(next))
    }

    /// For people, such as `July 2020`.
    pub fn words(self) -> String {
        self.first.strftime("%B %Y").to_string()
    }
}

impl Months {
    /// Whether a month is among them.
    pub fn have(self, month: Month) -> bool {
        self.from.is_none_or(|from| from <= month) && self.until.is_none_or(|until| month <= until)
    }
}

impl Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first.strftime("%Y-%m"))
    }
}

impl FromStr for Month {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Self, MonthError> {
        let (year, month) = text.split_once('-').ok_or(MonthError)?;
        let is_number = |text: &str| text.bytes().all(|sign| sign.is_ascii_digit());
        if year.len() != 4 || month.len() != 2 || !is_number(year) || !is_number(month) {
            return Err(MonthError);
        }
        let (year, month) = (year.parse(), month.parse());
        let (Ok(year), Ok(month)) = (year, month) else { return Err(MonthError) };
        // Before it no bill was paid in time zones as they are now.
        if year < 1970 {
            return Err(MonthError);
        }
        Date::new(year, month, 1).map(|first| Self { first }).map_err(|_| MonthError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_as_long_as_its_zone_has_it() {
        let hours = |month: &str, zone: &str| {
            let zone = TimeZone::get(zone).unwrap();
            let (from_ms, to_ms) = month.parse::<Month>().unwrap().bounds_ms(&zone);
            assert_eq!(Month::of(from_ms, &zone), Month::of(to_ms - 1, &zone));
            assert_eq!(Month::of(to_ms, &zone).before(), Month::of(from_ms, &zone));
            (to_ms - from_ms) / 3_600_000
        };
        assert_eq!(hours("2026-11", "UTC"), 720);
        assert_eq!(hours("2026-10", "Europe/Berlin"), 745);
        assert_eq!(hours("2026-03", "Europe/Berlin"), 743);
        assert_eq!(hours("2024-02", "America/Toronto"), 696);
    }

    #[test]
    fn months_are_written_in_one_way() {
        assert_eq!("2020-07".parse::<Month>().unwrap().words(), "July 2020");
        for text in
            ["2020-7", "2020-13", "2020-00", "20-07", "2020", "july", "2020-07-01", "+020-07"]
        {
            assert_eq!(text.parse::<Month>(), Err(MonthError), "{text}");
        }
    }

    #[test]
    fn a_bill_comes_from_its_first_to_its_last_month() {
        let month = |text: &str| text.parse::<Month>().ok();
        let months = Months { from: month("2020-03"), until: month("2020-05") };
        let has = |text: &str| months.have(text.parse().unwrap());
        assert_eq!(
            ["2020-02", "2020-03", "2020-05", "2020-06"].map(has),
            [false, true, true, false]
        );
        let always = Months { from: None, until: None };
        assert!(always.have("1999-01".parse().unwrap()));
    }
}
