//! Whether ranges hold: simulated worlds with a drawn truth, planned from a part of their past and
//! held against what then happens. Pure; the same seeds give the same tallies.

mod observed;
mod peaks;
mod plain;
mod processors;
mod replayed;
mod stored;
mod tally;

pub use self::observed::{Sight, minutes_of};
pub use self::peaks::{Course, FORESEEN_DAYS, KNOWN_DAYS, courses};
pub use self::plain::plain_coverage;
pub use self::processors::calibrate_processors;
pub use self::replayed::{Replayed, Told, replayed};
pub use self::stored::{BEGIN_MS, INSTANCE, Telling, tell};
use self::tally::count;
pub use self::tally::{Cell, Tally};

use headroom::planning::bandwidth::Bandwidth;
use headroom::planning::capacity::Host;
use headroom::planning::media::Media;
use headroom::planning::minute::Minute;
use headroom::planning::mix::Mix;
use headroom_simulation::worlds::{Constants, Profile, Typed, World};

/// How many days of history there are, each its own row of the table.
pub const HISTORIES: [usize; 4] = [3, 7, 14, 28];

/// Days after the history whose peaks are foreseen.
const HELD_OUT: i32 = 8;

/// Events that no history has seen.
pub const EVENTS: [(&str, Typed); 3] = [
    ("8 x 25, four cameras, share", Typed { rooms: 8, people: 25, cameras: 4, shares: 1 }),
    ("8 x 25, one camera", Typed { rooms: 8, people: 25, cameras: 1, shares: 0 }),
    ("200, ten cameras, share", Typed { rooms: 1, people: 200, cameras: 10, shares: 1 }),
];

/// What is to be foreseen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// The peak of a day with people in it.
    Day,
    /// An event, by its place in [`EVENTS`].
    Event(usize),
}

/// How worlds are made and seen.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// What the host tells of shares.
    pub sight: Sight,
    /// What the worlds are drawn around.
    pub constants: Constants,
    /// The number of the first world: other numbers, other worlds.
    pub first: u64,
}

/// Foresees the peaks of so many worlds, a profile each in turn.
pub fn calibrate(worlds: u64, setting: Setting) -> Tally {
    let mut tally = Tally::default();
    for number in setting.first..setting.first + worlds {
        let world = drawn(number, &setting.constants, Profile::ALL);
        of_world(&world, setting.sight, &mut tally);
    }
    tally
}

/// The world of a number, a profile each in turn.
fn drawn(number: u64, constants: &Constants, profiles: [Profile; 4]) -> World {
    World::drawn(9_000 + number, profiles[(number % 4) as usize], constants)
}

fn of_world(world: &World, sight: Sight, tally: &mut Tally) {
    let media = Media::delivered();
    let longest = HISTORIES[HISTORIES.len() - 1] as i32;
    let days: Vec<Vec<Minute>> = (0..longest + HELD_OUT)
        .map(|day| minutes_of(&world.day(day), day, &media, sight))
        .collect();
    let events: Vec<f64> = EVENTS
        .iter()
        .zip(0..)
        .map(|((_, typed), number)| {
            let peak = world.event(*typed, number).into_iter().map(|minute| minute.sent_mbit);
            peak.fold(0.0, f64::max)
        })
        .collect();
    let (past, future) = days.split_at(longest as usize);
    for history in HISTORIES {
        let seen: Vec<Minute> = past[past.len() - history..].concat();
        let Ok(model) = Bandwidth::of(&seen, &media) else { continue };
        for day in future.iter().filter(|day| day.iter().any(|minute| minute.people > 5.0)) {
            let Some(outlook) = model.day(day) else { continue };
            let peak = day.iter().filter_map(|minute| minute.sent_mbit).fold(0.0, f64::max);
            tally.add((history, Target::Day), &outlook, peak);
        }
        for (place, ((name, typed), peak)) in EVENTS.iter().zip(&events).enumerate() {
            let each = [typed.people, typed.cameras, typed.shares];
            let Ok(outlook) = model.mix(&Mix::of(name, typed.rooms, each)) else { continue };
            tally.add((history, Target::Event(place)), &outlook, *peak);
        }
    }
}

/// The part of events that the ranges of whole answers hold at 80 %, where settings are assumed.
pub fn answers_held(worlds: u64, constants: Constants) -> f64 {
    let media = Media::delivered();
    let (mut held, mut count) = (0, 0);
    for number in 0..worlds {
        let world = drawn(number, &constants, Profile::ALL);
        let seen: Vec<Minute> =
            (0..14).flat_map(|day| minutes_of(&world.day(day), day, &media, Sight::Sfu)).collect();
        let Ok(bandwidth) = Bandwidth::of(&seen, &media) else { continue };
        let host = linked(&bandwidth);
        for ((name, typed), place) in EVENTS.iter().zip(0..) {
            let each = [typed.people, typed.cameras, typed.shares];
            let Ok(answer) = host.answer(&Mix::of(name, typed.rooms, each)) else { continue };
            let sent = world.event(*typed, place).into_iter().map(|minute| minute.sent_mbit);
            held += usize::from(answer.checks[0].range.holds(sent.fold(0.0, f64::max)));
            count += 1;
        }
    }
    held as f64 / f64::from(count.max(1))
}

/// A host of which only the link is a limit: 1 Gbit/s.
pub fn linked(bandwidth: &Bandwidth) -> Host<'_> {
    Host { bandwidth, processors: None, link_mbit: 1_000.0, cores: 0.0, workers: 0.0 }
}

/// A year of a federation's host, minute by minute, for timing.
pub fn year(media: &Media) -> Vec<Minute> {
    let world = World::drawn(1, Profile::Federation, &Constants::default());
    let mut minutes = Vec::new();
    for day in 0..365 {
        let first = i64::from(day) * 1440;
        let busy = minutes_of(&world.day(day), day, media, Sight::Sfu);
        let mut busy =
            busy.into_iter().filter(|m| (first..first + 1440).contains(&m.minute)).peekable();
        for minute in first..first + 1440 {
            let idle = || Minute {
                shares: Some(headroom::planning::minute::Shares::default()),
                sent_mbit: Some(world.truth.base_mbit),
                ..Minute::idle(minute, day)
            };
            minutes.push(busy.next_if(|m| m.minute == minute).unwrap_or_else(idle));
        }
    }
    minutes
}
