//! One flipped bit in each kind of file: a clear refusal, or the rest is served; never a panic,
//! never a wrong value.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::load::Ledger;
use super::random::Random;
use super::serving::{self, Start};
use super::verify::{Verdict, verify};
use crate::wait::fetch;

/// One flip and what came of it.
#[derive(Debug, Clone)]
pub struct Flip {
    /// The file's name, with `#` for numbers.
    pub kind: String,
    /// The byte whose bit was flipped, and how many the file has.
    pub place: (u64, u64),
    /// In words.
    pub outcome: String,
    /// Neither a panic nor a wrong value, and every loss is told.
    pub is_fine: bool,
}

/// Flips a bit in copies of a data directory: in each kind of file, in up to `each` files of the
/// kind, at `places` places.
pub async fn flips(
    data: &Path,
    ledgers: &[Ledger],
    (each, places): (usize, u64),
    seed: u64,
) -> Vec<Flip> {
    let mut random = Random::new(seed);
    let (outcome, is_fine) = outcome(&serving::copy(data), ledgers).await;
    assert!(is_fine && outcome.starts_with("all served"), "without a flip: {outcome}");
    let mut found = Vec::new();
    for (kind, mut files) in kinds(data) {
        // The largest and the smallest hold different things.
        files.sort_by_key(|(bytes, _)| std::cmp::Reverse(*bytes));
        let last = files.len() - 1;
        let mut chosen: Vec<usize> =
            (0..each).map(|n| n * last / each.saturating_sub(1).max(1)).collect();
        chosen.dedup();
        for (bytes, file) in chosen.into_iter().filter_map(|place| files.get(place)) {
            for part in 0..places {
                let width = bytes.div_ceil(places);
                let place = (part * width + random.below(width)).min(bytes - 1);
                let bit = random.below(8) as u8;
                let (outcome, is_fine) = flip(data, file, (place, bit), ledgers).await;
                found.push(Flip { kind: kind.clone(), place: (place, *bytes), outcome, is_fine });
            }
        }
    }
    found
}

fn kinds(data: &Path) -> BTreeMap<String, Vec<(u64, PathBuf)>> {
    let mut kinds: BTreeMap<String, Vec<(u64, PathBuf)>> = BTreeMap::new();
    for file in serving::files(data) {
        let bytes = std::fs::metadata(&file).map_or(0, |data| data.len());
        let name = file.strip_prefix(data).expect("below data").display().to_string();
        let parts = name.split('/').map(|part| {
            let number = part.starts_with(|c: char| c.is_ascii_digit());
            if number {
                "#".to_owned()
            } else {
                part.split(|c: char| c.is_ascii_digit()).collect::<Vec<_>>().join("#")
            }
        });
        let kind: Vec<String> = parts.collect();
        if bytes > 0 {
            kinds.entry(kind.join("/")).or_default().push((bytes, file));
        }
    }
    kinds
}

async fn flip(
    data: &Path,
    file: &Path,
    (place, bit): (u64, u8),
    ledgers: &[Ledger],
) -> (String, bool) {
    let folder = serving::copy(data);
    let name = file.strip_prefix(data).expect("below data");
    let copied = folder.path().join("data").join(name);
    let mut bytes = std::fs::read(&copied).expect("a copy");
    bytes[place as usize] ^= 1 << bit;
    std::fs::write(&copied, bytes).expect("a copy");
    outcome(&folder, ledgers).await
}

/// What a collector makes of a data directory, and whether that is fine.
async fn outcome(folder: &TempDir, ledgers: &[Ledger]) -> (String, bool) {
    match serving::start(folder.path(), "").await {
        Start::Ended(code, told) => {
            // Of a panic, what it says stands a line below.
            let panic = told.lines().skip_while(|line| !line.contains("panicked")).take(2);
            let panic = panic.collect::<Vec<_>>().join(" ");
            let last = if panic.is_empty() {
                told.lines().rfind(|line| !line.starts_with("note: ")).unwrap_or_default()
            } else {
                &panic
            };
            let last = last.replace(&folder.path().display().to_string(), "");
            let clear =
                code == Some(1) && !told.contains("panicked") && last.starts_with("headroom: ");
            (format!("does not start: {last}"), clear)
        }
        Start::Serving(program, address) => {
            let mut verdict = Verdict::default();
            for ledger in ledgers {
                verdict += verify(&address, ledger, 1).await;
            }
            let (_, body) = fetch(&format!("{address}/metrics")).await.unwrap_or_default();
            let damaged = String::from_utf8_lossy(&body).lines().find_map(|line| {
                line.strip_prefix("headroom_store_damaged_total ")?.parse::<u64>().ok()
            });
            // What is said at each start says nothing of damage.
            let said = program.stderr();
            let told: Vec<&str> = said.lines().filter(|line| !line.contains(" INFO ")).collect();
            let told = told.join("\n");
            let panicked = told.contains("panicked");
            program.kill();
            let outcome =
                serving_outcome(&verdict, panicked, damaged.unwrap_or(0) > 0 || !told.is_empty());
            let told = told.lines().last().unwrap_or_default();
            let told = told.replace(&folder.path().display().to_string(), "");
            (format!("{}{}{told}", outcome.0, if told.is_empty() { "" } else { ": " }), outcome.1)
        }
    }
}

fn serving_outcome(verdict: &Verdict, panicked: bool, is_told: bool) -> (String, bool) {
    let Verdict { acknowledged, missing, refused, .. } = verdict;
    let first = verdict.first.clone().unwrap_or_default();
    if panicked {
        return (format!("panicked, {first}"), false);
    }
    if !verdict.is_honest() {
        return (format!("{} wrong, {} twice: {first}", verdict.wrong, verdict.twice), false);
    }
    if verdict.is_whole() {
        return ("all served".into(), true);
    }
    let quiet = if is_told || *missing == 0 { "" } else { ", and nothing says so" };
    (format!("{missing} missing, {refused} refused of {acknowledged}{quiet}"), quiet.is_empty())
}
