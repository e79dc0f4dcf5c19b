//! What cores worked at most and at least, told from how fast their idle time rose: between samples
//! where these are read, else as rollups keep it, which know how fast each core's rose at its slowest
//! and at its fastest, and not at the same moment as others.

use std::collections::BTreeMap;

use headroom_proto::catalogue::NODE_CPU_SECONDS_TOTAL;
use headroom_proto::metric::INSTANCE;

use super::points::Points;
use super::steps;
use crate::graphs::definition::Cores;
use crate::query::rates;
use crate::samples::{
    BucketSeries, Detail, Figure, Figures, Hints, METRIC, Matcher, ReadError, Reader, Resolution,
    Selection, Series, TimeRange,
};

/// Modes in which a core does nothing that anybody asked for.
const IDLE: [&str; 2] = ["idle", "iowait"];

/// A sample so long before a moment may be the one from which its rate is told.
const BEFORE_MS: i64 = 300_000;

/// From which distance of moments on buckets of an hour are fine enough.
const HOURS_FROM_MS: i64 = 4 * Resolution::Hour.ms();

/// The cores of a host, and the moments of a graph.
pub struct Asked<'a> {
    pub instance: &'a str,
    pub which: Cores,
    pub moments: &'a [i64],
    pub step_ms: i64,
}

/// The most and the least that cores worked in the time before each moment, as a part of that time.
pub struct Extremes {
    pub most: Points,
    pub least: Points,
}

/// How fast a core's idle time rose within a stretch of time: at its slowest and at its fastest.
#[derive(Debug, Clone, Copy, Default)]
struct Idle {
    slowest: f64,
    fastest: f64,
}

/// The idle time of cores by the stretch that it was told for and by core.
type Stretches<'s> = BTreeMap<(i64, &'s str), Idle>;

/// What cores worked at most and at least, as it is read for such steps.
pub fn extremes(
    reader: Reader<'_>,
    asked: &Asked<'_>,
    detail: steps::Detail,
) -> Result<Extremes, ReadError> {
    let (Some(first), Some(last)) = (asked.moments.first(), asked.moments.last()) else {
        return Ok(Extremes { most: Points::new(), least: Points::new() });
    };
    let matchers = [
        Matcher::equal(METRIC, NODE_CPU_SECONDS_TOTAL.name),
        Matcher::equal(INSTANCE, asked.instance),
        Matcher::one_of("mode", IDLE),
    ];
    let from_ms = first - asked.step_ms;
    let selection = |before_ms| {
        let range = TimeRange { from_ms: from_ms - before_ms, to_ms: *last };
        Selection { matchers: &matchers, range }
    };
    match detail {
        steps::Detail::Moments => {
            let found = reader.select(selection(BEFORE_MS), Hints::default())?;
            let worked = worked(&between_samples(&found), asked.which);
            reader.budget.release(found.iter().map(Series::bytes).sum());
            Ok(within(&worked, asked, 0))
        }
        steps::Detail::Windows => {
            let hours = asked.step_ms >= HOURS_FROM_MS;
            let resolution = if hours { Resolution::Hour } else { Resolution::Minutes };
            let figures = Figures::of(&[Figure::SlopeMin, Figure::SlopeMax]);
            let detail = Detail { resolution, figures, hints: Hints::ALL };
            let found = reader.select_figures(selection(resolution.ms()), detail)?;
            let found = found.unwrap_or_default();
            let worked = worked(&of_buckets(&found), asked.which);
            reader.budget.release(found.iter().map(BucketSeries::bytes).sum());
            // A bucket is named by its beginning, and one that began before reaches into the first.
            Ok(within(&worked, asked, resolution.ms()))
        }
    }
}

/// Series of one host have their samples at the same moments, by which a stretch is named.
fn between_samples(found: &[Series]) -> Stretches<'_> {
    let mut stretches = Stretches::new();
    for series in found {
        let core = series.labels.get("cpu").unwrap_or_default();
        for rate in rates(&series.timestamps, &series.values) {
            let idle = stretches.entry((rate.to_ms, core)).or_default();
            idle.slowest += rate.mean;
            idle.fastest += rate.mean;
        }
    }
    stretches
}

fn of_buckets(found: &[BucketSeries]) -> Stretches<'_> {
    let mut stretches = Stretches::new();
    for series in found {
        let core = series.labels.get("cpu").unwrap_or_default();
        for bucket in series.buckets.iter().filter(|bucket| bucket.slope_min.is_finite()) {
            let idle = stretches.entry((bucket.begin_ms, core)).or_default();
            idle.slowest += bucket.slope_min;
            idle.fastest += bucket.slope_max;
        }
    }
    stretches
}

/// What the cores worked in each stretch: least and most.
fn worked(stretches: &Stretches<'_>, which: Cores) -> Vec<(i64, [f64; 2])> {
    let mut worked: Vec<(i64, [f64; 2])> = Vec::new();
    let mut cores = 0.0;
    for (&(at_ms, _), idle) in stretches {
        let work = [idle.fastest, idle.slowest].map(|idle| (1.0 - idle).clamp(0.0, 1.0));
        if let Some((_, of_all)) = worked.last_mut().filter(|(known_ms, _)| *known_ms == at_ms) {
            cores += 1.0;
            for (all, work) in of_all.iter_mut().zip(work) {
                *all = match which {
                    Cores::Busiest => all.max(work),
                    Cores::All => *all + (work - *all) / cores,
                };
            }
        } else {
            cores = 1.0;
            worked.push((at_ms, work));
        }
    }
    worked
}

/// The extremes between each moment and the one before, of stretches that may begin so long before.
fn within(worked: &[(i64, [f64; 2])], asked: &Asked<'_>, before_ms: i64) -> Extremes {
    let mut from_ms = asked.moments.first().map_or(0, |first| first - asked.step_ms);
    let extremes = |to_ms: &i64| {
        let begin_ms = std::mem::replace(&mut from_ms, *to_ms) - before_ms;
        let begin = worked.partition_point(|(at_ms, _)| *at_ms <= begin_ms);
        let inside = worked[begin..].iter().take_while(|(at_ms, _)| at_ms <= to_ms);
        inside.map(|(_, ends)| *ends).reduce(|a, b| [a[0].min(b[0]), a[1].max(b[1])])
    };
    let ends: Vec<Option<[f64; 2]>> = asked.moments.iter().map(extremes).collect();
    let of = |place: usize| ends.iter().map(|ends| Some((*ends)?[place])).collect();
    Extremes { least: of(0), most: of(1) }
}
