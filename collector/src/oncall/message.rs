//! What is told: messages to receivers, and notices of what became of them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::alert::{Known, Severity, Standing, Texts, summary};
use super::id::{GroupId, digest};

/// The most alerts that one message tells in full.
pub const ALERTS: usize = 100;

/// Whether what a message is about goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It does.
    Firing,
    /// It is over.
    Resolved,
}

/// Why a message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// It is the first of its group.
    First,
    /// Something has come to the group.
    More,
    /// A part of it is over.
    Less,
    /// All of it is over.
    Over,
    /// It still goes on.
    Still,
    /// Nobody has taken the call yet.
    Escalation,
    /// Whoever took the call had it for as long as it was given.
    Again,
    /// Somebody wants to see whether a receiver works.
    Test,
    /// Somebody goes on duty.
    Duty,
    /// Its receiver has had so much that the rest comes together.
    Digest,
}

/// What is sent to one receiver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// To which.
    pub receiver: String,
    /// Who reads it there; nobody in particular if the receiver is told of everything.
    pub person: Option<String>,
    /// About which group.
    pub group: GroupId,
    /// What names the group.
    pub key: Vec<(String, String)>,
    /// The first moment of what the group is about now, Unix time in milliseconds.
    pub opened_ms: i64,
    /// Which of the group's messages this is, from 1.
    pub count: u32,
    /// When it was decided.
    pub at_ms: i64,
    /// Whether it goes on.
    pub status: Status,
    /// Why it is sent.
    pub reason: Reason,
    /// How urgent it is.
    pub severity: Severity,
    /// The alerts, those that stand first.
    pub alerts: Vec<MessageAlert>,
    /// How many more there are.
    pub truncated: usize,
}

/// An alert in a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageAlert {
    /// What Prometheus and Alertmanager know it by.
    pub fingerprint: u64,
    /// What names it.
    pub labels: Texts,
    /// What is told with it.
    pub annotations: Texts,
    /// Since when it fires, Unix time in milliseconds.
    pub since_ms: i64,
    /// How it stands.
    pub standing: Standing,
    /// Where its expression is shown.
    pub link: String,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// A message was taken by its receiver.
    Told,
    /// A message could not be delivered and will not be tried again.
    Failed(String),
    /// Somebody has it.
    Taken,
    /// Somebody gave it to the next.
    Passed,
    /// Somebody silenced it.
    Silenced,
    /// A message goes with others in one.
    Gathered,
}

/// Something that happened, for the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// When, Unix time in milliseconds.
    pub at_ms: i64,
    /// What.
    pub what: What,
    /// About which group.
    pub group: GroupId,
    /// What it was about, in words.
    pub title: String,
    /// Who did it, or was told.
    pub person: Option<String>,
    /// Where.
    pub receiver: Option<String>,
    /// After how many attempts.
    pub attempts: u32,
}

impl MessageAlert {
    /// A known alert as it is told.
    pub fn of(fingerprint: u64, known: &Known) -> Self {
        Self {
            fingerprint,
            labels: known.labels.clone(),
            annotations: known.annotations.clone(),
            since_ms: known.since_ms,
            standing: known.standing,
            link: known.link.clone(),
        }
    }

    /// Whether it is not known to be over.
    pub fn stands(&self) -> bool {
        !matches!(self.standing, Standing::Ended { .. })
    }

    /// What it says in one line.
    pub fn summary(&self) -> &str {
        summary(&self.labels, &self.annotations)
    }
}

impl Message {
    /// What tells it from all others, for ever: receivers that know it already show it once.
    pub fn id(&self) -> String {
        let Self { receiver, person, group, opened_ms, count, .. } = self;
        let person = person.as_deref().unwrap_or_default();
        digest(&format!("{receiver}\n{person}\n{group}\n{opened_ms}\n{count}"))
    }

    /// What all messages of one receiver about the same trouble have in common. What a person is told
    /// in the morning stands beside what wakes: neither ends nor hides the other.
    pub fn thread(&self) -> String {
        let Self { receiver, group, opened_ms, .. } = self;
        let beside = if self.is_of_a_morning() { "\nmorning" } else { "" };
        digest(&format!("{receiver}\n{group}\n{opened_ms}{beside}"))
    }

    /// Whether it takes the place of one that its reader has not got: it says more of the same.
    pub fn replaces(&self, known: &Self) -> bool {
        (&self.receiver, &self.person, self.group) == (&known.receiver, &known.person, known.group)
            && self.is_of_a_morning() == known.is_of_a_morning()
    }

