//! The call of a group: who is called for it, when the next is, and who answered.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::alert::Severity;
use super::alerts::Alerts;
use super::message::{Reason, Status};
use super::policy::Now;

/// What was told within this time of an end counts as the same trouble coming and going, in
/// milliseconds.
const FLAPPING_MS: i64 = 3_600_000;

/// What came back within that time has to stand so long before it wakes anybody again.
const PROVEN_MS: i64 = 600_000;

/// What waits for the morning is told again after so long, if it still stands.
const NEXT_MORNING_MS: i64 = 20 * 3_600_000;

/// What people were told of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Since when something stands that nobody was called for, Unix time in milliseconds.
    pub waits_ms: Option<i64>,
    /// The call that goes on.
    pub ringing: Option<Ringing>,
    /// Who has it.
    pub taken: Option<Taken>,
    /// Links that were used, by their hash.
    #[serde(default)]
    pub used: BTreeSet<String>,
    /// What was told to somebody who is awake.
    pub morning: Option<Morning>,
    /// When people were last told that it is over.
    pub over_ms: Option<i64>,
    /// When the call began that was over then.
    #[serde(default)]
    pub rang_ms: Option<i64>,
    /// What that call was for.
    #[serde(default)]
    pub rang: BTreeSet<u64>,
}

/// Somebody has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// Who.
    pub person: String,
    /// Since when, Unix time in milliseconds.
    pub at_ms: i64,
    /// Until when.
    pub until_ms: i64,
    /// What stood then: whoever has that does not have what comes later.
    #[serde(default)]
    pub stood: BTreeSet<u64>,
}

/// A call that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ringing {
    /// When it began, Unix time in milliseconds.
    pub since_ms: i64,
    /// How far its steps are ahead of the clock, as somebody gave it to the next.
    pub ahead_ms: i64,
    /// When anybody was told last.
    pub told_ms: i64,
    /// What it is for.
    pub fingerprints: BTreeSet<u64>,
    /// Since when something stands that it is not for yet.
    pub more_ms: Option<i64>,
    /// Who was called.
    pub called: BTreeMap<String, Called>,
    /// Whether somebody had it before.
    pub is_again: bool,
    /// Whether it had just been over: its next end has to last before it is told.
    pub is_back: bool,
}

/// Somebody who was called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Called {
    /// When first, Unix time in milliseconds.
    pub at_ms: i64,
    /// By how many of their channels.
    pub channels: usize,
}

/// What waited for the morning and was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Morning {
    /// When, Unix time in milliseconds.
    pub told_ms: i64,
    /// To whom.
    pub person: String,
    /// Of which alerts.
    pub fingerprints: BTreeSet<u64>,
}

/// What somebody is told now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallTold {
    /// Who.
    pub person: String,
    /// Where.
    pub receiver: String,
    /// Why.
    pub reason: Reason,
    /// Whether it goes on.
    pub status: Status,
    /// Of which alerts.
    pub fingerprints: BTreeSet<u64>,
}

/// What somebody answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// I have it.
    Take,
    /// Not me: the next, now.
    Pass,
}

/// Why an answer does nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// The group is not there any more.
    #[error("it is over already")]
    Over,
    /// Somebody has it.
    #[error("{0} has it already")]
    Taken(String),
    /// Nobody is left to be called.
    #[error("nobody is left to be called")]
    Last,
    /// The link acts once.
    #[error("this link was used already")]
    Used,
}

/// Somebody's answer.
#[derive(Debug, Clone, Copy)]
pub struct Reply<'r> {
    /// Whose.
    pub person: &'r str,
    /// What.
    pub answer: Answer,
}

impl Call {
    /// Whether the end of an alert is still to be told.
    pub fn has(&self, fingerprint: u64) -> bool {
        let has = |set: &BTreeSet<u64>| set.contains(&fingerprint);
        self.ringing.as_ref().is_some_and(|ringing| has(&ringing.fingerprints))
            || self.morning.as_ref().is_some_and(|morning| has(&morning.fingerprints))
    }

    /// Whether its last end is so recent that the same may come back.
    pub fn is_recent(&self, at_ms: i64) -> bool {
        self.over_ms.is_some_and(|over_ms| at_ms - over_ms < FLAPPING_MS)
    }

    /// Nothing was at a moment to come.
    pub fn rewind(&mut self, at_ms: i64) {
        let known = [&mut self.waits_ms, &mut self.over_ms, &mut self.rang_ms];
        for known_ms in known.into_iter().flatten() {
            *known_ms = at_ms.min(*known_ms);
        }
        if let Some(ringing) = &mut self.ringing {
            ringing.since_ms = at_ms.min(ringing.since_ms);
            ringing.told_ms = at_ms.min(ringing.told_ms);
            ringing.more_ms = ringing.more_ms.map(|more_ms| at_ms.min(more_ms));
            for called in ringing.called.values_mut() {
                called.at_ms = at_ms.min(called.at_ms);
            }
        }
        if let Some(morning) = &mut self.morning {
            morning.told_ms = at_ms.min(morning.told_ms);
        }
        if let Some(taken) = &mut self.taken {
            let ahead_ms = (taken.at_ms - at_ms).max(0);
            taken.at_ms -= ahead_ms;
            taken.until_ms -= ahead_ms;
        }
    }

