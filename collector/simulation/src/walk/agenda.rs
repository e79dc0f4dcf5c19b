//! What changes in a host's rooms, in order of time, loaded day by day.

use crate::calendar::DAY_MS;
use crate::hosts::Host;
use crate::media::{Demand, Presence, RoomKind};
use crate::meeting::Meeting;
use crate::organisations::Organisation;

/// A room that is open.
#[derive(Debug, Clone)]
pub(super) struct Room {
    pub(super) organisation: &'static Organisation,
    pub(super) created_ms: i64,
    pub(super) is_breakout: bool,
    pub(super) kind: RoomKind,
    pub(super) presence: Presence,
    pub(super) demand: Demand,
    /// Raw media so far.
    pub(super) raw_bytes: f64,
}

/// Something that happens to a room.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) at_ms: i64,
    /// Rooms are numbered as they are loaded.
    pub(super) room: u32,
    pub(super) what: What,
}

#[derive(Debug, Clone)]
pub(super) enum What {
    Opens(Room),
    Becomes(Presence),
    Closes,
}

/// What is ahead.
#[derive(Debug, Clone)]
pub(super) struct Agenda {
    next_day: i64,
    next_room: u32,
    changes: Vec<Change>,
    taken: usize,
}

impl Agenda {
    /// Nothing yet; the first day to load.
    pub(super) fn new(first_day: i64) -> Self {
        Self { next_day: first_day, next_room: 0, changes: Vec::new(), taken: 0 }
    }

    /// Loads the days that have begun by a moment.
    pub(super) fn load(
        &mut self,
        moment_ms: i64,
        meetings: impl Fn(i64) -> Vec<Meeting>,
        host: &Host,
    ) {
        while self.next_day * DAY_MS <= moment_ms {
            self.changes.drain(..self.taken);
            self.taken = 0;
            for meeting in meetings(self.next_day) {
                self.add(&meeting, host);
            }
            self.changes.sort_by_key(|change| change.at_ms);
            self.next_day += 1;
        }
    }

    fn add(&mut self, meeting: &Meeting, host: &Host) {
        let room = self.next_room;
        self.next_room += 1;
        let mut push = |at_ms, what| self.changes.push(Change { at_ms, room, what });
        let kind = kind(meeting, host);
        let presence = Presence::default();
        let opened = Room {
            organisation: meeting.organisation,
            created_ms: meeting.listed.from_ms,
            is_breakout: meeting.breakout.is_some(),
            kind,
            presence,
            demand: Demand::of(&presence, kind),
            raw_bytes: 0.0,
        };
        push(meeting.listed.from_ms, What::Opens(opened));
        for (at_ms, presence) in meeting.presences() {
            push(at_ms, What::Becomes(presence));
        }
        push(meeting.listed.to_ms, What::Closes);
    }

    /// What is ahead, in order of time.
    pub(super) fn ahead(&self) -> &[Change] {
        &self.changes[self.taken..]
    }

    /// The first `count` changes are done.
    pub(super) fn take(&mut self, count: usize) {
        self.taken += count;
    }
}

fn kind(meeting: &Meeting, host: &Host) -> RoomKind {
    RoomKind {
        policy: meeting.policy,
        rates: meeting.rates,
        recorded: meeting.recorded,
        before_3: host.is_before_3(),
    }
}

/// The raw media of a whole meeting.
pub(super) fn raw_bytes(meeting: &Meeting, host: &Host) -> f64 {
    let kind = kind(meeting, host);
    let presences = meeting.presences();
    let stretch = |pair: &[(i64, Presence)]| {
        let hours = (pair[1].0 - pair[0].0) as f64 / 3_600_000.0;
        Demand::of(&pair[0].1, kind).raw_bytes_per_hour as f64 * hours
    };
    presences.windows(2).map(stretch).sum()
}
