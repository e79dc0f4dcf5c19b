//! The spans of time that people look at.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::samples::TimeRange;

/// A fixed length, ending now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// The last ten minutes.
    Minutes,
    /// The last hour.
    Hour,
    /// The last 24 hours.
    Day,
    /// The last 33 hours, as Munin's day has them.
    LongDay,
    /// The last 7 days.
    Week,
    /// The last 31 days.
    Month,
    /// The last 366 days.
    Year,
}

const PERIODS: [(Period, &str, i64); 7] = [
    (Period::Minutes, "minutes", 600),
    (Period::Hour, "hour", 3600),
    (Period::Day, "day", 86_400),
    (Period::LongDay, "33h", 33 * 3600),
    (Period::Week, "week", 7 * 86_400),
    (Period::Month, "month", 31 * 86_400),
    (Period::Year, "year", 366 * 86_400),
];

impl Period {
    /// The period of that name.
    pub fn named(name: &str) -> Option<Self> {
        PERIODS.iter().find(|(_, known, _)| *known == name).map(|(period, ..)| *period)
    }

    /// Its name in addresses.
    pub fn name(self) -> &'static str {
        PERIODS.iter().find(|(period, ..)| *period == self).map_or("", |(_, name, _)| name)
    }

    /// What follows "last" for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Minutes => "ten minutes",
            Self::LongDay => "33 hours",
            Self::Hour | Self::Day | Self::Week | Self::Month | Self::Year => self.name(),
        }
    }

    fn seconds(self) -> i64 {
        PERIODS.iter().find(|(period, ..)| *period == self).map_or(0, |(.., seconds)| *seconds)
    }
}

/// From one moment to another, and the zone in which people read them.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// What it is called, if it is a period.
    pub name: &'static str,
    /// The first moment, Unix time in milliseconds.
    pub from_ms: i64,
    /// The last.
    pub to_ms: i64,
    /// The zone of its times.
    pub zone: TimeZone,
}

impl Span {
    /// The period that ends at `now_ms`.
    pub fn ending(period: Period, now_ms: i64, zone: TimeZone) -> Self {
        let from_ms = now_ms - period.seconds() * 1000;
        Self { name: period.words(), from_ms, to_ms: now_ms, zone }
    }

    /// A day of the calendar in a zone, up to a moment if that lies within; none if there is no such
    /// day in it.
    pub fn of_day(date: Date, now_ms: i64, zone: &TimeZone) -> Option<Self> {
        let begin = |date: Date| date.to_zoned(zone.clone()).ok();
        let from_ms = begin(date)?.timestamp().as_millisecond();
        let to_ms = begin(date.tomorrow().ok()?)?.timestamp().as_millisecond().min(now_ms);
        (from_ms < to_ms).then(|| Self { name: "", from_ms, to_ms, zone: zone.clone() })
    }

    /// The time that it covers.
    pub fn range(&self) -> TimeRange {
        TimeRange { from_ms: self.from_ms, to_ms: self.to_ms }
    }

    /// Its length in seconds.
    pub fn seconds(&self) -> f64 {
        (self.to_ms - self.from_ms) as f64 / 1000.0
    }

    /// A moment in the reader's zone.
    pub fn local(&self, timestamp_ms: i64) -> Zoned {
        let timestamp = Timestamp::from_millisecond(timestamp_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        timestamp.to_zoned(self.zone.clone())
    }

    /// The zone's name, or its offset where it has none.
    pub fn zone_name(&self) -> String {
        match self.zone.iana_name() {
            Some("Etc/UTC") => "UTC".into(),
            Some(name) => name.into(),
            None => self.local(self.to_ms).strftime("UTC%:z").to_string(),
        }
    }

    /// The span in words: days, times and the zone.
    pub fn describe(&self) -> String {
        let (from, to) = (self.local(self.from_ms), self.local(self.to_ms));
        let zone = self.zone_name();
        let day = "%a %-d %b %Y";
        if from.date() == to.date() {
            let (begin, end) = (from.strftime("%H:%M"), to.strftime("%H:%M"));
            return format!("{} {begin} to {end} {zone}", from.strftime(day));
        }
        let full = "%a %-d %b %Y %H:%M";
        format!("{} to {} {zone}", from.strftime(full), to.strftime(full))
    }

    /// The span in fewer words, with the zone's abbreviation.
    pub fn describe_briefly(&self) -> String {
        let (from, to) = (self.local(self.from_ms), self.local(self.to_ms));
        let begin = "%-d %b %H:%M";
        let end = if from.date() == to.date() { "%H:%M %Z" } else { "%-d %b %H:%M %Z" };
        format!("{} to {}", from.strftime(begin), to.strftime(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn describes_with_the_zone() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let now_ms = 1_590_706_800_000;
        let hour = Span::ending(Period::Hour, now_ms, zone.clone());
        assert_eq!(hour.describe(), "Fri 29 May 2020 00:00 to 01:00 Europe/Berlin");
        let day = Span::ending(Period::Day, now_ms, zone);
        let expected = "Thu 28 May 2020 01:00 to Fri 29 May 2020 01:00 Europe/Berlin";
        assert_eq!(day.describe(), expected);
        let hour = Span { zone: TimeZone::get("Etc/UTC").unwrap(), ..hour };
        assert_eq!(hour.describe(), "Thu 28 May 2020 22:00 to 23:00 UTC");
        assert_eq!(hour.describe_briefly(), "28 May 22:00 to 23:00 UTC");
        assert_eq!(day.describe_briefly(), "28 May 01:00 to 29 May 01:00 CEST");
        assert_eq!(Period::named("day"), Some(Period::Day));
        assert_eq!(Period::named("decade"), None);
    }

    #[test]
    fn a_day_of_the_calendar_ends_at_midnight_or_now() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let now_ms = 1_590_706_800_000;
        let of_day = |date: &str| {
            let span = Span::of_day(date.parse().unwrap(), now_ms, &zone);
            span.map(|span| (span.describe(), span.seconds() / 3600.0))
        };
        let full = "Thu 28 May 2020 00:00 to Fri 29 May 2020 00:00 Europe/Berlin";
        assert_eq!(of_day("2020-05-28"), Some((full.into(), 24.0)));
        let today = "Fri 29 May 2020 00:00 to 01:00 Europe/Berlin";
        assert_eq!(of_day("2020-05-29"), Some((today.into(), 1.0)));
        assert_eq!(of_day("2020-03-29").map(|(_, hours)| hours), Some(23.0));
        assert_eq!(of_day("2020-05-30"), None);
    }
}
