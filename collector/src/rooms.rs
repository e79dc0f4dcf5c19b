//! What is happening in the rooms now and today, by host and by organisation, and when it is quiet.
//!
//! A host whose BBB does not answer has no rooms that anybody knows of; it never has none.

mod advice;
mod answer;
mod expected;
mod export;
mod history;
mod kept;
mod outlook;
mod past;
mod present;
mod risen;
mod today;

use std::collections::BTreeMap;
use std::ops::AddAssign;

use jiff::tz::TimeZone;

pub use self::advice::{Advice, Until};
use self::answer::Answered;
pub use self::answer::{Answer, Reason};
pub use self::expected::{Expected, Trouble, expected};
pub use self::export::{By, csv, json};
pub use self::history::PastHour;
pub use self::kept::{KeptRooms, RoomsReader};
pub use self::outlook::{Hour, Outlook};
use self::present::Key;
pub use self::today::Today;
use self::today::Whose;
use crate::promql::QueryError;
use crate::samples::Reader;

/// When one looks, and in which zone days and hours begin.
#[derive(Debug, Clone)]
pub struct Moment {
    /// Unix time in milliseconds.
    pub now_ms: i64,
    /// The zone.
    pub zone: TimeZone,
}

/// What is counted in rooms at one moment. Cameras are streams that come in.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Counts {
    /// Rooms with somebody inside; breakout rooms are not among them.
    pub rooms: f64,
    /// Breakout rooms.
    pub breakouts: f64,
    /// People; those in breakout rooms count once.
    pub people: f64,
    /// Of them, those with a voice.
    pub voices: f64,
    /// Camera streams.
    pub cameras: f64,
    /// Rooms that record.
    pub recording: f64,
    /// People in the largest room.
    pub largest: f64,
}

/// The rooms of one host.
#[derive(Debug, Clone)]
pub struct HostRooms {
    /// Its name.
    pub instance: String,
    /// Whether its BBB answers.
    pub answer: Answer,
    /// What is there now; nothing is known if it does not answer.
    pub now: Option<Counts>,
    /// What there was since midnight.
    pub today: Today,
    /// The last 24 hours in small: the most people in each quarter of an hour.
    pub day: Vec<Option<f64>>,
    /// The hours to come.
    pub outlook: Outlook,
}

/// The rooms of one organisation, on all hosts.
#[derive(Debug, Clone)]
pub struct TenantRooms {
    /// Its name.
    pub tenant: String,
    /// What is there now, on the hosts that answer.
    pub now: Counts,
    /// What there was since midnight.
    pub today: Today,
    /// The last 24 hours in small.
    pub day: Vec<Option<f64>>,
}

/// All rooms.
#[derive(Debug, Clone)]
pub struct Rooms {
    /// Hosts with BBB, those to look at first on top.
    pub hosts: Vec<HostRooms>,
    /// Organisations with a room in the last 24 hours, the busiest first.
    pub tenants: Vec<TenantRooms>,
    /// What there was since midnight, on all hosts together.
    pub today: Today,
    /// The hours to come, on all hosts together of which enough is known.
    pub outlook: Outlook,
}

impl Counts {
    /// Whether there is nobody and no room.
    pub fn is_empty(&self) -> bool {
        self.rooms <= 0.0 && self.people <= 0.0
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.rooms += other.rooms;
        self.breakouts += other.breakouts;
        self.people += other.people;
        self.voices += other.voices;
        self.cameras += other.cameras;
        self.recording += other.recording;
        self.largest = self.largest.max(other.largest);
    }
}

impl HostRooms {
    /// What to tell somebody who wants to reboot it.
    pub fn advice(&self, now_ms: i64) -> Advice {
        Advice::of(self.now, &self.outlook, now_ms)
    }
}

impl Rooms {
    /// What is there now, on the hosts that answer; nothing if none does.
    pub fn now(&self) -> Option<Counts> {
        sum(self.hosts.iter().filter_map(|host| host.now))
    }

    /// The hosts of which too little is known to say anything of the hours to come.
    pub fn too_new(&self) -> impl Iterator<Item = &HostRooms> {
        self.hosts.iter().filter(|host| !host.outlook.is_known())
    }
}

