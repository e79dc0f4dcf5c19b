//! Clients of other people against a collector, a minute each (`HEADROOM_SECONDS`): a Prometheus, vmagent
//! and vmalert, a small writer from the Python registry and one from npm, with bad series among their
//! good ones, and promtool's questions. What is good must be stored, and what is refused counted by the
//! collector as often as its clients were told.

mod relay;
mod sources;

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use tempfile::TempDir;

use self::relay::{Relay, Told};
use self::sources::Source;
use crate::peer::Peer;
use crate::{collector, option, table};

/// What a client did, and what became of it.
struct Outcome {
    name: &'static str,
    /// Samples that the collector refused, and those that its client was told of.
    refused: u64,
    told: Told,
    /// Good samples, as far as the client counts them, and those that are stored.
    good: Option<u64>,
    stored: u64,
}

/// A client that could be run, or why not.
type Tried = Result<Outcome, String>;

pub fn compare() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let time = Duration::from_secs_f64(option::number("HEADROOM_SECONDS", 60.0)?);
    let collector = collector::start(folder.path(), &[])?.peer;
    let token = collector.token.clone().context("a collector has a token for writers")?;
    let mut tried: Vec<(&str, Tried)> = Vec::new();
    for source in &sources::ALL {
        let relay = runtime.block_on(Relay::start(&collector.url))?;
        let before = runtime.block_on(refused(&collector))?;
        let place = folder.path().join(source.name);
        std::fs::create_dir_all(&place)?;
        let ground = sources::Ground { folder: &place, url: relay.url(), token: &token, time };
        let good = match (source.run)(&ground) {
            Ok(good) => good,
            Err(why) => {
                tried.push((source.name, Err(format!("{why:#}"))));
                continue;
            }
        };
        let outcome = Outcome {
            name: source.name,
            refused: runtime.block_on(refused(&collector))? - before,
            told: relay.told(),
            good,
            stored: runtime.block_on(stored(&collector, source))?,
        };
        tried.push((source.name, Ok(outcome)));
    }
    tried.push(("promtool", promtool(&collector.url).map_err(|why| format!("{why:#}"))));
    collector.stop();
    tell(&tried)
}

fn tell(tried: &[(&str, Tried)]) -> anyhow::Result<()> {
    let heads = ["client", "good", "stored", "refused", "told", "requests", "5xx", ""];
    let (mut rows, mut bad, mut skipped) = (Vec::new(), 0, 0);
    for (name, tried) in tried {
        let outcome = match tried {
            Ok(outcome) => outcome,
            Err(why) => {
                skipped += 1;
                rows.push(vec![(*name).to_owned(), format!("skipped: {why}")]);
                continue;
            }
        };
        let fine = outcome.is_fine();
        bad += u32::from(!fine);
        let Told { refused: told, requests, failed } = outcome.told;
        let good = outcome.good.map_or_else(|| "–".to_owned(), |good| good.to_string());
        let numbers = [outcome.stored, outcome.refused, told, requests, failed];
        let cells = [outcome.name.to_owned(), good].into_iter();
        let verdict = if fine { "as it should be" } else { "NOT AS IT SHOULD BE" };
        let numbers = numbers.iter().map(ToString::to_string);
        rows.push(cells.chain(numbers).chain([verdict.to_owned()]).collect());
    }
    table::print(&heads, &rows);
    println!("{} clients, {bad} not as they should be, {skipped} skipped", tried.len());
    ensure!(bad == 0, "{bad} clients lost samples or were told something else than was counted");
    Ok(())
}

impl Outcome {
    fn is_fine(&self) -> bool {
        self.stored > 0
            && self.good.is_none_or(|good| good == self.stored)
            && self.refused == self.told.refused
            && self.told.failed == 0
    }
}

/// How many samples the collector has refused.
async fn refused(collector: &Peer) -> anyhow::Result<u64> {
    Ok(collector.metric("headroom_ingest_samples_refused_total").await? as u64)
}

/// How many samples of a client's good series are stored.
async fn stored(collector: &Peer, source: &Source) -> anyhow::Result<u64> {
    let query = format!("sum(count_over_time({}[1h]))", source.good);
    let coded: Vec<String> = query.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let query = coded.concat();
    let body = collector.get(&format!("/api/v1/query?query={query}")).await?;
    let body: serde_json::Value = serde_json::from_str(&body)?;
    let value = body["data"]["result"][0]["value"][1].as_str().unwrap_or("0");
    Ok(value.parse::<f64>()? as u64)
}

/// Whether promtool reads each of its answers; it writes nothing, for its version cannot.
fn promtool(url: &str) -> anyhow::Result<Outcome> {
    let questions: [&[&str]; 4] = [
        &["query", "instant", url, "up"],
        &["query", "range", url, "vector(1)"],
        &["query", "series", "--match=up", url],
        &["query", "labels", url, "job"],
    ];
    for question in questions {
        let output = Command::new("promtool").args(question).output().context("no promtool")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "promtool {}: {said}", question.join(" "));
    }
    let count = questions.len() as u64;
    let told = Told { requests: count, ..Told::default() };
    Ok(Outcome { name: "promtool", refused: 0, told, good: None, stored: count })
}
