//! An hour of the demo with readers and a writer: what stays resident, and what of that is samples
//! that wait to be sealed. Whether the rest is level is said at the end.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, ensure};
use harness::remote_write::{
    Destination, WriteRequest, WrittenLabel, WrittenSample, WrittenSeries, remote_write,
};
use harness::{Program, binaries, fetch};
use tempfile::TempDir;

use crate::{option, process, table};

const MINUTES: f64 = 60.0;

/// How much of the demo's past is made first.
const DAYS: &str = "3";
const START_TIMEOUT: Duration = Duration::from_secs(900);

/// Time between two requests of the readers, and between two of the writer.
const READ_EVERY: Duration = Duration::from_millis(100);
const WRITE_EVERY: Duration = Duration::from_secs(5);

/// Series that the writer writes.
const SERIES: usize = 500;

/// What may still grow in an hour, beside samples in memory.
const MOST_MIB_AN_HOUR: f64 = 16.0;
const MOST_DESCRIPTORS_AN_HOUR: f64 = 6.0;

/// What is asked for, one after the other.
const PAGES: [&str; 12] = [
    "/",
    "/rooms",
    "/hosts/ca1",
    "/hosts/ca1?range=week",
    "/graphs/ca1/network/day.svg",
    "/graphs/ca1/network/hour.png?scale=2",
    "/graphs/ca1/cpu/day.csv",
    "/graphs/all/organisations/day.svg",
    "/api/v1/query?query=sum(rate(node_network_transmit_bytes_total[5m]))by(instance)",
    "/api/v1/query?query=topk(5,soak)",
    "/api/v1/labels",
    "/metrics",
];

/// A minute of it.
struct Minute {
    at: f64,
    resident_mib: f64,
    /// Samples that are not sealed, as the collector counts them.
    head_mib: f64,
    descriptors: u64,
    threads: u64,
}

impl Minute {
    fn beside_the_head_mib(&self) -> f64 {
        self.resident_mib - self.head_mib
    }
}

/// `HEADROOM_MINUTES` says for how long.
pub fn compare() -> anyhow::Result<()> {
    let minutes = option::number("HEADROOM_MINUTES", MINUTES)?;
    let folder = TempDir::new()?;
    let (program, http, token) = start(folder.path())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let stop = AtomicBool::new(false);
    let counts = Counts::default();
    let rows = std::thread::scope(|scope| {
        scope.spawn(|| runtime.block_on(read(&http, &stop, &counts)));
        let to = Destination { url: format!("http://{http}/api/v1/write"), token };
        scope.spawn(|| runtime.block_on(write(to, &stop, &counts)));
        let rows = watch(&runtime, &program, &http, minutes);
        stop.store(true, Ordering::Relaxed);
        rows
    })?;
    program.terminate();
    let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
    let (read, unread) = (count(&counts.read), count(&counts.unread));
    let (written, unwritten) = (count(&counts.written), count(&counts.unwritten));
    println!("{read} answers, {unread} failed; {written} writes, {unwritten} failed");
    verdict(&rows)
}

#[derive(Default)]
struct Counts {
    read: AtomicU64,
    unread: AtomicU64,
    written: AtomicU64,
    unwritten: AtomicU64,
}

