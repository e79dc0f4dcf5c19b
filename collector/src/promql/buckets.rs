//! Functions of windows whose ends lie on the borders of rollup buckets: answered from the buckets,
//! with the same result as from the samples.

use super::grid::Grid;
use super::rates::{Difference, Extrapolation};
use super::selector::Shift;
use super::windows;
use crate::samples::{Bucket, Resolution};

/// Shorter windows are read as samples: buckets would save nothing.
const SHORTEST_BUCKETS: i64 = 4;

/// Whether a function needs no more of its windows than buckets keep.
pub fn suffice_for(function: &str) -> bool {
    matches!(
        function,
        "rate"
            | "increase"
            | "delta"
            | "avg_over_time"
            | "sum_over_time"
            | "min_over_time"
            | "max_over_time"
            | "count_over_time"
            | "last_over_time"
            | "present_over_time"
    )
}

/// The coarsest buckets whose borders are the ends of all windows.
pub fn resolution(grid: &Grid, shift: Shift, range_ms: i64) -> Option<Resolution> {
    let fits = |resolution: &Resolution| {
        let bucket = resolution.ms();
        let aligned = |ms: i64| ms % bucket == 0;
        range_ms >= SHORTEST_BUCKETS * bucket
            && aligned(range_ms)
            && aligned(shift.apply(grid.from_ms))
            && (grid.steps == 1 || shift.is_fixed() || aligned(grid.step_ms))
    };
    Resolution::ALL.into_iter().rev().find(fits)
}

/// The function of the window from one moment to another; both ends belong to it, and the sample at
/// its end is the first of the bucket that begins there.
pub fn answer(function: &str, buckets: &[Bucket], (from_ms, to_ms): (i64, i64)) -> Option<f64> {
    let begin = buckets.partition_point(|bucket| bucket.begin_ms < from_ms);
    let end = buckets.partition_point(|bucket| bucket.begin_ms < to_ms);
    let border = buckets.get(end).filter(|bucket| bucket.first_ms == to_ms).map(|b| b.first);
    let inside = &buckets[begin..end];
    if inside.is_empty() && border.is_none() {
        return None;
    }
    let count = inside.iter().map(|bucket| bucket.count).sum::<f64>() + f64::from(border.is_some());
    let values =
        |value: fn(&Bucket) -> f64| inside.iter().map(value).chain(border).collect::<Vec<f64>>();
    Some(match function {
        "count_over_time" => count,
        "sum_over_time" => windows::sum(&values(|bucket| bucket.sum)),
        "avg_over_time" => windows::sum(&values(|bucket| bucket.sum)) / count,
        "min_over_time" => windows::min(&values(|bucket| bucket.min)),
        "max_over_time" => windows::max(&values(|bucket| bucket.max)),
        "last_over_time" => border.or_else(|| Some(inside.last()?.last))?,
        "present_over_time" => 1.0,
        _ => {
            let kind = match function {
                "rate" => Extrapolation::PerSecond,
                "increase" => Extrapolation::Increase,
                _ => Extrapolation::Delta,
            };
            difference(inside, border.map(|value| (to_ms, value)), count)?
                .extrapolated((from_ms, to_ms), kind)?
        }
    })
}

fn difference(inside: &[Bucket], border: Option<(i64, f64)>, count: f64) -> Option<Difference> {
    let first = inside.first().map(|bucket| (bucket.first_ms, bucket.first)).or(border)?;
    let last = border.or_else(|| inside.last().map(|bucket| (bucket.last_ms, bucket.last)))?;
    let mut drops = 0.0;
    let mut before: Option<f64> = None;
    for (first, last, own) in inside
        .iter()
        .map(|bucket| (bucket.first, bucket.last, bucket.drops))
        .chain(border.map(|(_, value)| (value, value, 0.0)))
    {
        drops += before.filter(|before| first < *before).unwrap_or_default() + own;
        before = Some(last);
    }
    Some(Difference { first, last, count: count as usize, drops })
}
