//! The figures of a legend.

use super::interval::Interval;

/// How old the newest reading may be to count as now, in usual distances.
const NOW_DISTANCES: i64 = 4;
const SHORTEST_NOW_MS: i64 = 5_000;

/// The figures of one line over a span of time, in the unit of its values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Statistics {
    /// The newest value, if it is recent.
    pub now: Option<f64>,
    /// The least value.
    pub min: f64,
    /// The mean over the time that was measured.
    pub mean: f64,
    /// The greatest value.
    pub max: f64,
    /// When that was, the end of its interval.
    pub max_ms: i64,
    /// The 95th percentile by time: 95 % of the measured time lies at or below it.
    pub p95: f64,
    /// The values times their seconds: of rates, what was counted.
    pub total: f64,
    /// How much time was measured, in seconds.
    pub seconds: f64,
}

impl Statistics {
    /// The figures of ordered intervals, seen at `now_ms`; none without a reading.
    pub fn of(intervals: &[Interval], now_ms: i64) -> Option<Self> {
        let last = intervals.last()?;
        let mut by_value: Vec<(f64, f64)> =
            intervals.iter().map(|i| (i.mean, i.seconds())).collect();
        by_value.sort_by(|a, b| a.0.total_cmp(&b.0));
        let seconds: f64 = by_value.iter().map(|(_, seconds)| seconds).sum();
        let total: f64 = by_value.iter().map(|(value, seconds)| value * seconds).sum();
        let highest = intervals.iter().max_by(|a, b| a.max.total_cmp(&b.max))?;
        let recent = (NOW_DISTANCES * (last.to_ms - last.from_ms)).max(SHORTEST_NOW_MS);
        Some(Self {
            now: (now_ms - last.to_ms <= recent).then_some(last.mean),
            min: intervals.iter().map(|interval| interval.min).fold(f64::INFINITY, f64::min),
            mean: if seconds > 0.0 { total / seconds } else { 0.0 },
            max: highest.max,
            max_ms: highest.to_ms,
            p95: percentile(&by_value, 0.95 * seconds)?,
            total,
            seconds,
        })
    }
}

/// The first value, in rising order, up to which `goal` seconds were measured.
fn percentile(by_value: &[(f64, f64)], goal: f64) -> Option<f64> {
    let mut passed = 0.0;
    let reached = by_value.iter().find(|(_, seconds)| {
        passed += seconds;
        // Sums of seconds round; a millisecond decides nothing.
        passed >= goal - 1e-3
    });
    reached.or(by_value.last()).map(|(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regular(rates: impl IntoIterator<Item = f64>) -> Vec<Interval> {
        let interval = |(n, rate)| {
            let from_ms = n as i64 * 10_000;
            Interval::even(from_ms, from_ms + 10_000, rate)
        };
        rates.into_iter().enumerate().map(interval).collect()
    }

    #[test]
    fn figures_of_a_hundred_rates() {
        let intervals = regular((1..=100).map(f64::from));
        let figures = Statistics::of(&intervals, 1_000_000).unwrap();
        assert_eq!((figures.min, figures.mean, figures.max), (1.0, 50.5, 100.0));
        assert_eq!((figures.p95, figures.total), (95.0, 50_500.0));
        assert_eq!((figures.now, figures.max_ms), (Some(100.0), 1_000_000));
        assert_eq!(Statistics::of(&intervals, 1_040_000).unwrap().now, Some(100.0));
        assert_eq!(Statistics::of(&intervals, 1_040_001).unwrap().now, None);
    }

    #[test]
    fn time_weighs_and_nothing_is_nothing() {
        let intervals = [Interval::even(0, 90_000, 1.0), Interval::even(90_000, 100_000, 11.0)];
        let figures = Statistics::of(&intervals, 100_000).unwrap();
        assert_eq!((figures.mean, figures.p95, figures.total), (2.0, 11.0, 200.0));
        assert_eq!(Statistics::of(&[], 0), None);
    }
}
