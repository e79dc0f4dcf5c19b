//! The meetings of the last four weeks on other servers: a smaller one, two, and one for events. A
//! meeting's minute is its share of what its organisation had. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::past::Past;
use super::usage::Splits;
use crate::planning::bandwidth::Bandwidth;
use crate::planning::capacity::LINK_PLAN;
use crate::planning::meetings::{Attended, Counted, sent_to};
use crate::planning::replay::{Carried, Held, Load, Placement, Rules, Server, replay};
use crate::planning::room::ByKind;
use crate::store::Meeting;

/// Rooms of so many people are events.
pub const EVENT_PEOPLE: u32 = 50;

const MINUTE_MS: i64 = 60_000;

/// Cameras that each is taken to see where nobody told the streams of a meeting.
const PAGE: f64 = 5.0;

/// The longest meeting, in minutes; what is longer is cut.
const LONGEST_MINUTES: i64 = 2 * 1_440;

/// The same meetings somewhere else.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// Its name for programs.
    pub key: &'static str,
    /// Where, in words.
    pub place: &'static str,
    /// The speed of each server's link, in Mbit/s.
    pub link_mbit: f64,
    /// What each server carried.
    pub carried: Vec<Carried>,
}

impl Replay {
    /// The highest minute of any of its servers.
    pub fn peak_mbit(&self) -> f64 {
        self.carried.iter().map(|one| one.peak_mbit).fold(0.0, f64::max)
    }

    /// How many days one of its servers, or another, was above its plan.
    pub fn days_above(&self) -> usize {
        self.carried.iter().flat_map(|one| &one.above).collect::<BTreeSet<_>>().len()
    }
}

/// How a host's meetings might have been placed.
struct Course {
    key: &'static str,
    place: &'static str,
    servers: usize,
    /// Of the link's speed.
    link: f64,
    placement: Placement,
}

const COURSES: [Course; 6] = [
    Course {
        key: "as_it_was",
        place: "one server, as it was",
        servers: 1,
        link: 1.0,
        placement: Placement::FewestPeople,
    },
    Course {
        key: "smaller",
        place: "one with half the link",
        servers: 1,
        link: 0.5,
        placement: Placement::FewestPeople,
    },
    Course {
        key: "two_by_people",
        place: "two, each meeting to the one with fewer people",
        servers: 2,
        link: 1.0,
        placement: Placement::FewestPeople,
    },
    Course {
        key: "two_by_streams",
        place: "two, to the one with fewer streams",
        servers: 2,
        link: 1.0,
        placement: Placement::FewestStreams,
    },
    Course {
        key: "two_by_scalelite",
        place: "two, by Scalelite's rule",
        servers: 2,
        link: 1.0,
        placement: Placement::Scalelite,
    },
    Course {
        key: "event_host",
        place: "a second one for rooms of 50 and more",
        servers: 2,
        link: 1.0,
        placement: Placement::EventHost { people: EVENT_PEOPLE },
    },
];

/// All of them; none without meetings.
pub fn of(past: &Past, splits: &Splits, bandwidth: &Bandwidth) -> Vec<Replay> {
    let held = held(past, splits, bandwidth);
    let Some(link_mbit) = past.link_mbit.filter(|mbit| *mbit > 0.0 && !held.is_empty()) else {
        return Vec::new();
    };
    let [base_mbit, ..] = bandwidth.fit.posterior.factors;
    let one = |course: &Course| {
        let server =
            |number| Server { name: format!("server {number}"), base_mbit, load_multiplier: 1.0 };
        let servers: Vec<Server> = (1..=course.servers).map(server).collect();
        let link_mbit = course.link * link_mbit;
        let (placement, waver) = (course.placement, bandwidth.waver);
        let rules = Rules { placement, limit_mbit: LINK_PLAN * link_mbit, waver };
        let carried = replay(&held, &servers, rules);
        Replay { key: course.key, place: course.place, link_mbit, carried }
    };
    COURSES.iter().map(one).collect()
}

/// A meeting that runs, and its weight among those of its organisation.
struct Running {
    place: usize,
    first_minute: i64,
    last_minute: i64,
    people: f64,
    weight: f64,
}

/// A meeting in a minute beside what it was sent.
struct Present {
    place: usize,
    people: f64,
    streams: f64,
}

