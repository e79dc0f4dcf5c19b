//! Days from samples: whole ones, halves, full links and clocks that were set.

use tempfile::TempDir;

use super::*;
use crate::moments::DAY_MS;
use crate::samples::{Budget, Labels};
use crate::store::{FrameWrite, Store};

/// A Thursday, in UTC.
const BEGIN_MS: i64 = 20_000 * DAY_MS;
const STEP_MS: i64 = 20_000;
const DAY: Day = Day { from_ms: BEGIN_MS, to_ms: BEGIN_MS + DAY_MS };

const NAMES: [(&str, &str); 6] = [
    ("node_network_info", "eth0"),
    ("node_network_speed_bytes", "eth0"),
    ("node_network_transmit_bytes_total", "eth0"),
    ("node_network_transmit_packets_total", "eth0"),
    ("node_network_transmit_drop_total", "eth0"),
    ("headroom_participants", ""),
];

struct Host {
    store: Store,
    bytes: f64,
    drops: f64,
    _folder: TempDir,
}

impl Host {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let store = Store::open(folder.path()).unwrap();
        Self { store, bytes: 0.0, drops: 0.0, _folder: folder }
    }

    /// Sends from one moment of the day to another, at so many Mbit/s, to so many people.
    fn send(&mut self, from_ms: i64, to_ms: i64, mbit: f64) {
        let steps = from_ms / STEP_MS..to_ms / STEP_MS;
        let frames: Vec<FrameWrite> = steps
            .map(|step| {
                self.bytes += mbit * 125_000.0 * 20.0;
                self.frame(BEGIN_MS + step * STEP_MS, mbit)
            })
            .collect();
        self.store.append(&frames).unwrap();
    }

    fn frame(&self, timestamp_ms: i64, people: f64) -> FrameWrite {
        let values = vec![1.0, 125e6, self.bytes, self.bytes / 1000.0, self.drops, people];
        let series = NAMES.iter().map(|(metric, device)| {
            let kind = if *metric == "node_network_info" { "physical" } else { "" };
            let labels = [("instance", "ca1"), ("device", device), ("kind", kind)];
            let labels = labels.into_iter().filter(|(_, value)| !value.is_empty());
            self.store.series_id(&Labels::new(metric, labels)).unwrap()
        });
        FrameWrite { id: None, timestamp_ms, series: series.collect(), values, rounds: Vec::new() }
    }

    fn day(&self) -> Option<DayRow> {
        let budget = Budget::unlimited();
        read(Reader::new(&self.store, &budget), "ca1", DAY).unwrap()
    }
}

#[test]
fn a_day_is_its_highest_minute_of_each_kind() {
    let mut host = Host::new();
    host.send(0, 36_000_000, 2.0);
    host.send(36_000_000, 36_120_000, 80.0);
    host.send(36_120_000, DAY_MS + 60_000, 2.0);
    let row = host.day().unwrap();
    assert_eq!(row.coverage, 1.0);
    assert!((row.sent_mbit.unwrap() - 80.0).abs() < 1e-6, "{row:?}");
    assert_eq!(row.peak_ms, BEGIN_MS + 36_000_000);
    assert!((row.sent_packets.unwrap() - 10_000.0).abs() < 1e-6);
    assert_eq!((row.people, row.hidden_minutes), (Some(80.0), 0));
    // Nothing tells of what comes in, nor of processors.
    assert_eq!((row.received_mbit, row.processors, row.busiest_thread), (None, None, None));
    let told: Vec<(&str, f64)> =
        row.numbers().iter().map(|number| (number.metric.name, number.value)).collect();
    assert_eq!(told[0], ("headroom_planning_day_coverage_ratio", 1.0));
    assert_eq!(told.len(), 6);
}

#[test]
fn half_a_day_says_that_it_is_half() {
    let mut host = Host::new();
    assert_eq!(host.day(), None);
    host.send(0, DAY_MS / 2, 5.0);
    let row = host.day().unwrap();
    assert!((row.coverage - 0.5).abs() < 0.001, "{row:?}");
    assert!((row.sent_mbit.unwrap() - 5.0).abs() < 1e-6);
}

#[test]
fn minutes_at_a_full_link_or_with_drops_are_counted() {
    let mut host = Host::new();
    host.send(0, 600_000, 5.0);
    host.send(600_000, 720_000, 950.0);
    host.drops += 1e6;
    host.send(720_000, 1_200_000, 5.0);
    let row = host.day().unwrap();
    // One was full from end to end, and in the next something was dropped.
    assert_eq!(row.hidden_minutes, 2, "{row:?}");
}

/// The clock went back by five minutes: readings of two times lie between each other, and a counter
/// seems to leap.
#[test]
fn a_clock_that_was_set_makes_no_peak() {
    let mut host = Host::new();
    host.send(0, 3_600_000, 5.0);
    host.bytes += 1e12;
    let late: Vec<FrameWrite> = (0..15)
        .map(|step| host.frame(BEGIN_MS + 3_300_000 + step * STEP_MS + 7_000, 5.0))
        .collect();
    host.store.append(&late).unwrap();
    host.send(3_600_000, 7_200_000, 5.0);
    let row = host.day().unwrap();
    assert!(row.sent_mbit.unwrap() < 1_500.0, "{row:?}");
    let coverage = row.coverage * 1440.0;
    assert!((113.0..=120.0).contains(&coverage), "{coverage} minutes");
}

#[test]
fn days_are_those_of_the_zone_and_have_an_hour_more_or_less_twice_a_year() {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    // Monday, 26 October 2026, noon in Berlin; the clock went back the day before.
    let now_ms = 1_792_925_200_000 + 86_400_000;
    let days = Day::before(now_ms, &zone, 3);
    let hours: Vec<i64> = days.iter().map(|day| (day.to_ms - day.from_ms) / 3_600_000).collect();
    assert!(hours.contains(&25) && hours.contains(&24), "{hours:?} {days:?}");
    assert!(days.windows(2).all(|pair| pair[1].to_ms == pair[0].from_ms));
    assert!(days[0].to_ms <= now_ms);
    let day = days[0];
    let first_ms = day.stamp_ms(None);
    assert!(day.holds(first_ms) && day.holds(day.stamp_ms(Some(first_ms))));
    assert_eq!(day.stamp_ms(Some(first_ms)), first_ms + 1);
}
