use tempfile::TempDir;

use super::interfaces::{DEVICE_SPEED, INFO, SPEED};
use super::*;
use crate::query::Statistics;
use crate::samples::{Budget, Labels};
use crate::store::{Due, FrameWrite, Retention, SeriesId, Store};

const DAY_MS: i64 = 86_400_000;
const STEP_MS: i64 = 10_000;
const BURST_MS: i64 = 20_000 * DAY_MS + 40_000_000;

fn series(store: &Store, metric: &str, labels: &[(&str, &str)]) -> SeriesId {
    let labels = labels.iter().copied().chain([("instance", "ca1")]);
    store.series_id(&Labels::new(metric, labels)).unwrap()
}

/// A frame of samples so many steps from the burst on.
fn frame(step: i64, samples: &[(SeriesId, f64)]) -> FrameWrite {
    let (series, values): (Vec<SeriesId>, Vec<f64>) = samples.iter().copied().unzip();
    let timestamp_ms = BURST_MS + step * STEP_MS;
    FrameWrite { id: None, timestamp_ms, series: series.into(), values, rounds: Vec::new() }
}

fn read(store: &Store, device: Option<&str>, span: TimeRange) -> Traffic {
    let budget = Budget::unlimited();
    let found = traffic(Reader::new(store, &budget), LinksOf { instance: "ca1", device }, span);
    assert_eq!(budget.held(), 0, "what was read is given back");
    found.unwrap()
}

/// Three hours at 10 bytes a second, but for one step with 1000 and a gap of half an hour.
fn fill(store: &Store) {
    let device = ("device", "eth0");
    let info = series(store, INFO, &[device, ("kind", "physical")]);
    let sent = series(store, SENT, &[device]);
    let mut counter = 0.0;
    let frames = (0..1080).map(|step| {
        counter += if step == 500 { 10_000.0 } else { 100.0 };
        frame(step - 500, &[(info, 1.0), (sent, counter)])
    });
    let frames: Vec<_> = frames.collect();
    store.append(&[&frames[..700], &frames[880..]].concat()).unwrap();
}

#[test]
fn a_burst_of_ten_seconds_is_the_peak_of_a_month_and_of_what_only_rollups_keep() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    fill(&store);
    let now_ms = BURST_MS + 15 * DAY_MS;
    let figures = |from_ms: i64, to_ms: i64| {
        let sent = read(&store, None, TimeRange { from_ms, to_ms }).sent;
        let Statistics { max, max_ms, mean, seconds, .. } = Statistics::of(&sent, now_ms).unwrap();
        // The gap is there: two parts of the three hours.
        assert!((seconds - 8980.0).abs() < 20.0, "{seconds} s measured");
        assert!(sent.iter().all(|i| i.to_ms - i.from_ms <= 300_000));
        (max, (max_ms - BURST_MS).abs() <= 300_000, (mean / 8.0).round())
    };
    let month = || figures(now_ms - 31 * DAY_MS, now_ms);
    let day = || figures(BURST_MS - DAY_MS / 2, BURST_MS + DAY_MS / 2);
    let expected = (8000.0, true, 11.0);
    assert_eq!((month(), day()), (expected, expected));
    let ever = 1000 * DAY_MS;
    let retention =
        Retention { raw_ms: 5 * DAY_MS, minutes_ms: ever, hours_ms: ever, rounds_ms: ever };
    store.seal().unwrap();
    store.maintain(Due::at(now_ms, retention), &|| false).unwrap();
    assert_eq!(store.state().days, 0, "samples have expired");
    assert_eq!((month(), day()), (expected, expected));
}

