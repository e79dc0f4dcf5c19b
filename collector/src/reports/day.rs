//! A day of a host as plans see it: its minutes, what its processors did, and each organisation's
//! part, out of what its series told. Pure.

use super::measure::Measure;
use super::sums::{Sums, spread_cameras, squares};
use super::told::Told;
use crate::planning::capacity::LINK_HARD;
use crate::planning::minute::{Minute, Shares};
use crate::planning::organisations::Part;
use crate::planning::processors::{GROUPS, ProcessorMinute};
use crate::planning::row::Standing;

/// Rates above so many times the link's speed are none: a clock was set, and counters of two times
/// lie between each other.
const IMPOSSIBLE: f64 = 1.5;

/// The same where nobody knows the speed.
const FASTEST_MBIT: f64 = 400_000.0;

/// Packets dropped, of those sent, from which demand is hidden.
const HIDING_DROPS: f64 = 0.001;

/// One organisation in one minute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TenantMinute {
    /// Unix time in minutes.
    pub minute: i64,
    /// Its place among the host's tenants.
    pub tenant: u16,
    /// What the formula expects of it.
    pub part: Part,
    /// People.
    pub people: f64,
    /// Rooms.
    pub rooms: f64,
    /// Microphones.
    pub voices: f64,
    /// Cameras.
    pub cameras: f64,
    /// Camera streams out.
    pub streams: f64,
}

/// What a day was.
#[derive(Debug, Clone, Default)]
pub struct Day {
    /// Each minute in which BigBlueButton answered, by time.
    pub minutes: Vec<Minute>,
    /// The same minutes of the processors.
    pub processors: Vec<ProcessorMinute>,
    /// Organisations with people, by minute.
    pub parts: Vec<TenantMinute>,
    /// What was sent in each minute, whether BigBlueButton answered or not, in Mbit/s.
    pub sent_mbit: Vec<f64>,
    /// Packets out a second, at most in a minute.
    pub most_packets: f64,
    /// Minutes with traffic in which BigBlueButton did not answer.
    pub unanswered: usize,
    /// Minutes with a rate that cannot be.
    pub impossible: usize,
    /// How often counters of the links began anew.
    pub restarts: usize,
    /// Minutes that were counted by other settings than those of the measure.
    pub otherwise: Vec<i64>,
}

/// A minute of the day, and the places of its tenants.
#[derive(Clone, Copy)]
struct At<'t> {
    place: usize,
    minute: i64,
    tenants: &'t [u16],
}

impl Day {
    /// What series told, held against the published formula. `tenants` are the organisations by
    /// place, and grow by those that are new.
    pub fn of(
        told: &Told,
        measure: &Measure<'_>,
        first_minute: i64,
        tenants: &mut Vec<String>,
    ) -> Self {
        let mut day = Self { restarts: told.restarts, ..Self::default() };
        let fastest = measure.link_mbit.map_or(FASTEST_MBIT, |mbit| IMPOSSIBLE * mbit);
        let places: Vec<u16> =
            told.tenants.keys().map(|tenant| place_of(tenant, tenants)).collect();
        for (place, number) in (0..told.sent.len()).zip(first_minute..) {
            let mut sent = told.sent.mean(place) / 1e6;
            if sent > fastest || told.out_of_order.has(place) {
                day.impossible += 1;
                sent = f64::NAN;
            }
            day.sent_mbit.push(sent);
            day.most_packets = day.most_packets.max(told.packets.mean(place));
            let Some(minute) = minute(told, measure, place, number) else {
                day.unanswered += usize::from(sent.is_finite());
                continue;
            };
            if told.of_rooms.has_other_settings(measure.media, place) {
                day.otherwise.push(number);
            }
            let minute = Minute { sent_mbit: Some(sent).filter(|mbit| mbit.is_finite()), ..minute };
            day.processors.push(processors(told, measure, place, &minute));
            day.minutes.push(minute);
            day.push_parts(told, measure, At { place, minute: number, tenants: &places });
        }
        day
    }

