//! What is handed in becomes durable, is told, and is counted if it came through the door.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use headroom_proto::catalogue::{HEADROOM_QUERY_TOTAL, HEADROOM_STORE_DAYS};
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::*;
use crate::samples::{Budget, Hints, Samples, Selection};
use crate::store::FrameId;
use crate::telemetry::OwnNumber;

const NOW_MS: i64 = 1_790_000_000_000;

struct Scene {
    store: Arc<Store>,
    counts: Arc<CollectorCounts>,
    writer: Writer,
    thread: WriterThread,
    _folder: TempDir,
}

fn scene() -> Scene {
    let folder = TempDir::new().unwrap();
    let store = Arc::new(Store::open(folder.path()).unwrap());
    let counts = Arc::new(CollectorCounts::default());
    let (writer, thread) = Writer::start(Arc::clone(&store), Arc::clone(&counts)).unwrap();
    Scene { store, counts, writer, thread, _folder: folder }
}

/// Every series of the store as text.
fn stored(store: &Store) -> Vec<String> {
    let found = store.select(Selection::ever(&[]), Hints::default(), &Budget::unlimited());
    let text = |series: &crate::samples::Series| {
        format!("{} {:?} {:?}", series.labels, series.timestamps, series.values)
    };
    found.unwrap().iter().map(text).collect()
}

#[tokio::test]
async fn own_numbers_are_stored_under_the_collectors_name_and_not_counted_as_taken_in() {
    let scene = scene();
    let own = OwnSeries::new(scene.writer.clone(), "monitor".into());
    let numbers = [
        OwnNumber { metric: HEADROOM_STORE_DAYS, label: None, value: 7.0 },
        OwnNumber {
            metric: HEADROOM_QUERY_TOTAL,
            label: Some(("outcome", "answered".into())),
            value: 3.0,
        },
    ];
    own.store(&numbers, NOW_MS).await.unwrap();
    let expected = [
        format!(
            "headroom_query_total{{instance=\"monitor\",job=\"headroom\",outcome=\"answered\"}} \
             [{NOW_MS}] [3.0]"
        ),
        format!("headroom_store_days{{instance=\"monitor\",job=\"headroom\"}} [{NOW_MS}] [7.0]"),
    ];
    assert_eq!(stored(&scene.store), expected);
    let count = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
    assert_eq!(count(&scene.counts.samples_stored), 0);
    assert_eq!(count(&scene.counts.commits), 1);
}

#[tokio::test]
async fn each_write_is_told_what_became_of_it_and_the_thread_ends_behind_the_last() {
    let scene = scene();
    let series = scene
        .writer
        .series_id_of(&[("__name__", "load"), ("instance", "ca1")], Claim::Own)
        .unwrap();
    let frame = |sequence| FrameWrite {
        id: Some(FrameId { instance: "ca1".into(), boot: 5, sequence }),
        timestamp_ms: NOW_MS + sequence as i64,
        series: Arc::new([series]),
        values: vec![1.0],
        rounds: Vec::new(),
    };
    let loss = LostInterval {
        instance: "ca1".into(),
        boot: 5,
        first_sequence: 8,
        last_sequence: 9,
        first_ms: NOW_MS,
        last_ms: NOW_MS,
        samples: 2,
        reason: 0,
    };
    let writes = [
        Write::Frame { frame: frame(1), meetings: Vec::new() },
        Write::Frame { frame: frame(1), meetings: Vec::new() },
        Write::Request {
            frames: vec![FrameWrite { id: None, ..frame(2) }],
            descriptions: Vec::new(),
        },
        Write::Loss(loss),
    ];
    let (reply, mut outcomes) = mpsc::channel(writes.len());
    let mut told = Vec::new();
    for write in writes {
        let submission = Submission { write, reply: reply.clone(), held: Held::Nothing };
        scene.writer.submit(submission).await.unwrap();
        told.push(format!("{:?}", outcomes.recv().await.unwrap()));
    }
    let range = |first, last| format!("SequenceRange {{ boot: 5, first: {first}, last: {last} }}");
    let (frame, loss) = (format!("Frame({})", range(1, 1)), format!("Loss({})", range(8, 9)));
    assert_eq!(told, [frame.clone(), frame, "Request".into(), loss]);
    let count = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
    let counts = &scene.counts;
    assert_eq!([&counts.frames_stored, &counts.frames_duplicate].map(count), [2, 1]);
    assert_eq!([&counts.samples_stored, &counts.frames_lost].map(count), [2, 2]);
    drop(scene.writer);
    assert_eq!(scene.thread.join().await, Ok(()));
}
