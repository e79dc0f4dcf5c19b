//! The agent's end of the wire, before a collector that only listens.

use std::time::Duration;

use harness::{AgentOptions, AgentProgram, StandInCollector, eventually};
use headroom_agent::frames::EncodedFrame;
use headroom_agent::uplink::{
    Answer, CollectorAddress, Introduction, NeverSent, Token, WireClient, WireError,
};
use headroom_proto::limits::MAX_UNACKNOWLEDGED;
use headroom_proto::wire::agent_message::Message as Up;
use headroom_proto::wire::collector_message::Message as Down;
use headroom_proto::wire::{
    Acknowledgement, AgentMessage, Frame, Refusal, SequenceRange, Settings, SettingsApplied,
};
use prost::Message as _;

const BOOT: u64 = 42;

async fn open(collector: &StandInCollector, patience: Duration) -> WireClient {
    let token = Token::new("secret").unwrap();
    let address = CollectorAddress { url: collector.url(), token, ca_file: None };
    let introduction =
        Introduction { boot: BOOT, agent_version: "test".into(), settings_version: 0, patience };
    let (client, welcome) = WireClient::open(&address, introduction).await.unwrap();
    assert_eq!(welcome.instance, "ca1");
    client
}

fn frame(sequence: u64) -> Frame {
    let timestamp_ms = 1_790_000_000_000 + sequence as i64;
    Frame {
        boot: BOOT,
        sequence,
        timestamp_ms,
        ids: vec![1, 2],
        values: vec![0.5, 7.0],
        ..Frame::default()
    }
}

