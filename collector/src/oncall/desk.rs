//! The desk of those on call: all groups, from moment to moment.

mod silences;

use std::collections::{BTreeMap, BTreeSet};

pub use self::silences::{Replaced, Replacement, SilencedBy};
use super::alert::{Known, Seen, Severity, Texts};
use super::call::{Answer, AnswerError, Reply};
use super::cause::{DATACENTRE_DARK, HOST_SILENT};
use super::drill::{DRILL, Drill};
use super::duty::Handover;
use super::group::{Deed, Group, Told};
use super::heartbeat::{HEARTBEAT_MISSING, Listening};
use super::id::GroupId;
use super::message::{Message, Notice, What};
use super::outside::OutsideAlerts;
use super::picture::Picture;
use super::policy::{Now, Policy};
use super::silence::Silence;

/// A silence is shown for so long after its end, in milliseconds.
const SILENCES_KEPT_MS: i64 = 5 * 86_400_000;

/// Whoever is heard of twice within this time, in milliseconds, is so once.
const HEARD_AGAIN_MS: i64 = 1_000;

/// Something that is to be kept, and done once it is.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A group as it is now; none if it is over.
    Group(GroupId, Option<Box<Group>>),
    /// A silence; none if it is gone.
    Silence(u128, Option<Silence>),
    /// A message that is to be sent.
    Message(Box<Message>),
    /// Somebody was heard of, by name and moment.
    Heard(String, i64),
    /// Somebody was told when their turn of duty begins, by name and moment.
    Reminded(String, i64),
    /// Something that happened.
    Notice(Notice),
}

/// What is kept over a restart.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// All groups.
    pub groups: BTreeMap<GroupId, Group>,
    /// All silences.
    pub silences: BTreeMap<u128, Silence>,
    /// When heartbeats were heard of last, Unix time in milliseconds.
    pub heard_ms: BTreeMap<String, i64>,
    /// Of which turn of duty people were told last, by its begin.
    pub reminded_ms: BTreeMap<String, i64>,
}

/// All groups and silences.
#[derive(Debug, Clone, Default)]
pub struct Desk {
    groups: BTreeMap<GroupId, Group>,
    silences: BTreeMap<u128, Silence>,
    /// When heartbeats were heard of last, Unix time in milliseconds.
    heard_ms: BTreeMap<String, i64>,
    /// Of which turn of duty people were told last, by its begin.
    reminded_ms: BTreeMap<String, i64>,
    /// Until when pages wait, by fingerprint.
    waits: BTreeMap<u64, i64>,
    /// What others sent, by fingerprint.
    outside: OutsideAlerts,
    /// What found no room in its group, since the start.
    refused: usize,
}

impl Desk {
    /// As it was kept. What was found before a restart says nothing of who has spoken since.
    pub fn restore(kept: Kept, now_ms: i64) -> Self {
        let Kept { mut groups, silences, heard_ms, reminded_ms } = kept;
        for known in groups.values_mut().flat_map(|group| group.alerts.0.values_mut()) {
            if known.stands() {
                known.found_ms = known.found_ms.max(now_ms);
            }
        }
        let outside = OutsideAlerts::restore(&groups, now_ms);
        let waits = BTreeMap::new();
        Self { groups, silences, heard_ms, reminded_ms, waits, outside, refused: 0 }
    }

    /// All groups.
    pub fn groups(&self) -> &BTreeMap<GroupId, Group> {
        &self.groups
    }

    /// All silences.
    pub fn silences(&self) -> &BTreeMap<u128, Silence> {
        &self.silences
    }

    /// Alerts that found no room.
    pub fn refused(&self) -> usize {
        self.refused
    }

    /// The fingerprints of all alerts that are known.
    pub fn fingerprints(&self) -> impl Iterator<Item = u64> {
        self.groups.values().flat_map(|group| group.alerts.0.keys().copied())
    }

    /// On whose word alerts rest that stand and are not seen, and when each was found last.
    pub fn unseen(&self, seen: &BTreeMap<u64, Seen>) -> BTreeMap<&str, i64> {
        let mut unseen: BTreeMap<&str, i64> = BTreeMap::new();
        for (print, known) in self.groups.values().flat_map(|group| &group.alerts.0) {
            let speaker = known.speaker().filter(|_| known.stands() && !seen.contains_key(print));
            if let Some(speaker) = speaker {
                let found_ms = unseen.entry(speaker).or_insert(known.found_ms);
                *found_ms = known.found_ms.min(*found_ms);
            }
        }
        unseen
    }

