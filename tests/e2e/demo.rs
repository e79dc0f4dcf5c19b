//! `headroom demo`: what a newcomer sees first, and that it goes on where it was.

mod meetings;
mod pages;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use harness::{
    ALL_SERIES, Program, assert_declared, binaries, eventually, fetch, is_passed_on, is_recorded,
};
use serde_json::Value;
use tempfile::TempDir;

const GRAPHS: [&str; 7] = ["network", "people", "rooms", "cameras", "cpu", "memory", "disk"];

/// Starts it with two days of history and waits until these are there.
async fn start(folder: &Path) -> (Program, String) {
    let mut command = Command::new(binaries().join("headroom"));
    command.args(["demo", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--days", "2"]);
    command.arg("--data").arg(folder.join("data"));
    let program = Program::start(command, "demo", folder);
    let http = eventually("the demo says where it is", Duration::from_secs(60), async || {
        let text = program.stdout();
        text.contains("grpc listening on ").then_some(())?;
        Some(text.lines().next()?.strip_prefix("http listening on ")?.to_owned())
    })
    .await;
    loads_without_an_alarm(&program, &http).await;
    (program, http)
}

/// What must not be said while the history is written.
const ALARMS: [&str; 5] =
    ["silent", "never reported", "has not reported", "No answer from BBB", "No host has"];

/// Asks until the history is there. As long as it is not, whoever asks is told how far it is; no page
/// tells of an outage then or right behind it.
async fn loads_without_an_alarm(program: &Program, http: &str) {
    let client = reqwest::Client::new();
    eventually("the demo is ready", Duration::from_secs(240), async || {
        // Asked first: what is ready stays so.
        let (ready, _) = fetch(&format!("http://{http}/-/ready")).await?;
        let mut loaded = true;
        for path in ["/", "/rooms", "/hosts/ca1", "/rooms.csv", "/graphs/ca1/network/day.json"] {
            let request = client.get(format!("http://{http}{path}")).header("accept", "text/html");
            let answer = request.send().await.unwrap();
            let (status, again) = (answer.status(), answer.headers().contains_key("retry-after"));
            let text = answer.text().await.unwrap();
            let alarm = ALARMS.iter().find(|alarm| text.contains(**alarm));
            assert_eq!(alarm, None, "{path}: {text}");
            if status == 503 {
                assert!(again && text.contains(" % of it is there"), "{path}: {text}");
                assert!(text.contains("http-equiv=\"refresh\""), "{path}: {text}");
            }
            loaded &= status == 200;
        }
        assert!(loaded || ready == 503, "ready: {ready}");
        (loaded && ready == 200).then_some(())
    })
    .await;
    let progress = eventually("the end is told", Duration::from_secs(10), async || {
        Some(program.stderr()).filter(|text| text.contains(": the history is there\n"))
    })
    .await;
    assert!(progress.contains(" of 6 hosts: 0 %\n"), "{progress}");
}

async fn samples(http: &str, expression: &str) -> f64 {
    let mut url = reqwest::Url::parse(&format!("http://{http}/api/v1/query")).unwrap();
    url.query_pairs_mut().append_pair("query", expression);
    let (_, body) = fetch(url.as_str()).await.unwrap();
    let answer: Value = serde_json::from_slice(&body).unwrap();
    let value = answer["data"]["result"][0]["value"][1].as_str().unwrap_or("0");
    value.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_days_are_on_every_graph_and_a_restart_goes_on() {
    let folder = TempDir::new().unwrap();
    let (program, http) = start(folder.path()).await;
    for page in ["/", "/rooms", "/hosts/ca1", "/rooms.csv", "/rooms/meetings.csv"] {
        let (status, body) = fetch(&format!("http://{http}{page}")).await.unwrap();
        assert_eq!(status, 200, "{page}");
        assert!(String::from_utf8(body).unwrap().contains("ca1"), "{page}");
    }
    let (_, all) = fetch(&format!("http://{http}/{ALL_SERIES}")).await.unwrap();
    assert!(assert_declared(&all) > 1000);
    let (_, body) = fetch(&format!("http://{http}/api/v1/metadata")).await.unwrap();
    let metadata: Value = serde_json::from_slice(&body).unwrap();
    let metadata = metadata["data"].as_object().unwrap();
    let is_foreign = |name: &str| is_passed_on(name) || is_recorded(name);
    let is_silent =
        |(name, entries): &(&String, &Value)| entries[0]["help"] == "" && !is_foreign(name);
    let silent = metadata.iter().find(is_silent);
    assert!(metadata.len() > 50 && silent.is_none(), "{} and {silent:?}", metadata.len());
    // What runs beside the streams is there too, on every host and for all of the time.
    for expression in [
        "count(count by (instance) (container_cpu_usage_seconds_total))",
        "count(count by (instance) (node_systemd_unit_state{state='active'} == 1))",
        "count(count by (instance) (bbb_recordings_published))",
        "count(sum by (instance) (rate(container_cpu_usage_seconds_total[5m] offset 40h)) > 0)",
        "count(count by (instance) (node_systemd_unit_state{state='active'} offset 40h == 1))",
    ] {
        assert_eq!(samples(&http, expression).await, 6.0, "{expression}");
    }
    for graph in GRAPHS {
        let url = format!("http://{http}/graphs/ca1/{graph}/day.json");
        let (_, body) = fetch(&url).await.unwrap();
        let data: Value = serde_json::from_slice(&body).unwrap();
        let lines = data["lines"].as_array().unwrap();
        let shown = lines.iter().filter(|line| line["statistics"].is_object()).count();
        assert!(shown == lines.len() && shown > 0, "{graph}: {shown} of {}", lines.len());
    }
    capacity_is_told(&http).await;
    ways_are_told(&http).await;
    costs_are_told(&http).await;
    servers_events_and_meetings_are_told(&http).await;
    pages::are_read(&http, folder.path()).await;
    // Nearly three days of both kinds of moments, each counted once a minute or more often.
    let counted = "sum(count_over_time(headroom_agent_frames_total{instance='ca1'}[3d]))";
    let before = samples(&http, counted).await;
    assert!(before > 2.0 * 1440.0 * 2.0, "{before} moments");
    program.terminate();
    let (program, http) = start(folder.path()).await;
    let after = samples(&http, counted).await;
    assert!((before..before + 100.0).contains(&after), "{before} moments became {after}");
    program.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn meetings_are_told_as_the_simulation_has_them() {
    let folder = TempDir::new().unwrap();
    let (program, http) = start(folder.path()).await;
    meetings::are_told_as_they_were(&http, &folder.path().join("data")).await;
    program.terminate();
}

/// Six vantages ping four datacentres; the one that was cut off accuses nobody, and what was lost is there.
async fn ways_are_told(http: &str) {
    let json = async |path: &str| -> Value {
        let (status, body) = fetch(&format!("http://{http}{path}")).await.unwrap();
        assert_eq!(status, 200, "{path}");
        serde_json::from_slice(&body).unwrap()
    };
    let paths = json("/latency.json").await;
    assert_eq!(paths["paths"].as_array().unwrap().len(), 24);
    let smoke = async |vantage: &str| {
        let path = format!("{vantage}/icmp/ipv4/ca1.example.org");
        json(&format!("/graphs/ca-mtl/smoke/week.json?path={path}")).await
    };
    let cut_off = smoke("nairobi").await;
    let silences = cut_off["silences"].as_array().unwrap();
    let offline = silences.iter().filter(|one| one["silence"] == "vantage offline").count();
    assert_eq!((offline, silences.len()), (1, 1), "{silences:?}");
    let lossy = smoke("lagos").await;
    let lost = |cell: &&Value| cell["received"].as_f64() < cell["sent"].as_f64().map(|n| n * 0.9);
    let cells = lossy["cells"].as_array().unwrap();
    assert!((8..40).contains(&cells.iter().filter(lost).count()), "{} cells", cells.len());
    for page in ["/latency", "/latency/ca-mtl", "/latency/ca-mtl/lagos", "/hosts/ca1"] {
        let (status, body) = fetch(&format!("http://{http}{page}")).await.unwrap();
        assert_eq!(status, 200, "{page}");
        assert!(String::from_utf8(body).unwrap().contains("/latency/ca-mtl"), "{page}");
    }
    let (_, front) = fetch(&format!("http://{http}/")).await.unwrap();
    assert!(!String::from_utf8(front).unwrap().contains("lagos"), "a vantage is no host");
}

/// The first sentence answers for each host, and the command brings the same bytes.
async fn capacity_is_told(http: &str) {
    let (status, body) = fetch(&format!("http://{http}/planning/capacity.json")).await.unwrap();
    assert_eq!(status, 200);
    let report: Value = serde_json::from_slice(&body).unwrap();
    let hosts = report["hosts"].as_array().unwrap();
    assert_eq!(hosts.len(), 6);
    for host in hosts {
        let answer = host["answer"].as_str().unwrap();
        assert!(answer.contains("bit/s") && answer.contains("200"), "{answer}");
        assert!(host["sections"]["mixes"]["tables"]["mixes"].as_array().unwrap().len() >= 5);
    }
    let url = format!("http://{http}");
    let arguments = ["report", "capacity", "--url", &url, "--format", "json"];
    let output = harness::run("headroom", arguments);
    assert_eq!((output.code, output.stdout.as_bytes()), (Some(0), &*body), "{}", output.stderr);
    let typed = "planning/capacity.csv?rooms=3&people=20&cameras=20&host=ca1";
    let (_, body) = fetch(&format!("{url}/{typed}")).await.unwrap();
    let csv = String::from_utf8(body).unwrap();
    assert!(
        csv.contains("ca1,\"3 rooms of 20 with 20 cameras and 0 shares each\",60,")
            || csv.contains("ca1,3 rooms of 20 with 20 cameras and 0 shares each,60,"),
        "{csv}"
    );
    let (_, page) = fetch(&format!("{url}/planning/capacity")).await.unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("<h1>") && page.contains("Do they fit?"), "{page}");
    for (path, expected) in [("?host=nobody", 404), ("?rooms=3", 400), (".csv?table=x", 400)] {
        let (status, _) = fetch(&format!("{url}/planning/capacity{path}")).await.unwrap();
        assert_eq!(status, expected, "{path}");
    }
}

/// Offers need a week; an event has its price and a meeting its part, as the command says, too.
async fn servers_events_and_meetings_are_told(http: &str) {
    let url = format!("http://{http}");
    let text = async |path: &str| {
        let (status, body) = fetch(&format!("{url}/planning/{path}")).await.unwrap();
        (status, String::from_utf8(body).unwrap())
    };
    let (status, page) = text("").await;
    assert_eq!(status, 200);
    for topic in ["capacity", "costs", "cycles", "servers", "event", "meeting"] {
        assert!(page.contains(&format!("href=\"/planning/{topic}\"")), "{page}");
    }
    let (status, page) = text("cycles").await;
    assert!(status == 200 && page.contains("a week was measured"), "{page}");
    let (status, page) = text("servers").await;
    assert!(status == 200 && page.contains("2 days of us2 were measured"), "{page}");
    let (_, quote) = text("event.json?users=60&hours=2&cameras=4&host=ca1").await;
    let report: Value = serde_json::from_str(&quote).unwrap();
    let parts = report["events"][0]["sections"]["price"]["tables"]["price"].as_array().unwrap();
    let amounts: Vec<f64> = parts.iter().map(|row| row["amount"].as_f64().unwrap()).collect();
    let (all, others) = amounts.split_last().unwrap();
    assert!((others.iter().sum::<f64>() - all).abs() < 0.005, "{parts:?}");
    let words = ["--users", "60", "--hours", "2", "--cameras", "4", "--host", "ca1"];
    let arguments = ["report", "event", "--url", &url, "--format", "json"];
    let output = harness::run("headroom", arguments.into_iter().chain(words));
    assert_eq!((output.code, &output.stdout), (Some(0), &quote), "{}", output.stderr);
    for (wrong, status) in [
        ("event?users=60", 400),
        ("event?users=60&hours=800", 400),
        ("event?users=60&hours=2&at=2001-01-01T10:00", 400),
        ("event?users=60&hours=2&cameras=61", 400),
        ("event?users=60&hours=2&host=nobody", 404),
        ("meeting?id=zz", 400),
        ("meeting?id=000000000000", 404),
        ("servers?host=nobody", 404),
    ] {
        assert_eq!(text(wrong).await.0, status, "{wrong}");
    }
    a_meeting_is_told(&url).await;
    a_room_is_placed(&url).await;
}

/// Every host stands in the answer, the best first, by the product of what stands beside it.
async fn a_room_is_placed(url: &str) {
    let address = format!("{url}/api/v1/placement");
    let (status, body) = fetch(&format!("{address}?people=12&cameras=2")).await.unwrap();
    let report: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(status, 200, "{report}");
    let hosts = report["hosts"].as_array().unwrap();
    let row = |host: &Value| host["sections"]["placement"]["tables"]["placement"][0].clone();
    let scores: Vec<f64> = hosts.iter().map(|host| row(host)["score"].as_f64().unwrap()).collect();
    assert!(scores.len() == 6 && scores.is_sorted_by(|a, b| a >= b), "{report}");
    let first = row(&hosts[0]);
    let (within, opinion) = (first["within_ratio"].as_f64(), first["opinion"].as_f64());
    let most = within.unwrap() * (opinion.unwrap() - 1.0) / 3.5;
    // What deserves a look takes a fifth of it.
    let is_product = [1.0, 0.8].iter().any(|times| (scores[0] - most * times).abs() < 1e-4);
    assert!(is_product && scores[0] > 0.0, "{report}");
    for wrong in ["?people=0", "?people=5&cameras=6", "?from=nobody"] {
        assert_eq!(fetch(&format!("{address}{wrong}")).await.unwrap().0, 400, "{wrong}");
    }
}

/// The largest meeting of the last day, from the list of all.
async fn a_meeting_is_told(url: &str) {
    let (_, body) = fetch(&format!("{url}/rooms/meetings.json")).await.unwrap();
    let all: Value = serde_json::from_slice(&body).unwrap();
    let seconds = |one: &&Value| one["participants"]["seconds"].as_f64().unwrap() as i64;
    let largest = all["meetings"].as_array().unwrap().iter().max_by_key(seconds).unwrap();
    let id = largest["meeting"].as_str().unwrap();
    let arguments = ["report", "meeting", "--url", url, "--format", "json", "--id", id];
    let output = harness::run("headroom", arguments);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let sections = &report["meetings"][0]["sections"];
    let people = &sections["people"]["tables"]["people"][0];
    assert_eq!(people["peak"], largest["participants"]["peak"].as_f64().unwrap());
    let rows = sections["traffic"]["tables"]["traffic"].as_array().unwrap();
    let [own, rest, sent] = [0, 1, 2].map(|row| rows[row]["bytes"].as_f64().unwrap());
    assert!(own > 0.0 && ((own + rest) / sent - 1.0).abs() < 1e-4, "{rows:?}");
    let wiki = ["report", "meeting", "--url", url, "--format", "wiki", "--id", &id[..8]];
    let output = harness::run("headroom", wiki);
    assert!(output.stdout.contains("{| class=\"wikitable\""), "{}", output.stdout);
    let (_, page) = fetch(&format!("{url}/planning/meeting?id={id}")).await.unwrap();
    let page = String::from_utf8(page).unwrap();
    let picture = page.split("srcset=\"").nth(1).unwrap().split('"').next().unwrap();
    let (status, _) =
        fetch(&format!("{url}{}", picture.replace("&amp;", "&").replace("&#38;", "&")))
            .await
            .unwrap();
    assert_eq!(status, 200, "{picture}");
}

/// Everybody's parts sum to the bills, and the command brings the same bytes.
async fn costs_are_told(http: &str) {
    let url = format!("http://{http}");
    let (status, body) = fetch(&format!("{url}/planning/costs.json")).await.unwrap();
    assert_eq!(status, 200);
    let report: Value = serde_json::from_slice(&body).unwrap();
    let account = &report["currencies"][0];
    assert_eq!(account["currency"], "EUR", "{report}");
    let rows = account["sections"]["balances"]["tables"]["balances"].as_array().unwrap();
    let sum = |key: &str| rows.iter().map(|row| row[key].as_f64().unwrap()).sum::<f64>();
    assert!((sum("owes") - 864.0).abs() < 1e-6 && sum("balance").abs() < 1e-6, "{rows:?}");
    assert!(sum("user_hours") > 100.0, "{rows:?}");
    let arguments = ["report", "costs", "--url", &url, "--format", "json"];
    let output = harness::run("headroom", arguments);
    assert_eq!((output.code, output.stdout.as_bytes()), (Some(0), &*body), "{}", output.stderr);
    let (_, page) = fetch(&format!("{url}/planning/costs")).await.unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("pays") && page.contains("864.00 EUR"), "{page}");
    for wrong in ["?month=2020-13", "?month=9999-12", ".csv?table=x"] {
        let (status, _) = fetch(&format!("{url}/planning/costs{wrong}")).await.unwrap();
        assert_eq!(status, 400, "{wrong}");
    }
}

#[test]
fn beyond_loopback_is_refused() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let arguments = ["demo", "--grpc", "0.0.0.0:0", "--data", data.to_str().unwrap()];
    let output = harness::run("headroom", arguments);
    let expected = "headroom: 0.0.0.0:0 is beyond loopback, which `demo` does not serve: it has no \
                    TLS and no login\n";
    assert_eq!((output.code, output.stderr.as_str()), (Some(1), expected));
    assert!(!data.exists());
}
