//! Pages that wait for the first room, and alerts of others.

use super::*;
use crate::oncall::Heartbeat;

#[test]
fn an_empty_host_that_dies_at_night_wakes_somebody_an_hour_before_its_first_room() {
    let mut world = World::at("2026-05-05T01:00:00Z");
    let until_ms = world.now_ms + 240 * MINUTE_MS;
    world.quiet_ms.insert("b1".into(), until_ms);
    world.mute.insert("b1".into());
    world.fire("HostSilent", "b1", "page");
    world.minutes(239);
    assert_eq!(world.take_told(), [] as [&str; 0]);
    assert_eq!(world.desk.waits().values().collect::<Vec<_>>(), [&until_ms]);
    world.minutes(3);
    // The tick at the hour, and the wait for others of the same cause.
    assert_eq!(world.take_told(), ["240.5 ben-phone: HostSilent b1"]);
    // Once somebody is called, the calm of the next night changes nothing.
    world.quiet_ms.insert("b1".into(), world.now_ms + 600 * MINUTE_MS);
    world.minutes(10);
    let told = world.take_told();
    assert!(told.iter().any(|line| line.contains("cem-phone: nobody has it yet")), "{told:?}");
    // A second host in a dark datacentre that is busier counts for both.
    let mut world = World::at("2026-05-05T01:00:00Z");
    for (place, host) in HOSTS.iter().enumerate() {
        world.quiet_ms.insert((*host).into(), world.now_ms + (place as i64 + 1) * 60 * MINUTE_MS);
        world.mute.insert((*host).into());
        world.fire("HostSilent", host, "page");
    }
    world.minutes(59);
    assert_eq!(world.take_told(), [] as [&str; 0]);
    world.minutes(2);
    assert_eq!(world.take_told().len(), 1);
}

#[test]
fn alerts_of_others_end_when_their_sender_says_and_survive_a_restart() {
    let mut world = World::at("2026-05-05T10:00:00Z");
    let sent = |until_ms| Seen {
        labels: texts(&[("alertname", "HostSilent"), ("instance", "a1"), ("severity", "page")]),
        annotations: Texts::new(),
        since_ms: ms("2026-05-05T09:00:00Z"),
        link: String::new(),
        until_ms: Some(until_ms),
    };
    let later_ms = world.now_ms + 60 * MINUTE_MS;
    assert_eq!(world.desk.take(BTreeMap::from([(7, sent(later_ms))])), 0);
    world.minutes(2);
    assert_eq!(world.take_told().len(), 1);
    // It is none of our rules, and says nothing of our hosts.
    assert!(world.desk.muted(&world.policy, world.now_ms).is_empty());
    let groups = world.desk.groups().clone();
    world.desk = Desk::restore(Kept { groups, ..Kept::default() }, world.now_ms);
    world.minutes(2);
    let standing = |world: &World| {
        world.desk.groups().values().any(|g| g.alerts.0.get(&7).is_some_and(Known::stands))
    };
    assert!(standing(&world));
    world.desk.take(BTreeMap::from([(7, sent(world.now_ms))]));
    world.minutes(1);
    assert!(!standing(&world));
    world.minutes(6);
    assert!(world.take_told().last().unwrap().contains("over: HostSilent"));
}

#[test]
fn a_clock_that_is_set_back_keeps_nobody_waiting() {
    let hour_ms = 60 * MINUTE_MS;
    // Right behind the first sight, while it rings, and before the end.
    let mut world = World::at("2026-05-05T10:00:00Z");
    world.policy.feeds = vec!["hook".into()];
    world.fire("LinkNearLimit", "b1", "page");
    world.tick();
    world.now_ms -= hour_ms;
    world.minutes(1);
    let told = world.take_told();
    assert_eq!(told.len(), 2, "{told:?}");
    world.now_ms -= hour_ms;
    world.minutes(11);
    let told = world.take_told();
    assert!(told.iter().any(|line| line.contains("cem-phone: nobody has it yet")), "{told:?}");
    world.end("LinkNearLimit", "b1");
    world.tick();
    world.now_ms -= hour_ms;
    world.minutes(6);
    let told = world.take_told();
    assert!(told.iter().any(|line| line.contains("ben-phone: over")), "{told:?}");
    assert!(told.iter().any(|line| line.contains("hook: over")), "{told:?}");
}

#[test]
fn whoever_was_heard_of_at_a_moment_to_come_is_missed_in_time() {
    let mut world = World::at("2026-05-05T10:00:00Z");
    world.policy.heartbeats = vec![Heartbeat {
        name: "backup".into(),
        every_ms: 5 * MINUTE_MS,
        grace_ms: MINUTE_MS,
        severity: Severity::Page,
        runbook: String::new(),
    }];
    // The clock was a day ahead, and is set back.
    world.desk.hear("backup", world.now_ms + 24 * 60 * MINUTE_MS);
    world.minutes(10);
    let told = world.take_told();
    assert!(
        told.iter().any(|line| line.contains("ben-phone: backup was last heard of")),
        "{told:?}"
    );
}
