//! Each name, label and phase of Debian's blackbox_exporter on the same targets of ICMP, TCP and HTTPS: ours too, or
//! left out with a reason; and a Prometheus that scrapes `/probe` as it is used to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use harness::{Program, binaries, certificates, fetch, page};
use tempfile::TempDir;

use crate::peer::free_port;
use crate::table;

/// What is left out, and why.
const LEFT_OUT: [(&str, &str); 5] = [
    ("probe_icmp_duration_seconds{phase=setup}", "the socket is open before a ping is due"),
    ("probe_failed_due_to_regex", "no pattern is looked for in a page"),
    ("probe_ip_addr_hash", "another address is an event that names both"),
    ("probe_ssl_last_chain_expiry_timestamp_seconds", "the first end is told, trusted or not"),
    ("probe_ssl_last_chain_info", "of a certificate its end is kept, nothing else"),
];

/// How long things may take: our first round of a minute, and a scrape.
const PATIENCE: Duration = Duration::from_secs(200);

/// The modules, by the names that blackbox_exporter's example gives them.
const MODULES: [&str; 3] = ["icmp", "tcp_connect", "http_2xx"];

/// Series as text, and their values.
type Samples = BTreeMap<String, f64>;

pub fn compare() -> anyhow::Result<()> {
    let folder = TempDir::new().context("failed to make a folder")?;
    let runtime = tokio::runtime::Runtime::new()?;
    let trusted = certificates();
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<ok/>";
    let served = runtime.block_on(page::page(&trusted, answer));
    let authority = folder.path().join("ca.pem");
    std::fs::write(&authority, &trusted.authority)?;
    let port = served.address.port();
    let targets = [
        ("icmp", "localhost".to_owned()),
        ("tcp_connect", format!("localhost:{port}")),
        ("http_2xx", format!("https://localhost:{port}/bigbluebutton/api")),
    ];
    let ours = collector(&folder, &authority, &targets)?;
    let blackbox = blackbox(folder.path(), &authority)?;
    let mut rows = Vec::new();
    let mut missing = Vec::new();
    for (module, target) in &targets {
        let theirs = runtime.block_on(probed(&blackbox.url, module, target))?;
        let own = runtime.block_on(probed(&ours.url, module, target))?;
        compare_names(module, (&own, &theirs), &mut rows, &mut missing);
    }
    table::print(&["module", "series", "blackbox_exporter", "Headroom", "why not"], &rows);
    ensure!(missing.is_empty(), "neither told nor left out with a reason: {missing:?}");
    let said = runtime.block_on(scraped(&folder, &ours.url, &targets))?;
    println!("\na Prometheus that scrapes /probe with the usual relabelling: {said}");
    ours.program.terminate();
    blackbox.program.kill();
    Ok(())
}

/// A program that answers probes.
struct Prober {
    program: Program,
    url: String,
}

