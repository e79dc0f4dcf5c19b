//! Meetings over time: from poll to poll, how long how many people were in them.
//!
//! Between two polls a count is taken to change evenly. What lies between polls too far apart is
//! not measured. Pure: times are arguments.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use headroom_proto::limits::MAX_FRAME_MEETINGS;
use headroom_proto::wire;

use super::key::MeetingId;
use super::room::Room;

/// How often a meeting that goes on is reported; what a crash of the agent may cost of its end.
const REPORT_EVERY: Duration = Duration::from_mins(1);

/// The moment of a poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PollTime {
    /// Unix time in milliseconds: what people read.
    pub at_ms: i64,
    /// Since the start of the agent, by a clock that never jumps: what is measured.
    pub elapsed: Duration,
}

/// What one poll adds to a tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct Credit {
    /// Whose.
    pub tenant: Arc<str>,
    /// People times seconds.
    pub user_seconds: f64,
    /// Rooms with people times seconds.
    pub room_seconds: f64,
}

/// The meetings that the last poll saw.
#[derive(Debug, Default)]
pub struct Watch {
    meetings: HashMap<MeetingId, Watched>,
}

#[derive(Debug)]
struct Watched {
    report: wire::Meeting,
    tenant: Arc<str>,
    presence: Presence,
    reported: Option<Duration>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Presence {
    participants: Option<u32>,
    cameras: Option<u32>,
    voices: Option<u32>,
    listeners: Option<u32>,
    cameras_out: Option<u32>,
}

impl Presence {
    const NOBODY: Self = Self {
        participants: Some(0),
        cameras: Some(0),
        voices: Some(0),
        listeners: Some(0),
        cameras_out: Some(0),
    };

    fn of(room: &Room) -> Self {
        let Room { participants, cameras, voices, hearing, cameras_out, .. } = *room;
        let listeners = hearing.zip(voices).map(|(hearing, voices)| hearing.saturating_sub(voices));
        Self { participants, cameras, voices, listeners, cameras_out }
    }
}

/// What one poll told.
#[derive(Debug, Default)]
pub struct Told {
    /// What each meeting adds to its tenant; breakout rooms add nothing, their people being
    /// counted in the meeting they belong to.
    pub credits: Vec<Credit>,
    /// Meetings to be reported.
    pub reports: Vec<wire::Meeting>,
    /// Meetings that were not there at the last poll, breakout rooms apart.
    pub new_meetings: u64,
    /// New breakout rooms.
    pub new_breakouts: u64,
}

impl Watch {
    /// Takes a poll's rooms with their tenants. `step` is the time since the poll before, none if
    /// nothing is known of it.
    pub fn poll(
        &mut self,
        rooms: &[(Room, Arc<str>)],
        now: PollTime,
        step: Option<Duration>,
    ) -> Told {
        let mut told = Told::default();
        let step_seconds = step.map(|step| step.as_secs_f64());
        let mut gone = std::mem::take(&mut self.meetings);
        for (room, tenant) in rooms {
            let Some(id) = room.id else { continue };
            let mut watched = gone.remove(&id).unwrap_or_else(|| {
                let new =
                    if room.breakout { &mut told.new_breakouts } else { &mut told.new_meetings };
                *new += 1;
                Watched::begin(id, room, tenant, now)
            });
            let seconds = step_seconds.map(|seconds| watched.measured(seconds, now));
            told.credits.extend(watched.see(room, now, seconds));
            if watched.is_due(now) && told.reports.len() < MAX_FRAME_MEETINGS {
                told.reports.push(watched.tell(now));
            }
            self.meetings.insert(id, watched);
        }
        for (_, mut watched) in gone {
            told.credits.extend(watched.end(step_seconds));
            if told.reports.len() < MAX_FRAME_MEETINGS {
                told.reports.push(watched.tell(now));
            }
        }
        told
    }

    /// All meetings that go on, as far as they are known: for the end of the agent.
    pub fn reports(&self) -> Vec<wire::Meeting> {
        self.meetings.values().map(|m| m.report.clone()).take(MAX_FRAME_MEETINGS).collect()
    }
}

impl Watched {
    fn begin(MeetingId(id): MeetingId, room: &Room, tenant: &Arc<str>, now: PollTime) -> Self {
        let started_ms = room.started_ms.filter(|started| *started <= now.at_ms);
        let report = wire::Meeting {
            id: id.to_vec(),
            tenant: tenant.to_string(),
            started_ms: started_ms.unwrap_or(now.at_ms),
            breakout: room.breakout,
            ..wire::Meeting::default()
        };
        // Before it began there was nobody.
        let presence = Presence::NOBODY;
        Self { report, tenant: Arc::clone(tenant), presence, reported: None }
    }

