//! Functions of the samples in a window: `…_over_time` and their kin.

use super::grid::Grid;
use super::selector::Shift;
use super::value::{Row, Samples};
use crate::samples::Labels;

/// The samples of one series in one window. Both ends belong to it, as in Prometheus 2.
#[derive(Debug, Clone, Copy)]
pub struct Window<'s> {
    pub timestamps: &'s [i64],
    pub values: &'s [f64],
    /// The window's ends.
    pub from_ms: i64,
    pub to_ms: i64,
}

/// Applies `function` to the window before each step.
pub fn over_windows(
    samples: &Samples,
    labels: Labels,
    (grid, shift, range_ms): (&Grid, Shift, i64),
    function: impl Fn(&Window<'_>, usize) -> Option<f64>,
) -> Row {
    let mut places = Places::default();
    let point = |(step, moment): (usize, i64)| {
        let to_ms = shift.apply(moment);
        let from_ms = to_ms - range_ms;
        let (first, end) = places.advance(&samples.timestamps, (from_ms, to_ms));
        if first >= end {
            return None;
        }
        let (timestamps, values) = (&samples.timestamps[first..end], &samples.values[first..end]);
        function(&Window { timestamps, values, from_ms, to_ms }, step)
    };
    Row { labels, points: grid.moments().enumerate().map(point).collect() }
}

/// Where the windows of a series lie. Steps never go back, so neither do they.
#[derive(Default)]
pub struct Places {
    first: usize,
    end: usize,
}

impl Places {
    /// The samples from one moment to another, both included; neither lies before the last one.
    pub fn advance(&mut self, timestamps: &[i64], (from_ms, to_ms): (i64, i64)) -> (usize, usize) {
        let ahead = |place: usize, moment: i64| {
            let behind = timestamps[place..].iter().position(|timestamp| *timestamp >= moment);
            behind.map_or(timestamps.len(), |count| place + count)
        };
        self.first = ahead(self.first, from_ms);
        self.end = ahead(self.end.max(self.first), to_ms + 1);
        (self.first, self.end)
    }
}

/// A sum that keeps what rounding would lose (Kahan 1965, Neumaier 1974).
#[derive(Debug, Clone, Copy, Default)]
pub struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    pub fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        self.lost += if self.sum.abs() >= value.abs() {
            (self.sum - sum) + value
        } else {
            (value - sum) + self.sum
        };
        self.sum = sum;
    }

    pub fn total(self) -> f64 {
        self.sum + self.lost
    }
}

pub fn sum(values: &[f64]) -> f64 {
    let mut sum = Sum::default();
    for &value in values {
        sum.add(value);
    }
    if sum.sum.is_infinite() { sum.sum } else { sum.total() }
}

/// The mean, found step by step so that large values do not overflow.
pub fn mean(values: &[f64]) -> f64 {
    let (mut mean, mut count, mut lost) = (0.0f64, 0.0f64, 0.0f64);
    for &value in values {
        count += 1.0;
        if stays_infinite(mean, value) {
            continue;
        }
        let step = value / count - mean / count;
        let next = mean + step;
        lost += if mean.abs() >= step.abs() { (mean - next) + step } else { (step - next) + mean };
        mean = next;
    }
    if mean.is_infinite() { mean } else { mean + lost }
}

/// Whether an infinite mean is not changed by a value: by a finite one, or the same infinity.
pub fn stays_infinite(mean: f64, value: f64) -> bool {
    mean.is_infinite() && (value.is_finite() || value == mean)
}

/// The population variance (Welford 1962).
pub fn variance(values: &[f64]) -> f64 {
    let (mut count, mut mean, mut lost_mean) = (0.0, 0.0f64, 0.0f64);
    let mut squares = Sum::default();
    for &value in values {
        count += 1.0;
        let delta = value - (mean + lost_mean);
        let step = delta / count;
        let next = mean + step;
        lost_mean +=
            if mean.abs() >= step.abs() { (mean - next) + step } else { (step - next) + mean };
        mean = next;
        squares.add(delta * (value - (mean + lost_mean)));
    }
    squares.total() / count
}

/// The quantile by linear interpolation between ranks; none of no values is NaN.
pub fn quantile(q: f64, values: &[f64]) -> f64 {
    if values.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    let mut sorted = values.to_vec();
    // NaN counts as the least.
    sorted.sort_by(|a, b| match (a.is_nan(), b.is_nan()) {
        (true, true) => std::cmp::Ordering::Equal,
        (true, false) => std::cmp::Ordering::Less,
        (false, true) => std::cmp::Ordering::Greater,
        (false, false) => a.total_cmp(b),
    });
    let rank = q * (sorted.len() as f64 - 1.0);
    let lower = rank.floor().max(0.0);
    let upper = (lower + 1.0).min(sorted.len() as f64 - 1.0);
    let weight = rank - rank.floor();
    sorted[lower as usize] * (1.0 - weight) + sorted[upper as usize] * weight
}

pub fn max(values: &[f64]) -> f64 {
    values.iter().fold(values[0], |max, &v| if v > max || max.is_nan() { v } else { max })
}

pub fn min(values: &[f64]) -> f64 {
    values.iter().fold(values[0], |min, &v| if v < min || min.is_nan() { v } else { min })
}

pub fn changes(values: &[f64]) -> f64 {
    let differs = |pair: &&[f64]| pair[0] != pair[1] && !(pair[0].is_nan() && pair[1].is_nan());
    values.windows(2).filter(differs).count() as f64
}

pub fn resets(values: &[f64]) -> f64 {
    values.windows(2).filter(|pair| pair[1] < pair[0]).count() as f64
}

/// Holt's double exponential smoothing with trend.
pub fn holt_winters(values: &[f64], smoothing: f64, trend: f64) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let (mut before, mut level, mut slope) = (0.0, values[0], values[1] - values[0]);
    for (n, &value) in values.iter().enumerate().skip(1) {
        let scaled = smoothing * value;
        if n > 1 {
            slope = trend * (level - before) + (1.0 - trend) * slope;
        }
        let next = scaled + (1.0 - smoothing) * (level + slope);
        (before, level) = (level, next);
    }
    Some(level)
}
