//! Functions of windows whose ends lie on the borders of rollup buckets: answered from the buckets,
//! with the same result as from the samples.

use super::QueryError;
use super::look::Look;
use super::meter::Meter;
use super::rates::{Difference, Extrapolation};
use super::sample::Sample;
use super::sum::sum;
use super::tree::WindowFunction;
use super::windows;
use crate::samples::{Bucket, Figure, Figures, Resolution, TimeRange};

/// A function that needs no more of its windows than buckets keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BucketFunction {
    Difference(Extrapolation),
    Average,
    Sum,
    Min,
    Max,
    Count,
    Last,
    Present,
}

impl BucketFunction {
    /// A function of windows, if it is one of these.
    pub fn of(function: &WindowFunction) -> Option<Self> {
        match function {
            WindowFunction::Rate => Some(Self::Difference(Extrapolation::PerSecond)),
            WindowFunction::Increase => Some(Self::Difference(Extrapolation::Increase)),
            WindowFunction::Delta => Some(Self::Difference(Extrapolation::Delta)),
            WindowFunction::Average => Some(Self::Average),
            WindowFunction::Sum => Some(Self::Sum),
            WindowFunction::Min => Some(Self::Min),
            WindowFunction::Max => Some(Self::Max),
            WindowFunction::Count => Some(Self::Count),
            WindowFunction::Last => Some(Self::Last),
            WindowFunction::Present => Some(Self::Present),
            WindowFunction::Irate
            | WindowFunction::Idelta
            | WindowFunction::Derivative
            | WindowFunction::PredictLinear(_)
            | WindowFunction::HoltWinters(..)
            | WindowFunction::StandardDeviation
            | WindowFunction::Variance
            | WindowFunction::Quantile(_)
            | WindowFunction::First
            | WindowFunction::MedianDeviation
            | WindowFunction::TimeOf(_)
            | WindowFunction::Changes
            | WindowFunction::Resets => None,
        }
    }

    /// What it looks at in each bucket.
    pub fn figures(self) -> Figures {
        const FIRST: Figure = Figure::First;
        const COUNT: Figure = Figure::Count;
        match self {
            Self::Difference(_) => Figures::of(&[COUNT, FIRST, Figure::Last, Figure::Drops]),
            Self::Average | Self::Sum => Figures::of(&[COUNT, FIRST, Figure::Sum]),
            Self::Min => Figures::of(&[COUNT, FIRST, Figure::Min]),
            Self::Max => Figures::of(&[COUNT, FIRST, Figure::Max]),
            Self::Count | Self::Present => Figures::of(&[COUNT, FIRST]),
            Self::Last => Figures::of(&[COUNT, FIRST, Figure::Last]),
        }
    }

    /// The function of a window; both ends belong to it, and the sample at its end is the first of
    /// the bucket that begins there.
    pub fn answer(
        self,
        buckets: &[Bucket],
        window: TimeRange,
        meter: &Meter<'_>,
    ) -> Result<Option<f64>, QueryError> {
        let begin = buckets.partition_point(|bucket| bucket.begin_ms < window.from_ms);
        let end = buckets.partition_point(|bucket| bucket.begin_ms < window.to_ms);
        let border = buckets.get(end).filter(|bucket| bucket.first_ms == window.to_ms);
        let border = border.map(|bucket| bucket.first);
        let inside = &buckets[begin..end];
        if inside.is_empty() && border.is_none() {
            return Ok(None);
        }
        let count = inside.iter().map(|bucket| bucket.count).sum::<f64>();
        let count = count + f64::from(border.is_some());
        let values = |value: fn(&Bucket) -> f64| -> Vec<f64> {
            inside.iter().map(value).chain(border).collect()
        };
        Ok(match self {
            Self::Count => Some(count),
            Self::Sum => Some(sum(&values(|bucket| bucket.sum), meter)?),
            Self::Average => Some(sum(&values(|bucket| bucket.sum), meter)? / count),
            Self::Min => Some(windows::min(&values(|bucket| bucket.min), meter)?),
            Self::Max => Some(windows::max(&values(|bucket| bucket.max), meter)?),
            Self::Last => border.or_else(|| inside.last().map(|bucket| bucket.last)),
            Self::Present => Some(1.0),
            Self::Difference(kind) => {
                let border = border.map(|value| Sample { at_ms: window.to_ms, value });
                let difference = difference(inside, border, count);
                difference.and_then(|difference| difference.extrapolated(window, kind))
            }
        })
    }
}

/// The coarsest buckets whose borders are the ends of all windows.
pub fn resolution(look: &Look) -> Option<Resolution> {
    let fits = |resolution: &Resolution| {
        let bucket = resolution.ms();
        let aligned = |ms: i64| ms % bucket == 0;
        look.range_ms() >= bucket
            && aligned(look.range_ms())
            && aligned(look.at(0))
            && (look.steps() == 1 || aligned(look.step_ms()))
    };
    Resolution::ALL.into_iter().rev().find(fits)
}

fn difference(inside: &[Bucket], border: Option<Sample>, count: f64) -> Option<Difference> {
    let first = |bucket: &Bucket| Sample { at_ms: bucket.first_ms, value: bucket.first };
    let last = |bucket: &Bucket| Sample { at_ms: bucket.last_ms, value: bucket.last };
    let mut drops = 0.0;
    let mut before: Option<f64> = None;
    for bucket in inside {
        let fall = before.filter(|before| bucket.first < *before);
        drops += fall.unwrap_or_default() + bucket.drops;
        before = Some(bucket.last);
    }
    let at_border = before.filter(|before| border.is_some_and(|border| border.value < *before));
    Some(Difference {
        first: inside.first().map(first).or(border)?,
        last: border.or_else(|| inside.last().map(last))?,
        count: count as usize,
        drops: drops + at_border.unwrap_or_default(),
    })
}
