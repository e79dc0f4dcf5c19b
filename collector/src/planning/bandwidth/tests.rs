//! Hosts whose truth is known, and histories that allow no confidence.

use super::*;
use crate::planning::capacity::{Host, Resource};
use crate::planning::media::Source;
use crate::planning::room::Room;
use crate::planning::row::Standing;
use crate::planning::scores::Level;

fn told() -> Media {
    Media { source: Source::Told, ..Media::delivered() }
}

/// Days of three hours with rooms that change, sent at known factors; no noise.
fn history(days: i32, factors: [f64; 4]) -> Vec<Minute> {
    let media = told();
    let mut minutes = Vec::new();
    for day in 0..days {
        for step in 0..180_i64 {
            let mut minute = Minute::idle(i64::from(day) * 1440 + 540 + step, day);
            let turn = (step / 20 + i64::from(day)) as u32;
            for room in 0..=(turn % 4) {
                let people = 4 + (turn * 7 + room * 5) % 20;
                let cameras = (turn + room * 3) % people;
                let shares = (turn + room) % 2;
                let room = Room {
                    people,
                    hearing: people,
                    voices: people,
                    cameras,
                    shares,
                    ..Room::default()
                };
                minute.add(&room, 1, &media);
            }
            let row = minute.sent_row(&media, SharesFrom::Told);
            minute.sent_mbit = Some(row.expected(&factors));
            minutes.push(minute);
        }
    }
    minutes
}

fn event() -> Mix {
    Mix::of("event", 8, [25, 4, 1])
}

#[test]
fn factors_are_found_and_weigh_more_than_the_prior() {
    let truth = [0.3, 1.1, 1.3, 0.7];
    let model = Bandwidth::of(&history(10, truth), &told()).unwrap();
    for (found, truth) in model.fit.posterior.factors.iter().zip(truth) {
        assert!((found - truth).abs() < 0.05, "{:?}", model.fit.posterior.factors);
    }
    assert!(model.fit.weight_of_data.iter().all(|weight| *weight > 0.5));
    assert_eq!((model.days.count(), model.doubts.len()), (10, 0));
    assert!(model.fit.condition > 1.0 && model.fit.condition < 1e4);
}

#[test]
fn a_link_carries_what_is_far_below_it_and_not_what_is_above() {
    let model = Bandwidth::of(&history(10, [0.3, 1.0, 1.0, 1.0]), &told()).unwrap();
    let host = |link_mbit| Host {
        bandwidth: &model,
        processors: None,
        link_mbit,
        cores: 0.0,
        workers: 0.0,
    };
    let wide = host(1000.0).answer(&event()).unwrap();
    let narrow = host(100.0).answer(&event()).unwrap();
    assert!(wide.probability > 0.9 && narrow.probability < 0.1);
    assert_eq!(wide.binds, Some(Resource::LinkPlan));
    assert!(wide.doubts.iter().any(|doubt| matches!(doubt, Doubt::BeyondTheSeen { .. })));
    let fitting = host(1000.0).people_that_fit(&event()).unwrap();
    assert!(fitting.people >= 200 && fitting.people % 25 == 0, "{fitting:?}");
    let more = Mix::of("more", fitting.sets + 1, [25, 4, 1]);
    assert!(host(1000.0).answer(&more).unwrap().probability < 0.9);
    for speed in [-1.0, 0.0, f64::NAN] {
        let refused = host(speed).answer(&event());
        assert!(matches!(refused, Err(Doubt::LinkSpeedUnknown { .. })), "{refused:?}");
    }
}

