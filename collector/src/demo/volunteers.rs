//! Those on call of the cooperative: four volunteers who take turns, phones that ring nowhere, and what a
//! month has brought them. Made up, as all of it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use headroom_simulation::{DAY_MS, EventKind, HOSTS, World};
use jiff::tz::TimeZone;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::configuration::OnCall;
use crate::connections::ConnectionLimits;
use crate::oncall::{
    Answer, Change, Channel, Desk, Format, Notice, Now, People, Person, Picture, Policy, Reason,
    Receiver, Reply, Rota, Seen, Severity, Step, Topology, Turn, Verdicts, Waking, What, Who,
};
use crate::store::{LedgerRow, Shelf};
use crate::web;

const NAMES: [&str; 4] = ["anna", "ben", "chidi", "dora"];

/// The time between two looks, in milliseconds.
const LOOK_MS: i64 = 60_000;

const MINUTE_MS: i64 = 60_000;

/// So many phones are spoken to at once.
const AT_ONCE: usize = 16;

/// Some trouble of the past.
struct Trouble {
    /// How many minutes before the end of the history it began.
    ago_minutes: i64,
    lasts_minutes: i64,
    /// After how many minutes whoever was called took it.
    taken_minutes: Option<i64>,
    alert: &'static str,
    /// The place among the hosts.
    host: usize,
    severity: Severity,
    says: &'static str,
    affected: &'static str,
}

const DAY: i64 = 1440;

const fn page(ago_minutes: i64, lasts_minutes: i64, taken_minutes: Option<i64>) -> Trouble {
    Trouble {
        ago_minutes,
        lasts_minutes,
        taken_minutes,
        alert: "UnitFailed",
        host: 0,
        severity: Severity::Page,
        says: "has a failed unit: bbb-webrtc-sfu.service",
        affected: "who joins with a camera",
    }
}

const fn morning(ago_minutes: i64, lasts_minutes: i64) -> Trouble {
    Trouble {
        alert: "RecordingsStuck",
        severity: Severity::Morning,
        says: "has a recording that waits since yesterday",
        affected: "who waits for recordings",
        ..page(ago_minutes, lasts_minutes, None)
    }
}

const TROUBLES: [Trouble; 8] = [
    page(27 * DAY + 300, 25, Some(4)),
    morning(23 * DAY + 100, 1500),
    Trouble {
        alert: "BigBlueButtonBad",
        host: 2,
        says: "does not answer for BigBlueButton as it should: timeout",
        affected: "3 people when last heard",
        ..page(19 * DAY + 700, 40, None)
    },
    Trouble { host: 1, ..morning(15 * DAY + 60, 900) },
    Trouble { host: 3, ..page(12 * DAY + 900, 12, Some(2)) },
    Trouble {
        host: 4,
        says: "has a failed unit: bbb-webrtc-recorder.service",
        affected: "whose meeting is recorded",
        ..page(8 * DAY + 420, 55, Some(9))
    },
    Trouble { host: 5, ..page(4 * DAY + 630, 18, Some(3)) },
    Trouble { host: 2, ..morning(2 * DAY + 200, 1300) },
];

/// Who is told what, on phones at an address.
pub fn configured(phones: SocketAddr, topology: Topology) -> OnCall {
    let receivers = NAMES.map(|name| Receiver {
        name: format!("{name}-phone"),
        format: Format::Ntfy { topic: name.to_owned() },
        url: format!("http://{phones}"),
        token: None,
        budget: Some(12),
    });
    OnCall {
        policy: Policy { people: people(), topology, ..Policy::default() },
        receivers: receivers.into(),
        ..OnCall::default()
    }
}

fn people() -> People {
    let person = |name: &str| Person {
        channels: vec![Channel { receiver: format!("{name}-phone"), after_ms: 0 }],
        waking: Waking { from: jiff::civil::time(7, 30, 0, 0), to: jiff::civil::time(22, 0, 0, 0) },
        zone: TimeZone::system(),
    };
    let persons = NAMES.map(|name| (name.to_owned(), person(name))).into();
    let next = |name: &str, after_ms| Step { who: Who::Person(name.to_owned()), after_ms };
    let duty = Step { who: Who::Duty, after_ms: 0 };
    let steps = vec![duty, next("dora", 15 * MINUTE_MS), next("anna", 30 * MINUTE_MS)];
    People { persons, rota: rota(), steps }
}

fn rota() -> Option<Rota> {
    let hour = "Mon 09:00".parse().ok()?;
    let people = NAMES.map(ToOwned::to_owned).into();
    let turn = Turn { from: hour, to: hour, people };
    Rota::new(TimeZone::system(), jiff::civil::date(2020, 1, 6), vec![turn], vec![]).ok()
}

/// What was told and answered until the end of the history, as rows of the ledger.
pub fn month(world: &World, policy: &Policy, days: i64) -> Vec<LedgerRow> {
    let mut notices: Vec<Notice> = TROUBLES
        .iter()
        .filter(|trouble| trouble.ago_minutes < days * DAY)
        .flat_map(|trouble| trouble.told(world.end_ms(), policy))
        .filter(|notice| notice.at_ms < world.end_ms())
        .collect();
    notices.extend(shown(world, policy, days));
    notices.sort_by_key(|notice| notice.at_ms);
    let row = |(number, notice): (usize, Notice)| LedgerRow {
        shelf: Shelf::Notices,
        key: u128::from(notice.at_ms.max(0) as u64) << 64 | number as u128,
        value: serde_json::to_vec(&notice).ok(),
    };
    notices.into_iter().enumerate().map(row).collect()
}

