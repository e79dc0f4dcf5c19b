//! How long the capacity report takes: two months of one host at one minute from a store that was
//! just opened, asked again, and at an agent's own pace; a year's minutes fitted and scored, beside
//! numpy.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use harness::calibration::{INSTANCE, Sight, Telling, tell, year};
use headroom::planning::bandwidth::Bandwidth;
use headroom::planning::media::Media;
use headroom::reports::capacity::{Question, report};
use headroom::reports::document::{csv, json, markdown};
use headroom::reports::plan::Plan;
use headroom::reports::{Plans, Sources};
use headroom::samples::{Budget, Reader};
use headroom::store::{Due, Records, Retention, Store};
use headroom_simulation::worlds::{Constants, Profile, World};
use jiff::tz::TimeZone;

use crate::planning::python;
use crate::{option, table};

const DAYS: i32 = 62;
const DAY_MS: i64 = 86_400_000;

/// Seconds that are allowed.
const COLD: f64 = 2.0;
const YEAR: f64 = 0.5;

pub fn compare() -> anyhow::Result<()> {
    let mut rows = Vec::new();
    let mut is_met = false;
    for (name, step_seconds) in [("a minute apart", 60), ("10 s apart", 10)] {
        let folder = tempfile::tempdir().context("failed to make a folder")?;
        let until_ms = fill(folder.path(), step_seconds)?;
        let times = (0..option::runs()?).map(|_| times(folder.path(), until_ms));
        let times = times.collect::<anyhow::Result<Vec<[f64; 3]>>>()?;
        let [cold, warm, again] =
            [0, 1, 2].map(|place| table::median(times.iter().map(|t| t[place])));
        is_met |= step_seconds == 60 && cold <= COLD;
        let seconds = |seconds: f64| format!("{seconds:.3}");
        rows.push(vec![name.to_owned(), seconds(cold), seconds(warm), seconds(again)]);
    }
    println!("\none host, {DAYS} days, all mixes, in seconds");
    table::print(&["moments", "cold store", "warm store", "asked again"], &rows);
    println!("{}", table::aim("a minute apart, cold: at most 2 s", is_met));
    of_a_year()
}

/// A federation's host, its days merged and rolled up as upkeep does it.
fn fill(folder: &Path, step_seconds: i64) -> anyhow::Result<i64> {
    let store = Store::open(folder)?;
    let world = World::drawn(1, Profile::Federation, &Constants::default());
    let telling = Telling { days: DAYS, step_seconds, ..Telling::of(Sight::Sfu) };
    let until_ms = tell(&world, &telling, &store)?;
    store.seal()?;
    let ever = 10_000 * DAY_MS;
    let retention = Retention { raw_ms: ever, minutes_ms: ever, hours_ms: ever, rounds_ms: ever };
    store.maintain(Due::at(until_ms + DAY_MS, retention), &|| false)?;
    store.compact(until_ms + DAY_MS)?;
    Ok(until_ms)
}

/// Opened and asked, asked again of another collector on the same store, and of the same one.
fn times(folder: &Path, until_ms: i64) -> anyhow::Result<[f64; 3]> {
    forget_pages();
    let begin = Instant::now();
    let store = Arc::new(Store::open(folder)?);
    let plans = || Plans::new(Plan::default(), TimeZone::UTC);
    let first = plans();
    asked(&store, &first, until_ms)?;
    let cold = begin.elapsed().as_secs_f64();
    let begin = Instant::now();
    asked(&store, &plans(), until_ms)?;
    let warm = begin.elapsed().as_secs_f64();
    let begin = Instant::now();
    asked(&store, &first, until_ms)?;
    Ok([cold, warm, begin.elapsed().as_secs_f64()])
}

fn asked(store: &Arc<Store>, plans: &Plans, until_ms: i64) -> anyhow::Result<()> {
    let (budget, records) = (Budget::unlimited(), Records::of(store));
    let sources = Sources { reader: Reader::new(&**store, &budget), records: &records };
    let model = plans.model(sources, INSTANCE, until_ms + 600_000)?;
    let question = Question { plan: &plans.plan, typed: None, zone: &TimeZone::UTC };
    let document = report(&[&model], &question, Plans::hour(until_ms + 600_000));
    let bytes = json(&document).len() + markdown(&document).len();
    let mixes = csv(&document, "mixes").context("a table of mixes")?;
    anyhow::ensure!(bytes > 5_000 && mixes.lines().count() > 5, "hardly a report: {mixes}");
    Ok(())
}

/// Lets the kernel forget what it has of files; where that is not allowed, they are warm.
fn forget_pages() {
    rustix::fs::sync();
    if std::fs::write("/proc/sys/vm/drop_caches", "3").is_err() {
        eprintln!("the kernel keeps its pages: cold is a store that was just opened");
    }
}

/// A year of minutes on one core.
fn of_a_year() -> anyhow::Result<()> {
    let media = Media::delivered();
    let minutes = year(&media);
    let times = (0..option::runs()?).map(|_| {
        let begin = Instant::now();
        let model = Bandwidth::of(&minutes, &media);
        let seconds = begin.elapsed().as_secs_f64();
        model.map(|_| seconds)
    });
    let seconds = table::median(times.collect::<Result<Vec<f64>, _>>()?);
    println!("\na year, {} minutes, fitted and scored: {seconds:.2} s", minutes.len());
    println!("{}", table::aim("at most 0.5 s", seconds <= YEAR));
    println!("{}", python::numpy(minutes.len()));
    Ok(())
}
