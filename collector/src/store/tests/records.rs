//! What only the store knows: losses and meetings, their rows to the byte, and their limits.

use super::*;
use crate::samples::{Limits, Pool, ReadError, Stop};
use crate::store::rows::Record;

pub fn losses_of(store: &Store, instance: &str, range: TimeRange) -> Vec<LostInterval> {
    losses::read(&store.database, instance, range, &Budget::unlimited()).unwrap()
}

fn meetings_of(store: &Store, instance: &str, range: TimeRange) -> Vec<Meeting> {
    meetings::read(&store.database, instance, range, &Budget::unlimited()).unwrap()
}

#[test]
fn a_loss_is_kept_once_grows_and_is_none_if_all_arrived() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let loss = |first, last| LostInterval {
        instance: "ca1".into(),
        boot: 7,
        first_sequence: first,
        last_sequence: last,
        first_ms: first as i64 * 1000,
        last_ms: last as i64 * 1000,
        samples: last - first + 1,
        reason: 1,
    };
    assert_eq!(store.record_loss(&loss(5, 9)).unwrap(), Appended::Stored);
    assert_eq!(store.record_loss(&loss(5, 9)).unwrap(), Appended::Duplicate);
    assert_eq!(store.record_loss(&loss(5, 12)).unwrap(), Appended::Stored);
    assert_eq!(losses_of(&store, "ca1", EVER), [loss(5, 12)]);
    assert_eq!(losses_of(&store, "ca", EVER), []);
    assert_eq!(losses_of(&store, "ca1", TimeRange { from_ms: 13_000, to_ms: 20_000 }), []);
    append(&store, 20, 20_000, 1.0);
    append(&store, 21, 21_000, 1.0);
    assert_eq!(store.record_loss(&loss(20, 21)).unwrap(), Appended::Duplicate);
    assert_eq!(store.record_loss(&loss(20, 22)).unwrap(), Appended::Stored);
}

#[test]
fn a_meeting_has_the_newest_word_of_each_boot_and_the_boots_joined() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let meeting = |boot, seen_s: i64, peak| Meeting {
        instance: "ca1".into(),
        boot,
        id: [3; 16],
        tenant: "school".into(),
        started_ms: 10_000,
        seen_ms: seen_s * 1000,
        marks: Marks::default(),
        measured_seconds: (seen_s - 10) as f64,
        participants_peak: peak,
        participant_seconds: 5.0 * (seen_s - 10) as f64,
        cameras_peak: 1,
        camera_seconds: 0.5,
        voices: None,
        listeners: None,
        cameras_out: None,
    };
    let between = |from_s: i64, to_s: i64| {
        let range = TimeRange { from_ms: from_s * 1000, to_ms: to_s * 1000 };
        meetings_of(&store, "ca1", range)
    };
    store.record_meetings(&[meeting(1, 40, 9)]).unwrap();
    // A backlog comes late, and what it says is old.
    store.record_meetings(&[meeting(1, 25, 20)]).unwrap();
    assert_eq!(between(0, 100), [meeting(1, 40, 9)]);
    let ended = Meeting { marks: Marks::ENDED, ..meeting(2, 60, 4) };
    store.record_meetings(std::slice::from_ref(&ended)).unwrap();
    store.record_meetings(&[Meeting { marks: Marks::default(), ..ended }]).unwrap();
    let joined = between(0, 100).remove(0);
    assert_eq!((joined.participants_peak, joined.measured_seconds), (9, 80.0));
    assert_eq!((joined.participant_seconds, joined.camera_seconds), (400.0, 1.0));
    assert!(joined.marks.has(Marks::ENDED));
    assert_eq!((between(61, 100), between(0, 9)), (vec![], vec![]));
    assert_eq!((between(60, 100).len(), between(0, 10).len()), (1, 1));
    assert_eq!(meetings_of(&store, "ca", EVER), []);
    let retention = Retention { raw_ms: 1, minutes_ms: DAY_MS, hours_ms: 1, rounds_ms: 1 };
    store.maintain(Due::at(DAY_MS + 10_000, retention), &|| false).unwrap();
    assert_eq!(between(0, 100).len(), 1);
    store.maintain(Due::at(2 * DAY_MS, retention), &|| false).unwrap();
    assert_eq!(between(0, 100), []);
}

fn loss(number: u64) -> LostInterval {
    LostInterval {
        instance: "ca1".into(),
        boot: 7,
        first_sequence: number,
        last_sequence: number,
        first_ms: number as i64,
        last_ms: number as i64,
        samples: 3,
        reason: 1,
    }
}

fn meeting(number: u8) -> Meeting {
    Meeting {
        instance: "ca1".into(),
        boot: 1,
        id: [number; 16],
        tenant: "school".into(),
        started_ms: 1000 + i64::from(number),
        seen_ms: 2000,
        marks: Marks::BREAKOUT.and(Marks::ENDED),
        measured_seconds: 0.5,
        participants_peak: 2,
        participant_seconds: 1.0,
        cameras_peak: 1,
        camera_seconds: 0.25,
        voices: None,
        listeners: None,
        cameras_out: None,
    }
}

