//! What can go wrong between agent and BigBlueButton: each has its state, and nothing is counted
//! meanwhile.

use std::time::Duration;

use harness::bigbluebutton::{Fault, Flavour, Signature, StandIn, StandInOptions};
use harness::{AgentProgram, CollectorProgram, certificates, eventually};
use headroom::samples::{Budget, Hints, Samples, Selection};

use super::{PATIENCE, agent, ask, collector, host, polling, stand_in, state, tuesday, world};

/// Waits until polls end in that state.
async fn reaches(collector: &CollectorProgram, wanted: &str) {
    eventually(wanted, PATIENCE, async || (state(collector).await == wanted).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_has_its_state_and_old_values_end() {
    let stand_in = stand_in(Flavour::Bbb27, &["ca1"], 15).await;
    let mut collector = collector().await;
    let mut agent = agent(&collector, &stand_in, "max_answer = '1 MiB'");
    reaches(&collector, "ok").await;
    let ok = "ok";
    for (fault, expected) in [
        (Fault::NotListening, "unreachable"),
        (Fault::Slow(Duration::from_secs(20)), "timeout"),
        (Fault::BadGateway, "http_status"),
        (Fault::Unauthorised, "http_status"),
        (Fault::MissingCloseTag, "unparsable"),
        (Fault::StrayCharacter, "unparsable"),
        (Fault::Empty, "unparsable"),
        (Fault::Cut, "unreachable"),
        (Fault::Failed("internalError".into()), "failed"),
        (Fault::Huge, "too_large"),
        (Fault::Endless, "too_large"),
        (Fault::Unescaped, ok),
        (Fault::LowerCaseSuccess, ok),
        (Fault::NobodyListed, ok),
    ] {
        println!("{fault:?}");
        stand_in.fail(fault).await;
        reaches(&collector, expected).await;
        let up = ask(&collector, "bbb_api_up", "instance").await;
        let known = ask(&collector, "bbb_meetings_participants", "instance").await;
        let ours = ask(&collector, "headroom_tenant_rooms", "tenant").await;
        if expected == ok {
            assert!(!known.is_empty() && !ours.is_empty());
        } else {
            assert_eq!(up, [("bbb1".to_owned(), 0.0)]);
            assert!(known.is_empty() && ours.is_empty(), "{known:?} {ours:?}");
            let counted = format!("headroom_bbb_polls_total{{state='{expected}'}} > 0");
            assert_eq!(ask(&collector, &counted, "state").await.len(), 1);
        }
        stand_in.heal().await;
        reaches(&collector, ok).await;
    }
    let keys = ask(&collector, "headroom_bbb_failures_total", "key").await;
    assert!(keys.iter().any(|(key, count)| key == "internalError" && *count > 0.0), "{keys:?}");
    assert!(peak_mib(&agent) < 24.0, "{} MiB at the peak", peak_mib(&agent));
    let log = agent.log();
    for expected in ["failed to reach 127.0.0.1", "within 0.1 s", "HTTP status 502", "cut off"] {
        assert!(log.contains(expected), "{expected}: {log}");
    }
    agent.terminate();
    collector.terminate();
}

fn peak_mib(agent: &AgentProgram) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", agent.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_secret_shows_within_two_polls_and_heals_by_its_file() {
    let stand_in = stand_in(Flavour::Bbb30, &["ca1"], 15).await;
    let mut collector = collector().await;
    let mut agent = agent(&collector, &stand_in, "");
    reaches(&collector, "ok").await;
    stand_in.set_secret("the-new-secret");
    reaches(&collector, "failed").await;
    let keys = ask(&collector, "headroom_bbb_failures_total", "key").await;
    assert_eq!(keys[0].0, "checksumError");
    agent.write("bbb-secret", "the-new-secret\n");
    reaches(&collector, "ok").await;
    assert!(agent.log().contains("the secret or the checksum's algorithm is wrong"));
    agent.terminate();
    collector.terminate();
    // Every poll has its sample, so the n-th sample is of the n-th poll.
    let polls: Vec<_> = stand_in
        .asked()
        .into_iter()
        .filter(|asked| asked.target.contains("/getMeetings"))
        .map(|asked| asked.signature == Signature::Wrong)
        .collect();
    let store = collector.open_store();
    let matchers = [
        headroom::samples::Matcher::metric("headroom_bbb_state"),
        headroom::samples::Matcher::equal("state", "failed"),
    ];
    let range = headroom::samples::TimeRange { from_ms: 0, to_ms: i64::MAX };
    let found = store
        .select(Selection { matchers: &matchers, range }, Hints::default(), &Budget::unlimited())
        .unwrap();
    let failed: Vec<bool> = found[0].values.iter().map(|value| *value == 1.0).collect();
    let first = |list: &[bool]| list.iter().position(|failed| *failed).unwrap();
    let (refused, shown) = (first(&polls), first(&failed));
    assert!(shown.abs_diff(refused) <= 1, "refused at poll {refused}, shown at {shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_nobody_signed_is_a_state_and_its_authority_heals_it() {
    let certificates = certificates();
    let options = StandInOptions::of(Flavour::Bbb30, world(), host("ca1"), tuesday(15));
    let options = StandInOptions { certificates: Some(certificates.clone()), ..options };
    let stand_in = StandIn::start(options).await;
    let mut collector = collector().await;
    for (more, expected) in [("", "tls"), ("ca_file = 'bbb.crt'", "ok")] {
        let mut options = polling(&stand_in, more);
        options.files.push(("bbb.crt", certificates.authority.clone()));
        let mut agent = AgentProgram::start(&collector, "bbb1", &options);
        reaches(&collector, expected).await;
        agent.terminate();
    }
    collector.terminate();
}
