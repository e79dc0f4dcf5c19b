//! A meeting from its creation to its end: who is in it when, and with what.

use super::hosts::Host;
use super::media::{MediaPolicy, OWN_CAMERAS, Presence, Rates};
use super::organisations::Organisation;

/// Time from a moment up to, and without, another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first moment.
    pub from_ms: i64,
    /// The first moment that is no longer in it.
    pub to_ms: i64,
}

impl Span {
    /// Whether a moment is in it.
    pub fn holds(&self, moment_ms: i64) -> bool {
        (self.from_ms..self.to_ms).contains(&moment_ms)
    }

    /// How long it is; never less than nothing.
    pub fn length_ms(&self) -> i64 {
        (self.to_ms - self.from_ms).max(0)
    }

    /// What it has in common with another; may be empty.
    #[must_use]
    pub fn within(&self, other: Self) -> Self {
        let from_ms = self.from_ms.max(other.from_ms);
        Self { from_ms, to_ms: self.to_ms.min(other.to_ms).max(from_ms) }
    }
}

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Opens, mutes, ends.
    Moderator,
    /// Everybody else.
    Viewer,
}

/// How somebody takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// In a browser.
    Browser,
    /// By telephone: audio only.
    Telephone,
}

/// One stay of one person; who drops out and returns stays twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attendee {
    /// The seed of their name and ids.
    pub(super) key: u64,
    /// What they may do.
    pub role: Role,
    /// How they take part.
    pub client: Client,
    /// Whether they are the presenter.
    pub presenter: bool,
    /// When they are inside.
    pub inside: Span,
    /// When cameras are on; two that overlap are two streams.
    pub cameras: Vec<Span>,
    /// When they are in the audio with a microphone.
    pub microphone: Vec<Span>,
    /// When they only listen.
    pub listening: Vec<Span>,
}

/// What a breakout room has beyond a meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breakout {
    /// The internal id of the meeting it belongs to.
    pub parent_internal_id: String,
    /// Its number among its siblings, from 1.
    pub sequence: i64,
}

/// One run of a meeting, or of a breakout room.
#[derive(Debug, Clone, PartialEq)]
pub struct Meeting {
    /// The seed of all that is said of this run.
    pub(super) key: u64,
    /// The seed of what stays from run to run: external id and name.
    pub(super) room_key: u64,
    /// Whose it is.
    pub organisation: &'static Organisation,
    /// From its creation until the API no longer lists it.
    pub listed: Span,
    /// When it ended: somewhat before it vanishes.
    pub ended_ms: i64,
    /// Whether it is recorded.
    pub recorded: bool,
    /// Its limit in minutes; 0 means none.
    pub duration_minutes: i64,
    /// Its limit of people; 0 means none.
    pub max_users: i64,
    /// How cameras are handed out.
    pub policy: MediaPolicy,
    /// What its streams take.
    pub(super) rates: Rates,
    /// Everybody, by stay.
    pub attendees: Vec<Attendee>,
    /// When a screen is shared.
    pub screens: Vec<Span>,
    /// Set for a breakout room.
    pub breakout: Option<Breakout>,
    /// Internal ids of its own breakout rooms, and when they run.
    pub breakout_rooms: Vec<(String, Span)>,
}

/// Figures of one meeting over the time with somebody inside.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MeetingFigures {
    /// Most people at once.
    pub peak_participants: i64,
    /// Mean of people.
    pub mean_participants: f64,
    /// Most camera streams at once.
    pub peak_cameras: i64,
    /// Mean of camera streams.
    pub mean_cameras: f64,
    /// The time with somebody inside.
    pub occupied_seconds: f64,
}

impl Meeting {
    /// Whether somebody is inside at a moment; only tests, and who stands in for BigBlueButton, ask
    /// for it.
    pub fn is_occupied(&self, moment_ms: i64) -> bool {
        self.attendees.iter().any(|attendee| attendee.inside.holds(moment_ms))
    }

    /// Who is inside at a moment.
    pub fn presence(&self, moment_ms: i64) -> Presence {
        let mut presence = Presence::default();
        for attendee in &self.attendees {
            for (_, change) in changes(attendee).iter().filter(|(at_ms, _)| *at_ms <= moment_ms) {
                presence += *change;
            }
        }
        presence.screens = open(&self.screens, moment_ms);
        presence
    }

    /// Each moment at which who is inside changes, with who is then: ordered, each moment once.
    pub fn presences(&self) -> Vec<(i64, Presence)> {
        let mut all: Vec<(i64, Presence)> = self.attendees.iter().flat_map(changes).collect();
        for screen in &self.screens {
            all.push((screen.from_ms, Presence { screens: 1, ..Presence::default() }));
            all.push((screen.to_ms, Presence { screens: -1, ..Presence::default() }));
        }
        all.sort_by_key(|(at_ms, _)| *at_ms);
        let mut rows: Vec<(i64, Presence)> = Vec::with_capacity(all.len());
        let mut now = Presence::default();
        for (at_ms, change) in all {
            now += change;
            match rows.last_mut() {
                Some(row) if row.0 == at_ms => row.1 = now,
                _ => rows.push((at_ms, now)),
            }
        }
        rows
    }