fn start(folder: &Path) -> anyhow::Result<(Program, String, String)> {
    let mut command = Command::new(binaries().join("headroom"));
    command.args(["demo", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--days", DAYS]);
    command.arg("--data").arg(folder.join("data"));
    let mut program = Program::start(command, "demo", folder);
    let begin = Instant::now();
    loop {
        let announced = program.stdout();
        let find =
            |start: &str| announced.lines().find_map(|l| Some(l.strip_prefix(start)?.to_owned()));
        if let (Some(http), Some(path)) =
            (find("http listening on "), find("token for remote write in "))
            && program.stderr().contains(" of 6 hosts in ")
        {
            let token = std::fs::read_to_string(path).context("the writer's token")?;
            return Ok((program, http, token.trim().to_owned()));
        }
        let waits = program.is_running() && begin.elapsed() < START_TIMEOUT;
        ensure!(waits, "the demo does not come to its history's end:\n{}", program.stderr());
        std::thread::sleep(Duration::from_millis(100));
    }
}

async fn read(http: &str, stop: &AtomicBool, counts: &Counts) {
    for page in PAGES.iter().cycle() {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let answer = fetch(&format!("http://{http}{page}")).await;
        let is_well = answer.is_some_and(|(status, _)| status == 200);
        let count = if is_well { &counts.read } else { &counts.unread };
        count.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(READ_EVERY).await;
    }
}

async fn write(to: Destination, stop: &AtomicBool, counts: &Counts) {
    let client = reqwest::Client::new();
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        let written = remote_write(&client, &to, &request(number)).await == Some(204);
        let count = if written { &counts.written } else { &counts.unwritten };
        count.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(WRITE_EVERY).await;
    }
}

fn request(number: u32) -> WriteRequest {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let timestamp_ms = since.as_millis() as i64;
    let label = |name: &str, value: String| WrittenLabel { name: name.into(), value };
    let one = |n: usize| WrittenSeries {
        labels: vec![
            label("__name__", "soak".into()),
            label("instance", "soak".into()),
            label("job", "soak".into()),
            label("n", n.to_string()),
        ],
        samples: vec![WrittenSample { value: f64::from(number) + n as f64, timestamp_ms }],
    };
    WriteRequest { series: (0..SERIES).map(one).collect() }
}

fn watch(
    runtime: &tokio::runtime::Runtime,
    program: &Program,
    http: &str,
    minutes: f64,
) -> anyhow::Result<Vec<Minute>> {
    let begin = Instant::now();
    let mut rows = Vec::new();
    for n in 0..=minutes.ceil() as u32 {
        let due = begin + Duration::from_mins(1) * n;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let (_, metrics) = runtime
            .block_on(fetch(&format!("http://{http}/metrics")))
            .context("the demo has ended")?;
        let text = String::from_utf8_lossy(&metrics).into_owned();
        let head =
            text.lines().find_map(|l| l.strip_prefix("headroom_store_head_bytes ")?.parse().ok());
        let head: f64 = head.context("the collector tells its head")?;
        let row = Minute {
            at: begin.elapsed().as_secs_f64() / 60.0,
            resident_mib: process::memory(program.id())?.resident_mib,
            head_mib: head / f64::from(1 << 20),
            descriptors: process::descriptors(program.id())?,
            threads: process::threads(program.id())?,
        };
        println!("minute {n}: {:.1} MiB, {:.1} of them samples", row.resident_mib, row.head_mib);
        rows.push(row);
    }
    Ok(rows)
}

fn verdict(rows: &[Minute]) -> anyhow::Result<()> {
    let line = |row: &Minute| {
        vec![
            format!("{:.0}", row.at),
            format!("{:.1}", row.resident_mib),
            format!("{:.1}", row.head_mib),
            format!("{:.1}", row.beside_the_head_mib()),
            row.descriptors.to_string(),
            row.threads.to_string(),
        ]
    };
    println!();
    let heads = ["minute", "resident MiB", "samples MiB", "the rest MiB", "descriptors", "threads"];
    table::print(&heads, &rows.iter().map(line).collect::<Vec<_>>());
    let second_half = &rows[rows.len() / 2..];
    let rest = an_hour(second_half, Minute::beside_the_head_mib);
    let descriptors = an_hour(second_half, |row| row.descriptors as f64);
    println!(
        "in the second half, an hour: {rest:+.1} MiB beside samples, {descriptors:+.1} descriptors"
    );
    let is_level = rest <= MOST_MIB_AN_HOUR && descriptors <= MOST_DESCRIPTORS_AN_HOUR;
    println!("{}", table::aim("level", is_level));
    ensure!(is_level, "memory or descriptors grow");
    Ok(())
}

/// The slope of a line through the rows (least squares), an hour.
fn an_hour(rows: &[Minute], value: impl Fn(&Minute) -> f64) -> f64 {
    let count = rows.len() as f64;
    let mean = |of: &dyn Fn(&Minute) -> f64| rows.iter().map(of).sum::<f64>() / count;
    let (at, height) = (mean(&|row| row.at), mean(&value));
    let rise: f64 = rows.iter().map(|row| (row.at - at) * (value(row) - height)).sum();
    let run: f64 = rows.iter().map(|row| (row.at - at).powi(2)).sum();
    if run > 0.0 { rise / run * 60.0 } else { 0.0 }
}
