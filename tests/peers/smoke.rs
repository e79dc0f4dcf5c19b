//! A year of one path: what it takes on disk, whether each round reads back as it was told, and how long its smoke
//! takes to read.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, ensure};
use fastrand::Rng;
use headroom::latency::{Round, family_name, kind_name, known_paths, samples, smoke};
use headroom::samples::{Budget, Labels, TimeRange};
use headroom::store::{
    Due, FrameId, FrameWrite, PathRound, Records, Retention, RoundWrite, SeriesId, Store,
    WantedRounds,
};
use headroom_proto::catalogue::HEADROOM_PROBE_VANTAGE_OFFLINE;
use headroom_proto::wire::{AddressFamily, ProbeKind, ProbeRound};

use crate::{option, process, table};

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;
const DAYS: i64 = 365;
const BEGIN_MS: i64 = 20_000 * DAY_MS;
const END_MS: i64 = BEGIN_MS + DAYS * DAY_MS;

/// What it may take: megabytes, and milliseconds of a day and of a year.
const MEGABYTES: f64 = 10.0;
const DAY_ALLOWED_MS: f64 = 10.0;
const YEAR_ALLOWED_MS: f64 = 30.0;

/// Where fjall keeps which keyspaces there are; it forgets none.
const KEYSPACES: &str = "sealed/keyspaces/0";

/// Frames that are appended at once.
const BATCH: usize = 500;

pub fn compare() -> anyhow::Result<()> {
    let folder = tempfile::tempdir().context("failed to make a folder")?;
    fill(folder.path())?;
    let store = Arc::new(Store::open(folder.path())?);
    let records = Records::of(&store);
    let budget = Budget::unlimited();
    let paths = known_paths(&records, "montreal", &budget)?;
    let path = paths.first().context("the path is known")?;
    let (mut expected, mut count) = (Rounds::new(), 0);
    let range = TimeRange { from_ms: 0, to_ms: i64::MAX };
    let mut differing = 0;
    records.rounds(WantedRounds { path: path.probed.id, range }, &budget, |round| {
        count += 1;
        differing += usize::from(expected.next().map(|told| kept(&told)) != Some(round));
        Ok(())
    })?;
    let rounds = DAYS * 1440;
    println!("{count} of {rounds} rounds are read, {differing} other than they were told");
    // What was written is in tables by now; in what the year was written through lies the rest of it until then.
    let of = |place: &Path| -> anyhow::Result<f64> { Ok(process::disk_bytes(place)? as f64 / 1e6) };
    let megabytes = of(folder.path())?;
    println!("{megabytes:.2} MB for rounds, their series and what stays of both");
    let own = of(&folder.path().join(KEYSPACES))?;
    println!(
        "of which {own:.2} MB are fjall's list of what was made and dropped, once for all paths"
    );
    let time = |days: i64| -> anyhow::Result<f64> {
        let range = TimeRange { from_ms: END_MS - days * DAY_MS, to_ms: END_MS };
        let times = (0..option::runs()?).map(|_| {
            let begin = Instant::now();
            let read = smoke(&records, path, range, &budget)?;
            ensure!(read.cells.len() > 300, "a smoke of {} cells", read.cells.len());
            Ok(begin.elapsed().as_secs_f64() * 1e3)
        });
        Ok(table::median(times.collect::<anyhow::Result<Vec<f64>>>()?))
    };
    let (day, year) = (time(1)?, time(DAYS)?);
    println!("smoke of a day {day:.1} ms, of the year {year:.1} ms");
    println!("{}", table::aim("all as told", count == rounds && differing == 0));
    println!("{}", table::aim("at most 10 MB", megabytes <= MEGABYTES));
    println!("{}", table::aim("a day in at most 10 ms", day <= DAY_ALLOWED_MS));
    println!("{}", table::aim("the year in at most 30 ms", year <= YEAR_ALLOWED_MS));
    Ok(())
}

/// Seeded rounds: 92 ms and jitter of 0.3 ms, one ping in a hundred lost.
struct Rounds {
    draw: Rng,
    next: i64,
}

