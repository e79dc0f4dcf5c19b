//! `reads`: half a million series in the head, and what reads of all of them cost the process and
//! those who write meanwhile: memory on top, the time of an acknowledgement, and how soon a read
//! ends whose reader has gone.

mod pulse;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use headroom_proto::catalogue::{
    HEADROOM_PAGE_RUNNING, HEADROOM_PICTURE_RUNNING, HEADROOM_QUERY_RUNNING,
    HEADROOM_STORE_HEAD_SAMPLES,
};
use rustix::process::setpriority_process;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use self::pulse::Pulse;
use crate::collector::{self, Collector};
use crate::load::{self, SERIES_PER_HOST, Times};
use crate::{process, remote_write, table};

const HOSTS: usize = 10_000;
const SERIES: usize = HOSTS * SERIES_PER_HOST;

/// Samples of each series.
const TICKS: usize = 100;

const LANES: usize = 4;

/// Holds all of them.
const HEAD: &str = "head_bytes = '8 GiB'";

/// The agent whose acknowledgements are timed.
const AGENT: &str = "pulse";

/// How long each read is repeated.
const WINDOW: Duration = Duration::from_secs(15);

/// How long after its beginning the reader goes away.
const GOES_AFTER: Duration = Duration::from_millis(40);

/// How often readers go away from each read.
const GOINGS: usize = 20;

const AIM_MIB: f64 = 64.0;
const AIM_SLOWER: f64 = 2.0;
const AIM_GONE_MS: f64 = 100.0;

/// A read that is asked for again and again.
struct Read {
    name: &'static str,
    path: &'static str,
    /// What its answer must be.
    answer: Answer,
}

enum Answer {
    /// A list of at least so many items.
    Items(usize),
    /// Anything, with status 200.
    Content,
    /// A refusal that says this.
    Refused(&'static str),
}

static READS: [Read; 8] = [
    Read { name: "labels", path: "/api/v1/labels", answer: Answer::Items(12) },
    Read {
        name: "values of instance",
        path: "/api/v1/label/instance/values",
        answer: Answer::Items(HOSTS + 1),
    },
    Read {
        name: "series, limit 1000",
        path: "/api/v1/series?match[]={job=\"node\"}&limit=1000",
        answer: Answer::Items(1000),
    },
    Read {
        name: "series, all",
        path: "/api/v1/series?match[]={job=\"node\"}",
        answer: Answer::Refused("memory"),
    },
    Read { name: "page of a host", path: "/hosts/pulse", answer: Answer::Content },
    Read { name: "page of the fleet", path: "/", answer: Answer::Content },
    Read { name: "picture", path: "/graphs/pulse/network/day.svg", answer: Answer::Content },
    Read { name: "CSV", path: "/graphs/pulse/network/day.csv", answer: Answer::Content },
];

/// What one read showed.
struct Figures {
    answers: usize,
    median_ms: f64,
    added_mib: f64,
    p99_ms: f64,
    gone_ms: f64,
}

pub fn compare() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let collector = collector::start_with(folder.path(), &[AGENT.to_owned()], HEAD)?;
    let begin = Instant::now();
    let writes = load::remote_writes(load::hosts(HOSTS), Times::until_now(TICKS), LANES);
    remote_write::send(&collector.peer, writes)?;
    println!("{SERIES} series with {TICKS} samples each, written in {:.0?}", begin.elapsed());
    process::wait_until_idle(collector.peer.id())?;
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let readers = readers()?;
    runtime.block_on(rows(&collector, &readers))?;
    readers.shutdown_background();
    collector.peer.stop();
    Ok(())
}

/// Where readers run. They stand for browsers on other machines, so their own work gives way to all that is measured.
fn readers() -> anyhow::Result<Runtime> {
    let give_way = || {
        if let Err(error) = setpriority_process(None, 19) {
            println!("readers do not give way: {error}");
        }
    };
    Ok(Builder::new_multi_thread()
        .worker_threads(1)
        .on_thread_start(give_way)
        .enable_all()
        .build()?)
}

