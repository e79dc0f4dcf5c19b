//! What the rules of a group have found at this moment, before it is stored: the next rules of the
//! group see it beside the samples below.

use crate::samples::{
    BucketSeries, Budget, Hints, Labels, ReadError, Resolution, Samples, Selection, Series,
};

/// A sample that is to be stored.
#[derive(Debug, Clone)]
pub struct Fresh {
    /// Of which series.
    pub labels: Labels,
    /// When, in Unix time in milliseconds.
    pub at_ms: i64,
    /// Its value.
    pub value: f64,
}

/// Samples with some on top.
pub struct Overlay<'o> {
    /// What is stored.
    pub below: &'o dyn Samples,
    /// What is to be.
    pub fresh: &'o [Fresh],
}

impl Overlay<'_> {
    fn matching(&self, what: Selection<'_>) -> Vec<Fresh> {
        let matches =
            |fresh: &&Fresh| what.range.contains(fresh.at_ms) && what.accepts(&fresh.labels);
        self.fresh.iter().filter(matches).cloned().collect()
    }
}

impl Samples for Overlay<'_> {
    fn select(
        &self,
        what: Selection<'_>,
        hints: Hints,
        budget: &Budget,
    ) -> Result<Vec<Series>, ReadError> {
        let mut found = self.below.select(what, hints, budget)?;
        for Fresh { labels, at_ms, value } in self.matching(what) {
            budget.samples(1)?;
            match found.binary_search_by(|series| series.labels.cmp(&labels)) {
                Ok(place) => {
                    let series = &mut found[place];
                    // Of equal moments the first stays, as in the store.
                    if series.timestamps.last().is_none_or(|last| *last < at_ms) {
                        budget.hold(Series::SAMPLE_BYTES as u64)?;
                        series.timestamps.push(at_ms);
                        series.values.push(value);
                    }
                }
                Err(place) => {
                    let series = Series {
                        labels,
                        timestamps: vec![at_ms],
                        values: vec![value],
                        stand_ins: Vec::new(),
                    };
                    budget.hold(series.bytes())?;
                    found.insert(place, series);
                }
            }
        }
        budget.series(found.len())?;
        Ok(found)
    }

    /// Rollups know nothing of what is fresh.
    fn select_buckets(
        &self,
        what: Selection<'_>,
        resolution: Resolution,
        budget: &Budget,
    ) -> Result<Option<Vec<BucketSeries>>, ReadError> {
        if self.matching(what).is_empty() {
            return self.below.select_buckets(what, resolution, budget);
        }
        Ok(None)
    }

    fn find(
        &self,
        what: Selection<'_>,
        most: usize,
        budget: &Budget,
    ) -> Result<Vec<Labels>, ReadError> {
        let mut found = self.below.find(what, most, budget)?;
        found.extend(self.matching(what).into_iter().map(|fresh| fresh.labels));
        found.sort();
        found.dedup();
        found.truncate(most);
        Ok(found)
    }

    fn label_names(&self, what: Selection<'_>, budget: &Budget) -> Result<Vec<String>, ReadError> {
        self.below.label_names(what, budget)
    }

    fn label_values(
        &self,
        what: Selection<'_>,
        name: &str,
        budget: &Budget,
    ) -> Result<Vec<String>, ReadError> {
        self.below.label_values(what, name, budget)
    }
}
