//! Nothing that was sampled is lost, and nothing is there twice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use harness::{
    Account, AgentOptions, AgentProgram, CollectorOptions, CollectorProgram, eventually, fetch,
    metric,
};
use headroom::samples::{Budget, Hints, Matcher, Samples, Selection, TimeRange};
use headroom::store::{LostInterval, Records, Store};
use headroom_proto::catalogue::HEADROOM_AGENT_FRAMES_TOTAL;
use headroom_proto::metric::INSTANCE;

const EVER: TimeRange = TimeRange { from_ms: 0, to_ms: i64::MAX };

/// The frames of an instance in the store: timestamp and sequence in order of time.
fn frames(store: &Store, instance: &str) -> Vec<(i64, u64)> {
    let matchers =
        [Matcher::metric(HEADROOM_AGENT_FRAMES_TOTAL.name), Matcher::equal(INSTANCE, instance)];
    let series =
        store.select(Selection::ever(&matchers), Hints::default(), &Budget::unlimited()).unwrap();
    let [series] = &series[..] else { return Vec::new() };
    let sequences = series.values.iter().map(|&value| value as u64);
    series.timestamps.iter().copied().zip(sequences).collect()
}

fn losses(store: &Arc<Store>, instance: &str) -> Vec<LostInterval> {
    Records::of(store).losses(instance, EVER, &Budget::unlimited()).unwrap()
}

/// The runs of an agent as the store has them: each must count from its first sequence without a
/// hole. Answers first and last of each run.
fn runs(frames: &[(i64, u64)]) -> Vec<(u64, u64)> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for &(_, sequence) in frames {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == sequence => *last = sequence,
            _ => runs.push((sequence, sequence)),
        }
    }
    runs
}

/// An agent with a witness, that takes a round each `interval`. All of them touch the disk, where the
/// witness sees them.
fn witnessed(interval: &str) -> AgentOptions {
    AgentOptions { witness: true, write_after: "0s".into(), ..AgentOptions::each(interval) }
}

/// Holds the store against what the agent sampled, to the sample.
fn account(agent: &AgentProgram, store: &Arc<Store>, instance: &str) -> Account {
    agent.witness().account(store, instance)
}

/// Two samples of one series at one moment read as one; what lies in the store tells them apart.
fn assert_nothing_twice(store: &Store) {
    let series =
        store.select(Selection::ever(&[]), Hints::default(), &Budget::unlimited()).unwrap();
    let distinct: usize = series.iter().map(|series| series.timestamps.len()).sum();
    assert_eq!(store.state().head_samples, distinct as u64, "a sample is stored twice");
}

async fn stored_frames(collector: &CollectorProgram) -> Option<u64> {
    metric(collector, "headroom_ingest_frames_total{outcome=\"stored\"}").await
}

/// The collector is away for a minute, the agent dies in between, and all of it is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_minute_without_the_collector_loses_nothing() {
    let options = CollectorOptions {
        instances: vec!["ca1".into()],
        tls: true,
        ..CollectorOptions::default()
    };
    let mut collector = CollectorProgram::start(options).await;
    let mut agent = AgentProgram::start(&collector, "ca1", &witnessed("1s"));
    let arrive = async || stored_frames(&collector).await.filter(|count| *count >= 3);
    eventually("the first frames", Duration::from_secs(30), arrive).await;
    collector.kill();
    let away = Instant::now();
    let passed = |seconds| {
        eventually("time passes", Duration::from_secs(90), async move || {
            (away.elapsed() >= Duration::from_secs(seconds)).then_some(())
        })
    };
    passed(30).await;
    agent.kill();
    agent.start_again();
    passed(60).await;
    collector.start_again().await;
    // Both runs of the agent, 60 s of backlog and live frames again.
    let arrive = async || stored_frames(&collector).await.filter(|count| *count >= 60);
    eventually("the backlog", Duration::from_secs(90), arrive).await;
    agent.terminate();
    collector.terminate();

    let store = collector.open_store();
    let frames = frames(&store, "ca1");
    let runs = runs(&frames);
    assert_eq!(runs.len(), 2, "{runs:?}");
    assert!(runs.iter().all(|(first, _)| *first == 1), "{runs:?}");
    let durable: u64 =
        Records::of(&store).durable_frames("ca1").iter().map(|(_, set)| set.count()).sum();
    assert_eq!(durable, frames.len() as u64, "each frame once");
    assert_eq!(losses(&store, "ca1"), []);
    let all = Account { stored: frames.len() as u64, lost: 0 };
    assert_eq!(account(&agent, &store, "ca1"), all, "all that was sampled, and as it was");
    assert_nothing_twice(&store);
    // A round each second, but for the second in which the agent was started again.
    let gaps = frames.windows(2).map(|pair| pair[1].0 - pair[0].0);
    let wide: Vec<i64> = gaps.filter(|gap| *gap > 1_500).collect();
    assert!(wide.len() <= 1 && wide.iter().all(|gap| *gap < 3_000), "{wide:?}");
    assert_eq!(segments(&agent), 0, "frames wait though all are durable");
}

