use std::sync::Arc;

use super::*;
use crate::planning::media::Media;
use crate::reports::document::{csv, markdown, mediawiki};
use crate::reports::occasion::Occasion;
use crate::reports::past::Past;
use crate::reports::plan::Plan;
use crate::store::Meeting;

fn meeting(first: u8, from_minute: i64, minutes: i64, people: u32) -> Meeting {
    let seconds = (minutes * 60) as f64;
    Meeting {
        instance: Arc::from("ca1"),
        boot: 0,
        id: [first; 16],
        tenant: "school".into(),
        started_ms: from_minute * 60_000,
        seen_ms: (from_minute + minutes) * 60_000,
        marks: Marks::ENDED,
        measured_seconds: seconds,
        participants_peak: people,
        participant_seconds: f64::from(people) * seconds,
        cameras_peak: 2,
        camera_seconds: 2.0 * seconds,
        voices: Some(Use { peak: people, seconds: f64::from(people) * seconds }),
        listeners: None,
        cameras_out: Some(Use { peak: 2 * people, seconds: 2.0 * f64::from(people) * seconds }),
    }
}

fn model() -> HostModel {
    let (media, plan) = (Media::delivered(), Plan::default());
    let occasion = Occasion { instance: "ca1", until_ms: 0, media: &media, plan: &plan };
    HostModel::of(&Past::default(), occasion)
}

fn found(others: Vec<Meeting>, sent: Option<[f64; 3]>) -> Found {
    Found { meeting: meeting(0xab, 600, 60, 20), others, sent, received: sent }
}

fn told(found: &Found) -> Document {
    let model = model();
    let title = Some("Assembly | [[of]] all");
    report(Question { found, model: &model, paths: &[], title, zone: &TimeZone::UTC })
}

#[test]
fn alone_it_has_all_and_beside_its_like_as_long_as_both_ran() {
    let model = model();
    let hour = [40.0, 30.0, 13.5e9];
    let share = |others| {
        let own = found(others, Some(hour)).own(&model).unwrap();
        let Range { low, high } = own.range;
        assert!(0.0 <= low && low <= own.bytes && own.bytes <= high && high <= hour[2]);
        own.bytes / hour[2]
    };
    assert!((share(vec![]) - 1.0).abs() < 1e-9);
    assert!((share(vec![meeting(1, 600, 60, 20)]) - 0.5).abs() < 1e-9);
    // Half of it beside another.
    assert!((share(vec![meeting(1, 630, 90, 20)]) - 2.0 / 3.0).abs() < 1e-9);
    // One that was over counts nothing.
    assert!((share(vec![meeting(1, 500, 60, 20)]) - 1.0).abs() < 1e-9);
}

#[test]
fn alone_it_is_sure_and_a_range_has_as_much_of_screens_as_may_have_been() {
    let model = model();
    let range = |others, sent: [f64; 3]| {
        let own = found(others, Some(sent)).own(&model).unwrap();
        [own.range.low, own.bytes, own.range.high].map(|bytes| bytes / sent[2])
    };
    assert_eq!(range(vec![], [40.0, 30.0, 13.5e9]), [1.0; 3]);
    let beside = || vec![meeting(1, 600, 60, 20)];
    // Screens took much of it, and nobody knows whose.
    let [low, middle, high] = range(beside(), [50.0, 45.0, 20.25e9]);
    assert!(low < 0.4 && (middle - 0.5).abs() < 1e-9 && high > 0.6, "{low} {middle} {high}");
    assert!((low + high - 1.0).abs() < 1e-9, "what one has more, the other has less");
    // Nothing is left for screens.
    let [few, _, most] = range(beside(), [4.0, 3.0, 1.35e9]);
    assert!(few > low && most < high, "{few} {most}");
    // A small one beside a large one cannot have been much.
    let [_, _, least] = range(vec![meeting(1, 600, 60, 400)], [500.0, 450.0, 202.5e9]);
    assert!(least < 0.2, "{least}");
}

#[test]
fn it_is_told_with_its_rest_and_its_host() {
    let document = told(&found(vec![meeting(1, 600, 60, 20)], Some([40.0, 30.0, 13.5e9])));
    assert!(
        document.answer.contains("with 20 people for 60 minutes took about 6.75 GB ("),
        "{}",
        document.answer
    );
    let rows = csv(&document, "traffic").unwrap();
    assert!(
        rows.contains("\"its host, sent\",40,30,13500000000,13500000000,13500000000,1"),
        "{rows}"
    );
    assert!(rows.contains("\"this meeting, about\",20,15,6750000000,"), "{rows}");
    let people = csv(&document, "people").unwrap();
    assert!(people.contains("people,20,20,20"), "{people}");
    assert!(people.contains("who only listened,,,"), "{people}");
}

#[test]
fn a_host_that_told_nothing_leaves_dashes() {
    let document = told(&found(vec![], None));
    assert!(document.answer.contains("which told nothing of what it sent"));
    assert!(csv(&document, "traffic").unwrap().contains("\"its host, sent\",,,,,,"));
}

#[test]
fn names_break_neither_wiki() {
    let document = told(&found(vec![], None));
    assert!(markdown(&document).contains("## Assembly \\| \\[\\[of]] all"));
    let wiki = mediawiki(&document);
    assert!(wiki.contains("== Assembly &#124; &#91;&#91;of]] all =="), "{wiki}");
    assert!(wiki.contains("{| class=\"wikitable\"") && wiki.trim_end().ends_with('.'), "{wiki}");
}

#[test]
fn its_picture_reaches_a_little_further() {
    let found = found(vec![], None);
    assert_eq!(picture(&found), "/graphs/ca1/network/hour.svg?from=35640&to=39960");
    assert_eq!(hash(&found.meeting.id), "ab".repeat(16));
}

#[test]
fn a_host_that_told_of_a_part_says_so() {
    let said = |bytes: f64| told(&found(vec![], Some([40.0, 30.0, bytes]))).sentences.join(" ");
    // 30 Mbit/s over an hour are 13.5 GB.
    assert!(!said(13.5e9).contains("of that time only"), "{}", said(13.5e9));
    assert!(said(4.5e9).contains("for 33 % of that time only"), "{}", said(4.5e9));
    assert!(!told(&found(vec![], None)).sentences.join(" ").contains("of that time only"));
}
