//! Rounds of pings: what was appended is read, wherever it lies, once, and damage costs what it hit.

use core::net::IpAddr;

use super::*;
use crate::store::periods;

const HOUR_MS: i64 = 3_600_000;
const BEGIN_MS: i64 = 20_000 * DAY_MS;

fn path(store: &Store, vantage: &str) -> SeriesId {
    let labels = [("instance", "ca1"), ("vantage", vantage)];
    store.series_id(&Labels::new("headroom_probe_vantage_offline", labels)).unwrap()
}

/// The n-th round, a minute each: some answers, an error now and then, another address later on.
fn round(n: i64) -> PathRound {
    let errors = if n % 50 == 7 { vec![Tally { kind: 9, count: 1 }] } else { Vec::new() };
    PathRound {
        begin_ms: BEGIN_MS + n * 60_000,
        span_ms: 60_000,
        sent: 20,
        round_trips_us: (0..19).map(|trip| 30_000 + (n as u32 % 90) * 10 + trip * 150).collect(),
        jitter_us: Some(300),
        hop_limit: Some(54),
        vantage_offline: false,
        errors,
        discarded: Vec::new(),
        address: Some(IpAddr::from([192, 0, 2, if n < 1000 { 1 } else { 2 }])),
        router: None,
    }
}

fn write(store: &Store, vantage: &str, n: i64) -> FrameWrite {
    let path = path(store, vantage);
    let id = FrameId { instance: vantage.into(), boot: 7, sequence: n as u64 + 1 };
    FrameWrite {
        id: Some(id),
        timestamp_ms: round(n).begin_ms + 63_000,
        series: [path].into(),
        values: vec![0.0],
        rounds: vec![RoundWrite { path, round: round(n) }],
    }
}

fn append_all(store: &Store, vantage: &str, rounds: impl Iterator<Item = i64>) {
    let frames: Vec<FrameWrite> = rounds.map(|n| write(store, vantage, n)).collect();
    store.append(&frames).unwrap();
}

fn read(store: &Arc<Store>, vantage: &str, range: TimeRange) -> Vec<PathRound> {
    let mut found = Vec::new();
    let take = |round| {
        found.push(round);
        Ok(())
    };
    let path = path(store, vantage);
    let wanted = WantedRounds { path, range };
    Records::of(store).rounds(wanted, &Budget::unlimited(), take).unwrap();
    found
}

fn hours(store: &Arc<Store>, vantage: &str) -> Vec<SmokeHour> {
    let path = path(store, vantage);
    Records::of(store).smoke_hours(path, EVER, &Budget::unlimited()).unwrap()
}

fn open(directory: &TempDir) -> Arc<Store> {
    Arc::new(Store::open(directory.path()).unwrap())
}

#[test]
fn rounds_are_read_wherever_they_lie_and_count_once() {
    let directory = TempDir::new().unwrap();
    let expected: Vec<PathRound> = (0..1500).map(round).collect();
    let mut store = open(&directory);
    append_all(&store, "paris", [0].into_iter());
    append_all(&store, "lagos", 0..700);
    store.seal().unwrap();
    append_all(&store, "lagos", 700..1441);
    // The same frame again, and the same round in a frame of another name.
    append_all(&store, "lagos", [1440].into_iter());
    let again = FrameWrite { id: None, ..write(&store, "lagos", 5) };
    store.append(&[again]).unwrap();
    let check = |store: &Arc<Store>, count: usize, where_it_lies: &str| {
        assert_eq!(read(store, "lagos", EVER), expected[..count], "{where_it_lies}");
        let part = TimeRange { from_ms: round(690).begin_ms, to_ms: round(710).begin_ms };
        assert_eq!(read(store, "lagos", part), expected[690..=710], "{where_it_lies}");
        assert_eq!(read(store, "paris", EVER), expected[..1], "{where_it_lies}");
        let found = hours(store, "lagos");
        assert_eq!(found.len(), count.div_ceil(60), "{where_it_lies}");
        assert_eq!((found[3].rounds, found[3].sent, found[3].received), (60, 1200, 1140));
        assert_eq!(found[3].begin_ms, BEGIN_MS + 3 * HOUR_MS);
        assert_eq!(store.state().counts.damaged, 0, "{where_it_lies}");
        found
    };
    let told = check(&store, 1441, "partly sealed");
    drop(store);
    store = open(&directory);
    assert_eq!(check(&store, 1441, "reopened"), told);
    store.seal().unwrap();
    assert_eq!(check(&store, 1441, "sealed"), told);
    assert_eq!(store.read().rounds.unmerged().len(), 2);
    store.compact(BEGIN_MS + 2 * DAY_MS).unwrap();
    assert_eq!(check(&store, 1441, "merged"), told);
    assert_eq!(store.read().rounds.unmerged().len(), 0);
    // What a spool brings later belongs to the same day.
    append_all(&store, "lagos", 1441..1500);
    check(&store, 1500, "merged, and more in memory");
    store.compact(BEGIN_MS + 2 * DAY_MS).unwrap();
    let told = check(&store, 1500, "merged again");
    drop(store);
    store = open(&directory);
    assert_eq!(check(&store, 1500, "merged and reopened"), told);
}

