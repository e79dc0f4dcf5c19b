//! Pings of pages and STUN, settings that change, reference tables: what the collector tells of all that.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use harness::{
    AgentOptions, AgentProgram, CollectorOptions, CollectorProgram, Program, binaries,
    certificates, counted, eventually, expired_certificates, fetch, page, run,
};
use serde_json::Value;
use tempfile::TempDir;

/// How long until each path has told of a round: a minute and the time-out, on a busy machine.
const ROUND: Duration = Duration::from_secs(90);

/// The series of rounds by metric, with its own label, and target.
pub type Said = BTreeMap<(String, String), f64>;

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
    // A snapshot has it, and a copy of the snapshot.
    let [copy, again] = ["copy", "again"].map(|name| place(name).display().to_string());
    let url = collector.http("");
    let taken = run("headroom", ["snapshot", &copy, "--url", &url]);
    assert_eq!(taken.code, Some(0), "{}", taken.stderr);
    let restored = run("headroom", ["restore", &copy, &again]);
    assert_eq!(restored.code, Some(0), "{}", restored.stderr);
    let kept = |data: &Path| std::fs::read(data.join("reference/wondernetwork.json")).unwrap();
    let (own, copied) = (kept(&collector.data()), kept(Path::new(&again)));
    let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
    assert_eq!(read(&own), read(&copied));
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
pub async fn announced(program: &Program) -> String {
    eventually("up announces", LONG, async || {
        let text = program.stdout();
        text.contains("grpc listening on 127.0.0.1:").then_some(())?;
        Some(text.lines().next()?.strip_prefix("http listening on ")?.to_owned())
    })
    .await
}

pub fn read(answer: &Value) -> Option<Said> {
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
