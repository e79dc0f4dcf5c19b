//! How true pings are: the running agent beside iputils ping, fping and Debian's smokeping_prober, held against what
//! tcpdump saw on the same interface; and 5,000 targets beside fping.

mod crowd;
mod ground;
mod kept;
mod wire;

pub use self::ground::{start, without_trains};
pub use self::kept::rounds;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context, ensure};

use self::ground::{FPING, Ground, OURS, PING, PROBER, Told};
use self::wire::{Exchange, Wire};
use crate::{option, table};

/// How long each run takes, unless `HEADROOM_SECONDS` says otherwise: three rounds, and the time-out.
const SECONDS: f64 = 200.0;

/// Loops that do nothing but take the processor, in the busy run.
const BUSY: usize = 4;

/// Errors that are allowed, in microseconds.
const MIDDLE_US: f64 = 10.0;
const MOST_US: f64 = 50.0;

/// Pings are held against the wire in groups of so many: as many as a round of ours has, which keeps them sorted.
const GROUP: usize = 20;

pub fn compare() -> anyhow::Result<()> {
    let time = Duration::from_secs_f64(option::number("HEADROOM_SECONDS", SECONDS)?);
    for (name, loops) in [("idle", 0), ("with 4 busy loops", BUSY)] {
        let ground = Ground::new()?;
        let told = ground.run(time, loops)?;
        println!("\n{name}: errors against tcpdump on the same interface, microseconds");
        report(&told)?;
    }
    crowd::compare()
}

/// What a program's errors were.
struct Errors {
    name: &'static str,
    /// How far each round trip is from that of the wire, sorted.
    off_us: Vec<f64>,
    zeros: usize,
    unmatched: usize,
}

fn report(told: &Told) -> anyhow::Result<()> {
    let ours = ours(told)?;
    let ping = listed("iputils ping", &told.ping, PING, &told.wire);
    let fping = listed("fping", &told.fping, FPING, &told.wire);
    let all = [&ours, &ping, &fping];
    let rows: Vec<Vec<String>> = all.iter().map(|one| one.row()).collect();
    table::print(&["program", "pings", "p50", "p95", "p99", "most", "zeros", "unmatched"], &rows);
    let (said, seen) = (told.prober, mean_us(&told.wire, PROBER)?);
    match said {
        Some(said) => println!(
            "smokeping_prober keeps buckets: of {} pings its mean says {:.1}, the wire {seen:.1}",
            said.count, said.mean_us
        ),
        None => println!("smokeping_prober: told nothing"),
    }
    let (middle, most) = (ours.quantile(0.5), ours.quantile(0.99));
    println!("{}", table::aim("p50 at most 10 µs", middle <= MIDDLE_US));
    println!("{}", table::aim("p99 at most 50 µs", most <= MOST_US));
    println!("{}", table::aim("p99 no worse than fping's", most <= fping.quantile(0.99)));
    println!("{}", table::aim("none reads zero", ours.zeros == 0));
    trains(&told.wire);
    Ok(())
}

impl Errors {
    fn quantile(&self, part: f64) -> f64 {
        let last = self.off_us.len().saturating_sub(1);
        self.off_us.get((last as f64 * part).round() as usize).copied().unwrap_or(f64::NAN)
    }

    fn row(&self) -> Vec<String> {
        let figures = [0.5, 0.95, 0.99, 1.0].map(|part| format!("{:.1}", self.quantile(part)));
        let counts = [self.zeros, self.unmatched].map(|count| count.to_string());
        let begin = [self.name.to_owned(), self.off_us.len().to_string()];
        begin.into_iter().chain(figures).chain(counts).collect()
    }
}

/// Adds how far what was said lies from what the wire saw, rank by rank.
fn add(off_us: &mut Vec<f64>, mut said_us: Vec<f64>, mut seen_us: Vec<f64>) {
    said_us.sort_by(f64::total_cmp);
    seen_us.sort_by(f64::total_cmp);
    off_us.extend(said_us.iter().zip(&seen_us).map(|(said, seen)| (said - seen).abs()));
}

