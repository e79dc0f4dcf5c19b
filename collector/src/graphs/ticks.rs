//! Marks on the axis of time: on the hours, days, weeks and months that people think in.

use jiff::civil::Weekday;
use jiff::{ToSpan, Unit, Zoned, ZonedRound};

use super::period::Span;

/// A mark on the axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// When, Unix time in milliseconds.
    pub at_ms: i64,
    /// What stands below it.
    pub label: String,
}

const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;

/// The most days, weeks or months of one span.
const MOST_PIECES: usize = 200;

/// The most marks one axis may have.
const MOST: usize = 60;

/// The marks of a span, in the reader's zone, also over changes of its clock.
pub fn ticks(span: &Span) -> Vec<Tick> {
    let seconds = span.seconds();
    let (step, unit, every, label) = match seconds {
        s if s <= 0.2 * HOUR => (1.minute(), Unit::Minute, 1, "%H:%M"),
        s if s <= 0.6 * HOUR => (5.minutes(), Unit::Minute, 5, "%H:%M"),
        s if s <= 2.0 * HOUR => (10.minutes(), Unit::Minute, 10, "%H:%M"),
        s if s <= 8.0 * HOUR => (1.hour(), Unit::Hour, 1, "%H:%M"),
        s if s <= 1.6 * DAY => (2.hours(), Unit::Hour, 2, "%H:%M"),
        s if s <= 10.0 * DAY => (1.day(), Unit::Day, 1, "%a %-d"),
        s if s <= 100.0 * DAY => (7.days(), Unit::Day, 1, "%-d %b"),
        _ => (1.month(), Unit::Day, 1, "%b"),
    };
    let Some(mut at) = first(span, unit, every) else { return Vec::new() };
    let end = span.local(span.to_ms);
    let mut ticks = Vec::new();
    while at <= end && ticks.len() < MOST {
        let at_ms = at.timestamp().as_millisecond();
        if at_ms >= span.from_ms {
            ticks.push(Tick { at_ms, label: at.strftime(label).to_string() });
        }
        match at.checked_add(step) {
            Ok(next) => at = next,
            Err(_) => break,
        }
    }
    ticks
}

/// The moments between the days of a month, the weeks of a year and the months of several years, with
/// both ends of the span; none of shorter spans.
pub fn pieces(span: &Span) -> Vec<i64> {
    let (step, weekday) = match span.seconds() {
        s if s <= 10.0 * DAY => return Vec::new(),
        s if s <= 100.0 * DAY => (1.day(), false),
        s if s <= 800.0 * DAY => (7.days(), true),
        _ => (1.month(), false),
    };
    let mut ends = vec![span.from_ms];
    let Ok(day) = span.local(span.from_ms).start_of_day() else { return Vec::new() };
    let back = if weekday { i64::from(day.weekday().to_monday_zero_offset()) } else { 0 };
    let Ok(mut at) = day.checked_sub(back.days()) else { return Vec::new() };
    while let Ok(next) = at.checked_add(step) {
        let at_ms = next.timestamp().as_millisecond();
        if at_ms >= span.to_ms || ends.len() > MOST_PIECES {
            break;
        }
        if at_ms > span.from_ms {
            ends.push(at_ms);
        }
        at = next;
    }
    ends.push(span.to_ms);
    ends
}

/// The last mark at or before the span's begin.
fn first(span: &Span, unit: Unit, every: i64) -> Option<Zoned> {
    let seconds = span.seconds();
    let begin = span.local(span.from_ms);
    if seconds > 100.0 * DAY {
        return begin.first_of_month().ok()?.start_of_day().ok();
    }
    if seconds > 10.0 * DAY {
        let back = i64::from(begin.weekday().since(Weekday::Monday));
        return begin.start_of_day().ok()?.checked_sub(back.days()).ok();
    }
    let round = ZonedRound::new().smallest(unit).increment(every).mode(jiff::RoundMode::Trunc);
    begin.round(round).ok()
}

