//! A store that format 1 wrote, as it lies in the folder `format-1`: later versions read it.
//!
//! `HEADROOM_WRITE_FIXTURE=FOLDER` writes one instead, for the next format; of fjall's journal only
//! what is written, for it keeps 64 MiB of zeros ready.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::records::losses_of;
use super::*;

const FIRST_DAY_MS: i64 = 20_000 * DAY_MS;
const STEP_MS: i64 = 60_000;

type Value = fn(u64) -> f64;

/// A column for each way that values are kept.
const DEVICES: [(&str, Value); 5] = [
    ("whole", |n| (n * n) as f64),
    ("hundredths", |n| (n % 97) as f64 / 100.0),
    ("constant", |_| 7.0),
    ("floats", |n| (n as f64).sqrt()),
    ("odd", |n| [f64::NAN, f64::INFINITY, -0.0, 1.0][n as usize % 4]),
];

/// Frames by when they are taken: on a day that is merged and rolled up, on one that is sealed, and
/// in the log. The first day's come in two seals, the later half first.
const MERGED: [std::ops::Range<u64>; 2] = [60..120, 0..60];
const FRESH: std::ops::Range<u64> = 3 * 1440..3 * 1440 + 50;
const LOGGED: std::ops::Range<u64> = 3 * 1440 + 50..3 * 1440 + 80;

fn write(directory: &Path) {
    let store = Store::open(directory).unwrap();
    for part in MERGED {
        append_all(&store, part);
        store.seal().unwrap();
    }
    store.compact(FIRST_DAY_MS + 10 * DAY_MS).unwrap();
    append_all(&store, FRESH);
    store.seal().unwrap();
    store.record_loss(&loss()).unwrap();
    append_all(&store, LOGGED);
    drop(store);
    let journal = directory.join("sealed/0.jnl");
    let bytes = fs::read(&journal).unwrap();
    let written = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    fs::write(journal, &bytes[..written]).unwrap();
}

fn append_all(store: &Store, numbers: std::ops::Range<u64>) {
    for n in numbers {
        let values: Vec<_> = DEVICES.iter().map(|(device, value)| (*device, value(n))).collect();
        store.append(&[frame(store, n + 1, at(n), &values)]).unwrap();
    }
}

fn at(n: u64) -> i64 {
    FIRST_DAY_MS + n as i64 * STEP_MS
}

fn loss() -> LostInterval {
    LostInterval {
        instance: "ca1".into(),
        boot: 7,
        first_sequence: 200,
        last_sequence: 210,
        first_ms: at(199),
        last_ms: at(209),
        samples: 55,
        reason: 1,
    }
}

fn check(store: &Store, numbers: &[std::ops::Range<u64>]) {
    assert_eq!(store.state().counts.damaged, 0);
    let found = store
        .select(
            Selection::ever(&[Matcher::metric("bytes")]),
            Hints::default(),
            &Budget::unlimited(),
        )
        .unwrap();
    assert_eq!(found.len(), DEVICES.len());
    for series in found {
        let device = series.labels.get("device").unwrap();
        let (_, value) = DEVICES.iter().find(|(known, _)| *known == device).unwrap();
        let numbers = || numbers.iter().cloned().flatten();
        let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        let expected: Vec<f64> = numbers().map(value).collect();
        assert_eq!(series.timestamps, numbers().map(at).collect::<Vec<_>>(), "{device}");
        assert_eq!(bits(&series.values), bits(&expected), "{device}");
    }
}

#[test]
fn a_store_of_format_1_is_read_and_goes_on() {
    if let Some(folder) = std::env::var_os("HEADROOM_WRITE_FIXTURE") {
        write(Path::new(&folder));
        return;
    }
    let directory = TempDir::new().unwrap();
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/tests/format-1");
    copy(&kept, directory.path());
    let store = Store::open(directory.path()).unwrap();
    assert_eq!((store.state().days, store.state().unmerged_days), (2, 1));
    assert_eq!(store.state().head_samples, 30 * DEVICES.len() as u64);
    let numbers = [0..120, FRESH, LOGGED];
    check(&store, &numbers);
    assert_eq!(losses_of(&store, "ca1", EVER), [loss()]);
    let durable = store.read().boots.of("ca1");
    assert_eq!(durable[0].1.ranges(), [(1, 120), (FRESH.start + 1, LOGGED.end)]);
    let whole = [Matcher::metric("bytes"), Matcher::equal("device", "whole")];
    let first_day = TimeRange { from_ms: FIRST_DAY_MS, to_ms: FIRST_DAY_MS + DAY_MS - 1 };
    let hours = store
        .select_buckets(
            Selection { matchers: &whole, range: first_day },
            Resolution::Hour,
            &Budget::unlimited(),
        )
        .unwrap()
        .unwrap();
    let maxima: Vec<_> = hours[0].buckets.iter().map(|b| (b.count, b.max)).collect();
    assert_eq!(maxima, [(60.0, 59.0 * 59.0), (60.0, 119.0 * 119.0)]);

    append_all(&store, LOGGED);
    append_all(&store, 120..121);
    store.compact(FIRST_DAY_MS + 10 * DAY_MS).unwrap();
    drop(store);
    check(&Store::open(directory.path()).unwrap(), &[0..121, FRESH, LOGGED]);
}

#[test]
fn a_log_of_a_later_version_is_refused_and_left_as_it_is() {
    let directory = TempDir::new().unwrap();
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/tests/format-1");
    copy(&kept, directory.path());
    let first = fs::read(kept.join("log/0000000004.log")).unwrap();
    // What the first version knows, and behind it a kind of which it knows nothing.
    let unknown = [9, 1, 2, 3, 4, 5];
    let mut later = first;
    later[5] = 3;
    later.extend((unknown.len() as u32).to_le_bytes());
    later.extend(crc32fast::hash(&unknown).to_le_bytes());
    later.extend(unknown);
    // Of a generation that is sealed, of the newest, and cut within its header.
    for (generation, length) in [(1, later.len()), (5, later.len()), (5, 6)] {
        let path = directory.path().join(format!("log/{generation:010}.log"));
        fs::write(&path, &later[..length]).unwrap();
        let before = files(directory.path());
        let error = Store::open(directory.path()).err().unwrap().to_string();
        let name = path.display();
        assert_eq!(error, format!("log {name} has version 3, this version reads up to 2"));
        assert_eq!(files(directory.path()), before);
        fs::remove_file(path).unwrap();
    }
    check(&Store::open(directory.path()).unwrap(), &[0..120, FRESH, LOGGED]);
}

/// All files of a folder with what they hold.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    found
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
