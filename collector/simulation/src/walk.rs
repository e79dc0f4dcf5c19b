//! A walk over a host's time: all its counters at rising moments, each change of its rooms taken
//! in once. Counters depend on the moments' distance in nothing: they are kept at slots of ten
//! seconds, and what is asked for between two slots is worked out from the first.

mod agenda;
mod counters;
mod moment;

pub use self::counters::{Datagrams, Disk, Kernel, Network, Pressure, ProcessGroup};
pub use self::moment::{Filesystem, HostMoment, Memory, RoomMoment, TenantTotals};

use std::collections::BTreeMap;

use self::agenda::{Agenda, Change, Room, What};
use self::counters::Counters;
use super::World;
use super::calendar::DAY_MS;
use super::chance::key;
use super::hosts::{FILLED_RATIO, FILLING, Host};
use super::load::Load;
use super::media::Demand;
use super::meeting::Span;
use super::noise::{Noise, Place, SLOT_MS};
use super::planned;
use super::recordings::{Recorder, lasting_bytes};

/// What lies on the recordings' disk beside them: presentations, caches.
const OTHER_BYTES: f64 = 9e9;

impl World {
    /// A walk over a host's time, from the history's beginning on and beyond its end.
    pub fn walk(&self, host: &'static Host) -> HostWalk {
        HostWalk::new(self, host)
    }
}

/// A walk over one host's time.
///
/// ```
/// use headroom::simulation::World;
///
/// let world = World::new(1, 1_790_000_000_000);
/// let mut walk = world.walk(World::host("us1").unwrap());
/// let first = walk.at(world.start_ms()).unwrap();
/// let then = walk.at(world.start_ms() + 60_000).unwrap();
/// assert!(then.network.transmit_bytes > first.network.transmit_bytes);
/// ```
#[derive(Debug, Clone)]
pub struct HostWalk {
    world: World,
    host: &'static Host,
    /// When the host is down, and when it is booted again.
    down: Option<(Span, i64)>,
    agenda: Agenda,
    /// Bytes on the recordings' disk that are there from the beginning.
    other_bytes: f64,
    state: State,
}

/// All that changes on the way.
#[derive(Debug, Clone)]
struct State {
    noise_key: u64,
    at_ms: i64,
    boot_ms: i64,
    rooms: BTreeMap<u32, Room>,
    demand: Demand,
    recorder: Recorder,
    counters: Counters,
}

impl HostWalk {
    fn new(world: &World, host: &'static Host) -> Self {
        // Recordings that are there at the beginning come from the days before it.
        let boot_day = super::day_of(world.start_ms()) - host.up_days;
        let boot_ms = boot_day * DAY_MS;
        let down = planned::outage(&world.events, host);
        let other_bytes = if host.number == FILLING.number {
            host.recordings_bytes as f64 * FILLED_RATIO - all_recordings(world, host, boot_day)
        } else {
            OTHER_BYTES
        };
        let state = State {
            noise_key: key(&[world.seed, host.number]),
            at_ms: boot_ms,
            boot_ms,
            rooms: BTreeMap::new(),
            demand: Demand::default(),
            recorder: Recorder::new(host, down.map(|(span, _)| span)),
            counters: Counters::new(host),
        };
        Self { world: world.clone(), host, down, agenda: Agenda::new(boot_day), other_bytes, state }
    }

    /// The host at a moment, none while it is silent. A moment before the last one is answered as
    /// the walk stands.
    pub fn at(&mut self, moment_ms: i64) -> Option<HostMoment> {
        self.go(moment_ms);
        if self.down.is_some_and(|(span, _)| span.holds(moment_ms)) {
            return None;
        }
        if moment_ms <= self.state.at_ms {
            return Some(self.moment(&self.state));
        }
        let mut between = self.state.clone();
        between.pass(self.host, self.agenda.ahead(), moment_ms);
        Some(self.moment(&between))
    }

    /// The host each `step_ms` of a span, from its beginning on, without the time it is silent.
    pub fn each(mut self, span: Span, step_ms: i64) -> impl Iterator<Item = HostMoment> {
        let moments = (0_i64..).map(move |step| span.from_ms + step * step_ms.max(1));
        moments.take_while(move |at_ms| *at_ms < span.to_ms).filter_map(move |at_ms| self.at(at_ms))
    }

