//! The store as a source of samples.

use super::Store;
use super::{buckets, names, select, settled};
use crate::samples::{
    BucketSeries, Budget, Detail, Figures, Hints, Labels, ReadError, Resolution, Samples,
    Selection, Series, Settled,
};

impl Samples for Store {
    fn select(
        &self,
        what: Selection<'_>,
        hints: Hints,
        budget: &Budget,
    ) -> Result<Vec<Series>, ReadError> {
        select::select(self, what, hints, budget)
    }

    fn select_buckets(
        &self,
        what: Selection<'_>,
        resolution: Resolution,
        budget: &Budget,
    ) -> Result<Option<Vec<BucketSeries>>, ReadError> {
        let detail = Detail { resolution, figures: Figures::ALL, hints: Hints::ALL };
        self.select_figures(what, detail, budget)
    }

    fn select_figures(
        &self,
        what: Selection<'_>,
        detail: Detail,
        budget: &Budget,
    ) -> Result<Option<Vec<BucketSeries>>, ReadError> {
        buckets::select(self, what, detail, budget).map(Some)
    }

    fn settled(&self) -> Option<Settled> {
        settled::settled(self)
    }

    fn find(
        &self,
        what: Selection<'_>,
        most: usize,
        budget: &Budget,
    ) -> Result<Vec<Labels>, ReadError> {
        names::find(self, what, most, budget)
    }

    fn label_names(&self, what: Selection<'_>, budget: &Budget) -> Result<Vec<String>, ReadError> {
        names::label_names(self, what, budget)
    }

    fn label_values(
        &self,
        what: Selection<'_>,
        name: &str,
        budget: &Budget,
    ) -> Result<Vec<String>, ReadError> {
        names::label_values(self, what, name, budget)
    }
}