    fn push_parts(&mut self, told: &Told, measure: &Measure<'_>, at: At<'_>) {
        let At { place, minute, tenants } = at;
        for (grids, tenant) in told.tenants.values().zip(tenants) {
            let sums = grids.sums(place, &told.answers);
            if sums.people <= 0.0 || sums.people.is_nan() {
                continue;
            }
            let onlookers = (sums.people - sums.rooms).max(0.0);
            let part = Part { expected: sums.expected(measure), onlookers };
            self.parts.push(TenantMinute {
                minute,
                tenant: *tenant,
                part,
                people: sums.people,
                rooms: sums.rooms,
                voices: sums.voices,
                cameras: sums.cameras,
                streams: sums.cameras_out,
            });
        }
    }
}

fn place_of(tenant: &str, tenants: &mut Vec<String>) -> u16 {
    let known = tenants.iter().position(|known| known == tenant);
    let place = known.unwrap_or_else(|| {
        tenants.push(tenant.to_owned());
        tenants.len() - 1
    });
    u16::try_from(place).unwrap_or(u16::MAX)
}

/// A minute without what its links carried; none where BigBlueButton did not answer.
fn minute(told: &Told, measure: &Measure<'_>, place: usize, number: i64) -> Option<Minute> {
    if told.answers.mean(place).is_nan() {
        return None;
    }
    let tenants: Vec<Sums> =
        told.tenants.values().map(|grids| grids.sums(place, &told.answers)).collect();
    let sums = if told.is_of_host {
        Sums::of(told.host.each_ref().map(|grid| grid.mean_of(place, &told.answers)))
    } else {
        tenants.iter().fold(Sums::default(), Sums::and)
    };
    let mut minute = Minute {
        people: sums.people,
        rooms: sums.rooms,
        hearing: sums.hearing(measure.listeners),
        voices: sums.voices,
        shares: shares(told, place, sums.cameras),
        received_mbit: Some(told.received.mean(place) / 1e6).filter(|mbit| mbit.is_finite()),
        standing: standing(told, measure, place),
        ..Minute::idle(number, measure.day)
    };
    spread_cameras(&mut minute, &tenants, sums, measure.media);
    minute.squares = squares(&tenants, measure);
    told.of_rooms.tell(&mut minute, measure.media, place);
    Some(minute)
}

/// Screens, if the media server tells of them.
fn shares(told: &Told, place: usize, cameras: f64) -> Option<Shares> {
    let [producers, sessions] = [told.producers.mean(place), told.screen_sessions.mean(place)];
    if producers.is_nan() || sessions.is_nan() {
        return None;
    }
    let streams_in = (producers - cameras).max(0.0);
    Some(Shares { streams_in, streams_out: (sessions - streams_in).max(0.0) })
}

/// A full link and dropped packets hide demand.
fn standing(told: &Told, measure: &Measure<'_>, place: usize) -> Standing {
    let is_full = measure
        .link_mbit
        .is_some_and(|link_mbit| told.sent.mean(place) / 1e6 >= LINK_HARD * link_mbit);
    let drops = told.drops.mean(place) / told.packets.mean(place).max(1.0);
    if is_full || drops > HIDING_DROPS { Standing::AtLeast } else { Standing::Measured }
}

fn processors(
    told: &Told,
    measure: &Measure<'_>,
    place: usize,
    minute: &Minute,
) -> ProcessorMinute {
    let cores: [f64; GROUPS] = told.groups.each_ref().map(|grid| grid.mean(place));
    let streams_out = minute.shares.unwrap_or_default().streams_out;
    let listeners = (minute.hearing - minute.voices).max(0.0);
    let formula = minute.cameras_out.iter().sum::<f64>() + streams_out + listeners;
    let told_consumers = told.consumers.mean(place);
    let consumers = if told_consumers.is_finite() { told_consumers } else { formula };
    let busy = told.busy.mean(place) * measure.cores;
    ProcessorMinute {
        minute: minute.minute,
        day: minute.day,
        drivers: [minute.voices, consumers, minute.people],
        cores,
        other_cores: beside(busy, cores.iter().sum()),
        busiest_thread: told.busiest.mean(place),
    }
}

/// What remains of a whole; none where the whole or a part of it is not known.
fn beside(whole: f64, parts: f64) -> f64 {
    let remainder = whole - parts;
    if remainder < 0.0 { 0.0 } else { remainder }
}
