//! A stream that an agent of wire version 1 sent, as it lies in `recorded/stream-1`: later collectors
//! take it.
//!
//! Messages stand one behind the other, each behind its length (protobuf's varint). The agent began on
//! the spool of format 1 that its tests keep: it reports losses, replays two earlier boots, and goes
//! on live. `HEADROOM_WRITE_FIXTURE=FILE` records one instead, for the next version.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Duration;

use harness::by_hand::ByHand;
use harness::{CollectorOptions, CollectorProgram, StandInCollector, eventually};
use headroom::samples::{Budget, Hints, Labels, Matcher, Samples, Selection, TimeRange};
use headroom::store::{Records, Store};
use headroom_agent::configuration::AgentConfiguration;
use headroom_agent::prober::limits::ProberLimits;
use headroom_agent::samplers::SamplerOptions;
use headroom_agent::spool::SpoolOptions;
use headroom_agent::uplink::{CollectorAddress, Token};
use headroom_proto::metric::INSTANCE;
use headroom_proto::wire::agent_message::Message as Up;
use headroom_proto::wire::collector_message::Message as Down;
use headroom_proto::wire::{AgentMessage, Frame, SequenceRange, Settings};
use prost::Message as _;
use tempfile::TempDir;
use tokio::sync::watch;

const EVER: TimeRange = TimeRange { from_ms: 0, to_ms: i64::MAX };

/// What an agent sent is older than collectors keep, unless they are asked to.
const FOR_EVER: &str = "raw_retention = '36500d'\nfive_minute_retention = '36500d'\n";

const SPOOL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../agent/src/spool/tests/format-1");

/// Frames of earlier boots, and of its own, that are recorded.
const REPLAYED_FRAMES: usize = 37;
const LIVE_FRAMES: usize = 3;

async fn record(file: &Path) {
    let folder = TempDir::new().unwrap();
    let spool = folder.path().join("spool");
    std::fs::create_dir(&spool).unwrap();
    for entry in std::fs::read_dir(SPOOL).unwrap().flatten() {
        std::fs::copy(entry.path(), spool.join(entry.file_name())).unwrap();
    }
    let collector = StandInCollector::start().await;
    let token = Token::new("recorded").unwrap();
    let configuration = AgentConfiguration {
        collector: CollectorAddress { url: collector.url(), token, ca_file: None },
        interval: Duration::from_secs(1),
        samplers: SamplerOptions { root: folder.path().join("host"), ..SamplerOptions::default() },
        rooms: None,
        prober: ProberLimits::default(),
        spool: SpoolOptions {
            directory: spool,
            max_bytes: 1 << 20,
            max_age: Duration::from_hours(24 * 36_500),
            write_after: Duration::ZERO,
        },
    };
    let (end, stop) = watch::channel(false);
    let running = tokio::spawn(headroom_agent::run::run(configuration, stop));
    eventually("the stream begins", Duration::from_secs(30), async || {
        (!collector.heard().is_empty()).then_some(())
    })
    .await;
    collector.say(&Down::Settings(Settings {
        version: 1,
        sample_interval_ms: 500,
        ..Settings::default()
    }));
    eventually("all boots are there", Duration::from_secs(30), async || {
        let frames = frames(&collector.heard());
        let own = frames.iter().filter(|frame| frame.boot > 8).count();
        let replayed = frames.len() - own;
        (replayed == REPLAYED_FRAMES && own >= LIVE_FRAMES).then_some(())
    })
    .await;
    end.send_replace(true);
    running.await.unwrap().unwrap();
    let messages = collector.heard();
    let bytes: Vec<u8> =
        messages.iter().flat_map(AgentMessage::encode_length_delimited_to_vec).collect();
    std::fs::write(file, bytes).unwrap();
}

fn recorded() -> Vec<AgentMessage> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/e2e/recorded/stream-1");
    let bytes = std::fs::read(path).unwrap();
    let mut rest = &bytes[..];
    let mut messages = Vec::new();
    while !rest.is_empty() {
        messages.push(AgentMessage::decode_length_delimited(&mut rest).unwrap());
    }
    messages
}