    /// How much of the step it was there: a new one began within it.
    fn measured(&self, step_seconds: f64, now: PollTime) -> f64 {
        if self.report.seen_ms > 0 {
            return step_seconds;
        }
        let age_seconds = (now.at_ms - self.report.started_ms) as f64 / 1000.0;
        age_seconds.clamp(0.0, step_seconds)
    }

    fn see(&mut self, room: &Room, now: PollTime, seconds: Option<f64>) -> Option<Credit> {
        let presence = Presence::of(room);
        raise(&mut self.report.voices, presence.voices);
        raise(&mut self.report.listeners, presence.listeners);
        raise(&mut self.report.cameras_out, presence.cameras_out);
        let credit = seconds.and_then(|seconds| self.add(presence, seconds));
        self.presence = presence;
        let report = &mut self.report;
        report.seen_ms = now.at_ms.max(report.started_ms);
        report.recorded |= room.recording;
        report.participants_peak = report.participants_peak.max(presence.participants.unwrap_or(0));
        report.cameras_peak = report.cameras_peak.max(presence.cameras.unwrap_or(0));
        credit
    }

    /// It is gone: its people left at some time within the step.
    fn end(&mut self, step_seconds: Option<f64>) -> Option<Credit> {
        self.report.ended = true;
        step_seconds.and_then(|seconds| self.add(Presence::NOBODY, seconds))
    }

    fn add(&mut self, presence: Presence, seconds: f64) -> Option<Credit> {
        let before = self.presence;
        let report = &mut self.report;
        for (sum, before, after) in [
            (&mut report.voices, before.voices, presence.voices),
            (&mut report.listeners, before.listeners, presence.listeners),
            (&mut report.cameras_out, before.cameras_out, presence.cameras_out),
        ] {
            if let (Some(sum), Some(mean)) = (sum, mean(before, after)) {
                sum.seconds += mean * seconds;
            }
        }
        if let Some(cameras) = mean(self.presence.cameras, presence.cameras) {
            report.camera_seconds += cameras * seconds;
        }
        let people = mean(self.presence.participants, presence.participants)?;
        report.participant_seconds += people * seconds;
        let used = |presence: Presence| presence.participants.map(|people| u32::from(people > 0));
        let rooms = mean(used(self.presence), used(presence))?;
        report.measured_seconds += rooms * seconds;
        (!report.breakout).then(|| Credit {
            tenant: Arc::clone(&self.tenant),
            user_seconds: people * seconds,
            room_seconds: rooms * seconds,
        })
    }

    fn is_due(&self, now: PollTime) -> bool {
        self.reported.is_none_or(|at| now.elapsed.saturating_sub(at) >= REPORT_EVERY)
    }

