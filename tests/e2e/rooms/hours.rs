//! An hour and more of simulated load at high speed, in each flavour: what organisations
//! used must be what the simulation says.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use harness::bigbluebutton::{Asked, Flavour, Signature, StandIn};
use harness::{CollectorProgram, eventually};
use headroom::samples::{Budget, Hints, Matcher, Samples, Selection, TimeRange};
use headroom::store::{Records, Store};
use headroom_proto::metric::STALE_BITS;
use headroom_simulation::{Meeting, day_of};

use super::{PATIENCE, SPEED, agent, ask, collector, host, stand_in, state, tenant, world};

const HOUR_MS: i64 = 3_600_000;
const EVER: TimeRange = TimeRange { from_ms: 0, to_ms: i64::MAX };

/// What bigbluebutton-exporter 0.7.1 documents, as its text shows it, with the labels of each.
const DOCUMENTED: [(&str, &[&str]); 32] = [
    ("bbb_api_latency_bucket", &["endpoint", "le"]),
    ("bbb_api_latency_count", &["endpoint"]),
    ("bbb_api_latency_sum", &["endpoint"]),
    ("bbb_api_up", &[]),
    ("bbb_exporter", &["version"]),
    ("bbb_meetings", &[]),
    ("bbb_meetings_listeners", &[]),
    ("bbb_meetings_participant_clients", &["type"]),
    ("bbb_meetings_participants", &[]),
    ("bbb_meetings_participants_max", &[]),
    ("bbb_meetings_participants_origin", &["name", "server"]),
    ("bbb_meetings_video_participants", &[]),
    ("bbb_meetings_voice_participants", &[]),
    ("bbb_room_listeners_bucket", &["le"]),
    ("bbb_room_listeners_gcount", &[]),
    ("bbb_room_listeners_gsum", &[]),
    ("bbb_room_participants_bucket", &["le"]),
    ("bbb_room_participants_gcount", &[]),
    ("bbb_room_participants_gsum", &[]),
    ("bbb_room_video_participants_bucket", &["le"]),
    ("bbb_room_video_participants_gcount", &[]),
    ("bbb_room_video_participants_gsum", &[]),
    ("bbb_room_voice_participants_bucket", &["le"]),
    ("bbb_room_voice_participants_gcount", &[]),
    ("bbb_room_voice_participants_gsum", &[]),
    ("bbb_unique_breakout_rooms_total", &[]),
    ("bbb_unique_meetings_total", &[]),
    ("bbb_version", &["version"]),
    // What a dashboard for it computes.
    ("bbb_meetings_participants / on(instance, job) bbb_meetings", &[]),
    ("max_over_time(bbb_meetings_participants[1w])", &[]),
    ("sum by (le) (bbb_room_participants_bucket)", &["le"]),
    ("histogram_quantile(0.9, rate(bbb_api_latency_bucket[5m]))", &["endpoint"]),
];

/// The samples of a metric, by one label, without stale markers.
fn samples(store: &Store, metric: &str, label: &str) -> BTreeMap<String, Vec<(i64, f64)>> {
    let found = store
        .select(Selection::ever(&[Matcher::metric(metric)]), Hints::default(), &Budget::unlimited())
        .unwrap();
    let of = |series: &headroom::samples::Series| {
        let samples = series.timestamps.iter().copied().zip(series.values.iter().copied());
        let alive = samples.filter(|(_, value)| value.to_bits() != STALE_BITS).collect();
        (series.labels.get(label).unwrap_or_default().to_owned(), alive)
    };
    found.iter().map(of).collect()
}

/// The meetings of hosts that are listed between two moments.
fn meetings_of(hosts: &[&str], (from_ms, to_ms): (i64, i64)) -> impl Iterator<Item = Meeting> {
    let days = day_of(from_ms - 86_400_000)..=day_of(to_ms);
    let all =
        days.flat_map(|day| hosts.iter().flat_map(move |name| world().meetings(host(name), day)));
    let listed = move |m: &Meeting| m.listed.from_ms <= to_ms && m.listed.to_ms > from_ms;
    all.filter(listed)
}

