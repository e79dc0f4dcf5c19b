//! The agent at 1 s with TLS on, with what collectd reads and with all that it reads by default, beside
//! Debian's collectd and its node_exporter that is scraped each second: CPU and memory of the whole
//! process, a minute each, in turns.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use harness::{AgentOptions, AgentProgram, CollectorOptions, CollectorProgram, Program};

use crate::peer::free_port;
use crate::{process, table};

const TURNS: usize = 3;
const WARM_UP: Duration = Duration::from_secs(5);
const MEASURED: Duration = Duration::from_secs(60);

/// All that collectd does not read, left out.
const BEYOND_COLLECTD: [&str; 14] = [
    "containers",
    "hardware",
    "host",
    "netstat",
    "pressure",
    "processes",
    "recordings",
    "scheduler",
    "sockets",
    "softnet",
    "tables",
    "textfiles",
    "timex",
    "units",
];

/// What one process used while it was measured.
#[derive(Debug, Clone, Copy)]
struct Cost {
    cpu_ms_per_round: f64,
    resident_mib: f64,
}

pub fn compare() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let [mut all, mut few, mut collectd, mut exporter] = [const { Vec::new() }; 4];
    for turn in 1..=TURNS {
        println!(
            "turn {turn} of {TURNS}: a minute of collectd, of node_exporter, and twice of headroom-agent"
        );
        collectd.push(measure_collectd()?);
        exporter.push(runtime.block_on(measure_exporter())?);
        all.push(runtime.block_on(measure_agent(&[]))?);
        few.push(runtime.block_on(measure_agent(&BEYOND_COLLECTD))?);
    }
    let size = std::fs::metadata(harness::binaries().join("headroom-agent"))?.len();
    let [all, few, collectd, exporter] = [all, few, collectd, exporter].map(|costs| median(&costs));
    let row = |name: &str, ours: Cost, theirs: Cost, aim: &str| {
        vec![
            name.to_owned(),
            format!("{:.3}", theirs.cpu_ms_per_round),
            format!("{:.3}", ours.cpu_ms_per_round),
            format!("{:.2}", ours.cpu_ms_per_round / theirs.cpu_ms_per_round),
            aim.to_owned(),
            format!("{:.1}", theirs.resident_mib),
            format!("{:.1}", ours.resident_mib),
        ]
    };
    let rows = [
        row("node_exporter, all defaults", all, exporter, "0.10"),
        row("collectd, all defaults", all, collectd, "0.60"),
        row("collectd, its set", few, collectd, "0.50"),
    ];
    println!();
    let heads = ["beside, 1 s", "CPU ms", "agent, TLS", "ratio", "aim", "MiB", "agent, at most 8"];
    table::print(&heads, &rows);
    println!("\nheadroom-agent, stripped: {:.1} MB (aim: 8)", size as f64 / 1e6);
    Ok(())
}

/// The agent without some of its samplers.
async fn measure_agent(off: &'static [&'static str]) -> anyhow::Result<Cost> {
    let options = CollectorOptions {
        instances: vec!["ca1".into()],
        tls: true,
        ..CollectorOptions::default()
    };
    let mut collector = CollectorProgram::start(options).await;
    let mut agent =
        AgentProgram::start(&collector, "ca1", &AgentOptions { off, ..AgentOptions::each("1s") });
    let cost = measure(agent.id());
    let log = agent.log();
    ensure!(log.contains("connected"), "the agent was not connected: {log}");
    agent.terminate();
    collector.terminate();
    cost
}

/// The exporter as Debian has it, scraped by one connection each second as Prometheus does.
async fn measure_exporter() -> anyhow::Result<Cost> {
    let folder = tempfile::TempDir::new()?;
    let port = free_port()?;
    let mut command = Command::new("prometheus-node-exporter");
    command.arg(format!("--web.listen-address=127.0.0.1:{port}")).stdout(Stdio::null());
    let program = Program::start(command, "node_exporter", folder.path());
    let url = format!("http://127.0.0.1:{port}/metrics");
    let scraping = tokio::spawn(async move {
        let client = reqwest::Client::new();
        let mut ticks = tokio::time::interval(Duration::from_secs(1));
        loop {
            ticks.tick().await;
            // Until it listens there is no answer.
            if let Ok(answer) = client.get(&url).send().await {
                let _ = answer.bytes().await;
            }
        }
    });
    let id = program.id();
    let cost = tokio::task::spawn_blocking(move || measure(id)).await?;
    scraping.abort();
    program.kill();
    cost.context("node_exporter")
}

fn measure_collectd() -> anyhow::Result<Cost> {
    let folder = tempfile::TempDir::new()?;
    let path = folder.path().join("collectd.conf");
    std::fs::write(&path, collectd_configuration(folder.path()))?;
    let mut command = Command::new("collectd");
    command.arg("-f").arg("-C").arg(&path);
    let program = Program::start(command, "collectd", folder.path());
    let cost = measure(program.id());
    program.terminate();
    cost.context("collectd")
}

/// Sends to a port of this machine where nobody listens: sending is what costs.
fn collectd_configuration(folder: &Path) -> String {
    let plugins = ["cpu", "interface", "disk", "df", "memory", "load", "network"];
    let loads: Vec<String> = plugins.iter().map(|plugin| format!("LoadPlugin {plugin}")).collect();
    let loads = loads.join("\n");
    format!(
        "BaseDir \"{0}\"\nPIDFile \"{0}/pid\"\nInterval 1\nFQDNLookup false\nHostname \"ca1\"\n{loads}\n\
         <Plugin network>\n  Server \"127.0.0.1\" \"25826\"\n</Plugin>\n\
         <Plugin cpu>\n  ReportByCpu true\n  ReportByState true\n  ValuesPercentage false\n</Plugin>\n",
        folder.display()
    )
}

fn measure(id: u32) -> anyhow::Result<Cost> {
    std::thread::sleep(WARM_UP);
    let start = Instant::now();
    let before = process::running_threads_ns(id)?;
    std::thread::sleep(MEASURED);
    let used = process::running_threads_ns(id)? - before;
    let rounds = start.elapsed().as_secs_f64();
    let resident_mib = process::memory(id)?.resident_mib;
    Ok(Cost { cpu_ms_per_round: used as f64 / 1e6 / rounds, resident_mib })
}

fn median(costs: &[Cost]) -> Cost {
    let middle = |pick: fn(&Cost) -> f64| table::median(costs.iter().map(pick));
    Cost {
        cpu_ms_per_round: middle(|cost| cost.cpu_ms_per_round),
        resident_mib: middle(|cost| cost.resident_mib),
    }
}