    /// Why an alert is not told now, in words.
    pub fn muted(&self, policy: &Policy, at_ms: i64) -> BTreeMap<u64, String> {
        let alerts = || self.groups.values().flat_map(|group| &group.alerts.0);
        let silent = policy.topology.silent(alerts().map(|(_, known)| known), at_ms);
        let standing = alerts().filter(|(_, known)| known.stands());
        let names: BTreeSet<(&str, &str)> =
            standing.filter_map(|(_, known)| Some((known.name(), known.instance()?))).collect();
        let silences = self.silences.values().filter(|silence| silence.holds(at_ms));
        let silences: Vec<&Silence> = silences.collect();
        let silenced = |labels: &Texts| {
            let silence = silences.iter().find(|silence| silence.covers(labels))?;
            Some(format!("silenced by {}", silence.owner))
        };
        let why =
            |known: &Known| silent.cause_behind(known, &names).or_else(|| silenced(&known.labels));
        alerts().filter_map(|(print, known)| Some((*print, why(known)?))).collect()
    }

    /// Goes on to a moment; answers with what is to be kept and sent.
    pub fn advance(&mut self, picture: &Picture, policy: &Policy) -> Vec<Change> {
        let before = self.clone();
        self.rewind(picture.at_ms);
        self.see(picture, policy);
        let muted = self.muted(policy, picture.at_ms);
        self.waits = self.waiting(picture, policy);
        let waits = self.waits.keys().copied().collect();
        let mut messages = Vec::new();
        for (id, group) in &mut self.groups {
            let active: BTreeSet<u64> = group
                .alerts
                .0
                .iter()
                .filter(|(print, known)| known.stands() && !muted.contains_key(print))
                .map(|(print, _)| *print)
                .collect();
            let active = Active { all: &active, waits: &waits };
            messages.extend(tell(*id, group, active, Now { at_ms: picture.at_ms, policy }));
            group.forget(picture.at_ms);
        }
        let at_ms = picture.at_ms;
        self.groups.retain(|_, group| !group.is_over(at_ms));
        self.silences.retain(|_, silence| silence.to_ms + SILENCES_KEPT_MS > at_ms);
        let mut changes = before.changes(self);
        changes.extend(self.remind(policy, at_ms));
        changes.extend(messages.into_iter().map(|message| Change::Message(Box::new(message))));
        changes
    }

    /// The clock may have been set back: nothing was at a moment to come.
    fn rewind(&mut self, at_ms: i64) {
        self.groups.values_mut().for_each(|group| group.rewind(at_ms));
        self.heard_ms.values_mut().for_each(|heard_ms| *heard_ms = at_ms.min(*heard_ms));
    }

    /// Whoever goes on duty next is told, once.
    fn remind(&mut self, policy: &Policy, at_ms: i64) -> Vec<Change> {
        let Some(next) = Handover::to_be_told(&policy.people, at_ms) else { return Vec::new() };
        let Handover { person, from_ms, .. } = next.clone();
        if self.reminded_ms.insert(person.clone(), from_ms) == Some(from_ms) {
            return Vec::new();
        }
        let message = next.message(&policy.people, at_ms);
        let told = Change::Reminded(person, from_ms);
        message
            .map(|message| Change::Message(Box::new(message)))
            .into_iter()
            .chain([told])
            .collect()
    }

    /// Pages that can wait, and until when. Whoever was called for one is not left alone with it.
    fn waiting(&self, picture: &Picture, policy: &Policy) -> BTreeMap<u64, i64> {
        let groups = self.groups.values();
        let fresh = groups.flat_map(|group| {
            let of_group = group.alerts.0.iter();
            of_group.filter(|(print, known)| known.stands() && !group.call.has(**print))
        });
        let wait = |(print, known): (&u64, &Known)| {
            let until_ms = policy.topology.waits_ms(&known.labels, &picture.quiet_ms)?;
            let wakes = Severity::of(&known.labels) == Severity::Page && known.until_ms.is_none();
            (wakes && until_ms > picture.at_ms).then_some((*print, until_ms))
        };
        fresh.filter_map(wait).collect()
    }

