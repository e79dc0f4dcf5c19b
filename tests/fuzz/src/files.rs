//! Files of a store: its log, chunks and rollups, snapshots. Checksums are set right on the way, so
//! that what stands behind them is reached.

use std::path::Path;

use headroom::samples::{Budget, Hints, Resolution, Samples, Selection};
use headroom::store::{
    ArchiveReader, ArchiveWriter, Inspected, SnapshotRow, Store, inspect_chunk, inspect_rollup,
    restore,
};

use crate::pieces::{join, pieces};
use crate::scratch;

/// The whole input is the file; else it is made of parts.
const AS_IT_IS: u8 = 1;

/// A bucket's row; else a chunk.
const ROLLUP: u8 = 1;

const NOW_MS: i64 = 1_800_000_000_000;

/// How the input is to be taken, one byte; a log, or the parts that become records of one.
pub fn log(bytes: &[u8]) {
    let Some((how, rest)) = bytes.split_first() else { return };
    let folder = scratch::folder();
    let log = folder.path().join("log");
    std::fs::create_dir_all(&log).expect("the scratch folder can be written");
    let mut file = b"HRLOG\x01".to_vec();
    match *how {
        AS_IT_IS => rest.clone_into(&mut file),
        _ => pieces(rest).for_each(|body| record(body, &mut file)),
    }
    std::fs::write(log.join("0000000001.log"), file).expect("the scratch folder can be written");
    read(folder.path());
}

/// Opens a store, reads all of it, and seals and merges it. Refusing it is an answer, too.
fn read(directory: &Path) {
    let Ok(store) = Store::open(directory) else { return };
    for _ in 0..2 {
        let budget = Budget::unlimited();
        let _ = store.select(Selection::ever(&[]), Hints::default(), &budget);
        let _ = store.select_buckets(Selection::ever(&[]), Resolution::Hour, &budget);
        let _ = store.find(Selection::ever(&[]), 100, &budget);
        let _ = store.compact(NOW_MS);
    }
}

fn record(body: &[u8], file: &mut Vec<u8>) {
    file.extend((body.len() as u32).to_le_bytes());
    file.extend(crc32fast::hash(body).to_le_bytes());
    file.extend(body);
}

/// Which kind, one byte, and its bytes behind the checksum.
pub fn chunk(bytes: &[u8]) {
    let Some((kind, body)) = bytes.split_first() else { return };
    let count = body.first_chunk::<4>().map_or(0, |count| u32::from_le_bytes(*count));
    // As many as a day may have take a gigabyte.
    if (1 << 20..=86_400_000).contains(&count) {
        return;
    }
    let row = [&[1][..], &crc32fast::hash(body).to_le_bytes(), body].concat();
    let inspected = if *kind == ROLLUP { inspect_rollup(&row) } else { inspect_chunk(&row) };
    // What may be kept has no more samples than a day has milliseconds.
    if let Some(Inspected { samples }) = inspected {
        assert!(samples <= 86_400_000, "{samples} samples in a day");
    }
}

/// How the input is to be taken, one byte; a snapshot, or parts of which three make a row each.
pub fn snapshot(bytes: &[u8]) {
    let Some((how, rest)) = bytes.split_first() else { return };
    let mut archive = Vec::new();
    if *how == AS_IT_IS {
        rest.clone_into(&mut archive);
    } else {
        let parts: Vec<&[u8]> = pieces(rest).collect();
        let mut writer = ArchiveWriter::default();
        for row in parts.chunks_exact(3) {
            let keyspace = String::from_utf8_lossy(row[0]).into_owned();
            let row = SnapshotRow { keyspace, key: row[1].to_vec(), value: row[2].to_vec() };
            writer.row(&row, &mut archive);
        }
        writer.end(&mut archive);
    }
    let mut reader = ArchiveReader::new(&*archive);
    let folder = scratch::folder();
    let next = || reader.next_row().map_err(anyhow::Error::from);
    if restore(folder.path(), next).is_ok() {
        read(folder.path());
    }
}

