//! Nothing is acknowledged that would not be there again, and `/-/ready` says so: a data directory
//! that is removed or replaced under the collector, a disk without room or inodes, a disk that hangs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use harness::by_hand::{ByHand, plain_frame};
use harness::{
    CollectorOptions, CollectorProgram, SmallDisk, StallingDisk, eventually, fetch, metric,
};
use tempfile::TempDir;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

const BOOT: u64 = 42;
const VALUES: u32 = 1000;

/// Longer than a commit may take, and than the collector takes to store its own numbers.
const PATIENCE: Duration = Duration::from_secs(60);

async fn collector(directory: PathBuf, store: &str) -> CollectorProgram {
    CollectorProgram::start(CollectorOptions {
        instances: vec!["ca1".into()],
        directory: Some(directory),
        store: store.to_owned(),
        ..CollectorOptions::default()
    })
    .await
}

/// A stream that has defined a thousand series.
async fn stream(collector: &CollectorProgram) -> Result<ByHand, Status> {
    let secret = collector.token("ca1").secret;
    ByHand::with_plain_series(&collector.grpc(), &secret, BOOT, VALUES).await
}

/// Sends a frame on a stream of its own: whether it is acknowledged, or why the stream ended.
async fn push(collector: &CollectorProgram, sequence: u64) -> Result<(), Status> {
    stream(collector).await?.push(plain_frame(BOOT, sequence, VALUES)).await
}

async fn ready(collector: &CollectorProgram) -> (u16, String) {
    let (status, body) = fetch(&collector.http("/-/ready")).await.unwrap();
    (status, String::from_utf8(body).unwrap())
}

/// What the standard health service tells of the collector and of its door.
async fn health(collector: &CollectorProgram) -> [ServingStatus; 2] {
    let endpoint = tonic::transport::Endpoint::from_shared(collector.grpc()).unwrap();
    let mut client = HealthClient::new(endpoint.connect().await.unwrap());
    let mut told = [ServingStatus::Unknown; 2];
    for (service, told) in ["", "headroom.v1.Telemetry"].into_iter().zip(&mut told) {
        let answer = client.check(HealthCheckRequest { service: service.into() }).await.unwrap();
        *told = answer.into_inner().status();
    }
    told
}

async fn agents_are_told(collector: &CollectorProgram, status: ServingStatus) {
    let is_told = async || (health(collector).await == [status; 2]).then_some(());
    eventually(&format!("health tells {status:?}"), PATIENCE, is_told).await;
}

/// Waits until the collector is not ready for a reason that holds `word`.
async fn not_ready(collector: &CollectorProgram, word: &str) {
    eventually(&format!("not ready: {word}"), PATIENCE, async || {
        let (status, reason) = ready(collector).await;
        (status == 503 && reason.starts_with("not ready: ") && reason.contains(word)).then_some(())
    })
    .await;
    agents_are_told(collector, ServingStatus::NotServing).await;
    assert_eq!(fetch(&collector.http("/-/healthy")).await.unwrap().0, 200, "it lives, though");
}

async fn ready_again(collector: &CollectorProgram) {
    let is_ready = async || (ready(collector).await == (200, "ready\n".into())).then_some(());
    eventually("ready again", PATIENCE, is_ready).await;
    agents_are_told(collector, ServingStatus::Serving).await;
}

