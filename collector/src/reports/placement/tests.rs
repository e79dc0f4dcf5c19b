use super::*;
use crate::latency::{Coordinates, Leg, PathName};
use crate::reports::document::csv;
use crate::reports::event::tests::model;

fn datacentre(name: &str, latitude: f64, longitude: f64) -> Datacentre {
    Datacentre {
        name: name.into(),
        city: None,
        coordinates: Some(Coordinates { latitude, longitude }),
        hosts: Vec::new(),
        targets: Vec::new(),
    }
}

fn member(name: &str, latitude: f64, longitude: f64) -> Member {
    Member {
        name: name.into(),
        weight: 1.0,
        vantage: None,
        coordinates: Some(Coordinates { latitude, longitude }),
    }
}

fn named(instance: &str) -> HostModel {
    HostModel { instance: instance.into(), ..model() }
}

/// What is told of two hosts, in Montréal and in Frankfurt, for two members near Montréal.
struct Told {
    people: [Option<f64>; 2],
    health: [Health; 2],
    members: Vec<Member>,
    room: Mix,
}

fn usual() -> Told {
    Told {
        people: [Some(0.0), Some(0.0)],
        health: [Health::Well, Health::Well],
        members: vec![member("east", 46.8, -71.2), member("south", 40.7, -74.0)],
        room: Mix::of("a room of 20", 1, [20, 3, 0]),
    }
}

fn told(told: &Told) -> Document {
    let models = [named("ca1"), named("de1")];
    let places = [datacentre("montreal", 45.5, -73.6), datacentre("frankfurt", 50.1, 8.7)];
    let candidates: Vec<Candidate<'_>> = (0..2)
        .map(|place| Candidate {
            model: &models[place],
            datacentre: Some(&places[place]),
            people: told.people[place],
            health: &told.health[place],
        })
        .collect();
    let question = Question {
        room: &told.room,
        members: &told.members,
        paths: &[],
        published: None,
        now_ms: 0,
    };
    report(question, &candidates)
}

fn order(document: &Document) -> Vec<&str> {
    document.parts.iter().map(|part| &*part.name).collect()
}

#[test]
fn the_nearest_is_first_where_all_else_is_alike() {
    let document = told(&usual());
    assert_eq!(order(&document), ["ca1", "de1"]);
    assert!(
        document
            .answer
            .starts_with("ca1 in montreal suits a room of 20 best now: all limits hold with"),
        "{}",
        document.answer
    );
    assert!(document.parts[0].answer.ends_with("; all is well."), "{document:?}");
    // A score is the product of what stands beside it.
    let rows = csv(&document, "placement").unwrap();
    for row in rows.lines().skip(1) {
        let figures: Vec<f64> = row.split(',').filter_map(|cell| cell.parse().ok()).collect();
        let [score, within, people, opinion, ..] = *figures else { panic!("{rows}") };
        assert!((score - within * (opinion - 1.0) / 3.5).abs() < 1e-4, "{rows}");
        assert_eq!(people, 0.0);
    }
}

#[test]
fn who_is_there_and_what_is_amiss_outweigh_distance() {
    // The nearest is full.
    let full = Told { people: [Some(4_000.0), Some(0.0)], ..usual() };
    assert_eq!(order(&told(&full)), ["de1", "ca1"]);
    assert!(told(&full).parts[1].answer.contains("beside 4000 people, limited by "));
    let bad = || Health::Bad("BBB does not answer".into());
    let silent = Told { health: [bad(), Health::Well], people: [None, Some(0.0)], ..usual() };
    let document = told(&silent);
    assert_eq!(order(&document), ["de1", "ca1"]);
    assert!(document.parts[1].answer.contains("not now: BBB does not answer"), "{document:?}");
    assert_eq!(document.parts[1].state, State::Bad);
    let watched = Health::Watched("its disk is 96 % full".into());
    let document = told(&Told { health: [watched, Health::Well], ..usual() });
    assert_eq!(order(&document), ["de1", "ca1"]);
    let none = Told { health: [bad(), bad()], ..usual() };
    assert_eq!(told(&none).answer, "No host suits a room of 20 now.");
    assert_eq!(
        report(
            Question { room: &usual().room, members: &[], paths: &[], published: None, now_ms: 0 },
            &[]
        )
        .answer,
        "There is no host with rooms."
    );
}

#[test]
fn without_places_latency_has_no_part_and_it_is_said() {
    let nowhere = Told { members: Vec::new(), ..usual() };
    let document = told(&nowhere);
    assert!(document.sentences.iter().any(|one| one.contains("latency has no part")));
    let rows = csv(&document, "placement").unwrap();
    let row = rows.lines().nth(1).unwrap();
    let cells: Vec<&str> = row.split(',').collect();
    assert_eq!(cells[2], cells[3], "the score is what holds: {rows}");
    assert_eq!(&cells[5..8], ["", "", ""], "{rows}");
}

#[test]
fn what_is_measured_now_counts_before_what_distance_lets_guess() {
    let path = |datacentre: &str, median_ms: f64| PathHour {
        name: PathName {
            vantage: "probe".into(),
            datacentre: datacentre.into(),
            target: "t".into(),
            kind: "icmp".into(),
            family: "ipv4".into(),
        },
        hole: None,
        median_ms: Some(median_ms),
        least_ms: None,
        jitter_ms: None,
        speech_jitter_ms: None,
        usual_ms: None,
        loss_ratio: Some(0.0),
        leg: Some(Leg { round_trip_ms: median_ms, loss_ratio: 0.0 }),
        quality: None,
        bound: None,
        trace_ms: Vec::new(),
        last_ms: None,
    };
    // Montréal is near, but its way is bad today.
    let paths = [path("montreal", 400.0), path("frankfurt", 90.0)];
    let members = [Member { vantage: Some("probe".into()), ..member("east", 46.8, -71.2) }];
    let models = [named("ca1"), named("de1")];
    let places = [datacentre("montreal", 45.5, -73.6), datacentre("frankfurt", 50.1, 8.7)];
    let candidates: Vec<Candidate<'_>> = models
        .iter()
        .zip(&places)
        .map(|(model, datacentre)| Candidate {
            model,
            datacentre: Some(datacentre),
            people: Some(0.0),
            health: &Health::Well,
        })
        .collect();
    let room = usual().room;
    let question =
        Question { room: &room, members: &members, paths: &paths, published: None, now_ms: 0 };
    let document = report(question, &candidates);
    assert_eq!(order(&document), ["de1", "ca1"]);
    assert!(!document.sentences.iter().any(|one| one.contains("guessed")), "{document:?}");
}
