//! What the collector says of itself: on `/metrics`, and stored like any other series; it makes no
//! host of the collector.

use std::collections::BTreeSet;
use std::time::Duration;

use harness::{AgentOptions, AgentProgram, CollectorOptions, CollectorProgram, eventually, fetch};
use headroom::run::own_instance;
use serde_json::Value;

async fn get(collector: &CollectorProgram, path: &str) -> (u16, String) {
    let (status, body) = fetch(&collector.http(path)).await.unwrap();
    (status, String::from_utf8(body).unwrap())
}

/// The series of `/metrics`, such as `headroom_query_total{outcome="answered"}`.
async fn on_metrics(collector: &CollectorProgram) -> BTreeSet<String> {
    let (_, text) = get(collector, "/metrics").await;
    let numbers = text.lines().filter(|line| !line.starts_with('#'));
    numbers.map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect()
}

/// The series of that instance and `job="headroom"` that have a sample now, written the same way.
async fn stored(collector: &CollectorProgram, instance: &str) -> BTreeSet<String> {
    let query = format!("query?query={{job=\"headroom\",instance=\"{instance}\"}}");
    let (_, text) = get(collector, &format!("/api/v1/{query}")).await;
    let answer: Value = serde_json::from_str(&text).unwrap();
    let series = answer["data"]["result"].as_array().unwrap().iter().map(|series| {
        let labels = series["metric"].as_object().unwrap();
        let own =
            labels.iter().find(|(name, _)| !["__name__", "instance", "job"].contains(&&***name));
        let name = labels["__name__"].as_str().unwrap();
        own.map_or(name.to_owned(), |(label, value)| format!("{name}{{{label}={value}}}"))
    });
    series.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_metrics_is_stored_and_makes_no_host() {
    let options = CollectorOptions { instances: vec!["ca1".into()], ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    let own = own_instance();
    let (_, text) = get(&collector, "/metrics").await;
    let explained = "# HELP headroom_query_total Queries by how they ended.\n\
                     # TYPE headroom_query_total counter\n";
    assert!(text.contains(explained), "{text}");
    let listed = on_metrics(&collector).await;
    assert!(listed.contains("headroom_query_total{outcome=\"answered\"}"), "{listed:?}");
    eventually("own numbers are stored", Duration::from_secs(30), async || {
        (stored(&collector, &own).await == listed).then_some(())
    })
    .await;
    let (_, page) = get(&collector, "/").await;
    assert!(page.contains("No host has reported yet."), "{page}");

    let mut agent = AgentProgram::start(&collector, "ca1", &AgentOptions::each("200ms"));
    eventually("the agent is a host", Duration::from_secs(30), async || {
        get(&collector, "/").await.1.contains("/hosts/ca1").then_some(())
    })
    .await;
    eventually("the agent's own numbers are stored", Duration::from_secs(30), async || {
        stored(&collector, "ca1").await.contains("headroom_agent_frames_total").then_some(())
    })
    .await;
    let named = [format!("/hosts/{own}\""), format!("\"{own}\""), format!("\n{own},")];
    for path in ["/", "/rooms", "/rooms.json", "/rooms.csv", "/rooms/meetings.csv"] {
        let (status, page) = get(&collector, path).await;
        let found = named.iter().find(|name| page.contains(&**name));
        assert_eq!((status, found), (200, None), "{path}: {page}");
    }
    let pages = [format!("/hosts/{own}"), format!("/graphs/{own}/network/day.svg")];
    for path in &pages {
        let (status, page) = get(&collector, path).await;
        assert_eq!(status, 404, "{path}: {page}");
    }
    agent.terminate();
    collector.terminate();
}