    /// Its figures.
    pub fn figures(&self) -> MeetingFigures {
        let presences = self.presences();
        let (mut people_ms, mut camera_ms, mut occupied_ms) = (0, 0, 0);
        for pair in presences.windows(2) {
            let length_ms = pair[1].0 - pair[0].0;
            people_ms += pair[0].1.participants * length_ms;
            camera_ms += pair[0].1.cameras * length_ms;
            occupied_ms += if pair[0].1.participants > 0 { length_ms } else { 0 };
        }
        let mean = |sum: i64| if occupied_ms > 0 { sum as f64 / occupied_ms as f64 } else { 0.0 };
        let most = |of: fn(&Presence) -> i64| presences.iter().map(|(_, p)| of(p)).max();
        MeetingFigures {
            peak_participants: most(|presence| presence.participants).unwrap_or(0),
            mean_participants: mean(people_ms),
            peak_cameras: most(|presence| presence.cameras).unwrap_or(0),
            mean_cameras: mean(camera_ms),
            occupied_seconds: occupied_ms as f64 / 1000.0,
        }
    }

    /// Takes on what is set and drawn on its host. A meeting that is to be without any limit stays as
    /// it is.
    pub(super) fn take_settings(&mut self, seed: u64, host: &Host) {
        if self.policy.camera_thresholds {
            self.policy.page = self.policy.page.and(host.page);
            self.rates = Rates::drawn([seed, host.number], self.key);
        }
    }

    /// The meeting on a host that goes down at a moment: nobody is inside from then on.
    pub(super) fn cut(mut self, moment_ms: i64) -> Self {
        let until = Span { from_ms: i64::MIN, to_ms: moment_ms };
        let shorten = |spans: &mut Vec<Span>| {
            for span in spans.iter_mut() {
                *span = span.within(until);
            }
            spans.retain(|span| span.length_ms() > 0);
        };
        for attendee in &mut self.attendees {
            attendee.inside = attendee.inside.within(until);
            shorten(&mut attendee.cameras);
            shorten(&mut attendee.microphone);
            shorten(&mut attendee.listening);
        }
        self.attendees.retain(|attendee| attendee.inside.length_ms() > 0);
        shorten(&mut self.screens);
        self.listed = self.listed.within(until);
        self.ended_ms = self.ended_ms.min(moment_ms);
        self
    }
}

impl Attendee {
    /// Camera streams at a moment.
    pub fn cameras_at(&self, moment_ms: i64) -> i64 {
        open(&self.cameras, moment_ms)
    }

    /// Whether the microphone is in the audio at a moment.
    pub fn speaks(&self, moment_ms: i64) -> bool {
        open(&self.microphone, moment_ms) > 0
    }

    /// Whether they only listen at a moment.
    pub fn listens(&self, moment_ms: i64) -> bool {
        open(&self.listening, moment_ms) > 0
    }
}

fn open(spans: &[Span], moment_ms: i64) -> i64 {
    spans.iter().filter(|span| span.holds(moment_ms)).count() as i64
}

/// What a stay changes, in order of time.
fn changes(attendee: &Attendee) -> Vec<(i64, Presence)> {
    let none = Presence::default();
    let mut found = Vec::with_capacity(8);
    let sees = attendee.client == Client::Browser;
    let person = Presence {
        participants: 1,
        moderators: i64::from(sees && attendee.role == Role::Moderator),
        telephones: i64::from(!sees),
        viewers: [i64::from(sees && attendee.role == Role::Viewer), 0, 0],
        ..none
    };
    let Span { from_ms, to_ms } = attendee.inside;
    found.push((from_ms, person));
    let mut cameras: Vec<(i64, i64)> =
        attendee.cameras.iter().flat_map(|span| [(span.from_ms, 1), (span.to_ms, -1)]).collect();
    // Of one moment, what ends goes first: a camera that is exchanged is never two.
    cameras.sort_unstable();
    let mut own = 0;
    for (at_ms, step) in cameras {
        let mut change = Presence { cameras: step, ..none };
        if attendee.role == Role::Moderator {
            change.moderator_cameras = step;
        } else {
            let place = |own: i64| (own.max(0) as usize).min(OWN_CAMERAS - 1);
            change.viewers[place(own)] -= 1;
            change.viewers[place(own + step)] += 1;
        }
        own += step;
        found.push((at_ms, change));
    }
    let audio = [
        (&attendee.microphone, Presence { voices: 1, ..none }),
        (&attendee.listening, Presence { listeners: 1, ..none }),
    ];
    for (spans, change) in audio {
        for span in spans {
            found.push((span.from_ms, change));
            found.push((span.to_ms, less(change)));
        }
    }
    found.push((to_ms, less(person)));
    found
}

fn less(change: Presence) -> Presence {
    Presence {
        participants: -change.participants,
        moderators: -change.moderators,
        telephones: -change.telephones,
        listeners: -change.listeners,
        voices: -change.voices,
        cameras: -change.cameras,
        screens: -change.screens,
        moderator_cameras: -change.moderator_cameras,
        viewers: change.viewers.map(|count| -count),
    }
}