    fn tell(&mut self, now: PollTime) -> wire::Meeting {
        self.reported = Some(now.elapsed);
        self.report.clone()
    }
}

/// Between two polls a count is taken to change evenly.
fn mean(before: Option<u32>, after: Option<u32>) -> Option<f64> {
    Some(f64::midpoint(f64::from(before?), f64::from(after?)))
}

/// What is told for the first time begins to be known.
fn raise(sum: &mut Option<wire::Use>, now: Option<u32>) {
    if let Some(now) = now {
        let sum = sum.get_or_insert_default();
        sum.peak = sum.peak.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START_MS: i64 = 1_700_000_000_000;

    type Seen = (Room, Arc<str>);

    fn room(number: u8, participants: u32, cameras: u32) -> Seen {
        let room = Room {
            id: Some(MeetingId([number; 16])),
            started_ms: Some(START_MS),
            participants: Some(participants),
            cameras: Some(cameras),
            ..Room::default()
        };
        (room, "school".into())
    }

    /// Polls at these seconds after the start; the first has no poll before it.
    fn follow(watch: &mut Watch, polls: &[(u64, Vec<Seen>)]) -> (f64, f64, Vec<wire::Meeting>) {
        let (mut users, mut rooms, mut reports) = (0.0, 0.0, Vec::new());
        let mut before = None;
        for (second, seen) in polls {
            let at_ms = START_MS + *second as i64 * 1000;
            let now = PollTime { at_ms, elapsed: Duration::from_secs(*second) };
            let step = before.map(|before| Duration::from_secs(second - before));
            before = Some(*second);
            let told = watch.poll(seen, now, step);
            users += told.credits.iter().map(|credit| credit.user_seconds).sum::<f64>();
            rooms += told.credits.iter().map(|credit| credit.room_seconds).sum::<f64>();
            reports.extend(told.reports);
        }
        (users, rooms, reports)
    }

    #[test]
    fn a_meeting_from_its_first_poll_to_its_last() {
        let mut watch = Watch::default();
        // Begun 10 s before the second poll: 10 s of 0 to 4 people, 15 of 4 to 6, 15 of 6 to none.
        let late = |participants, cameras| {
            let (room, tenant) = room(1, participants, cameras);
            (Room { started_ms: Some(START_MS + 20_000), ..room }, tenant)
        };
        let polls = [
            (15, vec![]),
            (30, vec![late(4, 1)]),
            (45, vec![late(6, 3)]),
            (60, vec![]),
            (75, vec![]),
        ];
        let (users, rooms, reports) = follow(&mut watch, &polls);
        assert_eq!((users, rooms), (20.0 + 75.0 + 45.0, 5.0 + 15.0 + 7.5));
        let last = reports.last().unwrap();
        assert_eq!((reports.len(), last.ended, reports[0].ended), (2, true, false));
        assert_eq!((last.participants_peak, last.cameras_peak), (6, 3));
        assert_eq!((last.participant_seconds, last.camera_seconds), (140.0, 5.0 + 30.0 + 22.5));
        assert_eq!(last.started_ms, START_MS + 20_000);
        assert_eq!(last.seen_ms, START_MS + 45_000);
    }

    #[test]
    fn voices_listeners_and_streams_are_summed_as_far_as_they_are_told() {
        let seen = |voices, hearing, cameras_out| {
            let (room, tenant) = room(1, 10, 2);
            vec![(Room { voices, hearing, cameras_out, ..room }, tenant)]
        };
        let both = seen(Some(4), Some(10), Some(18));
        let quiet = seen(Some(2), None, Some(9));
        // Begun with the first poll; then 15 s as it was, 15 s of half as many, and gone within 15.
        let polls =
            [(0, both.clone()), (15, both), (30, quiet.clone()), (45, quiet), (60, Vec::new())];
        let (.., reports) = follow(&mut Watch::default(), &polls);
        let last = reports.last().unwrap();
        let told = |used: Option<wire::Use>| used.map(|used| (used.peak, used.seconds));
        assert_eq!(told(last.voices), Some((4, 60.0 + 45.0 + 30.0 + 15.0)));
        assert_eq!(told(last.listeners), Some((6, 90.0)));
        assert_eq!(told(last.cameras_out), Some((18, 270.0 + 202.5 + 135.0 + 67.5)));
        let (.., reports) = follow(&mut Watch::default(), &[(0, seen(None, None, None))]);
        let first = &reports[0];
        assert_eq!((first.voices, first.listeners, first.cameras_out), (None, None, None));
    }

    #[test]
    fn what_was_there_before_the_first_poll_counts_from_then() {
        let polls = [(100, vec![room(1, 8, 0)]), (115, vec![room(1, 8, 0)])];
        let (users, rooms, _) = follow(&mut Watch::default(), &polls);
        assert_eq!((users, rooms), (120.0, 15.0));
    }

    #[test]
    fn breakout_rooms_are_meetings_but_their_people_are_counted_once() {
        let breakout = || {
            let (room, tenant) = room(2, 3, 1);
            (Room { breakout: true, ..room }, tenant)
        };
        let polls = [(0, vec![room(1, 9, 0), breakout()]), (15, vec![room(1, 9, 0), breakout()])];
        let mut watch = Watch::default();
        let (users, rooms, reports) = follow(&mut watch, &polls);
        assert_eq!((users, rooms, reports.len()), (135.0, 15.0, 2));
        let report = watch.reports().into_iter().find(|meeting| meeting.breakout).unwrap();
        assert_eq!(report.participant_seconds, 45.0);
    }

    #[test]
    fn what_is_not_known_is_not_counted() {
        let unknown = || {
            let (room, tenant) = room(1, 0, 0);
            (Room { participants: None, ..room }, tenant)
        };
        let known = || vec![room(1, 4, 0)];
        let polls = [(0, known()), (15, vec![unknown()]), (30, known()), (45, known())];
        let (users, ..) = follow(&mut Watch::default(), &polls);
        assert_eq!(users, 60.0);
        let nameless = || vec![(Room { id: None, ..room(1, 4, 0).0 }, "school".into())];
        let (users, ..) = follow(&mut Watch::default(), &[(0, nameless()), (15, nameless())]);
        assert_eq!(users, 0.0);
    }

    #[test]
    fn a_long_meeting_is_told_of_each_minute_and_a_jump_of_the_clock_is_no_time() {
        let polls: Vec<_> = (0..=40).map(|n| (n * 15, vec![room(1, 2, 0)])).collect();
        let (_, _, reports) = follow(&mut Watch::default(), &polls);
        assert_eq!(reports.len(), 11);
        // The wall clock goes back an hour: only the other one measures.
        let mut watch = Watch::default();
        let seen = [room(1, 2, 0)];
        let at =
            |ms: i64, s: u64| PollTime { at_ms: START_MS + ms, elapsed: Duration::from_secs(s) };
        watch.poll(&seen, at(4_000_000, 15), None);
        let told = watch.poll(&seen, at(400_000, 30), Some(Duration::from_secs(15)));
        assert_eq!(told.credits[0].user_seconds, 30.0);
        assert!(watch.reports()[0].seen_ms >= watch.reports()[0].started_ms);
    }
}
