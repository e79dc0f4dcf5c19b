//! Comparisons with real peers, side by side on this machine: `tests/compare WHAT`.

mod alerting;
mod attack;
mod clients;
mod collector;
mod command;
mod cost;
mod dashboards;
mod disk;
mod fleet;
mod fuzz;
mod http;
mod ingest;
mod load;
mod memory;
mod names;
mod option;
mod pages;
mod peer;
mod ping;
mod planning;
mod probe;
mod process;
mod prometheus;
mod promql;
mod query;
mod reads;
mod receivers;
mod recording;
mod reference;
mod remote_write;
mod report;
mod rooms;
mod rules;
mod smoke;
mod smokeping;
mod soak;
mod speech;
mod stall;
mod stream;
mod table;
mod torture;
mod victoria;

use std::process::ExitCode;

/// What compares nothing with anybody.
const BY_NAME_ONLY: [&str; 7] =
    ["rules", "receivers", "clients", "planning", "attack", "soak", "fuzz"];

fn main() -> ExitCode {
    let what: Vec<String> = std::env::args().skip(1).collect();
    let known = [
        ("names", names::compare as fn() -> anyhow::Result<()>),
        ("dashboards", dashboards::compare),
        ("agent", cost::compare),
        ("rooms", rooms::compare),
        ("stall", stall::compare),
        ("promql", promql::compare),
        ("rules", rules::compare),
        ("rule-cost", rules::compare_cost),
        ("alerting", alerting::compare),
        ("receivers", receivers::compare),
        ("clients", clients::compare),
        ("ingest", ingest::compare),
        ("disk", disk::compare),
        ("memory", memory::compare),
        ("query", query::compare),
        ("pages", pages::compare),
        ("planning", planning::compare),
        ("report", report::compare),
        ("reads", reads::compare),
        ("fleet", fleet::compare),
        ("probe", probe::compare),
        ("ping", ping::compare),
        ("smoke", smoke::compare),
        ("smokeping", smokeping::compare),
        ("reference", reference::compare),
        ("speech", speech::compare),
        ("torture", torture::compare),
        ("attack", attack::compare),
        ("soak", soak::compare),
        ("fuzz", fuzz::compare),
    ];
    let is_wanted = |name: &str| {
        what.iter().any(|w| w == name) || (what.is_empty() && !BY_NAME_ONLY.contains(&name))
    };
    let wanted: Vec<_> = known.iter().filter(|(name, _)| is_wanted(name)).collect();
    if wanted.is_empty() {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        eprintln!("tests/compare [{}]", names.join("|"));
        return ExitCode::from(2);
    }
    for (name, compare) in wanted {
        println!("\n== {name}");
        if let Err(error) = compare() {
            eprintln!("{name}: {error:#}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
