//! At which steps a span is evaluated, and how. Pure.

use crate::graphs::period::Span;

/// The steps of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    /// What one of them asks for.
    pub detail: Detail,
    /// The first and the last, Unix time in milliseconds; the last lies before the first if the
    /// span has none.
    pub from_ms: i64,
    /// The last.
    pub to_ms: i64,
    /// Their distance.
    pub step_ms: i64,
}

/// What one step asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// The newest reading at its moment: steps are shorter than readings are apart.
    Moments,
    /// Mean and extremes of the time before it.
    Windows,
}

/// How often something is read, and what follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How long a reading stands for what follows.
    pub lookback_ms: i64,
    /// How long a window must be to hold enough readings for a rate.
    pub window_ms: i64,
}

const DAY: i64 = 86_400;

/// Up to how many seconds spans are evaluated at which distance in seconds.
///
/// Windows of 20 minutes and of 4 hours are four buckets of rollups, which is where PromQL begins to
/// read those.
const DISTANCES: [(i64, i64, Detail); 5] = [
    (30 * 3600, 10, Detail::Moments),
    (3 * DAY, 60, Detail::Windows),
    (8 * DAY, 300, Detail::Windows),
    (100 * DAY, 1200, Detail::Windows),
    (i64::MAX, 14_400, Detail::Windows),
];

/// The fine windows of a step are buckets of rollups, of an hour where there are no finer ones.
const FINE_MS: i64 = 300_000;
const HOUR_MS: i64 = 3_600_000;

/// What is read this seldom, or of which only rollups are left, has no moments between.
const SELDOM_MS: [i64; 2] = [FINE_MS, HOUR_MS];

/// A reading that is missed, and a late one, are no gap.
const READINGS_HELD: f64 = 3.5;
const SHORTEST_HELD_MS: i64 = 60_000;

impl Steps {
    /// The steps of a span, on round moments of Unix time, so that buckets of rollups fit; of readings
    /// that usually are so far apart.
    pub fn of(span: &Span, usual_distance_ms: Option<i64>) -> Self {
        let seconds = span.seconds() as i64;
        let fits = DISTANCES.iter().find(|(longest, ..)| seconds <= *longest);
        let (_, step, detail) = *fits.unwrap_or(&DISTANCES[DISTANCES.len() - 1]);
        let (mut step_ms, mut detail) = (step * 1000, detail);
        for seldom_ms in SELDOM_MS {
            if usual_distance_ms >= Some(seldom_ms) && step_ms < seldom_ms {
                (step_ms, detail) = (seldom_ms, Detail::Windows);
            }
        }
        let from_ms = span.from_ms.div_euclid(step_ms) * step_ms + step_ms;
        let to_ms = span.to_ms.div_euclid(step_ms) * step_ms;
        Self { detail, from_ms, to_ms, step_ms }
    }

    /// The length of the windows within a step in which the parts of a sum are looked at.
    pub fn fine_ms(&self) -> i64 {
        if self.step_ms == HOUR_MS { HOUR_MS } else { self.step_ms.min(FINE_MS) }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        ((self.to_ms - self.from_ms).div_euclid(self.step_ms) + 1).max(0) as usize
    }
}

impl Pace {
    /// The pace of readings that usually are so far apart; of unknown ones, a minute's.
    pub fn of(usual_distance_ms: Option<i64>) -> Self {
        let held = |distance: i64| (distance as f64 * READINGS_HELD) as i64;
        let lookback_ms = usual_distance_ms.map_or(0, held).max(SHORTEST_HELD_MS);
        Self { lookback_ms, window_ms: lookback_ms }
    }

    /// How far back a fine window reaches with what was read before it and still stands, in whole
    /// windows.
    pub fn carried_ms(self, fine_ms: i64) -> i64 {
        fine_ms + (self.lookback_ms + fine_ms - 1) / fine_ms * fine_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphs::Period;
    use jiff::tz::TimeZone;

    #[test]
    fn steps_fit_the_span_and_stay_few() {
        // Not on a border of any distance.
        let now_ms = 1_590_678_123_456;
        let cases = [
            (Period::Minutes, 10, 60, Detail::Moments),
            (Period::Hour, 10, 360, Detail::Moments),
            (Period::Day, 10, 8640, Detail::Moments),
            (Period::Week, 300, 2016, Detail::Windows),
            (Period::Month, 1200, 2232, Detail::Windows),
            (Period::Year, 14_400, 2196, Detail::Windows),
        ];
        for (period, seconds, count, detail) in cases {
            let span = Span::ending(period, now_ms, TimeZone::UTC);
            let steps = Steps::of(&span, None);
            assert_eq!((steps.step_ms, steps.detail), (seconds * 1000, detail), "{period:?}");
            assert_eq!(steps.count(), count, "{period:?}");
            assert!(steps.from_ms > span.from_ms && steps.from_ms - span.from_ms <= steps.step_ms);
            assert!(steps.to_ms <= span.to_ms && span.to_ms - steps.to_ms < steps.step_ms);
        }
        let longest =
            Span { name: "", from_ms: 0, to_ms: 5 * 366 * 86_400_000, zone: TimeZone::UTC };
        assert!((Steps::of(&longest, None).count() as i64) < crate::promql::MAX_STEPS);
        let day = Span::ending(Period::Day, now_ms, TimeZone::UTC);
        let steps = |distance| {
            let steps = Steps::of(&day, Some(distance));
            (steps.step_ms, steps.detail, steps.fine_ms())
        };
        assert_eq!(steps(299_999), (10_000, Detail::Moments, 10_000));
        assert_eq!(steps(300_000), (300_000, Detail::Windows, 300_000));
        assert_eq!(steps(3_600_000), (3_600_000, Detail::Windows, 3_600_000));
        let shortest = Span { to_ms: 1_000, ..longest };
        assert_eq!(Steps::of(&shortest, None).count(), 0);
    }

    #[test]
    fn slow_readings_are_held_longer() {
        let held = |distance: Option<i64>| Pace::of(distance).lookback_ms;
        assert_eq!([None, Some(15_000), Some(60_000)].map(held), [60_000, 60_000, 210_000]);
        let carried = [60_000, 300_000].map(|fine_ms| Pace::of(Some(60_000)).carried_ms(fine_ms));
        assert_eq!(carried, [300_000, 600_000]);
    }
}
