use std::collections::BTreeMap;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::samples::{Budget, Hints, Matcher, Resolution, Samples, Selection, TimeRange};

mod fixture;
mod records;
mod rounds;
mod settled;
mod views;

const EVER: TimeRange = TimeRange { from_ms: i64::MIN / 4, to_ms: i64::MAX / 4 };
const DAY_MS: i64 = 86_400_000;

fn frame(store: &Store, sequence: u64, timestamp_ms: i64, values: &[(&str, f64)]) -> FrameWrite {
    let id = Some(FrameId { instance: "ca1".into(), boot: 7, sequence });
    let series = |(device, _): &(&str, f64)| {
        let labels = Labels::new("bytes", [("instance", "ca1"), ("device", *device)]);
        store.series_id(&labels).unwrap()
    };
    let values_only = values.iter().map(|(_, value)| *value).collect();
    FrameWrite {
        id,
        timestamp_ms,
        series: values.iter().map(series).collect(),
        values: values_only,
        rounds: Vec::new(),
    }
}

fn append(store: &Store, sequence: u64, timestamp_ms: i64, value: f64) -> Appended {
    store.append(&[frame(store, sequence, timestamp_ms, &[("eth0", value)])]).unwrap()[0]
}

fn samples(store: &Store, range: TimeRange) -> Vec<(i64, f64)> {
    let found = store
        .select(
            Selection { matchers: &[Matcher::metric("bytes")], range },
            Hints::default(),
            &Budget::unlimited(),
        )
        .unwrap();
    let eth0 = found.into_iter().find(|series| series.labels.get("device") == Some("eth0"));
    eth0.map(|s| s.timestamps.into_iter().zip(s.values).collect()).unwrap_or_default()
}

#[test]
fn what_was_appended_is_selected_before_and_after_sealing_and_reopening() {
    let directory = TempDir::new().unwrap();
    let expected: Vec<(i64, f64)> = (1..=100).map(|n| (n * 1000, n as f64 / 3.0)).collect();
    let store = Store::open(directory.path()).unwrap();
    for (n, (timestamp, value)) in expected.iter().enumerate() {
        assert_eq!(append(&store, n as u64 + 1, *timestamp, *value), Appended::Stored);
        if n == 30 || n == 60 {
            store.seal().unwrap();
        }
    }
    assert_eq!(samples(&store, EVER), expected);
    assert_eq!(samples(&store, TimeRange { from_ms: 5000, to_ms: 70_000 }), expected[4..70]);
    drop(store);
    let store = Store::open(directory.path()).unwrap();
    assert_eq!(samples(&store, EVER), expected);
    store.seal().unwrap();
    assert_eq!(samples(&store, EVER), expected);
    assert_eq!(store.state().head_samples, 0);
    assert_eq!(store.state().series, 1);
}

#[test]
fn a_frame_is_stored_once_however_often_and_whenever_it_comes() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let twice =
        [frame(&store, 1, 1000, &[("eth0", 1.0)]), frame(&store, 1, 1000, &[("eth0", 1.0)])];
    assert_eq!(store.append(&twice).unwrap(), [Appended::Stored, Appended::Duplicate]);
    assert_eq!(append(&store, 1, 1000, 1.0), Appended::Duplicate);
    store.seal().unwrap();
    drop(store);
    let store = Store::open(directory.path()).unwrap();
    assert_eq!(append(&store, 1, 1000, 1.0), Appended::Duplicate);
    assert_eq!(append(&store, 3, 3000, 3.0), Appended::Stored);
    assert_eq!(append(&store, 2, 2000, 2.0), Appended::Stored);
    let boots = store.read().boots.of("ca1");
    assert_eq!(boots[0].1.ranges(), [(1, 3)]);
    assert_eq!(store.state().head_samples, 2);
    assert_eq!(samples(&store, EVER), [(1000, 1.0), (2000, 2.0), (3000, 3.0)]);
}

#[test]
fn of_equal_timestamps_the_first_stays_wherever_it_lies() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    append(&store, 1, 5000, 1.0);
    append(&store, 2, 5000, 2.0);
    assert_eq!(samples(&store, EVER), [(5000, 1.0)]);
    store.seal().unwrap();
    append(&store, 3, 5000, 3.0);
    assert_eq!(samples(&store, EVER), [(5000, 1.0)]);
    store.seal().unwrap();
    // A chunk that begins earlier but arrived later must not win.
    append(&store, 4, 4000, 4.0);
    append(&store, 5, 5000, 5.0);
    store.seal().unwrap();
    assert_eq!(samples(&store, EVER), [(4000, 4.0), (5000, 1.0)]);
}