/// What pictures show too: a host that was away, and a link that was full.
fn shown(world: &World, policy: &Policy, days: i64) -> Vec<Notice> {
    let begin_ms = world.end_ms() - days * DAY_MS;
    let mut notices = Vec::new();
    for event in world.events().iter().filter(|event| event.span.from_ms >= begin_ms) {
        let Some(host) = HOSTS.iter().position(|host| host == event.host) else { continue };
        let begin_ago = (world.end_ms() - event.span.from_ms) / MINUTE_MS;
        let lasting = (event.span.to_ms - event.span.from_ms) / MINUTE_MS;
        let trouble = match event.kind {
            EventKind::Outage => Trouble {
                alert: "HostSilent",
                says: "has not reported for 50s",
                affected: "no room was heard of",
                host,
                ..page(begin_ago, lasting, Some(6))
            },
            // Two minutes late, as the rule has it, and five longer.
            EventKind::SaturatedLink => Trouble {
                alert: "LinkNearLimit",
                says: "sends 98% of what eth0 carries",
                affected: "1 room, 74 people",
                host,
                ..page(begin_ago - 2, lasting + 3, Some(4))
            },
            // It stands, and nobody was called for it so far.
            EventKind::FillingDisk => continue,
        };
        notices.extend(trouble.told(world.end_ms(), policy));
    }
    notices
}

impl Trouble {
    /// What a desk made of it.
    fn told(&self, end_ms: i64, policy: &Policy) -> Vec<Notice> {
        let began_ms = end_ms - self.ago_minutes * MINUTE_MS;
        let over_ms = began_ms + self.lasts_minutes * MINUTE_MS;
        let taken_ms = self.taken_minutes.map(|minutes| began_ms + minutes * MINUTE_MS);
        let (mut desk, mut notices, mut is_taken) = (Desk::default(), Vec::new(), false);
        let mut at_ms = began_ms;
        // What is over is told in the morning at the latest.
        while at_ms < over_ms + DAY_MS {
            let mut changes = desk.advance(&self.picture(began_ms, over_ms, at_ms), policy);
            if taken_ms.is_some_and(|taken_ms| taken_ms <= at_ms) && !is_taken {
                is_taken = true;
                changes.extend(Self::taken(&mut desk, Now { at_ms, policy }));
            }
            let is_done = at_ms > over_ms && desk.groups().values().all(|g| g.alerts.0.is_empty());
            notices.extend(changes.into_iter().filter_map(noticed));
            if is_done {
                break;
            }
            at_ms += LOOK_MS;
        }
        notices
    }

    fn picture(&self, began_ms: i64, over_ms: i64, at_ms: i64) -> Picture {
        let Some(host) = HOSTS.get(self.host) else { return Picture::default() };
        let severity = self.severity.label();
        let labels = [("alertname", self.alert), ("instance", host.name), ("severity", severity)];
        let summary = format!("{} {}", host.name, self.says);
        let annotations = [("summary", summary.as_str()), ("affected", self.affected)];
        let seen = Seen::own(labels, annotations, began_ms);
        let seen = (at_ms < over_ms).then_some((1, seen));
        Picture {
            at_ms,
            began_ms,
            seen: seen.into_iter().collect(),
            verdicts: Verdicts {
                present: BTreeSet::from([self.alert.to_owned()]),
                unjudged: BTreeSet::new(),
            },
            heard_ms: BTreeMap::from([(host.name.to_owned(), at_ms)]),
            ..Picture::default()
        }
    }

    /// Whoever is on duty takes it.
    fn taken(desk: &mut Desk, now: Now<'_>) -> Vec<Change> {
        let ringing = desk.groups().iter().find(|(_, group)| group.call.ringing.is_some());
        let (Some((id, _)), Some(person)) = (ringing, now.people().first(now.at_ms)) else {
            return Vec::new();
        };
        let (id, person) = (*id, person.to_owned());
        let reply = Reply { person: &person, answer: Answer::Take };
        desk.answer(id, reply, now).unwrap_or_default()
    }
}

/// What of a change stands in a history.
fn noticed(change: Change) -> Option<Notice> {
    match change {
        Change::Message(message) if message.reason != Reason::Duty => {
            let notice = message.notice(What::Told, message.at_ms + 900);
            Some(Notice { attempts: 1, ..notice })
        }
        Change::Notice(notice) => Some(notice),
        Change::Message(_)
        | Change::Group(..)
        | Change::Silence(..)
        | Change::Heard(..)
        | Change::Reminded(..) => None,
    }
}

/// Phones that take everything and ring nowhere, until `stop`.
pub async fn phones(listener: TcpListener, stop: CancellationToken) {
    let limits = ConnectionLimits::of_http().within(AT_ONCE);
    web::take_all(listener, limits, stop).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_calls_answers_and_ends_and_is_the_same_each_time() {
        let world = World::new(2020, 1_782_000_000_000);
        let policy = configured("127.0.0.1:1".parse().unwrap(), Topology::default()).policy;
        let rows = month(&world, &policy, 30);
        assert_eq!(rows, month(&world, &policy, 30));
        let notices: Vec<Notice> = rows
            .iter()
            .map(|row| serde_json::from_slice(row.value.as_ref().unwrap()).unwrap())
            .collect();
        let count = |what: &What| notices.iter().filter(|notice| notice.what == *what).count();
        assert!(count(&What::Told) >= 16, "{notices:#?}");
        assert!(count(&What::Taken) >= 4, "{notices:#?}");
        let over = notices.iter().filter(|notice| notice.title.starts_with("over: ")).count();
        assert!(over >= 8, "{notices:#?}");
        assert!(rows.windows(2).all(|pair| pair[0].key < pair[1].key));
        assert!(month(&world, &policy, 1).len() < rows.len());
    }
}
