//! A drill each month: a page that says it is one, so that whoever is on duty knows that pages arrive,
//! and everybody that somebody answers.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::alert::{NAME, SEVERITY, Seen, Severity};
use super::id::fingerprint;
use super::rota::{WeekTime, moment_of};

/// The alert of a drill. No rule finds it.
pub const DRILL: &str = "Drill";

/// A drill that nobody takes lasts so long, in milliseconds.
const LASTS_MS: i64 = 30 * 60_000;

/// When there is one: at the first such hour of each month.
#[derive(Debug, Clone)]
pub struct Drill {
    /// The hour.
    pub hour: WeekTime,
    /// By the clock of this zone.
    pub zone: TimeZone,
}

impl Drill {
    /// When the drill of a moment's month begins, Unix time in milliseconds.
    pub fn begins_ms(&self, at_ms: i64) -> Option<i64> {
        let at = Timestamp::from_millisecond(at_ms).ok()?.to_zoned(self.zone.clone());
        let first: Date = at.date().first_of_month();
        let ahead =
            (self.hour.day() - i32::from(first.weekday().to_monday_zero_offset())).rem_euclid(7);
        let date = first.checked_add(ahead.days()).ok()?;
        moment_of(DateTime::from_parts(date, self.hour.time()?), &self.zone)
    }

    /// The fingerprint of its alert.
    pub fn fingerprint() -> u64 {
        fingerprint(DRILL)
    }

    /// Its alert, while there is one.
    pub fn alert(&self, at_ms: i64) -> Option<Seen> {
        let since_ms = self.begins_ms(at_ms)?;
        if !(since_ms..since_ms + LASTS_MS).contains(&at_ms) {
            return None;
        }
        let labels = [(NAME, DRILL), (SEVERITY, Severity::Page.label())];
        let annotations = [
            ("summary", "this is a drill, nothing is wrong: say that you have it"),
            ("affected", "nobody"),
            (
                "runbook",
                "Say “I have it”, from the message or at /alerts. Else the next is called.",
            ),
        ];
        Some(Seen::own(labels, annotations, since_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_first_such_hour_of_each_month_by_the_clock_on_the_wall() {
        let drill = |hour: &str| Drill {
            hour: hour.parse().unwrap(),
            zone: TimeZone::get("Europe/Berlin").unwrap(),
        };
        let ms = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
        for (hour, at, expected) in [
            ("Mon 11:00", "2026-05-20T00:00:00Z", "2026-05-04T09:00:00Z"),
            ("Fri 11:00", "2026-05-01T00:00:00Z", "2026-05-01T09:00:00Z"),
            // In Berlin it is June by then.
            ("Mon 11:00", "2026-05-31T22:00:00Z", "2026-06-01T09:00:00Z"),
            ("Sun 10:00", "2026-12-31T22:59:59Z", "2026-12-06T09:00:00Z"),
        ] {
            assert_eq!(drill(hour).begins_ms(ms(at)), Some(ms(expected)), "{hour} {at}");
        }
    }
}