#[test]
fn late_samples_find_their_place_over_midnight_and_weeks() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let days = [20_000, 19_993, 20_001, 19_999, 20_000];
    let mut expected = BTreeMap::new();
    for (n, day) in days.into_iter().enumerate() {
        let timestamp = day * DAY_MS - 500 + n as i64;
        append(&store, n as u64 + 1, timestamp, n as f64);
        expected.insert(timestamp, n as f64);
        store.seal().unwrap();
    }
    let expected: Vec<_> = expected.into_iter().collect();
    assert_eq!(samples(&store, EVER), expected);
    let middle = TimeRange { from_ms: expected[1].0, to_ms: expected[3].0 };
    assert_eq!(samples(&store, middle), expected[1..=3]);
}

#[test]
fn what_expires_leaves_its_rollups() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let (old, new) = (700 * DAY_MS, 770 * DAY_MS);
    for n in 0..90 {
        append(&store, n + 1, old + n as i64 * 10_000, n as f64);
    }
    append(&store, 100, new, 2.0);
    store.seal().unwrap();
    let now = 777 * DAY_MS;
    let retention = |raw, minutes, hours| Retention {
        raw_ms: raw * DAY_MS,
        minutes_ms: minutes * DAY_MS,
        hours_ms: hours * DAY_MS,
        rounds_ms: hours * DAY_MS,
    };
    let keep = |retention| store.maintain(Due::at(now, retention), &|| false).unwrap();
    keep(retention(84, 1000, 1000));
    assert_eq!(store.state().unmerged_days, 2, "days are merged once nothing comes any more");
    keep(retention(84, 1000, 1000));
    assert_eq!(samples(&store, EVER).len(), 91);
    assert_eq!(store.state().unmerged_days, 0);
    // The last of each bucket stands in, and says for how long.
    keep(retention(35, 1000, 1000));
    let ends = [(old + 290_000, 29.0), (old + 590_000, 59.0), (old + 890_000, 89.0)];
    assert_eq!(samples(&store, EVER), [&ends[..], &[(new, 2.0)]].concat());
    let matchers = [Matcher::metric("bytes")];
    let found =
        store.select(Selection::ever(&matchers), Hints::default(), &Budget::unlimited()).unwrap();
    assert_eq!(found[0].stand_ins, [(3, 300_000)]);
    assert_eq!([2, 3].map(|n| found[0].lookback_ms(n, 300_000)), [600_000, 300_000]);
    let buckets = store
        .select_buckets(Selection::ever(&matchers), Resolution::Hour, &Budget::unlimited())
        .unwrap();
    let buckets = buckets.unwrap();
    let bucket = buckets[0].buckets[0];
    assert_eq!((bucket.count, bucket.min, bucket.max, bucket.last), (90.0, 0.0, 89.0, 89.0));
    // Then hours, then nothing.
    keep(retention(35, 35, 1000));
    assert_eq!(samples(&store, EVER), [(old + 890_000, 89.0), (new, 2.0)]);
    drop(store);
    let store = Store::open(directory.path()).unwrap();
    assert_eq!(samples(&store, EVER), [(old + 890_000, 89.0), (new, 2.0)]);
    store.maintain(Due::at(now, retention(35, 35, 35)), &|| false).unwrap();
    assert_eq!(samples(&store, EVER), [(new, 2.0)]);
}

#[test]
fn without_a_moment_beyond_doubt_nothing_is_dropped_or_rolled_up() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let begin = 800 * DAY_MS;
    append(&store, 1, begin, 1.0);
    store.seal().unwrap();
    append(&store, 2, begin + 1000, 2.0);
    let retention = Retention {
        raw_ms: 9 * DAY_MS,
        minutes_ms: 9 * DAY_MS,
        hours_ms: 9 * DAY_MS,
        rounds_ms: 9 * DAY_MS,
    };
    let keep = |now_ms, believed_ms| {
        store.maintain(Due { now_ms, believed_ms, retention }, &|| false).unwrap();
    };
    // The clock jumps a hundred days ahead.
    keep(begin, None);
    keep(begin + 100 * DAY_MS, None);
    keep(begin + 100 * DAY_MS, Some(begin + DAY_MS));
    keep(begin, Some(begin));
    assert_eq!(samples(&store, EVER), [(begin, 1.0), (begin + 1000, 2.0)]);
    let known = |sequence| append(&store, sequence, begin, 1.0);
    assert_eq!((known(1), known(2)), (Appended::Duplicate, Appended::Duplicate), "boots stay");
    // Memory is sealed by age again, though it was sealed in the future before.
    append(&store, 3, begin + 2000, 3.0);
    keep(begin + 3 * 3_600_000, Some(begin));
    assert_eq!(store.state().head_samples, 0);
    keep(begin + 100 * DAY_MS, Some(begin + 100 * DAY_MS));
    assert_eq!(samples(&store, EVER), []);
    assert_eq!(known(1), Appended::Stored);
}

