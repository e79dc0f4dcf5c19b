//! A collector with little memory, and a writer who invents series without end: they are refused and
//! counted, agents go on, and the collector starts again in the same memory.

use std::time::{SystemTime, UNIX_EPOCH};

use harness::by_hand::{ByHand, series};
use harness::remote_write::{
    WriteRequest, WrittenLabel, WrittenSample, WrittenSeries, remote_write,
};
use harness::{CollectorOptions, CollectorProgram, ControlGroup, fetch, metric};
use headroom_proto::wire::Frame;
use headroom_proto::wire::agent_message::Message as Up;
use headroom_proto::wire::collector_message::Message as Down;

/// Series of a request.
const SERIES: usize = 1000;

/// How much is offered, and to whom.
struct Crowd {
    memory: u64,
    requests: usize,
    name_bytes: usize,
    store: &'static str,
}

/// Names of so many series would take twice the memory; so small that the test is short.
const SMALL: Crowd = Crowd {
    memory: 512 << 20,
    requests: 500,
    name_bytes: 1000,
    store: "head_bytes = '16 MiB'\ncache_bytes = '8 MiB'\nlabel_bytes = '64 MiB'\n",
};

/// Five million series, and the defaults, which are for a gigabyte.
const WHOLE: Crowd = Crowd { memory: 1 << 30, requests: 5000, name_bytes: 60, store: "" };

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

/// Series that nobody has seen before, of instances that nobody has.
fn invented(number: usize, name_bytes: usize) -> WriteRequest {
    let label = |name: &str, value: String| WrittenLabel { name: name.into(), value };
    let one = |place: usize| WrittenSeries {
        labels: vec![
            label("__name__", "invented".into()),
            label("instance", format!("none-{number}")),
            label("long", format!("{number}-{place}-{}", "x".repeat(name_bytes))),
        ],
        samples: vec![WrittenSample { value: 1.0, timestamp_ms: now_ms() }],
    };
    WriteRequest { series: (0..SERIES).map(one).collect() }
}

/// An agent that defines a series of its own with each frame.
struct Agent {
    stream: ByHand,
    boot: u64,
    sequence: u64,
}

impl Agent {
    async fn connect(collector: &CollectorProgram, boot: u64) -> Self {
        let secret = collector.token("ca1").secret;
        let stream = ByHand::welcomed(&collector.grpc(), &secret, boot).await.unwrap();
        Self { stream, boot, sequence: 0 }
    }

    /// Pushes a frame of a new series, which must be acknowledged whole.
    async fn push(&mut self) {
        self.sequence += 1;
        let (boot, sequence, id) = (self.boot, self.sequence, self.sequence as u32);
        let unit = format!("{boot}-{id}");
        let labels = [("unit", unit.as_str()), ("job", "node")];
        self.stream.send(series(boot, &[(id, "load", &labels)])).await.unwrap();
        let frame = Frame {
            boot,
            sequence,
            timestamp_ms: now_ms(),
            ids: vec![id],
            values: vec![1.0],
            ..Frame::default()
        };
        self.stream.send(Up::Frame(frame)).await.unwrap();
        match self.stream.answer().await.unwrap() {
            Down::Acknowledgement(done) => assert_eq!(done.frames[0].last, sequence),
            other => panic!("{other:?}"),
        }
    }
}

/// Samples of series for which there was no room.
async fn refused(collector: &CollectorProgram) -> u64 {
    let mut sum = 0;
    for reason in ["label_limit", "store_series_limit"] {
        let name = format!("headroom_ingest_samples_refused_total{{reason=\"{reason}\"}}");
        sum += metric(collector, &name).await.unwrap();
    }
    sum
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs control groups that can be written; tests/run runs it where there are"]
async fn invented_series_end_no_collector_and_lock_out_no_agent() {
    crowded(&SMALL).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: the same in the size of a small host"]
async fn five_million_invented_series_end_no_collector_of_a_gigabyte() {
    crowded(&WHOLE).await;
}

async fn crowded(crowd: &Crowd) {
    let Crowd { memory, requests, name_bytes, store } = *crowd;
    let group = ControlGroup::new(&format!("headroom-crowding-{}", std::process::id()));
    group.limit_memory(memory);
    // What is done before it joins is counted elsewhere, so it joins before it begins.
    let joining = format!("{} && exec \"$0\" \"$@\"", group.joining());
    let mut collector = CollectorProgram::start(CollectorOptions {
        instances: vec!["ca1".into()],
        store: store.into(),
        under: vec!["sh".into(), "-c".into(), joining],
        ..CollectorOptions::default()
    })
    .await;
    let mut agent = Agent::connect(&collector, 1).await;
    let (client, to) = (reqwest::Client::new(), collector.remote_write());
    let mut statuses = Vec::new();
    for number in 0..requests {
        statuses.push(remote_write(&client, &to, &invented(number, name_bytes)).await);
        if number % 10 == 0 {
            agent.push().await;
        }
    }
    assert_eq!(statuses[0], Some(204));
    assert_eq!(statuses.last(), Some(&Some(400)), "what is refused is refused for good");
    assert!(statuses.iter().all(|status| matches!(status, Some(204 | 400))), "{statuses:?}");
    let offered = (requests * SERIES) as u64;
    assert!(refused(&collector).await > offered * 8 / 10);

    for boot in [2, 3] {
        collector.kill();
        collector.start_again().await;
        let mut agent = Agent::connect(&collector, boot).await;
        agent.push().await;
        let (status, found) =
            fetch(&collector.http("/api/v1/query?query=count(load)")).await.unwrap();
        let found = String::from_utf8(found).unwrap();
        assert!(status == 200 && found.contains("value"), "{status} {found}");
        assert_eq!(remote_write(&client, &to, &invented(requests, name_bytes)).await, Some(400));
        agent.push().await;
    }
    collector.terminate();
    drop(group);
}
