//! What happens in rooms, minute by minute, and what that does to the host's counters.

use super::super::chance::{Chance, key, unit};
use super::{Constants, Truth, Typed};

/// A meeting as it will be held.
#[derive(Debug, Clone)]
pub(super) struct Meeting {
    seed: u64,
    start: i64,
    length: i64,
    moderators: u32,
    shares: u32,
    /// When the share is seen, in minutes from the start.
    shared: [i64; 2],
    /// For each who comes: first and last minute, from the start.
    stays: Vec<[i64; 2]>,
    /// For each who comes: whether there is a camera. Moderators come first.
    shown: Vec<bool>,
}

impl Meeting {
    /// A meeting of people, moderators, cameras and shares.
    pub(super) fn drawn(
        chance: &mut Chance,
        start: i64,
        length: i64,
        [people, moderators, cameras, shares]: [u32; 4],
    ) -> Self {
        let stays = (0..people)
            .map(|_| {
                let late = chance.wait(2.0).min(15.0) as i64;
                let early = if chance.happens(0.1) { chance.between(5, length / 2) } else { 0 };
                [late, length - early + chance.between(-1, 3)]
            })
            .collect();
        let mut shown = vec![false; people as usize];
        for place in 0..cameras.min(people) as usize {
            // The moderator mostly has a camera; others come in any order.
            let place = if place == 0 && chance.happens(0.85) {
                0
            } else {
                chance.between(0, i64::from(people) - 1) as usize
            };
            let free = (0..people as usize).map(|step| (place + step) % people as usize);
            if let Some(free) = free.into_iter().find(|place| !shown[*place]) {
                shown[free] = true;
            }
        }
        let from = (length as f64 * (0.05 + 0.3 * chance.unit())) as i64;
        let to = (length as f64 * (0.6 + 0.4 * chance.unit())) as i64;
        Self {
            seed: chance.bits(),
            start,
            length,
            moderators,
            shares,
            shared: [from, to],
            stays,
            shown,
        }
    }

    /// A room of an event, as typed: all come, and all cameras are on.
    pub(super) fn typed(chance: &mut Chance, typed: Typed) -> Self {
        let Typed { people, cameras, shares, .. } = typed;
        let stays =
            (0..people).map(|_| [chance.between(0, 5), 60 - chance.between(0, 4)]).collect();
        let shown = (0..people).map(|place| place < cameras).collect();
        let shared = [chance.between(3, 15), 60 - chance.between(3, 15)];
        let (seed, moderators) = (chance.bits(), 1);
        Self { seed, start: 600, length: 60, moderators, shares, shared, stays, shown }
    }

    fn at(&self, minute: i64) -> Option<RoomMinute> {
        let now = minute - self.start;
        let mut room = RoomMinute { meeting: self.seed, ..RoomMinute::default() };
        for (place, ([from, to], shown)) in self.stays.iter().zip(&self.shown).enumerate() {
            if (*from..*to).contains(&now) {
                let moderates = (place as u32) < self.moderators;
                room.people += 1;
                room.moderators += u32::from(moderates);
                room.cameras += u32::from(*shown);
                room.moderator_cameras += u32::from(*shown && moderates);
            }
        }
        if room.people == 0 {
            return None;
        }
        let is_shared = (self.shared[0]..self.shared[1]).contains(&now);
        room.shares = if is_shared { self.shares } else { 0 };
        // A third only listens.
        room.voices = room.people - room.people / 3;
        Some(room)
    }
}

/// One room in one minute, with what it truly took.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RoomMinute {
    /// Which meeting.
    pub meeting: u64,
    /// People, all of whom hear.
    pub people: u32,
    /// Those who moderate.
    pub moderators: u32,
    /// Those with a microphone.
    pub voices: u32,
    /// Cameras.
    pub cameras: u32,
    /// Those of moderators.
    pub moderator_cameras: u32,
    /// Screens shared.
    pub shares: u32,
    /// Mbit/s to its people by kind, noise among it: audio with web, cameras, shares.
    pub sent_mbit: [f64; 3],
}

/// One minute of the host.
#[derive(Debug, Clone, PartialEq)]
pub struct WorldMinute {
    /// Of its day.
    pub minute: i64,
    /// Rooms with somebody in them.
    pub rooms: Vec<RoomMinute>,
    /// What the link sent.
    pub sent_mbit: f64,
    /// What it received.
    pub received_mbit: f64,
    /// Cores: FreeSWITCH, mediasoup, the apps.
    pub cores: [f64; 3],
    /// The busiest thread of all, in cores.
    pub busiest_thread: f64,
}

/// Plays meetings, from the first minute to the last.
pub(super) fn play(
    meetings: &[Meeting],
    truth: &Truth,
    constants: &Constants,
    seed: u64,
) -> Vec<WorldMinute> {
    let first = meetings.iter().map(|meeting| meeting.start).min().unwrap_or(0);
    let last = meetings.iter().map(|meeting| meeting.start + meeting.length + 3).max();
    let mut chance = Chance::new(seed);
    let of_day = chance.log_normal(constants.noise[2]);
    let host = Host { truth, constants, of_day, seed };
    (first..last.unwrap_or(first)).map(|minute| host.minute(meetings, minute)).collect()
}