/// What is done to a data directory leaves nothing acknowledged, and the collector not ready.
async fn check_displaced(displace: impl Fn(&Path)) {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let mut collector = collector(data.clone(), "").await;
    push(&collector, 1).await.unwrap();
    ready_again(&collector).await;
    displace(&data);
    let refused = push(&collector, 2).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{refused:?}");
    assert!(refused.message().contains("was removed or replaced"), "{refused:?}");
    not_ready(&collector, "was removed or replaced").await;
    assert_eq!(push(&collector, 2).await.unwrap_err().code(), Code::Unavailable);
    let told = collector.log().matches("nothing can be stored: ").count();
    assert_eq!(told, 1, "{}", collector.log());
    collector.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_that_is_removed_is_noticed_before_anything_is_acknowledged() {
    check_displaced(|data| std::fs::remove_dir_all(data).unwrap()).await;
    check_displaced(|data| {
        std::fs::remove_dir_all(data).unwrap();
        std::fs::create_dir_all(data.join("log")).unwrap();
        std::fs::create_dir_all(data.join("sealed/keyspaces")).unwrap();
    })
    .await;
    check_displaced(|data| std::fs::remove_dir_all(data.join("log")).unwrap()).await;
    check_displaced(|data| std::fs::remove_dir_all(data.join("sealed")).unwrap()).await;
    check_displaced(|data| {
        for entry in std::fs::read_dir(data.join("log")).unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_that_is_put_back_is_used_again() {
    let folder = TempDir::new().unwrap();
    let (data, aside) = (folder.path().join("data"), folder.path().join("aside"));
    let mut collector = collector(data.clone(), "").await;
    push(&collector, 1).await.unwrap();
    std::fs::rename(&data, &aside).unwrap();
    not_ready(&collector, "was removed or replaced").await;
    assert_eq!(push(&collector, 2).await.unwrap_err().code(), Code::Unavailable);
    std::fs::rename(&aside, &data).unwrap();
    push(&collector, 2).await.unwrap();
    ready_again(&collector).await;
    collector.terminate();
    let store = collector.open_store();
    let durable = headroom::store::Records::of(&store).durable_frames("ca1");
    assert_eq!(durable[0].1.ranges(), [(1, 2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_not_ready_until_there_is_room() {
    let disk = SmallDisk::new("size=96m");
    let mut collector = collector(disk.path().join("data"), "").await;
    push(&collector, 1).await.unwrap();
    let filler = disk.fill(0);
    eventually("nothing is acknowledged any more", PATIENCE, async || {
        push(&collector, 2).await.is_err().then_some(())
    })
    .await;
    not_ready(&collector, "No space left on device").await;
    let refused = push(&collector, 3).await.unwrap_err();
    // The whole chain of causes reaches who is refused.
    assert!(refused.message().contains("No space left on device"), "{refused:?}");
    assert!(metric(&collector, "headroom_store_failed_commits_total").await >= Some(2));
    std::fs::remove_file(filler).unwrap();
    push(&collector, 3).await.unwrap();
    ready_again(&collector).await;
    collector.terminate();
    let log = collector.log();
    assert_eq!(log.matches("nothing can be stored: ").count(), 1, "{log}");
    assert_eq!(log.matches("what comes is stored again").count(), 1, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_inodes_memory_stays_bounded_and_nothing_is_ready() {
    let disk = SmallDisk::new("size=256m,nr_inodes=400");
    let mut collector = collector(disk.path().join("data"), "head_bytes = '256 KiB'\n").await;
    push(&collector, 1).await.unwrap();
    ready_again(&collector).await;
    let filler = disk.path().join("filler");
    std::fs::create_dir(&filler).unwrap();
    let files = (0..).map(|n: u32| filler.join(n.to_string()));
    let made = files.take_while(|file| std::fs::File::create(file).is_ok()).count();
    assert!(made > 10, "{made} inodes were left");
    let mut acknowledged = 1;
    let refused = loop {
        match push(&collector, acknowledged + 1).await {
            Ok(()) => acknowledged += 1,
            Err(status) => break status,
        }
        assert!(acknowledged < 1000, "memory grows and grows");
    };
    // 8 KiB of values each: twice what memory may hold, and what was there before.
    assert!((30..=80).contains(&acknowledged), "{acknowledged} frames were taken");
    assert!(matches!(refused.code(), Code::Unavailable | Code::DeadlineExceeded), "{refused:?}");
    not_ready(&collector, "No space left on device").await;
    let held = metric(&collector, "headroom_store_head_bytes").await.unwrap();
    assert!(held < 600 << 10, "{held} bytes");
    std::fs::remove_dir_all(&filler).unwrap();
    eventually("frames are taken again", PATIENCE, async || {
        push(&collector, acknowledged + 1).await.ok()
    })
    .await;
    ready_again(&collector).await;
    collector.terminate();
    let store = collector.open_store();
    let durable = headroom::store::Records::of(&store).durable_frames("ca1");
    assert_eq!(durable[0].1.ranges(), [(1, acknowledged + 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_hangs_is_not_ready() {
    let disk = StallingDisk::new();
    let mut collector = collector(disk.path().join("data"), "").await;
    push(&collector, 1).await.unwrap();
    ready_again(&collector).await;
    disk.freeze();
    // Its own numbers hang, if nothing else does.
    not_ready(&collector, "has not answered for").await;
    disk.thaw();
    ready_again(&collector).await;
    push(&collector, 2).await.unwrap();
    collector.terminate();
}