#[test]
fn rows_are_what_the_format_says() {
    let numbers =
        |numbers: &[u64]| numbers.iter().flat_map(|n| n.to_be_bytes()).collect::<Vec<_>>();
    let lost = LostInterval { last_sequence: 9, last_ms: 8, ..loss(5) };
    assert_eq!(lost.key(), numbers(&[7, 5]));
    assert_eq!(lost.encode(), numbers(&[9, 5, 8, 3, 1]));
    let met = meeting(3);
    let started = numbers(&[1003 + (1 << 63)]);
    assert_eq!(met.key(), [&started[..], &[3; 16], &numbers(&[1])].concat());
    let sums = [1.0_f64, 0.25, 0.5].map(f64::to_bits);
    let row = [&[3][..], &numbers(&[2000, 2, 1]), &numbers(&sums), b"school"].concat();
    assert_eq!(met.encode(), row);
    assert_eq!(Meeting::decode(&"ca1".into(), &met.key(), &row), Some(met));
    assert_eq!(LostInterval::decode(&"ca1".into(), &lost.key(), &lost.encode()), Some(lost));
}

#[test]
fn what_is_read_of_them_is_limited_held_and_stopped() {
    let directory = TempDir::new().unwrap();
    let store = Arc::new(Store::open(directory.path()).unwrap());
    for number in 1..=20 {
        store.record_loss(&loss(number)).unwrap();
    }
    store.record_meetings(&(1..=20).map(meeting).collect::<Vec<_>>()).unwrap();
    let records = Records::of(&store);
    let budget = |samples, bytes| {
        let stop = Stop::default();
        let limits = Limits { samples, series: 0, bytes };
        (Budget::new(limits, Pool::new(u64::MAX), stop.clone()), stop)
    };
    let read = |(budget, _): &(Budget, Stop)| {
        [
            records.losses("ca1", EVER, budget).map(|found| found.len()),
            records.meetings("ca1", EVER, budget).map(|found| found.len()),
        ]
    };
    let enough = budget(40, 1 << 20);
    assert!(read(&enough).into_iter().all(|found| found.unwrap() == 20));
    assert_eq!(enough.0.held(), 20 * (loss(1).bytes() + meeting(1).bytes()));
    for found in read(&budget(19, 1 << 20)) {
        assert!(matches!(found, Err(ReadError::Samples)), "{found:?}");
    }
    for found in read(&budget(40, 1000)) {
        assert!(matches!(found, Err(ReadError::Memory { limit: 1000 })), "{found:?}");
    }
    enough.1.set();
    for found in read(&enough) {
        assert!(matches!(found, Err(ReadError::Stopped)), "{found:?}");
    }
}

#[test]
fn the_ledger_comes_back_after_a_reopening_and_what_is_damaged_is_left_out() {
    let directory = TempDir::new().unwrap();
    let row = |shelf, key, text: &str| LedgerRow { shelf, key, value: Some(text.into()) };
    let glance = |shelf, order, most| Glance { shelf, order, most, below: None };
    let texts = |store: &Arc<Store>, glance| -> Vec<(u128, String)> {
        let rows = Records::of(store).ledger(glance, &Budget::unlimited()).unwrap();
        let text = |kept: Kept| (kept.key, String::from_utf8(kept.value).unwrap());
        rows.into_iter().map(text).collect()
    };
    let store = Arc::new(Store::open(directory.path()).unwrap());
    let all = [
        row(Shelf::Alerts, u128::MAX, "group"),
        row(Shelf::Outbox, 1, "first"),
        row(Shelf::Outbox, 2, "second"),
        row(Shelf::Notices, 300, "old"),
        row(Shelf::Notices, 301, "new"),
    ];
    store.note(&all).unwrap();
    store.note(&[LedgerRow { shelf: Shelf::Outbox, key: 1, value: None }]).unwrap();
    drop(store);
    let store = Arc::new(Store::open(directory.path()).unwrap());
    assert_eq!(
        texts(&store, glance(Shelf::Alerts, Order::Rising, 9)),
        [(u128::MAX, "group".into())]
    );
    assert_eq!(texts(&store, glance(Shelf::Outbox, Order::Rising, 9)), [(2, "second".into())]);
    assert_eq!(texts(&store, glance(Shelf::Silences, Order::Rising, 9)), []);
    assert_eq!(texts(&store, glance(Shelf::Notices, Order::Falling, 1)), [(301, "new".into())]);
    let below = Glance { below: Some(301), ..glance(Shelf::Notices, Order::Falling, 9) };
    assert_eq!(texts(&store, below), [(300, "old".into())]);
    let damaged = store.database.keyspace("notices").unwrap();
    damaged.insert(300_u128.to_be_bytes(), "no checksum").unwrap();
    assert_eq!(texts(&store, glance(Shelf::Notices, Order::Rising, 9)), [(301, "new".into())]);
    assert_eq!(store.state().counts.damaged, 1);
}