#[test]
fn merging_keeps_every_sample_once_and_buckets_are_the_same_before_and_after() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let day = 800 * DAY_MS;
    let mut expected = Vec::new();
    for n in 0..2000_u64 {
        // Now and then a late one and one that is there already.
        let at = day + (n as i64 ^ 5) * 30_000;
        append(&store, n + 1, at, n as f64);
        expected.push((at, n as f64));
        if n % 300 == 0 {
            append(&store, 10_000 + n, at, -1.0);
        }
        if n % 450 == 449 {
            store.seal().unwrap();
        }
    }
    expected.sort_by_key(|(at, _)| *at);
    let buckets = |store: &Store, resolution| {
        let found = store
            .select_buckets(
                Selection::ever(&[Matcher::metric("bytes")]),
                resolution,
                &Budget::unlimited(),
            )
            .unwrap()
            .unwrap();
        format!("{:?}", found[0].buckets)
    };
    assert_eq!(samples(&store, EVER), expected);
    let before = Resolution::ALL.map(|resolution| buckets(&store, resolution));
    let ever = Retention { raw_ms: day, minutes_ms: day, hours_ms: day, rounds_ms: day };
    store.seal().unwrap();
    for _ in 0..2 {
        store.maintain(Due::at(day + 5 * DAY_MS, ever), &|| false).unwrap();
    }
    assert_eq!(store.state().counts.duplicate_samples, 7);
    assert_eq!(samples(&store, EVER), expected);
    assert_eq!(Resolution::ALL.map(|resolution| buckets(&store, resolution)), before);
    // A sample that comes later still opens the day again.
    append(&store, 30_000, day + 1, 0.5);
    expected.insert(1, (day + 1, 0.5));
    assert_eq!(samples(&store, EVER), expected);
    assert_ne!(Resolution::ALL.map(|resolution| buckets(&store, resolution)), before);
    store.compact(day + 5 * DAY_MS).unwrap();
    assert_eq!(samples(&store, EVER), expected);
    drop(store);
    let store = Store::open(directory.path()).unwrap();
    assert_eq!(samples(&store, EVER), expected);
    assert_eq!(store.state().days, 1);
}

#[test]
fn a_snapshot_is_a_store() {
    let (directory, copy) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let store = Store::open(directory.path()).unwrap();
    append(&store, 1, 1000, 1.0);
    store.seal().unwrap();
    append(&store, 2, 2000, 2.0);
    let mut rows = Vec::new();
    let take = |row| {
        rows.push(row);
        Ok(())
    };
    store.snapshot::<StoreError>(take).unwrap();
    append(&store, 3, 3000, 3.0);
    let mut rows = rows.into_iter();
    restore::<StoreError>(copy.path(), || Ok(rows.next())).unwrap();
    let store = Store::open(copy.path()).unwrap();
    assert_eq!(samples(&store, EVER), [(1000, 1.0), (2000, 2.0)]);
    assert_eq!(append(&store, 2, 2000, 2.0), Appended::Duplicate);
    assert_eq!(append(&store, 3, 3000, 3.0), Appended::Stored);
}

#[test]
fn matchers_select_as_in_prometheus() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let devices = [("eth0", 1.0), ("eth1", 2.0), ("docker0", 3.0)];
    store.append(&[frame(&store, 1, 1000, &devices)]).unwrap();
    let regex = |pattern| Matcher::regex("device", pattern).unwrap();
    let cases = [
        (vec![], "docker0 eth0 eth1"),
        (vec![Matcher::equal("device", "eth1")], "eth1"),
        (vec![Matcher::not_equal("device", "eth1")], "docker0 eth0"),
        (vec![regex("eth.")], "eth0 eth1"),
        (vec![regex("eth")], ""),
        (vec![Matcher::not_regex("device", "eth.|x").unwrap()], "docker0"),
        (vec![Matcher::equal("absent", "")], "docker0 eth0 eth1"),
        (vec![Matcher::equal("device", "")], ""),
        (vec![regex("eth.|docker0"), Matcher::not_equal("device", "eth0")], "docker0 eth1"),
        (vec![Matcher::metric("other")], ""),
    ];
    for (matchers, expected) in cases {
        let found = store
            .select(Selection::ever(&matchers), Hints::default(), &Budget::unlimited())
            .unwrap();
        let devices: Vec<_> = found.iter().filter_map(|s| s.labels.get("device")).collect();
        assert_eq!(devices.join(" "), expected, "{matchers:?}");
        assert_eq!(
            store
                .label_values(Selection::ever(&matchers), "device", &Budget::unlimited())
                .unwrap()
                .join(" "),
            expected
        );
    }
    let error = Matcher::regex("device", "(").unwrap_err().to_string();
    assert_eq!(error, "error parsing regexp: missing closing ): `^(?s:()$`");
}

