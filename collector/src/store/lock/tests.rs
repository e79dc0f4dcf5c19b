use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;

use tempfile::TempDir;

use super::*;
use crate::store::{Claim, Due, Retention, Store};

/// Says which of [`ENDS`] a process of this test is to come to.
const CHILD: &str = "HEADROOM_STORE_ENDS";

const SIGABRT: i32 = 6;

type End = fn(&Store);

/// What panics, and is caught by whoever asked for it.
const ENDS: [(&str, End); 4] = [
    ("the writer's lock", |store| {
        let _ = caught(|| {
            let _writer = store.writer();
            panic!("on purpose");
        });
        drop(store.writer());
    }),
    ("the state's lock", |store| {
        let _ = caught(|| {
            let _state = store.write();
            panic!("on purpose");
        });
        store.is_full();
    }),
    ("the index's lock", |store| {
        let _ = caught(|| {
            let _index = write(&store.index);
            panic!("on purpose");
        });
        let _ = store.series_id_of(&[("__name__", "a")], Claim::Own);
    }),
    ("upkeep", |store| {
        let hour = 3_600_000;
        let retention =
            Retention { raw_ms: hour, minutes_ms: hour, hours_ms: hour, rounds_ms: hour };
        let due = Due::at(400 * 24 * hour, retention);
        // Asked at the first day.
        let frame = crate::store::FrameWrite {
            id: None,
            timestamp_ms: hour,
            series: vec![store.series_id_of(&[("__name__", "a")], Claim::Own).unwrap()].into(),
            values: vec![1.0],
            rounds: Vec::new(),
        };
        store.append(&[frame]).unwrap();
        store.seal().unwrap();
        let _ = caught(|| store.maintain(due, &|| panic!("on purpose")));
    }),
];

fn caught<T>(work: impl FnOnce() -> T) -> Result<T, panics::Panicked> {
    panics::catch("a test", || 0, work)
}

#[test]
fn a_panic_where_half_a_change_may_be_left_ends_the_process() {
    if let Ok(which) = std::env::var(CHILD) {
        let directory = TempDir::new().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let (_, end) = ENDS.iter().find(|(name, _)| *name == which).unwrap();
        return end(&store);
    }
    for (which, _) in ENDS {
        let name = "store::lock::tests::a_panic_where_half_a_change_may_be_left_ends_the_process";
        let mut child = Command::new(std::env::current_exe().unwrap());
        let child = child.args([name, "--exact"]).env(CHILD, which).output().unwrap();
        assert_eq!(child.status.signal(), Some(SIGABRT), "{which}: {child:?}");
    }
}

#[test]
fn a_panic_of_a_reader_leaves_the_store_as_it_is() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let reading = caught(|| {
        let _state = store.read();
        panic!("on purpose");
    });
    assert!(reading.is_err());
    assert!(!store.is_full());
}
