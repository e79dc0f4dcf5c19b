//! The rates of counters: from samples, or from rollups where the span is long or samples are no
//! longer kept.

use super::buckets::{OF_COUNTERS, bucket_rates};
use crate::moments::DAY_MS;
use crate::query::{Interval, rates};
use crate::samples::{BucketSeries, Hints, ReadError, Reader, Selection, Series};

/// Longer spans are read from rollups: a pixel of theirs is many buckets of 5 minutes wide.
const LONGEST_RAW_MS: i64 = 8 * DAY_MS;

/// The rates of one counter.
pub struct Rates {
    pub metric: String,
    pub intervals: Vec<Interval>,
}

/// The rates of each series that is selected, in order of labels.
pub fn read(reader: Reader<'_>, what: Selection<'_>) -> Result<Vec<Rates>, ReadError> {
    if what.range.to_ms - what.range.from_ms > LONGEST_RAW_MS
        && let Some(found) = from_buckets(reader, what)?
    {
        return Ok(found);
    }
    let found = reader.select(what, Hints::default())?;
    let stands_in = found.iter().any(|series| !series.stand_ins.is_empty());
    let of_buckets = if stands_in { from_buckets(reader, what)? } else { None };
    let all = of_buckets.unwrap_or_else(|| found.iter().map(of_samples).collect());
    reader.budget.release(found.iter().map(Series::bytes).sum());
    Ok(all)
}

fn of_samples(series: &Series) -> Rates {
    let intervals = rates(&series.timestamps, &series.values);
    Rates { metric: series.labels.metric().to_owned(), intervals }
}

/// Nothing where there are no rollups.
fn from_buckets(reader: Reader<'_>, what: Selection<'_>) -> Result<Option<Vec<Rates>>, ReadError> {
    let found = reader.select_figures(what, OF_COUNTERS)?;
    let Some(found) = found else { return Ok(None) };
    let rates = |series: &BucketSeries| Rates {
        metric: series.labels.metric().to_owned(),
        intervals: bucket_rates(&series.buckets),
    };
    let all = found.iter().map(rates).collect();
    reader.budget.release(found.iter().map(BucketSeries::bytes).sum());
    Ok(Some(all))
}
