//! Bad input: each kind has its sentence, and never a confident number.

use super::*;
use crate::planning::row::Standing;
use crate::reports::day::TenantMinute;
use crate::reports::measure::Listeners;

/// What the report says, as one text.
fn text(past: &Past) -> String {
    markdown(&told(past))
}

/// A past that was changed, and what has to be said of it.
fn check(change: impl Fn(&mut Past), sentence: &str) {
    let mut past = lessons(14, true);
    change(&mut past);
    let text = text(&past);
    assert!(text.contains(sentence), "{sentence:?} is missing in\n{text}");
}

fn each(past: &mut Past, change: impl Fn(&mut Minute)) {
    past.minutes.iter_mut().for_each(change);
}

fn without_people(minute: &mut Minute) {
    let (number, day, sent) = (minute.minute, minute.day, minute.sent_mbit);
    *minute = Minute { sent_mbit: sent, shares: minute.shares, ..Minute::idle(number, day) };
}

#[test]
fn a_history_that_says_little_is_told_as_such() {
    let none = "No rooms were seen in this history: all that follows is the published formula.";
    check(|past| each(past, without_people), none);
    let idle = |past: &mut Past| {
        each(past, without_people);
        each(past, |minute| minute.sent_mbit = Some(0.1));
    };
    check(idle, none);
    check(
        |past| each(past, |minute| minute.sent_mbit = Some(0.01)),
        "their host sent next to nothing",
    );
    let single = |past: &mut Past| {
        let first = past.minutes[0].day;
        past.minutes.iter_mut().filter(|minute| minute.day != first).for_each(without_people);
    };
    check(single, "Only 1 busy day was seen");
}

#[test]
fn what_is_missing_is_said() {
    let silent = |past: &mut Past| {
        let first = past.minutes[0].day;
        past.minutes.retain(|minute| minute.day >= first + 7);
        past.unanswered = 7 * 1_440;
    };
    check(silent, "BigBlueButton did not answer in 10080 minutes of this history");
    let hour = |past: &mut Past| {
        for minute in &mut past.minutes[500..560] {
            minute.sent_mbit = None;
        }
        past.missing = 60;
    };
    check(hour, "60 minutes of this history have no reading; nothing is assumed for them.");
    check(
        |past| past.impossible = 3,
        "3 minutes came twice or out of order, as when a clock is set",
    );
    check(|past| past.listeners = Some(Listeners::Untold), "tells of no listeners");
    check(|_| (), "BigBlueButton's settings could not be read: pages of 5 cameras are assumed");
    let new = |past: &mut Past| past.regime_from = Some(past.minutes[3_000].minute);
    check(new, "only what came after counts");
}

#[test]
fn a_link_that_tells_no_speed_gives_no_answer() {
    for (told_mbit, said) in [(Some(-1.0), "-1 Mbit/s"), (Some(0.0), "0 Mbit/s"), (None, "nothing")]
    {
        let sentence =
            format!("No figure: the speed of the link is not known (the kernel says {said})");
        check(|past| past.link_mbit = told_mbit, &sentence);
    }
}

#[test]
fn what_hides_or_blurs_the_load_is_said() {
    let full = |past: &mut Past| {
        for minute in &mut past.minutes[500..520] {
            minute.standing = Standing::AtLeast;
        }
    };
    check(full, "In 20 minutes the link was full or dropped packets");
    let others = |past: &mut Past| {
        each(past, |minute| minute.sent_mbit = minute.sent_mbit.map(|mbit| mbit + 20.0));
    };
    check(others, "leave this host when nobody is there: other services use its interface");
    // All rooms are alike, so that nothing tells audio from cameras.
    check(|_| (), "kinds of load always came together");
}

#[test]
fn parts_above_the_counter_are_scaled_and_said() {
    let above = |past: &mut Past| {
        let part = |minute: &Minute| {
            let mut expected = minute.sent(&Media::delivered());
            expected.cameras *= 3.0;
            TenantMinute {
                minute: minute.minute,
                tenant: 0,
                part: crate::planning::organisations::Part { expected, onlookers: minute.people },
                people: minute.people,
                rooms: minute.rooms,
                voices: minute.voices,
                cameras: 0.0,
                streams: 0.0,
            }
        };
        past.parts = past.minutes.iter().filter(|minute| minute.people > 0.0).map(part).collect();
    };
    check(above, "times what the interface counted: they are scaled down to it");
}

#[test]
fn a_mix_that_cannot_be_is_refused() {
    let (past, plan) = (lessons(14, true), Plan::default());
    let typed = Some(Mix::of("2 rooms of 3, five cameras", 2, [3, 5, 0]));
    let question = Question { plan: &plan, typed, zone: &TimeZone::UTC };
    let report = report(&[&model(&past)], &question, UNTIL_MS);
    let answer = &report.parts[0].answer;
    let sentence =
        "No figure: a room cannot have 5 cameras and 3 people: each camera is a person's.";
    assert_eq!(answer, sentence);
}

#[test]
fn without_rooms_a_mix_has_the_wide_range_of_the_formula() {
    let mut past = lessons(14, true);
    each(&mut past, without_people);
    each(&mut past, |minute| minute.sent_mbit = Some(0.1));
    let model = model(&past);
    let host = model.host().unwrap();
    let range = host.answer(&Mix::usual()[0]).unwrap().checks[0].range;
    assert!(range.high / range.low > 1.8, "{range:?} is as sure as if it had been measured");
}
