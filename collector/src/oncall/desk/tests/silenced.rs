//! What somebody silences of a group.

use super::*;
use crate::oncall::Repeat;

/// Which of these a silence of the first group covers.
fn covered(world: &World, alerts: &[(&str, &str)]) -> Vec<bool> {
    let id = *world.desk.groups().keys().next().unwrap();
    let by = SilencedBy { owner: "anna", from_ms: 0, to_ms: i64::MAX };
    let silence = world.desk.silence_of(id, by).unwrap();
    assert_eq!(silence.check(0), Ok(()));
    let labels = |(name, instance): &(&str, &str)| {
        texts(&[("alertname", name), ("instance", instance), ("severity", "page")])
    };
    alerts.iter().map(|alert| silence.covers(&labels(alert))).collect()
}

#[test]
fn a_silence_of_a_dark_datacentre_covers_none_of_another() {
    let mut world = World::at("2026-05-05T10:00:00Z");
    for host in HOSTS {
        world.mute.insert(host.into());
        world.fire("HostSilent", host, "page");
    }
    world.tick();
    let alerts =
        [("HostSilent", "a1"), ("HostSilent", "a5"), ("HostSilent", "b1"), ("DiskFull", "a1")];
    assert_eq!(covered(&world, &alerts), [true, true, false, false]);
    let by = SilencedBy { owner: "anna", from_ms: 0, to_ms: i64::MAX };
    let id = *world.desk.groups().keys().next().unwrap();
    let silence = world.desk.silence_of(id, by).unwrap();
    let dark = world.desk.groups()[&id].alerts.0.values();
    assert_eq!(dark.filter(|known| silence.covers(&known.labels)).count(), 6);
}

#[test]
fn a_silence_of_a_host_covers_what_is_to_come_on_it() {
    let mut world = World::at("2026-05-05T10:00:00Z");
    world.fire("LinkNearLimit", "b1", "page");
    world.fire("PathLoss", "b1", "page");
    world.tick();
    let alerts = [("LinkNearLimit", "b1"), ("DiskFull", "b1"), ("DiskFull", "a1")];
    assert_eq!(covered(&world, &alerts), [true, true, false]);
}

#[test]
fn a_silence_that_comes_again_does_so_once_another_program_has_changed_it() {
    let mut world = World::at("2026-05-05T10:00:00Z");
    let repeats =
        Repeat { zone: "Europe/Berlin".into(), days: vec![0], from_minutes: 120, to_minutes: 240 };
    let night = Silence {
        matchers: vec![Matcher::equal("instance", "b1")],
        from_ms: world.now_ms,
        to_ms: world.now_ms + 100 * 24 * 60 * MINUTE_MS,
        repeats: Some(repeats.clone()),
        owner: "anna".into(),
        comment: String::new(),
    };
    world.desk.silence(1, night.clone(), world.now_ms).unwrap();
    let longer = Silence { to_ms: night.to_ms + 1, repeats: None, ..night.clone() };
    let other = Silence { matchers: vec![Matcher::equal("instance", "a1")], ..longer.clone() };
    for (old, silence, number) in [(1, longer, 1), (1, other, 2)] {
        let by = Replacement { number: 2, silence };
        assert_eq!(world.desk.replace(old, by, world.now_ms).unwrap().number, number);
        assert_eq!(world.desk.silences()[&number].repeats, Some(repeats.clone()));
    }
}
