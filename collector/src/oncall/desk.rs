//! The desk of those on call: all groups, from moment to moment.

use std::collections::{BTreeMap, BTreeSet};

use super::alert::{Known, Seen, Texts};
use super::call::{Answer, AnswerError, Reply};
use super::cause::{DATACENTRE_DARK, HOST_SILENT};
use super::group::{Deed, Group, Told};
use super::id::GroupId;
use super::message::{Message, Notice, What};
use super::picture::Picture;
use super::policy::{Now, Policy};
use super::silence::{Matcher, Silence, SilenceError};

/// The most silences at once.
const SILENCES: usize = 1000;

/// Something that is to be kept, and done once it is.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A group as it is now; none if it is over.
    Group(GroupId, Option<Box<Group>>),
    /// A silence; none if it is gone.
    Silence(u128, Option<Silence>),
    /// A message that is to be sent.
    Message(Box<Message>),
    /// Something that happened.
    Notice(Notice),
}

/// On whose word something is silenced, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct SilencedBy<'s> {
    /// Whose.
    pub owner: &'s str,
    /// From when on, Unix time in milliseconds.
    pub from_ms: i64,
    /// Until when.
    pub to_ms: i64,
}

/// All groups and silences.
#[derive(Debug, Clone, Default)]
pub struct Desk {
    groups: BTreeMap<GroupId, Group>,
    silences: BTreeMap<u128, Silence>,
    /// What found no room in its group, since the start.
    refused: usize,
}

impl Desk {
    /// As it was kept. What was found before a restart says nothing of who has spoken since.
    pub fn restore(
        groups: impl IntoIterator<Item = (GroupId, Group)>,
        silences: impl IntoIterator<Item = (u128, Silence)>,
        now_ms: i64,
    ) -> Self {
        let mut groups: BTreeMap<GroupId, Group> = groups.into_iter().collect();
        for known in groups.values_mut().flat_map(|group| group.alerts.0.values_mut()) {
            if known.stands() {
                known.found_ms = known.found_ms.max(now_ms);
            }
        }
        Self { groups, silences: silences.into_iter().collect(), refused: 0 }
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

    /// The instances of alerts that stand and are not seen, and when each was found last.
    pub fn unseen(&self, seen: &BTreeMap<u64, Seen>) -> BTreeMap<&str, i64> {
        let mut unseen: BTreeMap<&str, i64> = BTreeMap::new();
        for (print, known) in self.groups.values().flat_map(|group| &group.alerts.0) {
            let instance = known.instance().filter(|_| known.stands() && !seen.contains_key(print));
            if let Some(instance) = instance {
                let found_ms = unseen.entry(instance).or_insert(known.found_ms);
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
        let why = |known: &Known| {
            silent.cause_behind(known, &names).or_else(|| self.silenced(&known.labels, at_ms))
        };
        alerts().filter_map(|(print, known)| Some((*print, why(known)?))).collect()
    }

    fn silenced(&self, labels: &Texts, at_ms: i64) -> Option<String> {
        let mut silences = self.silences.values();
        let silence = silences.find(|silence| silence.holds(at_ms) && silence.covers(labels))?;
        Some(format!("silenced by {}", silence.owner))
    }

    /// Goes on to a moment; answers with what is to be kept and sent.
    pub fn advance(&mut self, picture: &Picture, policy: &Policy) -> Vec<Change> {
        let before = self.clone();
        self.see(picture, policy);
        let muted = self.muted(policy, picture.at_ms);
        let mut messages = Vec::new();
        for (id, group) in &mut self.groups {
            let active: BTreeSet<u64> = group
                .alerts
                .0
                .iter()
                .filter(|(print, known)| known.stands() && !muted.contains_key(print))
                .map(|(print, _)| *print)
                .collect();
            messages.extend(tell(*id, group, &active, Now { at_ms: picture.at_ms, policy }));
            group.forget();
        }
        let at_ms = picture.at_ms;
        self.groups.retain(|_, group| !group.is_over(at_ms));
        self.silences.retain(|_, silence| silence.to_ms > at_ms);
        let mut changes = before.changes(self);
        changes.extend(messages.into_iter().map(|message| Change::Message(Box::new(message))));
        changes
    }

    fn see(&mut self, picture: &Picture, policy: &Policy) {
        let mut picture = picture.clone();
        // What is made of silences is as well known as they are.
        picture.verdicts.present.insert(DATACENTRE_DARK.to_owned());
        if picture.verdicts.unjudged.contains(HOST_SILENT) {
            picture.verdicts.unjudged.insert(DATACENTRE_DARK.to_owned());
        }
        for dark in policy.topology.dark(&picture.seen) {
            let key = serde_json::to_string(&dark.labels).unwrap_or_default();
            let print = GroupId::of(&[(DATACENTRE_DARK.to_owned(), key)]).0 as u64;
            picture.seen.insert(print, dark);
        }
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
    pub fn use_link(&mut self, id: GroupId, opened_ms: i64, link: &str) -> Result<(), AnswerError> {
        let group = self.groups.get_mut(&id).filter(|group| group.opened_ms == opened_ms);
        group.ok_or(AnswerError::Over)?.use_link(link)
    }

    /// A silence of what stands of a group: of all that its alerts have in common.
    pub fn silence_of(&self, id: GroupId, by: SilencedBy<'_>) -> Option<Silence> {
        let standing = self.groups.get(&id)?.alerts.0.values().filter(|known| known.stands());
        let mut labels = standing.map(|known| &known.labels);
        let mut common = labels.next()?.clone();
        for other in labels {
            common.retain(|name, value| other.get(name) == Some(value));
        }
        let SilencedBy { owner, from_ms, to_ms } = by;
        Some(Silence {
            matchers: common.iter().map(|(name, value)| Matcher::equal(name, value)).collect(),
            from_ms,
            to_ms,
            owner: owner.to_owned(),
            comment: String::new(),
        })
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

    /// Somebody silences something.
    pub fn silence(
        &mut self,
        number: u128,
        silence: Silence,
        now_ms: i64,
    ) -> Result<Vec<Change>, SilenceError> {
        silence.check(now_ms)?;
        if self.silences.len() >= SILENCES {
            return Err(SilenceError::Large);
        }
        let covered = self.groups.iter().filter(|(_, group)| {
            group.alerts.0.values().any(|known| silence.covers(&known.labels))
        });
        let mut changes = vec![Change::Silence(number, Some(silence.clone()))];
        let owner = &silence.owner;
        changes.extend(covered.map(|(id, group)| {
            let deed = Deed { what: What::Silenced, person: owner, at_ms: now_ms };
            Change::Notice(group.notice(*id, deed))
        }));
        self.silences.insert(number, silence);
        Ok(changes)
    }

    /// A silence ends before its time.
    pub fn unsilence(&mut self, number: u128) -> Option<Change> {
        self.silences.remove(&number).map(|_| Change::Silence(number, None))
    }
}

/// Whether a group differs in more than when its alerts were found last, which is not kept.
fn differs(known: &Group, group: &Group) -> bool {
    let mut same = known.clone();
    for (print, alert) in &mut same.alerts.0 {
        if let Some(now) = group.alerts.0.get(print) {
            alert.found_ms = now.found_ms;
            alert.annotations.clone_from(&now.annotations);
        }
    }
    same != *group
}

fn tell(id: GroupId, group: &mut Group, active: &BTreeSet<u64>, now: Now<'_>) -> Vec<Message> {
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
    let calls = call.advance(&group.alerts, active, now);
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
