//! What is judged of hosts, and the days behind: pages say what somebody should look at, the worst first,
//! and lead to yesterday.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use harness::{CollectorOptions, CollectorProgram, fetch};
use headroom::samples::Labels;
use headroom::store::{FrameWrite, Store};
use serde_json::Value;
use tempfile::TempDir;

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;

/// A series, and its values so many milliseconds ago.
type Told<'t> = (&'t str, &'t [(&'t str, &'t str)], &'t [(i64, f64)]);

fn write(folder: &Path, host: &str, told: &[Told<'_>]) {
    let store = Store::open(folder).unwrap();
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
    let mut frames = Vec::new();
    for (metric, labels, values) in told {
        let labels = labels.iter().copied().chain([("instance", host), ("job", "node")]);
        let series = [store.series_id(&Labels::new(metric, labels)).unwrap()];
        frames.extend(values.iter().rev().map(|(ago_ms, value)| FrameWrite {
            id: None,
            timestamp_ms: now_ms - ago_ms,
            series: series.into(),
            values: vec![*value],
            rounds: Vec::new(),
        }));
    }
    store.append(&frames).unwrap();
}

/// The hosts of a cooperative: the disk of one fills, one has stopped, one never began.
fn fill(folder: &Path) {
    let data = [("device", "sdb1"), ("fstype", "ext4"), ("mountpoint", "/var/bigbluebutton")];
    let root = [("device", "sda1"), ("fstype", "ext4"), ("mountpoint", "/")];
    let (week, yesterday) = (7 * DAY_MS + MINUTE_MS, DAY_MS);
    // 35 GB a week, and 40 GB left: eight days.
    let left = [(0, 40e9), (yesterday, 45e9), (week, 74.9e9)];
    // Its clock is ahead, so that it is not silent when a slow machine looks at last.
    let alive = [(-4 * MINUTE_MS, 3.0), (yesterday, 2.0), (week, 1.0)];
    let always = |value: f64| [(0, value), (yesterday, value), (week, value)];
    let told: [Told<'_>; 8] = [
        ("headroom_agent_frames_total", &[], &alive),
        ("node_boot_time_seconds", &[], &always(1.0)),
        ("node_filesystem_size_bytes", &data, &always(500e9)),
        ("node_filesystem_free_bytes", &data, &left),
        ("node_filesystem_avail_bytes", &data, &left),
        ("node_filesystem_size_bytes", &root, &always(50e9)),
        ("node_filesystem_free_bytes", &root, &always(30e9)),
        // What root keeps for itself is nobody's: half of the rest is used.
        ("node_filesystem_avail_bytes", &root, &always(20e9)),
    ];
    write(folder, "fi1", &told);
    write(folder, "de1", &[("headroom_agent_frames_total", &[], &[(20 * MINUTE_MS, 1.0)])]);
}

async fn page(collector: &CollectorProgram, path: &str) -> String {
    let (status, body) = fetch(&collector.http(path)).await.unwrap();
    let text = String::from_utf8(body).unwrap();
    assert_eq!(status, 200, "{path}: {text}");
    text
}

/// What stands between two texts.
fn between<'t>(text: &'t str, begin: &str, end: &str) -> &'t str {
    let (_, rest) = text.split_once(begin).unwrap_or_else(|| panic!("no {begin} in {text}"));
    rest.split_once(end).map_or(rest, |(found, _)| found)
}

