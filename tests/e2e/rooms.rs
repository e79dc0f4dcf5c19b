//! Rooms end to end: a stand-in for BigBlueButton, the real agent, the real collector.

mod faults;
mod hours;
mod keys;
mod privacy;
mod restart;
mod sfu;

use std::time::Duration;

use harness::bigbluebutton::{Flavour, StandIn, StandInOptions};
use harness::{AgentOptions, AgentProgram, CollectorOptions, CollectorProgram, fetch};
use headroom_simulation::{Host, World};
use serde_json::Value;

/// The world of these tests; its history ends on Thursday, 2026-10-01.
const SEED: u64 = 11;
const END_MS: i64 = 1_790_812_800_000;

/// Simulated seconds in a second.
const SPEED: f64 = 200.0;

/// What stand-ins are started with.
const SECRET: &str = "639259d4-9dd8-4b25-bf01-95f9567eaf4b";

const PATIENCE: Duration = Duration::from_secs(30);

fn world() -> World {
    World::new(SEED, END_MS)
}

fn host(name: &str) -> &'static Host {
    World::host(name).unwrap()
}

/// A quarter before a full hour (UTC) of the Tuesday before the end.
fn tuesday(hour: i64) -> i64 {
    END_MS - 2 * 86_400_000 + hour * 3_600_000 - 900_000
}

async fn collector() -> CollectorProgram {
    let instances = vec!["bbb1".into()];
    CollectorProgram::start(CollectorOptions { instances, ..CollectorOptions::default() }).await
}

/// An agent that polls the stand-in ten times a second.
fn polling(stand_in: &StandIn, more: &str) -> AgentOptions {
    AgentOptions {
        sections: format!(
            "[bbb]\nurl = '{}'\nsecret_file = 'bbb-secret'\ninterval = '100ms'\n{more}\n\
             [bbb.tenants]\n'care-union' = 'union'\n'*.riviere.example' = 'school'\n",
            stand_in.url()
        ),
        files: vec![("bbb-secret", SECRET.to_owned())],
        ..AgentOptions::each("500ms")
    }
}

/// The tenant's name that those agents give an organisation's meetings.
fn tenant(organisation: &str) -> &str {
    match organisation {
        "care-union" => "union",
        "classe.riviere.example" => "school",
        other => other,
    }
}

/// The values of an instant query with the label named, or an empty text.
async fn ask(collector: &CollectorProgram, expression: &str, label: &str) -> Vec<(String, f64)> {
    let mut url = reqwest::Url::parse(&collector.http("/api/v1/query")).unwrap();
    url.query_pairs_mut().append_pair("query", expression);
    let Some((200, body)) = fetch(url.as_str()).await else { return Vec::new() };
    let answer: Value = serde_json::from_slice(&body).unwrap();
    let series = answer["data"]["result"].as_array().unwrap();
    let one = |series: &Value| {
        let name = series["metric"][label].as_str().unwrap_or_default().to_owned();
        (name, series["value"][1].as_str().unwrap().parse().unwrap())
    };
    series.iter().map(one).collect()
}

/// The state that the last poll ended in.
async fn state(collector: &CollectorProgram) -> String {
    let found = ask(collector, "headroom_bbb_state == 1", "state").await;
    found.into_iter().map(|(state, _)| state).collect::<Vec<_>>().join(" ")
}

async fn stand_in(flavour: Flavour, hosts: &[&str], hour: i64) -> StandIn {
    let hosts: Vec<_> = hosts.iter().map(|name| host(name)).collect();
    let options = StandInOptions::of(flavour, world(), hosts[0], tuesday(hour));
    StandIn::start(StandInOptions { hosts, speed: SPEED, ..options }).await
}

fn agent(collector: &CollectorProgram, stand_in: &StandIn, more: &str) -> AgentProgram {
    AgentProgram::start(collector, "bbb1", &polling(stand_in, more))
}