    /// Until when pages wait, by fingerprint.
    pub fn waits(&self) -> &BTreeMap<u64, i64> {
        &self.waits
    }

    /// Whether somebody was called for an alert.
    pub fn has_called(&self, print: u64) -> bool {
        self.groups.values().any(|group| group.call.has(print))
    }

    fn see(&mut self, picture: &Picture, policy: &Policy) {
        let mut picture = picture.clone();
        // What is made of silences is as well known as they are.
        picture.verdicts.present.insert(DATACENTRE_DARK.to_owned());
        if picture.verdicts.unjudged.contains(HOST_SILENT) {
            picture.verdicts.unjudged.insert(DATACENTRE_DARK.to_owned());
        }
        picture.seen.values_mut().for_each(|seen| policy.topology.calm(seen));
        for dark in policy.topology.dark(&picture.seen) {
            let key = serde_json::to_string(&dark.labels).unwrap_or_default();
            let print = GroupId::of(&[(DATACENTRE_DARK.to_owned(), key)]).0 as u64;
            picture.seen.insert(print, dark);
        }
        self.listen(&mut picture, policy);
        picture.verdicts.present.insert(DRILL.to_owned());
        let drill = policy.drill.as_ref();
        let drill = drill.and_then(|drill| drill.alert(picture.at_ms));
        let drill = drill.filter(|seen| !self.is_drilled(seen.since_ms));
        picture.seen.extend(drill.map(|seen| (Drill::fingerprint(), seen)));
        self.outside.show(&mut picture, &mut self.groups);
        let mut by_group: BTreeMap<GroupId, BTreeMap<u64, &Seen>> = BTreeMap::new();
        for (print, seen) in &picture.seen {
            let key = policy.group_of(&seen.labels);
            let id = GroupId::of(&key);
            self.groups.entry(id).or_insert_with(|| Group::new(key, picture.at_ms));
            by_group.entry(id).or_default().insert(*print, seen);
        }
        let nothing = BTreeMap::new();
        for (id, group) in &mut self.groups {
            let seen = by_group.get(id).unwrap_or(&nothing);
            self.refused += group.see(seen, &picture);
        }
    }

    /// Whether somebody has had the drill that began then, or it has been over.
    fn is_drilled(&self, since_ms: i64) -> bool {
        let print = Drill::fingerprint();
        let is_its = |group: &&Group| {
            group.alerts.0.contains_key(&print) || group.key.iter().any(|(_, text)| text == DRILL)
        };
        self.groups.values().filter(is_its).any(|group| {
            let is_over = group.call.over_ms.is_some_and(|over_ms| over_ms >= since_ms);
            is_over || group.call.taken.is_some()
        })
    }

    /// Adds the alerts of whoever is not heard of.
    fn listen(&self, picture: &mut Picture, policy: &Policy) {
        picture.verdicts.present.insert(HEARTBEAT_MISSING.to_owned());
        let known = self.groups.values().flat_map(|group| &group.alerts.0);
        let standing = known.filter(|(_, known)| known.stands()).map(|(print, _)| *print).collect();
        let (heard_ms, standing) = (&self.heard_ms, &standing);
        let Picture { began_ms, at_ms, .. } = *picture;
        let listening = Listening { heard_ms, standing, began_ms, at_ms };
        for heartbeat in &policy.heartbeats {
            let missing = heartbeat.missing(listening);
            picture.seen.extend(missing.map(|seen| (heartbeat.fingerprint(), seen)));
        }
    }

    /// Somebody was heard of; nothing is to be kept of who was so a moment ago.
    pub fn hear(&mut self, name: &str, at_ms: i64) -> Option<Change> {
        let before = self.heard_ms.get(name).copied();
        if before.is_some_and(|before_ms| (0..HEARD_AGAIN_MS).contains(&(at_ms - before_ms))) {
            return None;
        }
        self.heard_ms.insert(name.to_owned(), at_ms);
        Some(Change::Heard(name.to_owned(), at_ms))
    }

