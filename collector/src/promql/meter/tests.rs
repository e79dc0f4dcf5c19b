use std::cell::Cell;

use super::*;
use crate::samples::{Limits, Pool, Stop};

thread_local! {
    static LOOKS: Cell<usize> = const { Cell::new(0) };
    static LAST: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// One look of the thread.
pub fn look() -> Result<(), QueryError> {
    LOOKS.set(LOOKS.get() + 1);
    if LOOKS.get() >= LAST.get() { Err(QueryError::Stopped) } else { Ok(()) }
}

/// How often `work` looks; at the look `last` it is told to stop.
pub fn looks<T>(last: usize, work: impl FnOnce() -> T) -> (usize, T) {
    LOOKS.set(0);
    LAST.set(last);
    let found = work();
    LAST.set(usize::MAX);
    (LOOKS.get(), found)
}

#[test]
fn much_is_sorted_as_little_is() {
    let budget = Budget::unlimited();
    let meter = Meter::new(&budget);
    for count in [0, 1, STRIDE, STRIDE + 1, 5 * STRIDE + 17] {
        let mut items: Vec<(usize, usize)> = (0..count).map(|n| (n * 7_919 % 1_009, n)).collect();
        let mut sorted = items.clone();
        sorted.sort_by_key(|(value, _)| *value);
        meter.sort(&mut items, |a, b| a.0.cmp(&b.0)).unwrap();
        assert!(items == sorted, "{count} items");
        assert_eq!(budget.held(), 0);
    }
}

#[test]
fn memory_is_counted_until_it_is_dropped_and_what_is_handed_out_for_ever() {
    let limits = Limits { samples: 0, series: 0, bytes: 100_000 };
    let budget = Budget::new(limits, Pool::new(u64::MAX), Stop::default());
    let meter = Meter::new(&budget);
    let mut held = meter.hold(90_000).unwrap();
    assert!(meter.hold(10_001).is_err());
    let more = meter.hold(10_000).unwrap();
    held.absorb(more);
    assert_eq!((held.bytes(), budget.held()), (100_000, 100_000));
    held.give_back(60_000);
    assert_eq!(budget.held(), 40_000);
    held.take(100).unwrap();
    held.keep();
    assert_eq!(budget.held(), 40_100);
    drop(meter.taken(40_100));
    assert_eq!(budget.held(), 0);
}

/// The word may come at any time, so each way to go through much looks for it.
#[test]
fn nothing_goes_on_once_the_request_is_stopped() {
    let stop = Stop::default();
    let limits = Limits { samples: 1, series: 1, bytes: 1 << 20 };
    let budget = Budget::new(limits, Pool::new(u64::MAX), stop.clone());
    let meter = Meter::new(&budget);
    meter.check().unwrap();
    stop.set();
    let mut items = [2, 1];
    for (way, found) in [
        ("check", meter.check()),
        ("hold", meter.hold(0).map(drop)),
        ("spans", meter.spans(1).try_for_each(|span| span.map(drop))),
        ("parts", meter.parts(&[1]).try_for_each(|part| part.map(drop))),
        ("collect", meter.collect(1, |place| place).map(drop)),
        ("each", meter.each(&mut items, |_, item| *item += 1)),
        ("sort", meter.sort(&mut items, Ord::cmp)),
    ] {
        assert!(matches!(found, Err(QueryError::Stopped)), "{way}: {found:?}");
    }
    assert_eq!(items, [2, 1]);
}
