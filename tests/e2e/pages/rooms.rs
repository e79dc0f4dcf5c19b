//! Rooms in a real browser: the page of them, those of a host, those of the fleet.

use std::time::{SystemTime, UNIX_EPOCH};

use fantoccini::Locator;
use harness::{CollectorOptions, CollectorProgram, fetch};
use headroom::samples::Labels;
use headroom::store::{FrameWrite, Store};
use serde_json::Value;

use crate::browser::Browser;

const POLL_MS: i64 = 15_000;

/// Samples of one poll: metric, labels, value.
type Samples<'s> = Vec<(&'s str, Vec<(&'s str, &'s str)>, f64)>;

/// What each host reports.
fn host(samples: &mut Samples<'_>, n: f64) {
    let eth0 = vec![("device", "eth0"), ("kind", "physical")];
    samples.push(("headroom_agent_frames_total", vec![], n));
    samples.push(("node_boot_time_seconds", vec![], 1.0));
    samples.push(("node_network_info", eth0, 1.0));
    samples.push(("node_network_speed_bytes", vec![("device", "eth0")], 125e6));
    samples.push(("node_network_transmit_bytes_total", vec![("device", "eth0")], n * 1e7));
    samples.push(("node_network_receive_bytes_total", vec![("device", "eth0")], n * 1e6));
    let long = "/var/lib/bigbluebutton/recordings-of-many-years";
    let place = vec![("device", "sdb1"), ("fstype", "ext4"), ("mountpoint", long)];
    samples.push(("node_filesystem_size_bytes", place.clone(), 500e9));
    samples.push(("node_filesystem_free_bytes", place.clone(), 300e9));
    samples.push(("node_filesystem_avail_bytes", place, 300e9));
    for (mode, part) in [("idle", 11.0), ("user", 4.0)] {
        samples.push(("node_cpu_seconds_total", vec![("cpu", "0"), ("mode", mode)], n * part));
    }
}

/// What a BBB that answers has: two rooms of a school, one of somebody who does not say who.
fn rooms(samples: &mut Samples<'_>, n: f64) {
    samples.push(("headroom_bbb_state", vec![("state", "ok")], 1.0));
    samples.push(("bbb_meetings", vec![], 3.0));
    samples.push(("bbb_meetings_participants", vec![], 25.0));
    for (tenant, rooms, people) in [("school, by the \"lake\"", 2.0, 21.0), ("unknown", 1.0, 4.0)] {
        let gauges = [
            ("headroom_tenant_rooms", rooms),
            ("headroom_tenant_participants", people),
            ("headroom_tenant_voices", people - 1.0),
            ("headroom_tenant_cameras", people / 2.0),
            ("headroom_tenant_cameras_out", people * 3.0),
            ("headroom_tenant_user_seconds_total", n * people * 15.0),
            ("headroom_tenant_room_seconds_total", n * rooms * 15.0),
        ];
        let of = |(metric, value)| (metric, vec![("tenant", tenant)], value);
        samples.extend(gauges.map(of));
    }
}

/// An hour of three hosts, up to some minutes from now, so that it is still fresh when it is looked
/// at: one with rooms, one whose BBB refuses, one without BBB.
fn cooperative(store: &Store) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
    for instance in ["ca1", "de1", "backup1"] {
        let poll = |n: i64| {
            let mut samples = Samples::new();
            host(&mut samples, (n + 300) as f64);
            match instance {
                "ca1" => rooms(&mut samples, (n + 300) as f64),
                "de1" => {
                    samples.push(("headroom_bbb_state", vec![("state", "ok")], 0.0));
                    samples.push(("headroom_bbb_state", vec![("state", "failed")], 1.0));
                    let key = vec![("key", "checksumError")];
                    samples.push(("headroom_bbb_failures_total", key, (n + 300) as f64));
                }
                _ => {}
            }
            let (series, values) = samples
                .into_iter()
                .map(|(metric, labels, value)| {
                    let labels = labels.into_iter().chain([("instance", instance)]);
                    (store.series_id(&Labels::new(metric, labels)).unwrap(), value)
                })
                .unzip::<_, _, Vec<_>, Vec<_>>();
            let timestamp_ms = now + n * POLL_MS;
            FrameWrite { id: None, timestamp_ms, series: series.into(), values, rounds: Vec::new() }
        };
        store.append(&(-240..60).map(poll).collect::<Vec<_>>()).unwrap();
    }
}

async fn text(collector: &CollectorProgram, path: &str) -> (u16, String) {
    let (status, body) = fetch(&collector.http(path)).await.unwrap();
    (status, String::from_utf8(body).unwrap())
}

