//! A source as if it had no series of some metrics.

use std::collections::BTreeSet;

use super::{
    BucketSeries, Budget, Hints, Labels, ReadError, Resolution, Samples, Selection, Series,
};

/// A source without the series of these metrics.
pub struct Without<'w> {
    /// The source.
    pub samples: &'w dyn Samples,
    /// What it does not have.
    pub metrics: &'w BTreeSet<String>,
}

impl Without<'_> {
    fn has(&self, labels: &Labels) -> bool {
        !self.metrics.contains(labels.metric())
    }
}

impl Samples for Without<'_> {
    fn select(
        &self,
        what: Selection<'_>,
        hints: Hints,
        budget: &Budget,
    ) -> Result<Vec<Series>, ReadError> {
        let mut found = self.samples.select(what, hints, budget)?;
        found.retain(|series| self.has(&series.labels));
        Ok(found)
    }

    fn select_buckets(
        &self,
        what: Selection<'_>,
        resolution: Resolution,
        budget: &Budget,
    ) -> Result<Option<Vec<BucketSeries>>, ReadError> {
        let found = self.samples.select_buckets(what, resolution, budget)?;
        Ok(found.map(|mut found| {
            found.retain(|series| self.has(&series.labels));
            found
        }))
    }

    fn find(
        &self,
        what: Selection<'_>,
        most: usize,
        budget: &Budget,
    ) -> Result<Vec<Labels>, ReadError> {
        let mut found = self.samples.find(what, most, budget)?;
        found.retain(|labels| self.has(labels));
        Ok(found)
    }

    /// Those of all series: names are asked for by people only.
    fn label_names(&self, what: Selection<'_>, budget: &Budget) -> Result<Vec<String>, ReadError> {
        self.samples.label_names(what, budget)
    }

    fn label_values(
        &self,
        what: Selection<'_>,
        name: &str,
        budget: &Budget,
    ) -> Result<Vec<String>, ReadError> {
        self.samples.label_values(what, name, budget)
    }
}
