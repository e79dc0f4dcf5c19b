//! Quantiles of classic histograms: buckets by upper bound in the label `le`.

use std::collections::BTreeMap;

use super::QueryError;
use super::meter::Meter;
use super::rows::{Numbers, Rows};
use super::value::Row;
use crate::samples::{Labels, METRIC};

/// A bucket at one step.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    upper_bound: f64,
    /// How many are below the bound, in all buckets so far.
    count: f64,
}

/// A bucket at all steps.
struct BucketRow<'r> {
    upper_bound: f64,
    row: &'r Row,
}

/// The upper bound that a label tells, in any way that Go reads.
fn bound(text: &str) -> Option<f64> {
    let digits = text.trim_start_matches(['+', '-']);
    let Some(hexadecimal) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) else {
        return text.parse().ok();
    };
    // Mantissa and power of two, which Go does not read one without the other.
    let (mantissa, exponent) = hexadecimal.split_once(['p', 'P'])?;
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = u64::from_str_radix(&format!("{whole}{part}"), 16).ok()?;
    let exponent = exponent.parse::<i32>().ok()?.checked_sub(4 * part.len() as i32)?;
    let size = all as f64 * 2f64.powi(exponent);
    Some(if text.starts_with('-') { -size } else { size })
}

/// `histogram_quantile` for each step.
pub fn quantiles<'b>(
    quantiles: &Numbers<'b>,
    rows: &Rows<'b>,
    meter: &Meter<'b>,
) -> Result<Rows<'b>, QueryError> {
    let mut found = Rows::none(meter);
    let mut memory = meter.nothing();
    let mut histograms: BTreeMap<Labels, Vec<BucketRow<'_>>> = BTreeMap::new();
    for row in &rows.list {
        meter.check()?;
        let bound = row.labels.get("le").and_then(bound);
        let Some(upper_bound) = bound else { continue };
        found.names.take(row.labels.bytes())?;
        memory.take_items::<(Labels, BucketRow<'_>)>(2)?;
        // Histograms of two metrics are two, even where their results would be called the same.
        let labels = row.labels.without(&["le"]);
        histograms.entry(labels).or_default().push(BucketRow { upper_bound, row });
    }
    for (labels, mut buckets) in histograms {
        buckets.sort_by(|a, b| a.upper_bound.total_cmp(&b.upper_bound));
        let steps = quantiles.list.len();
        found.take(steps)?;
        let mut at: Vec<Bucket> = Vec::new();
        let points = meter.try_collect(steps, |step| {
            meter.check()?;
            at.clear();
            at.extend(buckets.iter().filter_map(|bucket| {
                let count = bucket.row.points[step]?;
                Some(Bucket { upper_bound: bucket.upper_bound, count })
            }));
            Ok((!at.is_empty()).then(|| quantile(quantiles.list[step], &at)))
        })?;
        found.list.push(Row { labels: labels.without(&[METRIC]), points });
    }
    found.merge(meter)?;
    Ok(found)
}

/// The quantile of buckets in order of their bounds.
fn quantile(q: f64, buckets: &[Bucket]) -> f64 {
    if q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    if buckets.last().is_none_or(|bucket| bucket.upper_bound != f64::INFINITY) {
        return f64::NAN;
    }
    let mut joined: Vec<Bucket> = Vec::with_capacity(buckets.len());
    for bucket in buckets {
        match joined.last_mut() {
            Some(known) if known.upper_bound == bucket.upper_bound => known.count += bucket.count,
            _ => joined.push(*bucket),
        }
    }
    // Counts that fall, as rates of a scrape in between may, are held up.
    let mut highest = joined[0].count;
    for bucket in joined.iter_mut().skip(1) {
        if bucket.count > highest {
            highest = bucket.count;
        } else if bucket.count < highest {
            bucket.count = highest;
        }
    }
    let all = joined[joined.len() - 1].count;
    if joined.len() < 2 || all == 0.0 {
        return f64::NAN;
    }
    let mut rank = q * all;
    let finite = joined.len() - 1;
    let place = joined[..finite].iter().position(|bucket| bucket.count >= rank).unwrap_or(finite);
    if place == finite {
        return joined[finite - 1].upper_bound;
    }
    if place == 0 && joined[0].upper_bound <= 0.0 {
        return joined[0].upper_bound;
    }
    let (mut begin, end, mut count) = (0.0, joined[place].upper_bound, joined[place].count);
    if place > 0 {
        begin = joined[place - 1].upper_bound;
        count -= joined[place - 1].count;
        rank -= joined[place - 1].count;
    }
    begin + (end - begin) * (rank / count)
}
