//! The same rule files and the same remote writes in Debian's Prometheus and in Headroom: when alerts pend,
//! fire and end, and what they say; and what 1,000 rules cost.

mod feed;
mod files;
mod timeline;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use self::feed::Feed;
use self::timeline::Timelines;
use crate::peer::Peer;
use crate::{collector, option, process, prometheus, table};

/// Two moments that may lie one evaluation apart, and the time that a sample takes to be there, in milliseconds.
const APART_MS: i64 = 1_500;

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
    let outcome = theirs.beside(&ours, restart_ms..restart_ms + RESTART_MS, APART_MS);
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

/// `rule-cost`: a thousand rules at 15 s.
pub fn compare_cost() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let runtime = Runtime::new()?;
    let minutes = option::number("HEADROOM_MINUTES", 3.0)?;
    let time = Duration::from_secs_f64(minutes * 60.0);
    let rules = folder.path().join("rules.yml");
    std::fs::write(&rules, files::thousand())?;
    let idle = folder.path().join("none.yml");
    std::fs::write(&idle, "groups: []\n")?;
    println!("1,000 rules at 15 s for {minutes} minutes over 20 hosts with 50 series each at 10 s");
    let mut rows = Vec::new();
    let mut costs = Vec::new();
    for (name, file) in [("no rules", &idle), ("1,000 rules", &rules)] {
        let place = folder.path().join(name.replace([' ', ','], ""));
        std::fs::create_dir_all(&place)?;
        let both = Both::start(&place, file)?;
        let mut feed = Feed::of_hosts();
        // Rates have what they need before anything is counted.
        runtime.block_on(feed.run(&both.theirs, &both.ours, Duration::from_secs(60)))?;
        let cpu = |peer: &Peer| process::cpu_seconds(peer.id());
        let before = [cpu(&both.theirs)?, cpu(&both.ours)?];
        runtime.block_on(feed.run(&both.theirs, &both.ours, time))?;
        let after = [cpu(&both.theirs)?, cpu(&both.ours)?];
        let used = [after[0] - before[0], after[1] - before[1]];
        let share = used.map(|used| 100.0 * used / time.as_secs_f64());
        let evaluated = |outcome: &str| {
            let name = format!("headroom_rules_evaluated_total{{outcome=\"{outcome}\"");
            runtime.block_on(both.ours.metric(&name))
        };
        let (missed, failed) = (evaluated("missed")?, evaluated("failed")?);
        let late =
            runtime.block_on(both.theirs.metric("prometheus_rule_group_iterations_missed_total"));
        rows.push(vec![
            name.to_owned(),
            format!("{:.1}", share[0]),
            format!("{:.1}", share[1]),
            format!("{}", late.unwrap_or(0.0)),
            format!("{missed}"),
            format!("{failed}"),
        ]);
        costs.push(share);
        both.stop();
    }
    table::print(
        &[
            "",
            "Prometheus % of a core",
            "Headroom",
            "groups late there",
            "rules late here",
            "failed",
        ],
        &rows,
    );
    let own = |place: usize| costs[1][place] - costs[0][place];
    let (theirs, ours) = (own(0), own(1));
    println!("the rules alone: {theirs:.1} % and {ours:.1} %, {:.2} times theirs", ours / theirs);
    println!("{}", table::aim("at most 30 % of a core with all else", costs[1][1] <= 30.0));
    println!(
        "{}",
        table::aim(
            "at most half of Prometheus's CPU, all in all",
            costs[1][1] * 2.0 <= costs[1][0]
        )
    );
    println!("{}", table::aim("none late", rows[1][4] == "0"));
    Ok(())
}

fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