#[test]
fn a_directory_serves_one_process_and_refuses_a_later_format() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let name = directory.path().display();
    let error = Store::open(directory.path()).err().unwrap().to_string();
    assert_eq!(error, format!("data directory {name} is in use by another process"));
    store.database.write_notes([("format".to_owned(), Some(9))]).unwrap();
    drop(store);
    let error = Store::open(directory.path()).err().unwrap().to_string();
    assert_eq!(error, format!("data directory {name} has format 9, this version reads up to 1"));
}

#[test]
fn an_instance_has_a_limit_of_series() {
    const LIMIT: usize = 50;
    let limits = SeriesLimits { per_instance: LIMIT, ..StoreOptions::default().series };
    let mut index = Index::new(limits);
    let mut insert = |instance: &str, n: usize| {
        index
            .insert(&[("__name__", "m"), ("instance", instance), ("n", &n.to_string())], Claim::Own)
    };
    for n in 0..LIMIT {
        insert("a", n).unwrap();
    }
    let error = insert("a", LIMIT).unwrap_err().to_string();
    assert_eq!(error, "instance \"a\" has 50 series, the most it may have");
    assert!(insert("a", 1).is_ok(), "a known series is none too many");
    assert!(insert("b", 1).is_ok());
}

/// A store with more series than it may have opens and serves; only new ones are refused, and only
/// while the others live.
#[test]
fn a_store_above_its_limit_refuses_new_series_only_and_not_for_ever() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let series = |store: &Store, n: i64| {
        let n = n.to_string();
        store.series_id_of(&[("__name__", "m"), ("instance", "ca1"), ("n", &n)], Claim::Own)
    };
    let write = |store: &Store, id: SeriesId, n: i64| {
        let frame = FrameWrite {
            id: None,
            timestamp_ms: n,
            series: [id].into(),
            values: vec![1.0],
            rounds: Vec::new(),
        };
        store.append(&[frame]).map(drop)
    };
    for n in 0..20 {
        write(&store, series(&store, n).unwrap(), n).unwrap();
    }
    drop(store);
    let default = StoreOptions::default();
    let limits = SeriesLimits { all: 10, ..default.series };
    let options = StoreOptions { series: limits, ..default };
    let store = Store::open_with(directory.path(), options).unwrap();
    let retention =
        Retention { raw_ms: 1 << 50, minutes_ms: 1 << 50, hours_ms: 1 << 50, rounds_ms: 1 << 50 };
    let upkeep = |hour: i64| {
        let now_ms = hour * 3_600_000;
        let due = Due { now_ms, believed_ms: None, retention };
        store.maintain(due, &|| false).unwrap();
    };
    upkeep(1000);
    assert_eq!(store.state().living_series, 20);
    let refused = series(&store, 20).unwrap_err().to_string();
    assert_eq!(refused, "the store has 10 series, the most it may have ([store] series)");
    write(&store, series(&store, 3).unwrap(), 100).unwrap();
    store.seal().unwrap();
    assert!(series(&store, 20).is_err());
    // Nothing has come for hours: there is room again, and what was there is still served.
    upkeep(1007);
    assert_eq!(store.state().living_series, 0);
    write(&store, series(&store, 20).unwrap(), 101).unwrap();
    assert_eq!(samples_of(&store, "m"), 22);
}

/// How many samples a metric has.
fn samples_of(store: &Store, metric: &str) -> usize {
    let what = [Matcher::metric(metric)];
    let found = store.select(Selection::ever(&what), Hints::default(), &Budget::unlimited());
    found.unwrap().iter().map(|series| series.values.len()).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    /// Appends in any order with sealing and reopening in between equal a plain map.
    #[test]
    fn equals_a_map(steps in prop::collection::vec((0u8..8, 1u64..40, 0i64..50), 1..60)) {
        let directory = TempDir::new().unwrap();
        let mut store = Store::open(directory.path()).unwrap();
        let mut seen = std::collections::BTreeSet::new();
        let mut plain = BTreeMap::new();
        for (n, (action, sequence, time)) in steps.into_iter().enumerate() {
            match action {
                0 => store.seal().unwrap(),
                1 => {
                    drop(store);
                    store = Store::open(directory.path()).unwrap();
                }
                _ => {
                    let timestamp = time * DAY_MS / 5;
                    let outcome = append(&store, sequence, timestamp, n as f64);
                    let new = seen.insert(sequence);
                    prop_assert_eq!(outcome == Appended::Stored, new);
                    if new {
                        plain.entry(timestamp).or_insert(n as f64);
                    }
                }
            }
        }
        prop_assert_eq!(samples(&store, EVER), plain.into_iter().collect::<Vec<_>>());
    }
}