fn encoded(sequence: u64) -> EncodedFrame {
    let message = AgentMessage { message: Some(Up::Frame(frame(sequence))) }.encode_to_vec().into();
    EncodedFrame { boot: BOOT, sequence, message }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_ahead_is_bounded_and_arrives_in_order() {
    let collector = StandInCollector::start().await;
    let mut client = open(&collector, Duration::from_secs(30)).await;
    assert_eq!((client.room(), client.unanswered()), (MAX_UNACKNOWLEDGED, 0));
    client.define(BOOT, Vec::new()).await.unwrap();
    // One by one, in bulk, and encoded: all the same to the collector.
    client.push(vec![frame(1)]).await.unwrap();
    client.push((2..=150).map(frame).collect()).await.unwrap();
    client.push_encoded((151..=MAX_UNACKNOWLEDGED as u64).map(encoded).collect()).await.unwrap();
    assert_eq!(client.room(), 0);
    while client.unanswered() > 0 {
        assert!(matches!(client.answer().await.unwrap(), Answer::Acknowledged(_)));
    }
    assert_eq!(client.room(), MAX_UNACKNOWLEDGED);
    let heard = collector.heard();
    let frames = heard.iter().filter_map(|message| match &message.message {
        Some(Up::Frame(frame)) => Some(frame.clone()),
        _ => None,
    });
    assert!(frames.eq((1..=MAX_UNACKNOWLEDGED as u64).map(frame)));
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_and_refusals_are_handed_out_and_what_is_refused_waits_for_nothing() {
    let collector = StandInCollector::start().await;
    collector.fall_silent();
    let mut client = open(&collector, Duration::from_secs(30)).await;
    client.push(vec![frame(1), frame(2)]).await.unwrap();
    let settings = Settings { version: 9, sample_interval_ms: 500, targets: Vec::new() };
    let part = Refusal { boot: BOOT, sequence: 1, samples: 1, ..Refusal::default() };
    let whole = Refusal { sequence: 2, whole_frame: true, ..part.clone() };
    collector.say(&Down::Settings(settings.clone()));
    collector.say(&Down::Refusal(part.clone()));
    collector.say(&Down::Refusal(whole.clone()));
    assert_eq!(client.answer().await.unwrap(), Answer::Settings(settings));
    assert_eq!(client.answer().await.unwrap(), Answer::Refused(part));
    assert_eq!(client.unanswered(), 2);
    assert_eq!(client.answer().await.unwrap(), Answer::Refused(whole));
    assert_eq!(client.unanswered(), 1);
    client.echo(SettingsApplied { version: 9, refused: Vec::new() }).await.unwrap();
    let echo = Up::SettingsApplied(SettingsApplied { version: 9, refused: Vec::new() });
    eventually("the echo", Duration::from_secs(20), async || {
        let heard = collector.heard();
        heard.iter().any(|message| message.message.as_ref() == Some(&echo)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_does_not_answer_ends_the_stream_and_one_that_has_nothing_to_answer_does_not()
 {
    let collector = StandInCollector::start().await;
    collector.fall_silent();
    let patience = Duration::from_millis(300);
    let mut client = open(&collector, patience).await;
    // Nothing is sent: nothing is waited for.
    assert!(tokio::time::timeout(2 * patience, client.answer()).await.is_err());
    client.push(vec![frame(1)]).await.unwrap();
    assert!(matches!(client.answer().await.unwrap_err(), WireError::Silent(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledgement_of_what_was_never_sent_ends_the_stream_and_silences_nobody() {
    let collector = StandInCollector::start().await;
    let patience = Duration::from_secs(30);
    for (boot, first, last) in [(BOOT, 0, u64::MAX), (BOOT, 1, 2), (BOOT + 1, 1, 1)] {
        let mut client = open(&collector, patience).await;
        client.push(vec![frame(1)]).await.unwrap();
        assert!(matches!(client.answer().await.unwrap(), Answer::Acknowledged(_)));
        let frames = vec![SequenceRange { boot, first, last }];
        collector.say(&Down::Acknowledgement(Acknowledgement { frames, losses: Vec::new() }));
        let ended = client.answer().await.unwrap_err();
        let never = NeverSent::Frames { boot, first, last };
        assert!(matches!(&ended, WireError::NeverSent(what) if *what == never), "{ended:?}");
    }
    // A whole agent begins a new stream, and goes on.
    let options = AgentOptions::each("100ms");
    let mut agent = AgentProgram::start_at(&collector.url(), &options);
    let newest = || {
        let heard = collector.heard();
        let frames = heard.iter().filter_map(|message| match &message.message {
            Some(Up::Frame(frame)) if frame.boot != BOOT => Some(frame.sequence),
            _ => None,
        });
        frames.max().unwrap_or_default()
    };
    let more_than = async |sequence| {
        eventually("frames arrive", Duration::from_secs(30), async || {
            (newest() > sequence).then_some(())
        })
        .await;
    };
    more_than(3).await;
    let boot = collector.heard().iter().find_map(|message| match &message.message {
        Some(Up::Frame(frame)) if frame.boot != BOOT => Some(frame.boot),
        _ => None,
    });
    let frames = vec![SequenceRange { boot: boot.unwrap(), first: 0, last: u64::MAX }];
    collector.say(&Down::Acknowledgement(Acknowledgement { frames, losses: Vec::new() }));
    more_than(newest() + 20).await;
    let ended = "frames 0 to 18446744073709551615 of boot ";
    assert!(agent.log().contains(ended), "{}", agent.log());
    agent.terminate();
}

/// What a collector says comes into the agent's log short, seldom, and as nothing that a terminal obeys.
#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_collector_fills_no_log() {
    let hostile = StandInCollector::start().await;
    let mut agent = AgentProgram::start_at(&hostile.url(), &AgentOptions::each("100ms"));
    let frames = || hostile.heard().len();
    eventually("frames come", Duration::from_secs(30), async || (frames() > 5).then_some(())).await;
    for number in 0..2000_u32 {
        let reason = format!("{number} \u{1b}[2J\n{}", "x".repeat(10_000));
        hostile.say(&Down::Refusal(Refusal { reason, samples: 1, ..Refusal::default() }));
        let settings =
            Settings { version: u64::from(number), sample_interval_ms: 1, ..Settings::default() };
        hostile.say(&Down::Settings(settings));
        if number % 100 == 0 {
            let before = frames();
            eventually("it goes on", Duration::from_secs(30), async || {
                (frames() > before).then_some(())
            })
            .await;
        }
    }
    let log = agent.log();
    assert!(log.contains("the collector refused samples"), "{log}");
    assert!(log.len() < 64 << 10, "{} bytes", log.len());
    assert!(log.lines().all(|line| line.len() < 1000 && !line.contains('\u{1b}')), "{log}");
    agent.terminate();
}
