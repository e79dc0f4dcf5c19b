//! A made-up cooperative: its hosts, its members, their meetings and what these cost, for every
//! moment. A pure function of seed, host and time: no clock, no I/O, no threads.
//!
//! [`World`] answers for single days and moments; [`HostWalk`] walks over a history once and
//! yields all counters of a host on the way.

mod attendance;
mod calendar;
mod chance;
mod cores;
mod front_end;
mod habits;
mod hosts;
mod identity;
mod load;
mod media;
mod meeting;
mod noise;
mod organisations;
mod paths;
mod people;
mod planned;
mod recordings;
mod services;
mod timetable;
mod usage;
mod walk;
pub mod worlds;

#[cfg(test)]
mod tests;

pub use self::calendar::{DAY_MS, day_of};
pub use self::cores::CoreSeconds;
pub use self::front_end::{FrontEnd, Metadata};
pub use self::hosts::{DATACENTRES, Datacentre, Exporters, HOSTS, Host, Processing};
pub use self::identity::Identity;
pub use self::media::{Demand, Flow, MediaPolicy, Presence};
pub use self::meeting::{Attendee, Breakout, Client, Meeting, MeetingFigures, Role, Span};
pub use self::organisations::{ORGANISATIONS, Organisation};
pub use self::paths::{PINGS, PingRound, VANTAGES, Vantage};
pub use self::planned::{Event, EventKind};
pub use self::recordings::RecordingsState;
pub use self::services::{Container, Unit, units};
pub use self::usage::TenantUsage;
pub use self::walk::{
    Datagrams, Disk, Filesystem, HostMoment, HostWalk, Kernel, Memory, Network, Pressure,
    ProcessGroup, RoomMoment, TenantTotals,
};

use self::timetable::Session;

/// How many days the history has.
pub const HISTORY_DAYS: i64 = 30;

/// No meeting is listed for longer, so that only two days are looked at for one moment.
const LONGEST_MEETING_MS: i64 = 8 * calendar::HOUR_MS;

/// A cooperative over time.
#[derive(Debug, Clone, PartialEq)]
pub struct World {
    seed: u64,
    end_ms: i64,
    events: Vec<Event>,
}

impl World {
    /// The world of that seed, whose history of [`HISTORY_DAYS`] ends at a moment; it goes on
    /// behind it.
    pub fn new(seed: u64, end_ms: i64) -> Self {
        let events = planned::events(end_ms - HISTORY_DAYS * DAY_MS, end_ms);
        Self { seed, end_ms, events }
    }

    /// The host of that name.
    pub fn host(name: &str) -> Option<&'static Host> {
        HOSTS.iter().find(|host| host.name == name)
    }

    /// When the history begins.
    pub fn start_ms(&self) -> i64 {
        self.end_ms - HISTORY_DAYS * DAY_MS
    }

    /// What all its chance comes from.
    fn seed(&self) -> u64 {
        self.seed
    }

    /// When the history ends.
    pub fn end_ms(&self) -> i64 {
        self.end_ms
    }

    /// What happens once.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// When a host is down.
    pub fn outage(&self, host: &Host) -> Option<Span> {
        planned::outage(&self.events, host).map(|(span, _)| span)
    }

    /// The meetings, breakout rooms among them, whose meeting was created on a host on a UTC day
    /// counted from 1970-01-01; in order of creation.
    pub fn meetings(&self, host: &Host, day: i64) -> Vec<Meeting> {
        let outage = self.outage(host);
        let mut found = Vec::new();
        for session in self.sessions(host, day) {
            let held = attendance::held(&session).into_iter();
            match outage {
                None => found.extend(held),
                Some(down) => {
                    let open = held.filter(|meeting| !down.holds(meeting.listed.from_ms));
                    let before = |meeting: &Meeting| meeting.listed.from_ms < down.from_ms;
                    found.extend(open.map(|meeting| {
                        if before(&meeting) { meeting.cut(down.from_ms) } else { meeting }
                    }));
                }
            }
        }
        found.sort_by_key(|meeting| meeting.listed.from_ms);
        for meeting in &mut found {
            meeting.take_settings(self.seed, host);
        }
        found
    }

    /// The meetings that the API of a host lists at a moment, in order of creation.
    pub fn meetings_at(&self, host: &Host, moment_ms: i64) -> Vec<Meeting> {
        Self::days(moment_ms, moment_ms)
            .flat_map(|day| self.meetings(host, day))
            .filter(|meeting| meeting.listed.holds(moment_ms))
            .collect()
    }

    /// The days on which meetings that are listed between two moments can have been created.
    fn days(from_ms: i64, to_ms: i64) -> std::ops::RangeInclusive<i64> {
        day_of(from_ms - LONGEST_MEETING_MS)..=day_of(to_ms)
    }

    fn sessions(&self, host: &Host, day: i64) -> Vec<Session> {
        let planned = ORGANISATIONS.iter().flat_map(|organisation| {
            // A day of an organisation can begin on the UTC day before and end on the one behind.
            (day - 1..=day + 1).flat_map(|own| timetable::sessions(self.seed, organisation, own))
        });
        let once = self.events.iter().filter_map(|event| planned::open_house(self.seed, event));
        let all = planned.chain(once);
        all.filter(|session| session.host == host.number && day_of(session.created_ms) == day)
            .collect()
    }
}
