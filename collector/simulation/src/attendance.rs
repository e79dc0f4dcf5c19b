//! Who comes to a planned meeting, when, and with what: from the habits of its kind and chance.

use super::calendar::{MINUTE_MS, SECOND_MS};
use super::chance::{Chance, key};
use super::identity::internal_id;
use super::media::Rates;
use super::meeting::{Attendee, Breakout, Client, Meeting, Role, Span};
use super::timetable::Session;

/// A meeting is listed for so long after it has ended.
const LISTED_AFTER_END_MS: i64 = MINUTE_MS;
/// Nobody stays for less.
const SHORTEST_STAY_MS: i64 = 30 * SECOND_MS;
/// Share of people who lose their connection once and return.
const DROPPED: f64 = 0.04;
/// Share of camera owners with a second one for a while.
const SECOND_CAMERA: f64 = 0.02;
/// How a screen is shared, and a camera paused by who pauses it.
const SCREEN: Rhythm = Rhythm { on_minutes: 25.0, off_minutes: 9.0 };
const CAMERA: Rhythm = Rhythm { on_minutes: 24.0, off_minutes: 5.0 };
/// Fewest people in a meeting that goes into breakout rooms, and in each of these.
const BREAKOUT_PEOPLE: (usize, usize) = (8, 4);
const MOST_BREAKOUTS: usize = 8;

/// How long something is on and off in turn, on average.
#[derive(Debug, Clone, Copy)]
struct Rhythm {
    on_minutes: f64,
    off_minutes: f64,
}

/// A meeting that was planned, and its breakout rooms behind it.
pub(super) fn held(session: &Session) -> Vec<Meeting> {
    let mut chance = Chance::keyed(&[session.key, 1]);
    let from_ms = session.starts_ms;
    let to_ms = from_ms + session.length_ms + chance.between(-3 * MINUTE_MS, 4 * MINUTE_MS);
    let planned = Span { from_ms, to_ms };
    let mut meeting = empty(session);
    for number in 0..session.people {
        let stay = stay(session, planned, number);
        if Chance::keyed(&[stay.key, 2]).happens(DROPPED) {
            meeting.attendees.extend(dropped(stay));
        } else {
            meeting.attendees.push(stay);
        }
    }
    meeting.attendees.sort_by_key(|attendee| attendee.inside.from_ms);
    if chance.happens(session.habit.screens) {
        let first_ms = from_ms + chance.between(2 * MINUTE_MS, 10 * MINUTE_MS);
        let shared = Span { from_ms: first_ms, to_ms: to_ms - MINUTE_MS };
        meeting.screens = interrupted(&mut chance, shared, SCREEN);
    }
    let last_ms = meeting.attendees.iter().map(|attendee| attendee.inside.to_ms).max();
    let last_ms = last_ms.unwrap_or(session.created_ms);
    meeting.ended_ms = last_ms + chance.between(20 * SECOND_MS, 2 * MINUTE_MS);
    meeting.listed.to_ms = meeting.ended_ms + LISTED_AFTER_END_MS;
    let many = meeting.attendees.len() >= BREAKOUT_PEOPLE.0;
    let breakouts = if many && chance.happens(session.habit.breakouts) {
        into_breakouts(&mut meeting, planned, &mut chance)
    } else {
        Vec::new()
    };
    std::iter::once(meeting).chain(breakouts).collect()
}

fn empty(session: &Session) -> Meeting {
    let mut chance = Chance::keyed(&[session.room_key, 3]);
    Meeting {
        key: session.key,
        room_key: session.room_key,
        organisation: session.organisation,
        listed: Span { from_ms: session.created_ms, to_ms: session.created_ms },
        ended_ms: session.created_ms,
        recorded: session.recorded,
        duration_minutes: *chance.pick(&[0, 0, 0, 240, 1440]),
        max_users: *chance.pick(&[0, 0, 0, 250, 1500]),
        policy: session.habit.policy,
        rates: Rates::PUBLISHED,
        attendees: Vec::new(),
        screens: Vec::new(),
        breakout: None,
        breakout_rooms: Vec::new(),
    }
}