    /// What is to be told at a moment of a group of which these alerts stand, and are not muted.
    pub fn advance(
        &mut self,
        alerts: &Alerts,
        active: &BTreeSet<u64>,
        now: Now<'_>,
    ) -> Vec<CallTold> {
        let severity = |print: &&u64| {
            let known = alerts.0.get(print);
            known.map_or(Severity::Morning, |known| Severity::of(&known.labels))
        };
        let (pages, mornings): (BTreeSet<u64>, BTreeSet<u64>) =
            active.iter().partition(|print| severity(print) == Severity::Page);
        if self.ringing.is_none() {
            // Nobody was called for it, and nobody is called again.
            self.taken = self.taken.take().filter(|taken| taken.until_ms > now.at_ms);
        }
        let mut told = self.ring(alerts, &pages, now);
        told.extend(self.greet(alerts, &mornings, now));
        told
    }

    fn ring(&mut self, alerts: &Alerts, pages: &BTreeSet<u64>, now: Now<'_>) -> Vec<CallTold> {
        if let Some(over) = self.end(alerts, now) {
            return over;
        }
        self.begin(pages, now);
        let Some(ringing) = &mut self.ringing else { return Vec::new() };
        if self.taken.is_some() || pages.is_empty() {
            return Vec::new();
        }
        let known: BTreeSet<u64> = pages.intersection(&ringing.fingerprints).copied().collect();
        if known.is_empty() { Vec::new() } else { ringing.next(&known, now) }
    }

    /// Begins a call, or begins it anew where it is about something new or was taken for long enough.
    fn begin(&mut self, pages: &BTreeSet<u64>, now: Now<'_>) {
        let at_ms = now.at_ms;
        if pages.is_empty() {
            self.waits_ms = None;
            return;
        }
        let Some(ringing) = &mut self.ringing else {
            let since_ms = *self.waits_ms.get_or_insert(at_ms);
            let is_back = self.over_ms.is_some_and(|over_ms| at_ms - over_ms < FLAPPING_MS);
            let wait_ms = if is_back { PROVEN_MS } else { now.timing().wait_ms };
            // A call and its end have been told: a third message of the same waits until the hour is over.
            let rang_ms = self.rang_ms.filter(|_| is_back && pages.is_subset(&self.rang));
            let is_crowded = rang_ms.is_some_and(|rang_ms| at_ms - rang_ms <= FLAPPING_MS);
            if at_ms - since_ms >= wait_ms && !is_crowded {
                self.waits_ms = None;
                self.taken = self.taken.take().filter(|taken| pages.is_subset(&taken.stood));
                self.ringing = Some(Ringing { is_back, ..Ringing::new(at_ms, pages.clone()) });
            }
            return;
        };
        // What comes on top waits as the first did: a datacentre that comes back does so host by host.
        if pages.is_subset(&ringing.fingerprints) {
            ringing.more_ms = None;
        } else {
            ringing.more_ms.get_or_insert(at_ms);
        }
        let is_more = ringing.more_ms.is_some_and(|since| at_ms - since >= now.timing().wait_ms);
        let is_expired = self.taken.as_ref().is_some_and(|taken| taken.until_ms <= at_ms);
        if is_expired || (is_more && self.taken.is_some()) {
            self.taken = None;
            let fingerprints = ringing.fingerprints.union(pages).copied().collect();
            let is_back = ringing.is_back;
            let anew = Ringing::new(at_ms, fingerprints);
            *ringing = Ringing { is_again: is_expired, is_back, ..anew };
        } else if is_more {
            // Whoever has been called hears of it at once.
            ringing.fingerprints.extend(pages);
            (ringing.more_ms, ringing.told_ms) = (None, i64::MIN);
        }
    }

    /// Ends a call whose alerts have been over for long enough.
    fn end(&mut self, alerts: &Alerts, now: Now<'_>) -> Option<Vec<CallTold>> {
        let ringing = self.ringing.as_ref()?;
        let all = &ringing.fingerprints;
        let ended_ms = alerts.ended_ms(all).unwrap_or(now.at_ms);
        let calm_ms = if ringing.is_back { FLAPPING_MS } else { now.timing().calm_ms };
        if !alerts.are_over(all) || now.at_ms - ended_ms < calm_ms {
            return None;
        }
        let ringing = self.ringing.take()?;
        (self.over_ms, self.taken) = (Some(now.at_ms), None);
        self.rang_ms = Some(ringing.since_ms);
        self.rang.clone_from(&ringing.fingerprints);
        let told = ringing.called.keys().filter_map(|person| {
            let receiver = first_channel(now, person)?;
            Some(CallTold {
                person: person.clone(),
                receiver,
                reason: Reason::Over,
                status: Status::Resolved,
                fingerprints: ringing.fingerprints.clone(),
            })
        });
        Some(told.collect())
    }

