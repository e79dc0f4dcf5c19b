//! Readers of foreign bytes under libFuzzer, for as long as is wished: executions, and edges of the
//! program that no input had reached before.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, ensure};
use headroom_fuzz::{TARGETS, Target, inputs};

use crate::{option, table};

/// How long each target runs, unless `HEADROOM_FUZZ_SECONDS` says otherwise.
const SECONDS: f64 = 1800.0;

/// Programs are built for this, with the counters that libFuzzer looks at; what runs while they are
/// built has none.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";
const COUNTERS: [&str; 6] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg=fuzzing",
];

/// An input that takes longer or more memory is a fault.
const TIMEOUT_SECONDS: u32 = 20;
const MOST_MIB: u32 = 2048;

/// What became of a target.
#[derive(Default)]
struct Outcome {
    name: &'static str,
    kept: usize,
    executions: u64,
    /// Edges that the kept inputs reach, and those at the end.
    edges: (u64, u64),
    peak_mib: u64,
    /// The input that broke it.
    broken: Option<String>,
}

/// `HEADROOM_FUZZ=NAME` runs one target only.
pub fn compare() -> anyhow::Result<()> {
    let seconds = option::number("HEADROOM_FUZZ_SECONDS", SECONDS)?.ceil() as u64;
    let wanted = std::env::var("HEADROOM_FUZZ").ok();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/fuzz");
    build(&folder)?;
    let targets: Vec<Target> =
        TARGETS.into_iter().filter(|t| wanted.as_ref().is_none_or(|name| name == t.name)).collect();
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(target) = targets.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = run(*target, &folder, seconds);
                    outcomes.lock().expect("no thread panics with it").push(outcome);
                }
            });
        }
    });
    let outcomes: Vec<Outcome> =
        outcomes.into_inner()?.into_iter().collect::<anyhow::Result<_>>()?;
    print(&outcomes, seconds);
    let broken = outcomes.iter().filter(|outcome| outcome.broken.is_some()).count();
    ensure!(broken == 0, "{broken} targets are broken");
    Ok(())
}

fn build(folder: &Path) -> anyhow::Result<()> {
    let mut cargo = harness::cargo();
    cargo.args(["build", "--quiet", "--profile", "fuzz", "--package", "headroom-fuzz", "--bins"]);
    cargo.args(["--features", "libfuzzer", "--locked", "--target", PLATFORM, "--target-dir"]);
    cargo.arg(folder).current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.env("RUSTFLAGS", COUNTERS.join(" "));
    ensure!(cargo.status().context("cargo runs")?.success(), "the targets do not build");
    Ok(())
}

fn run(target: Target, folder: &Path, seconds: u64) -> anyhow::Result<Outcome> {
    let program = format!("{PLATFORM}/fuzz/fuzz-{}", target.name.replace('_', "-"));
    let [kept, grown, broken] =
        ["kept", "grown", "broken"].map(|kind| folder.join(kind).join(target.name));
    for place in [&kept, &grown, &broken] {
        std::fs::create_dir_all(place)?;
    }
    let inputs = inputs::of(target);
    for (number, input) in inputs.iter().enumerate() {
        std::fs::write(kept.join(number.to_string()), input)?;
    }
    // The first folder is where libFuzzer adds what it finds.
    let output = Command::new(folder.join(program))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-timeout={TIMEOUT_SECONDS}"))
        .arg(format!("-rss_limit_mb={MOST_MIB}"))
        .arg(format!("-artifact_prefix={}/", broken.display()))
        .args(["-max_len=4096", "-print_final_stats=1"])
        .args([&grown, &kept])
        .stdin(Stdio::null())
        .output()
        .context("the target runs")?;
    let said = String::from_utf8_lossy(&output.stderr);
    std::fs::write(folder.join(target.name).with_extension("log"), said.as_bytes())?;
    let is_well = output.status.success();
    let fallback = || said.lines().last().unwrap_or("no word").to_owned();
    Ok(Outcome {
        kept: inputs.len(),
        broken: (!is_well).then(|| artifact(&said).unwrap_or_else(fallback)),
        ..outcome(target.name, &said)
    })
}

/// What libFuzzer says at its end.
fn outcome(name: &'static str, said: &str) -> Outcome {
    let number = |line: &str, label: &str| -> Option<u64> {
        line.split_once(label)?.1.split_whitespace().next()?.parse().ok()
    };
    let stat = |label: &str| said.lines().find_map(|line| number(line, label)).unwrap_or(0);
    let edges = |line: &str| number(line, "cov: ");
    let first = said.lines().filter(|line| line.contains("INITED")).find_map(edges);
    let last = said.lines().filter_map(edges).next_back();
    Outcome {
        name,
        executions: stat("stat::number_of_executed_units:"),
        edges: (first.unwrap_or(0), last.unwrap_or(0)),
        peak_mib: stat("stat::peak_rss_mb:"),
        ..Outcome::default()
    }
}

fn artifact(said: &str) -> Option<String> {
    let (_, behind) = said.split_once("Test unit written to ")?;
    let path: PathBuf = behind.lines().next()?.into();
    Some(path.display().to_string())
}

fn print(outcomes: &[Outcome], seconds: u64) {
    let row = |outcome: &Outcome| {
        let Outcome { name, kept, executions, edges: (first, last), peak_mib, broken } = outcome;
        let new = last.saturating_sub(*first);
        let broken = broken.clone().unwrap_or_else(|| "none".into());
        let numbers =
            [*kept as u64, *executions, *executions / seconds.max(1), *first, new, *peak_mib];
        let numbers = numbers.map(|number| number.to_string());
        std::iter::once((*name).to_owned()).chain(numbers).chain([broken]).collect()
    };
    let rows: Vec<Vec<String>> = outcomes.iter().map(row).collect();
    let heads =
        ["target", "inputs", "executions", "a second", "edges", "new edges", "MiB", "broken by"];
    table::print(&heads, &rows);
    let sum: u64 = outcomes.iter().map(|outcome| outcome.executions).sum();
    println!("{sum} executions in all");
}
