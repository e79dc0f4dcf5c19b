//! The seam for reading samples: one trait, and the words that it speaks.
//!
//! Whoever evaluates, draws or plans reads through [`Samples`] and knows no engine behind it. Every
//! read may fail and draws on the budget of the request that it belongs to. Writing is not here:
//! what is acknowledged lies in the store's own log. No I/O, no clock.

mod bucket;
mod budget;
mod error;
mod labels;
mod matcher;
mod memory;
mod merged;
mod newest;
mod order;
mod pattern;
mod pool;
mod range;
mod sample;
mod series;
mod settled;
mod sum;
mod without;

pub use self::bucket::{Bucket, BucketSeries, Detail, Figure, Figures, Resolution};
pub use self::budget::{Budget, Held, Limits, Stop};
pub use self::error::ReadError;
pub use self::labels::{Labels, METRIC};
pub use self::matcher::Matcher;
pub use self::memory::Memory;
pub use self::merged::Merged;
pub use self::newest::Newest;
pub use self::order::sorted;
pub use self::pattern::{LARGEST_BYTES, Pattern, PatternError};
pub use self::pool::{NoRoom, Pool, Share, Side, Sides};
pub use self::range::TimeRange;
pub use self::sample::Sample;
pub use self::series::Series;
pub use self::settled::Settled;
pub use self::sum::Sum;
pub use self::without::Without;

/// Which series a read is about, and when.
#[derive(Debug, Clone, Copy)]
pub struct Selection<'a> {
    /// All of them accept the series.
    pub matchers: &'a [Matcher],
    /// The time that is looked at.
    pub range: TimeRange,
}

impl<'a> Selection<'a> {
    /// Whether all matchers accept a series; what it does not have is empty for them.
    pub fn accepts(&self, labels: &Labels) -> bool {
        let value = |matcher: &Matcher| labels.get(matcher.name()).unwrap_or_default();
        self.matchers.iter().all(|matcher| matcher.accepts(value(matcher)))
    }

    /// The series that match, whenever they had samples.
    pub fn ever(matchers: &'a [Matcher]) -> Self {
        Self { matchers, range: TimeRange::EVER }
    }
}

/// What the reader will do with the samples; less may be answered where that is enough.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hints {
    /// The distance of the points that the reader will compute, in milliseconds; 0 if it wants
    /// every sample.
    pub step_ms: i64,
    /// How far each point looks back, in milliseconds; samples that no point sees may be left out.
    pub range_ms: i64,
}

impl Hints {
    /// Every sample is wanted.
    pub const ALL: Self = Self { step_ms: 0, range_ms: 0 };
}

/// Something that samples can be read from.
///
/// What a read returns is held by the budget, at the size that `bytes()` of a series tells, until
/// the reader releases it or the budget ends.
pub trait Samples: Send + Sync {
    /// The series that match and have samples in the range, ordered by labels. Where raw samples
    /// are no longer kept, the last of each rollup stands in.
    fn select(
        &self,
        what: Selection<'_>,
        hints: Hints,
        budget: &Budget,
    ) -> Result<Vec<Series>, ReadError>;

    /// What rollups keep of the series that match, ordered by labels; nothing if there are no
    /// rollups here, and the reader has to select samples.
    fn select_buckets(
        &self,
        what: Selection<'_>,
        resolution: Resolution,
        budget: &Budget,
    ) -> Result<Option<Vec<BucketSeries>>, ReadError>;

    /// The same of a reader who looks at some figures of each bucket only: the others may be NaN,
    /// where that saves reading them.
    fn select_figures(
        &self,
        what: Selection<'_>,
        detail: Detail,
        budget: &Budget,
    ) -> Result<Option<Vec<BucketSeries>>, ReadError> {
        self.select_buckets(what, detail.resolution, budget)
    }

    /// Until when what is read stays as it is; nothing if that is not known here.
    fn settled(&self) -> Option<Settled> {
        None
    }

    /// The labels of the series that match and have samples on a day that the range touches,
    /// ordered; at most so many, and then it is not said which.
    fn find(
        &self,
        what: Selection<'_>,
        most: usize,
        budget: &Budget,
    ) -> Result<Vec<Labels>, ReadError>;

    /// The names of the labels that those series have, ordered.
    fn label_names(&self, what: Selection<'_>, budget: &Budget) -> Result<Vec<String>, ReadError>;

    /// The values that those series have of one label, ordered.
    fn label_values(
        &self,
        what: Selection<'_>,
        name: &str,
        budget: &Budget,
    ) -> Result<Vec<String>, ReadError>;
}

/// One request's way to the samples: where they are, and what it may still take of them.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// Where samples are read from.
    pub samples: &'a dyn Samples,
    /// What all reads of the request share.
    pub budget: &'a Budget,
}

impl<'a> Reader<'a> {
    /// A way to the samples on a budget.
    pub fn new(samples: &'a dyn Samples, budget: &'a Budget) -> Self {
        Self { samples, budget }
    }

    /// As [`Samples::select`].
    pub fn select(self, what: Selection<'_>, hints: Hints) -> Result<Vec<Series>, ReadError> {
        self.samples.select(what, hints, self.budget)
    }

    /// As [`Samples::select_buckets`].
    pub fn select_buckets(
        self,
        what: Selection<'_>,
        resolution: Resolution,
    ) -> Result<Option<Vec<BucketSeries>>, ReadError> {
        self.samples.select_buckets(what, resolution, self.budget)
    }

    /// As [`Samples::select_figures`].
    pub fn select_figures(
        self,
        what: Selection<'_>,
        detail: Detail,
    ) -> Result<Option<Vec<BucketSeries>>, ReadError> {
        self.samples.select_figures(what, detail, self.budget)
    }

    /// As [`Samples::find`].
    pub fn find(self, what: Selection<'_>, most: usize) -> Result<Vec<Labels>, ReadError> {
        self.samples.find(what, most, self.budget)
    }

    /// As [`Samples::label_names`].
    pub fn label_names(self, what: Selection<'_>) -> Result<Vec<String>, ReadError> {
        self.samples.label_names(what, self.budget)
    }

    /// As [`Samples::label_values`].
    pub fn label_values(self, what: Selection<'_>, name: &str) -> Result<Vec<String>, ReadError> {
        self.samples.label_values(what, name, self.budget)
    }
}
