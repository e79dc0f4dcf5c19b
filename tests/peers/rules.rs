//! The same rule files and the same remote writes in Debian's Prometheus and in Headroom: when alerts pend,
//! fire and end, and what they say.

mod cost;
mod feed;
mod files;
mod timeline;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub use self::cost::compare as compare_cost;
use self::feed::Feed;
use self::timeline::Timelines;
use crate::peer::Peer;
use crate::{collector, option, prometheus};

/// Both are restarted within so long, in milliseconds: nothing is compared that begins or ends meanwhile.
const RESTART_MS: i64 = 25_000;

/// Where both say that they are reached.
const EXTERNAL_URL: &str = "https://monitoring.example";

/// Prometheus looks back so far at the alerts of before a restart.
const OPTIONS: [&str; 3] = [
    "--rules.alert.for-grace-period=5s",
    "--rules.alert.for-outage-tolerance=1h",
    "--web.external-url=https://monitoring.example",
];

struct Both {
    theirs: Peer,
    ours: Peer,
}

impl Both {
    fn start(folder: &Path, rules: &Path) -> anyhow::Result<Self> {
        let name = rules.display();
        let text = format!("global: {{evaluation_interval: 1s}}\nrule_files: ['{name}']\n");
        let theirs = prometheus::start_with(folder, &text, &OPTIONS)?;
        let lines = format!(
            "[rules]\nfiles = ['{name}']\ninterval = '1s'\nexternal_url = '{EXTERNAL_URL}'\n"
        );
        let ours = collector::start_with(folder, &[], &lines)?.peer;
        Ok(Self { theirs, ours })
    }

    fn stop(self) {
        self.theirs.stop();
        self.ours.stop();
    }
}

/// `rules`: the same for ten minutes.
pub fn compare() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let runtime = Runtime::new()?;
    let minutes = option::number("HEADROOM_MINUTES", 10.0)?;
    let half = Duration::from_secs_f64(minutes * 30.0);
    let rules = folder.path().join("rules.yml");
    let (text, count) = files::semantics();
    std::fs::write(&rules, text)?;
    println!("{count} rules at 1 s for {minutes} minutes, both restarted in the middle");
    let both = Both::start(folder.path(), &rules)?;
    let began_ms = now_ms();
    let mut feed = Feed::of_semantics();
    runtime.block_on(feed.run(&both.theirs, &both.ours, half))?;
    let restart_ms = now_ms();
    both.stop();
    let both = Both::start(folder.path(), &rules)?;
    runtime.block_on(feed.run(&both.theirs, &both.ours, half))?;
    let texts = [texts(&runtime, &both.theirs)?, texts(&runtime, &both.ours)?];
    let healths = [healths(&runtime, &both.theirs)?, healths(&runtime, &both.ours)?];
    let seconds = (now_ms() - began_ms) / 1000 + 5;
    let read = |peer: &Peer| runtime.block_on(Timelines::read(peer, seconds));
    let (theirs, ours) = (read(&both.theirs)?, read(&both.ours)?);
    both.stop();
    let outcome = theirs.beside(&ours, restart_ms..restart_ms + RESTART_MS, interval_ms);
    outcome.print();
    let differing = texts[0].iter().filter(|text| !texts[1].contains(text)).count();
    println!("{} texts of alerts, {differing} not equal to the byte", texts[0].len());
    for text in texts[0].iter().filter(|text| !texts[1].contains(text)).take(10) {
        println!("  theirs only: {text}");
    }
    for text in texts[1].iter().filter(|text| !texts[0].contains(text)).take(10) {
        println!("  ours only:   {text}");
    }
    let healthy = healths[0].iter().zip(&healths[1]).filter(|(a, b)| a == b).count();
    println!("{healthy} of {} rules in the same health", healths[0].len());
    ensure!(healths[0] == healths[1], "rules are in other health");
    ensure!(texts[0] == texts[1], "texts differ");
    ensure!(outcome.differing.is_empty(), "{} moments differ", outcome.differing.len());
    Ok(())
}

/// All alerts with their labels and texts, as they are told now.
fn texts(runtime: &Runtime, peer: &Peer) -> anyhow::Result<Vec<String>> {
    let body = runtime.block_on(peer.get("/api/v1/alerts"))?;
    let body: serde_json::Value = serde_json::from_str(&body)?;
    let alerts = body["data"]["alerts"].as_array().context("alerts")?.iter();
    // Those that come and go are compared by their moments.
    let stands = alerts.filter(|alert| alert["labels"]["group"] == "texts");
    let mut texts: Vec<String> =
        stands.map(|alert| format!("{} {}", alert["labels"], alert["annotations"])).collect();
    texts.sort();
    Ok(texts)
}

/// Each rule's health and the beginning of its last error.
fn healths(runtime: &Runtime, peer: &Peer) -> anyhow::Result<Vec<String>> {
    let body = runtime.block_on(peer.get("/api/v1/rules"))?;
    let body: serde_json::Value = serde_json::from_str(&body)?;
    let groups = body["data"]["groups"].as_array().context("groups")?.iter();
    let rules = groups.flat_map(|group| group["rules"].as_array().cloned().unwrap_or_default());
    let told = |rule: serde_json::Value| {
        format!("{} {} {}", rule["name"], rule["health"], rule["lastError"])
    };
    let mut healths: Vec<String> = rules.map(told).collect();
    healths.sort();
    Ok(healths)
}

/// How often alerts are looked for, in milliseconds, by the labels of their series.
fn interval_ms(series: &str) -> i64 {
    if series.contains("\"OfRecording\"") { 2_000 } else { 1_000 }
}

fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
