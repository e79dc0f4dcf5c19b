//! A group of alerts with one cause: which stand, what was told of them, and who has it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::alert::{Known, Seen, Severity, Standing, Texts};
use super::alerts::Alerts;
use super::call::{Answer, AnswerError, Call, Reply, Taken};
use super::cause::explains;
use super::feed::Feed;
use super::id::{GroupId, digest};
use super::message::{ALERTS, Message, MessageAlert, Notice, Reason, Status, What};
use super::picture::Picture;
use super::policy::Now;
use super::silence::Matcher;

/// The most links of one trouble that are used.
const LINKS: usize = 1000;

/// The most alerts of one group; more are told as if they were not there, and counted.
pub const MOST: usize = 5000;

/// A group of alerts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// What names it.
    pub key: Vec<(String, String)>,
    /// When the first of what stands now came, Unix time in milliseconds.
    pub opened_ms: i64,
    /// Its alerts, by fingerprint.
    pub alerts: Alerts,
    /// Messages so far.
    pub count: u32,
    /// What receivers of everything were told.
    pub feed: Feed,
    /// What people were told, and who has it.
    pub call: Call,
}

/// What of a group is told now.
#[derive(Debug, Clone)]
pub struct Told<'t> {
    /// To which receiver.
    pub receiver: &'t str,
    /// To whom.
    pub person: Option<&'t str>,
    /// Why.
    pub reason: Reason,
    /// Whether it goes on.
    pub status: Status,
    /// Of which alerts.
    pub fingerprints: &'t BTreeSet<u64>,
}

/// What somebody did.
#[derive(Debug, Clone)]
pub struct Deed<'d> {
    /// What.
    pub what: What,
    /// Who.
    pub person: &'d str,
    /// When, Unix time in milliseconds.
    pub at_ms: i64,
}

impl Group {
    /// A group that nothing is known of.
    pub fn new(key: Vec<(String, String)>, at_ms: i64) -> Self {
        Self {
            key,
            opened_ms: at_ms,
            alerts: Alerts::default(),
            count: 0,
            feed: Feed::default(),
            call: Call::default(),
        }
    }

    /// Takes over what is found of its alerts at a moment; answers with how many found no room.
    pub fn see(&mut self, seen: &BTreeMap<u64, &Seen>, picture: &Picture) -> usize {
        let at_ms = picture.at_ms;
        let mut refused = 0;
        if !seen.is_empty() && !self.alerts.0.values().any(Known::stands) {
            self.opened_ms = seen.values().map(|seen| seen.since_ms).min().unwrap_or(at_ms);
        }
        for (fingerprint, seen) in seen {
            let has_room = self.alerts.0.len() < MOST;
            match self.alerts.0.get_mut(fingerprint) {
                Some(known) if known.stands() => {
                    known.annotations.clone_from(&seen.annotations);
                    (known.found_ms, known.until_ms) = (at_ms, seen.until_ms);
                    known.standing = Standing::Firing;
                }
                Some(known) => *known = Known::of(seen, at_ms),
                None if has_room => {
                    self.alerts.0.insert(*fingerprint, Known::of(seen, at_ms));
                }
                None => refused += 1,
            }
        }
        for (fingerprint, known) in &mut self.alerts.0 {
            if known.stands() && !seen.contains_key(fingerprint) {
                known.standing = picture.standing_of_unseen(known);
            }
        }
        refused
    }

    /// The clock may have been set back: nothing of it was at a moment to come.
    pub fn rewind(&mut self, at_ms: i64) {
        for known in self.alerts.0.values_mut() {
            known.found_ms = known.found_ms.min(at_ms);
            match &mut known.standing {
                Standing::Firing => {}
                Standing::Unknown { since_ms } => *since_ms = at_ms.min(*since_ms),
                Standing::Ended { at_ms: ended_ms } => *ended_ms = at_ms.min(*ended_ms),
            }
        }
        self.feed.rewind(at_ms);
        self.call.rewind(at_ms);
    }

    /// Forgets alerts that are over, that nobody has to be told of any more, and that explain no other.
    pub fn forget(&mut self, at_ms: i64) {
        let (feed, call) = (&self.feed, &self.call);
        self.alerts.0.retain(|fingerprint, known| {
            let is_told = feed.has(*fingerprint) || call.has(*fingerprint);
            known.stands() || is_told || explains(known, at_ms)
        });
    }

    /// Whether nothing of it matters any more.
    pub fn is_over(&self, at_ms: i64) -> bool {
        self.alerts.0.is_empty() && !self.call.is_recent(at_ms)
    }