    /// Tells what can wait, once whoever is on duty is awake.
    fn greet(
        &mut self,
        alerts: &Alerts,
        mornings: &BTreeSet<u64>,
        now: Now<'_>,
    ) -> Option<CallTold> {
        let at_ms = now.at_ms;
        let is_awake = |name: &str| {
            now.people().persons.get(name).is_some_and(|person| person.is_awake(at_ms))
        };
        if let Some(morning) = &self.morning
            && alerts.are_over(&morning.fingerprints)
        {
            let ended_ms = alerts.ended_ms(&morning.fingerprints).unwrap_or(at_ms);
            if at_ms - ended_ms < now.timing().calm_ms || !is_awake(&morning.person) {
                return None;
            }
            let Morning { person, fingerprints, .. } = self.morning.take()?;
            let receiver = first_channel(now, &person)?;
            let (reason, status) = (Reason::Over, Status::Resolved);
            return Some(CallTold { person, receiver, reason, status, fingerprints });
        }
        if mornings.is_empty() {
            return None;
        }
        let person = now.people().first(at_ms)?;
        let stood_ms = mornings.iter().filter_map(|print| Some(alerts.0.get(print)?.since_ms));
        let has_waited = stood_ms.min().is_some_and(|since| at_ms - since >= now.timing().wait_ms);
        let (reason, is_due) = match &self.morning {
            None => (Reason::First, true),
            Some(known) if !mornings.is_subset(&known.fingerprints) => {
                (Reason::More, at_ms - known.told_ms >= now.timing().repeat_ms)
            }
            Some(known) => (Reason::Still, at_ms - known.told_ms >= NEXT_MORNING_MS),
        };
        if !(is_due && has_waited && is_awake(person)) {
            return None;
        }
        let receiver = first_channel(now, person)?;
        let (person, fingerprints) = (person.to_owned(), mornings.clone());
        let mut all = fingerprints.clone();
        all.extend(self.morning.iter().flat_map(|known| &known.fingerprints));
        self.morning = Some(Morning { told_ms: at_ms, person: person.clone(), fingerprints: all });
        Some(CallTold { person, receiver, reason, status: Status::Firing, fingerprints })
    }
}

impl Ringing {
    fn new(at_ms: i64, fingerprints: BTreeSet<u64>) -> Self {
        Self {
            since_ms: at_ms,
            ahead_ms: 0,
            told_ms: at_ms,
            fingerprints,
            more_ms: None,
            called: BTreeMap::new(),
            is_again: false,
            is_back: false,
        }
    }

    /// Whom to tell at a moment.
    fn next(&mut self, pages: &BTreeSet<u64>, now: Now<'_>) -> Vec<CallTold> {
        let at_ms = now.at_ms;
        let mut told: Vec<(String, String, Reason)> = Vec::new();
        if self.told_ms == i64::MIN || at_ms - self.told_ms >= now.timing().repeat_ms {
            let reason = if self.told_ms == i64::MIN { Reason::More } else { Reason::Still };
            let again = self
                .called
                .keys()
                .filter_map(|person| Some((person.clone(), first_channel(now, person)?, reason)));
            told.extend(again);
            self.told_ms = at_ms;
        }
        for (place, step) in now.people().steps.iter().enumerate() {
            if at_ms - self.since_ms + self.ahead_ms < step.after_ms {
                continue;
            }
            let Some(person) = now.people().who(&step.who, at_ms) else { continue };
            if !self.called.contains_key(person) {
                self.called.insert(person.to_owned(), Called { at_ms, channels: 0 });
            }
            let reason = if self.is_again && place == 0 {
                Reason::Again
            } else if place == 0 && self.called.len() == 1 {
                Reason::First
            } else {
                Reason::Escalation
            };
            let Some(called) = self.called.get_mut(person) else { continue };
            let channels =
                now.people().persons.get(person).map_or(&[][..], |known| &known.channels);
            while let Some(channel) = channels.get(called.channels) {
                if at_ms - called.at_ms < channel.after_ms {
                    break;
                }
                called.channels += 1;
                self.told_ms = at_ms;
                told.push((person.to_owned(), channel.receiver.clone(), reason));
            }
        }
        let told = told.into_iter().map(|(person, receiver, reason)| CallTold {
            person,
            receiver,
            reason,
            status: Status::Firing,
            fingerprints: pages.clone(),
        });
        told.collect()
    }

    /// Gives the call to the next, now.
    pub(super) fn pass(&mut self, now: Now<'_>) -> Result<(), AnswerError> {
        let elapsed_ms = now.at_ms - self.since_ms + self.ahead_ms;
        let next =
            now.people().steps.iter().map(|step| step.after_ms).filter(|ms| *ms > elapsed_ms);
        let next_ms = next.min().ok_or(AnswerError::Last)?;
        self.ahead_ms += next_ms - elapsed_ms;
        Ok(())
    }
}

fn first_channel(now: Now<'_>, person: &str) -> Option<String> {
    let channel = now.people().persons.get(person)?.channels.first()?;
    Some(channel.receiver.clone())
}
