//! One large answer, for measuring what it costs to read it.

use headroom_simulation::{HOSTS, Meeting, Span, World};

use super::Flavour;
use super::answers::whole;
use super::meetings::Printer;

/// Friday, 25 September 2026, 12:00 UTC.
const END_MS: i64 = 1_790_337_600_000;

/// An answer to `getMeetings` with so many rooms and, over all of them, so many people inside, a
/// third with cameras.
pub fn large_answer(flavour: Flavour, rooms: usize, attendees: usize) -> String {
    let world = World::new(1, END_MS);
    let days = (1..30).map(|day| headroom_simulation::day_of(END_MS) - day);
    let all = days.flat_map(|day| HOSTS.iter().flat_map(move |host| [(host, day)]));
    let meetings: Vec<Meeting> = all
        .flat_map(|(host, day)| world.meetings(host, day))
        .filter(|meeting| meeting.breakout.is_none() && meeting.attendees.len() >= 20)
        .take(rooms)
        .collect();
    let printer = Printer::plain(flavour, END_MS);
    let share = |room: usize| attendees / rooms + usize::from(room < attendees % rooms);
    let full = meetings.into_iter().enumerate();
    whole(&printer, full.map(|(room, meeting)| printer.meeting(&with_people(meeting, share(room)))))
}

/// The meeting going on at the end of the world's history, with so many people inside.
fn with_people(mut meeting: Meeting, people: usize) -> Meeting {
    let now = Span { from_ms: END_MS - 60_000, to_ms: END_MS + 60_000 };
    let person = |number: usize| {
        let mut person = meeting.attendees[number % meeting.attendees.len()].clone();
        person.inside = now;
        person.cameras = if number.is_multiple_of(3) { vec![now] } else { Vec::new() };
        person.microphone = if number.is_multiple_of(2) { vec![now] } else { Vec::new() };
        person.listening = if number.is_multiple_of(2) { Vec::new() } else { vec![now] };
        person
    };
    let attendees = (0..people).map(person).collect();
    meeting.attendees = attendees;
    (meeting.listed, meeting.ended_ms) = (now, now.to_ms);
    meeting
}
