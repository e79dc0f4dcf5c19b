//! What a read sees while others write, what it takes, and what is told without samples.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::samples::{BucketSeries, Limits, Pool, ReadError, Series, Stop};
use crate::store::select;
use crate::store::view::View;
use crate::store::wanted::Wanted;

const DEVICES: [&str; 3] = ["eth0", "eth1", "docker0"];

fn append_all(store: &Store, numbers: std::ops::Range<u64>) {
    for n in numbers {
        let values = DEVICES.map(|device| (device, n as f64));
        store.append(&[frame(store, n + 1, n as i64 * 1000, &values)]).unwrap();
    }
}

fn numbers(found: &[Series]) -> Vec<Vec<f64>> {
    found.iter().map(|series| series.values.clone()).collect()
}

#[test]
fn a_view_has_what_was_there_when_it_was_opened_whatever_comes_after() {
    // What is done before it is opened: nothing, a seal, and a merge.
    for early in 0..3 {
        let directory = TempDir::new().unwrap();
        let store = Store::open(directory.path()).unwrap();
        append_all(&store, 0..10);
        match early {
            0 => {}
            1 => store.seal().unwrap(),
            _ => store.compact(10 * DAY_MS).unwrap(),
        }
        append_all(&store, 10..20);
        let (matchers, budget) = ([Matcher::metric("bytes")], Budget::unlimited());
        let range = EVER;
        let view = View::open(&store, Selection { matchers: &matchers, range }, &budget).unwrap();
        let seen = || {
            let wanted = Wanted::new(range, Hints::default());
            numbers(&select::read(&view, wanted).unwrap())
        };
        let expected = vec![(0..20).map(f64::from).collect::<Vec<_>>(); DEVICES.len()];
        assert_eq!(seen(), expected);
        append_all(&store, 20..30);
        assert_eq!(seen(), expected, "{early}: appended");
        store.seal().unwrap();
        append_all(&store, 30..40);
        assert_eq!(seen(), expected, "{early}: sealed");
        store.seal().unwrap();
        assert_eq!(seen(), expected, "{early}: sealed twice");
        store.compact(10 * DAY_MS).unwrap();
        assert_eq!(seen(), expected, "{early}: merged and rolled up");
        let ever = vec![(0..40).map(f64::from).collect::<Vec<_>>(); DEVICES.len()];
        let what = Selection { matchers: &matchers, range };
        assert_eq!(numbers(&store.select(what, Hints::default(), &budget).unwrap()), ever);
    }
}

#[test]
fn each_frame_is_seen_whole_or_not_at_all() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for part in 0..20 {
                append_all(&store, part * 20..(part + 1) * 20);
                store.seal().unwrap();
                if part % 5 == 4 {
                    store.compact(0).unwrap();
                }
            }
            done.store(true, Ordering::Relaxed);
        });
        let mut last = 0;
        loop {
            let ended = done.load(Ordering::Relaxed);
            let found =
                store.select(Selection::ever(&[]), Hints::default(), &Budget::unlimited()).unwrap();
            let values = numbers(&found);
            let length = values.first().map_or(0, Vec::len);
            assert!(length >= last, "{length} frames after {last}");
            let expected: Vec<f64> = (0..length as u32).map(f64::from).collect();
            assert!(values.iter().all(|one| *one == expected), "{values:?}");
            last = length;
            if ended {
                break;
            }
        }
        assert_eq!(last, 400);
    });
}

/// A budget of so many bytes, and what stops it.
fn budget_of(bytes: u64) -> (Budget, Stop) {
    let limits = Limits { samples: usize::MAX, series: usize::MAX, bytes };
    let stop = Stop::default();
    (Budget::new(limits, Pool::new(u64::MAX), stop.clone()), stop)
}

#[test]
fn what_a_read_returns_stays_held_and_no_more() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    append_all(&store, 0..500);
    store.compact(0).unwrap();
    append_all(&store, 500..600);
    // One that is late, so that a series has to be sorted.
    append(&store, 10_000, 1500, 0.5);
    let ever = Selection::ever(&[]);
    let (budget, _) = budget_of(u64::MAX);
    let found = store.select(ever, Hints::default(), &budget).unwrap();
    assert_eq!(budget.held(), found.iter().map(Series::bytes).sum::<u64>());
    let (budget, _) = budget_of(u64::MAX);
    let found = store.select_buckets(ever, Resolution::Minutes, &budget).unwrap().unwrap();
    assert_eq!(budget.held(), found.iter().map(BucketSeries::bytes).sum::<u64>());
    let range = TimeRange { from_ms: 0, to_ms: 1_000_000_000 };
    let now = Selection { matchers: &[], range };
    for what in [ever, now] {
        let (budget, _) = budget_of(u64::MAX);
        let found = store.find(what, 2, &budget).unwrap();
        let each = |labels: &Labels| labels.bytes() + size_of::<Labels>() as u64;
        assert_eq!((found.len(), budget.held()), (2, found.iter().map(each).sum()));
        let each = |text: &String| (text.len() + size_of::<String>()) as u64;
        let (budget, _) = budget_of(u64::MAX);
        let names = store.label_names(what, &budget).unwrap();
        assert_eq!(names, ["__name__", "device", "instance"]);
        assert_eq!(budget.held(), names.iter().map(each).sum::<u64>());
        let (budget, _) = budget_of(u64::MAX);
        let values = store.label_values(what, "device", &budget).unwrap();
        assert_eq!(values, ["docker0", "eth0", "eth1"]);
        assert_eq!(budget.held(), values.iter().map(each).sum::<u64>());
    }
}

