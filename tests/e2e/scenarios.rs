//! Pings through a real network, each address with a fault of its own: what a round says is what happened.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use harness::reflector::{Reflector, address, fate};
use harness::scenario::{Scenario, scenarios};
use harness::{Namespace, Program, binaries, eventually};
use serde_json::Value;
use tempfile::TempDir;

use crate::latency::{Said, announced, read};

/// How long until each path has told of two rounds, which is when one of five has told of a train.
const ROUNDS: Duration = Duration::from_secs(180);

#[tokio::test(flavor = "multi_thread")]
async fn rounds_say_what_happened_with_privilege_by_a_raw_socket() {
    check("1 0").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rounds_say_what_happened_without_privilege_by_a_datagram_socket() {
    check("0 2147483647").await;
}

/// The scenario of each address.
fn places() -> Vec<Scenario> {
    let all = scenarios().into_iter();
    all.flat_map(|one| std::iter::repeat_n(one.clone(), one.paths)).collect()
}

async fn check(groups: &str) {
    let folder = TempDir::new().unwrap();
    let namespace = Namespace::new();
    let sysctl = format!("net.ipv4.ping_group_range={groups}");
    assert!(namespace.near("sysctl").args(["-qw", &sysctl]).status().unwrap().success());
    let places = places();
    let _reflector =
        Reflector::start(&namespace, places.iter().map(|one| one.pings.clone()).collect());
    let mut targets: Vec<String> = (0..places.len()).map(at).collect();
    // Closed, and of a network that nothing leads to.
    targets.extend(["192.0.2.2:9", "203.0.113.1"].map(str::to_owned));
    let program = pinging(&namespace, folder.path(), &targets);
    let http = announced(&program).await;
    let url = format!("http://{http}/api/v1/query?query=%7Bjob%3D%22probe%22%7D");
    let paths = places.len() + 2;
    let said = eventually("each path has told, and one of a train", ROUNDS, async || {
        let output = namespace.near("curl").args(["-s", &url]).output().ok()?;
        let said = read(&serde_json::from_slice(&output.stdout).ok()?)?;
        let sent = said.keys().filter(|(metric, _)| metric == "headroom_probe_sent").count();
        let offline = said.iter().filter(|((metric, _), _)| metric.ends_with("vantage_offline"));
        assert!(offline.clone().all(|(_, value)| *value == 0.0), "{said:?}");
        let has_train = |place: &usize| !trains(&said, &places[*place], &at(*place)).is_empty();
        let mut with_train = (0..places.len()).filter(has_train);
        (sent == paths && with_train.next().is_some()).then_some(said)
    })
    .await;
    rounds_are_kept(&namespace, &http, &said);
    program.terminate();

    for (place, scenario) in places.iter().enumerate() {
        compare(&said, scenario, &at(place));
    }
    let of = |metric: &str, target: &str| value(&said, metric, target);
    let refused = of("headroom_probe_errors refused", "192.0.2.2:9");
    assert_eq!(refused, of("headroom_probe_sent", "192.0.2.2:9"));
    let no_route = of("headroom_probe_errors no_route", "203.0.113.1");
    assert_eq!(no_route, of("headroom_probe_sent", "203.0.113.1"));
}

fn at(place: usize) -> String {
    address(place as u8 + 1).to_string()
}

fn value(said: &Said, metric: &str, target: &str) -> Option<f64> {
    said.get(&(metric.to_owned(), target.to_owned())).copied()
}

/// What a train said, of what its scenario speaks of.
fn trains(said: &Said, scenario: &Scenario, target: &str) -> Vec<(f64, [f64; 2])> {
    let told = |name: &str| value(said, &format!("headroom_probe_train_{name}"), target);
    scenario.says.train.iter().filter_map(|(name, range)| Some((told(name)?, *range))).collect()
}

/// Holds what a round says against what happened to its pings.
fn compare(said: &Said, scenario: &Scenario, target: &str) {
    let (name, says) = (&scenario.name, &scenario.says);
    let of = |metric: &str| value(said, metric, target).unwrap_or(0.0);
    let (sent, received) = (of("headroom_probe_sent"), of("headroom_probe_received"));
    assert!((1.0..=20.0).contains(&sent), "{name}: {sent} sent");
    // A round begins anywhere in the pattern, a train may shift it, and the last answers may belong to the next.
    let holds = |count: f64, part: f64| {
        let room = if part.fract() == 0.0 { 1.0 } else { 2.5 };
        (count - sent * part).abs() <= room
    };
    assert!(holds(received, says.answered), "{name}: {received} of {sent}");
    assert_eq!(of("probe_success") == 1.0, received > 0.0, "{name}");
    assert_eq!(of("probe_icmp_reply_hop_limit") > 0.0, received > 0.0, "{name}");
    let within = |metric: &str, range: [f64; 2]| {
        let ms = value(said, metric, target).map(|seconds| seconds * 1e3);
        ms.is_some_and(|ms| (range[0]..=range[1]).contains(&ms))
    };
    let median = "probe_icmp_duration_seconds rtt";
    match says.median_ms.filter(|_| received > 0.0) {
        Some(range) => assert!(within(median, range), "{name}: {:?}", value(said, median, target)),
        None => assert_eq!(value(said, median, target), None, "{name}"),
    }
    let jitter = "headroom_probe_jitter_seconds";
    if let Some(range) = says.jitter_ms.filter(|_| received >= 3.0) {
        assert!(within(jitter, range), "{name}: {:?}", value(said, jitter, target));
    }
    for (metric, parts) in [("errors", &says.errors), ("discarded", &says.discarded)] {
        let start = format!("headroom_probe_{metric} ");
        let told = said.keys().filter(|(name, at)| name.starts_with(&start) && at == target);
        let kinds: Vec<&str> = told.map(|(name, _)| &name[start.len()..]).collect();
        assert!(kinds.iter().all(|kind| parts.contains_key(*kind)), "{name}: {kinds:?}");
        for (kind, part) in parts {
            let count = of(&format!("{start}{kind}"));
            let few = sent * part < 3.0;
            assert!(few || (count - sent * part).abs() <= 2.5, "{name}: {count} {kind} of {sent}");
        }
    }
    for (count, [least, most]) in trains(said, scenario, target) {
        assert!((least..=most).contains(&count), "{name}: {count}");
    }
}

/// Answers names by a file of the folder, within the namespace.
fn name_server(namespace: &Namespace, folder: &Path) -> Program {
    let mut command = namespace.near("dnsmasq");
    command.args(["--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--user=root"]);
    command.args(["--no-resolv", "--no-hosts", "--listen-address=127.0.0.1", "--bind-interfaces"]);
    command.arg(format!("--addn-hosts={}", folder.join("hosts").display()));
    Program::start(command, "dnsmasq", folder)
}

/// `up` in the near namespace, with these targets.
fn pinging(namespace: &Namespace, folder: &Path, targets: &[String]) -> Program {
    let mut command = namespace.near(binaries().join("headroom").to_str().unwrap());
    command.args(["up", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--interval", "1s"]);
    for target in targets {
        command.args(["--ping", target]);
    }
    command.arg("--data").arg(folder.join("data"));
    Program::start(command, "up", folder)
}

/// What a name leads to, for dnsmasq.
fn names(folder: &Path, lines: &str) {
    std::fs::write(folder.join("hosts"), lines).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_elsewhere_is_an_event_and_its_path_goes_on() {
    let folder = TempDir::new().unwrap();
    let namespace = Namespace::new();
    namespace.ask_names_here();
    let _reflector = Reflector::start(&namespace, vec![vec![fate("1").unwrap()]; 2]);
    let before = "198.51.100.1 moves.example.org\n224.0.0.1 many.example.org\n\
                  2001:db8::1 six.example.org\n255.255.255.255 all.example.org\n";
    names(folder.path(), before);
    let server = name_server(&namespace, folder.path());
    let targets =
        ["moves", "later", "many", "six", "all"].map(|name| format!("{name}.example.org"));
    let program = pinging(&namespace, folder.path(), &targets);
    let http = announced(&program).await;
    let get = |path: &str| {
        let url = format!("http://{http}{path}");
        let output = namespace.near("curl").args(["-s", "-g", &url]).output().ok()?;
        serde_json::from_slice::<Value>(&output.stdout).ok()
    };
    let told = || read(&get("/api/v1/query?query=%7Bjob%3D%22probe%22%7D")?);
    let said = eventually("each name has told", ROUNDS, async || {
        let said = told()?;
        let paths = said.keys().filter(|(metric, _)| metric == "headroom_probe_vantage_offline");
        (paths.count() == 5).then_some(said)
    })
    .await;
    for (name, error) in
        [("later", "unresolved"), ("many", "forbidden_address"), ("all", "forbidden_address")]
    {
        let target = format!("{name}.example.org");
        let errors = value(&said, &format!("headroom_probe_errors {error}"), &target);
        assert_eq!(errors, value(&said, "headroom_probe_sent", &target), "{name}: {said:?}");
    }
    assert_eq!(value(&said, "probe_success", "moves.example.org"), Some(1.0));
    // Nobody here has IPv6, which is no loss of whoever has.
    let offline =
        |name: &str| value(&said, "headroom_probe_vantage_offline", &format!("{name}.example.org"));
    assert_eq!((offline("six"), offline("moves")), (Some(1.0), Some(0.0)));
    assert_eq!(value(&said, "headroom_probe_sent", "six.example.org"), None);

    names(folder.path(), "198.51.100.2 moves.example.org\n198.51.100.1 later.example.org\n");
    let id = server.id().to_string();
    assert!(Command::new("kill").args(["-HUP", &id]).status().unwrap().success());
    let all = get("/latency.json").unwrap();
    let path =
        all["paths"].as_array().unwrap().iter().find(|path| path["target"] == "moves.example.org");
    let path = path.unwrap();
    let of = |name: &str| path[name].as_str().unwrap();
    let (vantage, datacentre) = (of("vantage"), of("datacentre"));
    let smoke =
        format!("/graphs/{datacentre}/smoke/hour.json?path={vantage}/icmp/ipv4/moves.example.org");
    let event = eventually("the other address is an event", ROUNDS, async || {
        let smoke = get(&smoke)?;
        let events = smoke["events"].as_array()?.clone();
        events.into_iter().find(|event| event["change"] == "address")
    })
    .await;
    assert_eq!(
        (&event["before"], &event["after"]),
        (&"198.51.100.1".into(), &"198.51.100.2".into())
    );
    eventually("a name that comes later is pinged", ROUNDS, async || {
        let said = told()?;
        (value(&said, "probe_success", "later.example.org") == Some(1.0)).then_some(())
    })
    .await;
    let said = told().unwrap();
    let moved = value(&said, "headroom_probe_received", "moves.example.org");
    assert_eq!(moved, value(&said, "headroom_probe_sent", "moves.example.org"));
    program.terminate();
    server.terminate();
}

/// Each path has its round as a cell of its smoke, with what the series say of it, and a page.
fn rounds_are_kept(namespace: &Namespace, http: &str, said: &Said) {
    let get = |path: &str| {
        let url = format!("http://{http}{path}");
        let output = namespace.near("curl").args(["-sf", &url]).output().unwrap();
        assert!(output.status.success(), "{path}");
        output.stdout
    };
    let all: Value = serde_json::from_slice(&get("/latency.json")).unwrap();
    let paths = all["paths"].as_array().unwrap();
    for path in paths {
        let of = |name: &str| path[name].as_str().unwrap();
        let (vantage, datacentre, target) = (of("vantage"), of("datacentre"), of("target"));
        let key = format!("{vantage}/{}/{}/{target}", of("kind"), of("family"));
        let smoke = format!("/graphs/{datacentre}/smoke/hour.json?path={key}");
        let smoke: Value = serde_json::from_slice(&get(&smoke)).unwrap();
        assert_eq!(smoke["path"]["target"], target);
        let series = |metric: &str| said[&(metric.to_owned(), target.to_owned())];
        let received = series("headroom_probe_received");
        let counts = [Some(series("headroom_probe_sent")), Some(received)];
        // There may be one more by now.
        let is_it = |cell: &&Value| ["sent", "received"].map(|name| cell[name].as_f64()) == counts;
        let cell = smoke["cells"].as_array().unwrap().iter().find(is_it);
        let cell = cell.unwrap_or_else(|| panic!("{counts:?}: {smoke:#}"));
        let quantiles = cell["quantiles_seconds"].as_array().map_or(0, Vec::len);
        assert_eq!(quantiles, if received > 0.0 { 21 } else { 0 }, "{smoke:#}");
        let silences = smoke["silences"].as_array().unwrap();
        assert_eq!(!silences.is_empty(), received == 0.0, "{smoke:#}");
        let page = String::from_utf8(get(&format!("/latency/{datacentre}/{vantage}"))).unwrap();
        assert!(page.contains(&format!("/graphs/{datacentre}/smoke/year.svg")), "{page}");
        get(&format!("/graphs/{datacentre}/latency/day.svg"));
    }
}
