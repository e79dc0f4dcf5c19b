//! Functions of the samples in a window: `…_over_time` and their kin.

use super::QueryError;
use super::meter::Meter;
use super::quantile::quantile;
use super::tree::Mark;
use crate::samples::{Sum, TimeRange};

/// The samples of one series in one window.
#[derive(Debug, Clone, Copy)]
pub struct Window<'s> {
    pub timestamps: &'s [i64],
    pub values: &'s [f64],
    /// The window's ends.
    pub ends: TimeRange,
}

/// The mean, found step by step so that large values do not overflow.
pub fn mean(values: &[f64], meter: &Meter<'_>) -> Result<f64, QueryError> {
    let (mut mean, mut count, mut lost) = (0.0f64, 0.0f64, 0.0f64);
    for part in meter.parts(values) {
        for &value in part? {
            count += 1.0;
            if stays_infinite(mean, value) {
                continue;
            }
            let step = value / count - mean / count;
            let next = mean + step;
            lost +=
                if mean.abs() >= step.abs() { (mean - next) + step } else { (step - next) + mean };
            mean = next;
        }
    }
    Ok(if mean.is_infinite() { mean } else { mean + lost })
}

/// Whether an infinite mean is not changed by a value: by a finite one, or the same infinity.
pub fn stays_infinite(mean: f64, value: f64) -> bool {
    mean.is_infinite() && (value.is_finite() || value == mean)
}

/// The population variance (Welford 1962).
pub fn variance(values: &[f64], meter: &Meter<'_>) -> Result<f64, QueryError> {
    let (mut count, mut mean, mut lost_mean) = (0.0, 0.0f64, 0.0f64);
    let mut squares = Sum::default();
    for part in meter.parts(values) {
        for &value in part? {
            count += 1.0;
            let delta = value - (mean + lost_mean);
            let step = delta / count;
            let next = mean + step;
            lost_mean +=
                if mean.abs() >= step.abs() { (mean - next) + step } else { (step - next) + mean };
            mean = next;
            squares.add(delta * (value - (mean + lost_mean)));
        }
    }
    Ok(squares.total() / count)
}

/// The greatest value; NaN only if all are.
pub fn max(values: &[f64], meter: &Meter<'_>) -> Result<f64, QueryError> {
    let mut max = f64::NAN;
    for part in meter.parts(values) {
        max = part?.iter().fold(max, |max, &v| if v > max || max.is_nan() { v } else { max });
    }
    Ok(max)
}

/// The least value; NaN only if all are.
pub fn min(values: &[f64], meter: &Meter<'_>) -> Result<f64, QueryError> {
    let mut min = f64::NAN;
    for part in meter.parts(values) {
        min = part?.iter().fold(min, |min, &v| if v < min || min.is_nan() { v } else { min });
    }
    Ok(min)
}

/// The median distance of values from their median.
pub fn median_deviation(values: &[f64], meter: &Meter<'_>) -> Result<f64, QueryError> {
    let median = quantile(0.5, values, meter)?;
    let mut memory = meter.nothing();
    memory.take_items::<f64>(values.len())?;
    let distances = meter.collect(values.len(), |place| (values[place] - median).abs())?;
    quantile(0.5, &distances, meter)
}

/// When a sample of a window was taken, in seconds.
pub fn time_of(mark: Mark, window: &Window<'_>, meter: &Meter<'_>) -> Result<f64, QueryError> {
    let last = window.values.len() - 1;
    let place = match mark {
        Mark::First => 0,
        Mark::Last => last,
        Mark::Least => chosen(window.values, meter, |value, least| value <= least)?,
        Mark::Greatest => chosen(window.values, meter, |value, greatest| value >= greatest)?,
    };
    Ok(window.timestamps[place] as f64 / 1000.0)
}

/// The last value that is better than those before it, or as good.
fn chosen(
    values: &[f64],
    meter: &Meter<'_>,
    better: impl Fn(f64, f64) -> bool,
) -> Result<usize, QueryError> {
    let mut chosen = 0;
    for span in meter.spans(values.len()) {
        for place in span? {
            if better(values[place], values[chosen]) || values[chosen].is_nan() {
                chosen = place;
            }
        }
    }
    Ok(chosen)
}

/// How often a value differs from the one before it.
pub fn changes(values: &[f64], meter: &Meter<'_>) -> Result<f64, QueryError> {
    let differs = |before: f64, value: f64| before != value && !(before.is_nan() && value.is_nan());
    pairs(values, meter, differs)
}

/// How often a value is less than the one before it.
pub fn resets(values: &[f64], meter: &Meter<'_>) -> Result<f64, QueryError> {
    pairs(values, meter, |before, value| value < before)
}

fn pairs(
    values: &[f64],
    meter: &Meter<'_>,
    counts: impl Fn(f64, f64) -> bool,
) -> Result<f64, QueryError> {
    let mut before = values[0];
    let mut count = 0u32;
    for part in meter.parts(values) {
        for &value in part? {
            count += u32::from(counts(before, value));
            before = value;
        }
    }
    Ok(f64::from(count))
}

/// The factors of Holt's double exponential smoothing.
#[derive(Debug, Clone, Copy)]
pub struct Factors {
    pub smoothing: f64,
    pub trend: f64,
}

/// Holt's double exponential smoothing with trend.
pub fn holt_winters(
    values: &[f64],
    factors: Factors,
    meter: &Meter<'_>,
) -> Result<Option<f64>, QueryError> {
    if values.len() < 2 {
        return Ok(None);
    }
    let (mut before, mut level, mut slope) = (0.0, values[0], values[1] - values[0]);
    let mut first = true;
    for part in meter.parts(&values[1..]) {
        for &value in part? {
            let scaled = factors.smoothing * value;
            if !first {
                slope = factors.trend * (level - before) + (1.0 - factors.trend) * slope;
            }
            first = false;
            let next = scaled + (1.0 - factors.smoothing) * (level + slope);
            (before, level) = (level, next);
        }
    }
    Ok(Some(level))
}