    /// The next message of the group.
    pub fn message(&mut self, id: GroupId, told: &Told<'_>, at_ms: i64) -> Message {
        self.count += 1;
        let named = |print: &u64| Some(MessageAlert::of(*print, self.alerts.0.get(print)?));
        let mut alerts: Vec<MessageAlert> = told.fingerprints.iter().filter_map(named).collect();
        alerts.sort_by_key(|alert| (!alert.stands(), alert.since_ms, alert.fingerprint));
        let truncated = alerts.len().saturating_sub(ALERTS);
        alerts.truncate(ALERTS);
        Message {
            receiver: told.receiver.to_owned(),
            person: told.person.map(ToOwned::to_owned),
            group: id,
            key: self.key.clone(),
            opened_ms: self.opened_ms,
            count: self.count,
            at_ms,
            status: told.status,
            reason: told.reason,
            severity: self.alerts.severity(told.fingerprints),
            alerts,
            truncated,
        }
    }
}

impl Group {
    /// What it is about, in a line.
    pub fn title(&self) -> String {
        let standing = self.alerts.0.values().filter(|known| known.stands());
        // What wakes somebody comes first, then what came first.
        let urgency = |known: &&Known| (Reverse(Severity::of(&known.labels)), known.since_ms);
        let first = standing.min_by_key(urgency).or_else(|| self.alerts.0.values().next());
        first.map_or_else(String::new, |known| known.summary().to_owned())
    }

    /// What its alerts that stand have in common, if any stands. Where that is nothing that names the group,
    /// such as a severity alone, also which values each of their labels has.
    pub fn conditions(&self) -> Option<Vec<Matcher>> {
        let standing = self.alerts.0.values().filter(|known| known.stands());
        let labels: Vec<&Texts> = standing.map(|known| &known.labels).collect();
        let names: BTreeSet<&String> = labels.iter().flat_map(|labels| labels.keys()).collect();
        let values = |name: &str| -> BTreeSet<&str> {
            labels.iter().map(|labels| labels.get(name).map_or("", String::as_str)).collect()
        };
        labels.first()?;
        let is_named = self.key.iter().any(|(name, value)| values(name).iter().eq([value]));
        let condition = |name: &String| {
            let values: Vec<&str> = values(name).into_iter().collect();
            match values.as_slice() {
                [only] => Some(Matcher::equal(name, only)),
                several => (!is_named).then(|| Matcher::one_of(name, several)),
            }
        };
        Some(names.into_iter().filter_map(condition).collect())
    }

    /// What somebody did with it, for the history.
    pub fn notice(&self, id: GroupId, deed: Deed<'_>) -> Notice {
        let Deed { what, person, at_ms } = deed;
        Notice {
            at_ms,
            what,
            group: id,
            title: self.title(),
            person: Some(person.to_owned()),
            receiver: None,
            attempts: 0,
        }
    }
}

impl Group {
    /// A link is used, which it can be once.
    pub fn use_link(&mut self, link: &str) -> Result<(), AnswerError> {
        let hash = digest(link);
        if self.call.used.len() >= LINKS || !self.call.used.insert(hash) {
            return Err(AnswerError::Used);
        }
        Ok(())
    }

    /// Somebody answers a call.
    pub fn answer(&mut self, reply: Reply<'_>, now: Now<'_>) -> Result<(), AnswerError> {
        let Reply { person, answer } = reply;
        if !self.alerts.0.values().any(Known::stands) {
            return Err(AnswerError::Over);
        }
        let taken = self.call.taken.as_ref().filter(|taken| taken.until_ms > now.at_ms);
        match (answer, taken) {
            (Answer::Take, Some(taken)) => Err(AnswerError::Taken(taken.person.clone())),
            (Answer::Pass, Some(taken)) if taken.person != person => {
                Err(AnswerError::Taken(taken.person.clone()))
            }
            (Answer::Take, None) => {
                let until_ms = now.at_ms + now.timing().taken_ms;
                let person = person.to_owned();
                let standing = self.alerts.0.iter().filter(|(_, known)| known.stands());
                let stood = standing.map(|(print, _)| *print).collect();
                self.call.taken = Some(Taken { person, at_ms: now.at_ms, until_ms, stood });
                Ok(())
            }
            (Answer::Pass, _) => {
                self.call.taken = None;
                self.call.ringing.as_mut().ok_or(AnswerError::Over)?.pass(now)
            }
        }
    }
}