#[test]
fn a_day_is_merged_after_its_end_and_rounds_expire_while_quantiles_stay() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory);
    append_all(&store, "lagos", 0..120);
    let retention = Retention {
        raw_ms: 2 * DAY_MS,
        minutes_ms: 3 * DAY_MS,
        hours_ms: 900 * DAY_MS,
        rounds_ms: 40 * DAY_MS,
    };
    let maintain = |days: i64| {
        let now_ms = BEGIN_MS + days * DAY_MS + 2 * HOUR_MS;
        store.maintain(Due::at(now_ms, retention), &|| false).unwrap();
        (
            store.read().rounds.unmerged().len(),
            read(&store, "lagos", EVER).len(),
            hours(&store, "lagos").len(),
        )
    };
    store.seal().unwrap();
    assert_eq!(maintain(0), (1, 120, 2));
    assert_eq!(maintain(1), (0, 120, 2));
    assert_eq!(maintain(39), (0, 120, 2));
    // A keyspace goes whole, 30 days together.
    assert_eq!(maintain(71), (0, 0, 2));
    assert_eq!(maintain(931), (0, 0, 0));
}

/// How many rows of rollups there are of a resolution.
fn rolled_rows(store: &Store, resolution: Resolution) -> usize {
    let name = periods::name(resolution, Day::of(BEGIN_MS));
    store.database.keyspace(&name).unwrap().iter().count()
}

#[test]
fn series_of_rounds_are_rolled_up_by_hours_alone_and_answer_all_the_same() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory);
    append_all(&store, "paris", 0..5);
    let labels = [("instance", "ca1"), ("vantage", "lagos"), ("job", "probe")];
    let probed = store.series_id(&Labels::new("headroom_probe_sent", labels)).unwrap();
    let frames = (0..120).map(|n| FrameWrite {
        series: [probed].into(),
        values: vec![n as f64],
        rounds: Vec::new(),
        ..write(&store, "lagos", n)
    });
    store.append(&frames.collect::<Vec<_>>()).unwrap();
    let now_ms = BEGIN_MS + 9 * DAY_MS;
    store.compact(now_ms).unwrap();
    assert_eq!(rolled_rows(&store, Resolution::Minutes), 1, "that of another job");
    assert_eq!(rolled_rows(&store, Resolution::Hour), 2);
    let buckets = |resolution| {
        let matchers = [Matcher::metric("headroom_probe_sent")];
        let what = Selection::ever(&matchers);
        let found = store.select_buckets(what, resolution, &Budget::unlimited()).unwrap().unwrap();
        found[0].buckets.iter().map(|one| (one.count, one.sum)).collect::<Vec<_>>()
    };
    let hours = buckets(Resolution::Hour);
    assert_eq!(hours.iter().map(|hour| hour.0).sum::<f64>(), 120.0);
    // While there are samples, five minutes are made of them; afterwards hours stand in.
    let minutes = buckets(Resolution::Minutes);
    assert_eq!(minutes.len(), 25);
    let sum = |all: &[(f64, f64)]| all.iter().map(|one| one.1).sum::<f64>();
    assert_eq!(sum(&minutes), sum(&hours));
    let ever = 10_000 * DAY_MS;
    let retention = Retention { raw_ms: DAY_MS, minutes_ms: ever, hours_ms: ever, rounds_ms: ever };
    store.maintain(Due::at(now_ms, retention), &|| false).unwrap();
    assert_eq!(buckets(Resolution::Minutes), hours);
}

#[test]
fn a_snapshot_has_all_rounds_and_a_damaged_row_of_it_is_known() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory);
    append_all(&store, "lagos", 0..100);
    store.compact(BEGIN_MS).unwrap();
    append_all(&store, "lagos", 100..150);
    let mut rows = Vec::new();
    store
        .snapshot::<StoreError>(|row| {
            rows.push(row);
            Ok(())
        })
        .unwrap();
    for kind in ["rounds-", "paths-", "quantiles-"] {
        let row = rows.iter().find(|row| row.keyspace.starts_with(kind)).expect(kind);
        assert!(row.is_sound());
        let mut damaged = row.clone();
        damaged.value[20] ^= 1;
        assert!(!damaged.is_sound(), "{kind}");
    }
    let copy = TempDir::new().unwrap();
    let mut rows = rows.into_iter();
    restore::<StoreError>(copy.path(), || Ok(rows.next())).unwrap();
    let restored = open(&copy);
    assert_eq!(read(&restored, "lagos", EVER), read(&store, "lagos", EVER));
    assert_eq!(hours(&restored, "lagos"), hours(&store, "lagos"));
}