/// Whatever hosts are called, the addresses of pages lead to them.
#[tokio::test(flavor = "multi_thread")]
async fn every_address_of_a_host_leads_to_it() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let names = ["a/b", "?x=1", "#part", "a%20b", "a b", "a&b=c", "<i>", "ä", "a//b", "a\"b"];
    for name in names {
        let alive = [(0, 2.0), (MINUTE_MS, 1.0)];
        let sent = [("device", "eth0")];
        let told: [Told<'_>; 2] = [
            ("headroom_agent_frames_total", &[], &alive),
            ("node_network_transmit_bytes_total", &sent, &alive),
        ];
        write(&data, name, &told);
    }
    let options = CollectorOptions { directory: Some(data), ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    let (_, page) = fetch(&collector.http("/")).await.unwrap();
    let page = String::from_utf8(page).unwrap();
    let links: BTreeSet<&str> =
        page.split("href=\"/hosts/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(links.len(), names.len(), "{links:?}");
    for link in links {
        let (status, _) = fetch(&collector.http(&format!("/hosts/{link}"))).await.unwrap();
        assert_eq!(status, 200, "{link}");
    }
    let day = "/graphs/a%2Fb/network/day.json?day=";
    for (wrong, expected) in
        [("yesterday", 200), ("x", 400), ("9999-12-31", 400), ("yesterday&from=1&to=2", 400)]
    {
        let (status, _) = fetch(&collector.http(&format!("{day}{wrong}"))).await.unwrap();
        assert_eq!(status, expected, "{wrong}");
    }
    collector.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_somebody_comes_first_with_its_reason() {
    let folder = TempDir::new().unwrap();
    fill(folder.path());
    let instances = ["ca1", "de1", "fi1"].map(ToOwned::to_owned).to_vec();
    let directory = Some(folder.path().to_owned());
    let options = CollectorOptions { instances, directory, ..CollectorOptions::default() };
    let collector = CollectorProgram::start(options).await;

    let overview = page(&collector, "/").await;
    let headline = between(&overview, "<h1>", "</h1>");
    assert_eq!(
        headline,
        "3 hosts. de1 is silent. ca1 has never reported. \
         fi1: /var/bigbluebutton is 92 % full, no space left in 8 days."
    );
    let table = between(&overview, "<tbody>", "</tbody>");
    let place = |what: &str| table.find(what).unwrap_or_else(|| panic!("no {what} in {table}"));
    let [de1, fi1] = ["de1", "fi1"].map(|host| place(&format!("href=\"/hosts/{host}\"")));
    assert!(de1 < place(">ca1") && place(">ca1") < fi1, "{table}");
    assert!(overview.contains("has not reported for 20 min"), "{overview}");

    let host = page(&collector, "/hosts/fi1").await;
    let disks = between(&host, "<h2>Disks</h2>", "</table>");
    for (mountpoint, used, left, full) in
        [("/var/bigbluebutton", "92 %", "40.0 GB", "8 days"), ("/", "50 %", "20.0 GB", "–")]
    {
        let row = between(disks, &format!("<th scope=\"row\">{mountpoint}</th>"), "</tr>");
        for figure in [used, left, full] {
            assert!(row.contains(figure), "{mountpoint}: {figure} in {row}");
        }
    }
    let missing = page(&collector, "/hosts/ca1").await;
    assert!(missing.contains("is configured and has never reported"), "{missing}");
    let (status, _) = fetch(&collector.http("/hosts/nobody")).await.unwrap();
    assert_eq!(status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hosts_page_tells_what_runs_on_it() {
    let folder = TempDir::new().unwrap();
    let soon = [(-4 * MINUTE_MS, 3.0), (MINUTE_MS, 1.0)];
    let always = |value: f64| [(-4 * MINUTE_MS, value), (0, value)];
    let unit = |name, state| [("name", name), ("state", state), ("type", "simple")];
    let greenlight = [("id", "/docker/1"), ("name", "greenlight")];
    let nameless = [("id", "/machine.slice/<b>")];
    let (failed, active) = ("failed", "active");
    let told: [Told<'_>; 15] = [
        ("headroom_agent_frames_total", &[], &soon),
        ("node_systemd_unit_state", &unit("a.service", active), &always(1.0)),
        ("node_systemd_unit_state", &unit("a.service", failed), &always(0.0)),
        ("node_systemd_service_restart_total", &[("name", "a.service")], &always(7.0)),
        ("node_systemd_unit_state", &unit("z.service", active), &always(0.0)),
        ("node_systemd_unit_state", &unit("z.service", failed), &always(1.0)),
        ("container_cpu_usage_seconds_total", &greenlight, &[(120_000, 5.0), (0, 65.0)]),
        ("container_memory_working_set_bytes", &greenlight, &always(300e6)),
        ("container_spec_memory_limit_bytes", &greenlight, &always(2e9)),
        ("container_memory_working_set_bytes", &nameless, &always(5e6)),
        ("bbb_recordings_published", &[], &always(41.0)),
        ("headroom_recordings_bytes", &[("state", "published")], &always(12e9)),
        ("bbb_recordings_unprocessed", &[], &always(3.0)),
        ("headroom_recordings_failed", &[], &always(2.0)),
        ("headroom_recordings_oldest_unprocessed_age_seconds", &[], &always(7200.0)),
    ];
    write(folder.path(), "fi1", &told);
    write(folder.path(), "de1", &[("headroom_agent_frames_total", &[], &soon)]);
    let directory = Some(folder.path().to_owned());
    let options = CollectorOptions { directory, ..CollectorOptions::default() };
    let collector = CollectorProgram::start(options).await;

    let host = page(&collector, "/hosts/fi1").await;
    for (table, rows) in [
        ("Units", &["z.service failed – –", "a.service active – 7"][..]),
        (
            "Containers",
            &["greenlight 0.500 300 MB 2.00 GB", "/machine.slice/&#60;b&#62; – 5.00 MB –"],
        ),
        ("Recordings", &["unprocessed 3 –", "published 41 12.0 GB"]),
    ] {
        let table = between(&host, &format!("<h2>{table}</h2>"), "</table>");
        let found: Vec<String> = table.split("<tr data-key").skip(1).map(words).collect();
        assert_eq!(found, rows, "{table}");
    }
    let said = "The oldest that waits has waited for 2 h. 2 steps of processing failed";
    assert!(host.contains(said), "{host}");
    let none = page(&collector, "/hosts/de1").await;
    for table in ["Units", "Containers", "Recordings"] {
        assert!(!none.contains(&format!("<h2>{table}</h2>")), "{none}");
    }
}

/// The words of a row, without what marks them up.
fn words(row: &str) -> String {
    let (_, row) = row.split_once('>').unwrap();
    let row = row.split("</tr>").next().unwrap();
    let texts = row.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    texts.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_lead_to_yesterday_and_disks_have_pictures_of_their_own() {
    let folder = TempDir::new().unwrap();
    fill(folder.path());
    let directory = Some(folder.path().to_owned());
    let options = CollectorOptions { directory, ..CollectorOptions::default() };
    let collector = CollectorProgram::start(options).await;

    for path in ["/", "/hosts/fi1"] {
        let today = page(&collector, path).await;
        let link = between(&today, "href=\"?day=", "\"");
        assert!(today.contains(&format!("href=\"?day={link}\" data-kept>yesterday")), "{path}");
        let past = page(&collector, &format!("{path}?day={link}")).await;
        let named = page(&collector, &format!("{path}?day=yesterday")).await;
        let [past_main, named_main] = [&past, &named].map(|page| between(page, "<main", "</main>"));
        assert_eq!(past_main, named_main);
        let picture =
            between(&past, "<img src=\"", "\"").replace("&amp;", "&").replace("&#38;", "&");
        let wishes = between(&picture, "?", "&size");
        let moments: Vec<i64> = wishes
            .split('&')
            .filter_map(|wish| wish.strip_prefix("from=").or(wish.strip_prefix("to=")))
            .map(|moment| moment.parse().unwrap())
            .collect();
        assert!(
            matches!(moments[..], [from, to] if to - from == 86_400 && from % 86_400 == 0),
            "{picture}"
        );
        page(&collector, &picture).await;
    }
    let (status, body) = fetch(&collector.http("/hosts/fi1?day=2999-01-01")).await.unwrap();
    let sentence = "day=2999-01-01 lies ahead.\n";
    assert_eq!((status, String::from_utf8_lossy(&body).as_ref()), (400, sentence));

    // Munin's day has 33 hours.
    for path in ["day.json?range=33h", "33h.json"] {
        let text = page(&collector, &format!("/graphs/fi1/disk/{path}")).await;
        let data: Value = serde_json::from_str(&text).unwrap();
        let at = |key: &str| data[key].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        assert_eq!(at("to").as_second() - at("from").as_second(), 33 * 3600, "{path}");
    }
    assert!(page(&collector, "/hosts/fi1?range=33h").await.contains("/33h.svg"));

    // A file system has a picture with its size as the limit; parts are never added up.
    let text = page(&collector, "/graphs/fi1/mount/day.json?mount=/var/bigbluebutton").await;
    let data: Value = serde_json::from_str(&text).unwrap();
    let figure = |line: usize, name| data["lines"][line]["statistics"][name].as_f64();
    let [used, left] = [figure(0, "max"), figure(1, "min")];
    assert_eq!((used, left, data["limit"].as_f64()), (Some(460e9), Some(40e9), Some(500e9)));
    assert_eq!(data["mountpoint"], "/var/bigbluebutton");
    let (status, _) = fetch(&collector.http("/graphs/fi1/mount/day.json")).await.unwrap();
    assert_eq!(status, 400);
    let svg = page(&collector, "/graphs/fi1/disk/day.svg").await;
    assert!(svg.contains("\n100\n"), "what fills has a full scale: {svg}");
}
