//! `stall`: what an agent does while its spool's disk hangs: how late its rounds are, how many are
//! missing, and how old the newest sample gets at the collector.

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use harness::{
    AgentOptions, AgentProgram, CollectorOptions, CollectorProgram, StallingDisk, eventually, fetch,
};
use headroom::samples::{Budget, Hints, Matcher, Samples, Selection};
use headroom_proto::catalogue::HEADROOM_AGENT_FRAMES_TOTAL;
use serde_json::Value;

use crate::table;

const WHOLE: Duration = Duration::from_mins(1);
const HANG_BEGINS: Duration = Duration::from_secs(15);
const HANG: Duration = Duration::from_secs(30);

const ROUND_MS: i64 = 1_000;

/// A round that is early by less than this belongs to the moment that it was due at.
const EARLY_MS: i64 = 100;

/// What one run shows.
struct Figures {
    rounds: usize,
    missing: i64,
    latest_ms: i64,
    oldest_ms: i64,
}

/// Runs this agent, and another build of it where `HEADROOM_BEFORE_AGENT` names one.
pub fn compare() -> anyhow::Result<()> {
    let before = std::env::var_os("HEADROOM_BEFORE_AGENT").map(PathBuf::from);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let runs = before.map(|path| ("before", Some(path))).into_iter().chain([("this agent", None)]);
    let mut rows = Vec::new();
    for (name, program) in runs {
        let figures = runtime.block_on(run(program))?;
        rows.push(vec![
            name.to_owned(),
            figures.rounds.to_string(),
            figures.missing.to_string(),
            figures.latest_ms.to_string(),
            figures.oldest_ms.to_string(),
        ]);
    }
    let head =
        ["a minute, 30 s of which the disk hangs", "rounds", "missing", "latest, ms", "oldest, ms"];
    table::print(&head, &rows);
    println!("Aim: none missing, at most 50 ms late, the newest sample at most 3000 ms old.");
    Ok(())
}

async fn run(program: Option<PathBuf>) -> anyhow::Result<Figures> {
    let disk = StallingDisk::new();
    let options = CollectorOptions { instances: vec!["ca1".into()], ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    let spool = Some(disk.path().join("spool"));
    let options = AgentOptions { spool, program, ..AgentOptions::each("1s") };
    let mut agent = AgentProgram::start(&collector, "ca1", &options);
    eventually("a first sample", Duration::from_secs(30), async || newest(&collector).await).await;
    let begin = Instant::now();
    let mut oldest_ms = 0;
    let mut frozen = false;
    let mut pace = tokio::time::interval(Duration::from_millis(100));
    while begin.elapsed() < WHOLE {
        pace.tick().await;
        let hangs = begin.elapsed() >= HANG_BEGINS && begin.elapsed() < HANG_BEGINS + HANG;
        if hangs != frozen {
            if hangs {
                disk.freeze();
            } else {
                disk.thaw();
            }
            frozen = hangs;
        }
        if let Some(newest_ms) = newest(&collector).await {
            oldest_ms = oldest_ms.max(now_ms() - newest_ms);
        }
    }
    agent.terminate();
    collector.terminate();
    let store = collector.open_store();
    let matchers = [Matcher::metric(HEADROOM_AGENT_FRAMES_TOTAL.name)];
    let read = Selection::ever(&matchers);
    let found = store.select(read, Hints::default(), &Budget::unlimited())?;
    let rounds = &found.first().ok_or_else(|| anyhow::anyhow!("nothing was stored"))?.timestamps;
    let since = |at_ms: &i64| at_ms - rounds[0];
    let place = |at_ms: &i64| (since(at_ms) + EARLY_MS) / ROUND_MS;
    let late = |at_ms: &i64| since(at_ms) - place(at_ms) * ROUND_MS;
    Ok(Figures {
        rounds: rounds.len(),
        missing: rounds.last().map_or(0, |last| place(last) + 1 - rounds.len() as i64),
        latest_ms: rounds.iter().map(late).max().unwrap_or(0),
        oldest_ms,
    })
}

/// When the newest sample at the collector was taken, Unix time in milliseconds.
async fn newest(collector: &CollectorProgram) -> Option<i64> {
    let query = format!("timestamp({HEADROOM_AGENT_FRAMES_TOTAL})");
    let mut url = reqwest::Url::parse(&collector.http("/api/v1/query")).ok()?;
    url.query_pairs_mut().append_pair("query", &query);
    let (_, body) = fetch(url.as_str()).await?;
    let answer: Value = serde_json::from_slice(&body).ok()?;
    let seconds: f64 = answer["data"]["result"][0]["value"][1].as_str()?.parse().ok()?;
    Some((seconds * 1000.0) as i64)
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
