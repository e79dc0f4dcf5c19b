//! Two sources read as one: what the first has goes before what only the second has.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::{
    Bucket, BucketSeries, Budget, Hints, Labels, ReadError, Resolution, Samples, Selection, Series,
    Settled,
};

/// The samples of two sources together. Of equal timestamps in a series the first source's stays.
pub struct Merged<'s> {
    /// Whose samples stay.
    pub first: &'s dyn Samples,
    /// What adds to them.
    pub second: &'s dyn Samples,
}

impl Samples for Merged<'_> {
    fn select(
        &self,
        what: Selection<'_>,
        hints: Hints,
        budget: &Budget,
    ) -> Result<Vec<Series>, ReadError> {
        let first = self.first.select(what, hints, budget)?;
        let second = self.second.select(what, hints, budget)?;
        let merged = join(
            first,
            second,
            |series| &series.labels,
            |first, second| merge_samples(&first, &second),
        );
        budget.series(merged.len())?;
        Ok(merged)
    }

    /// Rollups of both; nothing where either has none, or where both have samples of one bucket.
    fn select_buckets(
        &self,
        what: Selection<'_>,
        resolution: Resolution,
        budget: &Budget,
    ) -> Result<Option<Vec<BucketSeries>>, ReadError> {
        let Some(first) = self.first.select_buckets(what, resolution, budget)? else {
            return Ok(None);
        };
        let Some(second) = self.second.select_buckets(what, resolution, budget)? else {
            return Ok(None);
        };
        let mut overlaps = false;
        let merged = join(
            first,
            second,
            |series| &series.labels,
            |first, second| {
                let labels = first.labels.clone();
                let merged = merge_buckets(first, &second);
                overlaps |= merged.is_none();
                merged.unwrap_or_else(|| BucketSeries { labels, buckets: Vec::new() })
            },
        );
        budget.series(merged.len())?;
        Ok((!overlaps).then_some(merged))
    }

    fn settled(&self) -> Option<Settled> {
        Some(self.first.settled()?.both(self.second.settled()?))
    }

    fn find(
        &self,
        what: Selection<'_>,
        most: usize,
        budget: &Budget,
    ) -> Result<Vec<Labels>, ReadError> {
        let first = self.first.find(what, most, budget)?;
        let second = self.second.find(what, most, budget)?;
        let mut both: Vec<Labels> = first.into_iter().chain(second).collect();
        both.sort();
        both.dedup();
        both.truncate(most);
        Ok(both)
    }

    fn label_names(&self, what: Selection<'_>, budget: &Budget) -> Result<Vec<String>, ReadError> {
        let first = self.first.label_names(what, budget)?;
        Ok(together(first, self.second.label_names(what, budget)?))
    }

    fn label_values(
        &self,
        what: Selection<'_>,
        name: &str,
        budget: &Budget,
    ) -> Result<Vec<String>, ReadError> {
        let first = self.first.label_values(what, name, budget)?;
        Ok(together(first, self.second.label_values(what, name, budget)?))
    }
}

fn together(first: Vec<String>, second: Vec<String>) -> Vec<String> {
    first.into_iter().chain(second).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Two ordered lists as one; what stands in both is merged.
fn join<T>(
    first: Vec<T>,
    second: Vec<T>,
    labels: impl Fn(&T) -> &Labels,
    mut merge: impl FnMut(T, T) -> T,
) -> Vec<T> {
    let mut joined = Vec::with_capacity(first.len().max(second.len()));
    let (mut first, mut second) = (first.into_iter().peekable(), second.into_iter().peekable());
    loop {
        let order = match (first.peek(), second.peek()) {
            (Some(a), Some(b)) => labels(a).cmp(labels(b)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return joined,
        };
        match order {
            Ordering::Less => joined.extend(first.next()),
            Ordering::Greater => joined.extend(second.next()),
            Ordering::Equal => {
                if let (Some(a), Some(b)) = (first.next(), second.next()) {
                    joined.push(merge(a, b));
                }
            }
        }
    }
}

/// All samples of both. Stand-ins give way where the other source has samples: those are finer.
fn merge_samples(first: &Series, second: &Series) -> Series {
    let raw_from = first_raw(first).min(first_raw(second));
    let labels = first.labels.clone();
    let mut points = points(first, raw_from);
    points.extend(self::points(second, raw_from));
    // Stable, so that of equal timestamps the first source's stays in front.
    points.sort_by_key(|point| point.at_ms);
    points.dedup_by_key(|point| point.at_ms);
    let mut merged = Series {
        labels,
        timestamps: Vec::with_capacity(points.len()),
        values: Vec::with_capacity(points.len()),
        stand_ins: Vec::new(),
    };
    for Point { at_ms, value, bucket_ms } in points {
        merged.timestamps.push(at_ms);
        merged.values.push(value);
        match (bucket_ms, merged.stand_ins.last_mut()) {
            (None, _) => {}
            (Some(length), Some((count, known))) if *known == length => *count += 1,
            (Some(length), _) => merged.stand_ins.push((1, length)),
        }
    }
    merged
}

struct Point {
    at_ms: i64,
    value: f64,
    /// The length of the bucket that it stands for.
    bucket_ms: Option<i64>,
}

/// When the first sample was taken that stands for no bucket.
fn first_raw(series: &Series) -> i64 {
    let stand_ins = series.stand_ins.iter().map(|(count, _)| count).sum::<usize>();
    series.timestamps.get(stand_ins).copied().unwrap_or(i64::MAX)
}

fn points(series: &Series, raw_from: i64) -> Vec<Point> {
    let lengths = series.stand_ins.iter();
    let lengths = lengths.flat_map(|&(count, length)| std::iter::repeat_n(Some(length), count));
    let samples = series.timestamps.iter().zip(&series.values);
    let all = samples.zip(lengths.chain(std::iter::repeat(None)));
    let point = |((&at_ms, &value), bucket_ms)| Point { at_ms, value, bucket_ms };
    all.map(point).filter(|point| point.bucket_ms.is_none() || point.at_ms < raw_from).collect()
}

/// The buckets of both in order of time; none if both hold samples of the same time, which cannot
/// be told apart any more.
fn merge_buckets(first: BucketSeries, second: &BucketSeries) -> Option<BucketSeries> {
    let BucketSeries { labels, mut buckets } = first;
    buckets.extend(&second.buckets);
    buckets.sort_by_key(|bucket| bucket.begin_ms);
    buckets.dedup();
    let apart =
        |pair: &[Bucket]| pair[0].begin_ms < pair[1].begin_ms && pair[0].last_ms < pair[1].first_ms;
    let all_apart = buckets.windows(2).all(apart);
    all_apart.then_some(BucketSeries { labels, buckets })
}

#[cfg(test)]
mod tests;
