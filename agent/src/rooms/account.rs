//! The account of rooms: poll after poll becomes series and reports of meetings.
//!
//! A poll that failed says so and says nothing of rooms. Pure: times are arguments.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use headroom_proto::catalogue::{
    BBB_API_LATENCY, BBB_API_UP, BBB_EXPORTER, BBB_UNIQUE_BREAKOUT_ROOMS_TOTAL,
    BBB_UNIQUE_MEETINGS_TOTAL, BBB_VERSION, HEADROOM_BBB_FAILURES_TOTAL, HEADROOM_BBB_POLLS_TOTAL,
    HEADROOM_BBB_STATE, HEADROOM_BBB_UNMEASURED_SECONDS_TOTAL, HEADROOM_TENANT_ROOM_SECONDS_TOTAL,
    HEADROOM_TENANT_USER_SECONDS_TOTAL,
};
use headroom_proto::metric::{BBB_JOB, TENANT};
use headroom_proto::wire;

use super::census;
use super::histogram::{Histogram, LATENCY};
use super::media::Media;
use super::poll::{Outcome, Poll, PollState, STATES};
use super::room::Room;
use super::sfu::Sample;
use super::streams;
use super::tenants::Tenants;
use super::watch::{PollTime, Told, Watch};
use crate::series::Round;

/// The least time between two polls that counts as a gap, whatever the interval.
const SHORTEST_GAP: Duration = Duration::from_mins(1);

/// A gap is longer than this many intervals.
const GAP_INTERVALS: u32 = 4;

/// What the account needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountOptions {
    /// Organisations by origin.
    pub organisations: BTreeMap<String, String>,
    /// The most origins that are not mapped.
    pub max_tenants: usize,
    /// Time between two polls.
    pub interval: Duration,
}

/// All that is known of this host's rooms since the agent started.
#[derive(Debug)]
pub struct Account {
    gap: Duration,
    tenants: Tenants,
    watch: Watch,
    totals: BTreeMap<Arc<str>, Totals>,
    last: Option<Duration>,
    /// As it was told last: settings are of a release, and a poll that could not ask is no other one.
    release: Option<String>,
    polls: [u64; STATES.len()],
    failures: BTreeMap<&'static str, u64>,
    latency: Histogram,
    unmeasured_seconds: f64,
    unique_meetings: u64,
    unique_breakouts: u64,
}

/// The rooms of a poll, and how their media are sent.
struct Listed<'p> {
    rooms: Vec<Room>,
    media: &'p Media,
}

#[derive(Debug, Clone, Copy, Default)]
struct Totals {
    user_seconds: f64,
    room_seconds: f64,
    /// Whether its series have begun. A counter begins at 0: what it begins with is never seen as
    /// an increase.
    begun: bool,
}

impl Account {
    /// An empty account.
    pub fn new(options: &AccountOptions) -> Self {
        Self {
            gap: SHORTEST_GAP.max(options.interval * GAP_INTERVALS),
            tenants: Tenants::new(&options.organisations, options.max_tenants),
            watch: Watch::default(),
            totals: BTreeMap::new(),
            last: None,
            release: None,
            polls: [0; STATES.len()],
            failures: BTreeMap::new(),
            latency: Histogram::new(&LATENCY),
            unmeasured_seconds: 0.0,
            unique_meetings: 0,
            unique_breakouts: 0,
        }
    }

    /// Takes a poll and writes its series; gives back the meetings to be reported.
    pub fn poll(&mut self, poll: Poll, round: &mut Round<'_>) -> Vec<wire::Meeting> {
        let state = poll.outcome.state();
        self.polls[state as usize] += 1;
        if let Some(latency) = poll.latency {
            self.latency.add(latency.as_secs_f64());
        }
        round.set_job(BBB_JOB);
        let reports = match poll.outcome {
            Outcome::Rooms { rooms, version } => {
                if let Some(version) = version.or_else(|| poll.media.version.clone()) {
                    round.push(BBB_VERSION.name, &[("version", &version)], 1.0);
                    self.release = streams::release_of(&version);
                }
                self.take(Listed { rooms, media: &poll.media }, poll.time, round)
            }
            Outcome::Failed { state: _, key } => {
                if let Some(key) = key {
                    *self.failures.entry(key).or_default() += 1;
                }
                Vec::new()
            }
        };
        streams::push_media(&poll.media, self.release.as_deref(), round);
        self.push_state(state, round);
        self.push_totals(round);
        for Sample { metric, labels, value } in &poll.sfu {
            let labels: Vec<_> = labels.iter().map(|(name, value)| (&**name, &**value)).collect();
            round.push(metric, &labels, *value);
        }
        round.end_missing();
        reports
    }