/// The cooperative, in a collector that runs.
pub async fn filled() -> CollectorProgram {
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    let (status, page) = text(&collector, "/rooms").await;
    assert!(status == 200 && page.contains("No host has told of rooms yet."), "{page}");
    assert!(page.contains("[bbb]") && page.contains("aria-current=\"page\">Rooms</a>"), "{page}");
    collector.terminate();
    cooperative(&collector.open_store());
    collector.start_again().await;
    collector
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_rooms_answers_first_and_reads_in_every_light_and_width() {
    let browser = Browser::start().await;
    let mut collector = filled().await;
    let page = &browser.client;
    page.goto(&collector.http("/rooms")).await.unwrap();
    let heading = page.find(Locator::Css("h1")).await.unwrap().text().await.unwrap();
    assert_eq!(
        heading,
        "3 rooms, 25 people now on 1 host: do not reboot ca1. No answer from BBB on de1 within a \
         month (checksumError). Not enough history yet to say when it will be quiet."
    );
    for scheme in ["light", "dark"] {
        browser.prefer(scheme).await;
        for width in [1240, 390] {
            browser.resize(width).await;
            for path in ["/rooms", "/rooms?host=de1&range=hour", "/", "/hosts/ca1?range=week"] {
                page.goto(&collector.http(path)).await.unwrap();
                browser.pictures_load().await;
                browser.scrolls_not_sideways(width).await;
                let faint = browser.faint_texts().await;
                assert_eq!(faint, serde_json::json!([]), "{path}, {scheme}, {width} points");
            }
        }
    }
    assert_eq!(browser.console().await, Vec::<String>::new());
    browser.end().await;
    collector.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_rooms_sort_and_pictures_follow_in_the_address() {
    let browser = Browser::start().await;
    let mut collector = filled().await;
    let page = &browser.client;
    page.goto(&collector.http("/rooms")).await.unwrap();
    let sort =
        page.find(Locator::Css("[data-sortable='organisations-'] thead th:nth-child(4) button"));
    sort.await.unwrap().click().await.unwrap();
    let query = page.current_url().await.unwrap().query().unwrap_or_default().to_owned();
    assert_eq!(query, "organisations-sort=3&organisations-order=down");
    let first =
        page.find(Locator::Css("[data-sortable='organisations-'] tbody th a")).await.unwrap();
    assert_eq!(first.text().await.unwrap(), "school, by the \"lake\"");
    // Another range, another host: the order stays.
    page.find(Locator::LinkText("week")).await.unwrap().click().await.unwrap();
    page.find(Locator::Css(".choices a:nth-of-type(3)")).await.unwrap().click().await.unwrap();
    let query = page.current_url().await.unwrap().query().unwrap_or_default().to_owned();
    assert_eq!(query, "host=ca1&range=week&organisations-sort=3&organisations-order=down");
    let places = "return [...document.querySelectorAll('figure img')].map((image) => image.currentSrc.split('/').slice(4, 7).join(' ').split('?')[0])";
    let pictures = browser.run(places).await;
    let names = ["people", "rooms", "cameras", "network", "cpu"];
    let expected: Vec<String> = names.iter().map(|name| format!("ca1 {name} week.svg")).collect();
    assert_eq!(pictures, serde_json::json!(expected));
    browser.pictures_load().await;
    page.find(Locator::LinkText("school, by the \"lake\"")).await.unwrap().click().await.unwrap();
    browser.pictures_load().await;
    let alternative =
        page.find(Locator::Css("figure img")).await.unwrap().attr("alt").await.unwrap();
    let alternative = alternative.unwrap();
    assert!(alternative.starts_with("People of an organisation of school"), "{alternative}");
    assert!(alternative.contains("people: now 21, at most 21 people at "), "{alternative}");
    assert_eq!(browser.console().await, Vec::<String>::new());
    browser.end().await;
    collector.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn rooms_are_data_too_and_wrong_addresses_say_what_is_wrong() {
    let mut collector = filled().await;
    let (_, page) = text(&collector, "/rooms").await;
    assert!(page.len() < 150_000, "{} bytes", page.len());
    let (_, overview) = text(&collector, "/").await;
    let headline = "3 hosts, 3 rooms, 25 people. ";
    assert!(
        overview.contains(headline) && overview.contains("No answer from BBB on de1."),
        "{overview}"
    );
    let (_, host) = text(&collector, "/hosts/ca1").await;
    assert!(
        host.contains("3 rooms, 25 people now: do not reboot.") && host.contains("?range=year"),
        "{host}"
    );
    let (_, plain) = text(&collector, "/hosts/backup1").await;
    assert!(
        !plain.contains("<h2>Rooms</h2>") && plain.contains("/graphs/backup1/cpu/day.svg"),
        "{plain}"
    );
    let (status, csv) = text(&collector, "/rooms.csv?by=organisation").await;
    assert!(status == 200 && csv.contains("\n\"school, by the \"\"lake\"\"\",2,0,21,20,"), "{csv}");
    let (_, csv) = text(&collector, "/rooms.csv").await;
    assert!(
        csv.contains("\nde1,false,,checksumError,,,,,,,,") && !csv.contains("backup1"),
        "{csv}"
    );
    let (_, json) = text(&collector, "/rooms.json").await;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&json["now"]["people"], &json["hosts"][1]["reboot"]["advice"]),
        (&25.into(), &"do_not".into())
    );
    let (_, day) = text(&collector, "/graphs/ca1/people/hour.json").await;
    let day: Value = serde_json::from_str(&day).unwrap();
    assert_eq!(
        (&day["unit"], &day["lines"][0]["statistics"]["now"]),
        (&"people".into(), &25.0.into())
    );
    let cases = [
        ("/rooms?range=year", 400, "range=year is none of hour, day, week, month."),
        ("/rooms?host=backup1", 404, "There is no host backup1 with rooms; /rooms lists all."),
        ("/rooms?organisation=x", 404, "There is no organisation x with rooms; /rooms lists all."),
        ("/rooms.csv?by=room", 400, "by=room is neither host nor organisation."),
        (
            "/hosts/ca1?range=ever",
            400,
            "range=ever is none of minutes, hour, day, week, month, year.",
        ),
        (
            "/graphs/ca1/organisations/day.svg",
            404,
            "organisations is a graph of all hosts; it is at /graphs/all/organisations/.",
        ),
    ];
    for (path, status, sentence) in cases {
        let (found, body) = text(&collector, path).await;
        assert_eq!((found, body.trim_end()), (status, sentence), "{path}");
    }
    collector.terminate();
}
