//! `/latency/{datacentre}/{vantage}/rounds.{csv,json}`: each round of pings with all of its round trips.

use std::fmt::Display;
use std::io::{self, Write};

use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::content::{CSV, Content, JSON, Parts};
use super::gate::{Gate, Kind};
use super::problem::Problem;
use super::question::{Names, Wishes, moment};
use super::site::Visit;
use crate::latency::{self, KnownPath, PathName, discard_name, round_error_name};
use crate::moments::iso;
use crate::samples::{ReadError, TimeRange};
use crate::sheet::{RowEnd, Sheet};
use crate::store::{PathRound, Tally, WantedRounds};

/// The most rounds of an answer: two weeks of one path.
const MOST_ROUNDS: usize = 20_160;

/// What is told without a wish.
const HOUR_MS: i64 = 3_600_000;

/// Which rounds are asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RoundsQuery {
    /// Begin and end, Unix seconds or RFC 3339.
    from: Option<String>,
    to: Option<String>,
    /// One target instead of all.
    target: Option<String>,
}

/// Writes rounds as one of the forms.
type Writing = fn(&mut Parts<'_>, &[Found]) -> io::Result<()>;

/// Whose rounds, and as what.
type Named = (String, String, String);

pub async fn rounds(
    gate: Gate,
    Names(names): Names<Named>,
    wishes: Wishes<RoundsQuery>,
) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| make(visit, &names, &wishes.read()?);
    gate.pass(Kind::Page, answer).await
}

fn make(
    visit: Visit<'_>,
    (datacentre, vantage, file): &Named,
    query: &RoundsQuery,
) -> Result<Content, Problem> {
    let (kind, write): (_, Writing) = match &**file {
        "rounds.csv" => (CSV, csv),
        "rounds.json" => (JSON, json),
        _ => {
            let sentence = format!("There is no {file}; it is rounds.csv or rounds.json.");
            return Err(Problem::not_found(sentence));
        }
    };
    let failed = |error: ReadError| Problem::failed("read the rounds", &error);
    let range = range(query, visit.now_ms)?;
    let known = latency::known_paths(&visit.site.records, datacentre, visit.budget);
    let mut known = known.map_err(failed)?;
    known.retain(|path| path.name.vantage == *vantage);
    known.retain(|path| query.target.as_ref().is_none_or(|target| *target == path.name.target));
    if known.is_empty() {
        let sentence = format!("Nobody has pinged that of {datacentre} from {vantage}.");
        return Err(Problem::not_found(sentence));
    }
    let found = read(visit, known, range)?;
    let mut parts = Parts::new(visit.budget);
    let written = write(&mut parts, &found);
    Ok(Content::of(kind, parts.end(written).map_err(failed)?))
}

fn range(query: &RoundsQuery, now_ms: i64) -> Result<TimeRange, Problem> {
    let read =
        |name, text: &Option<String>| text.as_deref().map(|text| moment(name, text)).transpose();
    let to_ms = read("to", &query.to)?.unwrap_or(now_ms);
    let from_ms = read("from", &query.from)?.unwrap_or(to_ms.saturating_sub(HOUR_MS));
    if from_ms > to_ms {
        let (from, to) = (iso(from_ms), iso(to_ms));
        return Err(Problem::bad_request(format!("from={from} must not lie behind to={to}.")));
    }
    Ok(TimeRange { from_ms, to_ms })
}

/// A path and its rounds, in order.
struct Found {
    name: PathName,
    rounds: Vec<PathRound>,
}

fn read(visit: Visit<'_>, known: Vec<KnownPath>, range: TimeRange) -> Result<Vec<Found>, Problem> {
    let mut found = Vec::new();
    let mut count = 0;
    for KnownPath { name, probed } in known {
        let mut rounds = Vec::new();
        let wanted = WantedRounds { path: probed.id, range };
        let read = visit.site.records.rounds(wanted, visit.budget, |round| {
            if count < MOST_ROUNDS {
                visit.budget.hold(round.bytes())?;
                rounds.push(round);
            }
            count += 1;
            Ok(())
        });
        read.map_err(|error| Problem::failed("read the rounds", &error))?;
        found.push(Found { name, rounds });
    }
    if count > MOST_ROUNDS {
        return Err(Problem::bad_request(format!(
            "These are {count} rounds, at most {MOST_ROUNDS} are told at once: ask for less time by from and to, \
             or for one target."
        )));
    }
    Ok(found)
}

const HEADS: [&str; 15] = [
    "begin",
    "span_seconds",
    "target",
    "kind",
    "family",
    "sent",
    "received",
    "vantage_offline",
    "jitter_seconds",
    "hop_limit",
    "address",
    "router",
    "errors",
    "discarded",
    "round_trips_seconds",
];

/// A row for each round; lists stand in one cell, with spaces between.
fn csv(parts: &mut Parts<'_>, found: &[Found]) -> io::Result<()> {
    let mut sheet = Sheet::new(RowEnd::Newline);
    sheet.row(HEADS);
    parts.write_all(sheet.text().as_bytes())?;
    for Found { name, rounds } in found {
        for rounds in rounds.chunks(100) {
            let mut sheet = Sheet::new(RowEnd::Newline);
            for round in rounds {
                sheet.row(row(name, round));
            }
            parts.write_all(sheet.text().as_bytes())?;
        }
    }
    Ok(())
}