    /// When heartbeats were heard of last, Unix time in milliseconds.
    pub fn heard_ms(&self) -> &BTreeMap<String, i64> {
        &self.heard_ms
    }

    /// What differs in `after`.
    fn changes(&self, after: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        for (id, group) in &after.groups {
            if self.groups.get(id).is_none_or(|known| differs(known, group)) {
                changes.push(Change::Group(*id, Some(Box::new(group.clone()))));
            }
        }
        let gone = self.groups.keys().filter(|id| !after.groups.contains_key(id));
        changes.extend(gone.map(|id| Change::Group(*id, None)));
        let gone = self.silences.keys().filter(|number| !after.silences.contains_key(number));
        changes.extend(gone.map(|number| Change::Silence(*number, None)));
        changes
    }

    /// A link is used, which it can be once, and only for the trouble that it was made for.
    pub fn use_link(
        &mut self,
        id: GroupId,
        opened_ms: i64,
        link: &str,
    ) -> Result<Change, AnswerError> {
        let group = self.groups.get_mut(&id).filter(|group| group.opened_ms == opened_ms);
        let group = group.ok_or(AnswerError::Over)?;
        group.use_link(link)?;
        Ok(Change::Group(id, Some(Box::new(group.clone()))))
    }

    /// Somebody answers for a group.
    pub fn answer(
        &mut self,
        id: GroupId,
        reply: Reply<'_>,
        now: Now<'_>,
    ) -> Result<Vec<Change>, AnswerError> {
        let group = self.groups.get_mut(&id).ok_or(AnswerError::Over)?;
        group.answer(reply, now)?;
        let what = match reply.answer {
            Answer::Take => What::Taken,
            Answer::Pass => What::Passed,
        };
        let notice = group.notice(id, Deed { what, person: reply.person, at_ms: now.at_ms });
        Ok(vec![Change::Group(id, Some(Box::new(group.clone()))), Change::Notice(notice)])
    }

    /// Takes what others sent, by fingerprint; answers with how many found no room.
    pub fn take(&mut self, alerts: BTreeMap<u64, Seen>) -> usize {
        let refused = self.outside.take(alerts);
        self.refused += refused;
        refused
    }
}

/// Whether a group differs in more than when its alerts were found last, and how long others say that
/// they last: that is not kept.
fn differs(known: &Group, group: &Group) -> bool {
    let mut same = known.clone();
    for (print, alert) in &mut same.alerts.0 {
        if let Some(now) = group.alerts.0.get(print) {
            alert.found_ms = now.found_ms;
            alert.annotations.clone_from(&now.annotations);
            alert.until_ms = now.until_ms;
        }
    }
    same != *group
}

/// What stands of a group and is to be told.
#[derive(Clone, Copy)]
struct Active<'a> {
    all: &'a BTreeSet<u64>,
    /// Of whatever group: nobody is called for these yet.
    waits: &'a BTreeSet<u64>,
}

fn tell(id: GroupId, group: &mut Group, active: Active<'_>, now: Now<'_>) -> Vec<Message> {
    let Active { all: active, waits } = active;
    let mut messages = Vec::new();
    if !now.policy.feeds.is_empty() {
        let mut feed = std::mem::take(&mut group.feed);
        let told = feed.advance(&group.alerts, active, now);
        group.feed = feed;
        for receiver in told.iter().flat_map(|_| &now.policy.feeds) {
            let Some(told) = &told else { break };
            let told = Told {
                receiver,
                person: None,
                reason: told.reason,
                status: told.status,
                fingerprints: &told.fingerprints,
            };
            messages.push(group.message(id, &told, now.at_ms));
        }
    }
    let mut call = std::mem::take(&mut group.call);
    let urgent: BTreeSet<u64> = active.difference(waits).copied().collect();
    let calls = call.advance(&group.alerts, &urgent, now);
    group.call = call;
    for told in &calls {
        let told = Told {
            receiver: &told.receiver,
            person: Some(&told.person),
            reason: told.reason,
            status: told.status,
            fingerprints: &told.fingerprints,
        };
        messages.push(group.message(id, &told, now.at_ms));
    }
    messages
}

#[cfg(test)]
mod tests;