impl Rounds {
    fn new() -> Self {
        Self { draw: Rng::with_seed(7), next: 0 }
    }
}

impl Iterator for Rounds {
    type Item = ProbeRound;

    fn next(&mut self) -> Option<ProbeRound> {
        let number = self.next;
        if number == DAYS * 1440 {
            return None;
        }
        self.next += 1;
        let draw = &mut self.draw;
        let mut trips: Vec<u32> = (0..20)
            .filter_map(|_| {
                let ms = 92.0 - 0.3 * (1.0 - draw.f64()).ln();
                // As it is kept beyond 10 ms.
                (draw.f64() >= 0.01).then_some((ms * 100.0) as u32 * 10)
            })
            .collect();
        trips.sort_unstable();
        let mut last = 0;
        let steps = trips.iter().map(|trip| trip - std::mem::replace(&mut last, *trip)).collect();
        Some(ProbeRound {
            target: "ca1.example.org".into(),
            kind: ProbeKind::Icmp.into(),
            family: AddressFamily::Ipv4.into(),
            begin_ms: BEGIN_MS + number * MINUTE_MS + 17,
            span_ms: 60_000,
            sent: 20,
            round_trips_us: steps,
            jitter_us: Some(280 + draw.u32(0..40)),
            hop_limit: 54,
            address: "192.0.2.1".into(),
            ..ProbeRound::default()
        })
    }
}

fn told_ms(round: &ProbeRound) -> i64 {
    round.begin_ms + 64_000
}

fn kept(told: &ProbeRound) -> PathRound {
    Round::of(told.clone()).map(|round| round.kept(told_ms(told))).unwrap_or_default()
}

/// Writes the year as a collector does, and keeps house as it would.
fn fill(folder: &Path) -> anyhow::Result<()> {
    let store = Store::open(folder)?;
    let (mut writes, mut batches) = (Vec::with_capacity(BATCH), 0);
    for told in Rounds::new() {
        writes.push(write(&store, &told)?);
        if writes.len() == BATCH {
            store.append(&std::mem::take(&mut writes))?;
            batches += 1;
            // As a collector would, only less often.
            if batches % 80 == 0 {
                store.seal()?;
            }
        }
    }
    store.append(&writes)?;
    store.seal()?;
    let retention = Retention {
        raw_ms: 62 * DAY_MS,
        minutes_ms: 3 * 365 * DAY_MS,
        hours_ms: 100 * 365 * DAY_MS,
        rounds_ms: 400 * DAY_MS,
    };
    store.maintain(Due::at(END_MS, retention), &|| false)?;
    store.compact(END_MS)?;
    Ok(())
}

fn write(store: &Store, told: &ProbeRound) -> anyhow::Result<FrameWrite> {
    let round = Round::of(told.clone())?;
    let (mut series, mut values, mut path) = (Vec::new(), Vec::new(), None);
    for sample in samples(&round) {
        let labels = [
            ("instance", &*round.target),
            ("job", "probe"),
            ("vantage", "lagos"),
            ("datacentre", "montreal"),
            ("kind", kind_name(round.kind)),
            ("family", family_name(round.family)),
        ];
        let labels = labels.into_iter().chain(sample.label);
        let id: SeriesId = store.series_id(&Labels::new(sample.metric.name, labels))?;
        if sample.metric.name == HEADROOM_PROBE_VANTAGE_OFFLINE.name {
            path = Some(id);
        }
        series.push(id);
        values.push(sample.value);
    }
    let path = path.context("each round has the series of its path")?;
    let timestamp_ms = told_ms(told);
    let sequence = (told.begin_ms - BEGIN_MS) as u64 / MINUTE_MS as u64 + 1;
    Ok(FrameWrite {
        id: Some(FrameId { instance: "lagos".into(), boot: 1, sequence }),
        timestamp_ms,
        series: series.into(),
        values,
        rounds: vec![RoundWrite { path, round: round.kept(timestamp_ms) }],
    })
}
