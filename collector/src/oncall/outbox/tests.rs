use super::*;
use crate::oncall::{GroupId, MessageAlert, Reason, Severity, Standing, Status};

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
fn whoever_asks_for_patience_is_asked_nothing_else_meanwhile_and_others_are() {
    let mut outbox = Outbox::default();
    for (receiver, group) in [("room", 1), ("room", 2), ("hook", 3)] {
        outbox.push(message(receiver, group, 1), 0);
    }
    let asks = |outbox: &mut Outbox, asked_ms| {
        let Begun { number, .. } = outbox.begin(outbox.due("room", 0).unwrap(), 0);
        outbox.finish(number, Outcome::Later("patience".into(), asked_ms), 0);
    };
    asks(&mut outbox, Some(9_000));
    assert_eq!((outbox.due("room", 8_999), outbox.next_ms("room")), (None, Some(9_000)));
    assert!(outbox.due("room", 9_000).is_some() && outbox.due("hook", 0).is_some());
    // An hour is too long for what may wake somebody.
    outbox.patience_ms.clear();
    asks(&mut outbox, Some(LONGEST_ASKED_MS));
    outbox.push(message("room", 4, 1), 10_000);
    assert_eq!(
        (outbox.due("room", LONGEST_MS - 1), outbox.next_ms("room")),
        (None, Some(LONGEST_MS))
    );
    // Who only fails has asked for nothing.
    let mut outbox = Outbox::default();
    outbox.push(message("room", 1, 1), 0);
    outbox.push(message("room", 2, 1), 0);
    asks(&mut outbox, None);
    assert!(outbox.due("room", 0).is_some());
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
fn what_can_wait_for_the_morning_takes_the_place_of_no_page() {
    let to_anna = |severity, count| Message {
        person: Some("anna".into()),
        severity,
        ..message("phone", 1, count)
    };
    // A page and a morning matter of one host come at the same moment, and the page has not left yet.
    let mut outbox = Outbox::default();
    outbox.push(to_anna(Severity::Page, 1), 0);
    outbox.push(to_anna(Severity::Morning, 2), 0);
    let counts = |outbox: &Outbox| -> Vec<u32> {
        outbox.entries().values().map(|entry| entry.message.count).collect()
    };
    assert_eq!(counts(&outbox), [1, 2]);
    outbox.push(Message { status: Status::Resolved, ..to_anna(Severity::Page, 3) }, 0);
    assert_eq!(counts(&outbox), [2, 3]);
    // A page goes first, whatever has waited for longer.
    outbox.push(Message { group: GroupId(2), ..to_anna(Severity::Page, 9) }, 10);
    let first = outbox.due("phone", 10).unwrap();
    assert_eq!(outbox.entries()[&first].message.count, 3);
    outbox.begin(first, 10);
    outbox.finish(first, Outcome::Taken, 10);
    let first = outbox.due("phone", 10).unwrap();
    assert_eq!(outbox.entries()[&first].message.count, 9);
    outbox.begin(first, 10);
    outbox.finish(first, Outcome::Taken, 10);
    assert_eq!(counts(&outbox), [2]);
    // Who is told of everything is told all of it in the newest.
    outbox.push(message("hook", 1, 4), 0);
    outbox.push(Message { severity: Severity::Morning, ..message("hook", 1, 5) }, 0);
    assert_eq!(counts(&outbox), [2, 5]);
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

fn alert(name: &str, standing: Standing) -> MessageAlert {
    MessageAlert {
        fingerprint: name.len() as u64,
        labels: [("alertname".to_owned(), name.to_owned())].into(),
        annotations: [("summary".to_owned(), name.to_owned())].into(),
        since_ms: 0,
        standing,
        link: String::new(),
    }
}

#[test]
fn beyond_its_budget_a_receiver_gets_what_has_gathered_in_one_message() {
    let budgets = [("phone".to_owned(), 2)].into();
    let mut outbox = Outbox::default().budgeted(budgets);
    let of = |group: u128, alert: MessageAlert| Message {
        alerts: vec![alert],
        ..message("phone", group, 1)
    };
    for (group, name) in [(1, "a"), (2, "bb"), (3, "ccc"), (4, "dddd")] {
        outbox.push(of(group, alert(name, Standing::Firing)), 0);
    }
    for _ in 0..2 {
        let Begun { number, step } = outbox.begin(outbox.due("phone", 0).unwrap(), 0);
        assert!(step.notices.is_empty());
        outbox.finish(number, Outcome::Taken, 0);
    }
    // What is left waits, and a second attempt would not; what is over by then is told as over.
    assert_eq!(outbox.due("phone", GATHERED_MS - 1), None);
    assert_eq!(outbox.next_ms("phone"), Some(GATHERED_MS));
    assert_eq!(outbox.first_due_ms(), Some(GATHERED_MS));
    outbox.push(of(3, alert("ccc", Standing::Ended { at_ms: 9 })), 10);
    outbox.push(of(5, alert("eeeee", Standing::Firing)), 10);
    outbox.push(of(1, alert("a", Standing::Ended { at_ms: 9 })), 10);
    let first = outbox.due("phone", GATHERED_MS).unwrap();
    let Begun { number, step } = outbox.begin(first, GATHERED_MS);
    let told = outbox.entries()[&number].message.clone();
    assert_eq!(told.title(), "several together: dddd and 1 more");
    assert_eq!(told.text(), "dddd\n\neeeee\n\nover: a\n\nover: ccc");
    assert_eq!((told.status, told.severity), (Status::Firing, Severity::Page));
    assert_eq!(step.notices.len(), 4);
    assert!(step.notices.iter().all(|notice| notice.what == What::Gathered));
    assert_eq!((step.entries.len(), outbox.entries().len()), (5, 1));
    // It is tried again as any other, however little time has gone by.
    outbox.finish(number, Outcome::Later("it answers 500".into(), None), GATHERED_MS);
    assert_eq!(outbox.due("phone", GATHERED_MS + FIRST_MS), Some(number));
    outbox.begin(number, GATHERED_MS + FIRST_MS);
    outbox.finish(number, Outcome::Taken, GATHERED_MS + FIRST_MS);
    // An hour later there is a budget again, and a receiver without one gets all at once.
    outbox.push(of(6, alert("ffffff", Standing::Firing)), BUDGET_MS + GATHERED_MS);
    assert_eq!(outbox.next_ms("phone"), Some(BUDGET_MS + GATHERED_MS));
    for group in 0..5 {
        outbox.push(message("hook", group, 1), 0);
        let Begun { number, .. } = outbox.begin(outbox.due("hook", 0).unwrap(), 0);
        assert_eq!(outbox.finish(number, Outcome::Taken, 0).notices.len(), 1);
    }
}

#[test]
fn a_clock_that_is_set_back_keeps_no_message() {
    let hour_ms = 3_600_000;
    let mut outbox = Outbox::default().budgeted([("phone".to_owned(), 1)].into());
    outbox.push(message("phone", 1, 1), 10 * hour_ms);
    outbox.begin(outbox.due("phone", 10 * hour_ms).unwrap(), 10 * hour_ms);
    let number = *outbox.entries().keys().next().unwrap();
    outbox.finish(number, Outcome::Taken, 10 * hour_ms);
    outbox.push(message("phone", 2, 1), 10 * hour_ms);
    assert_eq!(outbox.due("phone", 2 * hour_ms), None);
    outbox.rewind(2 * hour_ms);
    assert!(outbox.due("phone", 2 * hour_ms).is_some());
}
