//! Rollups of a counter to rates: one for each bucket, with the extremes within.

use crate::query::Interval;
use crate::samples::{Bucket, Detail, Figure, Figures, Hints, Resolution};

/// What rates are told from.
pub const OF_COUNTERS: Detail = Detail {
    resolution: Resolution::Minutes,
    figures: Figures::of(&[
        Figure::Count,
        Figure::First,
        Figure::Last,
        Figure::Drops,
        Figure::SlopeMin,
        Figure::SlopeMax,
    ]),
    hints: Hints::ALL,
};

/// The rates of a counter: each holds from the last sample of one bucket to the last of the next, or
/// from its own first sample where there is a gap before it.
pub fn bucket_rates(buckets: &[Bucket]) -> Vec<Interval> {
    let mut rates = Vec::with_capacity(buckets.len());
    let mut before: Option<&Bucket> = None;
    for bucket in buckets {
        let before = before.replace(bucket);
        let before = before.filter(|old| bucket.first_ms - old.last_ms <= Bucket::LONGEST_STEP_MS);
        let (from_ms, step) = match before {
            Some(old) if bucket.first < old.last => (old.last_ms, bucket.first),
            Some(old) => (old.last_ms, bucket.first - old.last),
            None => (bucket.first_ms, 0.0),
        };
        let increase = step + bucket.last - bucket.first + bucket.drops;
        if from_ms < bucket.last_ms && increase.is_finite() {
            let mean = increase * 1000.0 / (bucket.last_ms - from_ms) as f64;
            let (min, max) = (bucket.slope_min.min(mean), bucket.slope_max.max(mean));
            rates.push(Interval { from_ms, to_ms: bucket.last_ms, mean, min, max });
        }
    }
    rates
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(ends: [(i64, f64); 2], drops: f64, (slope_min, slope_max): (f64, f64)) -> Bucket {
        let [(first_s, first), (last_s, last)] = ends;
        let (first_ms, last_ms) = (first_s * 1000, last_s * 1000);
        Bucket {
            begin_ms: first_ms / 300_000 * 300_000,
            count: 2.0,
            sum: first + last,
            min: first.min(last),
            max: first.max(last),
            first_ms,
            first,
            last_ms,
            last,
            drops,
            slope_min,
            slope_max,
        }
    }

    #[test]
    fn buckets_join_but_over_gaps_and_keep_extremes() {
        let none = f64::NAN;
        let buckets = [
            bucket([(0, 0.0), (290, 290.0)], 0.0, (0.5, 4.0)),
            // The counter began anew between the buckets, and once within.
            bucket([(300, 10.0), (590, 50.0)], 260.0, (1.0, 9.0)),
            // After a gap, one sample alone says nothing; its neighbour starts from it.
            bucket([(1200, 100.0), (1200, 100.0)], 0.0, (none, none)),
            bucket([(1500, 400.0), (1700, 600.0)], 0.0, (1.0, 1.0)),
        ];
        let show =
            |i: &Interval| format!("{}-{}: {} {}..{}", i.from_ms, i.to_ms, i.mean, i.min, i.max);
        let found: Vec<String> = bucket_rates(&buckets).iter().map(show).collect();
        assert_eq!(
            found,
            [
                "0-290000: 1 0.5..4",
                "290000-590000: 1.0333333333333334 1..9",
                "1200000-1700000: 1 1..1"
            ]
        );
        assert!(bucket_rates(&[]).is_empty());
    }
}