/// Each way to read, as whether it was refused and why.
fn refusals(store: &Store, budget: &Budget) -> Vec<Option<ReadError>> {
    let what = Selection { matchers: &[], range: TimeRange { from_ms: 0, to_ms: DAY_MS } };
    vec![
        store.select(what, Hints::default(), budget).err(),
        store.select_buckets(what, Resolution::Hour, budget).err(),
        store.find(what, usize::MAX, budget).err(),
        store.label_names(what, budget).err(),
        store.label_values(what, "device", budget).err(),
        store.label_names(Selection::ever(&[]), budget).err(),
        store.label_values(Selection::ever(&[]), "device", budget).err(),
    ]
}

#[test]
fn each_way_to_read_hears_a_stop_and_keeps_its_limit() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    append_all(&store, 0..50);
    let (stopped, stop) = budget_of(u64::MAX);
    assert!(refusals(&store, &stopped).iter().all(Option::is_none));
    stop.set();
    for refused in refusals(&store, &stopped) {
        assert!(matches!(refused, Some(ReadError::Stopped)), "{refused:?}");
    }
    for refused in refusals(&store, &budget_of(10).0) {
        assert!(matches!(refused, Some(ReadError::Memory { limit: 10 })), "{refused:?}");
    }
}

#[test]
fn samples_in_memory_of_a_day_that_expires_hide_no_rollups() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    store.append(&[frame(&store, 1, 3 * DAY_MS, &[("eth0", 1.0), ("eth1", 2.0)])]).unwrap();
    store.seal().unwrap();
    store.append(&[frame(&store, 2, 7 * DAY_MS / 2, &[("eth1", 1.0)])]).unwrap();
    store.append(&[frame(&store, 3, 0, &[("eth1", 1.0), ("eth2", 2.0)])]).unwrap();
    let (now_ms, raw_ms) = (20 * DAY_MS, 15 * DAY_MS);
    let retention = Retention { raw_ms, minutes_ms: now_ms, hours_ms: now_ms, rounds_ms: now_ms };
    store.maintain(Due::at(now_ms, retention), &|| false).unwrap();
    store.seal().unwrap();
    assert_eq!(store.state().days, 0);
    let matchers = [Matcher::metric("bytes")];
    let what =
        Selection { matchers: &matchers, range: TimeRange { from_ms: 0, to_ms: 4 * DAY_MS } };
    let found = store.select(what, Hints::default(), &Budget::unlimited()).unwrap();
    let times: Vec<_> = found.iter().map(|series| series.timestamps.clone()).collect();
    assert_eq!(times, [vec![3 * DAY_MS], vec![0, 3 * DAY_MS, 7 * DAY_MS / 2], vec![0]]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    /// Who is there is told without samples, and is who has samples on the days of the range.
    #[test]
    fn who_is_there_has_samples(
        steps in prop::collection::vec((0_u8..9, 0_usize..6, 0_i64..40), 1..60),
        (from, to) in (0_i64..10, 0_i64..10),
        every in any::<bool>(),
    ) {
        let directory = TempDir::new().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let name = |device: usize| format!("eth{device}");
        let now_ms = 20 * DAY_MS;
        // What is older than the samples that are kept would be refused by whoever takes it in.
        let mut oldest_ms = 0;
        for (sequence, (action, device, quarter)) in (1..).zip(steps) {
            match action {
                0 => store.seal().unwrap(),
                1 => store.compact(now_ms).unwrap(),
                2 => {
                    let raw_ms = 15 * DAY_MS;
                    oldest_ms = now_ms - raw_ms;
                    let retention = Retention { raw_ms, minutes_ms: now_ms, hours_ms: now_ms, rounds_ms: now_ms };
                    store.maintain(Due::at(now_ms, retention), &|| false).unwrap();
                }
                _ => {
                    let at_ms = (quarter * DAY_MS / 4).max(oldest_ms);
                    let values = [(&*name(device), 1.0), (&*name(device + 1), 2.0)];
                    store.append(&[frame(&store, sequence, at_ms, &values)]).unwrap();
                }
            }
        }
        let range = TimeRange { from_ms: from * DAY_MS, to_ms: (to + 1) * DAY_MS - 1 };
        let matchers = if every { vec![] } else { vec![Matcher::regex("device", "eth[0-3]").unwrap()] };
        let what = Selection { matchers: &matchers, range };
        let budget = Budget::unlimited();
        let found = store.select(what, Hints::default(), &budget).unwrap();
        let labels: Vec<Labels> = found.into_iter().map(|series| series.labels).collect();
        prop_assert_eq!(&store.find(what, usize::MAX, &budget).unwrap(), &labels);
        let some = store.find(what, 2, &budget).unwrap();
        prop_assert_eq!(some.len(), labels.len().min(2));
        prop_assert!(some.iter().all(|one| labels.contains(one)));
        let values: Vec<&str> = labels.iter().filter_map(|one| one.get("device")).collect();
        prop_assert_eq!(store.label_values(what, "device", &budget).unwrap(), values);
        let names: &[&str] =
            if labels.is_empty() { &[] } else { &["__name__", "device", "instance"] };
        prop_assert_eq!(store.label_names(what, &budget).unwrap(), names);
    }
}
