//! Whether two programs tell the same figures of the same data: each graph over each period, ending
//! at the same moments. What only one of them tells is no difference, nor are extremes: of sums and
//! ratios they are told as what they can be, which older programs did not.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::Value;

use super::demo::Demo;
use super::get;

/// Numbers may differ by rounding, in this part of themselves.
const ROUNDING: f64 = 1e-9;

/// Disks are told apart by mount since, so that they have no like in older programs.
const OF_HOSTS: [&str; 6] = ["network", "people", "rooms", "cameras", "cpu", "memory"];
const HOSTS: [&str; 3] = ["ca1", "de1", "us2"];

/// What is told of extremes, and the columns that have them.
const EXTREMES: [&str; 4] = ["min", "max", "max_at", "p95"];
const COLUMNS: &str = "min_mean_max";

/// What is told of now.
const OF_NOW: [&str; 2] = ["/rooms.csv", "/rooms.csv?by=organisation"];
const TRIES: usize = 10;
const TRY_AGAIN: Duration = Duration::from_secs(4);

/// The spans, in seconds, with the moments before the end of the history at which they end.
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const SPANS: [(i64, i64); 9] = [
    (600, 120),
    (HOUR, 120),
    (DAY, 120),
    (2 * DAY, 7),
    (7 * DAY, 120),
    (31 * DAY, 120),
    (31 * DAY, 5 * DAY + 1234),
    (9 * DAY, 3 * DAY),
    (366 * DAY, 120),
];

/// Moments lie between rollups: within one, a span's edge depends on what it is read from, and what
/// is read from rollups later is read from samples for an hour after a start.
const ROLLUP_SECONDS: i64 = 300;

/// Asks both for all graphs; answers how many answers were compared.
pub async fn agree(
    client: &reqwest::Client,
    before: &Demo,
    after: &Demo,
    seed: &Path,
) -> anyhow::Result<usize> {
    let world = std::fs::read_to_string(seed.join("world"))?;
    let end_s: i64 = world.trim().parse::<i64>().context("the world has an end")? / 1000;
    let of_hosts = OF_HOSTS.iter().flat_map(|graph| HOSTS.map(|host| (host, *graph)));
    let of_others = [("all", "organisations"), ("Sprachschule%20Babel", "organisation")];
    let mut compared = 0;
    for (whom, graph) in of_hosts.chain(of_others) {
        for (length, ago) in SPANS {
            let to = (end_s - ago) / ROLLUP_SECONDS * ROLLUP_SECONDS;
            let from = to - length;
            let address = format!("/graphs/{whom}/{graph}/day.json?from={from}&to={to}");
            let theirs = get(client, &before.url(&address)).await?;
            let ours = get(client, &after.url(&address)).await?;
            ensure!(same_json(&theirs, &ours)?, "{address} differs:\n{theirs}\n{ours}");
            compared += 1;
        }
    }
    for address in OF_NOW {
        same_now(client, [before, after], address).await?;
        compared += 1;
    }
    Ok(compared)
}

/// What is told of now is asked of both between two of their polls.
async fn same_now(
    client: &reqwest::Client,
    [before, after]: [&Demo; 2],
    address: &str,
) -> anyhow::Result<()> {
    let mut last = String::new();
    for _ in 0..TRIES {
        let theirs = get(client, &before.url(address)).await?;
        let ours = get(client, &after.url(address)).await?;
        if theirs == ours {
            return Ok(());
        }
        last = format!("{theirs}\n{ours}");
        tokio::time::sleep(TRY_AGAIN).await;
    }
    anyhow::bail!("{address} differs:\n{last}")
}

/// Minimum, mean and maximum of each column: whether the means are the same.
fn same_means(theirs: &Value, ours: &Value) -> bool {
    let (Some(theirs), Some(ours)) = (theirs.as_array(), ours.as_array()) else { return false };
    theirs.len() == ours.len() && theirs.iter().zip(ours).all(|(a, b)| same(&a[1], &b[1]))
}

fn same_json(theirs: &str, ours: &str) -> anyhow::Result<bool> {
    Ok(same(&serde_json::from_str(theirs)?, &serde_json::from_str(ours)?))
}

fn same(theirs: &Value, ours: &Value) -> bool {
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => theirs
            .iter()
            .filter(|(key, _)| !EXTREMES.contains(&key.as_str()))
            .all(|(key, value)| {
                ours.get(key).is_some_and(|other| match key.as_str() {
                    COLUMNS => same_means(value, other),
                    _ => same(value, other),
                })
            }),
        (Value::Array(theirs), Value::Array(ours)) => {
            theirs.len() == ours.len() && theirs.iter().zip(ours).all(|(a, b)| same(a, b))
        }
        (Value::Number(theirs), Value::Number(ours)) => {
            let (Some(a), Some(b)) = (theirs.as_f64(), ours.as_f64()) else { return false };
            (a - b).abs() <= ROUNDING * a.abs().max(b.abs())
        }
        (Value::Null | Value::Bool(_) | Value::String(_), _) => theirs == ours,
        (Value::Object(_) | Value::Array(_) | Value::Number(_), _) => false,
    }
}
