//! Settings on the board, and on a real stream.

use std::time::Duration;

use headroom_agent::uplink::{Answer, CollectorAddress, Introduction, Token, WireClient};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::clock::Clock;
use crate::connections::ConnectionLimits;
use crate::identity::TokenHash;
use crate::ingest::{self, Clocks, IngestOptions};
use crate::store::Store;
use crate::telemetry::CollectorCounts;
use crate::writer::Writer;

const SECRET: &str = "secret";

fn agents(interval: Option<Duration>) -> Agents {
    let token = TokenHash::of(SECRET);
    [Agent { instance: "ca1".into(), token, interval }].into_iter().collect()
}

fn each(sample_interval_ms: u64) -> Settings {
    versioned(Settings { sample_interval_ms, ..Settings::default() })
}

#[test]
fn an_echo_is_kept_within_limits() {
    let board = SettingsBoard::of(&agents(None), &Places::default());
    assert_eq!(board.echo("ca1"), None);
    let long = "é".repeat(1000);
    let refused = RefusedSetting { setting: long.clone(), reason: long };
    let kept = board.keep_echo("ca1", SettingsApplied { version: 5, refused: vec![refused; 100] });
    assert_eq!(board.echo("ca1"), Some(kept.clone()));
    assert_eq!((kept.version, kept.refused.len()), (5, MAX_REFUSED));
    assert!(kept.refused.iter().all(|one| one.reason == "é".repeat(MAX_LETTERS)));
    // Whoever is not known has no place on the board.
    board.keep_echo("ca2", SettingsApplied::default());
    assert_eq!(board.echo("ca2"), None);
}

#[tokio::test]
async fn settings_are_sent_at_the_beginning_and_whenever_they_change() {
    let folder = TempDir::new().unwrap();
    let store = Arc::new(Store::open(folder.path()).unwrap());
    let counts = Arc::new(CollectorCounts::default());
    let (writer, thread) = Writer::start(store, Arc::clone(&counts)).unwrap();
    let agents = agents(Some(Duration::from_secs(5)));
    let settings = Arc::new(SettingsBoard::of(&agents, &Places::default()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    let options = IngestOptions {
        memory: Arc::new(Semaphore::new(1 << 10)),
        agents,
        guesses: Arc::default(),
        settings: Arc::clone(&settings),
        connections: ConnectionLimits::of_grpc(),
        tls: None,
        oldest: Duration::from_hours(1),
        clocks: Arc::new(Clocks::new(Arc::new(Clock::start()), None)),
        writer,
        counts: Arc::clone(&counts),
    };
    let serving = tokio::spawn(ingest::serve(listener, options, stop.clone()));

    let address = CollectorAddress { url, token: Token::new(SECRET).unwrap(), ca_file: None };
    let introduction = Introduction {
        boot: 7,
        agent_version: "test".into(),
        settings_version: 0,
        patience: Duration::from_secs(30),
    };
    let (mut client, _) = WireClient::open(&address, introduction).await.unwrap();
    assert_eq!(client.answer().await.unwrap(), Answer::Settings(each(5_000)));
    // What says the same is nothing new; what takes everything back is.
    for (asked_ms, sent) in [(5_000, false), (1, true), (1, false), (0, true)] {
        settings.ask(
            "ca1",
            Settings { version: 99, sample_interval_ms: asked_ms, targets: Vec::new() },
        );
        if sent {
            assert_eq!(client.answer().await.unwrap(), Answer::Settings(each(asked_ms)));
        }
    }
    let refused = RefusedSetting { setting: "sample_interval_ms".into(), reason: "no".into() };
    let echo = SettingsApplied { version: each(1).version, refused: vec![refused] };
    client.echo(echo.clone()).await.unwrap();
    while settings.echo("ca1").is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(settings.echo("ca1"), Some(echo));
    assert_eq!(counts.settings_refused.load(std::sync::atomic::Ordering::Relaxed), 1);
    drop(client);
    stop.cancel();
    serving.await.unwrap().unwrap();
    thread.join().await.unwrap();
}
