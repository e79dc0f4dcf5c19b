//! Worlds to test plans in: one host, minute by minute, with a truth that is drawn and known.
//!
//! Pure, and apart from the cooperative: nothing here is tuned to how anybody fits. A day, or an
//! event, comes from its seed alone.

mod day;
mod profile;
mod truth;

pub use self::day::{RoomMinute, WorldMinute};
pub use self::profile::Profile;
pub use self::truth::{Constants, Truth};

use self::day::Meeting;
use super::chance::{Chance, key};

/// One host with its habits.
#[derive(Debug, Clone)]
pub struct World {
    /// Who uses it.
    pub profile: Profile,
    /// What was drawn.
    pub truth: Truth,
    constants: Constants,
    seed: u64,
}

/// Rooms of an event, as somebody would type them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Typed {
    /// How many rooms.
    pub rooms: u32,
    /// People of each, one of them a moderator.
    pub people: u32,
    /// Cameras of each, one of them the moderator's.
    pub cameras: u32,
    /// Shares of each.
    pub shares: u32,
}

impl World {
    /// The world of a seed.
    pub fn drawn(seed: u64, profile: Profile, constants: &Constants) -> Self {
        let mut chance = Chance::keyed(&[seed, 1]);
        let truth = Truth::drawn(&mut chance, constants);
        Self { profile, truth, constants: *constants, seed }
    }

    /// The minutes of a day in which somebody is there; day 0 is a Monday.
    pub fn day(&self, day: i32) -> Vec<WorldMinute> {
        let mut chance = Chance::keyed(&[self.seed, 2, day as u64]);
        let growth = (self.truth.monthly_growth * f64::from(day) / 30.0).exp();
        let scale = self.truth.scale * growth * chance.log_normal(0.12);
        let meetings = self.profile.meetings(&mut chance, day.rem_euclid(7), scale);
        self.play(&meetings, key(&[self.seed, 3, day as u64]))
    }

    /// An hour of an event on this host, with nothing else on it.
    pub fn event(&self, typed: Typed, number: u64) -> Vec<WorldMinute> {
        let mut chance = Chance::keyed(&[self.seed, 4, number]);
        let meetings: Vec<Meeting> =
            (0..typed.rooms).map(|_| Meeting::typed(&mut chance, typed)).collect();
        self.play(&meetings, key(&[self.seed, 5, number]))
    }

    fn play(&self, meetings: &[Meeting], seed: u64) -> Vec<WorldMinute> {
        day::play(meetings, &self.truth, &self.constants, seed)
    }
}
