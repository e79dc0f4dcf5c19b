//! Days are told once, whole ones for ever and the rest again when more of them comes in.

use tempfile::TempDir;

use super::*;
use crate::samples::{Hints, Labels};
use crate::store::{FrameWrite, Store};
use crate::telemetry::CollectorCounts;

const BEGIN_MS: i64 = 20_000 * DAY_MS;
const NOW_MS: i64 = BEGIN_MS + DAY_MS + REST_MS;
const STEP_MS: i64 = 30_000;

fn append(store: &Store, from_ms: i64, to_ms: i64) {
    let labels = |metric| {
        Labels::new(metric, [("instance", "ca1"), ("device", "eth0"), ("kind", "physical")])
    };
    let series = ["node_network_info", "node_network_transmit_bytes_total"]
        .map(|metric| store.series_id(&labels(metric)).unwrap());
    let frame = |step: i64| FrameWrite {
        id: None,
        timestamp_ms: BEGIN_MS + step * STEP_MS,
        series: series.into(),
        values: vec![1.0, step as f64 * 3e6],
        rounds: Vec::new(),
    };
    let frames: Vec<FrameWrite> = (from_ms / STEP_MS..to_ms / STEP_MS).map(frame).collect();
    store.append(&frames).unwrap();
}

fn days(store: &Arc<Store>, writer: Writer) -> Days {
    Days {
        samples: Arc::clone(store) as Arc<dyn Samples>,
        pool: Pool::new(u64::MAX),
        writer,
        zone: TimeZone::UTC,
        raw_ms: 62 * DAY_MS,
        loading: Loading::default(),
    }
}

/// What is told of the day's coverage, in order.
fn told(store: &Store) -> Vec<f64> {
    let matchers = [Matcher::metric("headroom_planning_day_coverage_ratio")];
    let found = store.select(Selection::ever(&matchers), Hints::ALL, &Budget::unlimited()).unwrap();
    found
        .into_iter()
        .flat_map(|series| series.values)
        .map(|value| (value * 100.0).round())
        .collect()
}

async fn keep_at(days: &Days, now_ms: i64) {
    let due = days.due(now_ms, Stop::default()).unwrap();
    for due in due {
        let row = days.row(&due, Stop::default()).unwrap();
        days.tell(&due, row).await.unwrap();
    }
}

#[tokio::test]
async fn a_day_is_told_once_and_again_when_more_of_it_comes() {
    let folder = TempDir::new().unwrap();
    {
        let store = Arc::new(Store::open(folder.path()).unwrap());
        let counts = Arc::new(CollectorCounts::default());
        let (writer, thread) = Writer::start(Arc::clone(&store), counts).unwrap();
        let days = days(&store, writer);
        append(&store, 0, DAY_MS / 4);
        // It has not ended, or only just.
        keep_at(&days, NOW_MS - DAY_MS / 2).await;
        keep_at(&days, NOW_MS - 1).await;
        assert_eq!(told(&store), [0.0; 0]);
        keep_at(&days, NOW_MS).await;
        keep_at(&days, NOW_MS + 1).await;
        assert_eq!(told(&store), [25.0]);
        drop(days);
        thread.join().await.unwrap();
    }
    // The collector is started anew, and the agent's backlog comes.
    let store = Arc::new(Store::open(folder.path()).unwrap());
    let counts = Arc::new(CollectorCounts::default());
    let (writer, thread) = Writer::start(Arc::clone(&store), counts).unwrap();
    let days = days(&store, writer);
    append(&store, DAY_MS / 4, DAY_MS);
    keep_at(&days, NOW_MS + 2 * DAY_MS).await;
    assert_eq!(told(&store), [25.0, 100.0]);
    let of_the_day = |due: &Due| due.day == Day { from_ms: BEGIN_MS, to_ms: BEGIN_MS + DAY_MS };
    assert!(!days.due(NOW_MS + 3 * DAY_MS, Stop::default()).unwrap().iter().any(of_the_day));
    drop(days);
    thread.join().await.unwrap();
}

#[tokio::test]
async fn a_day_that_nobody_told_is_told_as_long_as_its_samples_are_kept() {
    let folder = TempDir::new().unwrap();
    let store = Arc::new(Store::open(folder.path()).unwrap());
    let counts = Arc::new(CollectorCounts::default());
    let (writer, thread) = Writer::start(Arc::clone(&store), counts).unwrap();
    let days = days(&store, writer);
    append(&store, 0, DAY_MS);
    keep_at(&days, NOW_MS + 61 * DAY_MS).await;
    assert_eq!(told(&store).first(), Some(&100.0));
    drop(days);
    thread.join().await.unwrap();
}
