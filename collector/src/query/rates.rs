//! Counters to rates: one rate for each pair of neighbouring samples, with its exact interval.

use std::collections::BTreeMap;

use super::interval::Interval;

/// Neighbours further apart than this many usual distances have a gap between them.
const GAP_FACTOR: f64 = 3.5;

/// Shorter distances are never a gap, in milliseconds.
const SHORTEST_GAP_MS: i64 = 2_000;

/// The rates of a counter. A counter that falls has started anew from zero, as in Prometheus.
///
/// The usual distance is that of the neighbours on either side, so that a changed interval is no
/// gap.
pub fn rates(timestamps: &[i64], values: &[f64]) -> Vec<Interval> {
    let distance = |place: usize| Some(timestamps.get(place + 1)? - timestamps.get(place)?);
    let mut rates = Vec::with_capacity(timestamps.len().saturating_sub(1));
    for place in 0..timestamps.len().saturating_sub(1) {
        let (from_ms, to_ms) = (timestamps[place], timestamps[place + 1]);
        let before = place.checked_sub(1).and_then(distance);
        let usual = before.max(distance(place + 1)).unwrap_or(to_ms - from_ms);
        let limit = ((usual as f64 * GAP_FACTOR) as i64).max(SHORTEST_GAP_MS);
        if to_ms - from_ms > limit {
            continue;
        }
        let (old, new) = (values[place], values[place + 1]);
        let increase = if new < old { new } else { new - old };
        if increase.is_finite() {
            let rate = increase * 1000.0 / (to_ms - from_ms) as f64;
            rates.push(Interval::even(from_ms, to_ms, rate));
        }
    }
    rates
}

/// Where readings of two times lie between each other, as when a clock is set back: a counter falls and
/// then goes on from where it was, which none does that has started anew. From the last moment before
/// to the first after, each.
pub fn out_of_order(timestamps: &[i64], values: &[f64]) -> Vec<(i64, i64)> {
    let falls = |place: &usize| {
        let next = values.get(place + 2);
        values[place + 1] < values[*place] && next.is_some_and(|next| *next >= values[*place])
    };
    let span = |place: usize| {
        (timestamps[place.saturating_sub(1)], timestamps[(place + 3).min(timestamps.len() - 1)])
    };
    (0..values.len().saturating_sub(1)).filter(falls).map(span).collect()
}

/// The intervals that touch none of some spans.
pub fn apart(intervals: &[Interval], spans: &[(i64, i64)]) -> Vec<Interval> {
    let touches = |interval: &&Interval| {
        !spans.iter().any(|(from_ms, to_ms)| interval.from_ms < *to_ms && interval.to_ms > *from_ms)
    };
    intervals.iter().filter(touches).copied().collect()
}

/// The sum of several series' rates: of those that share an interval. Series of one agent share
/// all of theirs. When the extremes within an interval fell is not known, so those of a sum are its
/// bounds.
pub fn sum(series: Vec<Vec<Interval>>) -> Vec<Interval> {
    if series.len() == 1 {
        return series.into_iter().next().unwrap_or_default();
    }
    let mut sums: BTreeMap<(i64, i64), Interval> = BTreeMap::new();
    for interval in series.iter().flatten() {
        let Interval { from_ms, to_ms, mean, min, max } = *interval;
        let sum = sums.entry((from_ms, to_ms)).or_insert(Interval::even(from_ms, to_ms, 0.0));
        (sum.mean, sum.min, sum.max) = (sum.mean + mean, sum.min + min, sum.max + max);
    }
    sums.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds and values in; `from-to:rate` out.
    fn check(samples: &[(i64, f64)], expected: &str) {
        let timestamps: Vec<i64> = samples.iter().map(|(seconds, _)| seconds * 1000).collect();
        let values: Vec<f64> = samples.iter().map(|(_, value)| *value).collect();
        let show = |i: &Interval| format!("{}-{}:{}", i.from_ms / 1000, i.to_ms / 1000, i.mean);
        let found: Vec<String> = rates(&timestamps, &values).iter().map(show).collect();
        assert_eq!(found.join(" "), expected, "{samples:?}");
    }

    #[test]
    fn rates_resets_and_gaps() {
        check(&[], "");
        check(&[(0, 5.0)], "");
        check(&[(0, 0.0), (10, 50.0), (20, 150.0)], "0-10:5 10-20:10");
        check(&[(0, 100.0), (10, 30.0), (20, 40.0)], "0-10:3 10-20:1");
        // One missed round is no gap, four are.
        check(&[(0, 0.0), (10, 10.0), (30, 30.0), (40, 40.0)], "0-10:1 10-30:1 30-40:1");
        check(&[(0, 0.0), (10, 10.0), (60, 60.0), (70, 70.0)], "0-10:1 60-70:1");
        // A changed interval is no gap either.
        check(
            &[(0, 0.0), (10, 10.0), (20, 20.0), (21, 21.0), (22, 22.0)],
            "0-10:1 10-20:1 20-21:1 21-22:1",
        );
        check(&[(0, 0.0), (10, f64::NAN), (20, 20.0), (30, 30.0)], "20-30:1");
    }

    #[test]
    fn a_counter_that_goes_on_from_where_it_was_has_not_started_anew() {
        let moments = [0, 10, 20, 30, 40, 50, 60];
        let set_back = [1.0, 2.0, 9.0, 3.0, 10.0, 11.0, 12.0];
        assert_eq!(out_of_order(&moments, &set_back), [(10, 50)]);
        let restarted = [1.0, 2.0, 9.0, 3.0, 4.0, 5.0, 6.0];
        assert_eq!(out_of_order(&moments, &restarted), []);
        assert_eq!(out_of_order(&[], &[]), []);
        let intervals = [(0, 10), (10, 20), (40, 50), (50, 60)];
        let intervals = intervals.map(|(from_ms, to_ms)| Interval::even(from_ms, to_ms, 1.0));
        let left = apart(&intervals, &[(10, 50)]);
        assert_eq!(left.iter().map(|one| one.from_ms).collect::<Vec<_>>(), [0, 50]);
    }

    #[test]
    fn sums_what_shares_an_interval() {
        let interval = Interval::even;
        let eth0 = vec![interval(0, 10, 1.0), interval(10, 20, 2.0)];
        let eth1 = vec![interval(10, 20, 5.0)];
        assert_eq!(sum(vec![eth0.clone()]), eth0);
        assert_eq!(sum(vec![eth0, eth1]), [interval(0, 10, 1.0), interval(10, 20, 7.0)]);
        assert_eq!(sum(vec![]), []);
        let wide = |min, mean, max| Interval { from_ms: 0, to_ms: 10, mean, min, max };
        assert_eq!(
            sum(vec![vec![wide(1.0, 2.0, 9.0)], vec![wide(0.0, 5.0, 6.0)]]),
            [wide(1.0, 7.0, 15.0)]
        );
    }
}