#[test]
fn assumed_settings_reach_up_to_what_no_pages_would_take() {
    let minutes = history(10, [0.3, 1.0, 1.0, 1.0]);
    let crowded = Mix::of("crowded", 1, [60, 12, 0]);
    let range = |media: &Media| {
        let model = Bandwidth::of(&minutes, media).unwrap();
        let host = Host {
            bandwidth: &model,
            processors: None,
            link_mbit: 1000.0,
            cores: 0.0,
            workers: 0.0,
        };
        (host.answer(&crowded).unwrap().checks[0].range, model.doubts)
    };
    let (of_told, _) = range(&told());
    let (of_assumed, doubts) = range(&Media::delivered());
    assert!(of_assumed.high > 1.5 * of_told.high && of_assumed.low <= of_told.low);
    assert!(doubts.contains(&Doubt::SettingsAssumed { page: 5 }));
}

#[test]
fn what_allows_no_confidence_is_said() {
    let without = |of: fn(Minute) -> Minute| {
        history(5, [0.3, 1.0, 1.0, 1.0]).into_iter().map(of).collect::<Vec<_>>()
    };
    let doubts = |minutes: &[Minute]| Bandwidth::of(minutes, &told()).unwrap().doubts;
    let silent = without(|minute| Minute { sent_mbit: Some(0.01), ..minute });
    assert_eq!(Bandwidth::of(&silent, &told()), Err(Doubt::NoTraffic));
    let idle = without(|minute| Minute {
        sent_mbit: Some(0.1),
        shares: Some(crate::planning::minute::Shares::default()),
        ..Minute::idle(minute.minute, minute.day)
    });
    assert!(doubts(&idle).contains(&Doubt::NoRooms));
    let full = without(|minute| Minute { standing: Standing::AtLeast, ..minute });
    assert_eq!(Bandwidth::of(&full, &told()), Err(Doubt::NothingMeasured));
    assert_eq!(Bandwidth::of(&[], &told()), Err(Doubt::NothingMeasured));
    let short = history(1, [0.3, 1.0, 1.0, 1.0]);
    assert!(doubts(&short).contains(&Doubt::ThinHistory { days: 1 }));
    let untold = without(|minute| Minute { shares: None, received_mbit: None, ..minute });
    let model = Bandwidth::of(&untold, &told()).unwrap();
    assert_eq!(model.mix(&event()).err(), Some(Doubt::SharesUnknown));
    assert!(model.mix(&Mix::of("no share", 8, [25, 1, 0])).is_ok());
    let mut gap = history(5, [0.3, 1.0, 1.0, 1.0]);
    gap[7].sent_mbit = None;
    assert!(doubts(&gap).contains(&Doubt::MissingMinutes { minutes: 1 }));
}

#[test]
fn mixes_that_cannot_be_are_refused() {
    let model = Bandwidth::of(&history(5, [0.3, 1.0, 1.0, 1.0]), &told()).unwrap();
    let more = model.mix(&Mix::of("more cameras", 1, [3, 4, 0])).err();
    assert_eq!(more, Some(Doubt::MoreCamerasThanPeople { cameras: 4, people: 3 }));
    assert_eq!(model.mix(&Mix::of("nobody", 0, [3, 1, 0])).err(), Some(Doubt::EmptyMix));
    for mix in Mix::usual() {
        assert_eq!(mix.check(), Ok(()), "{}", mix.name);
    }
}

/// Measured by others, at the camera rates of their time and without pages: about 100 Mbit/s with
/// 150 people and two cameras, 8 with five people and four cameras.
#[test]
fn measured_cases_lie_within_the_priors_eighty() {
    let quiet = Minute {
        sent_mbit: Some(0.05),
        shares: Some(crate::planning::minute::Shares::default()),
        ..Minute::idle(0, 0)
    };
    for (camera_mbit, people, cameras, measured) in [(0.25, 150, 2, 100.0), (0.6, 5, 4, 8.0)] {
        let delivered = told();
        let media = Media {
            audio_mbit: delivered.audio_mbit,
            web_out_mbit: delivered.web_out_mbit,
            ..Media::published(camera_mbit)
        };
        let model = Bandwidth::of(&[quiet], &media).unwrap();
        let range =
            model.mix(&Mix::of("measured", 1, [people, cameras, 0])).unwrap().range(Level::EIGHTY);
        assert!(range.holds(measured), "{measured}: {range:?}");
    }
}
