//! Which meetings an organisation plans: from its slots, the season and chance.

use super::calendar::{DAY_MS, MINUTE_MS, SECOND_MS, Season};
use super::chance::{Chance, key};
use super::habits::Habit;
use super::organisations::{Organisation, Slot};

/// A meeting that is planned.
#[derive(Debug, Clone)]
pub(super) struct Session {
    /// The seed of this run.
    pub(super) key: u64,
    /// The seed of what stays from week to week.
    pub(super) room_key: u64,
    pub(super) organisation: &'static Organisation,
    pub(super) habit: &'static Habit,
    /// The number of its host.
    pub(super) host: u64,
    /// When somebody creates it, some minutes before it starts.
    pub(super) created_ms: i64,
    /// The full or half hour it is planned for.
    pub(super) starts_ms: i64,
    pub(super) length_ms: i64,
    pub(super) people: i64,
    pub(super) recorded: bool,
}

/// What an organisation plans for one of its own days, counted from 1970-01-01.
pub(super) fn sessions(seed: u64, organisation: &'static Organisation, day: i64) -> Vec<Session> {
    let season = organisation.rest.season(day);
    if season == Season::Holiday {
        return Vec::new();
    }
    let mut found = Vec::new();
    let slots = organisation.slots.iter().zip(0_u64..);
    for (slot, number) in slots.filter(|(slot, _)| slot.days.hold(day)) {
        let parts = [seed, organisation.number, day as u64, number];
        let mut chance = Chance::keyed(&parts);
        let usual = chance.between(slot.rooms.0, slot.rooms.1);
        let rooms = if season == Season::Break { usual / 4 } else { usual };
        for room in 0..rooms as u64 {
            let room_key = key(&[seed, organisation.number, number, room]);
            found.push(session(organisation, slot, Draw { day, room, room_key, seed: parts }));
        }
    }
    found
}

#[derive(Debug, Clone, Copy)]
struct Draw {
    day: i64,
    room: u64,
    room_key: u64,
    seed: [u64; 4],
}

fn session(organisation: &'static Organisation, slot: &'static Slot, draw: Draw) -> Session {
    let key = key(&[&draw.seed[..], &[draw.room]].concat());
    let mut chance = Chance::new(key);
    let local_ms = draw.day * DAY_MS + slot.at_minutes * MINUTE_MS;
    let starts_ms = local_ms - organisation.utc_offset_minutes * MINUTE_MS;
    let turn = (draw.room_key % 7 + draw.room) as usize % organisation.hosts.len();
    Session {
        key,
        room_key: draw.room_key,
        organisation,
        habit: slot.habit,
        host: organisation.hosts[turn],
        created_ms: starts_ms - chance.between(45 * SECOND_MS, 9 * MINUTE_MS),
        starts_ms,
        length_ms: slot.length_minutes * MINUTE_MS,
        people: chance.between(slot.people.0, slot.people.1),
        recorded: chance.happens(slot.habit.recorded),
    }
}
