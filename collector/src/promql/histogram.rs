//! Quantiles of classic histograms: buckets by upper bound in the label `le`.

use std::collections::BTreeMap;

use super::value::Row;
use crate::samples::{Labels, METRIC};

/// Upper bound and cumulative count.
type Bucket = (f64, f64);

/// `histogram_quantile` for each step; `quantiles` has one value a step.
pub fn quantiles(quantiles: &[f64], rows: &[Row]) -> Vec<Row> {
    let mut histograms: BTreeMap<Labels, Vec<(f64, &Row)>> = BTreeMap::new();
    for row in rows {
        let Some(bound) = row.labels.get("le").and_then(|le| le.parse().ok()) else { continue };
        let labels = row.labels.without(&["le", METRIC]);
        histograms.entry(labels).or_default().push((bound, row));
    }
    let row = |(labels, buckets): (Labels, Vec<(f64, &Row)>)| {
        let point = |(step, &q): (usize, &f64)| {
            let at = buckets.iter().filter_map(|(bound, row)| Some((*bound, row.points[step]?)));
            let at: Vec<Bucket> = at.collect();
            (!at.is_empty()).then(|| quantile(q, at))
        };
        Row { labels, points: quantiles.iter().enumerate().map(point).collect() }
    };
    histograms.into_iter().map(row).collect()
}

fn quantile(q: f64, mut buckets: Vec<Bucket>) -> f64 {
    if q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    if buckets.last().is_none_or(|(bound, _)| *bound != f64::INFINITY) {
        return f64::NAN;
    }
    let mut joined: Vec<Bucket> = Vec::with_capacity(buckets.len());
    for (bound, count) in buckets {
        match joined.last_mut() {
            Some((known, sum)) if *known == bound => *sum += count,
            _ => joined.push((bound, count)),
        }
    }
    // Counts that fall, as rates of a scrape in between may, are held up.
    let mut highest = joined[0].1;
    for (_, count) in joined.iter_mut().skip(1) {
        if *count > highest {
            highest = *count;
        } else if *count < highest {
            *count = highest;
        }
    }
    let all = joined[joined.len() - 1].1;
    if joined.len() < 2 || all == 0.0 {
        return f64::NAN;
    }
    let mut rank = q * all;
    let finite = joined.len() - 1;
    let place = joined[..finite].iter().position(|(_, count)| *count >= rank).unwrap_or(finite);
    if place == finite {
        return joined[finite - 1].0;
    }
    if place == 0 && joined[0].0 <= 0.0 {
        return joined[0].0;
    }
    let (mut begin, end, mut count) = (0.0, joined[place].0, joined[place].1);
    if place > 0 {
        begin = joined[place - 1].0;
        count -= joined[place - 1].1;
        rank -= joined[place - 1].1;
    }
    begin + (end - begin) * (rank / count)
}
