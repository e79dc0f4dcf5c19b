//! A collector that may open no more files: who is there is told, who comes waits, nothing that was
//! acknowledged is lost, and all goes on as soon as there are files again.

use std::process::Command;
use std::time::Duration;

use harness::by_hand::{ByHand, plain_frame};
use harness::{CollectorOptions, CollectorProgram, eventually};
use tonic::{Code, Status};

const BOOT: u64 = 42;
const VALUES: u32 = 1000;
const PATIENCE: Duration = Duration::from_secs(60);

/// As many files as the system lets it open once all is well.
const MOST: usize = 1024;

async fn stream(collector: &CollectorProgram) -> Result<ByHand, Status> {
    let secret = collector.token("ca1").secret;
    ByHand::with_plain_series(&collector.grpc(), &secret, BOOT, VALUES).await
}

/// Sends a frame: whether it is acknowledged, or why the stream ended.
async fn push(stream: &mut ByHand, sequence: u64) -> Result<(), Status> {
    stream.push(plain_frame(BOOT, sequence, VALUES)).await
}

/// How many files a running collector has open, and how many it may have from here on.
fn allow(collector: &CollectorProgram, most: impl FnOnce(usize) -> usize) {
    let open = std::fs::read_dir(format!("/proc/{}/fd", collector.id())).unwrap().count();
    let (most, id) = (most(open), collector.id());
    let mut prlimit = Command::new("prlimit");
    prlimit.arg(format!("--pid={id}")).arg(format!("--nofile={most}:{MOST}"));
    assert!(prlimit.status().unwrap().success());
}

/// Who has a connection already.
struct Reader<'c> {
    collector: &'c CollectorProgram,
    client: reqwest::Client,
}

impl Reader<'_> {
    async fn ask(&self, path: &str) -> (u16, String) {
        let answer = self.client.get(self.collector.http(path)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn metric(&self, name: &str) -> u64 {
        let (_, text) = self.ask("/metrics").await;
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().parse().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_files_to_open_nothing_acknowledged_is_lost_and_with_them_all_goes_on() {
    let mut collector = CollectorProgram::start(CollectorOptions {
        instances: vec!["ca1".into()],
        store: "head_bytes = '256 KiB'\n".into(),
        under: ["prlimit".to_owned(), format!("--nofile=64:{MOST}")].into(),
        ..CollectorOptions::default()
    })
    .await;
    let raised = format!("up to {MOST} files may be open");
    assert!(collector.log().contains(&raised), "{}", collector.log());
    let reader = Reader { collector: &collector, client: reqwest::Client::new() };
    let mut agent = stream(&collector).await.unwrap();
    push(&mut agent, 1).await.unwrap();
    assert_eq!(reader.ask("/-/ready").await.0, 200);

    allow(&collector, |open| open);
    let healthy = collector.http("/-/healthy");
    let late = tokio::spawn(async move { reqwest::get(healthy).await });
    eventually("a connection cannot be taken", PATIENCE, async || {
        let name = "headroom_http_connections_refused_total{reason=\"system\"}";
        (reader.metric(name).await > 0).then_some(())
    })
    .await;
    let mut acknowledged = 1;
    let refused = loop {
        match push(&mut agent, acknowledged + 1).await {
            Ok(()) => acknowledged += 1,
            Err(status) => break status,
        }
        assert!(acknowledged < 1000, "memory grows and grows");
    };
    assert!(matches!(refused.code(), Code::Unavailable | Code::DeadlineExceeded), "{refused:?}");
    eventually("the reason is told", PATIENCE, async || {
        let (status, reason) = reader.ask("/-/ready").await;
        (status == 503 && reason.contains("Too many open files")).then_some(())
    })
    .await;
    let (status, answer) = reader.ask("/api/v1/query?query=count(m1)").await;
    assert!(status == 200 || answer.contains("\"error\""), "{status} {answer}");

    allow(&collector, |_| MOST);
    let late = late.await.unwrap();
    assert_eq!(late.unwrap().status(), 200, "who came meanwhile has waited");
    eventually("frames are taken again", PATIENCE, async || {
        let mut agent = stream(&collector).await.ok()?;
        push(&mut agent, acknowledged + 1).await.ok()
    })
    .await;
    eventually("ready again", PATIENCE, async || {
        (reader.ask("/-/ready").await.0 == 200).then_some(())
    })
    .await;
    collector.kill();
    let store = collector.open_store();
    let durable = headroom::store::Records::of(&store).durable_frames("ca1");
    assert_eq!(durable[0].1.ranges(), [(1, acknowledged + 1)]);
}