/// A log with a series, a layout, a run and two rows.
pub fn log_seeds() -> Vec<Vec<u8>> {
    let text = |text: &str| [&(text.len() as u16).to_le_bytes()[..], text.as_bytes()].concat();
    let number = |number: u32| number.to_le_bytes().to_vec();
    let series = |id, labels: &[&str]| {
        let labels = labels.iter().flat_map(|label| text(label)).collect();
        [vec![1], number(id), labels].concat()
    };
    let layout = [vec![2], number(0), number(0), number(1)].concat();
    let run = [vec![3], number(0), 7_u64.to_le_bytes().to_vec(), b"ca1".to_vec()].concat();
    let row = |sequence: u64, at_ms: i64, values: [f64; 2]| {
        let values = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let name = [vec![4], number(0), sequence.to_le_bytes().to_vec()].concat();
        [name, at_ms.to_le_bytes().to_vec(), number(0), values].concat()
    };
    let parts = [
        series(0, &["__name__", "node_load1", "instance", "ca1"]),
        series(1, &["__name__", "node_load5", "instance", "ca1"]),
        layout,
        run,
        row(1, NOW_MS - 86_400_000, [0.5, f64::NAN]),
        row(2, NOW_MS, [1.5, f64::MAX]),
    ];
    let mut file = b"HRLOG\x01".to_vec();
    for part in &parts {
        record(part, &mut file);
    }
    let extreme = [&parts[..4], &[row(u64::MAX, i64::MAX, [0.0; 2]), row(0, i64::MIN, [1.0; 2])]];
    vec![
        [vec![0], join(&parts)].concat(),
        [vec![0], join(&extreme.concat())].concat(),
        [vec![AS_IT_IS], file].concat(),
    ]
}

/// Chunks and rollups as a store writes them.
pub fn chunk_seeds() -> Vec<Vec<u8>> {
    let number = |number: u32| number.to_le_bytes().to_vec();
    let regular = |first: i64, step: i64| {
        [vec![1], first.to_le_bytes().to_vec(), step.to_le_bytes().to_vec()].concat()
    };
    let constant = |value: f64| [vec![1], value.to_le_bytes().to_vec()].concat();
    let chunk = |count, times: Vec<u8>, values: Vec<u8>| {
        [vec![0], number(count), number(times.len() as u32), times, values].concat()
    };
    let column = |column: Vec<u8>| [number(column.len() as u32), column].concat();
    let rollup = |count, begin: i64| {
        let times = [regular(begin, 300_000), regular(0, 0), regular(290_000, 0)].map(column);
        let values = (0..9).flat_map(|n| column(constant(f64::from(n))));
        [vec![ROLLUP], number(count), times.concat(), values.collect()].concat()
    };
    let mut seeds = vec![
        chunk(100, regular(NOW_MS, 10_000), constant(7.0)),
        chunk(100, regular(i64::MIN, i64::MAX), constant(f64::NAN)),
        rollup(12, NOW_MS),
        rollup(12, i64::MAX),
    ];
    seeds.extend(stored(&|keyspace| keyspace.starts_with("day-"), 0));
    seeds.extend(stored(&|keyspace| keyspace.starts_with("hours-"), ROLLUP));
    seeds
}

/// The rows of a small store that stand in some keyspaces, without version and checksum.
fn stored(wanted: &dyn Fn(&str) -> bool, kind: u8) -> Vec<Vec<u8>> {
    let rows = rows_of_a_store();
    let rows = rows.into_iter().filter(|row| wanted(&row.keyspace));
    rows.map(|row| [&[kind][..], &row.value[5..]].concat()).collect()
}

/// A snapshot as it is, and its rows.
pub fn snapshot_seeds() -> Vec<Vec<u8>> {
    let rows = rows_of_a_store();
    let (mut archive, mut writer) = (vec![AS_IT_IS], ArchiveWriter::default());
    for row in &rows {
        writer.row(row, &mut archive);
    }
    writer.end(&mut archive);
    let parts: Vec<Vec<u8>> =
        rows.into_iter().flat_map(|row| [row.keyspace.into_bytes(), row.key, row.value]).collect();
    vec![archive, [vec![0], join(&parts)].concat()]
}

fn rows_of_a_store() -> Vec<SnapshotRow> {
    use headroom::samples::Labels;
    use headroom::store::FrameWrite;

    let folder = scratch::folder();
    let store = Store::open(folder.path()).expect("a new store opens");
    let values: [fn(u32) -> f64; 3] =
        [|n| f64::from(n % 7) * 3.0, |n| f64::from(n).sqrt(), |n| f64::from(n) / 100.0];
    for n in 0..40 {
        let label = |place: usize| place.to_string();
        let series = (0..values.len()).map(|place| {
            let labels = Labels::new("x", [("place", &*label(place))]);
            store.series_id(&labels).expect("there is room for a series")
        });
        let frame = FrameWrite {
            id: None,
            timestamp_ms: NOW_MS - 10 * 86_400_000 + i64::from(n * n) * 1_000,
            series: series.collect(),
            values: values.iter().map(|value| value(n)).collect(),
            rounds: Vec::new(),
        };
        store.append(&[frame]).expect("a frame is stored");
    }
    store.compact(NOW_MS).expect("it is merged");
    let mut rows = Vec::new();
    let taken = store.snapshot::<headroom::store::StoreError>(|row| {
        rows.push(row);
        Ok(())
    });
    taken.expect("a store can be copied");
    rows
}
