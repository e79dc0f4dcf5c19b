mod bad_input;

use super::super::document::{csv, json, markdown};
use super::super::occasion::Occasion;
use super::super::past::Past;
use super::*;
use crate::planning::media::Media;
use crate::planning::minute::{Minute, Shares};
use crate::planning::room::Room;

const UNTIL_MS: i64 = 1_590_667_200_000;

/// Days with lessons of two hours: rooms of 20 with three cameras, as the formula says, times 1.2.
fn lessons(days: i32, share: bool) -> Past {
    let media = Media::delivered();
    let mut past = Past {
        link_mbit: Some(1000.0),
        cores: 8.0,
        tenants: vec!["school".into()],
        ..Past::default()
    };
    let first = UNTIL_MS / 60_000 - i64::from(days) * 1_440;
    for day in 0..days {
        for minute in 0..1_440 {
            let mut told = Minute::idle(first + i64::from(day) * 1_440 + minute, day);
            let rooms = if (480..600).contains(&minute) { 2 + (day % 3) as u32 } else { 0 };
            let room = Room {
                people: 20,
                moderators: 1,
                voices: 20,
                hearing: 20,
                cameras: 3,
                ..Room::default()
            };
            told.add(&room, rooms, &media);
            told.shares = share.then(Shares::default);
            let wave = 1.0 + 0.03 * ((minute * 7 % 11) as f64 - 5.0) / 5.0;
            told.sent_mbit = Some(0.1 + 1.2 * told.sent(&media).sum() * wave);
            past.sent_mbit.push(told.sent_mbit.unwrap());
            past.minutes.push(told);
        }
    }
    past
}

fn model(past: &Past) -> HostModel {
    let (media, plan) = (Media::delivered(), Plan::default());
    HostModel::of(
        past,
        Occasion { instance: "ca1", until_ms: UNTIL_MS, media: &media, plan: &plan },
    )
}

fn told(past: &Past) -> Document {
    let (model, plan) = (model(past), Plan::default());
    let question = Question { plan: &plan, typed: None, zone: &TimeZone::UTC };
    report(&[&model], &question, UNTIL_MS)
}

#[test]
fn the_first_sentence_names_the_mix_that_fits_and_how_far() {
    let report = told(&lessons(14, true));
    let answer = &report.parts[0].answer;
    assert!(answer.starts_with("1 Gbit/s and 8 cores carry "), "{answer}");
    assert!(answer.contains("200 people as "), "{answer}");
    assert!(report.answer.starts_with("ca1: "), "{}", report.answer);
}

/// A mix that is typed is compared with no other, on one host and on several.
#[test]
fn a_typed_mix_is_told_of_alone() {
    let (model, plan) = (model(&lessons(14, true)), Plan::default());
    for (rooms, single, several) in [
        (1, "1 Gbit/s and 8 cores carry 10 people as ", "a small room: ca1 and ca1 carry that."),
        (
            400,
            "1 Gbit/s and 8 cores carry ",
            "a small room: ca1 and ca1 do not surely carry all of that.",
        ),
    ] {
        let typed = Some(Mix::of("a small room", rooms, [10, 1, 0]));
        let question = Question { plan: &plan, typed, zone: &TimeZone::UTC };
        let one = report(&[&model], &question, UNTIL_MS).answer;
        assert!(one.contains(single) && !one.contains("every mix"), "{one}");
        assert_eq!(report(&[&model, &model], &question, UNTIL_MS).answer, several);
    }
}

#[test]
fn the_same_past_gives_the_same_bytes() {
    let past = lessons(9, true);
    let (one, other) = (told(&past), told(&past));
    assert_eq!(json(&one), json(&other));
    assert_eq!(markdown(&one), markdown(&other));
    assert_eq!(csv(&one, "mixes"), csv(&other, "mixes"));
}