/// Each meeting with what it asked for, minute by minute.
fn held(past: &Past, splits: &Splits, bandwidth: &Bandwidth) -> Vec<Held> {
    let start = |meeting: &Meeting| meeting.started_ms.div_euclid(MINUTE_MS);
    let held = past.meetings.iter().map(|one| Held { start: start(one), loads: Vec::new() });
    let mut held: Vec<Held> = held.collect();
    let (minutes, present) = attended(past, splits, bandwidth);
    let sent = sent_to(&minutes, &bandwidth.fit.prior, &bandwidth.fit.posterior.factors);
    for ((minute, present), sent) in minutes.iter().zip(present).zip(sent) {
        for (Present { place, people, streams }, sent_mbit) in present.into_iter().zip(sent) {
            let load = Load { sent_mbit, cores: 0.0, people, moderators: 1.0, streams };
            put(&mut held[place], minute.minute, load);
        }
    }
    held.retain(|held| !held.loads.is_empty());
    held
}

/// The meetings of each minute, each with its share of what its organisation had.
fn attended(
    past: &Past,
    splits: &Splits,
    bandwidth: &Bandwidth,
) -> (Vec<Counted>, Vec<Vec<Present>>) {
    let mut waiting: BTreeMap<&str, Vec<Running>> = BTreeMap::new();
    for (place, meeting) in past.meetings.iter().enumerate() {
        waiting.entry(&meeting.tenant).or_default().push(running(place, meeting, bandwidth));
    }
    let screen_mbit = bandwidth.media().screen_mbit;
    let (mut minutes, mut all_present) = (Vec::new(), Vec::new());
    let mut rest = &*splits.parts;
    for minute in &splits.minutes {
        let (own, others) = rest.split_at(minute.parts);
        rest = others;
        let mut counted = Counted {
            minute: minute.minute,
            meetings: Vec::new(),
            shares: minute.shares,
            sent_mbit: minute.sent_mbit - minute.base_mbit,
        };
        let mut present = Vec::new();
        for part in own {
            let told = &past.parts[part.place];
            let tenant = past.tenants.get(usize::from(told.tenant));
            let meetings = tenant.and_then(|tenant| waiting.get_mut(&**tenant));
            let now = meetings.map(|meetings| now(meetings, minute.minute)).unwrap_or_default();
            if now.is_empty() {
                // Of rooms that no meeting tells of.
                counted.sent_mbit -= part.mbit;
            }
            let sum = |of: fn(&Running) -> f64| now.iter().map(|one| of(one)).sum::<f64>();
            let people = sum(|one| one.people).max(f64::MIN_POSITIVE);
            let weights = sum(|one| one.weight).max(f64::MIN_POSITIVE);
            for one in now {
                let (of_people, of_load) = (one.people / people, one.weight / weights);
                let people = told.people * of_people;
                let onlookers = (people - 1.0).max(0.0);
                let ByKind { audio, cameras, .. } = told.part.expected;
                let shares = onlookers * screen_mbit;
                let expected =
                    ByKind { audio: audio * of_people, cameras: cameras * of_load, shares };
                counted.meetings.push(Attended { meeting: one.place, expected, onlookers });
                let streams = told.streams * of_load;
                present.push(Present { place: one.place, people, streams });
            }
        }
        minutes.push(counted);
        all_present.push(present);
    }
    (minutes, all_present)
}

/// The meetings that run in a minute; those that have ended are forgotten.
fn now(meetings: &mut Vec<Running>, minute: i64) -> Vec<&Running> {
    meetings.retain(|one| one.last_minute >= minute);
    meetings.iter().take_while(|one| one.first_minute <= minute).collect()
}

/// A meeting by its means. What it weighs is what its audio and cameras are expected to be sent.
fn running(place: usize, meeting: &Meeting, bandwidth: &Bandwidth) -> Running {
    let (media, [_, audio, camera, _]) = (bandwidth.media(), bandwidth.fit.posterior.factors);
    let seconds = meeting.measured_seconds.max(1.0);
    let people = meeting.participant_seconds / seconds;
    let cameras = meeting.camera_seconds / seconds;
    let streams = meeting
        .cameras_out
        .map_or(people * cameras.min(PAGE), |cameras_out| cameras_out.seconds / seconds);
    let hearing = match (meeting.voices, meeting.listeners) {
        (Some(voices), Some(listeners)) => {
            ((voices.seconds + listeners.seconds) / seconds).min(people)
        }
        (Some(_) | None, _) => people,
    };
    let camera_mbit = media.camera_mbit[media.class_of(cameras.round() as u32)];
    let weight = audio * (hearing * media.audio_mbit + people * media.web_out_mbit)
        + camera * streams * camera_mbit;
    let first_minute = meeting.started_ms.div_euclid(MINUTE_MS);
    let last_minute = meeting.seen_ms.div_euclid(MINUTE_MS).min(first_minute + LONGEST_MINUTES);
    Running { place, first_minute, last_minute, people, weight }
}

fn put(held: &mut Held, minute: i64, load: Load) {
    let Ok(place) = usize::try_from(minute - held.start) else { return };
    if held.loads.len() <= place {
        held.loads.resize(place + 1, Load::default());
    }
    held.loads[place] = load;
}
