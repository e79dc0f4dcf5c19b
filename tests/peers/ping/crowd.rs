//! 5,000 targets on loopback, 20 pings a minute each: how evenly they go out, and what that costs beside fping.

use std::net::Ipv4Addr;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use harness::{Namespace, Program};
use tempfile::TempDir;

use super::ground::{start, wait, without_trains};
use super::kept;
use super::wire::{Capture, Wire};
use crate::{process, table};

const TARGETS: u32 = 5_000;

/// How long the agent runs before it is looked at: all paths are in their stride after a minute.
const BEFORE: Duration = Duration::from_secs(70);

/// How long it is looked at.
const TIME: Duration = Duration::from_secs(60);

/// Pings are counted in steps of this length, in microseconds.
const STEP_US: f64 = 100_000.0;

/// What is allowed: pings of a step beside the mean, part of a core, beside fping's, and MiB.
const EVEN: f64 = 2.0;
const CORE: f64 = 0.15;
const FPING: f64 = 2.5;
const MEMORY_MIB: f64 = 40.0;

/// What a program took.
struct Cost {
    core: f64,
    peak_mib: f64,
}

pub fn compare() -> anyhow::Result<()> {
    let folder = TempDir::new().context("failed to make a folder")?;
    let namespace = Namespace::new();
    let targets: Vec<String> = (1..=TARGETS).map(|number| address(number).to_string()).collect();
    let (ours, wire, wrong) = agent(&namespace, &folder, &targets)?;
    let fping = fping(&namespace, &folder, &targets)?;
    let row = |name: &str, cost: &Cost| {
        vec![name.to_owned(), format!("{:.3}", cost.core), format!("{:.1}", cost.peak_mib)]
    };
    println!("\n{TARGETS} targets on loopback, 20 pings a minute each");
    let rows = [row("Headroom's agent, all of it", &ours), row("fping", &fping)];
    table::print(&["program", "cores", "peak MiB"], &rows);
    let (most, mean) = steps(&wire.sent_us());
    println!("pings in 100 ms: mean {mean:.0}, most {most:.0}; rounds that are wrong: {wrong}");
    println!("{}", table::aim("no 100 ms above twice the mean", most <= EVEN * mean));
    println!("{}", table::aim("at most 0.15 cores", ours.core <= CORE));
    println!("{}", table::aim("at most 2.5 times fping's", ours.core <= FPING * fping.core));
    println!("{}", table::aim("at most 40 MiB", ours.peak_mib <= MEMORY_MIB));
    println!("{}", table::aim("nothing attributed wrongly", wrong == 0));
    Ok(())
}

/// An address of loopback that is no network's first or last.
fn address(number: u32) -> Ipv4Addr {
    Ipv4Addr::from(Ipv4Addr::new(127, 1, 0, 0).to_bits() + number / 250 * 256 + number % 250 + 1)
}

/// Lets the agent ping all of them; what it took, when its pings went out, and how many rounds do not say that all was
/// answered.
fn agent(
    namespace: &Namespace,
    folder: &TempDir,
    targets: &[String],
) -> anyhow::Result<(Cost, Wire, usize)> {
    namespace.let_everybody_ping();
    let runtime = tokio::runtime::Runtime::new()?;
    let started = start(namespace, targets, without_trains());
    let (mut collector, mut agent) = runtime.block_on(started);
    std::thread::sleep(BEFORE);
    let capture = Capture::start(namespace.near("tcpdump"), "lo", folder.path());
    wait("tcpdump listens", || capture.is_ready())?;
    let cost = cost(agent.id(), TIME)?;
    let wire = capture.finish()?;
    agent.terminate();
    collector.terminate();
    let rounds = kept::rounds(&collector.open_store(), "here")?;
    ensure!(rounds.len() == targets.len(), "{} targets have rounds", rounds.len());
    let is_wrong = |round: &&headroom::store::PathRound| {
        round.received() != round.sent || !round.discarded.is_empty()
    };
    let wrong = rounds.iter().flat_map(|(_, rounds)| rounds).filter(is_wrong).count();
    Ok((cost, wire, wrong))
}

fn fping(namespace: &Namespace, folder: &TempDir, targets: &[String]) -> anyhow::Result<Cost> {
    let list = folder.path().join("targets");
    std::fs::write(&list, targets.join("\n"))?;
    let mut command: Command = namespace.near("fping");
    command.args(["-q", "-l", "-p", "3000", "-i", "0.5", "-f"]).arg(&list);
    let mut program = Program::start(command, "fping", folder.path());
    std::thread::sleep(Duration::from_secs(5));
    let cost = cost(program.id(), TIME);
    ensure!(program.is_running(), "fping ended: {}", program.stderr());
    program.kill();
    cost
}

fn cost(id: u32, time: Duration) -> anyhow::Result<Cost> {
    let (begin, before) = (Instant::now(), process::cpu_seconds(id)?);
    std::thread::sleep(time);
    let core = (process::cpu_seconds(id)? - before) / begin.elapsed().as_secs_f64();
    Ok(Cost { core, peak_mib: process::memory(id)?.peak_mib })
}

/// The most pings of a step, and the mean of all steps.
fn steps(sent_us: &[f64]) -> (f64, f64) {
    let Some((first, last)) = sent_us.first().zip(sent_us.last()) else { return (0.0, 0.0) };
    // The last step is cut short.
    let count = ((last - first) / STEP_US) as usize;
    let mut steps = vec![0.0_f64; count];
    for sent_us in sent_us {
        if let Some(step) = steps.get_mut(((sent_us - first) / STEP_US) as usize) {
            *step += 1.0;
        }
    }
    let most = steps.iter().copied().fold(0.0, f64::max);
    (most, steps.iter().sum::<f64>() / count.max(1) as f64)
}
