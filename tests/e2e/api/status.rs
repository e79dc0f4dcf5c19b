//! What clients ask of a Prometheus beside its data: Grafana, promtool, vmalert and Perses find the
//! shapes that they know, of a server that scrapes nothing.

use harness::remote_write::Destination;
use harness::remote_write::by_hand::{Given, packed, request};
use harness::{CollectorOptions, CollectorProgram};
use reqwest::Method;
use serde_json::{Value, json};

use super::ask;

/// Addresses, and what of `data` is the same in every collector.
fn fixed() -> Vec<(&'static str, Value)> {
    vec![
        (
            "targets",
            json!({ "activeTargets": [], "droppedTargets": [], "droppedTargetCounts": {} }),
        ),
        (
            "targets?state=active",
            json!({ "activeTargets": [], "droppedTargets": [], "droppedTargetCounts": {} }),
        ),
        ("targets/metadata", json!([])),
        ("scrape_pools", json!({ "scrapePools": [] })),
        ("alertmanagers", json!({ "activeAlertmanagers": [], "droppedAlertmanagers": [] })),
        ("rules", json!({ "groups": [] })),
        ("alerts", json!({ "alerts": [] })),
        ("status/walreplay", json!({ "min": 0, "max": 0, "current": 0 })),
    ]
}

/// Addresses, and the keys of `data`.
const SHAPES: [(&str, &[&str]); 5] = [
    ("status/config", &["yaml"]),
    ("status/buildinfo", &["version", "revision", "branch", "buildUser", "buildDate", "goVersion"]),
    ("status/flags", &["storage.tsdb.retention.time", "query.timeout", "query.lookback-delta"]),
    (
        "status/runtimeinfo",
        &[
            "startTime",
            "CWD",
            "reloadConfigSuccess",
            "lastConfigTime",
            "corruptionCount",
            "goroutineCount",
            "GOMAXPROCS",
            "GOGC",
            "GODEBUG",
            "storageRetention",
        ],
    ),
    (
        "status/tsdb",
        &[
            "headStats",
            "seriesCountByMetricName",
            "labelValueCountByLabelName",
            "memoryInBytesByLabelName",
            "seriesCountByLabelValuePair",
        ],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn clients_find_the_shapes_that_they_know() {
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    for (question, data) in fixed() {
        let (status, body) = ask(&collector, question).await;
        assert_eq!((status, &body["data"], &body["status"]), (200, &data, &json!("success")));
    }
    for (question, keys) in SHAPES {
        let (status, body) = ask(&collector, question).await;
        assert_eq!(status, 200, "{question}");
        for key in keys {
            assert!(body["data"].get(*key).is_some(), "{question}: {key}: {body}");
        }
    }
    let (_, flags) = ask(&collector, "status/flags").await;
    assert_eq!(flags["data"]["storage.tsdb.retention.time"], "62d");
    collector.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn statistics_tell_what_makes_the_store_large() {
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let wide = |n: usize| {
        Given::of("wide")
            .label("n", format!("{n:04}"))
            .label("of", "all")
            .sample(now.as_millis() as i64, 1.0)
    };
    let series: Vec<Given> = (0..2000).map(wide).collect();
    let Destination { url, token } = collector.remote_write();
    let post = reqwest::Client::new().post(url).bearer_auth(token);
    let sent = post.body(packed(&request(&series))).send().await.unwrap();
    assert_eq!(sent.status(), 204);
    let (_, body) = ask(&collector, "status/tsdb?limit=1").await;
    let data = &body["data"];
    let first = |kind: &str| data[kind].as_array().unwrap().clone();
    assert_eq!(first("seriesCountByMetricName"), [json!({ "name": "wide", "value": 2000 })]);
    assert_eq!(first("labelValueCountByLabelName"), [json!({ "name": "n", "value": 2000 })]);
    assert_eq!(first("memoryInBytesByLabelName"), [json!({ "name": "n", "value": 8000 })]);
    assert_eq!(first("seriesCountByLabelValuePair")[0]["value"], 2000);
    assert!(data["headStats"]["numSeries"].as_u64().unwrap() >= 2000, "{data}");
    collector.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn options_are_answered_and_only_own_pages_may_read_answers() {
    let http = "hosts = ['proxy.example']\n".to_owned();
    let mut collector =
        CollectorProgram::start(CollectorOptions { http, ..CollectorOptions::default() }).await;
    let own = collector.http("");
    let client = reqwest::Client::new();
    for (origin, allowed) in [
        ("https://proxy.example", true),
        (own.as_str(), true),
        ("https://evil.example", false),
        ("null", false),
    ] {
        for (method, status) in [(Method::OPTIONS, 204), (Method::GET, 200)] {
            let address = collector.http("/api/v1/query?query=1");
            let asked = client.request(method.clone(), address).header("origin", origin);
            let answer = asked.send().await.unwrap();
            let headers = answer.headers();
            let tells = |name: &str| headers.get(name).map(|value| value.to_str().unwrap());
            assert_eq!(answer.status(), status, "{method} {origin}");
            assert_eq!(tells("access-control-allow-methods"), Some("GET, POST, OPTIONS"));
            let expected = allowed.then_some(origin);
            assert_eq!(tells("access-control-allow-origin"), expected, "{method} {origin}");
        }
    }
    let other = client.request(Method::OPTIONS, collector.http("/api/v1/write")).send().await;
    assert_eq!(other.unwrap().status(), 204);
    collector.terminate();
}
