//! The key under which meetings are known: it outlives the agent and its token.

use std::collections::BTreeSet;

use harness::bigbluebutton::{Flavour, StandIn, StandInOptions};
use harness::{AgentOptions, AgentProgram, CollectorOptions, CollectorProgram, eventually, fetch};
use serde_json::Value;
use tempfile::TempDir;

use super::{PATIENCE, host, polling, tuesday, world};

/// The meetings that a host has told of, by their hashes.
async fn meetings(collector: &CollectorProgram, host: &str) -> BTreeSet<String> {
    let query = format!("host={host}&from=2026-09-01T00:00:00Z&to=2027-09-01T00:00:00Z");
    let address = collector.http(&format!("/rooms/meetings.json?{query}"));
    let Some((200, body)) = fetch(&address).await else { return BTreeSet::new() };
    let answer: Value = serde_json::from_slice(&body).unwrap();
    let all = answer["meetings"].as_array().unwrap();
    all.iter().map(|meeting| meeting["meeting"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_is_the_same_one_after_a_restart_with_a_new_token() {
    let instances = vec!["before".into(), "after".into()];
    let options = CollectorOptions { instances, ..CollectorOptions::default() };
    let collector = CollectorProgram::start(options).await;
    // At the pace of life, so that no meeting ends meanwhile.
    let busy = tuesday(15) + 1_800_000;
    let busy = StandInOptions::of(Flavour::Bbb27, world(), host("ca1"), busy);
    let stand_in = StandIn::start(StandInOptions { speed: 1.0, ..busy }).await;
    let folder = TempDir::new().unwrap();
    let spool = folder.path().join("spool");
    let agent = |instance: &str| {
        let options = AgentOptions { spool: Some(spool.clone()), ..polling(&stand_in, "") };
        AgentProgram::start(&collector, instance, &options)
    };
    let told = async |instance: &str| {
        eventually("meetings are told", PATIENCE, async || {
            Some(meetings(&collector, instance).await).filter(|found| !found.is_empty())
        })
        .await
    };
    let mut first = agent("before");
    let before = told("before").await;
    first.terminate();
    let mut second = agent("after");
    assert_eq!(told("after").await, before);
    second.terminate();
    assert!(!second.log().contains("meetings.key"), "{}", second.log());
}
