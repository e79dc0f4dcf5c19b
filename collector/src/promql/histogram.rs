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
        return decimal(text);
    };
    // Mantissa and power of two, which Go does not read one without the other.
    let (mantissa, exponent) = hexadecimal.split_once(['p', 'P'])?;
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = u64::from_str_radix(&format!("{whole}{part}"), 16).ok()?;
    let exponent = exponent.parse::<i32>().ok()?.checked_sub(4 * part.len() as i32)?;
    let size = all as f64 * 2f64.powi(exponent);
    Some(if text.starts_with('-') { -size } else { size })
}

/// A decimal number; an underscore may stand between two digits.
fn decimal(text: &str) -> Option<f64> {
    let is_digit = |part: Option<u8>| part.is_some_and(|digit| digit.is_ascii_digit());
    let mut parts = text.split('_').peekable();
    while let Some(part) = parts.next() {
        let next = parts.peek().map(|next| next.bytes().next());
        let between = |next| is_digit(part.bytes().next_back()) && is_digit(next);
        if next.is_some_and(|next| !between(next)) {
            return None;
        }
    }
    text.replace('_', "").parse().ok()
}

/// `histogram_quantile` for each step.
pub fn quantiles<'b>(
    quantiles: &Numbers<'b>,
    rows: &Rows<'b>,
    meter: &Meter<'b>,
) -> Result<Rows<'b>, QueryError> {
    let of_step = |step: usize, buckets: &[Bucket]| quantile(quantiles.list[step], buckets);
    each_histogram(quantiles.list.len(), rows, of_step, meter)
}

/// `histogram_fraction` for each step.
pub fn fractions<'b>(
    lower: &Numbers<'b>,
    upper: &Numbers<'b>,
    rows: &Rows<'b>,
    meter: &Meter<'b>,
) -> Result<Rows<'b>, QueryError> {
    let of_step =
        |step: usize, buckets: &[Bucket]| fraction([lower.list[step], upper.list[step]], buckets);
    each_histogram(lower.list.len(), rows, of_step, meter)
}

/// A number for each histogram and step, of its buckets in order of their bounds.
fn each_histogram<'b>(
    steps: usize,
    rows: &Rows<'b>,
    number: impl Fn(usize, &[Bucket]) -> f64,
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
        found.take(steps)?;
        let mut at: Vec<Bucket> = Vec::new();
        let points = meter.try_collect(steps, |step| {
            meter.check()?;
            at.clear();
            at.extend(buckets.iter().filter_map(|bucket| {
                let count = bucket.row.points[step]?;
                Some(Bucket { upper_bound: bucket.upper_bound, count })
            }));
            Ok((!at.is_empty()).then(|| number(step, &at)))
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
    let mut joined = joined(buckets);
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

/// Which part of all lies between two bounds; within a bucket, all are as likely.
fn fraction([lower, upper]: [f64; 2], buckets: &[Bucket]) -> f64 {
    let complete = buckets.last().is_some_and(|bucket| bucket.upper_bound == f64::INFINITY);
    if !complete || lower.is_nan() || upper.is_nan() {
        return f64::NAN;
    }
    let joined = joined(buckets);
    let all = joined[joined.len() - 1].count;
    if all == 0.0 {
        return f64::NAN;
    }
    if lower >= upper {
        return 0.0;
    }
    (below(upper, &joined) - below(lower, &joined)) / all
}

/// How many are below a value; never more than there are.
fn below(value: f64, buckets: &[Bucket]) -> f64 {
    let all = buckets.last().map_or(0.0, |bucket| bucket.count);
    // Where bounds are above zero, so is what they count.
    let is_positive = buckets.first().is_some_and(|bucket| bucket.upper_bound > 0.0);
    let mut begin = if is_positive { 0.0 } else { f64::NEG_INFINITY };
    let mut count = 0.0_f64;
    for bucket in buckets {
        if begin >= value {
            return count.min(all);
        }
        if bucket.upper_bound > value {
            // Where it begins, nobody knows: all of it may be below.
            let within = if begin == f64::NEG_INFINITY {
                bucket.count
            } else {
                let share = (value - begin) / (bucket.upper_bound - begin);
                count + (bucket.count - count) * share
            };
            return within.min(all);
        }
        (begin, count) = (bucket.upper_bound, bucket.count);
    }
    all
}

/// Buckets of the same bound as one.
fn joined(buckets: &[Bucket]) -> Vec<Bucket> {
    let mut joined: Vec<Bucket> = Vec::with_capacity(buckets.len());
    for bucket in buckets {
        match joined.last_mut() {
            Some(known) if known.upper_bound == bucket.upper_bound => known.count += bucket.count,
            _ => joined.push(*bucket),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_read_as_go_reads_it() {
        for (text, expected) in [
            ("0.5", Some(0.5)),
            ("+Inf", Some(f64::INFINITY)),
            ("1_000.5", Some(1000.5)),
            ("0x1p-2", Some(0.25)),
            ("_1", None),
            ("1__0", None),
            ("1_", None),
            ("1_.5", None),
            ("one", None),
        ] {
            assert_eq!(bound(text), expected, "{text}");
        }
    }

    #[test]
    fn a_fraction_is_what_lies_between_two_bounds() {
        let buckets = |list: &[(f64, f64)]| -> Vec<Bucket> {
            list.iter().map(|&(upper_bound, count)| Bucket { upper_bound, count }).collect()
        };
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        let whole = buckets(&[(0.0, 1.0), (0.1, 5.0), (0.2, 7.0), (1.0, 11.0), (inf, 12.0)]);
        for (lower, upper, expected) in [
            (0.0, 0.2, 6.0 / 12.0),
            (0.05, 0.15, 3.0 / 12.0),
            (0.2, 0.6, 2.0 / 12.0),
            (-inf, inf, 1.0),
            (1.0, inf, 1.0 / 12.0),
            (0.5, 0.5, 0.0),
            (2.0, 1.0, 0.0),
            (-5.0, 0.0, 0.0),
            (nan, 1.0, nan),
            (0.0, nan, nan),
        ] {
            let found = fraction([lower, upper], &whole);
            let same = found == expected || (found.is_nan() && expected.is_nan());
            let close = (found - expected).abs() < 1e-12;
            assert!(same || close, "{lower} to {upper}: {found}, not {expected}");
        }
        let positive = buckets(&[(0.1, 5.0), (0.2, 7.0), (1.0, 11.0), (inf, 12.0)]);
        for (lower, upper, expected) in [
            (0.0, 0.1, 5.0 / 12.0),
            (0.0, 0.2, 7.0 / 12.0),
            (0.05, 0.15, 3.5 / 12.0),
            (-inf, 0.05, 2.5 / 12.0),
            (-5.0, 0.0, 0.0),
            (-inf, inf, 1.0),
        ] {
            let found = fraction([lower, upper], &positive);
            assert!((found - expected).abs() < 1e-12, "{lower} to {upper}: {found}");
        }
        for list in [&[(1.0, 3.0)][..], &[(1.0, 0.0), (inf, 0.0)], &[]] {
            assert!(fraction([0.0, 1.0], &buckets(list)).is_nan(), "{list:?}");
        }
    }
}
