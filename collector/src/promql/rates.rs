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

/// The difference over the window, extrapolated to its ends as far as the samples' own distance
/// makes that plausible, and for counters never below zero.
pub fn extrapolated(window: &Window<'_>, kind: Extrapolation) -> Option<f64> {
    let (timestamps, values) = (window.timestamps, window.values);
    let (&first, &last) = (timestamps.first()?, timestamps.last()?);
    if timestamps.len() < 2 {
        return None;
    }
    let counter = kind != Extrapolation::Delta;
    let mut result = values[values.len() - 1] - values[0];
    if counter {
        let mut previous = values[0];
        for &value in &values[1..] {
            if value < previous {
                result += previous;
            }
            previous = value;
        }
    }
    let mut to_start = (first - window.from_ms) as f64 / 1000.0;
    let to_end = (window.to_ms - last) as f64 / 1000.0;
    let sampled = (last - first) as f64 / 1000.0;
    let average = sampled / (timestamps.len() - 1) as f64;
    if counter && result > 0.0 && values[0] >= 0.0 {
        let to_zero = sampled * (values[0] / result);
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
        factor /= (window.to_ms - window.from_ms) as f64 / 1000.0;
    }
    Some(result * factor)
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
