//! The connection itself: settings come down, health is told, a wrong authority is refused.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use harness::{
    AgentOptions, AgentProgram, CollectorOptions, CollectorProgram, eventually, fetch, metric,
};
use headroom_proto::settings::versioned;
use headroom_proto::wire::Settings;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

const STORED: &str = "headroom_ingest_frames_total{outcome=\"stored\"}";

fn one_host(tls: bool, interval: Option<&str>) -> CollectorOptions {
    CollectorOptions {
        instances: vec!["ca1".into()],
        tls,
        interval: interval.map(Into::into),
        ..CollectorOptions::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_collector_sets_the_pace_and_hears_that_it_is_kept() {
    let mut collector = CollectorProgram::start(one_host(false, Some("100ms"))).await;
    // By its own configuration this agent would take one round an hour.
    let mut agent = AgentProgram::start(&collector, "ca1", &AgentOptions::each("1h"));
    eventually("many rounds", Duration::from_secs(30), async || {
        metric(&collector, STORED).await.filter(|frames| *frames >= 10)
    })
    .await;
    let asked = versioned(Settings { sample_interval_ms: 100, ..Settings::default() });
    let echo =
        format!("agent applied settings instance=\"ca1\" version={} refused=0", asked.version);
    eventually("the version comes back", Duration::from_secs(10), async || {
        collector.log().contains(&echo).then_some(())
    })
    .await;
    agent.terminate();
    collector.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_standard_health_service_answers() {
    let mut collector = CollectorProgram::start(one_host(false, None)).await;
    let channel = tonic::transport::Endpoint::from_shared(collector.grpc()).unwrap();
    let mut client = HealthClient::new(channel.connect().await.unwrap());
    for (service, expected) in [
        ("", Some(ServingStatus::Serving)),
        ("headroom.v1.Telemetry", Some(ServingStatus::Serving)),
        ("headroom.v1.Nothing", None),
    ] {
        let answer = client.check(HealthCheckRequest { service: service.into() }).await;
        let status = answer.ok().map(|answer| answer.into_inner().status());
        assert_eq!(status, expected, "{service:?}");
    }
    drop(client);
    collector.terminate();
}

/// Half a request, or none at all, holds a connection open; the collector ends all the same.
#[tokio::test(flavor = "multi_thread")]
async fn who_dawdles_does_not_keep_the_collector() {
    let mut collector = CollectorProgram::start(one_host(false, None)).await;
    let mut dawdlers = Vec::new();
    for address in [collector.http(""), collector.grpc()] {
        let mut silent = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
        silent.write_all(b"GET / HTTP/1.1\r\nHost: ").unwrap();
        dawdlers.push(silent);
        dawdlers.push(TcpStream::connect(address.trim_start_matches("http://")).unwrap());
    }
    // A page in between, so that the connections before it have been taken.
    assert_eq!(fetch(&collector.http("/-/healthy")).await.unwrap().0, 200);
    collector.terminate();
    drop(dawdlers);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_trusts_its_own_authority_only() {
    let mut collector = CollectorProgram::start(one_host(true, None)).await;
    let authority = collector.authority().unwrap();
    std::fs::write(authority, harness::certificates().authority).unwrap();
    let mut agent = AgentProgram::start(&collector, "ca1", &AgentOptions::each("100ms"));
    eventually("the agent says why", Duration::from_secs(30), async || {
        agent.log().contains("invalid peer certificate").then_some(())
    })
    .await;
    assert!(agent.log().contains("frames wait in the spool"), "{}", agent.log());
    assert_eq!(metric(&collector, STORED).await, Some(0));
    agent.terminate();
    collector.terminate();
}
