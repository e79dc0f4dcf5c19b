//! Who used a link, and where else it would have fitted, as the planner tells it from counters, held
//! against what each room truly was sent.

use std::collections::BTreeMap;

use headroom::planning::bandwidth::Bandwidth;
use headroom::planning::media::Media;
use headroom::planning::meetings::{Attended, Counted, sent_to};
use headroom::planning::minute::{Minute, Shares};
use headroom::planning::organisations::{Part, split};
use headroom::planning::replay::{Held, Load, Placement, Rules, Server, replay};
use headroom::planning::room::ByKind;
use headroom_simulation::worlds::{Constants, Profile, RoomMinute, World, WorldMinute};

use super::observed::room_of;
use super::{Sight, drawn, minutes_of};

const DAYS: i32 = 28;
const ORGANISATIONS: u64 = 3;

/// What the planner tells beside what was.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Told {
    /// As told, in Mbit, or Mbit/s.
    pub told: f64,
    /// As it was.
    pub true_value: f64,
}

impl Told {
    /// How far off, relative to something.
    pub fn off(&self, of: f64) -> f64 {
        (self.told - self.true_value).abs() / of
    }
}

/// One host's month.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Replayed {
    /// Audio and cameras of each organisation.
    pub audio_and_cameras: Vec<Told>,
    /// All of each organisation.
    pub all: Vec<Told>,
    /// The peak of each of two servers that share the meetings.
    pub peaks: Vec<Told>,
}

/// The month of a world of that number.
pub fn replayed(number: u64) -> Replayed {
    let media = Media::delivered();
    let world: World = drawn(number, &Constants::default(), Profile::ALL);
    let days: Vec<Vec<WorldMinute>> = (0..DAYS).map(|day| world.day(day)).collect();
    let seen: Vec<Minute> = days
        .iter()
        .zip(0..)
        .flat_map(|(day, number)| minutes_of(day, number, &media, Sight::Sfu))
        .collect();
    let Ok(model) = Bandwidth::of(&seen, &media) else { return Replayed::default() };
    let mut found = Replayed {
        audio_and_cameras: vec![Told::default(); ORGANISATIONS as usize],
        all: vec![Told::default(); ORGANISATIONS as usize],
        peaks: Vec::new(),
    };
    for minute in days.iter().flatten() {
        found.count(&model, minute);
    }
    let mut in_order = courses(&model, &days);
    in_order.sort_by_key(|course| course.start);
    // The truth has all that wavers in it.
    let peaks = [(0, model.waver), (1, 0.0)].map(|(side, waver)| peaks(&in_order, side, waver));
    let both = peaks[0].iter().zip(&peaks[1]);
    found.peaks = both.map(|(told, is)| Told { told: *told, true_value: *is }).collect();
    found
}

/// A meeting's minutes, as told and as they were.
struct Course {
    start: i64,
    loads: [Vec<Load>; 2],
}

impl Course {
    fn at(start: i64) -> Self {
        Self { start, loads: Default::default() }
    }
}

fn peaks(meetings: &[Course], side: usize, waver: f64) -> Vec<f64> {
    let held = meetings
        .iter()
        .map(|course| Held { start: course.start, loads: course.loads[side].clone() });
    let held: Vec<Held> = held.collect();
    let server =
        |name: &str| Server { name: name.to_owned(), base_mbit: 0.0, load_multiplier: 1.0 };
    let rules = Rules { placement: Placement::FewestPeople, limit_mbit: 1e9, waver };
    let carried = replay(&held, &["a", "b"].map(server), rules);
    carried.into_iter().map(|carried| carried.peak_mbit).collect()
}

/// Each meeting, as the planner tells it and as it was.
fn courses(model: &Bandwidth, days: &[Vec<WorldMinute>]) -> Vec<Course> {
    let factors = &model.fit.posterior.factors;
    let mut places: BTreeMap<u64, usize> = BTreeMap::new();
    let mut minutes = Vec::new();
    let mut truths = Vec::new();
    for (day, number) in days.iter().zip(0_i64..) {
        for minute in day {
            let attended = minute.rooms.iter().map(|room| {
                let next = places.len();
                let meeting = *places.entry(room.meeting).or_insert(next);
                attended(model.media(), meeting, room)
            });
            let shares = minute.rooms.iter().map(|room| f64::from(room.shares));
            let seen = minute.rooms.iter().map(|room| f64::from(room_of(room).shares_out()));
            minutes.push(Counted {
                minute: number * 1440 + minute.minute,
                meetings: attended.collect(),
                shares: Shares { streams_in: shares.sum(), streams_out: seen.sum() },
                sent_mbit: minute.sent_mbit - factors[0],
            });
            truths.push(&minute.rooms);
        }
    }
    let told = sent_to(&minutes, &model.fit.prior, factors);
    let mut courses: Vec<Option<Course>> = places.iter().map(|_| None).collect();
    for ((minute, told), truth) in minutes.iter().zip(told).zip(truths) {
        for ((one, told), room) in minute.meetings.iter().zip(told).zip(truth) {
            let course = courses[one.meeting].get_or_insert_with(|| Course::at(minute.minute));
            let people = f64::from(room.people);
            let load = |sent_mbit| Load { sent_mbit, people, ..Load::default() };
            course.loads[0].push(load(told));
            course.loads[1].push(load(room.sent_mbit.iter().sum()));
        }
    }
    courses.into_iter().flatten().collect()
}

fn attended(media: &Media, meeting: usize, room: &RoomMinute) -> Attended {
    let onlookers = f64::from(room.people) - 1.0;
    let sent = room_of(room).sent(media);
    let expected = ByKind { shares: onlookers * media.screen_mbit, ..sent };
    Attended { meeting, expected, onlookers }
}

impl Replayed {
    /// Counts a minute.
    fn count(&mut self, model: &Bandwidth, minute: &WorldMinute) {
        let media = model.media();
        let factors = &model.fit.posterior.factors;
        let part = |room| Part {
            expected: room_of(room).sent(media),
            onlookers: f64::from(room.people) - 1.0,
        };
        let parts: Vec<Part> = minute.rooms.iter().map(part).collect();
        let shares = parts.iter().map(|part| part.expected.shares).sum::<f64>();
        let split = split(&parts, factors, shares, minute.sent_mbit);
        for ((room, part), mbit) in minute.rooms.iter().zip(&parts).zip(&split.parts_mbit) {
            let organisation = (room.meeting % ORGANISATIONS) as usize;
            let own = &mut self.audio_and_cameras[organisation];
            own.told += part.expected.audio * factors[1] + part.expected.cameras * factors[2];
            own.true_value += room.sent_mbit[0] + room.sent_mbit[1];
            self.all[organisation].told += mbit;
            self.all[organisation].true_value += room.sent_mbit.iter().sum::<f64>();
        }
    }
}