struct Host<'h> {
    truth: &'h Truth,
    constants: &'h Constants,
    of_day: f64,
    seed: u64,
}

impl Host<'_> {
    fn minute(&self, meetings: &[Meeting], minute: i64) -> WorldMinute {
        let mut chance = Chance::keyed(&[self.seed, minute as u64]);
        let [of_room, of_host, _] = self.constants.noise;
        let noise = self.of_day * chance.log_normal(of_host);
        let noise_in = self.of_day * chance.log_normal(of_host);
        let mut out = WorldMinute {
            minute,
            rooms: Vec::new(),
            sent_mbit: self.truth.base_mbit * noise,
            received_mbit: self.truth.base_mbit * 0.5 * noise_in,
            cores: [0.0; 3],
            busiest_thread: 0.0,
        };
        let (mut voices, mut streams, mut people) = (0, 0, 0);
        let lively = |meeting: &&Meeting| {
            (meeting.start..meeting.start + meeting.length + 3).contains(&minute)
        };
        for meeting in meetings.iter().filter(lively) {
            let Some(mut room) = meeting.at(minute) else { continue };
            let [sent, received] = self.traffic(&room);
            let of_this = chance.log_normal(of_room);
            room.sent_mbit = sent.map(|mbit| mbit * noise * of_this);
            out.sent_mbit += room.sent_mbit.iter().sum::<f64>();
            out.received_mbit += received.iter().sum::<f64>() * noise_in * of_this;
            voices += room.voices;
            people += room.people;
            let listeners = room.people - room.voices;
            streams += self.cameras_out(&room) + room.shares * (room.people - 1) + listeners;
            out.rooms.push(room);
        }
        self.work(&mut out, [voices, streams, people], &mut chance);
        out
    }

    /// Mbit/s to and from a room, by kind.
    fn traffic(&self, room: &RoomMinute) -> [[f64; 3]; 2] {
        let mut chance = Chance::keyed(&[room.meeting, 7]);
        let own = self.constants.meeting_spread.map(|spread| chance.log_normal(spread));
        let of = |kind: usize| own[kind] * self.truth.factors[kind];
        let count = f64::from;
        let constants = self.constants;
        let camera = constants.camera(room.cameras);
        let people = count(room.people);
        let sent = [
            people * (constants.audio_mbit + constants.web_out_mbit),
            count(self.cameras_out(room)) * camera,
            count(room.shares) * (people - 1.0) * constants.screen_mbit,
        ];
        let received = [
            count(room.voices) * constants.audio_mbit + people * constants.web_in_mbit,
            count(room.cameras) * camera,
            count(room.shares) * constants.screen_mbit,
        ];
        [sent, received].map(|mbit| std::array::from_fn(|kind| mbit[kind] * of(kind)))
    }

    fn cameras_out(&self, room: &RoomMinute) -> u32 {
        let page = self.constants.page.unwrap_or(u32::MAX);
        let to_moderators = room.moderators * room.cameras - room.moderator_cameras;
        let viewers = room.people - room.moderators;
        let shown = room.cameras - room.moderator_cameras;
        let to_shown = shown * room.cameras.saturating_sub(1).min(page);
        to_moderators + to_shown + (viewers - shown) * room.cameras.min(page)
    }

    fn work(
        &self,
        out: &mut WorldMinute,
        [voices, streams, people]: [u32; 3],
        chance: &mut Chance,
    ) {
        let [microphone, stream, person] = self.truth.cores;
        let busy = (0.05 * self.wander(out.minute)).exp();
        let base = [0.04, 0.05, 0.15];
        let drivers = [microphone, stream, person];
        let counts = [voices, streams, people].map(f64::from);
        out.cores = std::array::from_fn(|k| {
            (base[k] + drivers[k] * counts[k]) * busy * chance.log_normal(0.08)
        });
        // Streams spread unevenly over workers; the apps' main thread does a third of their work.
        let worker = out.cores[1] / f64::from(self.truth.workers) * 1.3;
        let threads = [out.cores[0] * 0.15, worker, out.cores[2] / 3.0];
        let busiest = threads.into_iter().fold(0.0, f64::max) * chance.log_normal(0.06);
        out.busiest_thread = busiest.min(1.0);
    }

    /// A slow normal-like wandering, from half hour to half hour.
    fn wander(&self, minute: i64) -> f64 {
        let place = minute.rem_euclid(30) as f64 / 30.0;
        let at = |point: i64| {
            let draw = |part| unit(key(&[self.seed, 9, point as u64, part]));
            (0..3).map(draw).sum::<f64>() * 2.0 - 3.0
        };
        let point = minute.div_euclid(30);
        at(point) * (1.0 - place) + at(point + 1) * place
    }
}
