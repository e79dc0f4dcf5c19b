//! Rollups as their readers see them: what a bucket of 5 minutes or an hour keeps of its samples.

use super::Hints;
use super::labels::Labels;
use super::sample::Sample;

/// How long buckets are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resolution {
    /// 5 minutes.
    Minutes,
    /// An hour.
    Hour,
}

impl Resolution {
    /// Both, the finer first.
    pub const ALL: [Self; 2] = [Self::Minutes, Self::Hour];

    /// The length of a bucket.
    pub const fn ms(self) -> i64 {
        match self {
            Self::Minutes => 300_000,
            Self::Hour => 3_600_000,
        }
    }
}

/// What is left of the samples of a bucket. It holds its beginning and not its end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// When it begins, Unix time in milliseconds.
    pub begin_ms: i64,
    /// How many samples it holds.
    pub count: f64,
    /// Their sum.
    pub sum: f64,
    /// The least; NaN only if all are.
    pub min: f64,
    /// The greatest; NaN only if all are.
    pub max: f64,
    /// The first sample's moment.
    pub first_ms: i64,
    /// The first sample.
    pub first: f64,
    /// The last sample's moment.
    pub last_ms: i64,
    /// The last sample.
    pub last: f64,
    /// What a counter had reached before each fall, summed.
    pub drops: f64,
    /// The least rise a second from one sample to the next, a fall being a start from zero.
    pub slope_min: f64,
    /// The greatest; NaN where there is none.
    pub slope_max: f64,
}

impl Bucket {
    /// Neighbours further apart, in milliseconds, have a gap between them and no slope.
    pub const LONGEST_STEP_MS: i64 = 300_000;

    /// A bucket of one sample, with no neighbour.
    pub fn of(begin_ms: i64, Sample { at_ms, value }: Sample) -> Self {
        Self {
            begin_ms,
            count: 1.0,
            sum: value,
            min: value,
            max: value,
            first_ms: at_ms,
            first: value,
            last_ms: at_ms,
            last: value,
            drops: 0.0,
            slope_min: f64::NAN,
            slope_max: f64::NAN,
        }
    }

    /// How far its samples are apart, in milliseconds; none of one alone.
    pub fn distance_ms(&self) -> Option<f64> {
        (self.count > 1.0).then(|| (self.last_ms - self.first_ms) as f64 / (self.count - 1.0))
    }
}

/// A figure that a bucket keeps beside its moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "Bucket says what each is")]
pub enum Figure {
    Count,
    Sum,
    Min,
    Max,
    First,
    Last,
    Drops,
    SlopeMin,
    SlopeMax,
}

/// Some of the figures of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures(u16);

impl Figures {
    /// All of them.
    pub const ALL: Self = Self(u16::MAX);

    /// Those that are named.
    pub const fn of(named: &[Figure]) -> Self {
        let (mut figures, mut place) = (0, 0);
        while place < named.len() {
            figures |= 1 << named[place] as u16;
            place += 1;
        }
        Self(figures)
    }

    /// Whether a figure is among them.
    pub fn has(self, figure: Figure) -> bool {
        self.0 & 1 << figure as u16 != 0
    }
}

/// What is read of buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detail {
    /// How long they are.
    pub resolution: Resolution,
    /// The figures that the reader looks at.
    pub figures: Figures,
    /// The windows that it looks at: days without any may be left out.
    pub hints: Hints,
}

/// One series with its buckets in time order.
#[derive(Debug, Clone)]
pub struct BucketSeries {
    /// What names it.
    pub labels: Labels,
    /// Of the resolution that was asked for, or coarser where no finer are kept.
    pub buckets: Vec<Bucket>,
}

impl BucketSeries {
    /// What it takes in memory with its labels, in bytes.
    pub fn bytes(&self) -> u64 {
        self.labels.bytes() + (size_of_val(self.buckets.as_slice()) + size_of::<Self>()) as u64
    }
}
