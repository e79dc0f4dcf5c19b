use super::*;
use crate::oncall::{GroupId, Reason, Severity, Status};

fn message(receiver: &str, group: u128, count: u32) -> Message {
    Message {
        receiver: receiver.into(),
        person: None,
        group: GroupId(group),
        key: vec![("instance".into(), "ca1".into())],
        opened_ms: 0,
        count,
        at_ms: 0,
        status: Status::Firing,
        reason: Reason::First,
        severity: Severity::Page,
        alerts: Vec::new(),
        truncated: 0,
    }
}

#[test]
fn attempts_grow_apart_obey_what_is_asked_and_end_after_a_day() {
    let mut outbox = Outbox::default();
    outbox.push(message("hook", 1, 1), 0);
    let number = outbox.due("hook", 0).unwrap();
    assert_eq!(outbox.due("other", 0), None);
    let mut now_ms = 0;
    let mut gaps = Vec::new();
    for asked in [None, None, Some(90_000), None, None, None, None, None, Some(i64::MAX)] {
        outbox.begin(number, now_ms);
        let step = outbox.finish(number, Outcome::Later("it answers 500".into(), asked), now_ms);
        assert!(step.notices.is_empty());
        let next_ms = outbox.next_ms("hook").unwrap();
        assert_eq!(outbox.due("hook", next_ms - 1), None);
        gaps.push((next_ms - now_ms) / 1000);
        now_ms = next_ms;
    }
    assert_eq!(gaps, [5, 10, 90, 40, 80, 160, 300, 300, 3600]);
    outbox.begin(number, GIVEN_UP_MS);
    let step = outbox.finish(number, Outcome::Later("it answers 500".into(), None), GIVEN_UP_MS);
    let why = What::Failed("given up after a day: it answers 500".into());
    assert_eq!(step.notices[0].what, why);
    assert_eq!((step.notices[0].attempts, &step.entries[..]), (10, &[(number, None)][..]));
    assert!(outbox.entries().is_empty());
}

#[test]
fn a_newer_message_replaces_one_that_never_left_and_none_that_may_have_arrived() {
    let mut outbox = Outbox::default();
    outbox.push(message("hook", 1, 1), 0);
    let step = outbox.push(message("hook", 1, 2), 10);
    assert_eq!(step.entries.len(), 2);
    outbox.push(message("hook", 2, 1), 10);
    outbox.push(message("mail", 1, 3), 10);
    let counts = |outbox: &Outbox| -> Vec<u32> {
        outbox.entries().values().map(|entry| entry.message.count).collect()
    };
    assert_eq!(counts(&outbox), [2, 1, 3]);
    let number = outbox.due("hook", 10).unwrap();
    outbox.begin(number, 10);
    // The collector is killed here, and starts again.
    let mut outbox = Outbox::restore(outbox.entries().clone(), 5);
    outbox.push(message("hook", 1, 4), 20);
    assert_eq!(counts(&outbox), [2, 1, 3, 4]);
    let numbers: Vec<u128> = outbox.entries().keys().copied().collect();
    assert!(numbers.is_sorted_by(|a, b| a < b));
}

#[test]
fn a_receiver_has_room_for_so_many_and_the_oldest_is_told_as_failed() {
    let mut outbox = Outbox::default();
    for group in 0..MOST as u128 {
        outbox.push(message("hook", group, 1), 0);
    }
    let step = outbox.push(message("hook", u128::MAX, 1), 0);
    assert_eq!(step.notices.len(), 1);
    assert_eq!(step.notices[0].group, GroupId(0));
    assert_eq!(outbox.entries().len(), MOST);
}