    /// What is to be said of meetings that go on, at the end of the agent.
    pub fn reports(&self) -> Vec<wire::Meeting> {
        self.watch.reports()
    }

    fn take(
        &mut self,
        Listed { mut rooms, media }: Listed<'_>,
        time: PollTime,
        round: &mut Round<'_>,
    ) -> Vec<wire::Meeting> {
        // A balancer that moves a meeting may list it twice.
        let mut seen = HashSet::new();
        rooms.retain(|room| room.id.is_none_or(|id| seen.insert(id)));
        streams::tell_hearing(&mut rooms, self.release.as_deref());
        let rooms = self.assign(rooms);
        for (_, tenant) in &rooms {
            self.totals.entry(Arc::clone(tenant)).or_default();
        }
        let step = self.step(time.elapsed);
        let first = self.last.replace(time.elapsed).is_none();
        let Told { credits, reports, new_meetings, new_breakouts } =
            self.watch.poll(&rooms, time, step);
        for credit in credits {
            let totals = self.totals.entry(credit.tenant).or_default();
            totals.user_seconds += credit.user_seconds;
            totals.room_seconds += credit.room_seconds;
        }
        // What was there before the agent is not new.
        if !first {
            self.unique_meetings += new_meetings;
            self.unique_breakouts += new_breakouts;
        }
        census::push_all(&rooms, round);
        streams::push(&rooms, &media.settings, round);
        census::push_tenants(self.totals.keys(), &rooms, &media.settings, round);
        reports
    }

    /// Breakout rooms belong to whom the meeting that they are part of belongs.
    fn assign(&mut self, rooms: Vec<Room>) -> Vec<(Room, Arc<str>)> {
        let mut parents = BTreeMap::new();
        for room in rooms.iter().filter(|room| !room.breakout) {
            let tenant = self.tenants.of(&room.origin);
            for id in [room.id, room.external_id].into_iter().flatten() {
                parents.insert(id, Arc::clone(&tenant));
            }
        }
        let tenant = |room: &Room| {
            let id = if room.breakout { room.parent_id } else { room.id.or(room.external_id) };
            id.and_then(|id| parents.get(&id).cloned())
        };
        let mut assigned = Vec::with_capacity(rooms.len());
        for room in rooms {
            let tenant = tenant(&room).unwrap_or_else(|| self.tenants.of(&room.origin));
            assigned.push((room, tenant));
        }
        assigned
    }

    /// The time since the last poll that saw rooms, if it is short enough to say what was between.
    fn step(&mut self, elapsed: Duration) -> Option<Duration> {
        let step = elapsed.checked_sub(self.last?)?;
        if step > self.gap {
            self.unmeasured_seconds += step.as_secs_f64();
            return None;
        }
        Some(step)
    }

    fn push_state(&self, state: PollState, round: &mut Round<'_>) {
        let up = if state == PollState::Ok { 1.0 } else { 0.0 };
        round.push(BBB_API_UP.name, &[], up);
        round.push(BBB_EXPORTER.name, &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
        let call = [("endpoint", "getMeetings"), ("parameters", "")];
        self.latency.push(BBB_API_LATENCY, &call, round);
        for known in STATES {
            let labels = [("state", known.name())];
            let now = if known == state { 1.0 } else { 0.0 };
            round.push(HEADROOM_BBB_STATE.name, &labels, now);
            round.push(HEADROOM_BBB_POLLS_TOTAL.name, &labels, self.polls[known as usize] as f64);
        }
        for (key, count) in &self.failures {
            round.push(HEADROOM_BBB_FAILURES_TOTAL.name, &[("key", key)], *count as f64);
        }
        round.push(HEADROOM_BBB_UNMEASURED_SECONDS_TOTAL.name, &[], self.unmeasured_seconds);
    }

    fn push_totals(&mut self, round: &mut Round<'_>) {
        round.push(BBB_UNIQUE_MEETINGS_TOTAL.name, &[], self.unique_meetings as f64);
        round.push(BBB_UNIQUE_BREAKOUT_ROOMS_TOTAL.name, &[], self.unique_breakouts as f64);
        for (tenant, totals) in &mut self.totals {
            let labels = [(TENANT, &**tenant)];
            let shown = if totals.begun { *totals } else { Totals::default() };
            round.push(HEADROOM_TENANT_USER_SECONDS_TOTAL.name, &labels, shown.user_seconds);
            round.push(HEADROOM_TENANT_ROOM_SECONDS_TOTAL.name, &labels, shown.room_seconds);
            totals.begun = true;
        }
    }
}

#[cfg(test)]
mod tests;