/// How one person takes part from beginning to end.
fn stay(session: &Session, planned: Span, number: i64) -> Attendee {
    let key = key(&[session.key, 4, number as u64]);
    let mut chance = Chance::new(key);
    let habit = session.habit;
    let moderates = number < habit.moderators;
    let role = if moderates { Role::Moderator } else { Role::Viewer };
    let inside = attendance(session, planned, role, &mut chance);
    let telephone = !moderates && chance.happens(habit.telephones);
    let mut attendee = Attendee {
        key,
        role,
        client: if telephone { Client::Telephone } else { Client::Browser },
        presenter: number == 0,
        inside,
        cameras: Vec::new(),
        microphone: Vec::new(),
        listening: Vec::new(),
    };
    let after = |from_ms: i64| Span { from_ms: from_ms.min(inside.to_ms), to_ms: inside.to_ms };
    let audio = after(inside.from_ms + chance.between(3 * SECOND_MS, 15 * SECOND_MS));
    if telephone || moderates || chance.happens(habit.microphones) {
        attendee.microphone = vec![audio];
    } else if chance.happens(habit.listeners) {
        // Some who listen take a microphone to ask something, and keep it.
        let asks_ms = audio.from_ms + (audio.length_ms() as f64 * chance.unit()) as i64;
        let asks = chance.happens(0.08);
        let listening = if asks { Span { to_ms: asks_ms, ..audio } } else { audio };
        attendee.listening = vec![listening];
        attendee.microphone.extend(asks.then(|| after(asks_ms)));
    }
    // Who leads is seen in nearly every meeting.
    let share = if number == 0 { habit.cameras.max(0.9) } else { habit.cameras };
    if !telephone && chance.happens(share) {
        let seen = after(inside.from_ms + chance.between(8 * SECOND_MS, 40 * SECOND_MS));
        let paused = chance.happens(habit.pauses);
        attendee.cameras = if paused { interrupted(&mut chance, seen, CAMERA) } else { vec![seen] };
        if chance.happens(SECOND_CAMERA) {
            let minutes = (seen.length_ms() / 3).max(1);
            let from_ms = seen.from_ms + minutes;
            attendee.cameras.push(Span { from_ms, to_ms: from_ms + minutes });
        }
    }
    for spans in [&mut attendee.cameras, &mut attendee.microphone, &mut attendee.listening] {
        spans.retain(|span| span.length_ms() > 0);
    }
    attendee
}

/// From when to when somebody is inside: most come within five minutes around the full hour.
fn attendance(session: &Session, planned: Span, role: Role, chance: &mut Chance) -> Span {
    let Span { from_ms: starts_ms, to_ms: ends_ms } = planned;
    let habit = session.habit;
    let moderates = role == Role::Moderator;
    let from_ms = if moderates {
        session.created_ms + chance.between(2 * SECOND_MS, 40 * SECOND_MS)
    } else if chance.happens(habit.late) {
        starts_ms + 5 * MINUTE_MS + (session.length_ms as f64 * 0.4 * chance.unit()) as i64
    } else {
        // The peak is at the full hour: as many before as after, fewer the farther off.
        let spread = (chance.unit() + chance.unit() + chance.unit()) / 3.0;
        starts_ms + ((spread * 7.0 - 3.0) * MINUTE_MS as f64) as i64
    };
    let from_ms = from_ms.max(session.created_ms + 2 * SECOND_MS);
    let to_ms = if !moderates && chance.happens(habit.early) {
        let left = (ends_ms - from_ms).max(0) as f64;
        from_ms + (left * (0.3 + 0.7 * chance.unit())) as i64
    } else {
        ends_ms + chance.between(-40 * SECOND_MS, 90 * SECOND_MS)
    };
    Span { from_ms, to_ms: to_ms.max(from_ms + SHORTEST_STAY_MS) }
}

/// When something is on that goes on and off within a span.
fn interrupted(chance: &mut Chance, whole: Span, rhythm: Rhythm) -> Vec<Span> {
    let mut found = Vec::new();
    let mut from_ms = whole.from_ms;
    while from_ms < whole.to_ms {
        let on_ms = (chance.wait(rhythm.on_minutes) * MINUTE_MS as f64) as i64 + 20 * SECOND_MS;
        let off_ms = (chance.wait(rhythm.off_minutes) * MINUTE_MS as f64) as i64 + 10 * SECOND_MS;
        found.push(Span { from_ms, to_ms: (from_ms + on_ms).min(whole.to_ms) });
        from_ms += on_ms + off_ms;
    }
    found
}

/// The two stays of somebody who loses the connection and returns.
fn dropped(whole: Attendee) -> Vec<Attendee> {
    let mut chance = Chance::keyed(&[whole.key, 5]);
    let Span { from_ms, to_ms } = whole.inside;
    let lost_ms = from_ms + ((to_ms - from_ms) as f64 * (0.1 + 0.8 * chance.unit())) as i64;
    let back_ms = lost_ms + chance.between(5 * SECOND_MS, 50 * SECOND_MS);
    if back_ms + SHORTEST_STAY_MS > to_ms {
        return vec![whole];
    }
    [Span { from_ms, to_ms: lost_ms }, Span { from_ms: back_ms, to_ms }]
        .into_iter()
        .map(|inside| part(&whole, inside))
        .collect()
}

