//! A writer who invents series without end, of instances that nobody has and of an agent's own: the
//! agent that comes after it has its room, also when the collector has begun again.

use std::time::{SystemTime, UNIX_EPOCH};

use harness::by_hand::{ByHand, series};
use harness::remote_write::{
    WriteRequest, WrittenLabel, WrittenSample, WrittenSeries, remote_write,
};
use harness::{CollectorOptions, CollectorProgram, fetch, metric};
use headroom_proto::wire::Frame;
use headroom_proto::wire::agent_message::Message as Up;
use headroom_proto::wire::collector_message::Message as Down;
use serde_json::Value;

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

/// A quarter of what one instance may have, which is less than one of what all may have.
const OWN: u32 = 250;
const STORE: &str = "series = 2000\nseries_per_instance = 1000\nlabel_bytes = '1 MiB'\n";

/// A thousand series that nobody has seen before; half of them the agent's host by name.
fn invented(number: usize) -> WriteRequest {
    let label = |name: &str, value: String| WrittenLabel { name: name.into(), value };
    let one = |place: usize| WrittenSeries {
        labels: vec![
            label("__name__", "invented".into()),
            label(
                "instance",
                if place.is_multiple_of(2) { "ca1".into() } else { format!("none-{place}") },
            ),
            label("job", "other".into()),
            label("number", format!("{number}-{place}-{}", "x".repeat(100))),
        ],
        samples: vec![WrittenSample { value: 1.0, timestamp_ms: now_ms() }],
    };
    WriteRequest { series: (0..1000).map(one).collect() }
}

/// An agent that comes with all of its series at once: they are stored, each of them.
async fn comes(collector: &CollectorProgram, boot: u64) {
    let secret = collector.token("ca1").secret;
    let mut stream = ByHand::welcomed(&collector.grpc(), &secret, boot).await.unwrap();
    let labels = [("job", "node")];
    let names: Vec<String> = (0..OWN).map(|id| format!("node_{id}")).collect();
    let definitions: Vec<_> =
        (0..).zip(&names).map(|(id, name)| (id, &**name, &labels[..])).collect();
    stream.send(series(boot, &definitions)).await.unwrap();
    let timestamp_ms = now_ms();
    let (ids, values) = ((0..OWN).collect(), vec![1.0; OWN as usize]);
    let frame = Frame { boot, sequence: 1, timestamp_ms, ids, values, ..Frame::default() };
    stream.send(Up::Frame(frame)).await.unwrap();
    match stream.answer().await.unwrap() {
        Down::Acknowledgement(done) => assert_eq!(done.frames[0].last, 1),
        other => panic!("{other:?}"),
    }
    let at = timestamp_ms as f64 / 1000.0;
    let path = format!("/api/v1/query?query=count({{instance=\"ca1\",job=\"node\"}})&time={at}");
    let (_, found) = fetch(&collector.http(&path)).await.unwrap();
    let found: Value = serde_json::from_slice(&found).unwrap();
    assert_eq!(found["data"]["result"][0]["value"][1], OWN.to_string(), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn invented_series_never_take_an_agents_room() {
    let mut collector = CollectorProgram::start(CollectorOptions {
        instances: vec!["ca1".into()],
        store: STORE.into(),
        ..CollectorOptions::default()
    })
    .await;
    let (client, to) = (reqwest::Client::new(), collector.remote_write());
    let flood = async |collector: &CollectorProgram, numbers: std::ops::Range<usize>| {
        for number in numbers {
            remote_write(&client, &to, &invented(number)).await;
        }
        let refused = "headroom_ingest_samples_refused_total{reason=";
        let mut all = 0;
        for reason in ["series_limit", "store_series_limit", "label_limit"] {
            all += metric(collector, &format!("{refused}\"{reason}\"}}")).await.unwrap();
        }
        assert!(all > 1000, "{all} are refused");
    };
    flood(&collector, 0..5).await;
    comes(&collector, 1).await;
    flood(&collector, 5..8).await;
    collector.kill();
    collector.start_again().await;
    flood(&collector, 8..11).await;
    comes(&collector, 2).await;
    collector.terminate();
}
