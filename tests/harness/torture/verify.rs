//! Compares what a collector answers with what it acknowledged.

use std::ops::AddAssign;

use serde_json::Value as Json;

use super::load::{Ledger, SERIES, metric};
use super::pings;
use crate::wait::fetch;

/// How much one question covers.
const PART_MS: i64 = 4 * 86_400_000;

/// What reading came to, in samples and rounds.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// Acknowledged before it was read.
    pub acknowledged: u64,
    /// Acknowledged and there, with the right value.
    pub right: u64,
    /// Acknowledged and not there, though the question was answered.
    pub missing: u64,
    /// Acknowledged, and the question was answered with an error.
    pub refused: u64,
    /// There with another value, or never sent.
    pub wrong: u64,
    /// There more than once.
    pub twice: u64,
    /// The first of what is not as it should be.
    pub first: Option<String>,
}

impl Verdict {
    /// Everything is there, right and once.
    pub fn is_whole(&self) -> bool {
        self.right == self.acknowledged && self.is_honest() && self.missing + self.refused == 0
    }

    /// What is there is right and once.
    pub fn is_honest(&self) -> bool {
        self.wrong + self.twice == 0
    }

    /// Keeps the first of what is not as it should be.
    pub fn note(&mut self, what: impl FnOnce() -> String) {
        self.first.get_or_insert_with(what);
    }
}

impl AddAssign for Verdict {
    fn add_assign(&mut self, other: Self) {
        self.acknowledged += other.acknowledged;
        self.right += other.right;
        self.missing += other.missing;
        self.refused += other.refused;
        self.wrong += other.wrong;
        self.twice += other.twice;
        self.first = self.first.take().or(other.first);
    }
}

/// Reads everything that a ledger holds, from `first` on, at an address such as
/// `http://127.0.0.1:8440`.
pub async fn verify(address: &str, ledger: &Ledger, first: u64) -> Verdict {
    let mut verdict = pings::verify(address, ledger, first).await;
    for series in 0..SERIES {
        let mut from = first.max(1);
        while from <= ledger.sent {
            let begin_ms = ledger.timestamp_ms(from);
            let to = ledger
                .sent
                .min(from + (PART_MS / (ledger.timestamp_ms(1) - ledger.timestamp_ms(0))) as u64);
            let end_ms = ledger.timestamp_ms(to);
            let question = format!(
                "{address}/api/v1/query?query={}%7Binstance%3D%22{}%22%7D%5B{}ms%5D&time={}",
                metric(series),
                ledger.instance,
                (end_ms - begin_ms).max(1),
                end_ms as f64 / 1000.0,
            );
            verdict += compare(ledger, series, (from, to), fetch(&question).await);
            from = to + 1;
        }
    }
    verdict
}

fn compare(
    ledger: &Ledger,
    series: usize,
    (from, to): (u64, u64),
    answer: Option<(u16, Vec<u8>)>,
) -> Verdict {
    let mut verdict = Verdict::default();
    let expected: Vec<u64> = (from..=to).filter(|n| ledger.acknowledged.contains(*n)).collect();
    verdict.acknowledged = expected.len() as u64;
    let Some((200, body)) = answer else {
        let told =
            answer.map(|(status, body)| (status, String::from_utf8_lossy(&body).into_owned()));
        verdict.refused = verdict.acknowledged;
        verdict.note(|| format!("{}: {told:?}", metric(series)));
        return verdict;
    };
    let body: Json = serde_json::from_slice(&body).unwrap_or_default();
    let mut last = 0;
    let mut right = std::collections::HashSet::new();
    let found = body["data"]["result"].as_array().map(Vec::as_slice).unwrap_or_default();
    for point in found.iter().filter_map(|one| one["values"].as_array()).flatten() {
        let timestamp_ms = (point[0].as_f64().unwrap_or_default() * 1000.0).round() as i64;
        let value: f64 = point[1].as_str().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN);
        let sequence = ledger.sequence(timestamp_ms);
        match sequence {
            Some(sequence) if sequence == last => {
                verdict.twice += 1;
                verdict.note(|| format!("{} {sequence} twice", metric(series)));
            }
            Some(sequence) if value == Ledger::value(series, sequence) => {
                right.insert(sequence);
            }
            Some(_) | None => {
                verdict.wrong += 1;
                verdict.note(|| format!("{} at {timestamp_ms} is {value}", metric(series)));
            }
        }
        last = sequence.unwrap_or(last);
    }
    for sequence in expected {
        if right.contains(&sequence) {
            verdict.right += 1;
        } else {
            verdict.missing += 1;
            let instance = &ledger.instance;
            verdict.note(|| {
                format!("{}{{{instance}}} lacks {sequence} of {from}..{to}", metric(series))
            });
        }
    }
    verdict
}