/// What is lost beyond a tiny spool is reported to the frame.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_tiny_spool_gave_up_is_known_exactly() {
    let options = CollectorOptions { instances: vec!["ca1".into()], ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    // Each segment begins with the definitions of all series, about 36 KiB; at this limit a segment
    // is 64 KiB, so that several frames of one are given up together.
    let spool_bytes = "1 MiB".to_owned();
    let options = AgentOptions { spool_bytes, ..witnessed("100ms") };
    let mut agent = AgentProgram::start(&collector, "ca1", &options);
    let arrive = async || stored_frames(&collector).await.filter(|count| *count >= 3);
    eventually("the first frames", Duration::from_secs(30), arrive).await;
    collector.kill();
    eventually("the spool gives up frames", Duration::from_secs(120), async || {
        (agent.log().matches("gave up frames").count() >= 3).then_some(())
    })
    .await;
    // Even if the agent dies with the loss not yet reported.
    agent.kill();
    agent.start_again();
    collector.start_again().await;
    eventually("the loss arrives", Duration::from_secs(60), async || {
        collector.log().contains("agent lost frames").then_some(())
    })
    .await;
    let caught_up = async || (segments(&agent) <= 1).then_some(());
    eventually("the spool runs empty", Duration::from_secs(60), caught_up).await;
    agent.terminate();
    collector.terminate();

    let store = collector.open_store();
    let frames = frames(&store, "ca1");
    let told = losses(&store, "ca1");
    assert!(!told.is_empty());
    let lost: BTreeMap<u64, (i64, i64)> = told
        .iter()
        .flat_map(|loss| {
            let interval = (loss.first_ms, loss.last_ms);
            (loss.first_sequence..=loss.last_sequence).map(move |sequence| (sequence, interval))
        })
        .collect();
    // The first run: everything up to its end is either stored or lost, never both, never neither.
    let end = frames.iter().position(|(_, sequence)| *sequence == 1 && !lost.is_empty());
    assert!(end.is_some());
    let second = frames.iter().skip(1).position(|(_, sequence)| *sequence == 1).unwrap() + 1;
    let first_run: Vec<u64> = frames[..second].iter().map(|(_, sequence)| *sequence).collect();
    let last = *first_run.last().unwrap();
    for sequence in 1..=last {
        let stored = first_run.contains(&sequence);
        assert!(stored != lost.contains_key(&sequence), "frame {sequence}: stored {stored}");
    }
    // The ends of each loss are those of the frames that were sampled, to the millisecond, and so
    // is the number of samples.
    let expected = Account { stored: frames.len() as u64, lost: lost.len() as u64 };
    assert_eq!(account(&agent, &store, "ca1"), expected);
    assert_nothing_twice(&store);
    assert!(runs(&frames[second..]).len() == 1, "the second run has no hole");
}

/// What an agent says at its end if the collector has not answered all that was sent.
const WAITS: &str = "what the collector has not answered waits for the next run";

