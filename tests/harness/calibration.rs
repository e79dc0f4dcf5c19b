//! Whether ranges hold: simulated worlds with a drawn truth, planned from a part of their past and
//! held against what then happens. Pure; the same seeds give the same tallies.

mod observed;
mod tally;

pub use self::observed::{Sight, minutes_of};
pub use self::tally::{Cell, Tally};

use headroom::planning::bandwidth::Bandwidth;
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
}

/// Foresees the peaks of so many worlds, a profile each in turn.
pub fn calibrate(worlds: u64, setting: Setting) -> Tally {
    let mut tally = Tally::default();
    for number in 0..worlds {
        let profile = Profile::ALL[(number % 4) as usize];
        let world = World::drawn(9_000 + number, profile, &setting.constants);
        of_world(&world, setting.sight, &mut tally);
    }
    tally
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
