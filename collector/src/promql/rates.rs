//! Rates of counters and slopes of gauges, as Prometheus finds them.

use super::windows::{Sum, Window};

/// What an extrapolated difference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extrapolation {
    /// A counter's increase each second.
    PerSecond,
    /// A counter's increase.
    Increase,
    /// A gauge's difference.
    Delta,
}

/// What an extrapolation needs to know of the samples in a window.
#[derive(Debug, Clone, Copy)]
pub struct Difference {
    /// The first sample, its moment before its value.
    pub first: (i64, f64),
    /// The last.
    pub last: (i64, f64),
    /// How many there are.
    pub count: usize,
    /// What a counter had reached before each fall, summed.
    pub drops: f64,
}

/// The difference over a window of samples, extrapolated to its ends.
pub fn extrapolated(window: &Window<'_>, kind: Extrapolation) -> Option<f64> {
    let (timestamps, values) = (window.timestamps, window.values);
    let mut drops = 0.0;
    if kind != Extrapolation::Delta {
        for pair in values.windows(2) {
            if pair[1] < pair[0] {
                drops += pair[0];
            }
        }
    }
    let difference = Difference {
        first: (*timestamps.first()?, *values.first()?),
        last: (*timestamps.last()?, *values.last()?),
        count: values.len(),
        drops,
    };
    difference.extrapolated((window.from_ms, window.to_ms), kind)
}

impl Difference {
    /// The difference, extrapolated to the ends of the window as far as the samples' own distance
    /// makes that plausible, and for counters never below zero.
    pub fn extrapolated(&self, (from_ms, to_ms): (i64, i64), kind: Extrapolation) -> Option<f64> {
        if self.count < 2 {
            return None;
        }
        let ((first_ms, first), (last_ms, last)) = (self.first, self.last);
        let counter = kind != Extrapolation::Delta;
        let result = last - first + if counter { self.drops } else { 0.0 };
        let mut to_start = (first_ms - from_ms) as f64 / 1000.0;
        let to_end = (to_ms - last_ms) as f64 / 1000.0;
        let sampled = (last_ms - first_ms) as f64 / 1000.0;
        let average = sampled / (self.count - 1) as f64;
        if counter && result > 0.0 && first >= 0.0 {
            let to_zero = sampled * (first / result);
            if to_zero < to_start {
                to_start = to_zero;
            }
        }
        let threshold = average * 1.1;
        let mut length = sampled;
        length += if to_start < threshold { to_start } else { average / 2.0 };
        length += if to_end < threshold { to_end } else { average / 2.0 };
        let mut factor = length / sampled;
        if kind == Extrapolation::PerSecond {
            factor /= (to_ms - from_ms) as f64 / 1000.0;
        }
        Some(result * factor)
    }
}

/// The last two samples: a counter's rate, or a gauge's difference.
pub fn last_two(window: &Window<'_>, rate: bool) -> Option<f64> {
    let [.., before, last] = window.values else { return None };
    let [.., earlier, later] = window.timestamps else { return None };
    let difference = if rate && last < before { *last } else { last - before };
    let length = later - earlier;
    if length == 0 {
        return None;
    }
    Some(if rate { difference / (length as f64 / 1000.0) } else { difference })
}

/// Slope and value at `at_ms` of the line of least squares.
pub fn regression(window: &Window<'_>, at_ms: i64) -> Option<(f64, f64)> {
    let (timestamps, values) = (window.timestamps, window.values);
    if values.len() < 2 {
        return None;
    }
    let first = values[0];
    if values.iter().all(|&value| value == first) {
        let slope = if first.is_infinite() { f64::NAN } else { 0.0 };
        return Some((slope, if first.is_infinite() { f64::NAN } else { first }));
    }
    let (mut x, mut y, mut xy, mut xx) = Default::default();
    let add = |sum: &mut Sum, value| sum.add(value);
    for (&timestamp, &value) in timestamps.iter().zip(values) {
        let seconds = (timestamp - at_ms) as f64 / 1e3;
        add(&mut x, seconds);
        add(&mut y, value);
        add(&mut xy, seconds * value);
        add(&mut xx, seconds * seconds);
    }
    let count = values.len() as f64;
    let (x, y, xy, xx) = (x.total(), y.total(), xy.total(), xx.total());
    let covariance = xy - x * y / count;
    let spread = xx - x * x / count;
    let slope = covariance / spread;
    Some((slope, y / count - slope * x / count))
}
