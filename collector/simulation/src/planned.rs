//! What happens once in the thirty days before the end, so that there is something to see:
//! a saturated link, an outage, a disk that fills.

use super::calendar::{DAY_MS, HOUR_MS, MINUTE_MS, SATURDAY, SECOND_MS, WORKDAYS, day_of, last};
use super::chance::key;
use super::habits::OPEN_HOUSE;
use super::hosts::{FILLING, HOSTS, Host};
use super::meeting::Span;
use super::organisations::FEDERATION_OF_ALL;
use super::timetable::Session;

/// The host whose link is full once, and the one that is down once.
const SATURATED: &Host = &HOSTS[0];
const DOWN: &Host = &HOSTS[2];

/// People of the open house, all with cameras, each sent to each: 71 · 72 streams of 0.21 Mbit/s
/// are more than a gigabit.
const OPEN_HOUSE_PEOPLE: i64 = 74;
/// The host is reachable so long after it was booted.
const BOOT_MS: i64 = 40 * SECOND_MS;

/// Something that happens once.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// To which host.
    pub host: &'static Host,
    /// When.
    pub span: Span,
}

/// Something that happens once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// An open house with all cameras on sends more than the link carries, for about an hour.
    SaturatedLink,
    /// The host is down; when it is back it has been booted, and its counters begin at 0.
    Outage,
    /// Recordings are never purged, and the disk is nearly full at the end.
    FillingDisk,
}

/// All events of a history that ends at a moment.
pub(super) fn events(start_ms: i64, end_ms: i64) -> Vec<Event> {
    let end_day = day_of(end_ms);
    let at = |day: i64, from_ms: i64, length_ms: i64| {
        let from_ms = day * DAY_MS + from_ms;
        Span { from_ms, to_ms: from_ms + length_ms }
    };
    let open_house = at(last(SATURDAY, end_day - 5), 16 * HOUR_MS, 70 * MINUTE_MS);
    let outage = at(last(WORKDAYS, end_day - 15), 17 * HOUR_MS + 42 * MINUTE_MS, 3 * HOUR_MS);
    let history = Span { from_ms: start_ms, to_ms: end_ms };
    vec![
        Event { kind: EventKind::Outage, host: DOWN, span: outage },
        Event { kind: EventKind::SaturatedLink, host: SATURATED, span: open_house },
        Event { kind: EventKind::FillingDisk, host: FILLING, span: history },
    ]
}

/// The meeting that fills the link.
pub(super) fn open_house(seed: u64, event: &Event) -> Option<Session> {
    let Event { kind: EventKind::SaturatedLink, host, span } = event else { return None };
    let room_key = key(&[seed, 20]);
    Some(Session {
        key: key(&[room_key, span.from_ms as u64]),
        room_key,
        organisation: FEDERATION_OF_ALL,
        habit: &OPEN_HOUSE,
        host: host.number,
        created_ms: span.from_ms - 12 * MINUTE_MS,
        starts_ms: span.from_ms,
        length_ms: span.length_ms(),
        people: OPEN_HOUSE_PEOPLE,
        recorded: false,
    })
}

/// When a host is down, of all these events, with the moment of its next boot.
pub(super) fn outage(events: &[Event], host: &Host) -> Option<(Span, i64)> {
    let found = events
        .iter()
        .find(|event| event.kind == EventKind::Outage && event.host.number == host.number)?;
    Some((found.span, found.span.to_ms - BOOT_MS))
}
