//! What nobody wishes a store: 200 sudden deaths, a full disk, a flipped bit in each kind of file,
//! a torn log, two processes on one directory.

use std::collections::BTreeMap;

use anyhow::ensure;
use harness::torture::{
    DeathOptions, Deaths, Flip, SMALL_STORE, Verdict, deaths, flips, full_disk, torn_tail,
};
use tempfile::TempDir;

use crate::{collector, table};

const KILLS: u32 = 200;
const SEED: u64 = 20_200_528;
/// Files of each kind, and flips in each.
const FLIPS: (usize, u64) = (3, 6);
/// The last bytes of the log, one by one, and other places.
const CUTS: (usize, usize) = (600, 200);

pub fn compare() -> anyhow::Result<()> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let kills = number("HEADROOM_KILLS").map_or(KILLS, |kills| kills as u32);
    let seed = number("HEADROOM_SEED").unwrap_or(SEED);
    println!("seed {seed}");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let options = DeathOptions { kills, seed, agents: 3, store: SMALL_STORE.into() };
    let survived = runtime.block_on(deaths(&options));
    print_deaths(&survived);
    let copied = survived.copied.as_ref();
    let whole = survived.between.is_whole()
        && survived.verdict.is_whole()
        && copied.is_none_or(|copied| copied.is_whole() && copied.acknowledged > 0);
    ensure!(whole && survived.refused.is_empty(), "acknowledged samples are not there once");

    let mut bad = Vec::new();
    for (what, data, ledgers) in survived.left() {
        println!("\none flipped bit, {what}:");
        let found = runtime.block_on(flips(&data, ledgers, FLIPS, seed));
        print_flips(&found);
        bad.extend(found.into_iter().filter(|flip| !flip.is_fine));
    }

    let torn = runtime.block_on(torn_tail(CUTS, seed));
    println!(
        "\na torn tail: {} cut at {} places, {} faults",
        torn.file.display(),
        torn.cuts,
        torn.faults.len()
    );
    for fault in torn.faults.iter().take(10) {
        println!("  {fault}");
    }

    let full = runtime.block_on(full_disk(SMALL_STORE));
    println!("\na full disk:");
    let rows = [("while full", &full.full), ("with room again, restarted", &full.end)];
    table::print(&HEADS, &rows.map(|(what, verdict)| row(what, verdict)));
    println!("told: {}", full.refusals.join(" · "));
    println!("{} samples acknowledged with room again, without a restart", full.after);
    two_processes()?;
    for flip in &bad {
        println!("bad: {} byte {} of {}: {}", flip.kind, flip.place.0, flip.place.1, flip.outcome);
    }
    ensure!(bad.is_empty(), "{} flips end badly", bad.len());
    ensure!(torn.faults.is_empty(), "torn tails cost whole records");
    ensure!(full.full.is_whole() && full.end.is_whole(), "a full disk costs samples");
    ensure!(full.after > 0, "writing does not go on after a full disk");
    Ok(())
}

/// The second process on a data directory must be refused, and the first must not notice.
fn two_processes() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let peer = collector::start(folder.path(), &[])?.peer;
    let second = harness::run("headroom", ["compact".as_ref(), peer.data.as_os_str()]);
    println!("\ntwo processes on one directory: {}", second.stderr.trim());
    let refused = second.code == Some(1) && second.stderr.contains("in use by another process");
    ensure!(refused, "the second process is not refused: {:?}", second.code);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(peer.get("/-/ready"))?;
    peer.stop();
    Ok(())
}

const HEADS: [&str; 7] = ["", "acknowledged", "right", "missing", "refused", "wrong", "twice"];

fn row(what: &str, verdict: &Verdict) -> Vec<String> {
    let Verdict { acknowledged, right, missing, refused, wrong, twice, .. } = verdict;
    let numbers = [acknowledged, right, missing, refused, wrong, twice];
    std::iter::once(what.to_owned()).chain(numbers.map(u64::to_string)).collect()
}

fn print_deaths(survived: &Deaths) {
    println!(
        "{} deaths, {} of them during recovery; samples:",
        survived.kills, survived.in_recovery
    );
    let rows = [("read after each", &survived.between), ("read at the end", &survived.verdict)];
    let copied = survived.copied.as_ref().map(|copied| row("read from the last snapshot", copied));
    let rows = rows.map(|(what, verdict)| row(what, verdict)).into_iter().chain(copied);
    table::print(&HEADS, &rows.collect::<Vec<_>>());
    for verdict in [&survived.between, &survived.verdict] {
        if let Some(first) = &verdict.first {
            println!("first: {first}");
        }
    }
    for refused in survived.refused.iter().take(5) {
        println!("refused: {refused}");
    }
    println!("\nthe store in its last life:");
    let line = |(name, value): &(String, u64)| vec![name.clone(), value.to_string()];
    let rows: Vec<Vec<String>> = survived.counters.iter().map(line).collect();
    table::print(&["headroom_store_", "value"], &rows);
}

fn print_flips(flips: &[Flip]) {
    let mut counts: BTreeMap<(&str, String), u64> = BTreeMap::new();
    for flip in flips {
        let words = flip.outcome.split(|c: char| c.is_ascii_digit());
        let outcome: String = words.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("#");
        let outcome: String = outcome.chars().take(110).collect();
        *counts.entry((&flip.kind, outcome)).or_default() += 1;
    }
    let row = |((kind, outcome), count): (&(&str, String), &u64)| {
        vec![(*kind).to_owned(), count.to_string(), outcome.clone()]
    };
    let rows: Vec<Vec<String>> = counts.iter().map(row).collect();
    table::print(&["kind of file", "flips", "outcome"], &rows);
}
