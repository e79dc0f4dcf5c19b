//! Who goes on duty is told before; drills.

use super::*;
use crate::oncall::drill::Drill;

#[test]
fn whoever_goes_on_duty_is_told_once_within_the_day_before_while_awake() {
    // Duty changes hands on Monday at nine; a day before Anna is awake.
    let mut world = World::at("2026-05-10T06:50:00Z");
    world.minutes(9);
    assert_eq!(world.take_told(), [""; 0]);
    world.minutes(2);
    let expected = "10 anna-phone: anna, you are on duty from Mon 11 May 09:00 to Mon 18 May 09:00";
    assert_eq!(world.take_told(), [expected]);
    // A restart tells nothing again.
    let reminded_ms = world.desk.reminded_ms.clone();
    world.desk = Desk::restore(Kept { reminded_ms, ..Kept::default() }, world.now_ms);
    world.minutes(60);
    assert_eq!(world.take_told(), [""; 0]);
    // Nobody is woken for it.
    let mut world = World::at("2026-05-11T01:00:00Z");
    world.minutes(269);
    assert_eq!(world.take_told(), [""; 0]);
    world.minutes(2);
    assert_eq!(world.take_told().len(), 1);
}

#[test]
fn a_drill_calls_whoever_is_on_duty_says_so_and_ends_when_somebody_has_it() {
    let drill = || Drill {
        hour: "Wed 11:00".parse().unwrap(),
        zone: TimeZone::get("Europe/Berlin").unwrap(),
    };
    let begin = "2026-05-06T08:50:00Z";
    let words = "this is a drill, nothing is wrong: say that you have it";
    // Labels that make groups may have no name among them.
    for group_by in [None, Some(vec!["instance".to_owned()]), Some(vec![])] {
        let mut world = World::at(begin);
        (world.policy.drill, world.policy.group_by) = (Some(drill()), group_by);
        world.minutes(12);
        assert_eq!(world.take_told(), [format!("10.5 ben-phone: {words}")]);
        assert_eq!(world.answer("ben", Answer::Take), Ok(()));
        world.minutes(60);
        let told = world.take_told();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains(&format!("ben-phone: over: {words}")), "{told:?}");
    }
    // Nobody answers: the next is called, and it ends by itself, once.
    let mut world = World::at(begin);
    world.policy.drill = Some(drill());
    world.minutes(24 * 60);
    let told = world.take_told();
    let count = |text: &str| told.iter().filter(|line| line.contains(text)).count();
    assert_eq!((count("cem-phone: nobody has it yet"), count("over: ")), (1, 2), "{told:?}");
    // A week later there is none.
    let mut world = World::at("2026-05-13T08:50:00Z");
    world.policy.drill = Some(drill());
    world.minutes(60);
    assert_eq!(world.take_told(), [""; 0]);
}
