//! A rehearsal: what would be told of one alert from a moment on, if it stood and nobody answered.

use std::collections::{BTreeMap, BTreeSet};

use super::alert::Seen;
use super::desk::{Change, Desk};
use super::id::fingerprint;
use super::message::{Message, Reason};
use super::picture::{Picture, Verdicts};
use super::policy::Policy;

/// The time between two moments that are looked at, in milliseconds.
const STEP_MS: i64 = 10_000;

/// What would be told.
#[derive(Debug, Clone)]
pub struct Rehearsal<'r> {
    /// Who is told what, and when.
    pub policy: &'r Policy,
    /// The alert.
    pub seen: &'r Seen,
    /// For how long it stands, in milliseconds.
    pub lasts_ms: i64,
}

/// What somebody would be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// How long after the alert, in milliseconds.
    pub after_ms: i64,
    /// What.
    pub message: Message,
}

impl Rehearsal<'_> {
    /// All that would be told, in order.
    pub fn told(&self) -> Vec<Told> {
        let (mut desk, mut told) = (Desk::default(), Vec::new());
        let name = self.seen.labels.get("alertname").cloned().unwrap_or_default();
        let verdicts = Verdicts { present: BTreeSet::from([name]), unjudged: BTreeSet::new() };
        let text = serde_json::to_string(&self.seen.labels).unwrap_or_default();
        let seen = BTreeMap::from([(fingerprint(&text), self.seen.clone())]);
        let mut after_ms = 0;
        while after_ms <= self.lasts_ms {
            let picture = Picture {
                at_ms: self.seen.since_ms + after_ms,
                seen: seen.clone(),
                verdicts: verdicts.clone(),
                ..Picture::default()
            };
            for change in desk.advance(&picture, self.policy) {
                match change {
                    // Who goes on duty is told whatever a rule does.
                    Change::Message(message) if message.reason != Reason::Duty => {
                        told.push(Told { after_ms, message: *message });
                    }
                    Change::Message(_)
                    | Change::Group(..)
                    | Change::Silence(..)
                    | Change::Heard(..)
                    | Change::Reminded(..)
                    | Change::Notice(_) => {}
                }
            }
            after_ms += STEP_MS;
        }
        told
    }
}
