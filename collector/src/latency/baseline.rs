//! What is usual on a path at an hour of the week, by its hours of the past four weeks. Pure.

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use crate::store::{QUANTILES, SmokeHour};

/// How far back hours count.
pub const BACK_MS: i64 = 28 * DAY_MS;

const DAY_MS: i64 = 86_400_000;

/// So many hours of that kind there must be, at least.
const FEWEST: usize = 2;

/// What is usual, in microseconds: the lower median of the medians of hours that lie like this one in the week; before
/// there are two weeks, of the same hour on the past seven days. Nothing before there are two of those.
pub fn usual_us(hours: &[SmokeHour], at_ms: i64, zone: &TimeZone) -> Option<u32> {
    let now = Place::of(at_ms, zone)?;
    let before = || {
        let inside = |hour: &&SmokeHour| {
            hour.begin_ms < at_ms && hour.begin_ms >= at_ms.saturating_sub(BACK_MS)
        };
        hours.iter().filter(inside).filter_map(|hour| {
            let median = hour.quantiles_us?[QUANTILES / 2];
            Some((hour.begin_ms, Place::of(hour.begin_ms, zone)?, median))
        })
    };
    let same_hour = before().filter(|(_, place, _)| *place == now);
    let same_hour: Vec<u32> = same_hour.map(|(_, _, median)| median).collect();
    if same_hour.len() >= FEWEST {
        return Some(lower_median(same_hour));
    }
    let lately = before().filter(|(begin_ms, place, _)| {
        place.hour == now.hour && *begin_ms >= at_ms.saturating_sub(7 * DAY_MS)
    });
    let lately: Vec<u32> = lately.map(|(_, _, median)| median).collect();
    (lately.len() >= FEWEST).then(|| lower_median(lately))
}

/// An hour of the week, by the clock on the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    day: Weekday,
    hour: i8,
}

impl Place {
    fn of(at_ms: i64, zone: &TimeZone) -> Option<Self> {
        let at = Timestamp::from_millisecond(at_ms).ok()?.to_zoned(zone.clone());
        Some(Self { day: at.weekday(), hour: at.hour() })
    }
}

fn lower_median(mut values: Vec<u32>) -> u32 {
    values.sort_unstable();
    values[(values.len() - 1) / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;
    /// A Monday, 08:00 in UTC.
    const MONDAY_MS: i64 = 1_800_000_000_000 + 3 * DAY_MS;

    fn hour(begin_ms: i64, ms: u32) -> SmokeHour {
        SmokeHour {
            begin_ms,
            rounds: 60,
            offline: 0,
            sent: 1200,
            received: 1200,
            hop_limit: None,
            quantiles_us: Some([ms * 1000; QUANTILES]),
        }
    }

    fn usual_ms(hours: &[SmokeHour], zone: &TimeZone) -> Option<u32> {
        usual_us(hours, MONDAY_MS, zone).map(|us| us / 1000)
    }

    #[test]
    fn the_same_hour_of_the_week_counts_and_one_bad_monday_does_not() {
        let zone = TimeZone::UTC;
        let week = 7 * DAY_MS;
        let mut hours: Vec<SmokeHour> = (1..=4)
            .map(|weeks| hour(MONDAY_MS - weeks * week, [92, 93, 400, 91][weeks as usize - 1]))
            .collect();
        // Other hours and days, and what is too long ago.
        hours.extend((1..20).map(|hours| hour(MONDAY_MS - hours * HOUR_MS, 10)));
        hours.push(hour(MONDAY_MS - 5 * week, 10));
        assert_eq!(usual_ms(&hours, &zone), Some(92));
        // The hour itself is not over.
        hours.push(hour(MONDAY_MS, 10));
        assert_eq!(usual_ms(&hours, &zone), Some(92));
    }

    #[test]
    fn before_there_are_weeks_days_stand_in_and_before_those_nothing() {
        let zone = TimeZone::UTC;
        let days = |count: i64| -> Vec<SmokeHour> {
            (1..=count).map(|days| hour(MONDAY_MS - days * DAY_MS, 20 + days as u32)).collect()
        };
        assert_eq!(usual_ms(&days(0), &zone), None);
        assert_eq!(usual_ms(&days(1), &zone), None);
        assert_eq!(usual_ms(&days(3), &zone), Some(22));
        let silent = SmokeHour { quantiles_us: None, ..hour(MONDAY_MS - 4 * DAY_MS, 1) };
        assert_eq!(usual_ms(&[days(1), vec![silent]].concat(), &zone), None);
    }

    #[test]
    fn hours_are_those_of_the_clock_on_the_wall() {
        // Summer time ended between: 10:00 is an hour later in UTC than it was a week before.
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let monday: Timestamp = "2026-10-26T10:00:00+01:00".parse().unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
        let hours = [
            hour(at("2026-10-12T10:00:00+02:00"), 30),
            hour(at("2026-10-19T10:00:00+02:00"), 31),
            hour(at("2026-10-19T11:00:00+02:00"), 90),
            hour(at("2026-10-12T11:00:00+02:00"), 90),
        ];
        assert_eq!(usual_us(&hours, monday.as_millisecond(), &zone), Some(30_000));
    }
}
