//! What is told of the demo's meetings, beside what the simulation knows of them: bytes that no counter of
//! a host tells apart.

use std::collections::BTreeMap;
use std::path::Path;

use harness::fetch;
use headroom_simulation::World;
use jiff::Timestamp;
use serde_json::Value;

/// The cooperative that everybody sees.
const SEED: u64 = 2020;

/// How many of the largest meetings are looked at.
const LOOKED_AT: usize = 15;

const STEP_MS: i64 = 10_000;

/// How far a sum of such steps may be from what a counter says, relative.
const STEPS: f64 = 0.005;

struct Told {
    host: String,
    span_ms: [i64; 2],
    bytes: [f64; 3],
    people: f64,
}

/// Two of three at least lie within the stated range of four of five, and the middle one is told well.
pub async fn are_told_as_they_were(http: &str, data: &Path) {
    let end_ms: i64 = std::fs::read_to_string(data.join("world")).unwrap().trim().parse().unwrap();
    let world = World::new(SEED, end_ms);
    let told = told(http).await;
    assert!(told.len() >= 8, "{} meetings", told.len());
    let (mut errors, mut within) = (Vec::new(), 0);
    let mut by_host: BTreeMap<&str, Vec<&Told>> = BTreeMap::new();
    for one in &told {
        by_host.entry(&one.host).or_default().push(one);
    }
    for (host, own) in by_host {
        for (one, truth) in own.iter().zip(truths(&world, host, &own)) {
            assert!(truth > 0.0, "the simulation knows no meeting of {host} at {:?}", one.span_ms);
            let [middle, low, high] = one.bytes.map(|bytes| bytes / truth);
            // A meeting that was alone is told without a range; the truth is a sum of steps.
            let is_told = (low..=high).contains(&1.0) || (middle - 1.0).abs() <= STEPS;
            within += usize::from(is_told);
            errors.push(((middle - 1.0).abs(), [low, high], one.people));
        }
    }
    errors.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert!(within * 3 >= errors.len() * 2, "{within} of {}: {errors:?}", errors.len());
    assert!(errors[errors.len() / 2].0 <= 0.25, "{errors:?}");
}

async fn json(url: &str) -> Value {
    let (status, body) = fetch(url).await.unwrap();
    assert_eq!(status, 200, "{url}");
    serde_json::from_slice(&body).unwrap()
}

/// What the report says of the largest meetings that have ended.
async fn told(http: &str) -> Vec<Told> {
    let all = json(&format!("http://{http}/rooms/meetings.json")).await;
    let mut all: Vec<&Value> = all["meetings"].as_array().unwrap().iter().collect();
    all.retain(|one| one["ended"] == true && one["breakout"] == false);
    let seconds = |one: &Value| one["participants"]["seconds"].as_f64().unwrap_or(0.0);
    all.sort_by(|a, b| seconds(b).total_cmp(&seconds(a)));
    let mut told = Vec::new();
    for one in all.into_iter().take(LOOKED_AT) {
        let text = |key: &str| one[key].as_str().unwrap();
        let at_ms = |key: &str| text(key).parse::<Timestamp>().unwrap().as_millisecond();
        let report =
            json(&format!("http://{http}/planning/meeting.json?id={}", text("meeting"))).await;
        let rows = &report["meetings"][0]["sections"]["traffic"]["tables"]["traffic"];
        let figure = |key: &str| rows[0][key].as_f64();
        let Some(bytes) = figure("bytes") else { continue };
        let range = [figure("bytes_low").unwrap(), figure("bytes_high").unwrap()];
        told.push(Told {
            host: text("host").to_owned(),
            span_ms: [at_ms("started"), at_ms("last_seen")],
            bytes: [bytes, range[0], range[1]],
            people: one["participants"]["peak"].as_f64().unwrap(),
        });
    }
    told
}

/// Bytes that each of some meetings of a host was sent.
fn truths(world: &World, host: &str, told: &[&Told]) -> Vec<f64> {
    let mut walk = world.walk(World::host(host).unwrap());
    let from_ms = told.iter().map(|one| one.span_ms[0]).min().unwrap();
    let to_ms = told.iter().map(|one| one.span_ms[1]).max().unwrap();
    let mut bytes = vec![0.0; told.len()];
    let mut at_ms = from_ms;
    while at_ms < to_ms {
        let Some(moment) = walk.at(at_ms) else {
            at_ms += STEP_MS;
            continue;
        };
        for (one, sum) in told.iter().zip(&mut bytes) {
            let runs = (one.span_ms[0]..one.span_ms[1]).contains(&at_ms);
            let own = moment.rooms.iter().find(|room| {
                !room.is_breakout && (room.created_ms - one.span_ms[0]).abs() <= 1_000
            });
            if let Some(room) = own.filter(|_| runs) {
                *sum += room.sent_bytes_per_second as f64 * STEP_MS as f64 / 1e3;
            }
        }
        at_ms += STEP_MS;
    }
    bytes
}
