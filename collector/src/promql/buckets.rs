//! Functions of windows whose ends lie on the borders of rollup buckets: answered from the buckets,
//! with the same result as from the samples.

use super::QueryError;
use super::look::Look;
use super::meter::Meter;
use super::rates::{Difference, Extrapolation};
use super::tree::WindowFunction;
use crate::samples::{Bucket, Figure, Figures, Resolution, Sample, Sum, TimeRange};

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
        let mut fold = Fold::default();
        for part in meter.parts(&buckets[begin..end]) {
            part?.iter().for_each(|bucket| fold.add(bucket));
        }
        if let Some(border) = border {
            fold.add_sample(Sample { at_ms: window.to_ms, value: border });
        }
        Ok(self.of_fold(fold, window))
    }

    /// The function of a window with all that it holds.
    pub fn of_fold(self, fold: Fold, window: TimeRange) -> Option<f64> {
        let all = fold.bucket()?;
        match self {
            Self::Count => Some(all.count),
            Self::Sum => Some(all.sum),
            Self::Average => Some(all.sum / all.count),
            Self::Min => Some(all.min),
            Self::Max => Some(all.max),
            Self::Last => Some(all.last),
            Self::Present => Some(1.0),
            Self::Difference(kind) => {
                let difference = Difference {
                    first: Sample { at_ms: all.first_ms, value: all.first },
                    last: Sample { at_ms: all.last_ms, value: all.last },
                    count: all.count as usize,
                    drops: all.drops,
                };
                difference.extrapolated(window, kind)
            }
        }
    }
}

/// Buckets and samples in order of time, as one bucket. What is not read of buckets means nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fold {
    all: Option<Bucket>,
    sum: Sum,
}

impl Fold {
    /// All of them, if there are any.
    pub fn bucket(&self) -> Option<Bucket> {
        self.all.map(|all| Bucket { sum: self.sum.settled(), ..all })
    }

    /// What comes behind all others.
    pub fn add(&mut self, next: &Bucket) {
        self.sum.add(next.sum);
        let Some(all) = &mut self.all else {
            self.all = Some(*next);
            return;
        };
        let fall = if next.first < all.last { all.last } else { 0.0 };
        all.drops += fall + next.drops;
        all.count += next.count;
        all.min = if next.min < all.min || all.min.is_nan() { next.min } else { all.min };
        all.max = if next.max > all.max || all.max.is_nan() { next.max } else { all.max };
        (all.last_ms, all.last) = (next.last_ms, next.last);
    }

    /// A sample behind all others.
    pub fn add_sample(&mut self, sample: Sample) {
        self.add(&Bucket::of(sample.at_ms, sample));
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
