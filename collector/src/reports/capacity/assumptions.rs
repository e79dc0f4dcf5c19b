//! What a report rests on: its history, its limits, the settings of BigBlueButton, and what cannot be
//! told.

use super::View;
use crate::planning::Doubt;
use crate::planning::capacity::CONFIDENT;
use crate::planning::media::{LargerRooms, Media, Page, Source};
use crate::planning::prior::SharesFrom;
use crate::reports::document::Section;
use crate::reports::words;
use jiff::tz::TimeZone;

pub fn section(view: View<'_>) -> Section {
    let model = view.model;
    let mut sentences = Vec::new();
    if let Some([first, last]) = model.minutes {
        let at = |minute: i64| moment(minute, view.question.zone);
        sentences.push(format!(
            "Told from the minutes between {} and {} in which BigBlueButton answered.",
            at(first),
            at(last)
        ));
    }
    sentences.push(format!(
        "A mix fits if the probability that every limit holds is {:.0} % at least. Limits of a link: 70 % \
         to plan with, 85 % for an alarm, 93 % before packets are dropped; of processors 80 %, of one \
         thread 90 % of a core; 500 streams a worker of mediasoup, of which {} are taken; 50 microphones \
         a core.",
        CONFIDENT * 100.0,
        model.workers
    ));
    if let Ok(bandwidth) = &model.bandwidth {
        sentences.push(of_media(bandwidth.media()));
        sentences.push(of_shares(bandwidth.shares).into());
        sentences.extend(doubts(view).iter().map(|doubt| words::sentence(&doubt.to_string())));
    }
    if let Err(doubt) = &model.processors {
        sentences.push(words::sentence(&format!("of processors nothing can be said: {doubt}")));
    }
    Section::said("assumptions", "Assumptions and doubts", sentences)
}

/// Each doubt once.
pub fn doubts(view: View<'_>) -> Vec<Doubt> {
    let of_fit = view.model.bandwidth.iter().flat_map(|bandwidth| &bandwidth.doubts);
    let mut doubts: Vec<Doubt> = Vec::new();
    for doubt in view.model.doubts.iter().chain(of_fit) {
        let is_same =
            |known: &&Doubt| std::mem::discriminant(*known) == std::mem::discriminant(doubt);
        if !doubts.iter().any(|known| is_same(&known)) {
            doubts.push(*doubt);
        }
    }
    if let Ok(bandwidth) = &view.model.bandwidth {
        let [base, _, cameras, _] = bandwidth.fit.posterior.factors;
        if base > OTHER_SERVICES_MBIT {
            doubts.push(Doubt::OtherServices { mbit: base });
        }
        if !(LEAST_FACTOR..=GREATEST_FACTOR).contains(&cameras) {
            doubts.push(Doubt::CameraFactor { factor: cameras });
        }
    }
    doubts
}

/// A base above it is somebody else's.
const OTHER_SERVICES_MBIT: f64 = 1.0;

/// Factors of cameras beyond these are no longer a matter of hosts.
const LEAST_FACTOR: f64 = 0.7;
const GREATEST_FACTOR: f64 = 1.3;

fn of_media(media: &Media) -> String {
    let page = |page: Page| match page {
        Page::All => "all cameras".to_owned(),
        Page::Of(count) => format!("{count} cameras at a time"),
    };
    let source = match media.source {
        Source::Told => "BigBlueButton's settings, as the host tells them",
        Source::Assumed => "BigBlueButton as it is delivered",
    };
    let larger = media.larger_rooms.iter().map(|LargerRooms { people, pages }| {
        format!(
            "; in rooms of {people} people and more {}, moderators {}",
            page(pages.viewer),
            page(pages.moderator)
        )
    });
    format!(
        "{source}: viewers see {}, moderators {}{}; a camera takes {}, a screen share {:.2}, audio {:.3}.",
        page(media.pages.viewer),
        page(media.pages.moderator),
        larger.collect::<String>(),
        of_cameras(media),
        media.screen_mbit,
        media.audio_mbit
    )
}

/// What a camera takes in the smallest and in the fullest rooms.
fn of_cameras(media: &Media) -> String {
    let mut classes = media.class_from.iter().zip(media.camera_mbit);
    let last = classes.rfind(|(from, _)| **from < u32::MAX);
    let first = media.camera_mbit[0];
    match last {
        Some((from, last)) if *from > 0 => {
            format!("{first:.2} Mbit/s in a room with few and {last:.2} from {from} cameras on")
        }
        Some(_) | None => format!("{first:.2} Mbit/s"),
    }
}

fn of_shares(shares: SharesFrom) -> &'static str {
    match shares {
        SharesFrom::Told => "Screen shares are those that BigBlueButton's media server tells of.",
        SharesFrom::BytesIn => {
            "Screen shares are what bytes in have beyond microphones and cameras."
        }
        SharesFrom::Unknown => "Of screen shares nothing is known.",
    }
}

fn moment(minute: i64, zone: &TimeZone) -> String {
    let at = jiff::Timestamp::from_second(minute * 60).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.to_zoned(zone.clone()).strftime("%-d %b %Y %H:%M").to_string()
}
