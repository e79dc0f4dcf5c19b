//! Connections that keep silent, by the hundred: they lock nobody out, and end by themselves.

use std::net::SocketAddr;
use std::time::Duration;

use harness::by_hand::ByHand;
use harness::{CollectorOptions, CollectorProgram, counted, eventually, fetch, metric};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// Silent connections all end within this; the longest may stay for half a minute.
const PATIENCE: Duration = Duration::from_secs(120);

fn address(url: &str) -> SocketAddr {
    url.trim_start_matches("http://").trim_end_matches('/').parse().unwrap()
}

/// A connection from an address of this machine.
async fn from(own: &str, to: SocketAddr) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{own}:0").parse().unwrap()).unwrap();
    socket.connect(to).await.ok()
}

async fn crowd(own: &str, to: SocketAddr, count: usize) -> Vec<TcpStream> {
    let mut crowd = Vec::new();
    for _ in 0..count {
        crowd.extend(from(own, to).await);
    }
    crowd
}

/// Whether the collector has ended it; what comes before that does not matter.
async fn ends(stream: &mut TcpStream) -> bool {
    let mut text = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut text)).await;
    read.is_ok()
}

async fn one_host(options: CollectorOptions) -> CollectorProgram {
    CollectorProgram::start(CollectorOptions { instances: vec!["ca1".into()], ..options }).await
}

/// A reader from elsewhere is answered, and so is an agent.
async fn serves(collector: &CollectorProgram) {
    eventually("a reader is answered", Duration::from_secs(20), async || {
        fetch(&collector.http("/-/healthy")).await.filter(|(status, _)| *status == 200)
    })
    .await;
    let secret = collector.token("ca1").secret;
    eventually("an agent is welcomed", Duration::from_secs(20), async || {
        ByHand::welcomed(&collector.grpc(), &secret, 7).await.ok()
    })
    .await;
}