fn row(name: &PathName, round: &PathRound) -> [String; 15] {
    let trips: Vec<String> = round.round_trips_us.iter().map(|us| seconds(*us)).collect();
    [
        iso(round.begin_ms),
        format!("{:.3}", f64::from(round.span_ms) / 1e3),
        name.target.clone(),
        name.kind.clone(),
        name.family.clone(),
        round.sent.to_string(),
        round.received().to_string(),
        round.vantage_offline.to_string(),
        text(round.jitter_us.map(seconds)),
        text(round.hop_limit),
        text(round.address),
        text(round.router),
        counted(&round.errors, round_error_name),
        counted(&round.discarded, discard_name),
        trips.join(" "),
    ]
}

fn json(parts: &mut Parts<'_>, found: &[Found]) -> io::Result<()> {
    parts.write_all(b"{\"paths\":[")?;
    for (place, Found { name, rounds }) in found.iter().enumerate() {
        let PathName { target, kind, family, .. } = name;
        let comma = if place > 0 { "," } else { "" };
        let words = [target, kind, family].map(|word| json!(word).to_string());
        let [target, kind, family] = words;
        write!(
            parts,
            "{comma}{{\"target\":{target},\"kind\":{kind},\"family\":{family},\"rounds\":["
        )?;
        for (place, round) in rounds.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            write!(parts, "{comma}{}", value(round))?;
        }
        parts.write_all(b"]}")?;
    }
    parts.write_all(b"]}")
}

fn value(round: &PathRound) -> Value {
    let seconds = |us: u32| f64::from(us) / 1e6;
    let trips: Vec<f64> = round.round_trips_us.iter().map(|us| seconds(*us)).collect();
    let tallies = |all: &[Tally], name: fn(u32) -> &'static str| -> Value {
        all.iter().map(|one| (name(one.kind).to_owned(), json!(one.count))).collect()
    };
    json!({
        "begin": iso(round.begin_ms),
        "span_seconds": f64::from(round.span_ms) / 1e3,
        "sent": round.sent,
        "received": round.received(),
        "vantage_offline": round.vantage_offline,
        "jitter_seconds": round.jitter_us.map(seconds),
        "hop_limit": round.hop_limit,
        "address": round.address.map(|address| address.to_string()),
        "router": round.router.map(|router| router.to_string()),
        "errors": tallies(&round.errors, round_error_name),
        "discarded": tallies(&round.discarded, discard_name),
        "round_trips_seconds": trips,
    })
}

fn seconds(us: u32) -> String {
    format!("{:.6}", f64::from(us) / 1e6)
}

fn text(value: Option<impl Display>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn counted(all: &[Tally], name: fn(u32) -> &'static str) -> String {
    let words: Vec<String> =
        all.iter().map(|one| format!("{} {}", one.count, name(one.kind))).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Budget;
    use headroom_proto::wire::{DiscardReason, ProbeError};

    #[test]
    fn all_of_a_round_is_told_and_what_is_not_known_is_empty() {
        let name = PathName {
            vantage: "lagos".into(),
            datacentre: "montreal".into(),
            target: "=ca1".into(),
            kind: "icmp".into(),
            family: "ipv4".into(),
        };
        let tally = |kind: i32| vec![Tally { kind: kind as u32, count: 3 }];
        let full = PathRound {
            begin_ms: 1_800_000_000_000,
            span_ms: 60_000,
            sent: 20,
            round_trips_us: vec![900, 12_340],
            jitter_us: Some(70),
            hop_limit: Some(54),
            errors: tally(ProbeError::Prohibited.into()),
            discarded: tally(DiscardReason::Late.into()),
            address: "192.0.2.1".parse().ok(),
            router: "192.0.2.254".parse().ok(),
            ..PathRound::default()
        };
        let bare = PathRound { begin_ms: 0, span_ms: 1, sent: 1, ..PathRound::default() };
        let found = [Found { name, rounds: vec![full, bare] }];
        let written = |write: fn(&mut Parts<'_>, &[Found]) -> io::Result<()>| {
            let budget = Budget::unlimited();
            let mut parts = Parts::new(&budget);
            let result = write(&mut parts, &found);
            let bytes = parts.end(result).unwrap().concat();
            String::from_utf8(bytes).unwrap()
        };
        insta::assert_snapshot!(written(csv), @r"
        begin,span_seconds,target,kind,family,sent,received,vantage_offline,jitter_seconds,hop_limit,address,router,errors,discarded,round_trips_seconds
        2027-01-15T08:00:00Z,60.000,'=ca1,icmp,ipv4,20,2,false,0.000070,54,192.0.2.1,192.0.2.254,3 prohibited,3 late,0.000900 0.012340
        1970-01-01T00:00:00Z,0.001,'=ca1,icmp,ipv4,1,0,false,,,,,,,
        ");
        let told: Value = serde_json::from_str(&written(json)).unwrap();
        let rounds = &told["paths"][0]["rounds"];
        assert_eq!(rounds[0]["round_trips_seconds"], json!([0.0009, 0.01234]));
        assert_eq!(
            (&rounds[0]["errors"]["prohibited"], &rounds[1]["address"]),
            (&json!(3), &Value::Null)
        );
    }
}