    fn is_of_a_morning(&self) -> bool {
        self.person.is_some() && self.severity == Severity::Morning
    }

    /// What it says in one line.
    pub fn title(&self) -> String {
        let standing = self.alerts.iter().filter(|alert| alert.stands()).count() + self.truncated;
        let first = self.alerts.first().map_or("nothing", MessageAlert::summary);
        let more = match self.status {
            Status::Firing => standing.saturating_sub(1),
            Status::Resolved => (self.alerts.len() + self.truncated).saturating_sub(1),
        };
        let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
        match (self.status, self.reason) {
            (Status::Resolved, _) => format!("over: {first}{rest}"),
            (Status::Firing, Reason::Still) => {
                format!("still, for {}: {first}{rest}", span(self.at_ms - self.opened_ms))
            }
            (Status::Firing, Reason::Escalation) => format!("nobody has it yet: {first}{rest}"),
            (Status::Firing, Reason::Again) => format!("again: {first}{rest}"),
            (Status::Firing, Reason::Test) => format!("a test: {first}{rest}"),
            (Status::Firing, Reason::Digest) => format!("several together: {first}{rest}"),
            (
                Status::Firing,
                Reason::First | Reason::More | Reason::Less | Reason::Over | Reason::Duty,
            ) => format!("{first}{rest}"),
        }
    }

    /// Several messages to the same reader in one, the latest word on each alert. It acts for none of
    /// their groups.
    pub fn digest(messages: &[Self], at_ms: i64) -> Option<Self> {
        let last = messages.last()?;
        let mut alerts: BTreeMap<(u64, GroupId), &MessageAlert> = BTreeMap::new();
        for message in messages {
            let of_message = message.alerts.iter();
            alerts.extend(of_message.map(|alert| ((alert.fingerprint, message.group), alert)));
        }
        let mut alerts: Vec<MessageAlert> = alerts.into_values().cloned().collect();
        alerts.sort_by_key(|alert| {
            let urgency = Reverse(Severity::of(&alert.labels));
            (!alert.stands(), urgency, alert.since_ms, alert.fingerprint)
        });
        let beyond: usize = messages.iter().map(|message| message.truncated).sum();
        let truncated = beyond + alerts.len().saturating_sub(ALERTS);
        let is_over = beyond == 0 && !alerts.iter().any(MessageAlert::stands);
        alerts.truncate(ALERTS);
        let person = last.person.clone();
        let key = vec![
            ("digest".to_owned(), last.receiver.clone()),
            ("person".to_owned(), person.clone().unwrap_or_default()),
        ];
        Some(Self {
            receiver: last.receiver.clone(),
            person,
            group: GroupId::of(&key),
            key,
            opened_ms: at_ms,
            count: 1,
            at_ms,
            status: if is_over { Status::Resolved } else { Status::Firing },
            reason: Reason::Digest,
            severity: messages.iter().map(|message| message.severity).max()?,
            alerts,
            truncated,
        })
    }

    /// What became of it.
    pub fn notice(&self, what: What, at_ms: i64) -> Notice {
        Notice {
            at_ms,
            what,
            group: self.group,
            title: self.title(),
            person: self.person.clone(),
            receiver: Some(self.receiver.clone()),
            attempts: 0,
        }
    }

    /// What it says, a paragraph for each alert.
    pub fn text(&self) -> String {
        let mut paragraphs: Vec<String> = self.alerts.iter().map(paragraph).collect();
        if self.truncated > 0 {
            paragraphs.push(format!("and {} more", self.truncated));
        }
        paragraphs.join("\n\n")
    }
}

/// A length of time as people say it.
pub fn span(ms: i64) -> String {
    let minutes = ms.max(0) / 60_000;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

fn paragraph(alert: &MessageAlert) -> String {
    let mut lines = vec![match alert.standing {
        Standing::Firing => alert.summary().to_owned(),
        Standing::Unknown { since_ms } => {
            let since = crate::moments::iso(since_ms);
            format!("{} (unknown since {since}: it is silent)", alert.summary())
        }
        Standing::Ended { .. } => format!("over: {}", alert.summary()),
    }];
    if alert.stands() {
        for (name, word) in [("affected", "Affected"), ("runbook", "To do")] {
            let text = alert.annotations.get(name).filter(|text| !text.is_empty());
            lines.extend(text.map(|text| format!("{word}: {text}")));
        }
    }
    lines.join("\n")
}
