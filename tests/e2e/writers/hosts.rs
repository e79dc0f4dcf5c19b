//! A host that only a writer tells of has its page and its pictures, and stands among the others.

use std::time::{SystemTime, UNIX_EPOCH};

use harness::remote_write::Destination;
use harness::remote_write::by_hand::{Given, packed, request};
use harness::{CollectorOptions, CollectorProgram, fetch};

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_only_written_has_its_page_and_pictures() {
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
    let of = |metric: &str, labels: &[(&str, &str)], step: f64| {
        let given = Given::of(metric).label("instance", "db1:9100").label("job", "scraped");
        let given = labels.iter().fold(given, |given, (name, value)| given.label(name, value));
        // Ten minutes, one sample each quarter of a minute.
        (0..40)
            .fold(given, |given, n| given.sample(now - 600_000 + n * 15_000, 1e9 + n as f64 * step))
    };
    let (eth0, docker0) = (&[("device", "eth0")][..], &[("device", "docker0")][..]);
    let series = [
        of("node_load1", &[], 0.0),
        of("node_network_receive_bytes_total", eth0, 15e6),
        of("node_network_transmit_bytes_total", eth0, 15e5),
        of("node_network_receive_bytes_total", docker0, 15e6),
        of("node_cpu_seconds_total", &[("cpu", "0"), ("mode", "idle")], 12.0),
        of("node_memory_MemAvailable_bytes", &[], 0.0),
        of("node_memory_MemTotal_bytes", &[], 1e6),
    ];
    // What is no host's stands nowhere.
    let other = Given::of("http_requests_total").label("instance", "web1").sample(now, 1.0);
    let Destination { url, token } = collector.remote_write();
    let body = packed(&request(&[&series[..], &[other]].concat()));
    let sent = reqwest::Client::new().post(url).bearer_auth(token).body(body).send().await;
    assert_eq!(sent.unwrap().status(), 204);
    let read = async |path: &str| {
        let (status, body) = fetch(&collector.http(path)).await.unwrap();
        (status, String::from_utf8_lossy(&body).into_owned())
    };
    let (status, overview) = read("/").await;
    assert!(status == 200 && overview.contains("/hosts/db1%3A9100"), "{overview}");
    assert!(!overview.contains("web1"), "{overview}");
    let (status, page) = read("/hosts/db1:9100").await;
    assert!(status == 200 && page.contains("db1:9100"), "{status} {page}");
    // It has no agent that could do anything.
    for text in
        [overview.replace("This host has no agent", ""), page.replace("This host has no agent", "")]
    {
        assert!(!text.contains("gent of this host") && !text.contains("agent's"), "{text}");
        assert!(!text.contains(" agent "), "{text}");
    }
    assert!(page.contains("node_network_speed_bytes{instance=\"db1:9100\""), "{page}");
    for graph in ["network", "cpu", "memory", "disk"] {
        let (status, picture) = read(&format!("/graphs/db1:9100/{graph}/hour.svg")).await;
        assert!(status == 200 && picture.contains("<svg"), "{graph}: {status} {picture}");
    }
    let (status, data) = read("/graphs/db1:9100/network/hour.json").await;
    assert!(status == 200 && data.contains("8000000") && !data.contains("16000000"), "{data}");
    for path in ["/hosts/web1", "/graphs/web1/network/hour.svg"] {
        assert_eq!(read(path).await.0, 404, "{path}");
    }
    collector.terminate();
}
