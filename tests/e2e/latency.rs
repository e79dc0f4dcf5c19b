//! Pings through a real network, each address with a fault of its own: what a round says is what happened.

use std::collections::BTreeMap;
use std::time::Duration;

use harness::reflector::{Manner, Reflector, address};
use harness::{
    AgentOptions, AgentProgram, CollectorOptions, CollectorProgram, Namespace, Program, binaries,
    certificates, counted, eventually, expired_certificates, fetch, page, run,
};
use serde_json::Value;
use tempfile::TempDir;

const MANNERS: &[Manner] = &[
    Manner::Prompt,
    Manner::After(30),
    Manner::Without(2),
    Manner::Twice,
    Manner::Foreign(200),
    Manner::Changed,
    Manner::Prohibited(254),
    Manner::Silent,
    Manner::After(3200),
];

/// How long until each path has told of a round: a minute and the time-out, on a busy machine.
const ROUND: Duration = Duration::from_secs(90);

/// The series of rounds by metric, with its own label, and target.
type Said = BTreeMap<(String, String), f64>;

#[tokio::test(flavor = "multi_thread")]
async fn rounds_say_what_happened_with_privilege_by_a_raw_socket() {
    check("1 0").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rounds_say_what_happened_without_privilege_by_a_datagram_socket() {
    check("0 2147483647").await;
}

async fn check(groups: &str) {
    let folder = TempDir::new().unwrap();
    let namespace = Namespace::new();
    let sysctl = format!("net.ipv4.ping_group_range={groups}");
    assert!(namespace.near("sysctl").args(["-qw", &sysctl]).status().unwrap().success());
    let _reflector = Reflector::start(&namespace, MANNERS);
    let mut command = namespace.near(binaries().join("headroom").to_str().unwrap());
    command.args(["up", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--interval", "1s"]);
    let count = MANNERS.len() as u8;
    for last in 1..=count {
        command.args(["--ping", &address(last).to_string()]);
    }
    // Closed, and of a network that nothing leads to.
    command.args(["--ping", "192.0.2.2:9", "--ping", "203.0.113.1"]);
    command.arg("--data").arg(folder.path().join("data"));
    let program = Program::start(command, "up", folder.path());
    let http = announced(&program).await;
    let url = format!("http://{http}/api/v1/query?query=%7Bjob%3D%22probe%22%7D");
    let paths = usize::from(count) + 2;
    let said = eventually("each path has told of a round", ROUND, async || {
        let output = namespace.near("curl").args(["-s", &url]).output().ok()?;
        let said = read(&serde_json::from_slice(&output.stdout).ok()?)?;
        let sent = said.keys().filter(|(metric, _)| metric == "headroom_probe_sent").count();
        let offline = said.iter().filter(|((metric, _), _)| metric.ends_with("vantage_offline"));
        assert!(offline.clone().all(|(_, value)| *value == 0.0), "{said:?}");
        (sent == paths).then_some(said)
    })
    .await;
    rounds_are_kept(&namespace, &http, &said);
    program.terminate();

    let of = |metric: &str, target: &str| {
        said.get(&(metric.to_owned(), target.to_owned())).copied().unwrap_or(0.0)
    };
    for (place, manner) in MANNERS.iter().enumerate() {
        let target = address(place as u8 + 1).to_string();
        let of = |metric: &str| of(metric, &target);
        let (sent, received) = (of("headroom_probe_sent"), of("headroom_probe_received"));
        let discarded = |reason: &str| of(&format!("headroom_probe_discarded {reason}"));
        let median = of("probe_icmp_duration_seconds rtt");
        assert!((1.0..=20.0).contains(&sent), "{manner:?}: {sent} sent");
        // A ping of the next round may have come back already.
        let about = |value: f64, expected: f64| (expected..=expected + 1.0).contains(&value);
        let (loss, good) = match manner {
            Manner::Prompt => (0.0, median > 0.0 && median < 0.02),
            Manner::After(ms) if *ms < 3000 => {
                (0.0, (0.029..0.06).contains(&median) && of("probe_success") == 1.0)
            }
            Manner::After(_) => (sent, discarded("late") >= sent - 2.0),
            Manner::Without(_) => ((sent / 2.0).floor(), true),
            Manner::Twice => (0.0, about(discarded("duplicate"), sent)),
            Manner::Foreign(_) => (sent, about(discarded("foreign"), sent)),
            Manner::Changed => (sent, about(discarded("wrong_payload"), sent)),
            Manner::Prohibited(_) => {
                (sent, of("headroom_probe_errors prohibited") == sent && of("probe_success") == 0.0)
            }
            Manner::Silent => (sent, median == 0.0),
        };
        assert!((received - (sent - loss)).abs() <= 1.0, "{manner:?}: {received} of {sent}");
        assert!(good, "{manner:?}: {said:?}");
        let hops = of("probe_icmp_reply_hop_limit");
        assert_eq!(hops > 0.0, received > 0.0, "{manner:?}");
    }
    let refused = of("headroom_probe_errors refused", "192.0.2.2:9");
    assert_eq!(refused, of("headroom_probe_sent", "192.0.2.2:9"));
    let no_route = of("headroom_probe_errors no_route", "203.0.113.1");
    assert_eq!(no_route, of("headroom_probe_sent", "203.0.113.1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_stun_are_asked_and_certificates_are_read_whoever_trusts_them() {
    let folder = TempDir::new().unwrap();
    let trusted = certificates();
    let ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<ok/>";
    let fine = page::page(&trusted, ok).await;
    let moved = "HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n";
    let moved = page::page(&trusted, moved).await;
    let ended = page::page(&expired_certificates(), ok).await;
    let stun = page::stun(2).await;
    let authority = folder.path().join("ca.pem");
    std::fs::write(&authority, &trusted.authority).unwrap();
    let url = |served: &page::Served| format!("https://{}/bigbluebutton/api", served.address);
    let (fine, moved, ended) = (url(&fine), url(&moved), url(&ended));
    let stun_at = stun.address.to_string();
    let mut command = std::process::Command::new(binaries().join("headroom"));
    command.env("SSL_CERT_FILE", &authority);
    command.args(["up", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--interval", "1s"]);
    command.args(["--ping", &fine, "--ping", &moved, "--ping", &ended]);
    command.args(["--ping", &format!("stun:{stun_at}"), "--ping", "stun:127.0.0.1:9"]);
    command.arg("--data").arg(folder.path().join("data"));
    let program = Program::start(command, "up", folder.path());
    let http = announced(&program).await;
    let ask = async |path: &str| fetch(&format!("http://{http}{path}")).await;
    let said = eventually("each path has told of a round", ROUND, async || {
        let (_, body) = ask("/api/v1/query?query=%7Bjob%3D%22probe%22%7D").await?;
        let said = read(&serde_json::from_slice(&body).ok()?)?;
        let sent = said.keys().filter(|(metric, _)| metric == "headroom_probe_sent").count();
        (sent == 5).then_some(said)
    })
    .await;
    let of = |metric: &str, target: &str| {
        said.get(&(metric.to_owned(), target.to_owned())).copied().unwrap_or(f64::NAN)
    };
    let sent = |target: &str| of("headroom_probe_sent", target);
    assert_eq!((of("probe_success", &fine), of("probe_http_status_code", &fine)), (1.0, 200.0));
    assert_eq!(of("headroom_probe_received", &fine), sent(&fine), "{said:?}");
    let parts = ["connect", "tls", "processing", "transfer"];
    let parts = parts.map(|part| of(&format!("probe_http_duration_seconds {part}"), &fine));
    let whole = of("probe_duration_seconds", &fine);
    assert!(parts.iter().all(|part| *part > 0.0 && *part < whole), "{parts:?} {whole}");
    assert_eq!(of("probe_tls_version_info TLS 1.3", &fine), 1.0);
    // Nobody is followed elsewhere.
    assert_eq!((of("probe_success", &moved), of("probe_http_status_code", &moved)), (0.0, 302.0));
    assert_eq!(of("headroom_probe_errors status", &moved), sent(&moved));
    // 2001-12-31T00:00:00Z.
    assert_eq!(of("probe_ssl_earliest_cert_expiry", &ended), 1_009_756_800.0);
    assert_eq!(of("headroom_probe_errors certificate", &ended), sent(&ended));
    assert_eq!((of("probe_success", &ended), of("probe_http_ssl", &ended)), (0.0, 0.0));
    // Every second request is answered with an error.
    let (errors, answers) =
        (of("headroom_probe_errors status", &stun_at), of("headroom_probe_received", &stun_at));
    assert_eq!(errors + answers, sent(&stun_at), "{said:?}");
    assert!((errors - answers).abs() <= 1.0 && answers > 0.0, "{errors} and {answers}");
    assert_eq!(of("headroom_probe_errors refused", "127.0.0.1:9"), sent("127.0.0.1:9"));

    probed(&http, &fine).await;
    let (_, body) = ask("/latency").await.unwrap();
    let body = String::from_utf8(body).unwrap();
    assert!(body.contains("<h2>Pages</h2>") && body.contains("has ended"), "{body}");
    program.terminate();
}

/// As a Prometheus asks a blackbox_exporter.
async fn probed(http: &str, fine: &str) {
    let ask = async |path: &str| fetch(&format!("http://{http}{path}")).await;
    let (status, body) = ask(&format!("/probe?target={fine}&module=http_2xx")).await.unwrap();
    let text = String::from_utf8(body).unwrap();
    assert_eq!(status, 200, "{text}");
    for line in ["probe_success 1", "probe_http_status_code 200", "probe_http_version 1.1"] {
        assert!(text.lines().any(|told| told == line), "{line}: {text}");
    }
    assert!(text.contains("probe_http_duration_seconds{phase=\"tls\"} "), "{text}");
    for (question, expected) in [
        ("", 400),
        ("?target=127.0.0.1:9&module=dns", 400),
        ("?target=127.0.0.1:9&module=icmp", 404),
        ("?target=127.0.0.1:9&vantage=nobody", 404),
        ("?target=127.0.0.1:9&module=stun", 200),
    ] {
        assert_eq!(ask(&format!("/probe{question}")).await.unwrap().0, expected, "{question}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_measured_is_imported_while_the_collector_runs_and_stands_apart() {
    let collector = CollectorProgram::start(CollectorOptions::default()).await;
    let place = |name: &str| collector.folder().join(name);
    let servers = "id,name,title,country,continent,latitude,longitude\n\
                   1,montreal,Montréal,Canada,North America,45.5,-73.57\n2,lagos,Lagos,Nigeria,Africa,6.45,3.39\n";
    let pings = "source,destination,timestamp,min,avg,max,mdev\n2,1,2020-07-19 00:00:00,170,181.5,190,2\n\
                 2,1,2020-07-19 00:00:00,1,1,1,1\n2,9,2020-07-19 00:00:00,1,1,1,1\n";
    std::fs::write(place("servers.csv"), servers).unwrap();
    std::fs::write(place("pings.csv"), pings).unwrap();
    let import = |pings: &str| {
        let [servers, pings, data] = [place("servers.csv"), place(pings), collector.data()]
            .map(|path| path.display().to_string());
        run("headroom", ["import", "wondernetwork", "--servers", &servers, "--data", &data, &pings])
    };
    let page = async |path: &str| {
        let (status, body) = fetch(&collector.http(path)).await.unwrap();
        (status, String::from_utf8(body).unwrap())
    };
    assert!(page("/reference").await.1.contains("No reference table has been imported yet"));
    let done = import("pings.csv");
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stdout.starts_with("1 pairs of 2 cities from 3 rows: "), "{}", done.stdout);
    assert!(done.stdout.contains("1 rows say again") && done.stdout.contains("such as 9"));
    let (_, shown) = page("/reference?to=montréal").await;
    assert!(shown.contains("Lagos") && shown.contains(">182<"), "{shown}");
    let (_, csv) = page("/reference.csv").await;
    assert!(csv.contains("Lagos,Montréal,170,181.5,190,2,1,"), "{csv}");
    assert_eq!(page("/reference.json?to=nowhere").await.0, 400);
    // It is no sample, and a file that cannot be read takes nothing away.
    assert!(values(&collector, "probe_duration_seconds").await.is_empty());
    std::fs::write(place("wrong.csv"), "source,destination\n1,2\n").unwrap();
    let failed = import("wrong.csv");
    assert!(
        failed.code == Some(1) && failed.stderr.contains("has no column min"),
        "{}",
        failed.stderr
    );
    assert!(page("/reference").await.1.contains(">182<"));
}

const VANTAGES: [&str; 2] = ["paris", "lagos"];

/// How long new targets may take to reach every agent and to be echoed.
const ECHOED: Duration = Duration::from_secs(5);

/// How long what is not urgent may take on a busy machine.
const LONG: Duration = Duration::from_secs(30);

/// Who pings what, by hosts of ICMP.
fn places(hosts: &str) -> String {
    let vantage = |agent: &str| format!("[[vantages]]\nagent = '{agent}'\n");
    let vantages: String = VANTAGES.iter().map(|agent| vantage(agent)).collect();
    format!("{vantages}[[datacentres]]\nname = 'here'\nicmp = {hosts}\n")
}

/// The settings that a vantage says it follows, and all that the page says of it.
async fn standing(collector: &CollectorProgram, vantage: &str) -> Option<(String, String)> {
    let (_, body) = fetch(&collector.http("/latency")).await?;
    let page = String::from_utf8(body).ok()?;
    let row = page.split(&format!("<tr data-key=\"{vantage}\">")).nth(1)?.split("</tr>").next()?;
    let follows = row.split_once("settings ")?.1.split_once(" in force")?.0;
    (follows.len() == 6).then(|| (follows.to_owned(), row.to_owned()))
}

/// Waits until both vantages follow the same settings, other than those of before.
async fn followed(collector: &CollectorProgram, before: &str, within: Duration) -> String {
    eventually("both vantages follow what is asked", within, async || {
        let (paris, _) = standing(collector, VANTAGES[0]).await?;
        let (lagos, _) = standing(collector, VANTAGES[1]).await?;
        (paris == lagos && paris != before).then_some(paris)
    })
    .await
}

async fn values(collector: &CollectorProgram, query: &str) -> BTreeMap<String, f64> {
    let Some((_, body)) = fetch(&collector.http(&format!("/api/v1/query?query={query}"))).await
    else {
        return BTreeMap::new();
    };
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    let series = answer["data"]["result"].as_array().cloned().unwrap_or_default();
    let value = |one: &Value| {
        let labels = &one["metric"];
        let name = labels["vantage"].as_str().or(labels["instance"].as_str())?;
        Some((name.to_owned(), one["value"][1].as_str()?.parse().ok()?))
    };
    series.iter().filter_map(value).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn new_targets_reach_every_agent_at_once_and_break_no_stream() {
    let instances = VANTAGES.map(str::to_owned).to_vec();
    let more = places("['127.0.0.1']");
    let options = CollectorOptions { instances, more, ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    let paris = AgentProgram::start(&collector, "paris", &AgentOptions::each("1s"));
    let sections = "[prober]\nallow = ['127.0.0.1/32', '127.0.0.2/32']\n".to_owned();
    let limited = AgentOptions { sections, ..AgentOptions::each("1s") };
    let lagos = AgentProgram::start(&collector, "lagos", &limited);
    let first = followed(&collector, "", LONG).await;

    collector.read_anew(&places("['127.0.0.1', '127.0.0.2', '127.0.0.3']"));
    let second = followed(&collector, &first, ECHOED).await;
    let (_, of_paris) = standing(&collector, "paris").await.unwrap();
    let (_, of_lagos) = standing(&collector, "lagos").await.unwrap();
    let why = "targets: 127.0.0.3: is not on this agent&#39;s list of what may be asked";
    assert!(of_lagos.contains(why) && !of_paris.contains("refused"), "{of_lagos} {of_paris}");
    // Ports that the system chose stand in the file by now.
    let restart = "what has changed of grpc, http needs a restart";
    assert!(collector.log().contains(restart), "{}", collector.log());

    // A mistake anywhere changes nothing.
    collector
        .read_anew(&(places("['127.0.0.1', '127.0.0.4']") + "[memory]\nshared_byte = '1 GiB'\n"));
    eventually("the collector tells the mistake", LONG, async || {
        let log = collector.log();
        let told = log.contains("the configuration stays as it was") && log.contains("shared_byte");
        told.then_some(())
    })
    .await;
    assert_eq!(standing(&collector, "paris").await.unwrap().0, second);

    // What is new is pinged, by whoever may.
    let query = "probe_success%7Binstance=%22127.0.0.2%22%7D";
    eventually("the new target is pinged from both", ROUND, async || {
        let values = values(&collector, query).await;
        (values.len() == 2 && values.values().all(|value| *value == 1.0)).then_some(())
    })
    .await;
    assert!(values(&collector, "probe_success%7Binstance=%22127.0.0.4%22%7D").await.is_empty());
    let connections = values(&collector, "headroom_agent_connections_total").await;
    assert_eq!(connections, VANTAGES.map(|name| (name.to_owned(), 1.0)).into());
    counted(&collector, "headroom_ingest_streams", 2).await;
    for mut program in [paris, lagos] {
        program.terminate();
    }
    collector.terminate();
}

/// Where `up` says that it serves pages.
async fn announced(program: &Program) -> String {
    eventually("up announces", LONG, async || {
        let text = program.stdout();
        text.contains("grpc listening on 127.0.0.1:").then_some(())?;
        Some(text.lines().next()?.strip_prefix("http listening on ")?.to_owned())
    })
    .await
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
        let cell = &smoke["cells"][0];
        let series = |metric: &str| said[&(metric.to_owned(), target.to_owned())];
        assert_eq!(cell["sent"].as_f64(), Some(series("headroom_probe_sent")), "{smoke:#}");
        let received = series("headroom_probe_received");
        assert_eq!(cell["received"].as_f64(), Some(received), "{smoke:#}");
        let quantiles = cell["quantiles_seconds"].as_array().map_or(0, Vec::len);
        assert_eq!(quantiles, if received > 0.0 { 21 } else { 0 }, "{smoke:#}");
        let silences = smoke["silences"].as_array().unwrap();
        assert_eq!(!silences.is_empty(), received == 0.0, "{smoke:#}");
        let page = String::from_utf8(get(&format!("/latency/{datacentre}/{vantage}"))).unwrap();
        assert!(page.contains(&format!("/graphs/{datacentre}/smoke/year.svg")), "{page}");
        get(&format!("/graphs/{datacentre}/latency/day.svg"));
    }
}

fn read(answer: &Value) -> Option<Said> {
    let mut said = Said::new();
    for series in answer["data"]["result"].as_array()? {
        let labels = &series["metric"];
        let own =
            ["error", "reason", "phase", "version"].iter().find_map(|name| labels[name].as_str());
        let metric = labels["__name__"].as_str()?;
        let name = own.map_or(metric.to_owned(), |own| format!("{metric} {own}"));
        assert_eq!(labels["job"], "probe");
        assert!(labels["vantage"].as_str()?.len() > 1 && labels["datacentre"].is_string());
        let value = series["value"][1].as_str()?.parse().ok()?;
        said.insert((name, labels["instance"].as_str()?.to_owned()), value);
    }
    Some(said)
}
