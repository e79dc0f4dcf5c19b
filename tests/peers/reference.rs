//! A published table of 250 cities: how long its import takes, and how long its matrix takes over HTTP.

use std::fmt::Write as _;
use std::time::Instant;

use anyhow::{Context, ensure};
use harness::{CollectorOptions, CollectorProgram, fetch, run};

use crate::{option, table};

const CITIES: usize = 250;

/// What is allowed, in seconds.
const IMPORT: f64 = 5.0;
const MATRIX: f64 = 0.3;

pub fn compare() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let mut collector = runtime.block_on(CollectorProgram::start(CollectorOptions::default()));
    let place = |name: &str| collector.folder().join(name);
    std::fs::write(place("servers.csv"), servers()?)?;
    std::fs::write(place("pings.csv"), pings()?)?;
    let [servers, pings, data] = [place("servers.csv"), place("pings.csv"), collector.data()]
        .map(|path| path.display().to_string());
    let begin = Instant::now();
    let done = run(
        "headroom",
        ["import", "wondernetwork", "--servers", &servers, "--data", &data, &pings],
    );
    let import = begin.elapsed().as_secs_f64();
    ensure!(done.code == Some(0), "headroom import: {}", done.stderr);
    println!("{}import: {import:.2} s", done.stdout);
    let mut rows = Vec::new();
    let mut most = 0.0_f64;
    for path in ["/reference.csv", "/reference.json", "/reference?to=city7,city9"] {
        let times = (0..=option::runs()?).map(|_| {
            let begin = Instant::now();
            let answer = runtime.block_on(fetch(&collector.http(path)));
            let (status, body) = answer.context("the collector answers")?;
            ensure!(status == 200, "{path}: {status}");
            Ok((begin.elapsed().as_secs_f64(), body.len()))
        });
        let times = times.collect::<anyhow::Result<Vec<(f64, usize)>>>()?;
        // The first reads the file.
        let (first, bytes) = times[0];
        let again = table::median(times.iter().skip(1).map(|(time, _)| *time));
        most = most.max(again);
        let [first, again] = [first, again].map(|seconds| format!("{:.1}", seconds * 1e3));
        rows.push(vec![path.to_owned(), first, again, format!("{:.1}", bytes as f64 / 1e6)]);
    }
    table::print(&["", "first, ms", "again, ms", "MB"], &rows);
    println!("{}", table::aim("import in at most 5 s", import <= IMPORT));
    println!("{}", table::aim("the matrix in at most 0.3 s", most <= MATRIX));
    collector.terminate();
    Ok(())
}

fn servers() -> anyhow::Result<String> {
    let mut text = String::from(
        "\"id\",\"name\",\"title\",\"location\",\"state\",\"country\",\"state_abbv\",\"continent\",\"latitude\",\"longitude\"\n",
    );
    for city in 0..CITIES {
        let (latitude, longitude) = (city % 120, city * 7 % 360);
        let continent = ["Europe", "Africa", "Asia", "North America"][city % 4];
        writeln!(
            text,
            "\"{city}\",\"city{city}\",\"city{city}\",\"city{city}\",\"\",\"somewhere\",\"\",\"{continent}\",\"{}\",\"{}\"",
            latitude as f64 - 60.0,
            longitude as f64 - 180.0
        )?;
    }
    Ok(text)
}

/// As they are published, hourly: a row for each pair.
fn pings() -> anyhow::Result<String> {
    let mut text =
        String::from("\"source\",\"destination\",\"timestamp\",\"min\",\"avg\",\"max\",\"mdev\"\n");
    let mut draw = fastrand::Rng::with_seed(3);
    for from in 0..CITIES {
        for to in (0..CITIES).filter(|to| *to != from) {
            let least = 5.0 + 300.0 * draw.f64();
            let (mean, most) = (least + 2.0 * draw.f64(), least + 20.0 * draw.f64() + 2.0);
            writeln!(
                text,
                "\"{from}\",\"{to}\",\"2020-07-19 00:00:00\",\"{least:.3}\",\"{mean:.3}\",\"{most:.3}\",\"{:.3}\"",
                draw.f64()
            )?;
        }
    }
    Ok(text)
}