#[test]
fn damage_is_named_and_costs_what_it_hit() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory);
    for vantage in ["lagos", "paris"] {
        append_all(&store, vantage, 0..1500);
    }
    store.compact(BEGIN_MS + 9 * DAY_MS).unwrap();
    let day = Day::of(BEGIN_MS);
    for kind in ["paths", "quantiles"] {
        let keyspace =
            store.database.keyspace(&format!("{kind}-{}", periods::period(day))).unwrap();
        let key = periods::key(path(&store, "lagos"), day);
        let mut row = keyspace.get(&key).unwrap().unwrap().to_vec();
        let middle = row.len() / 2;
        row[middle] ^= 1;
        keyspace.insert(key, row).unwrap();
    }
    assert_eq!(read(&store, "lagos", EVER), (1440..1500).map(round).collect::<Vec<_>>());
    assert_eq!((hours(&store, "lagos").len(), hours(&store, "paris").len()), (1, 25));
    assert_eq!(read(&store, "paris", EVER).len(), 1500);
    assert_eq!(
        store.damage(),
        ["rounds of lagos to ca1 on day 20000", "quantiles of lagos to ca1 on day 20000"]
    );
    assert_eq!(samples_of(&store, "lagos"), 1500);
}

fn samples_of(store: &Store, vantage: &str) -> usize {
    let matchers = [Matcher::equal("vantage", vantage)];
    let what = Selection { matchers: &matchers, range: EVER };
    store.select(what, Hints::default(), &Budget::unlimited()).unwrap()[0].values.len()
}

#[test]
fn a_flipped_bit_of_the_log_costs_one_round_or_one_row() {
    let directory = TempDir::new().unwrap();
    let store = open(&directory);
    append_all(&store, "lagos", 0..40);
    drop(store);
    let file = directory.path().join("log/0000000001.log");
    let bytes = std::fs::read(&file).unwrap();
    for place in (200..bytes.len()).step_by(37) {
        let copy = TempDir::new().unwrap();
        std::fs::create_dir(copy.path().join("log")).unwrap();
        let mut damaged = bytes.clone();
        damaged[place] ^= 4;
        std::fs::write(copy.path().join("log/0000000001.log"), damaged).unwrap();
        let store = open(&copy);
        let (rounds, samples) = (read(&store, "lagos", EVER), samples_of(&store, "lagos"));
        assert!(rounds.len() + samples >= 79, "{} rounds, {samples} samples", rounds.len());
        assert!(rounds.iter().all(|found| (0..40).any(|n| round(n) == *found)), "byte {place}");
        // Only what was the very last may pass for what was never acknowledged.
        assert!(store.state().counts.damaged == 1 || place + 150 > bytes.len(), "byte {place}");
    }
}

#[test]
fn what_is_read_of_rounds_is_limited_held_and_stopped() {
    use crate::samples::{Limits, Pool, ReadError, Stop};

    let directory = TempDir::new().unwrap();
    let store = open(&directory);
    append_all(&store, "lagos", 0..1000);
    store.compact(BEGIN_MS).unwrap();
    let path = path(&store, "lagos");
    let read = |samples, bytes, stopped: bool| {
        let stop = Stop::default();
        if stopped {
            stop.set();
        }
        let limits = Limits { samples, series: 10, bytes };
        let budget = Budget::new(limits, Pool::new(u64::MAX), stop);
        let wanted = WantedRounds { path, range: EVER };
        let read = Records::of(&store).rounds(wanted, &budget, |_| Ok(()));
        assert_eq!(budget.held(), 0, "what is handed out is its taker's");
        read
    };
    assert!(read(19_000, 8 << 20, false).is_ok());
    assert!(matches!(read(18_999, 8 << 20, false), Err(ReadError::Samples)));
    assert!(matches!(read(19_000, 100 << 10, false), Err(ReadError::Memory { .. })));
    assert!(matches!(read(19_000, 8 << 20, true), Err(ReadError::Stopped)));
}

#[test]
fn a_round_takes_few_bytes_once_it_is_merged() {
    use crate::store::numbers::Effort;

    let mut state = 1_u64;
    let mut draw = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from((state >> 33) as u32) / f64::from(1_u32 << 31)
    };
    // Jitter of 0.3 ms, one in a hundred lost.
    let rounds: Vec<PathRound> = (0..1440)
        .map(|n| {
            let trips = (0..20).filter_map(|_| {
                let delay_us = 92_000.0 - 300.0 * (1.0 - draw()).ln();
                (draw() >= 0.01).then_some(delay_us as u32)
            });
            let mut round_trips_us: Vec<u32> = trips.collect();
            round_trips_us.sort_unstable();
            PathRound { round_trips_us, ..round(n) }
        })
        .collect();
    let bytes = crate::store::rounds::columns_of(&rounds, Effort::Thorough).unwrap().len();
    // A year of it takes less than 10 MB with room for all else.
    assert!(bytes <= 16 * rounds.len(), "{} bytes a round", bytes as f64 / rounds.len() as f64);
}