/// A stay as far as it lies within a span.
fn part(whole: &Attendee, inside: Span) -> Attendee {
    let within = |spans: &[Span]| {
        let parts = spans.iter().map(|span| span.within(inside));
        parts.filter(|span| span.length_ms() > 0).collect::<Vec<_>>()
    };
    Attendee {
        inside,
        cameras: within(&whole.cameras),
        microphone: within(&whole.microphone),
        listening: within(&whole.listening),
        ..whole.clone()
    }
}

/// Sends the people of a meeting into breakout rooms for a while: there they have microphone and
/// camera, and in the meeting, where they are still counted, they have not.
fn into_breakouts(meeting: &mut Meeting, planned: Span, chance: &mut Chance) -> Vec<Meeting> {
    let length = planned.length_ms() as f64;
    let from_ms = planned.from_ms + (length * (0.25 + 0.2 * chance.unit())) as i64;
    let to_ms = from_ms + (length * (0.2 + 0.15 * chance.unit())) as i64;
    let open = Span { from_ms, to_ms };
    let parent_internal_id = internal_id(meeting.room_key, meeting.listed.from_ms);
    let goes = |attendee: &Attendee| {
        let there = attendee.inside.from_ms < from_ms && attendee.inside.to_ms > to_ms;
        there && attendee.client == Client::Browser && !attendee.presenter
    };
    let count = meeting.attendees.iter().filter(|attendee| goes(attendee)).count();
    let rooms = (count / BREAKOUT_PEOPLE.1).min(MOST_BREAKOUTS);
    let mut found: Vec<Meeting> = (0..rooms as u64)
        .map(|room| {
            let listed = Span { from_ms, to_ms: to_ms + LISTED_AFTER_END_MS };
            let sequence = room as i64 + 1;
            let parent_internal_id = parent_internal_id.clone();
            Meeting {
                key: key(&[meeting.key, 6, room]),
                room_key: key(&[meeting.room_key, 6, room]),
                organisation: meeting.organisation,
                listed,
                ended_ms: to_ms,
                recorded: false,
                duration_minutes: open.length_ms() / MINUTE_MS,
                max_users: 0,
                policy: meeting.policy,
                rates: Rates::PUBLISHED,
                attendees: Vec::new(),
                screens: Vec::new(),
                breakout: Some(Breakout { parent_internal_id, sequence }),
                breakout_rooms: Vec::new(),
            }
        })
        .collect();
    if rooms == 0 {
        return found;
    }
    let own = found.iter().map(|room| (internal_id(room.room_key, from_ms), room.listed));
    meeting.breakout_rooms = own.collect();
    let going = meeting.attendees.iter_mut().filter(|attendee| goes(attendee));
    for (attendee, room) in going.zip((0..rooms).cycle()) {
        let arrives_ms = from_ms + chance.between(3 * SECOND_MS, 30 * SECOND_MS);
        let leaves_ms = to_ms - chance.between(0, 20 * SECOND_MS);
        found[room].attendees.push(moved(attendee, Span { from_ms: arrives_ms, to_ms: leaves_ms }));
    }
    found
}

/// Takes somebody's streams out of a meeting while they are in a breakout room; their stay there.
fn moved(attendee: &mut Attendee, there: Span) -> Attendee {
    let mut own = attendee.clone();
    own.inside = there;
    own.presenter = false;
    let audio = Span { from_ms: (there.from_ms + 4 * SECOND_MS).min(there.to_ms), ..there };
    let seen = attendee.cameras_at(there.from_ms) > 0;
    own.cameras = if seen { vec![audio] } else { Vec::new() };
    // In a small room, who listened speaks.
    let hears = attendee.speaks(there.from_ms) || attendee.listens(there.from_ms);
    own.microphone = if hears { vec![audio] } else { Vec::new() };
    own.listening = Vec::new();
    for spans in [&mut attendee.cameras, &mut attendee.microphone, &mut attendee.listening] {
        *spans = without(spans, there);
    }
    own
}

fn without(spans: &[Span], hole: Span) -> Vec<Span> {
    let around = |span: &Span| {
        let before = Span { to_ms: span.to_ms.min(hole.from_ms), ..*span };
        let after = Span { from_ms: span.from_ms.max(hole.to_ms), ..*span };
        [before, after]
    };
    spans.iter().flat_map(around).filter(|span| span.length_ms() > 0).collect()
}