/// What is there now by host; nothing of a host whose BBB does not answer. Hosts without BBB are
/// not among them.
pub fn now(
    reader: Reader<'_>,
    now_ms: i64,
) -> Result<BTreeMap<String, Option<Counts>>, QueryError> {
    let answers = answer::answers(reader, None, now_ms)?;
    if answers.is_empty() {
        return Ok(BTreeMap::new());
    }
    let present = present::counts(reader, None, now_ms, lookback_ms(answers.values()))?;
    let now = answers.into_iter().map(|(instance, answered)| {
        let now = of_host(&answered.answer, &instance, &present);
        (instance, now)
    });
    Ok(now.collect())
}

/// All rooms, as one moment sees them.
pub fn rooms(rooms: RoomsReader<'_>, moment: &Moment) -> Result<Rooms, QueryError> {
    read(rooms, None, moment)
}

/// The rooms of one host; none without BBB.
pub fn host(
    rooms: RoomsReader<'_>,
    instance: &str,
    moment: &Moment,
) -> Result<Option<HostRooms>, QueryError> {
    Ok(read(rooms, Some(instance), moment)?.hosts.pop())
}

/// The rooms of one host, or all.
fn read(way: RoomsReader<'_>, host: Option<&str>, moment: &Moment) -> Result<Rooms, QueryError> {
    let reader = way.samples.reader;
    let answers = answer::answers(reader, host, moment.now_ms)?;
    let mut rooms = Rooms {
        hosts: Vec::new(),
        tenants: Vec::new(),
        today: Today::default(),
        outlook: Outlook::default(),
    };
    if answers.is_empty() {
        return Ok(rooms);
    }
    let lookback_ms = lookback_ms(answers.values());
    let present = present::counts(reader, host, moment.now_ms, lookback_ms)?;
    let today = today::read(way, host, moment, lookback_ms)?;
    let mut outlooks = outlook::read(reader, &way.kept.outlooks, host, moment)?;
    for (instance, Answered { answer, .. }) in answers {
        let own = today.of(Whose::Host(&instance));
        rooms.hosts.push(HostRooms {
            now: of_host(&answer, &instance, &present),
            outlook: outlooks.remove(&instance).unwrap_or_default(),
            today: own.figures(),
            day: own.in_small(),
            answer,
            instance,
        });
    }
    rooms.outlook = Outlook::together(rooms.hosts.iter().map(|host| &host.outlook));
    for tenant in today.tenants() {
        let own = today.of(Whose::Tenant(&tenant));
        let now = present.iter().filter(|(key, _)| key.tenant == tenant).map(|(_, counts)| *counts);
        let now = sum(now).unwrap_or_default();
        let (today, day) = (own.figures(), own.in_small());
        rooms.tenants.push(TenantRooms { tenant, now, today, day });
    }
    rooms.today = today.of(Whose::All).figures();
    sort(&mut rooms);
    Ok(rooms)
}

fn of_host(answer: &Answer, instance: &str, present: &BTreeMap<Key, Counts>) -> Option<Counts> {
    let own = present.iter().filter(|(key, _)| key.instance == instance);
    let answers = matches!(answer, Answer::Fresh);
    answers.then(|| sum(own.map(|(_, counts)| *counts)).unwrap_or_default())
}

fn sum(all: impl Iterator<Item = Counts>) -> Option<Counts> {
    all.reduce(|mut sum, counts| {
        sum += counts;
        sum
    })
}

/// How long a reading stands, of the host that is read least often.
fn lookback_ms<'a>(answers: impl Iterator<Item = &'a Answered>) -> i64 {
    answers.map(|answered| answered.held_ms).max().unwrap_or(answer::SHORTEST_HELD_MS)
}

/// Hosts that do not answer first, then the busiest; organisations by people and by today's hours.
fn sort(rooms: &mut Rooms) {
    rooms.hosts.sort_by(|a, b| {
        let people = |host: &HostRooms| host.now.map_or(0.0, |now| now.people);
        let hours = |host: &HostRooms| host.today.user_hours.unwrap_or_default();
        (a.now.is_some().cmp(&b.now.is_some()))
            .then(people(b).total_cmp(&people(a)))
            .then(hours(b).total_cmp(&hours(a)))
            .then_with(|| a.instance.cmp(&b.instance))
    });
    rooms.tenants.sort_by(|a, b| {
        let hours = |tenant: &TenantRooms| tenant.today.user_hours.unwrap_or_default();
        (b.now.people.total_cmp(&a.now.people))
            .then(hours(b).total_cmp(&hours(a)))
            .then_with(|| a.tenant.cmp(&b.tenant))
    });
}

#[cfg(test)]
mod tests;