fn collector(
    folder: &TempDir,
    authority: &Path,
    targets: &[(&str, String)],
) -> anyhow::Result<Prober> {
    let mut command = Command::new(binaries().join("headroom"));
    command.env("SSL_CERT_FILE", authority);
    command.args(["up", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"]);
    for (_, target) in targets {
        command.args(["--ping", target]);
    }
    command.arg("--data").arg(folder.path().join("data"));
    let program = Program::start(command, "up", folder.path());
    let start = Instant::now();
    let url = loop {
        let text = program.stdout();
        let line = text.lines().find_map(|line| line.strip_prefix("http listening on "));
        if let Some(address) = line.filter(|_| text.contains("grpc listening on ")) {
            break format!("http://{address}");
        }
        ensure!(start.elapsed() < PATIENCE, "headroom up does not start: {}", program.stderr());
        std::thread::sleep(Duration::from_millis(50));
    };
    Ok(Prober { program, url })
}

fn blackbox(folder: &Path, authority: &Path) -> anyhow::Result<Prober> {
    let configuration = folder.join("blackbox.yml");
    let ca = authority.display();
    let four = "preferred_ip_protocol: ip4";
    std::fs::write(
        &configuration,
        format!(
            "modules:\n  icmp: {{prober: icmp, icmp: {{{four}}}}}\n  tcp_connect: {{prober: tcp, tcp: {{{four}}}}}\n  \
             http_2xx: {{prober: http, http: {{{four}, tls_config: {{ca_file: '{ca}'}}}}}}\n"
        ),
    )?;
    let port = free_port()?;
    let mut command = Command::new("prometheus-blackbox-exporter");
    command.arg(format!("--config.file={}", configuration.display()));
    command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
    let program = Program::start(command, "blackbox", folder);
    Ok(Prober { program, url: format!("http://127.0.0.1:{port}") })
}

/// What a probe says, as soon as it says anything.
async fn probed(url: &str, module: &str, target: &str) -> anyhow::Result<Samples> {
    let start = Instant::now();
    loop {
        let asked = fetch(&format!("{url}/probe?module={module}&target={target}")).await;
        if let Some((200, body)) = &asked {
            let text = String::from_utf8_lossy(body);
            let lines = text.lines().filter(|line| !line.starts_with('#'));
            let sample = |line: &str| {
                let (series, value) = line.rsplit_once(' ')?;
                Some((series.to_owned(), value.parse().ok()?))
            };
            return Ok(lines.filter_map(sample).collect());
        }
        ensure!(start.elapsed() < PATIENCE, "{url} says nothing of {target}: {asked:?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// The name of a series with its labels; of a label that holds data the name alone.
fn shape(series: &str) -> String {
    let Some((name, labels)) = series.split_once('{') else { return series.to_owned() };
    let label = |pair: &str| {
        let (name, value) = pair.split_once("=\"").unwrap_or((pair, ""));
        match name {
            "phase" => format!("{name}={}", value.trim_end_matches('"')),
            other => other.to_owned(),
        }
    };
    let labels: BTreeSet<String> = labels.trim_end_matches('}').split("\",").map(label).collect();
    format!("{name}{{{}}}", labels.into_iter().collect::<Vec<_>>().join(","))
}

fn compare_names(
    module: &str,
    (own, theirs): (&Samples, &Samples),
    rows: &mut Vec<Vec<String>>,
    missing: &mut Vec<String>,
) {
    let own: BTreeMap<String, f64> =
        own.iter().map(|(name, value)| (shape(name), *value)).collect();
    for (series, value) in theirs {
        let shape = shape(series);
        let ours = own.get(&shape);
        let reason = LEFT_OUT
            .iter()
            .find(|(left_out, _)| shape == *left_out || shape.split('{').next() == Some(*left_out));
        let why = match (ours, reason) {
            (Some(_), _) => String::new(),
            (None, Some((_, why))) => (*why).to_owned(),
            (None, None) => {
                missing.push(format!("{module}: {shape}"));
                "MISSING".to_owned()
            }
        };
        let told =
            |value: Option<&f64>| value.map_or_else(|| "-".into(), |value| format!("{value:.6}"));
        rows.push(vec![module.to_owned(), shape, told(Some(value)), told(ours), why]);
    }
}

/// Lets a Prometheus scrape `/probe`, and tells what it has.
async fn scraped(
    folder: &TempDir,
    ours: &str,
    targets: &[(&str, String)],
) -> anyhow::Result<String> {
    let address = ours.trim_start_matches("http://");
    let job = |module: &str| {
        let own = targets.iter().filter(|(asked, _)| *asked == module);
        let list: Vec<String> = own.map(|(_, target)| format!("'{target}'")).collect();
        format!(
            "- job_name: {module}\n  metrics_path: /probe\n  params: {{module: [{module}]}}\n  static_configs:\n  \
             - targets: [{}]\n  relabel_configs:\n  \
             - {{source_labels: [__address__], target_label: __param_target}}\n  \
             - {{source_labels: [__param_target], target_label: instance}}\n  \
             - {{target_label: __address__, replacement: '{address}'}}\n",
            list.join(", ")
        )
    };
    let jobs: String = MODULES.into_iter().map(job).collect();
    let configuration = folder.path().join("prometheus.yml");
    std::fs::write(
        &configuration,
        format!("global: {{scrape_interval: 2s}}\nscrape_configs:\n{jobs}"),
    )?;
    let port = free_port()?;
    let mut command = Command::new("prometheus");
    command.arg(format!("--config.file={}", configuration.display()));
    command.arg(format!("--storage.tsdb.path={}", folder.path().join("tsdb").display()));
    command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
    let program = Program::start(command, "prometheus", folder.path());
    let url = format!("http://127.0.0.1:{port}/api/v1/query?query=probe_success");
    let start = Instant::now();
    loop {
        if let Some((200, body)) = fetch(&url).await {
            let answer: serde_json::Value = serde_json::from_slice(&body)?;
            let series = answer["data"]["result"].as_array().cloned().unwrap_or_default();
            let well = series.iter().filter(|one| one["value"][1] == "1");
            let names: BTreeSet<String> = well
                .filter_map(|one| one["metric"]["instance"].as_str().map(str::to_owned))
                .collect();
            if names.len() == targets.len() {
                program.terminate();
                let names = names.into_iter().collect::<Vec<_>>().join(", ");
                return Ok(format!("probe_success 1 of {names}"));
            }
        }
        let late = start.elapsed() > PATIENCE;
        ensure!(!late, "Prometheus has not got all of it: {}", program.stderr());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
