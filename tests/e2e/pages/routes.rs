//! Every address of the table of routes: that it answers, what it allows, and that none is missing
//! here.

use harness::{CollectorOptions, CollectorProgram, counted};
use reqwest::Method;

/// The table itself.
const TABLE: &str = include_str!("../../../collector/src/web/routes.rs");

/// An address of the table, one that it stands for, the status of a GET, and what is allowed.
const ROUTES: [(&str, &str, u16, &str); 85] = [
    ("/assets/{file}", "/assets/style.css", 200, "GET,HEAD"),
    ("/favicon.ico", "/favicon.ico", 200, "GET,HEAD"),
    ("/-/healthy", "/-/healthy", 200, "GET,HEAD"),
    ("/-/ready", "/-/ready", 200, "GET,HEAD"),
    ("/", "/", 200, "GET,HEAD"),
    ("/hosts/{instance}", "/hosts/ca9", 404, "GET,HEAD"),
    ("/latency", "/latency", 200, "GET,HEAD"),
    ("/latency.csv", "/latency.csv", 200, "GET,HEAD"),
    ("/latency.json", "/latency.json", 200, "GET,HEAD"),
    ("/latency/{datacentre}", "/latency/nowhere", 404, "GET,HEAD"),
    ("/latency/{datacentre}/{vantage}", "/latency/nowhere/nobody", 404, "GET,HEAD"),
    (
        "/latency/{datacentre}/{vantage}/{file}",
        "/latency/nowhere/nobody/rounds.csv",
        404,
        "GET,HEAD",
    ),
    ("/probe", "/probe?target=ca1", 404, "GET,HEAD"),
    ("/reference", "/reference", 200, "GET,HEAD"),
    ("/reference.csv", "/reference.csv", 404, "GET,HEAD"),
    ("/reference.json", "/reference.json", 404, "GET,HEAD"),
    ("/alerts", "/alerts", 200, "GET,HEAD"),
    ("/alerts/duty.ics", "/alerts/duty.ics", 200, "GET,HEAD"),
    ("/alerts/answer", "/alerts/answer", 405, "POST"),
    ("/alerts/unsilence", "/alerts/unsilence", 405, "POST"),
    ("/planning/capacity", "/planning/capacity", 200, "GET,HEAD"),
    ("/planning/costs", "/planning/costs", 200, "GET,HEAD"),
    ("/planning/costs.csv", "/planning/costs.csv", 400, "GET,HEAD"),
    ("/planning/costs.json", "/planning/costs.json?month=2020-07", 200, "GET,HEAD"),
    ("/planning/costs.md", "/planning/costs.md", 200, "GET,HEAD"),
    ("/planning/cycles", "/planning/cycles", 200, "GET,HEAD"),
    ("/planning/cycles.csv", "/planning/cycles.csv", 400, "GET,HEAD"),
    ("/planning/cycles.json", "/planning/cycles.json", 200, "GET,HEAD"),
    ("/planning/cycles.md", "/planning/cycles.md", 200, "GET,HEAD"),
    ("/planning/", "/planning/", 200, "GET,HEAD"),
    ("/planning", "/planning", 200, "GET,HEAD"),
    ("/planning/servers", "/planning/servers", 200, "GET,HEAD"),
    ("/planning/servers.csv", "/planning/servers.csv", 404, "GET,HEAD"),
    ("/planning/servers.json", "/planning/servers.json", 404, "GET,HEAD"),
    ("/planning/servers.md", "/planning/servers.md", 404, "GET,HEAD"),
    ("/planning/servers.svg", "/planning/servers.svg", 404, "GET,HEAD"),
    ("/planning/servers/map.svg", "/planning/servers/map.svg", 404, "GET,HEAD"),
    ("/planning/event", "/planning/event", 200, "GET,HEAD"),
    ("/planning/event.csv", "/planning/event.csv", 400, "GET,HEAD"),
    ("/planning/event.json", "/planning/event.json", 400, "GET,HEAD"),
    ("/planning/event.md", "/planning/event.md", 400, "GET,HEAD"),
    ("/planning/meeting", "/planning/meeting", 200, "GET,HEAD"),
    ("/planning/meeting.csv", "/planning/meeting.csv", 400, "GET,HEAD"),
    ("/planning/meeting.json", "/planning/meeting.json", 400, "GET,HEAD"),
    ("/planning/meeting.md", "/planning/meeting.md", 400, "GET,HEAD"),
    ("/planning/meeting.wiki", "/planning/meeting.wiki", 400, "GET,HEAD"),
    ("/planning/{file}", "/planning/capacity.json", 200, "GET,HEAD"),
    ("/rooms", "/rooms", 200, "GET,HEAD"),
    ("/rooms.csv", "/rooms.csv", 200, "GET,HEAD"),
    ("/rooms.json", "/rooms.json", 200, "GET,HEAD"),
    ("/rooms/{file}", "/rooms/meetings.csv", 200, "GET,HEAD"),
    ("/graphs/{instance}/{graph}/{file}", "/graphs/all/organisations/day.svg", 200, "GET,HEAD"),
    ("/metrics", "/metrics", 200, "GET,HEAD"),
    ("/api/v1/placement", "/api/v1/placement", 200, "GET,HEAD"),
    ("/api/v1/query", "/api/v1/query?query=1", 200, "GET,HEAD,POST"),
    ("/api/v1/query_range", "/api/v1/query_range", 400, "GET,HEAD,POST"),
    ("/api/v1/query_exemplars", "/api/v1/query_exemplars", 200, "GET,HEAD,POST"),
    ("/api/v1/format_query", "/api/v1/format_query?query=1", 200, "GET,HEAD,POST"),
    ("/api/v1/parse_query", "/api/v1/parse_query?query=1", 200, "GET,HEAD,POST"),
    ("/api/v1/series", "/api/v1/series", 400, "GET,HEAD,POST"),
    ("/api/v1/labels", "/api/v1/labels", 200, "GET,HEAD,POST"),
    ("/api/v1/label/{name}/values", "/api/v1/label/job/values", 200, "GET,HEAD"),
    ("/api/v1/metadata", "/api/v1/metadata", 200, "GET,HEAD"),
    ("/api/v1/rules", "/api/v1/rules", 200, "GET,HEAD"),
    ("/api/v1/alerts", "/api/v1/alerts", 200, "GET,HEAD"),
    ("/api/v1/status/buildinfo", "/api/v1/status/buildinfo", 200, "GET,HEAD"),
    ("/api/v1/targets", "/api/v1/targets", 200, "GET,HEAD"),
    ("/api/v1/targets/metadata", "/api/v1/targets/metadata", 200, "GET,HEAD"),
    ("/api/v1/scrape_pools", "/api/v1/scrape_pools", 200, "GET,HEAD"),
    ("/api/v1/alertmanagers", "/api/v1/alertmanagers", 200, "GET,HEAD"),
    ("/api/v1/status/config", "/api/v1/status/config", 200, "GET,HEAD"),
    ("/api/v1/status/flags", "/api/v1/status/flags", 200, "GET,HEAD"),
    ("/api/v1/status/runtimeinfo", "/api/v1/status/runtimeinfo", 200, "GET,HEAD"),
    ("/api/v1/status/tsdb", "/api/v1/status/tsdb", 200, "GET,HEAD"),
    ("/api/v1/status/walreplay", "/api/v1/status/walreplay", 200, "GET,HEAD"),
    ("/api/v1/write", "/api/v1/write", 405, "POST"),
    ("/api/v2/status", "/api/v2/status", 200, "GET,HEAD"),
    ("/api/v2/receivers", "/api/v2/receivers", 200, "GET,HEAD"),
    ("/api/v2/alerts", "/api/v2/alerts", 200, "GET,HEAD,POST"),
    ("/api/v2/alerts/groups", "/api/v2/alerts/groups", 200, "GET,HEAD"),
    ("/api/v2/silences", "/api/v2/silences", 200, "GET,HEAD,POST"),
    ("/api/v2/silence/{id}", "/api/v2/silence/1", 404, "GET,HEAD,DELETE"),
    ("/api/v1/snapshot", "/api/v1/snapshot", 405, "POST"),
    ("/api/v1/snapshot/reference", "/api/v1/snapshot/reference", 405, "POST"),
    ("/-/reload", "/-/reload", 405, "POST,PUT"),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_address_answers_and_says_what_it_allows() {
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    let client = reqwest::Client::new();
    for (_, path, status, allow) in ROUTES {
        let ask = async |method: Method| {
            let name = format!("{method} {path}");
            let answer = client.request(method, collector.http(path)).send().await;
            answer.unwrap_or_else(|error| panic!("{name}: {error}"))
        };
        let get = ask(Method::GET).await;
        assert_eq!(get.status().as_u16(), status, "{path}");
        assert_eq!(get.headers()["x-content-type-options"], "nosniff", "{path}");
        let body = get.bytes().await.unwrap();
        let head = ask(Method::HEAD).await;
        assert_eq!(head.status().as_u16(), status, "{path}");
        assert_eq!(head.bytes().await.unwrap().len(), 0, "{path}");
        let options = ask(Method::OPTIONS).await;
        let allowed = options.headers()["allow"].to_str().unwrap();
        let taken = if path.starts_with("/api/v1/") { 204 } else { 405 };
        assert_eq!((options.status().as_u16(), allowed), (taken, allow), "{path}");
        assert!(status == 405 || !body.is_empty(), "{path}");
    }
    collector.terminate();
}

/// Those that everybody may ask, who tell nothing of hosts.
const PUBLIC: [&str; 4] = ["/assets/style.css", "/favicon.ico", "/-/healthy", "/-/ready"];

/// A page of a stranger whose name points here reads nothing, and changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn no_address_answers_to_a_strangers_name_or_page() {
    const REFUSED: &str = "headroom_http_refused_total";
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    let client = reqwest::Client::new();
    let (mut hosts, mut pages) = (0, 0);
    for (_, path, status, allow) in ROUTES {
        for method in allow.split(',') {
            let method: Method = method.parse().unwrap();
            let ask = async |name: &str, value: &str| {
                let request = client.request(method.clone(), collector.http(path));
                let answer = request.header(name, value).send().await.unwrap();
                (answer.status().as_u16(), answer.text().await.unwrap())
            };
            let (found, text) = ask("host", "evil.example:8440").await;
            if PUBLIC.contains(&path) {
                assert_eq!(found, status, "{method} {path}");
                continue;
            }
            assert_eq!(found, 421, "{method} {path}");
            hosts += 1;
            assert!(method == Method::HEAD || text.contains("not called"), "{text}");
            let (found, text) = ask("origin", "http://evil.example").await;
            if [Method::POST, Method::PUT, Method::DELETE].contains(&method) {
                assert_eq!(found, 403, "{method} {path}");
                assert!(text.contains("evil.example") && text.contains("[http] hosts"), "{text}");
                let (found, _) = ask("sec-fetch-site", "cross-site").await;
                assert_eq!(found, 403, "{method} {path}");
                pages += 2;
            } else {
                assert_eq!(found, status, "{method} {path}");
            }
        }
    }
    for (reason, count) in [("host", hosts), ("page", pages)] {
        counted(&collector, &format!("{REFUSED}{{reason=\"{reason}\"}}"), count).await;
    }
    collector.terminate();
}

#[test]
fn all_addresses_of_the_table_are_asked() {
    let written = TABLE.split(".route(").skip(1).filter_map(|rest| rest.split('"').nth(1));
    // What the second listener serves is asked in `oncall.rs`, `heartbeats.rs` and `check.rs`.
    let linked = ["/a/{token}", "/heartbeat/{name}", "/latency/check", "/latency/check.js"];
    let mut written: Vec<&str> = written.filter(|address| !linked.contains(address)).collect();
    let mut asked: Vec<&str> = ROUTES.iter().map(|(address, ..)| *address).collect();
    written.sort_unstable();
    asked.sort_unstable();
    // Who reads and who changes something may go to the same address.
    written.dedup();
    assert_eq!(written, asked);
}