#[test]
fn links_are_physical_by_their_newest_description_and_their_speeds_add_up() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let kind = |device, kind| series(&store, INFO, &[("device", device), ("kind", kind)]);
    let of = |metric, device| series(&store, metric, &[("device", device)]);
    let (was, is) = (kind("eth0.7", "bridge"), kind("eth0.7", "physical"));
    let (other, veth) = (kind("eth1", "physical"), kind("veth3", "veth"));
    let speeds = ["eth0.7", "eth1"].map(|device| of(SPEED, device));
    let counters = ["eth0.7", "eth1", "veth3"].map(|device| of(SENT, device));
    let frames = (0..10).map(|step| {
        let (kind, total) = (if step < 4 { was } else { is }, step as f64 * 100.0);
        let mut samples = vec![(kind, 1.0), (other, 1.0), (veth, 1.0)];
        samples.extend(counters.map(|counter| (counter, total)));
        samples.push((speeds[0], if step < 6 { 5.0 } else { 1000.0 }));
        samples.extend((step > 2).then_some((speeds[1], 2000.0)));
        frame(step, &samples)
    });
    store.append(&frames.collect::<Vec<_>>()).unwrap();
    let span = |steps: i64| TimeRange { from_ms: BURST_MS, to_ms: BURST_MS + steps * STEP_MS };
    let found = |device, steps, long: bool| {
        let before = if long { 20 * DAY_MS } else { 0 };
        let TimeRange { from_ms, to_ms } = span(steps);
        let found = read(&store, device, TimeRange { from_ms: from_ms - before, to_ms });
        let rate = found.sent.iter().map(|interval| interval.mean).fold(0.0, f64::max);
        (found.devices.join(" "), rate, found.limit)
    };
    for long in [false, true] {
        assert_eq!(found(None, 9, long), ("eth0.7 eth1".into(), 160.0, Some(24_000.0)));
        // Before, one of them was a bridge, and the speed of the other was not known.
        assert_eq!(found(None, 2, long), ("eth1".into(), 80.0, None));
        assert_eq!(found(Some("veth3"), 9, long), ("veth3".into(), 80.0, None));
        assert_eq!(found(Some("eth9"), 9, long), (String::new(), 0.0, None));
    }
}

#[test]
fn what_no_link_can_carry_is_no_reading_and_an_overload_of_the_plan_shows() {
    const MBIT: f64 = 1e6 / BITS;
    // The plan, the device, and what a counter at 5 TB falls or jumps by, in bytes.
    for (plan, device, change, expected) in [
        (Some(1000.0), Some(1000.0), -40e6, Some(80.0)),
        (Some(1000.0), None, -40e6, Some(80.0)),
        (None, None, -40e6, Some(80.0)),
        (Some(1000.0), Some(1000.0), 5e9, Some(80.0)),
        // More than was ordered, and than anybody said, but not more than the device can do.
        (Some(50.0), Some(1000.0), 0.0, Some(80.0)),
        (Some(50.0), None, 5e9, Some(4080.0)),
        // All of it.
        (Some(50.0), Some(10.0), 0.0, None),
    ] {
        let directory = TempDir::new().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let of = |metric| series(&store, metric, &[("device", "eth0")]);
        let info = series(&store, INFO, &[("device", "eth0"), ("kind", "physical")]);
        let (sent, speed, device_speed) = (of(SENT), of(SPEED), of(DEVICE_SPEED));
        let frames = (0..120).map(|step| {
            let counter = 5e12 + step as f64 * 80.0 * MBIT * 10.0;
            let mut samples =
                vec![(info, 1.0), (sent, counter + if step < 60 { 0.0 } else { change })];
            samples.extend(plan.map(|plan| (speed, plan * MBIT)));
            samples.extend(device.map(|device| (device_speed, device * MBIT)));
            frame(step, &samples)
        });
        store.append(&frames.collect::<Vec<_>>()).unwrap();
        for before in [0, 20 * DAY_MS] {
            let span = TimeRange { from_ms: BURST_MS - before, to_ms: BURST_MS + 120 * STEP_MS };
            let found = read(&store, None, span);
            let most = found.sent.iter().map(|interval| (interval.max / 1e6).round());
            assert_eq!(most.reduce(f64::max), expected, "{plan:?} {device:?} {change} {before}");
            assert_eq!(found.limit, plan.map(|plan| plan * 1e6));
        }
    }
}

#[test]
fn in_a_container_its_own_end_of_a_pair_leads_out() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let device = ("device", "eth0");
    let info = series(&store, INFO, &[device, ("kind", "veth")]);
    let received = series(&store, RECEIVED, &[device]);
    let frames = (0..4).map(|step| frame(step, &[(info, 1.0), (received, step as f64 * 50.0)]));
    store.append(&frames.collect::<Vec<_>>()).unwrap();
    let found = read(&store, None, TimeRange { from_ms: BURST_MS, to_ms: BURST_MS + 15_000 });
    let shown: Vec<(i64, f64)> =
        found.received.iter().map(|i| (i.to_ms - BURST_MS, i.mean)).collect();
    // The end of the span cuts an interval, as far as there is a sample behind it.
    assert_eq!((shown, found.sent.len()), (vec![(10_000, 40.0)], 0));
}