/// Nights (22 to 6 o'clock) of short spans, Saturdays and Sundays of long ones: from and to.
pub fn quiet(span: &Span) -> Vec<(i64, i64)> {
    let seconds = span.seconds();
    if seconds > 100.0 * DAY {
        return Vec::new();
    }
    let mut bands = Vec::new();
    let Ok(mut day) =
        span.local(span.from_ms).start_of_day().and_then(|day| day.checked_sub(1.day()))
    else {
        return bands;
    };
    while day.timestamp().as_millisecond() < span.to_ms && bands.len() < MOST {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        let (begin, length) = if seconds > 1.6 * DAY { (0, 24) } else { (22, 8) };
        if seconds <= 1.6 * DAY || weekend {
            let begin_at = day.checked_add(begin.hours());
            let end_at = begin_at.as_ref().ok().and_then(|at| at.checked_add(length.hours()).ok());
            if let (Ok(begin), Some(end)) = (begin_at, end_at) {
                let clip =
                    |at: &Zoned| at.timestamp().as_millisecond().clamp(span.from_ms, span.to_ms);
                bands.push((clip(&begin), clip(&end)));
            }
        }
        match day.checked_add(1.day()) {
            Ok(next) => day = next,
            Err(_) => break,
        }
    }
    bands.retain(|(from, to)| to > from);
    bands
}

#[cfg(test)]
mod tests {
    use super::super::period::Period;
    use super::*;
    use jiff::tz::TimeZone;

    fn span(period: Period, end: &str) -> Span {
        let end: Zoned = end.parse().unwrap();
        Span::ending(period, end.timestamp().as_millisecond(), end.time_zone().clone())
    }

    fn labels(period: Period, end: &str) -> String {
        let ticks = ticks(&span(period, end));
        ticks.into_iter().map(|tick| tick.label).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn stand_where_people_think() {
        let end = "2020-05-28T15:07:00[Europe/Berlin]";
        let minutes = "14:57 14:58 14:59 15:00 15:01 15:02 15:03 15:04 15:05 15:06 15:07";
        assert_eq!(labels(Period::Minutes, end), minutes);
        assert_eq!(labels(Period::Hour, end), "14:10 14:20 14:30 14:40 14:50 15:00");
        assert_eq!(
            labels(Period::Day, end),
            "16:00 18:00 20:00 22:00 00:00 02:00 04:00 06:00 08:00 10:00 12:00 14:00"
        );
        assert_eq!(labels(Period::Week, end), "Fri 22 Sat 23 Sun 24 Mon 25 Tue 26 Wed 27 Thu 28");
        assert_eq!(labels(Period::Month, end), "4 May 11 May 18 May 25 May");
        assert_eq!(labels(Period::Year, end), "Jun Jul Aug Sep Oct Nov Dec Jan Feb Mar Apr May");
    }

    #[test]
    fn the_change_to_summer_time_has_no_two_oclock_twice() {
        let end = "2020-03-29T15:00:00[Europe/Berlin]";
        let expected =
            "14:00 16:00 18:00 20:00 22:00 00:00 03:00 05:00 07:00 09:00 11:00 13:00 15:00";
        assert_eq!(labels(Period::Day, end), expected);
    }

    #[test]
    fn nights_and_weekends_are_quiet() {
        let day = span(Period::Day, "2020-05-28T15:00:00[Europe/Berlin]");
        let nights = quiet(&day);
        assert_eq!(nights.len(), 1);
        assert_eq!(nights[0].1 - nights[0].0, 8 * 3_600_000);
        let week = quiet(&span(Period::Week, "2020-05-28T15:00:00[Europe/Berlin]"));
        assert_eq!(week.iter().map(|(from, to)| (to - from) / 3_600_000).sum::<i64>(), 48);
        let utc = Span::ending(Period::Year, 0, TimeZone::UTC);
        assert_eq!(quiet(&utc), []);
    }
}