/// Twenty sudden deaths of the collector while ten agents push ten times a second.
#[tokio::test(flavor = "multi_thread")]
async fn twenty_kills_lose_nothing_and_double_nothing() {
    let instances: Vec<String> = (0..10).map(|number| format!("host-{number}")).collect();
    let options = CollectorOptions { instances: instances.clone(), ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    // Every other one writes only what is not acknowledged in time.
    let options = |number: usize| {
        if is_witnessed(number) { witnessed("100ms") } else { AgentOptions::each("100ms") }
    };
    let start = |(number, instance): (usize, &String)| {
        AgentProgram::start(&collector, instance, &options(number))
    };
    let mut agents: Vec<AgentProgram> = instances.iter().enumerate().map(start).collect();
    let mut seed = 1u32;
    for kill in 0..20 {
        // Somewhere within the first frames after a restart, never at the same place.
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let goal = u64::from(seed >> 16) % 60 + 1;
        let arrive = async || stored_frames(&collector).await.filter(|count| *count >= goal);
        eventually(&format!("{goal} frames before kill {kill}"), Duration::from_secs(60), arrive)
            .await;
        collector.kill();
        collector.start_again().await;
    }
    let last_start_s = jiff::Timestamp::now().as_second();
    let caught_up = async || {
        // A stream that has just been opened counts too, but has brought nothing yet.
        let talking = hosts_heard_since(&collector, last_start_s).await? == 10;
        (talking && agents.iter().all(|agent| segments(agent) <= 1)).then_some(())
    };
    eventually("all spools run empty", Duration::from_secs(120), caught_up).await;
    agents.iter_mut().for_each(AgentProgram::terminate);
    collector.terminate();

    let store = collector.open_store();
    for (number, (instance, agent)) in instances.iter().zip(&agents).enumerate() {
        let frames = frames(&store, instance);
        let runs = runs(&frames);
        assert_eq!(runs.len(), 1, "{instance}: {runs:?}");
        assert_eq!(runs[0].0, 1, "{instance}");
        let durable = Records::of(&store).durable_frames(instance);
        assert_eq!(durable.len(), 1, "{instance}: one boot");
        assert_eq!(durable[0].1.ranges(), [(1, frames.len() as u64)], "{instance}: each once");
        assert_eq!(losses(&store, instance), [], "{instance}");
        // A busy collector may answer the last frames after the agent has left: then they stay, and
        // the next run would send them again.
        let (left, log) = (segments(agent), agent.log());
        assert!(left == 0 || log.contains(WAITS), "{instance}: {left} segments are left: {log}");
        if !is_witnessed(number) {
            continue;
        }
        let all = Account { stored: frames.len() as u64, lost: 0 };
        assert_eq!(account(agent, &store, instance), all, "{instance}");
    }
    assert_nothing_twice(&store);
}

fn is_witnessed(number: usize) -> bool {
    number.is_multiple_of(2)
}

/// How many hosts have told something that they sampled after a moment, and within the last second.
async fn hosts_heard_since(collector: &CollectorProgram, moment_s: i64) -> Option<u64> {
    let last = "timestamp(headroom_agent_frames_total)";
    let query = format!("count((time() - {last} < 1) and ({last} > {moment_s} + 1))");
    let mut url = reqwest::Url::parse(&collector.http("/api/v1/query")).ok()?;
    url.query_pairs_mut().append_pair("query", &query);
    let (_, body) = fetch(url.as_str()).await?;
    let answer: serde_json::Value = serde_json::from_slice(&body).ok()?;
    answer["data"]["result"][0]["value"][1].as_str()?.parse().ok()
}

/// The segments of a spool. While an agent is connected and nothing waits, one is open; after a
/// good end there is none.
fn segments(agent: &AgentProgram) -> usize {
    let entries = std::fs::read_dir(agent.spool()).unwrap().flatten();
    let segments = entries.filter(|entry| entry.path().extension().is_some_and(|e| e == "spool"));
    segments.count()
}
