//! What comes back, or comes instead, soon after something was told to be over.

use super::*;

#[test]
fn something_else_soon_after_an_end_wakes_at_once() {
    let mut world = World::at("2026-05-05T10:00:00Z");
    world.fire("LinkNearLimit", "b1", "page");
    world.minutes(2);
    world.end("LinkNearLimit", "b1");
    world.minutes(20);
    assert!(world.take_told().iter().any(|line| line.contains("over: LinkNearLimit b1")));
    world.mute.insert("b1".into());
    world.fire("HostSilent", "b1", "page");
    world.minutes(11);
    let told = world.take_told();
    assert!(told.iter().any(|line| line.contains("ben-phone: HostSilent b1")), "{told:?}");
}

#[test]
fn the_silence_of_a_host_that_is_its_own_target_is_told() {
    let mut world = World::at("2026-05-05T10:00:00Z");
    world.policy.topology.sites[1].targets.push("b1".into());
    world.mute.insert("b1".into());
    world.fire("HostSilent", "b1", "page");
    world.fire("PathLoss", "gw.lone", "page");
    world.minutes(3);
    let told = world.take_told();
    assert!(told.iter().any(|line| line.contains("HostSilent b1")), "{told:?}");
    assert!(told.iter().all(|line| !line.contains("PathLoss")), "{told:?}");
}

#[test]
fn whoever_has_it_has_it_for_two_hours_though_the_clock_is_set_back() {
    let mut world = World::at("2026-05-05T10:00:00Z");
    world.mute.insert("b1".into());
    world.fire("HostSilent", "b1", "page");
    world.minutes(2);
    assert_eq!(world.answer("ben", Answer::Take), Ok(()));
    world.now_ms -= 24 * 60 * MINUTE_MS;
    world.minutes(119);
    world.take_told();
    world.minutes(3);
    let told = world.take_told();
    assert!(told.iter().any(|line| line.contains("again: HostSilent b1")), "{told:?}");
}

#[test]
fn who_has_what_could_wait_does_not_have_the_page_that_comes_later() {
    let mut world = World::at("2026-05-05T10:00:00Z");
    world.fire("LinkBusy", "b1", "morning");
    world.minutes(2);
    assert_eq!(world.take_told(), ["0.5 ben-phone: LinkBusy b1"]);
    let id = *world.desk.groups().keys().next().unwrap();
    let take = |world: &mut World| {
        let now = Now { at_ms: world.now_ms, policy: &world.policy };
        let reply = Reply { person: "ben", answer: Answer::Take };
        world.desk.answer(id, reply, now).map(drop)
    };
    assert_eq!(take(&mut world), Ok(()));
    world.mute.insert("b1".into());
    world.fire("HostSilent", "b1", "page");
    world.minutes(2);
    assert_eq!(world.take_told(), ["2.75 ben-phone: HostSilent b1"]);
    // Who takes a page before anybody is called for it has it.
    let mut world = World::at("2026-05-05T10:00:00Z");
    world.mute.insert("b1".into());
    world.fire("HostSilent", "b1", "page");
    world.tick();
    assert_eq!(take(&mut world), Ok(()));
    world.minutes(119);
    assert_eq!(world.take_told(), [""; 0]);
    world.minutes(2);
    assert_eq!(world.take_told().len(), 1);
}
