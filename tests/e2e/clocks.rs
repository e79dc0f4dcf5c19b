//! Whose clock is wrong: what the collector's alone makes future is neither stored nor refused.

use std::time::{SystemTime, UNIX_EPOCH};

use harness::by_hand::{ByHand, series};
use harness::{CollectorOptions, CollectorProgram, counted, metric};
use headroom::samples::Labels;
use headroom::store::{FrameId, FrameWrite, Store};
use headroom_proto::limits::PROTOCOL;
use headroom_proto::wire::agent_message::Message as Up;
use headroom_proto::wire::collector_message::Message as Down;
use headroom_proto::wire::{Frame, Hello};
use tempfile::TempDir;
use tonic::Code;

const BOOT: u64 = 42;
const DAY_MS: i64 = 86_400_000;

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

/// Sends a frame of a moment so far ahead, as an agent whose clock says that; answers with what the
/// collector says.
async fn push(
    collector: &CollectorProgram,
    instance: &str,
    (clock_ms, ahead_ms): (i64, i64),
) -> Result<Down, tonic::Status> {
    let agent_version = "by hand".into();
    let hello = Hello {
        protocol: PROTOCOL,
        boot: BOOT,
        agent_version,
        now_ms: clock_ms,
        settings_version: 0,
    };
    let secret = collector.token(instance).secret;
    let mut stream = ByHand::open(&collector.grpc(), Some(&secret), Up::Hello(hello)).await?;
    assert!(matches!(stream.answer().await?, Down::Welcome(_)));
    stream.send(series(BOOT, &[(1, "good", &[("job", "node")])])).await?;
    let (timestamp_ms, ids, values) = (now_ms() + ahead_ms, vec![1], vec![1.0]);
    let frame = Frame { boot: BOOT, sequence: 1, timestamp_ms, ids, values, ..Frame::default() };
    stream.send(Up::Frame(frame)).await?;
    stream.answer().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_behind_what_is_stored_refuses_nothing_for_good() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    {
        // As if the collector's clock had been right until it was started again ten days too early.
        let store = Store::open(&data).unwrap();
        let series = [store.series_id(&Labels::new("good", [("instance", "ca9")])).unwrap()].into();
        let id = Some(FrameId { instance: "ca9".into(), boot: 1, sequence: 1 });
        let timestamp_ms = now_ms() + 10 * DAY_MS;
        store
            .append(&[FrameWrite {
                id,
                timestamp_ms,
                series,
                values: vec![1.0],
                rounds: Vec::new(),
            }])
            .unwrap();
    }
    let mut collector = CollectorProgram::start(CollectorOptions {
        instances: vec!["ca1".into(), "ca2".into(), "ca3".into()],
        directory: Some(data),
        ..CollectorOptions::default()
    })
    .await;
    // An agent that does not say its clock, and one that says it is as late as what is stored.
    let (silent, late) = tokio::join!(
        push(&collector, "ca1", (0, 10 * DAY_MS)),
        push(&collector, "ca2", (now_ms() + 10 * DAY_MS, 10 * DAY_MS)),
    );
    for held in [silent, late] {
        let held = held.unwrap_err();
        assert_eq!(held.code(), Code::Unavailable, "{held:?}");
        assert!(held.message().contains("the collector's own clock may be wrong"), "{held:?}");
    }
    assert_eq!(metric(&collector, "headroom_ingest_samples_total").await, Some(0));
    let refused = "headroom_ingest_samples_refused_total{reason=\"future\"}";
    assert_eq!(metric(&collector, refused).await, Some(0));
    // One whose clock agrees says itself that its frame is from the future.
    let answer = push(&collector, "ca3", (now_ms(), 10 * DAY_MS)).await.unwrap();
    assert!(matches!(answer, Down::Refusal(refusal) if refusal.whole_frame));
    counted(&collector, refused, 1).await;
    // What is neither old nor future is stored whoever is right.
    let answer = push(&collector, "ca1", (0, 0)).await.unwrap();
    assert!(matches!(answer, Down::Acknowledgement(_)), "{answer:?}");
    collector.terminate();
}
