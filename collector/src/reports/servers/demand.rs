//! Reads what is to be carried: what a host sent and received in steps of five minutes, and who was there.

use headroom_proto::catalogue::HEADROOM_PARTICIPANTS;
use headroom_proto::metric::INSTANCE;

use crate::contracts::Step;
use crate::links::{self, LinksOf};
pub use crate::offers::Demand;
use crate::offers::Peak;
use crate::reports::grid::{Grid, MINUTE_MS};
use crate::reports::host::HostModel;
use crate::reports::past::LONGEST_DAYS;
use crate::samples::{
    BucketSeries, Detail, Figure, Figures, Hints, Matcher, ReadError, Reader, Resolution,
    Selection, Series, TimeRange,
};

/// Minutes of a step.
const STEP: usize = 5;

/// Minutes of a day.
const DAY: usize = 1_440;

/// Of the first day so much must have been measured, or it counts as none.
const LEAST_PART: f64 = 0.5;

/// What a step holds at most, while it is read, in bytes.
const MINUTE_BYTES: u64 = 3 * 16;

/// How people are read.
const OF_PEOPLE: Detail = Detail {
    resolution: Resolution::Minutes,
    figures: Figures::of(&[Figure::Count, Figure::Sum]),
    hints: Hints::ALL,
};

/// What a host carried until a moment, day by day of twenty-four hours, and what its model says is to come.
pub fn read(reader: Reader<'_>, model: &HostModel, until_ms: i64) -> Result<Demand, ReadError> {
    let days = days(reader, &model.instance, until_ms)?;
    Ok(Demand::new(days, peak(model), model.load.most_cores))
}

/// The same of a host without a model: its traffic alone, and nothing of peaks.
pub fn carried(reader: Reader<'_>, instance: &str, until_ms: i64) -> Result<Demand, ReadError> {
    Ok(Demand::new(days(reader, instance, until_ms)?, Peak::Seen(0.0), 0.0))
}

/// Days of steps from the first that was measured on.
fn days(reader: Reader<'_>, instance: &str, until_ms: i64) -> Result<Vec<Vec<Step>>, ReadError> {
    let days = LONGEST_DAYS as usize;
    let until_minute = until_ms.div_euclid(MINUTE_MS);
    let first_minute = until_minute - (days * DAY) as i64;
    let range = TimeRange { from_ms: first_minute * MINUTE_MS, to_ms: until_minute * MINUTE_MS };
    reader.budget.hold((days * DAY) as u64 * MINUTE_BYTES)?;
    let of = LinksOf { instance, device: None };
    let traffic = links::traffic(reader, of, range)?;
    let grid = || Grid::new(first_minute, days * DAY);
    let (mut sent, mut received) = (grid(), grid());
    sent.add_intervals(&traffic.sent);
    received.add_intervals(&traffic.received);
    let people = people(reader, instance, range, grid())?;
    let steps: Vec<Step> = (0..days * DAY / STEP)
        .map(|step| Step {
            sent_mbit: mean(&sent, step) / 1e6,
            received_mbit: mean(&received, step) / 1e6,
            people: Some(mean(&people, step)).filter(|mean| mean.is_finite()).unwrap_or(0.0),
        })
        .collect();
    let days: Vec<Vec<Step>> = steps.chunks(DAY / STEP).map(<[Step]>::to_vec).collect();
    let is_measured = |day: &Vec<Step>| {
        let known = day.iter().filter(|step| step.is_known()).count();
        known as f64 >= LEAST_PART * day.len() as f64
    };
    let first = days.iter().position(is_measured).unwrap_or(days.len());
    Ok(days[first..].to_vec())
}

/// The highest minute to come, as far as that is known.
fn peak(model: &HostModel) -> Peak {
    match &model.forecast {
        Ok(forecast) => Peak::Foreseen(Box::new(forecast.clone())),
        Err(_) => Peak::Seen(model.load.peak_mbit),
    }
}

/// The mean of a step, of those of its minutes that were read.
fn mean(grid: &Grid, step: usize) -> f64 {
    let minutes = (step * STEP..(step + 1) * STEP).map(|minute| grid.mean(minute));
    let known: Vec<f64> = minutes.filter(|mean| mean.is_finite()).collect();
    if known.is_empty() { f64::NAN } else { known.iter().sum::<f64>() / known.len() as f64 }
}

fn people(
    reader: Reader<'_>,
    instance: &str,
    range: TimeRange,
    mut grid: Grid,
) -> Result<Grid, ReadError> {
    let matchers =
        [Matcher::metric(HEADROOM_PARTICIPANTS.name), Matcher::equal(INSTANCE, instance)];
    let what = Selection { matchers: &matchers, range };
    if let Some(found) = reader.select_figures(what, OF_PEOPLE)? {
        for bucket in found.iter().flat_map(|series| &series.buckets) {
            let mean = bucket.sum / bucket.count;
            grid.add(bucket.begin_ms, bucket.begin_ms + Resolution::Minutes.ms(), mean);
        }
        reader.budget.release(found.iter().map(BucketSeries::bytes).sum());
        return Ok(grid);
    }
    let found = reader.select(what, Hints::default())?;
    for series in &found {
        grid.add_gauge(series);
    }
    reader.budget.release(found.iter().map(Series::bytes).sum());
    Ok(grid)
}
