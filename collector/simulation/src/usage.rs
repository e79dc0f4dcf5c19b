//! The exact truth of what each organisation used, by integrating who was inside: what a monitor
//! that polls can only estimate.

use super::World;
use super::hosts::Host;
use super::meeting::{Meeting, Span};
use super::organisations::{ORGANISATIONS, Organisation};

/// What one organisation used on a host.
#[derive(Debug, Clone, PartialEq)]
pub struct TenantUsage {
    /// Whose it is.
    pub organisation: &'static Organisation,
    /// Seconds of people in meetings; who is in a breakout room counts once.
    pub user_seconds: f64,
    /// Seconds of meetings with somebody inside; breakout rooms do not count.
    pub room_seconds: f64,
    /// Seconds of camera streams in, of all rooms.
    pub camera_seconds: f64,
    /// Most people in one meeting at once.
    pub largest_room: i64,
}

impl World {
    /// What each organisation used on a host between two moments; those that used something.
    pub fn usage(&self, host: &Host, span: Span) -> Vec<TenantUsage> {
        let days = Self::days(span.from_ms, span.to_ms);
        let meetings = days.flat_map(|day| self.meetings(host, day)).collect::<Vec<_>>();
        usage(meetings.iter(), span)
    }
}

/// What meetings add up to within a span.
fn usage<'m>(meetings: impl Iterator<Item = &'m Meeting>, span: Span) -> Vec<TenantUsage> {
    let mut sums = ORGANISATIONS.each_ref().map(|_| [0_i64; 4]);
    for meeting in meetings {
        let [users_ms, rooms_ms, cameras_ms, largest] =
            &mut sums[meeting.organisation.number as usize];
        let inside =
            |spans: &[Span]| spans.iter().map(|part| part.within(span).length_ms()).sum::<i64>();
        for attendee in &meeting.attendees {
            *cameras_ms += inside(&attendee.cameras);
        }
        if meeting.breakout.is_none() {
            let stays: Vec<Span> =
                meeting.attendees.iter().map(|attendee| attendee.inside.within(span)).collect();
            *users_ms += inside(&stays);
            *rooms_ms += inside(&united(stays.clone()));
            *largest = (*largest).max(most_at_once(&stays));
        }
    }
    let used = ORGANISATIONS.iter().zip(sums).filter(|(_, sums)| *sums != [0; 4]);
    used.map(|(organisation, [users_ms, rooms_ms, cameras_ms, largest_room])| TenantUsage {
        organisation,
        user_seconds: users_ms as f64 / 1000.0,
        room_seconds: rooms_ms as f64 / 1000.0,
        camera_seconds: cameras_ms as f64 / 1000.0,
        largest_room,
    })
    .collect()
}

/// The same time without overlaps.
fn united(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| span.from_ms);
    let mut found: Vec<Span> = Vec::new();
    for span in spans {
        match found.last_mut() {
            Some(last) if span.from_ms <= last.to_ms => last.to_ms = last.to_ms.max(span.to_ms),
            _ => found.push(span),
        }
    }
    found
}

fn most_at_once(spans: &[Span]) -> i64 {
    let stays = spans.iter().filter(|span| span.length_ms() > 0);
    let mut steps: Vec<(i64, i64)> =
        stays.flat_map(|span| [(span.from_ms, 1), (span.to_ms, -1)]).collect();
    // Of one moment, who leaves goes first.
    steps.sort_unstable();
    let mut now = 0;
    steps
        .iter()
        .map(|(_, step)| {
            now += step;
            now
        })
        .max()
        .unwrap_or(0)
}
