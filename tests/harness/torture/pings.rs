//! Rounds of pings that travel in tortured frames: what each has to be, and whether it is there.

use std::collections::BTreeMap;

use headroom_proto::wire::{AddressFamily, ProbeKind, ProbeRound};
use jiff::Timestamp;
use serde_json::Value as Json;

use super::load::{Door, Ledger, STEP_MS};
use super::verify::Verdict;
use crate::wait::fetch;

/// Where all of them go, which is one datacentre.
const TARGET: &str = "192.0.2.1";
const DATACENTRE: &str = "here";

/// How many rounds one question covers.
const PART: u64 = 10_000;

/// Makes a vantage of each instance.
pub fn places(instances: &[String]) -> String {
    let vantage = |agent: &String| format!("[[vantages]]\nagent = '{agent}'\n");
    let vantages: String = instances.iter().map(vantage).collect();
    format!("{vantages}[[datacentres]]\nname = '{DATACENTRE}'\nicmp = ['{TARGET}']\n")
}

/// The round of a frame.
pub fn round(ledger: &Ledger, sequence: u64) -> ProbeRound {
    let trips = trips(sequence);
    let steps =
        trips.iter().zip([&0].into_iter().chain(&trips)).map(|(trip, before)| trip - before);
    ProbeRound {
        target: TARGET.into(),
        kind: ProbeKind::Icmp.into(),
        family: AddressFamily::Ipv4.into(),
        begin_ms: ledger.timestamp_ms(sequence) - STEP_MS,
        span_ms: STEP_MS as u32,
        sent: 20,
        round_trips_us: steps.collect(),
        ..ProbeRound::default()
    }
}

/// Round trips in microseconds, other ones in each round, and not always as many.
fn trips(sequence: u64) -> Vec<u32> {
    let first = 900 + (sequence * 7 % 5_000) as u32;
    (0..20 - (sequence % 5) as u32).map(|place| first + place * 13).collect()
}

/// Reads all rounds that a ledger holds, from `first` on.
pub async fn verify(address: &str, ledger: &Ledger, first: u64) -> Verdict {
    let mut verdict = Verdict::default();
    if ledger.door == Door::RemoteWrite {
        return verdict;
    }
    let mut from = first.max(1);
    while from <= ledger.sent {
        let to = ledger.sent.min(from + PART - 1);
        let second = |sequence| (ledger.timestamp_ms(sequence) - STEP_MS) / 1000;
        let question = format!(
            "{address}/latency/{DATACENTRE}/{}/rounds.json?from={}&to={}",
            ledger.instance,
            second(from),
            second(to)
        );
        verdict += compare(ledger, (from, to), fetch(&question).await);
        from = to + 1;
    }
    verdict
}

fn compare(ledger: &Ledger, (from, to): (u64, u64), answer: Option<(u16, Vec<u8>)>) -> Verdict {
    let expected: Vec<u64> = (from..=to).filter(|n| ledger.acknowledged.contains(*n)).collect();
    let mut verdict = Verdict { acknowledged: expected.len() as u64, ..Verdict::default() };
    let found = match answer {
        Some((200, body)) => read(&body),
        // Before the first one there is no path.
        Some((404, _)) => Vec::new(),
        other => {
            verdict.refused = verdict.acknowledged;
            let told =
                other.map(|(code, body)| (code, String::from_utf8_lossy(&body).into_owned()));
            verdict.note(|| format!("rounds of {}: {told:?}", ledger.instance));
            return verdict;
        }
    };
    let mut right: BTreeMap<u64, u32> = BTreeMap::new();
    for (begin_ms, told) in found {
        match ledger.sequence(begin_ms + STEP_MS) {
            Some(sequence) if told == trips(sequence) => {
                let count = right.entry(sequence).or_default();
                *count += 1;
                verdict.twice += u64::from(*count > 1);
            }
            Some(_) | None => {
                verdict.wrong += 1;
                verdict.note(|| format!("a round of {} at {begin_ms}: {told:?}", ledger.instance));
            }
        }
    }
    for sequence in expected {
        if right.contains_key(&sequence) {
            verdict.right += 1;
        } else {
            verdict.missing += 1;
            verdict.note(|| format!("{} lacks the round of {sequence}", ledger.instance));
        }
    }
    verdict
}

/// When each began, and its round trips.
fn read(body: &[u8]) -> Vec<(i64, Vec<u32>)> {
    let body: Json = serde_json::from_slice(body).unwrap_or_default();
    let rounds = body["paths"][0]["rounds"].as_array().cloned().unwrap_or_default();
    let one = |round: &Json| {
        let begin: Timestamp = round["begin"].as_str()?.parse().ok()?;
        let trips = round["round_trips_seconds"].as_array()?;
        let us = |seconds: &Json| Some((seconds.as_f64()? * 1e6).round() as u32);
        Some((begin.as_millisecond(), trips.iter().map(us).collect::<Option<_>>()?))
    };
    rounds.iter().filter_map(one).collect()
}