fn frames(messages: &[AgentMessage]) -> Vec<Frame> {
    let frame = |message: &AgentMessage| match &message.message {
        Some(Up::Frame(frame)) => Some(frame.clone()),
        _ => None,
    };
    messages.iter().filter_map(frame).collect()
}

/// Each sample of the recording, by series and moment, as bits.
fn samples(messages: &[AgentMessage]) -> BTreeMap<(String, i64), u64> {
    let mut known: HashMap<(u64, u32), String> = HashMap::new();
    let mut samples = BTreeMap::new();
    for message in messages {
        match &message.message {
            Some(Up::Series(series)) => {
                for one in &series.series {
                    let pairs = one.labels.iter().map(|l| (&*l.name, &*l.value));
                    let labels = Labels::new(&one.metric, pairs.chain([(INSTANCE, "ca1")]));
                    known.insert((series.boot, one.id), labels.to_string());
                }
            }
            Some(Up::Frame(frame)) => {
                for (id, value) in frame.ids.iter().zip(&frame.values) {
                    let series = known[&(frame.boot, *id)].clone();
                    samples.insert((series, frame.timestamp_ms), value.to_bits());
                }
            }
            _ => {}
        }
    }
    samples
}

fn stored(store: &Store) -> BTreeMap<(String, i64), u64> {
    let mut samples = BTreeMap::new();
    let matchers = [Matcher::equal(INSTANCE, "ca1")];
    let all = Selection::ever(&matchers);
    for series in store.select(all, Hints::default(), &Budget::unlimited()).unwrap() {
        for (timestamp_ms, value) in series.timestamps.iter().zip(&series.values) {
            samples.insert((series.labels.to_string(), *timestamp_ms), value.to_bits());
        }
    }
    samples
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_version_1_is_taken() {
    if let Some(file) = std::env::var_os("HEADROOM_WRITE_FIXTURE") {
        return record(Path::new(&file)).await;
    }
    let messages = recorded();
    let Some(Up::Hello(hello)) = messages[0].message.clone() else {
        panic!("a stream begins with Hello")
    };
    assert_eq!((hello.protocol, &*hello.agent_version), (1, "0.1.0"));
    let options = CollectorOptions {
        instances: vec!["ca1".into()],
        store: FOR_EVER.into(),
        ..CollectorOptions::default()
    };
    let mut collector = CollectorProgram::start(options).await;
    let secret = collector.token("ca1").secret;
    let mut stream = ByHand::welcomed(&collector.grpc(), &secret, hello.boot).await.unwrap();
    let frames = frames(&messages);
    let mut losses = 0;
    for message in messages.iter().skip(1).filter_map(|message| message.message.clone()) {
        losses += usize::from(matches!(message, Up::Loss(_)));
        stream.send(message).await.unwrap();
    }
    assert_eq!((losses, frames.len()), (4, REPLAYED_FRAMES + LIVE_FRAMES));
    let mut open = frames.len() + losses;
    while open > 0 {
        let Down::Acknowledgement(done) = stream.answer().await.unwrap() else {
            panic!("no acknowledgement")
        };
        let length = |range: &SequenceRange| (range.last + 1 - range.first) as usize;
        open -= done.frames.iter().map(length).sum::<usize>() + done.losses.len();
    }
    drop(stream);
    collector.terminate();

    let store = collector.open_store();
    let (stored, sent) = (stored(&store), samples(&messages));
    let differs = sent.iter().find(|(sample, value)| stored.get(*sample) != Some(*value));
    assert_eq!((differs, stored.len()), (None, sent.len()));
    let (records, budget) = (Records::of(&store), Budget::unlimited());
    let lost = records.losses("ca1", EVER, &budget).unwrap();
    let ends = |first, last| (7, first, last);
    let told: Vec<_> = lost.iter().map(|l| (l.boot, l.first_sequence, l.last_sequence)).collect();
    assert_eq!(told, [ends(5, 9), ends(10, 10), ends(11, 11), ends(12, 58)]);
    let meetings = records.meetings("ca1", EVER, &budget).unwrap();
    let of_polls = frames.iter().filter(|frame| !frame.meetings.is_empty()).count();
    assert_eq!(meetings.len(), of_polls);
    assert!(of_polls > 5 && meetings.iter().all(|meeting| &*meeting.tenant == "school"));
}