    /// Goes on to the last slot that begins at or before a moment.
    fn go(&mut self, moment_ms: i64) {
        while self.state.at_ms + SLOT_MS <= moment_ms {
            let until_ms = self.state.at_ms + SLOT_MS;
            self.agenda.load(until_ms, |day| self.world.meetings(self.host, day), self.host);
            if let Some((span, boot_ms)) = self.down
                && (span.from_ms..boot_ms).contains(&self.state.at_ms)
            {
                self.state.at_ms = until_ms;
                if until_ms >= boot_ms {
                    self.state.boot(self.host, boot_ms);
                }
                continue;
            }
            let taken = self.state.pass(self.host, self.agenda.ahead(), until_ms);
            self.agenda.take(taken);
        }
        // What a partial slot needs may have been created on a new day.
        self.agenda.load(moment_ms, |day| self.world.meetings(self.host, day), self.host);
    }
}

/// What all recordings leave on a disk that nobody purges, from a day to the history's end.
fn all_recordings(world: &World, host: &'static Host, from_day: i64) -> f64 {
    let days = from_day..=super::day_of(world.end_ms());
    let meetings = days.flat_map(|day| world.meetings(host, day));
    let ended = meetings.filter(|meeting| meeting.recorded && meeting.ended_ms <= world.end_ms());
    ended.map(|meeting| lasting_bytes(agenda::raw_bytes(&meeting, host))).sum()
}

impl State {
    /// Counters begin at 0.
    fn boot(&mut self, host: &Host, boot_ms: i64) {
        self.boot_ms = boot_ms;
        let totals = self.counters.totals;
        self.counters = Counters::new(host);
        self.counters.totals = totals;
    }

    /// Lets time pass, within one slot, and does what is due; how many changes were done.
    fn pass(&mut self, host: &'static Host, ahead: &[Change], until_ms: i64) -> usize {
        let noise = Noise::of(self.noise_key, self.at_ms.div_euclid(SLOT_MS) * SLOT_MS);
        let slot_ms = self.at_ms;
        let mut done = 0;
        loop {
            let change_ms = ahead.get(done).map(|change| change.at_ms);
            let work_ms = self.recorder.next_ms(self.at_ms);
            let next = change_ms.into_iter().chain(work_ms).min().unwrap_or(i64::MAX);
            let next_ms = next.clamp(self.at_ms, until_ms);
            self.spend(host, next_ms - self.at_ms, &noise);
            self.at_ms = next_ms;
            if next > until_ms {
                break;
            }
            if work_ms.is_some_and(|at_ms| at_ms <= next_ms) {
                self.recorder.step(next_ms);
            }
            while let Some(change) = ahead.get(done)
                && change.at_ms <= next_ms
            {
                self.apply(change);
                done += 1;
            }
        }
        let place = Place { host_key: self.noise_key, slot_ms };
        self.counters.settle(place, until_ms - slot_ms);
        done
    }

    /// What a stretch without changes adds.
    fn spend(&mut self, host: &'static Host, length_ms: i64, noise: &Noise) {
        if length_ms <= 0 {
            return;
        }
        let seconds = length_ms as f64 / 1000.0;
        let load = Load::of(host, &self.demand, self.recorder.workers(), noise);
        self.counters.add(host, &load, seconds);
        let raw = self.demand.raw_bytes_per_hour as f64 / 3600.0;
        self.recorder.grow(raw * seconds);
        for room in self.rooms.values_mut() {
            room.raw_bytes += room.demand.raw_bytes_per_hour as f64 / 3600.0 * seconds;
            if !room.is_breakout {
                let totals = &mut self.counters.totals[room.organisation.number as usize];
                totals.0 += room.presence.participants * length_ms;
                totals.1 += if room.presence.participants > 0 { length_ms } else { 0 };
            }
        }
    }

    fn apply(&mut self, change: &Change) {
        match &change.what {
            What::Opens(room) => {
                self.demand += room.demand;
                let counters = &mut self.counters;
                let created =
                    if room.is_breakout { &mut counters.breakouts } else { &mut counters.meetings };
                *created += 1;
                self.rooms.insert(change.room, room.clone());
            }
            What::Becomes(presence) => {
                if let Some(room) = self.rooms.get_mut(&change.room) {
                    self.demand -= room.demand;
                    room.presence = *presence;
                    room.demand = Demand::of(presence, room.kind);
                    self.demand += room.demand;
                }
            }
            What::Closes => {
                if let Some(room) = self.rooms.remove(&change.room) {
                    self.demand -= room.demand;
                    if room.kind.recorded {
                        let length_ms = change.at_ms - room.created_ms;
                        self.recorder.ended(change.at_ms, length_ms, room.raw_bytes);
                    }
                }
            }
        }
    }
}
