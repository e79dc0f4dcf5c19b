//! A source of samples that counts how often it is read.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::samples::{
    BucketSeries, Budget, Detail, Hints, Labels, ReadError, Resolution, Samples, Selection, Series,
    Settled,
};

pub struct Counting<'s> {
    pub samples: &'s dyn Samples,
    reads: AtomicUsize,
}

impl<'s> Counting<'s> {
    pub fn new(samples: &'s dyn Samples) -> Self {
        Self { samples, reads: AtomicUsize::new(0) }
    }

    pub fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }

    fn counted(&self) -> &dyn Samples {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.samples
    }
}

impl Samples for Counting<'_> {
    fn select(
        &self,
        what: Selection<'_>,
        hints: Hints,
        budget: &Budget,
    ) -> Result<Vec<Series>, ReadError> {
        self.counted().select(what, hints, budget)
    }

    fn select_buckets(
        &self,
        what: Selection<'_>,
        resolution: Resolution,
        budget: &Budget,
    ) -> Result<Option<Vec<BucketSeries>>, ReadError> {
        self.counted().select_buckets(what, resolution, budget)
    }

    fn select_figures(
        &self,
        what: Selection<'_>,
        detail: Detail,
        budget: &Budget,
    ) -> Result<Option<Vec<BucketSeries>>, ReadError> {
        self.counted().select_figures(what, detail, budget)
    }

    fn settled(&self) -> Option<Settled> {
        self.samples.settled()
    }

    fn find(
        &self,
        what: Selection<'_>,
        most: usize,
        budget: &Budget,
    ) -> Result<Vec<Labels>, ReadError> {
        self.counted().find(what, most, budget)
    }

    fn label_names(&self, what: Selection<'_>, budget: &Budget) -> Result<Vec<String>, ReadError> {
        self.counted().label_names(what, budget)
    }

    fn label_values(
        &self,
        what: Selection<'_>,
        name: &str,
        budget: &Budget,
    ) -> Result<Vec<String>, ReadError> {
        self.counted().label_values(what, name, budget)
    }
}
