//! The pages in a real browser: what a reader sees, on a desk and on a phone, light and dark.

mod live;
mod looks;
mod problems;
mod rooms;
mod routes;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fantoccini::Locator;
use harness::{AgentOptions, AgentProgram, CollectorOptions, CollectorProgram, eventually, fetch};
use headroom::samples::Labels;
use headroom::store::{FrameId, FrameWrite, Store};
use headroom_proto::catalogue::HEADROOM_AGENT_FRAMES_TOTAL;

use crate::browser::Browser;

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_sees_the_host_and_its_picture() {
    let options = CollectorOptions { instances: vec!["ca1".into()], ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    let browser = Browser::start().await;
    let page = &browser.client;

    page.goto(&collector.http("/")).await.unwrap();
    let text = page.find(Locator::Css("main")).await.unwrap().text().await.unwrap();
    assert!(
        text.contains("No host has reported yet.") && text.contains("headroom token ca1"),
        "{text}"
    );

    let mut agent = AgentProgram::start(&collector, "ca1", &AgentOptions::each("200ms"));
    eventually("the host has a picture", Duration::from_secs(30), async || {
        let (status, body) = fetch(&collector.http("/graphs/ca1/network/hour.json")).await?;
        (status == 200 && String::from_utf8_lossy(&body).contains("\"mean\"")).then_some(())
    })
    .await;
    page.goto(&collector.http("/")).await.unwrap();
    let heading = page.find(Locator::Css("h1")).await.unwrap().text().await.unwrap();
    // This machine's disk may be full, and its processors are busy with tests: findings of its own.
    let judged = heading.ends_with(" All report.") || heading.contains(" ca1: ");
    assert!(heading.starts_with("1 host. ca1 sends ") && judged, "{heading}");
    browser.pictures_load().await;

    page.find(Locator::LinkText("ca1")).await.unwrap().click().await.unwrap();
    assert_eq!(page.current_url().await.unwrap().path(), "/hosts/ca1");
    browser.pictures_load().await;
    let alternative =
        page.find(Locator::Css("figure img")).await.unwrap().attr("alt").await.unwrap();
    assert!(alternative.unwrap().contains("sent: now "), "the picture has words too");

    // An interface that is not there is no empty picture.
    let (status, body) =
        fetch(&collector.http("/graphs/ca1/network/hour.svg?device=eth9")).await.unwrap();
    let sentence = "ca1 has reported no interface eth9 in that time.\n";
    assert_eq!((status, String::from_utf8_lossy(&body).as_ref()), (404, sentence));

    // The state of a table lives in the address.
    page.goto(&collector.http("/")).await.unwrap();
    page.find(Locator::Css("thead th:last-child button")).await.unwrap().click().await.unwrap();
    assert!(page.current_url().await.unwrap().query().unwrap_or("").contains("sort=7"));

    for width in [1240, 360] {
        browser.resize(width).await;
        browser.scrolls_not_sideways(width).await;
    }
    browser.end().await;
    agent.terminate();
    collector.terminate();
}

/// A host that reported until two hours ago.
fn fill_with_a_silent_host(store: &Store) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
    let labels = [("device", "eth0"), ("kind", "physical"), ("instance", "ca1"), ("job", "node")];
    let series = |metric| store.series_id(&Labels::new(metric, labels)).unwrap();
    let names = [
        HEADROOM_AGENT_FRAMES_TOTAL.name,
        "node_network_info",
        "node_network_transmit_bytes_total",
        "node_network_receive_bytes_total",
    ];
    let ids = names.map(series);
    let frame = |n: i64| FrameWrite {
        id: Some(FrameId { instance: "ca1".into(), boot: 1, sequence: n as u64 }),
        timestamp_ms: now - 2 * 3_600_000 + n * 10_000,
        series: ids.into(),
        values: vec![n as f64 * 1e6; ids.len()],
        rounds: Vec::new(),
    };
    store.append(&(1..=10).map(frame).collect::<Vec<_>>()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_fell_silent_keeps_its_pages() {
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    collector.terminate();
    fill_with_a_silent_host(&collector.open_store());
    collector.start_again().await;
    let get = async |path: &str| {
        let (status, body) = fetch(&collector.http(path)).await.unwrap();
        (status, String::from_utf8_lossy(&body).into_owned())
    };
    let (status, page) = get("/").await;
    assert!(status == 200 && page.contains("1 host. ca1 is silent."), "{page}");
    let (status, page) = get("/hosts/ca1").await;
    assert!(status == 200 && page.contains("silent"), "{page}");
    let (status, picture) = get("/graphs/ca1/network/hour.svg").await;
    assert!(status == 200 && picture.contains("no data\n"), "{status} {picture}");
    let (status, picture) = get("/graphs/ca1/network/day.svg").await;
    assert!(status == 200 && picture.contains("ca1 · eth0 · day\n"), "{status} {picture}");
    collector.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_address_says_what_is_wrong() {
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    let cases = [
        ("/nothing", 404, "There is no page /nothing. The overview of all hosts is at /."),
        ("/hosts/ca9", 404, "No host ca9 has reported in a month; / lists all."),
        (
            "/graphs/ca9/network/hour.svg",
            404,
            "No host ca9 has reported in that time; / lists all.",
        ),
        (
            "/graphs/ca9/traffic/hour.svg",
            404,
            "There is no graph traffic; try network, people, rooms, cameras, cpu, memory, disk, organisations, organisation, latency.",
        ),
        ("/graphs/ca9/people/hour.svg", 404, "No host ca9 has reported in that time; / lists all."),
        (
            "/graphs/ca9/people/hour.svg?device=eth0",
            400,
            "device= goes with graphs of devices, and people is none.",
        ),
        (
            "/graphs/ca9/organisations/hour.svg",
            404,
            "organisations is a graph of all hosts; it is at /graphs/all/organisations/.",
        ),
        (
            "/graphs/nobody/organisation/hour.svg",
            404,
            "No organisation nobody has had a room yet; /rooms lists all.",
        ),
        (
            "/graphs/ca9/network/hour.gif",
            404,
            "There is no picture hour.gif; it is minutes, hour, day, week, month or year with .svg, .png, .csv or .json.",
        ),
        ("/graphs/ca9/network/hour.svg?tz=Moon", 400, "tz=Moon is no zone of the IANA database."),
        ("/graphs/ca9/network/hour.svg?from=1", 400, "from and to go together."),
        (
            "/graphs/ca9/network/hour.svg?from=x&to=2",
            400,
            "from=x is no moment; write it as Unix seconds or like 2020-05-28T12:00:00Z.",
        ),
        (
            "/graphs/ca9/network/hour.svg?from=2&to=1",
            400,
            "from=2 must lie before to=1, by at most five years.",
        ),
        (
            "/graphs/ca9/network/hour.svg?device=eth0",
            404,
            "No host ca9 has reported in that time; / lists all.",
        ),
        ("/graphs/ca9/network/hour.png?scale=9", 400, "scale=9 is not 1, 2 or 3."),
        ("/graphs/ca9/network/hour.png?scale=x", 400, "scale=x is not 1, 2 or 3."),
        (
            "/graphs/ca9/network/hour.svg?theme=dark&theme=light",
            400,
            "What follows the question mark cannot be read: duplicate field `theme`.",
        ),
    ];
    for (path, status, sentence) in cases {
        let (found, body) = fetch(&collector.http(path)).await.unwrap();
        let body = String::from_utf8(body).unwrap();
        assert_eq!((found, body.trim_end()), (status, sentence), "{path}");
    }
    for path in ["/-/healthy", "/-/ready", "/metrics", "/assets/style.css", "/favicon.ico"] {
        assert_eq!(fetch(&collector.http(path)).await.unwrap().0, 200, "{path}");
    }
    collector.terminate();
}
