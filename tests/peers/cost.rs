//! The agent at 1 s with TLS on, beside Debian's collectd with the same readings: CPU and memory of
//! the whole process, a minute each, in turns.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use harness::{AgentOptions, AgentProgram, CollectorOptions, CollectorProgram, Program};

use crate::{process, table};

const TURNS: usize = 3;
const WARM_UP: Duration = Duration::from_secs(5);
const MEASURED: Duration = Duration::from_secs(60);

/// What one process used while it was measured.
#[derive(Debug, Clone, Copy)]
struct Cost {
    cpu_ms_per_round: f64,
    resident_mib: f64,
}

pub fn compare() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for turn in 1..=TURNS {
        println!("turn {turn} of {TURNS}: a minute of collectd, a minute of headroom-agent");
        theirs.push(measure_collectd()?);
        ours.push(runtime.block_on(measure_agent())?);
    }
    let (ours, theirs) = (median(&ours), median(&theirs));
    let size = std::fs::metadata(harness::binaries().join("headroom-agent"))?.len();
    let ratio = |a: f64, b: f64| format!("{:.2}", a / b);
    let rows = [
        vec![
            "CPU a round, ms".to_owned(),
            format!("{:.3}", theirs.cpu_ms_per_round),
            format!("{:.3}", ours.cpu_ms_per_round),
            ratio(ours.cpu_ms_per_round, theirs.cpu_ms_per_round),
            "0.50".to_owned(),
        ],
        vec![
            "resident, MiB".to_owned(),
            format!("{:.1}", theirs.resident_mib),
            format!("{:.1}", ours.resident_mib),
            ratio(ours.resident_mib, theirs.resident_mib),
            "8 MiB".to_owned(),
        ],
    ];
    println!();
    table::print(&["whole process, 1 s, median", "collectd", "agent, TLS", "ratio", "aim"], &rows);
    println!("\nheadroom-agent, stripped: {:.1} MB (aim: 8)", size as f64 / 1e6);
    Ok(())
}

async fn measure_agent() -> anyhow::Result<Cost> {
    let options = CollectorOptions {
        instances: vec!["ca1".into()],
        tls: true,
        ..CollectorOptions::default()
    };
    let mut collector = CollectorProgram::start(options).await;
    let mut agent = AgentProgram::start(&collector, "ca1", &AgentOptions::each("1s"));
    let cost = measure(agent.id());
    let log = agent.log();
    ensure!(log.contains("connected"), "the agent was not connected: {log}");
    agent.terminate();
    collector.terminate();
    cost
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