/// How much a counter grew, over restarts, at which it begins anew from 0.
fn increase(samples: &[(i64, f64)]) -> f64 {
    let step = |pair: &[(i64, f64)]| {
        let [(_, before), (_, after)] = pair else { unreachable!("windows of two") };
        if after < before { *after } else { after - before }
    };
    samples.windows(2).map(step).sum()
}

/// The polls that were answered, of one or several lives of the agent.
fn polls(stand_in: &StandIn) -> Vec<Asked> {
    let polls = |asked: &Asked| asked.target.contains("/getMeetings");
    stand_in.asked().into_iter().filter(polls).collect()
}

/// Holds what is stored against the truth over the polls of each life; a life is a range of polls.
fn check_truth(
    store: &Store,
    (stand_in, hosts): (&StandIn, &[&str]),
    lives: &[(i64, i64)],
    longest_ms: i64,
) {
    let users = samples(store, "headroom_tenant_user_seconds_total", "tenant");
    let rooms = samples(store, "headroom_tenant_room_seconds_total", "tenant");
    let mut checked = 0;
    for organisation in &headroom_simulation::ORGANISATIONS {
        let (mut expected_users, mut expected_rooms, mut largest, mut meetings) = (0.0, 0.0, 0, 0);
        for &(from_ms, to_ms) in lives {
            for usage in stand_in.truth(from_ms, to_ms) {
                if usage.organisation.tenant == organisation.tenant {
                    expected_users += usage.user_seconds;
                    expected_rooms += usage.room_seconds;
                    largest = largest.max(usage.largest_room);
                }
            }
            let own = |m: &Meeting| m.organisation.tenant == organisation.tenant;
            meetings += meetings_of(hosts, (from_ms, to_ms)).filter(own).count();
        }
        let name = tenant(organisation.tenant);
        let grew = |of: &BTreeMap<String, Vec<(i64, f64)>>| {
            of.get(name).map_or(0.0, |samples| increase(samples) * SPEED)
        };
        // One poll's worth of each meeting.
        let room_slack = meetings as f64 * longest_ms as f64 / 1000.0;
        let slack = room_slack * largest as f64;
        let (found_users, found_rooms) = (grew(&users), grew(&rooms));
        println!(
            "{name}: {found_users:.0} of {expected_users:.0} user seconds (± {slack:.0}), \
             {found_rooms:.0} of {expected_rooms:.0} room seconds (± {room_slack:.0})"
        );
        assert!((found_users - expected_users).abs() <= slack, "{name}'s users");
        assert!((found_rooms - expected_rooms).abs() <= room_slack, "{name}'s rooms");
        checked += usize::from(expected_users > 0.0);
    }
    assert!(checked >= 1, "nobody met");
}

/// The longest time between two polls, in simulated milliseconds.
fn longest_gap_ms(polls: &[Asked]) -> i64 {
    polls.windows(2).map(|pair| pair[1].at_ms - pair[0].at_ms).max().unwrap_or(0)
}

async fn check_hour(flavour: Flavour, hosts: &[&str], hour: i64, more: &str) {
    let stand_in = stand_in(flavour, hosts, hour).await;
    let mut collector = collector().await;
    let mut agent = agent(&collector, &stand_in, more);
    let begin_ms = stand_in.now_ms();
    eventually("rooms are known", PATIENCE, async || {
        (state(&collector).await == "ok").then_some(())
    })
    .await;
    eventually("an hour has passed", Duration::from_secs(90), async || {
        (stand_in.now_ms() - begin_ms >= HOUR_MS + HOUR_MS / 6).then_some(())
    })
    .await;
    if flavour == Flavour::Bbb27 {
        check_names(&collector).await;
    }
    agent.terminate();
    collector.terminate();
    let polls = polls(&stand_in);
    assert!(polls.iter().all(|asked| matches!(asked.signature, Signature::Right(_))));
    assert!(stand_in.asked().iter().all(|asked| !asked.target.contains("getRecordings")));
    let store = collector.open_store();
    let stored = samples(&store, "bbb_meetings", "instance").remove("bbb1").unwrap();
    // The last answer may come when the agent has ended.
    assert!(polls.len() - stored.len() <= 1, "{} of {} polls", stored.len(), polls.len());
    let life = (polls[0].at_ms, polls[stored.len() - 1].at_ms);
    check_truth(&store, (&stand_in, hosts), &[life], longest_gap_ms(&polls));
    check_meetings(&store, (&stand_in, hosts), life);
}

