//! What is said to stand still does, for as long as the version is the same.

use super::*;

/// One thing that happens to a store.
#[derive(Debug, Clone)]
enum Event {
    /// A sample of that minute, of a clock that runs from event to event or of a spool.
    Append {
        late_minutes: i64,
    },
    Seal,
    Compact,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => Just(Event::Append { late_minutes: 0 }),
        2 => (1..120i64).prop_map(|late_minutes| Event::Append { late_minutes }),
        2 => Just(Event::Seal),
        1 => Just(Event::Compact),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_is_settled_is_read_the_same_until_another_version(
        events in proptest::collection::vec(event(), 1..24)
    ) {
        let directory = TempDir::new().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let mut told: Vec<(crate::samples::Settled, Vec<(i64, f64)>)> = Vec::new();
        for (n, event) in events.iter().enumerate() {
            let now_ms = (200 + n as i64) * 60_000;
            match event {
                Event::Append { late_minutes } => {
                    append(&store, n as u64 + 1, now_ms - late_minutes * 60_000, n as f64);
                }
                Event::Seal => store.seal().unwrap(),
                Event::Compact => store.compact(now_ms).unwrap(),
            }
            let Some(settled) = store.settled() else { continue };
            for (before, seen) in told.iter().filter(|(told, _)| told.version == settled.version) {
                let until_ms = before.until_ms.min(settled.until_ms);
                let range = TimeRange { to_ms: until_ms - 1, ..EVER };
                let then = seen.iter().copied().filter(|(at_ms, _)| *at_ms < until_ms);
                prop_assert_eq!(samples(&store, range), then.collect::<Vec<_>>());
            }
            let range = TimeRange { to_ms: settled.until_ms - 1, ..EVER };
            told.push((settled, samples(&store, range)));
        }
    }
}

#[test]
fn a_late_sample_makes_another_version_once_it_is_sealed_and_one_in_time_does_not() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let (told, version) =
        (|| store.settled().unwrap().until_ms, || store.settled().unwrap().version);
    append(&store, 1, 1_000, 1.0);
    store.seal().unwrap();
    append(&store, 2, 2_000, 2.0);
    assert_eq!((told(), version()), (2_000, 0));
    store.seal().unwrap();
    append(&store, 3, 3_000, 3.0);
    assert_eq!((told(), version()), (3_000, 0), "in time");
    append(&store, 4, 1_500, 4.0);
    assert_eq!((told(), version()), (1_500, 0), "not yet part of the past");
    store.seal().unwrap();
    append(&store, 5, 4_000, 5.0);
    assert_eq!((told(), version()), (4_000, 1), "changed");
}
