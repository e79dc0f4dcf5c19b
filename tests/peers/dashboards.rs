//! The usual dashboard of node_exporter: how many of its expressions have data with our agent, beside
//! node_exporter and Prometheus on the same machine.
//!
//! The dashboard is a file that `HEADROOM_DASHBOARD` names; none is kept here.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use harness::{Program, binaries};
use serde_json::Value;

use crate::peer::free_port;
use crate::table;

const DASHBOARD: &str = "HEADROOM_DASHBOARD";

/// What node_exporter tells of its own process and of its collectors. There is none on our side, whose
/// agent tells of itself as headroom_agent_*.
const ABOUT_ITSELF: [&str; 3] = ["process_", "node_scrape_", "node_exporter_"];

/// How long both gather before they are asked: rates over a minute need samples.
const GATHERED: Duration = Duration::from_secs(100);

/// Variables of dashboards that do not name a host, and what they stand for; the longest come first.
const VARIABLES: [(&str, &str); 6] = [
    ("__rate_interval", "1m"),
    ("__interval", "1m"),
    ("__range", "5m"),
    ("diskdevices", "[a-z]+|nvme[0-9]+n[0-9]+|mmcblk[0-9]+"),
    ("show_interval", "1m"),
    ("job", "node"),
];

/// Somebody who can be asked, and what the host is called there.
struct Side {
    url: String,
    instance: String,
}

pub fn compare() -> anyhow::Result<()> {
    let Some(path) = std::env::var_os(DASHBOARD) else {
        println!("skipped: {DASHBOARD} names no file with a dashboard");
        return Ok(());
    };
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let mut expressions = BTreeSet::new();
    collect(&serde_json::from_str(&text)?, &mut expressions);
    ensure!(!expressions.is_empty(), "{} has no expressions", path.display());

    let folder = tempfile::TempDir::new()?;
    let (exporter, prometheus, theirs) = start_theirs(folder.path())?;
    let (headroom, ours) = start_ours(folder.path())?;
    println!("both gather for {} s", GATHERED.as_secs());
    std::thread::sleep(GATHERED);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut counts = [0; 2];
    let mut of_itself = 0;
    let mut missing = Vec::new();
    for expression in &expressions {
        let has =
            |side: &Side| runtime.block_on(has_data(side, &filled(expression, &side.instance)));
        let [we, they] = [has(&ours)?, has(&theirs)?];
        if ABOUT_ITSELF.iter().any(|start| metrics(expression).any(|name| name.starts_with(start)))
        {
            of_itself += usize::from(they);
            continue;
        }
        counts[0] += usize::from(we);
        counts[1] += usize::from(they);
        if we != they {
            let who = if we { "ours" } else { "theirs" };
            missing.push(vec![who.to_owned(), expression.replace('\n', " ")]);
        }
    }
    headroom.terminate();
    prometheus.terminate();
    exporter.kill();
    table::print(&["data with", "expression"], &missing);
    let [we, they] = counts;
    println!(
        "\nof {} expressions {we} have data with Headroom, {they} with node_exporter, and {of_itself} more that \
         ask how node_exporter itself does",
        expressions.len()
    );
    ensure!(we >= they, "fewer than with node_exporter");
    Ok(())
}

/// The expressions of all panels, however deep they lie.
fn collect(value: &Value, expressions: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, expressions)),
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(text) if key == "expr" && !text.trim().is_empty() => {
                        expressions.insert(text.clone());
                    }
                    other => collect(other, expressions),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The words of an expression, metrics among them.
fn metrics(expression: &str) -> impl Iterator<Item = &str> {
    expression.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
}

/// The expression with its variables replaced; those that are not known name the host.
fn filled(expression: &str, instance: &str) -> String {
    let mut filled = String::new();
    let mut rest = expression;
    while let Some((before, behind)) = rest.split_once('$') {
        filled.push_str(before);
        let behind = behind.strip_prefix('{').unwrap_or(behind);
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let end = behind.find(|letter| !is_name(letter)).unwrap_or(behind.len());
        let (name, behind) = behind.split_at(end);
        let known = VARIABLES.iter().find(|(variable, _)| *variable == name);
        filled.push_str(known.map_or(instance, |(_, value)| value));
        rest = behind.strip_prefix('}').unwrap_or(behind);
    }
    filled + rest
}

async fn has_data(side: &Side, expression: &str) -> anyhow::Result<bool> {
    let mut url = reqwest::Url::parse(&format!("{}/api/v1/query", side.url))?;
    url.query_pairs_mut().append_pair("query", expression);
    let (_, body) = harness::fetch(url.as_str()).await.context("no answer")?;
    let answer: Value = serde_json::from_slice(&body)?;
    let series = answer["data"]["result"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(series.iter().any(|one| one["value"][1] != "NaN"))
}

fn start_theirs(folder: &Path) -> anyhow::Result<(Program, Program, Side)> {
    let [port, own] = [free_port()?, free_port()?];
    let mut command = Command::new("prometheus-node-exporter");
    command.arg(format!("--web.listen-address=127.0.0.1:{port}")).stdout(Stdio::null());
    let exporter = Program::start(command, "node_exporter", folder);
    let instance = format!("127.0.0.1:{port}");
    let configuration = folder.join("prometheus.yml");
    let scrape = format!(
        "global: {{scrape_interval: 5s}}\nscrape_configs:\n- job_name: node\n  static_configs:\n\
         \x20 - targets: ['{instance}']\n"
    );
    std::fs::write(&configuration, scrape)?;
    let mut command = Command::new("prometheus");
    command
        .arg(format!("--config.file={}", configuration.display()))
        .arg(format!("--storage.tsdb.path={}", folder.join("prometheus").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{own}"));
    let prometheus = Program::start(command, "prometheus", folder);
    Ok((exporter, prometheus, Side { url: format!("http://127.0.0.1:{own}"), instance }))
}

fn start_ours(folder: &Path) -> anyhow::Result<(Program, Side)> {
    let mut command = Command::new(binaries().join("headroom"));
    command.args(["up", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--interval", "5s"]);
    command.arg("--data").arg(folder.join("headroom"));
    let program = Program::start(command, "headroom", folder);
    let start = Instant::now();
    let address = loop {
        let text = program.stdout();
        let first = text.lines().next().and_then(|line| line.strip_prefix("http listening on "));
        if let Some(address) = first.filter(|_| text.contains("grpc listening on")) {
            break address.to_owned();
        }
        ensure!(start.elapsed() < Duration::from_secs(60), "headroom does not announce itself");
        std::thread::sleep(Duration::from_millis(100));
    };
    let hostname = std::fs::read_to_string("/proc/sys/kernel/hostname")?;
    Ok((program, Side { url: format!("http://{address}"), instance: hostname.trim().to_owned() }))
}
