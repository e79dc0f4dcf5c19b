//! The rates of counters: from samples, or from rollups where the span is long or samples are no
//! longer kept.

use super::buckets::{OF_COUNTERS, bucket_rates};
use crate::moments::DAY_MS;
use crate::query::{Interval, rates, usual_distance, usual_distances};
use crate::samples::{
    Bucket, BucketSeries, Hints, Labels, ReadError, Reader, Resolution, Selection, Series,
};

/// Longer spans are read from rollups: a pixel of theirs is many buckets of 5 minutes wide.
const LONGEST_RAW_MS: i64 = 8 * DAY_MS;

/// The rates of one counter.
pub struct Rates {
    pub metric: String,
    pub device: String,
    pub intervals: Vec<Interval>,
    /// How far its samples usually are apart, the shortest and the longest.
    pub samples_ms: Option<[i64; 2]>,
}

/// The rates of several counters, and the rollups that they were told from, if any.
pub struct Told {
    pub rates: Vec<Rates>,
    pub rollups: Option<Resolution>,
}

/// The rates of each series that is selected, in order of labels.
pub fn read(reader: Reader<'_>, what: Selection<'_>) -> Result<Told, ReadError> {
    if what.range.to_ms - what.range.from_ms > LONGEST_RAW_MS
        && let Some(found) = from_buckets(reader, what)?
    {
        return Ok(found);
    }
    let found = reader.select(what, Hints::default())?;
    let stands_in = found.iter().any(|series| !series.stand_ins.is_empty());
    let of_buckets = if stands_in { from_buckets(reader, what)? } else { None };
    let of_samples = || Told { rates: found.iter().map(of_samples).collect(), rollups: None };
    let all = of_buckets.unwrap_or_else(of_samples);
    reader.budget.release(found.iter().map(Series::bytes).sum());
    Ok(all)
}

fn of_samples(series: &Series) -> Rates {
    let intervals = rates(&series.timestamps, &series.values);
    let samples_ms = usual_distance(&series.timestamps).map(|distance| [distance; 2]);
    let (metric, device) = of_what(&series.labels);
    Rates { metric, device, intervals, samples_ms }
}

/// A series' metric and its device.
fn of_what(labels: &Labels) -> (String, String) {
    (labels.metric().to_owned(), labels.get("device").unwrap_or_default().to_owned())
}

/// Nothing where there are no rollups.
fn from_buckets(reader: Reader<'_>, what: Selection<'_>) -> Result<Option<Told>, ReadError> {
    let found = reader.select_figures(what, OF_COUNTERS)?;
    let Some(found) = found else { return Ok(None) };
    let rates = |series: &BucketSeries| {
        let (metric, device) = of_what(&series.labels);
        let distances = series.buckets.iter().filter_map(Bucket::distance_ms).collect();
        let intervals = bucket_rates(&series.buckets);
        Rates { metric, device, intervals, samples_ms: usual_distances(distances) }
    };
    let rates = found.iter().map(rates).collect();
    reader.budget.release(found.iter().map(BucketSeries::bytes).sum());
    Ok(Some(Told { rates, rollups: Some(OF_COUNTERS.resolution) }))
}