async fn crowded(collector: &CollectorProgram, listener: &str) -> u64 {
    let name = format!("headroom_{listener}_connections_cut_total{{reason=\"crowded\"}}");
    metric(collector, &name).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_peer_of_silent_connections_locks_nobody_out() {
    let few = || "connections = 40\nconnections_per_peer = 10\n".to_owned();
    let options = CollectorOptions { http: few(), grpc: few(), ..CollectorOptions::default() };
    let mut collector = one_host(options).await;
    let mut silent = crowd("127.0.0.2", address(&collector.http("")), 64).await;
    silent.extend(crowd("127.0.0.2", address(&collector.grpc()), 64).await);
    serves(&collector).await;
    // Of each peer the oldest that had asked nothing went for the next.
    assert_eq!(crowded(&collector, "http").await, 54);
    assert_eq!(crowded(&collector, "grpc").await, 54);
    drop(silent);
    collector.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quarter_is_kept_for_known_agents() {
    let grpc = "connections = 20\nconnections_per_peer = 10\n".to_owned();
    let mut collector = one_host(CollectorOptions { grpc, ..CollectorOptions::default() }).await;
    // Known from here on.
    serves(&collector).await;
    eventually("it has gone", Duration::from_secs(20), async || {
        metric(&collector, "headroom_grpc_connections").await.filter(|open| *open == 0)
    })
    .await;
    let to = address(&collector.grpc());
    let mut silent = crowd("127.0.0.2", to, 10).await;
    silent.extend(crowd("127.0.0.3", to, 10).await);
    serves(&collector).await;
    assert_eq!(crowded(&collector, "grpc").await, 5);
    drop(silent);
    collector.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn few_open_files_are_shared_out_too() {
    let options = CollectorOptions {
        under: ["prlimit", "--nofile=128:128"].map(Into::into).into(),
        ..CollectorOptions::default()
    };
    let mut collector = one_host(options).await;
    // Not even from where they come.
    let mut silent = crowd("127.0.0.1", address(&collector.http("")), 64).await;
    silent.extend(crowd("127.0.0.1", address(&collector.grpc()), 64).await);
    serves(&collector).await;
    assert!(collector.log().contains("up to 128 files may be open"), "{}", collector.log());
    drop(silent);
    collector.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_files_as_the_system_allows_may_be_open() {
    let options = CollectorOptions {
        under: ["prlimit", "--nofile=256:512"].map(Into::into).into(),
        ..CollectorOptions::default()
    };
    let mut collector = one_host(options).await;
    assert!(collector.log().contains("up to 512 files may be open"), "{}", collector.log());
    collector.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_keeps_silent_is_cut_off() {
    let mut collector = one_host(CollectorOptions::default()).await;
    let (http, grpc) = (address(&collector.http("")), address(&collector.grpc()));
    let host = format!("Host: {http}\r\n");
    let mut silent = Vec::new();
    for (to, said) in [
        (http, String::new()),
        (http, "GET / HTTP/1.1\r\nHost: ".into()),
        // A request that was answered leaves the connection open, but not for ever.
        (http, format!("GET /-/healthy HTTP/1.1\r\n{host}\r\n")),
        (http, format!("POST /api/v1/query HTTP/1.1\r\n{host}content-length: 9\r\n\r\nq")),
        (grpc, String::new()),
        (grpc, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into()),
    ] {
        let mut stream = from("127.0.0.1", to).await.unwrap();
        stream.write_all(said.as_bytes()).await.unwrap();
        silent.push(stream);
    }
    // Health is told to strangers, but none of them may listen for ever.
    let channel = tonic::transport::Endpoint::from_shared(collector.grpc()).unwrap();
    let mut health = HealthClient::new(channel.connect().await.unwrap());
    let request = HealthCheckRequest { service: String::new() };
    let mut watch = health.watch(request).await.unwrap().into_inner();
    assert!(watch.message().await.unwrap().is_some());
    let mut others = Vec::new();
    let told = loop {
        let request = HealthCheckRequest { service: String::new() };
        let channel = tonic::transport::Endpoint::from_shared(collector.grpc()).unwrap();
        let mut health = HealthClient::new(channel.connect().await.unwrap());
        match health.watch(request).await {
            Ok(watch) => others.push(watch),
            Err(status) => break status,
        }
    };
    assert_eq!((told.code(), others.len()), (tonic::Code::ResourceExhausted, 127));
    // That it serves now may be told on the way.
    let listening = async { while let Ok(Some(_)) = watch.message().await {} };
    assert!(tokio::time::timeout(PATIENCE, listening).await.is_ok(), "still listening");
    for (place, stream) in silent.iter_mut().enumerate() {
        assert!(ends(stream).await, "{place} is still open");
    }
    for (name, at_least) in [
        ("headroom_http_connections_cut_total{reason=\"idle\"}", 2),
        ("headroom_grpc_connections_cut_total{reason=\"stranger\"}", 3),
    ] {
        eventually(name, PATIENCE, async || {
            metric(&collector, name).await.filter(|cut| *cut >= at_least)
        })
        .await;
    }
    collector.terminate();
}

/// An agent's own connection is no stranger's, however long it stays.
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_says_little_stays() {
    let mut collector = one_host(CollectorOptions::default()).await;
    let secret = collector.token("ca1").secret;
    let agent = ByHand::welcomed(&collector.grpc(), &secret, 7).await.unwrap();
    let mut stranger = from("127.0.0.1", address(&collector.grpc())).await.unwrap();
    assert!(ends(&mut stranger).await, "a stranger that came later is cut off");
    counted(&collector, "headroom_ingest_streams", 1).await;
    drop(agent);
    collector.terminate();
}

/// What speaks another protocol is no reader.
#[tokio::test(flavor = "multi_thread")]
async fn pages_speak_one_protocol() {
    let mut collector = one_host(CollectorOptions::default()).await;
    let mut stream = from("127.0.0.1", address(&collector.http(""))).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut text = Vec::new();
    stream.read_to_end(&mut text).await.unwrap();
    assert!(text.is_empty() || text.starts_with(b"HTTP/1.1 4"), "{text:?}");
    let name = "headroom_http_connections_cut_total{reason=\"malformed\"}";
    counted(&collector, name, 1).await;
    collector.terminate();
}
