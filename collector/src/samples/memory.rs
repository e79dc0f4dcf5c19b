//! A few samples in memory: what rules have found and is not stored yet, and what trials begin with.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    BucketSeries, Budget, Hints, Labels, ReadError, Resolution, Samples, Selection, Series,
    TimeRange,
};

/// Series with their samples in order of time.
#[derive(Debug, Default)]
pub struct Memory(BTreeMap<Labels, BTreeMap<i64, f64>>);

impl Memory {
    /// Adds a sample; of equal moments of a series the first stays, as in the store.
    pub fn put(&mut self, labels: &Labels, at_ms: i64, value: f64) {
        if !self.0.contains_key(labels) {
            self.0.insert(labels.clone(), BTreeMap::new());
        }
        if let Some(samples) = self.0.get_mut(labels) {
            samples.entry(at_ms).or_insert(value);
        }
    }

    /// Forgets what is older than a moment.
    pub fn forget_before(&mut self, before_ms: i64) {
        self.0.retain(|_, samples| {
            *samples = samples.split_off(&before_ms);
            !samples.is_empty()
        });
    }

    fn matching(&self, what: Selection<'_>) -> impl Iterator<Item = (&Labels, Vec<(i64, f64)>)> {
        let found = self.0.iter().filter(move |(labels, _)| what.accepts(labels));
        let inside = move |(labels, samples)| {
            let samples: &BTreeMap<i64, f64> = samples;
            let TimeRange { from_ms, to_ms } = what.range;
            // An empty range is none of a tree's.
            let inside = (from_ms <= to_ms).then(|| samples.range(from_ms..=to_ms));
            let inside = inside.into_iter().flatten().map(|(at_ms, value)| (*at_ms, *value));
            (labels, inside.collect::<Vec<_>>())
        };
        found.map(inside).filter(|(_, samples)| !samples.is_empty())
    }
}

impl Samples for Memory {
    fn select(
        &self,
        what: Selection<'_>,
        _: Hints,
        budget: &Budget,
    ) -> Result<Vec<Series>, ReadError> {
        let mut found = Vec::new();
        for (labels, samples) in self.matching(what) {
            budget.samples(samples.len())?;
            let (timestamps, values) = samples.into_iter().unzip();
            let labels = labels.clone();
            let series = Series { labels, timestamps, values, stand_ins: Vec::new() };
            budget.hold(series.bytes())?;
            found.push(series);
        }
        budget.series(found.len())?;
        Ok(found)
    }

    /// There are no rollups of what is here.
    fn select_buckets(
        &self,
        what: Selection<'_>,
        _: Resolution,
        _: &Budget,
    ) -> Result<Option<Vec<BucketSeries>>, ReadError> {
        Ok(self.matching(what).next().is_none().then(Vec::new))
    }

    fn find(&self, what: Selection<'_>, most: usize, _: &Budget) -> Result<Vec<Labels>, ReadError> {
        Ok(self.matching(what).map(|(labels, _)| labels.clone()).take(most).collect())
    }

    fn label_names(&self, what: Selection<'_>, _: &Budget) -> Result<Vec<String>, ReadError> {
        let names = self.matching(what).flat_map(|(labels, _)| labels.iter().map(|pair| pair.0));
        Ok(names.map(str::to_owned).collect::<BTreeSet<_>>().into_iter().collect())
    }

    fn label_values(
        &self,
        what: Selection<'_>,
        name: &str,
        _: &Budget,
    ) -> Result<Vec<String>, ReadError> {
        let values = self.matching(what).filter_map(|(labels, _)| labels.get(name));
        Ok(values.map(str::to_owned).collect::<BTreeSet<_>>().into_iter().collect())
    }
}