/// Each meeting that ran within the polls is there, with its peak.
fn check_meetings(
    store: &Arc<Store>,
    (stand_in, hosts): (&StandIn, &[&str]),
    (from_ms, to_ms): (i64, i64),
) {
    let known = Records::of(store).meetings("bbb1", EVER, &Budget::unlimited()).unwrap();
    let truth = meetings_of(hosts, (from_ms, to_ms)).count();
    assert!(known.len().abs_diff(truth) <= 1, "{} of {truth} meetings", known.len());
    let widest = known.iter().map(|meeting| i64::from(meeting.participants_peak)).max().unwrap();
    let largest = stand_in.truth(from_ms, to_ms).iter().map(|usage| usage.largest_room).max();
    let largest = largest.unwrap();
    // Somebody may have come and gone between two polls.
    assert!((largest * 9 / 10..=largest).contains(&widest), "{widest} of {largest} people");
}

async fn check_names(collector: &CollectorProgram) {
    for (name, labels) in DOCUMENTED {
        let label = labels.first().copied().unwrap_or("instance");
        let found = ask(collector, name, label).await;
        assert!(!found.is_empty(), "{name} has no series");
        let labelled = found.iter().all(|(value, _)| !value.is_empty());
        assert!(labelled || label == "instance", "{name} has series without {label}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_of_bigbluebutton_2_2() {
    check_hour(Flavour::Bbb22, &["ca1"], 14, "checksum = 'sha1'").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_of_bigbluebutton_2_7() {
    check_hour(Flavour::Bbb27, &["fi1"], 9, "checksum = 'sha384'").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_of_bigbluebutton_3_0() {
    check_hour(Flavour::Bbb30, &["de2"], 17, "checksum = 'sha512'").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_of_scalelite_before_three_hosts() {
    check_hour(Flavour::Scalelite, &["ca1", "us1", "us2"], 24, "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn restarts_of_all_three_lose_nothing_that_was_polled() {
    const HOSTS: [&str; 2] = ["ca1", "us1"];
    let stand_in = stand_in(Flavour::Bbb27, &HOSTS, 15).await;
    let mut collector = collector().await;
    let mut agent = agent(&collector, &stand_in, "");
    let polled = |count: usize| {
        let stand_in = &stand_in;
        async move {
            eventually("polls", Duration::from_secs(60), async || {
                (polls(stand_in).len() >= count).then_some(())
            })
            .await;
        }
    };
    polled(50).await;
    agent.kill();
    let first_life = polls(&stand_in).len();
    agent.start_again();
    polled(first_life + 50).await;
    stand_in.fail(harness::bigbluebutton::Fault::NotListening).await;
    eventually("the silence shows", PATIENCE, async || {
        (state(&collector).await == "unreachable").then_some(())
    })
    .await;
    stand_in.heal().await;
    polled(first_life + 80).await;
    collector.kill();
    polled(first_life + 110).await;
    collector.start_again().await;
    // What waits in the spool arrives behind what is live.
    let empty = "headroom_agent_spool_frames < 3 and \
                 time() - timestamp(headroom_agent_spool_frames) < 2";
    eventually("nothing waits", Duration::from_secs(60), async || {
        (!ask(&collector, empty, "instance").await.is_empty()).then_some(())
    })
    .await;
    agent.terminate();
    collector.terminate();
    let polls = polls(&stand_in);
    let store = collector.open_store();
    let stored = samples(&store, "bbb_meetings", "instance").remove("bbb1").unwrap();
    // An answer may be on its way at each end of the agent.
    assert!(polls.len() - stored.len() <= 2, "{} of {} polls", stored.len(), polls.len());
    let lives = [
        (polls[0].at_ms, polls[first_life - 1].at_ms),
        (polls[first_life].at_ms, polls[polls.len() - 1].at_ms),
    ];
    check_truth(&store, (&stand_in, &HOSTS), &lives, longest_gap_ms(&polls));
}
