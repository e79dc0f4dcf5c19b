//! Rates of counters and slopes of gauges, as Prometheus finds them.

use super::QueryError;
use super::meter::Meter;
use super::windows::Window;
use crate::samples::{Sample, Sum, TimeRange};

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
    pub first: Sample,
    pub last: Sample,
    /// How many there are.
    pub count: usize,
    /// What a counter had reached before each fall, summed.
    pub drops: f64,
}

/// The difference over a window of samples, extrapolated to its ends.
pub fn extrapolated(
    window: &Window<'_>,
    kind: Extrapolation,
    meter: &Meter<'_>,
) -> Result<Option<f64>, QueryError> {
    let (Some(first), Some(last)) = (window.first(), window.last()) else { return Ok(None) };
    let mut drops = 0.0;
    if kind != Extrapolation::Delta {
        let mut before = first.value;
        for part in meter.parts(window.values) {
            for &value in part? {
                if value < before {
                    drops += before;
                }
                before = value;
            }
        }
    }
    let difference = Difference { first, last, count: window.values.len(), drops };
    Ok(difference.extrapolated(window.ends, kind))
}

impl Difference {
    /// The difference, extrapolated to the ends of the window as far as the samples' own distance
    /// makes that plausible, and for counters never below zero.
    pub fn extrapolated(&self, ends: TimeRange, kind: Extrapolation) -> Option<f64> {
        if self.count < 2 {
            return None;
        }
        let TimeRange { from_ms, to_ms } = ends;
        let Sample { at_ms: first_ms, value: first } = self.first;
        let Sample { at_ms: last_ms, value: last } = self.last;
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

/// A counter's rate by the last two samples.
pub fn last_rate(window: &Window<'_>) -> Option<f64> {
    let (before, last) = window.last_two()?;
    let difference = if last.value < before.value { last.value } else { last.value - before.value };
    Some(difference / ((last.at_ms - before.at_ms) as f64 / 1000.0))
}

/// A gauge's difference between the last two samples.
pub fn last_difference(window: &Window<'_>) -> Option<f64> {
    let (before, last) = window.last_two()?;
    Some(last.value - before.value)
}

impl Window<'_> {
    fn first(&self) -> Option<Sample> {
        Some(Sample { at_ms: *self.timestamps.first()?, value: *self.values.first()? })
    }

    fn last(&self) -> Option<Sample> {
        Some(Sample { at_ms: *self.timestamps.last()?, value: *self.values.last()? })
    }

    /// The last two samples, if they were not taken at the same moment.
    fn last_two(&self) -> Option<(Sample, Sample)> {
        let [.., before, last] = self.values else { return None };
        let [.., earlier, later] = self.timestamps else { return None };
        let before = Sample { at_ms: *earlier, value: *before };
        let last = Sample { at_ms: *later, value: *last };
        (later != earlier).then_some((before, last))
    }
}

/// The line of least squares.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    /// Its rise each second.
    pub slope: f64,
    /// Its value at the moment that was asked for.
    pub value: f64,
}

/// The line of least squares through the samples, with its value at `at_ms`.
pub fn regression(
    window: &Window<'_>,
    at_ms: i64,
    meter: &Meter<'_>,
) -> Result<Option<Line>, QueryError> {
    let (timestamps, values) = (window.timestamps, window.values);
    if values.len() < 2 {
        return Ok(None);
    }
    let first = values[0];
    let (mut x, mut y, mut xy, mut xx) = <(Sum, Sum, Sum, Sum)>::default();
    let mut constant = true;
    for span in meter.spans(values.len()) {
        let span = span?;
        for (&timestamp, &value) in timestamps[span.clone()].iter().zip(&values[span]) {
            constant &= value == first;
            let seconds = (timestamp as f64 - at_ms as f64) / 1e3;
            x.add(seconds);
            y.add(value);
            xy.add(seconds * value);
            xx.add(seconds * seconds);
        }
    }
    if constant {
        let infinite = first.is_infinite();
        let slope = if infinite { f64::NAN } else { 0.0 };
        return Ok(Some(Line { slope, value: if infinite { f64::NAN } else { first } }));
    }
    let count = values.len() as f64;
    let (x, y, xy, xx) = (x.total(), y.total(), xy.total(), xx.total());
    let covariance = xy - x * y / count;
    let spread = xx - x * x / count;
    let slope = covariance / spread;
    Ok(Some(Line { slope, value: y / count - slope * x / count }))
}
