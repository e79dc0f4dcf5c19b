//! `headroom up`: from this host's byte counters to its pictures.

use std::process::{Command, Stdio};
use std::time::Duration;

use harness::{ALL_SERIES, Namespace, Program, assert_declared, binaries, eventually};
use serde_json::Value;
use tempfile::TempDir;

/// What the far side sends: 20,000 datagrams of 1,400 bytes, each with 42 bytes of Ethernet, IP
/// and UDP around it.
const DATAGRAMS: u64 = 20_000;
const DATAGRAM_BYTES: u64 = 1_400 + 42;

#[tokio::test(flavor = "multi_thread")]
async fn shows_real_traffic_to_the_byte_within_thirty_seconds() {
    let folder = TempDir::new().unwrap();
    let namespace = Namespace::new();
    let mut command = namespace.near(binaries().join("headroom").to_str().unwrap());
    command.args(["up", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--interval", "500ms"]);
    command.arg("--data").arg(folder.path().join("data"));
    let program = Program::start(command, "up", folder.path());
    let http = eventually("up announces", Duration::from_secs(30), async || {
        let text = program.stdout();
        text.contains("grpc listening on 127.0.0.1:").then_some(())?;
        Some(text.lines().next()?.strip_prefix("http listening on ")?.to_owned())
    })
    .await;
    let hostname = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let page = |form: &str| format!("http://{http}/graphs/{}/network/hour.{form}", hostname.trim());
    let get = |form: &str| curl(namespace.near("curl"), &page(form));
    // Before the traffic there must be a first reading.
    eventually("a first rate", Duration::from_secs(10), async || received(&get("json")?)).await;
    let before = received(&get("json").unwrap()).unwrap();

    let send =
        format!("dd if=/dev/zero bs=1400 count={DATAGRAMS} status=none >/dev/udp/198.51.100.1/9");
    let sent = namespace.far("bash").args(["-c", &send]).status().unwrap();
    assert!(sent.success());

    let expected = (DATAGRAMS * DATAGRAM_BYTES) as f64;
    let seen = eventually("the traffic in the picture", Duration::from_secs(20), async || {
        received(&get("json")?).map(|now| now - before).filter(|seen| *seen >= expected)
    })
    .await;
    // Neighbour discovery and the like may add a little.
    assert!(seen < expected * 1.01, "{seen} of {expected} bytes");

    let svg = String::from_utf8(get("svg").unwrap()).unwrap();
    assert!(svg.starts_with("<svg ") && svg.contains("eth0 · hour"), "{}", &svg[..300]);
    assert!(svg.contains("MB") && svg.contains("received"));
    assert_eq!(get("png").unwrap()[..8], *b"\x89PNG\r\n\x1a\n");
    let overview =
        String::from_utf8(curl(namespace.near("curl"), &format!("http://{http}/")).unwrap());
    assert!(overview.unwrap().contains(&format!("/hosts/{}", hostname.trim())));

    let all = curl(namespace.near("curl"), &format!("http://{http}/{ALL_SERIES}")).unwrap();
    assert!(assert_declared(&all) > 50);

    program.terminate();
    let spool = folder.path().join("data/spool");
    let text = std::fs::read_to_string(spool.join("ledger")).unwrap_or_default();
    assert!(!text.contains("lost"), "{text}");
}

fn received(json: &[u8]) -> Option<f64> {
    let value: Value = serde_json::from_slice(json).ok()?;
    let lines = value["lines"].as_array()?;
    let line = lines.iter().find(|line| line["name"] == "received")?;
    line["statistics"]["total_bytes"].as_f64()
}

fn curl(mut command: Command, url: &str) -> Option<Vec<u8>> {
    let output = command
        .args(["--silent", "--fail", "--max-time", "10", url])
        .stderr(Stdio::null())
        .output()
        .expect("curl is installed");
    output.status.success().then_some(output.stdout)
}

#[test]
fn beyond_loopback_is_refused_with_the_reason() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let output =
        harness::run("headroom", ["up", "--http", "0.0.0.0:0", "--data", data.to_str().unwrap()]);
    assert_eq!(output.code, Some(1));
    let expected = "headroom: 0.0.0.0:0 is beyond loopback, which `up` does not serve: it has no TLS \
                    and no login; use `headroom serve` with a configuration\n";
    assert_eq!(output.stderr, expected);
    assert!(!data.exists(), "refused before anything was made");
}

#[test]
fn what_cannot_be_is_refused_with_the_rule() {
    let hint = "\n\nFor more information, try '--help'.\n";
    for (flag, value, rule) in [
        ("--interval <TIME>", "0s", "must be between 100ms and 1h"),
        ("--interval <TIME>", "2h", "must be between 100ms and 1h"),
        ("--interval <TIME>", "5", "needs a number with ms, s, m, h or d, such as 10s"),
        ("--http <ADDR>", "localhost", "must be an address and a port, such as 127.0.0.1:8440"),
    ] {
        let name = flag.split(' ').next().unwrap();
        let output = harness::run("headroom", ["up", name, value]);
        let expected = format!("error: invalid value '{value}' for '{flag}': {rule}{hint}");
        assert_eq!((output.code, output.stderr), (Some(2), expected));
    }
}
