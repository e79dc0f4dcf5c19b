//! What agents may not do: each is refused with its reason, counted, and the rest is kept.

use std::time::{SystemTime, UNIX_EPOCH};

use harness::by_hand::{ByHand, hello, series};
use harness::{CollectorOptions, CollectorProgram, counted, fetch};
use headroom::samples::{Budget, Hints, Matcher, Samples, Selection};
use headroom_proto::limits::MAX_MESSAGE_BYTES;
use headroom_proto::metric::JOB;
use headroom_proto::wire::agent_message::Message as Up;
use headroom_proto::wire::collector_message::Message as Down;
use headroom_proto::wire::{Frame, Loss, SequenceRange};
use tonic::Code;

const BOOT: u64 = 42;

async fn collector() -> CollectorProgram {
    let instances = vec!["ca1".into(), "ca2".into()];
    CollectorProgram::start(CollectorOptions { instances, ..CollectorOptions::default() }).await
}

/// A stream of an instance that the collector welcomes.
async fn welcomed(collector: &CollectorProgram, instance: &str) -> ByHand {
    let secret = collector.token(instance).secret;
    ByHand::welcomed(&collector.grpc(), &secret, BOOT).await.unwrap()
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

fn frame(sequence: u64, ahead_ms: i64, ids: &[u32]) -> Up {
    let values = vec![1.0; ids.len()];
    let timestamp_ms = now_ms() + ahead_ms;
    let ids = ids.to_vec();
    Up::Frame(Frame { boot: BOOT, sequence, timestamp_ms, ids, values, ..Frame::default() })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_may_not_be_ends_with_its_reason() {
    let mut collector = collector().await;
    let secret = collector.token("ca1").secret;
    let hash = headroom::identity::TokenHash::of(&secret).to_string();
    let known = Some(secret.as_str());
    let upgrade = "the agent speaks protocol 2, this collector 1; upgrade the collector";
    let cases = [
        (
            None,
            hello(1, BOOT),
            Code::Unauthenticated,
            "no token: send `authorization: Bearer TOKEN`",
        ),
        (
            Some("x"),
            hello(1, BOOT),
            Code::Unauthenticated,
            "the token is not known to this collector",
        ),
        (
            Some(&*hash),
            hello(1, BOOT),
            Code::Unauthenticated,
            "the token is not known to this collector",
        ),
        (known, hello(2, BOOT), Code::FailedPrecondition, upgrade),
        (known, hello(0, BOOT), Code::InvalidArgument, "Hello without a protocol"),
        (known, frame(1, 0, &[1]), Code::FailedPrecondition, "the first message must be Hello"),
    ];
    for (token, first, code, message) in cases {
        let refused = match ByHand::open(&collector.grpc(), token, first).await {
            Err(status) => status,
            Ok(mut stream) => stream.answer().await.unwrap_err(),
        };
        assert_eq!((refused.code(), refused.message()), (code, message));
    }
    counted(&collector, "headroom_ingest_streams_refused_total", 3).await;
    collector.terminate();
    let log = collector.log();
    assert!(!log.contains(&secret), "the log must not hold a token");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_samples_are_left_out_and_the_rest_is_kept() {
    let mut collector = collector().await;
    let mut stream = welcomed(&collector, "ca1").await;
    stream
        .send(series(
            BOOT,
            &[
                (1, "good", &[("job", "node")]),
                (2, "imposter", &[("instance", "ca2")]),
                (3, "not a name", &[]),
                (4, "histogram_bucket", &[("le", "NaN")]),
            ],
        ))
        .await
        .unwrap();
    let reasons = [
        "series 2: label \"instance\" is set by the collector, never by an agent",
        "series 3: metric name \"not a name\" must match [a-zA-Z_:][a-zA-Z0-9_:]* within 128 bytes",
        "series 4: label \"le\" must be a number, not \"NaN\"",
    ];
    for reason in reasons {
        let Down::Refusal(refusal) = stream.answer().await.unwrap() else { panic!("no refusal") };
        assert_eq!((refusal.reason.as_str(), refusal.whole_frame), (reason, false));
    }
    // Frame 1 has a good sample, three refused ones and one of a series that nobody defined.
    stream.send(frame(1, 0, &[1, 2, 3, 4, 9])).await.unwrap();
    let Down::Refusal(refusal) = stream.answer().await.unwrap() else { panic!("no refusal") };
    assert_eq!((refusal.reason.as_str(), refusal.samples), ("series 2 was refused", 3));
    let Down::Refusal(refusal) = stream.answer().await.unwrap() else { panic!("no refusal") };
    assert_eq!((refusal.reason.as_str(), refusal.samples), ("series 9 was never defined", 1));
    let Down::Acknowledgement(done) = stream.answer().await.unwrap() else { panic!("no answer") };
    assert_eq!((done.frames[0].first, done.frames[0].last), (1, 1));
    // Frame 2 is from the future as a whole; frame 3 goes on.
    stream.send(frame(2, 3_595_000, &[1])).await.unwrap();
    let Down::Refusal(refusal) = stream.answer().await.unwrap() else { panic!("no refusal") };
    assert!(refusal.whole_frame && refusal.sequence == 2, "{refusal:?}");
    // How far ahead depends on when it arrives.
    let reason = refusal.reason.strip_prefix("timestamp 35").unwrap_or_default();
    assert!(reason.ends_with(" s ahead of the collector's clock, at most 300 s"), "{refusal:?}");
    stream.send(frame(3, 0, &[1])).await.unwrap();
    assert!(matches!(stream.answer().await.unwrap(), Down::Acknowledgement(_)));
    for (reason, samples) in [("series", 3), ("unknown_series", 1), ("future", 1), ("frame", 0)] {
        let name = format!("headroom_ingest_samples_refused_total{{reason=\"{reason}\"}}");
        counted(&collector, &name, samples).await;
    }
    counted(&collector, "headroom_ingest_samples_total", 2).await;

    // A frame beyond the limit of a message ends the stream, and only that.
    let many = vec![1; MAX_MESSAGE_BYTES / 8];
    stream.send(frame(4, 0, &many)).await.unwrap();
    let status = stream.answer().await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange, "{status:?}");
    let mut again = welcomed(&collector, "ca1").await;
    again.send(series(BOOT, &[(1, "good", &[("job", "node")])])).await.unwrap();
    again.send(frame(3, 0, &[1])).await.unwrap();
    assert!(matches!(again.answer().await.unwrap(), Down::Acknowledgement(_)));
    counted(&collector, "headroom_ingest_frames_total{outcome=\"duplicate\"}", 1).await;
    drop((stream, again));
    collector.terminate();

    let store = collector.open_store();
    let read = |matchers: &[Matcher]| {
        store.select(Selection::ever(matchers), Hints::default(), &Budget::unlimited()).unwrap()
    };
    let found = read(&[Matcher::not_equal(JOB, "headroom")]);
    let names: Vec<String> = found.iter().map(|series| series.labels.to_string()).collect();
    assert_eq!(names, ["good{instance=\"ca1\",job=\"node\"}"]);
    assert_eq!(found[0].values, [1.0, 1.0]);
    assert!(read(&[Matcher::equal("instance", "ca2")]).is_empty());
}

/// A loss that begins so long ago and lasts forty minutes.
fn loss(first_sequence: u64, last_sequence: u64, begin_ms: i64) -> Loss {
    let first_timestamp_ms = now_ms() + begin_ms;
    let last_timestamp_ms = first_timestamp_ms.saturating_add(2_400_000);
    let boot = BOOT + first_sequence;
    Loss {
        boot,
        first_sequence,
        last_sequence,
        first_timestamp_ms,
        last_timestamp_ms,
        samples: 9,
        reason: 1,
    }
}

/// Each report is answered, also one that cannot be true, so that no agent repeats it for ever; and
/// whatever was reported, there is a picture.
#[tokio::test(flavor = "multi_thread")]
async fn losses_that_cannot_be_are_acknowledged_and_counted_and_the_others_can_be_drawn() {
    let mut collector = collector().await;
    let mut stream = welcomed(&collector, "ca1").await;
    let known = series(BOOT, &[(1, "headroom_agent_frames_total", &[("job", "headroom")])]);
    stream.send(known).await.unwrap();
    stream.send(frame(1, 0, &[1])).await.unwrap();
    assert!(matches!(stream.answer().await.unwrap(), Down::Acknowledgement(_)));
    let good = (1..=30).map(|n| loss(n, n + 240, -7_200_000));
    let backwards = Loss { last_timestamp_ms: 5, ..loss(40, 50, -7_200_000) };
    let bad = [loss(5, 3, -7_200_000), loss(0, 3, -7_200_000), loss(1, u64::MAX, -7_200_000)];
    let untimely = [loss(1, 9, 86_400_000), loss(1, 9, i64::MIN / 2)];
    let bad = bad.into_iter().chain(untimely).chain([backwards]);
    for report in good.chain(bad) {
        let (boot, first, last) = (report.boot, report.first_sequence, report.last_sequence);
        stream.send(Up::Loss(report)).await.unwrap();
        let Down::Acknowledgement(done) = stream.answer().await.unwrap() else {
            panic!("no answer")
        };
        assert_eq!(done.losses, [SequenceRange { boot, first, last }]);
    }
    counted(&collector, "headroom_ingest_losses_refused_total", 6).await;
    counted(&collector, "headroom_ingest_lost_frames_total", 30 * 241).await;
    for file in ["hour.svg", "day.png", "year.json"] {
        let path = format!("/graphs/ca1/network/{file}");
        let (status, body) = fetch(&collector.http(&path)).await.unwrap();
        assert!(status == 200 && body.len() < 1 << 20, "{file}: {status}, {} bytes", body.len());
    }
    stream.send(frame(2, 0, &[1])).await.unwrap();
    assert!(matches!(stream.answer().await.unwrap(), Down::Acknowledgement(_)));
    drop(stream);
    collector.terminate();
}
