//! Who goes on duty is told before, in hours in which they are awake.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::alert::{NAME, Severity, Standing, Texts};
use super::id::GroupId;
use super::message::{Message, MessageAlert, Reason, Status};
use super::people::People;

/// How long before it is told at the earliest, in milliseconds.
const AHEAD_MS: i64 = 86_400_000;

/// Somebody goes on duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handover {
    /// Who.
    pub person: String,
    /// When, Unix time in milliseconds.
    pub from_ms: i64,
    /// Until when, if anybody comes after them.
    pub to_ms: Option<i64>,
}

impl Handover {
    /// The next, if whoever it is may be told of it now.
    pub fn to_be_told(people: &People, at_ms: i64) -> Option<Self> {
        let ahead = people.rota.as_ref()?.ahead(at_ms, 2);
        let (from_ms, person) = ahead.first()?.clone();
        let is_awake = people.persons.get(&person).is_some_and(|known| known.is_awake(at_ms));
        let to_ms = ahead.get(1).map(|(to_ms, _)| *to_ms);
        let is_due = is_awake && from_ms - at_ms <= AHEAD_MS;
        is_due.then_some(Self { person, from_ms, to_ms })
    }

    /// What is told, on the first of a person's channels.
    pub fn message(&self, people: &People, at_ms: i64) -> Option<Message> {
        let person = people.persons.get(&self.person)?;
        let receiver = person.channels.first()?.receiver.clone();
        let until = self
            .to_ms
            .map_or_else(String::new, |to_ms| format!(" to {}", wall(to_ms, &person.zone)));
        let from = wall(self.from_ms, &person.zone);
        let summary = format!("{}, you are on duty from {from}{until}", self.person);
        let text = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let alert = MessageAlert {
            fingerprint: 0,
            labels: Texts::from([text(NAME, "Duty")]),
            annotations: Texts::from([
                text("summary", &summary),
                text(
                    "runbook",
                    "Is the phone loud, and does it reach you? Else ask for somebody to stand in.",
                ),
            ]),
            since_ms: at_ms,
            standing: Standing::Firing,
            link: String::new(),
        };
        let key = vec![text("duty", &self.person)];
        Some(Message {
            receiver,
            person: Some(self.person.clone()),
            group: GroupId::of(&key),
            key,
            opened_ms: self.from_ms,
            count: 1,
            at_ms,
            status: Status::Firing,
            reason: Reason::Duty,
            severity: Severity::Morning,
            alerts: vec![alert],
            truncated: 0,
        })
    }
}

fn wall(at_ms: i64, zone: &TimeZone) -> String {
    let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(zone.clone()).strftime("%a %-d %b %H:%M").to_string()
}