/// Our rounds, each against the pings that went out in it.
fn ours(told: &Told) -> anyhow::Result<Errors> {
    let (mut off_us, mut zeros, mut unmatched) = (Vec::new(), 0, 0);
    for (target, rounds) in &told.rounds {
        let seen = told.wire.to(*target);
        for round in rounds {
            let from_us = round.begin_ms as f64 * 1e3;
            let to_us = from_us + f64::from(round.span_ms) * 1e3;
            let own = seen.iter().filter(|one| (from_us..to_us).contains(&one.sent_us));
            // Those at the pace of speech count in no round.
            let own: Vec<f64> = own
                .filter(|one| !told.wire.is_of_train(one))
                .filter_map(Exchange::round_trip_us)
                .collect();
            let said: Vec<f64> = round.round_trips_us.iter().map(|us| f64::from(*us)).collect();
            zeros += said.iter().filter(|us| **us == 0.0).count();
            if own.len() == said.len() {
                add(&mut off_us, said, own);
            } else {
                unmatched += said.len();
            }
        }
    }
    ensure!(!off_us.is_empty(), "no round of ours could be held against the wire");
    off_us.sort_by(f64::total_cmp);
    Ok(Errors { name: "Headroom's agent", off_us, zeros, unmatched })
}

/// What a program listed in the order of its pings, by target.
fn listed(
    name: &'static str,
    said: &BTreeMap<Ipv4Addr, Vec<Option<f64>>>,
    targets: (u8, u8),
    wire: &Wire,
) -> Errors {
    let (mut off_us, mut zeros, mut unmatched) = (Vec::new(), 0, 0);
    for last in targets.0..=targets.1 {
        let target = harness::reflector::address(last);
        let Some(said) = said.get(&target) else { continue };
        let seen = wire.to(target);
        if seen.len() < said.len() {
            unmatched += said.len();
            continue;
        }
        let pairs: Vec<(f64, f64)> = said
            .iter()
            .zip(seen)
            .filter_map(|(said, seen)| Some(((*said)?, seen.round_trip_us()?)))
            .collect();
        zeros += pairs.iter().filter(|(said, _)| *said == 0.0).count();
        for group in pairs.chunks(GROUP) {
            let (said, seen) = group.iter().copied().unzip();
            add(&mut off_us, said, seen);
        }
    }
    off_us.sort_by(f64::total_cmp);
    Errors { name, off_us, zeros, unmatched }
}

fn mean_us(wire: &Wire, (first, last): (u8, u8)) -> anyhow::Result<f64> {
    let all = (first..=last).flat_map(|last| wire.to(harness::reflector::address(last)));
    let trips: Vec<f64> = all.filter_map(Exchange::round_trip_us).collect();
    ensure!(!trips.is_empty(), "the wire saw none of smokeping_prober's pings");
    Ok(trips.iter().sum::<f64>() / trips.len() as f64)
}

/// How far apart the packets of our trains were on the wire.
fn trains(wire: &Wire) {
    let mut off_us = Vec::new();
    for last in OURS.0..=OURS.1 {
        let sent: Vec<&Exchange> = wire.to(harness::reflector::address(last)).iter().collect();
        let gaps = sent.windows(2).map(|pair| pair[1].sent_us - pair[0].sent_us);
        off_us.extend(
            gaps.filter(|gap| wire::PACE_US.contains(gap)).map(|gap| (gap - 20_000.0).abs()),
        );
    }
    off_us.sort_by(f64::total_cmp);
    let quantile = |part: f64| {
        off_us.get(((off_us.len().max(1) - 1) as f64 * part) as usize).copied().unwrap_or(f64::NAN)
    };
    println!(
        "{} gaps of trains at the pace of speech, off from 20 ms by: p50 {:.0}, p99 {:.0}",
        off_us.len(),
        quantile(0.5),
        quantile(0.99)
    );
}

/// The text between two others.
fn between<'t>(text: &'t str, begin: &str, end: &str) -> anyhow::Result<&'t str> {
    let found = text.split_once(begin).and_then(|(_, rest)| rest.split_once(end));
    found.map(|(found, _)| found).with_context(|| format!("{text}: no {begin}"))
}