async fn rows(collector: &Collector, readers: &Runtime) -> anyhow::Result<()> {
    let head = collector.peer.metric(HEADROOM_STORE_HEAD_SAMPLES.name).await?;
    ensure!(head >= (SERIES * TICKS) as f64, "only {head} samples are in the head");
    let pulse = Pulse::start(collector).await?;
    pulse.take();
    tokio::time::sleep(WINDOW).await;
    let alone_ms = pulse.take().p99_ms()?;
    let resident = process::memory(collector.peer.id())?.resident_mib;
    println!(
        "resident {resident:.0} MiB; acknowledged within {alone_ms:.2} ms (p99) without reads"
    );
    let mut rows = Vec::new();
    for read in &READS {
        let figures = measure(collector, readers, &pulse, read).await?;
        let slower = figures.p99_ms / alone_ms;
        let is_met =
            figures.added_mib <= AIM_MIB && slower <= AIM_SLOWER && figures.gone_ms <= AIM_GONE_MS;
        rows.push(vec![
            read.name.to_owned(),
            figures.answers.to_string(),
            format!("{:.1}", figures.median_ms),
            format!("{:.1}", figures.added_mib),
            format!("{slower:.2}"),
            format!("{:.0}", figures.gone_ms),
            table::aim("64 MiB, 2, 100 ms", is_met),
        ]);
    }
    println!();
    let heads = ["", "answers", "ms, median", "MiB added", "p99 ratio", "gone, ms", "aim"];
    table::print(&heads, &rows);
    pulse.stop().await
}

async fn measure(
    collector: &Collector,
    readers: &Runtime,
    pulse: &Pulse,
    read: &'static Read,
) -> anyhow::Result<Figures> {
    let id = collector.peer.id();
    let url: Arc<str> = format!("{}{}", collector.peer.url, read.path).into();
    process::forget_peak(id)?;
    let before = process::memory(id)?.resident_mib;
    pulse.take();
    let times = readers.spawn(ask_again_and_again(url, &read.answer)).await?.context(read.name)?;
    let p99_ms = pulse.take().p99_ms()?;
    let added_mib = process::memory(id)?.peak_mib - before;
    let (answers, median_ms) = (times.len(), table::median(times));
    let mut gone_ms: f64 = 0.0;
    for _ in 0..GOINGS {
        gone_ms = gone_ms.max(gone(collector, read.path).await?);
    }
    Ok(Figures { answers, median_ms, added_mib, p99_ms, gone_ms })
}

/// How long each answer took, in milliseconds.
async fn ask_again_and_again(url: Arc<str>, expected: &Answer) -> anyhow::Result<Vec<f64>> {
    let client = reqwest::Client::new();
    let (begin, mut times) = (Instant::now(), Vec::new());
    while begin.elapsed() < WINDOW {
        let start = Instant::now();
        ask(&client, &url, expected).await?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(times)
}

async fn ask(client: &reqwest::Client, url: &str, expected: &Answer) -> anyhow::Result<()> {
    let response = client.get(url).send().await?;
    let status = response.status();
    let text = response.text().await?;
    match expected {
        Answer::Items(count) => {
            ensure!(status.is_success(), "{status}: {text}");
            let answer: serde_json::Value = serde_json::from_str(&text)?;
            let found = answer["data"].as_array().context("the answer is a list")?.len();
            ensure!(found >= *count, "{found} items instead of {count}");
        }
        Answer::Content => ensure!(status.is_success(), "{status}: {text}"),
        Answer::Refused(reason) => {
            ensure!(status.as_u16() == 422 && text.contains(reason), "{status}: {text}");
        }
    }
    Ok(())
}

/// How long a read goes on after its reader has gone, in milliseconds.
async fn gone(collector: &Collector, path: &str) -> anyhow::Result<f64> {
    let request = reqwest::Client::new().get(format!("{}{path}", collector.peer.url)).send();
    // Whoever drops the request closes its connection.
    let _ = tokio::time::timeout(GOES_AFTER, request).await;
    let left = Instant::now();
    while running(collector).await? > 0.0 {
        ensure!(left.elapsed() < Duration::from_secs(30), "{path} goes on without a reader");
    }
    Ok(left.elapsed().as_secs_f64() * 1e3)
}

/// Reads that run now, whoever waits for them.
async fn running(collector: &Collector) -> anyhow::Result<f64> {
    let mut sum = 0.0;
    for metric in [HEADROOM_QUERY_RUNNING, HEADROOM_PAGE_RUNNING, HEADROOM_PICTURE_RUNNING] {
        sum += collector.peer.metric(metric.name).await?;
    }
    Ok(sum)
}
