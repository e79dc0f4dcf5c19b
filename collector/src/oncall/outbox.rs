//! What is still to be sent: each message once to each receiver, tried again at growing distances,
//! and replaced where a newer one says more.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::message::{Message, Notice, What};

/// The most that waits for one receiver; beyond it the oldest goes, and is told as failed.
pub const MOST: usize = 1000;

/// The first distance between two attempts, and the longest, in milliseconds.
const FIRST_MS: i64 = 5_000;
const LONGEST_MS: i64 = 300_000;

/// The longest that a receiver may ask for, in milliseconds.
const LONGEST_ASKED_MS: i64 = 3_600_000;

/// What could not be delivered for so long is given up, in milliseconds.
const GIVEN_UP_MS: i64 = 86_400_000;

/// A message that waits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The message.
    pub message: Message,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next, Unix time in milliseconds.
    pub next_ms: i64,
    /// When the attempt began that goes on, or that a crash cut off.
    pub begun_ms: Option<i64>,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver took it.
    Taken,
    /// It may take it later: why, and when if it said so, in milliseconds from now.
    Later(String, Option<i64>),
    /// It never will.
    Never(String),
}

/// What is to be kept after a step.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Step {
    /// Entries as they are now, by number; none for those that are gone.
    pub entries: Vec<(u128, Option<Entry>)>,
    /// What happened.
    pub notices: Vec<Notice>,
}

/// All that waits, by number.
#[derive(Debug, Clone, Default)]
pub struct Outbox {
    entries: BTreeMap<u128, Entry>,
    last: u128,
}

impl Outbox {
    /// As it was kept. Numbers go on behind the highest that was ever given.
    pub fn restore(entries: impl IntoIterator<Item = (u128, Entry)>, now_ms: i64) -> Self {
        let entries: BTreeMap<u128, Entry> = entries.into_iter().collect();
        let highest = entries.last_key_value().map_or(0, |(number, _)| *number);
        let last = highest.max(u128::from(now_ms.max(0) as u64) << 20);
        Self { entries, last }
    }

    /// A number that was never given before.
    pub fn number(&mut self, now_ms: i64) -> u128 {
        self.last = (self.last + 1).max(u128::from(now_ms.max(0) as u64) << 20);
        self.last
    }

    /// All that waits.
    pub fn entries(&self) -> &BTreeMap<u128, Entry> {
        &self.entries
    }

    /// Takes a message. One about the same group that its reader has not got is replaced by it.
    pub fn push(&mut self, message: Message, now_ms: i64) -> Step {
        let is_older = |entry: &&Entry| {
            let known = &entry.message;
            entry.begun_ms.is_none()
                && (&known.receiver, &known.person, known.group)
                    == (&message.receiver, &message.person, message.group)
        };
        let older: Vec<u128> = self
            .entries
            .iter()
            .filter(|(_, entry)| is_older(entry))
            .map(|(number, _)| *number)
            .collect();
        let mut step = Step::default();
        for number in older {
            self.entries.remove(&number);
            step.entries.push((number, None));
        }
        let of_receiver = |entry: &&Entry| entry.message.receiver == message.receiver;
        if self.entries.values().filter(of_receiver).count() >= MOST {
            let oldest = self.entries.iter().find(|(_, entry)| of_receiver(entry));
            if let Some(number) = oldest.map(|(number, _)| *number) {
                let why = format!("{MOST} newer messages wait for it");
                step.join(self.finish(number, Outcome::Never(why), now_ms));
            }
        }
        let number = self.number(now_ms);
        let entry = Entry { message, attempts: 0, next_ms: now_ms, begun_ms: None };
        step.entries.push((number, Some(entry.clone())));
        self.entries.insert(number, entry);
        step
    }

    /// What is to be sent to a receiver now.
    pub fn due(&self, receiver: &str, now_ms: i64) -> Option<u128> {
        let due = self.of(receiver).filter(|(_, entry)| entry.next_ms <= now_ms);
        due.min_by_key(|(number, entry)| (entry.next_ms, *number)).map(|(number, _)| number)
    }

    /// When something is to be sent to a receiver next, if anything waits for it.
    pub fn next_ms(&self, receiver: &str) -> Option<i64> {
        self.of(receiver).map(|(_, entry)| entry.next_ms).min()
    }

    fn of(&self, receiver: &str) -> impl Iterator<Item = (u128, &Entry)> {
        let of_receiver = move |(_, entry): &(&u128, &Entry)| entry.message.receiver == receiver;
        self.entries.iter().filter(of_receiver).map(|(number, entry)| (*number, entry))
    }

    /// An attempt begins.
    pub fn begin(&mut self, number: u128, now_ms: i64) -> Step {
        let Some(entry) = self.entries.get_mut(&number) else { return Step::default() };
        entry.attempts += 1;
        entry.begun_ms = Some(now_ms);
        Step { entries: vec![(number, Some(entry.clone()))], notices: Vec::new() }
    }

    /// An attempt is over.
    pub fn finish(&mut self, number: u128, outcome: Outcome, now_ms: i64) -> Step {
        let Some(mut entry) = self.entries.remove(&number) else { return Step::default() };
        entry.begun_ms = None;
        let what = match outcome {
            Outcome::Taken => What::Told,
            Outcome::Never(why) => What::Failed(why),
            Outcome::Later(why, _) if now_ms - entry.message.at_ms >= GIVEN_UP_MS => {
                What::Failed(format!("given up after a day: {why}"))
            }
            Outcome::Later(_, asked_ms) => {
                let doubled = FIRST_MS << entry.attempts.saturating_sub(1).min(16);
                let asked_ms = asked_ms.unwrap_or(0).min(LONGEST_ASKED_MS);
                entry.next_ms = now_ms + doubled.min(LONGEST_MS).max(asked_ms);
                let step =
                    Step { entries: vec![(number, Some(entry.clone()))], notices: Vec::new() };
                self.entries.insert(number, entry);
                return step;
            }
        };
        let Entry { message, attempts, .. } = entry;
        let notice = Notice {
            at_ms: now_ms,
            what,
            group: message.group,
            title: message.title(),
            person: message.person,
            receiver: Some(message.receiver),
            attempts,
        };
        Step { entries: vec![(number, None)], notices: vec![notice] }
    }
}

impl Step {
    /// Both, one after the other.
    pub fn join(&mut self, other: Self) {
        self.entries.extend(other.entries);
        self.notices.extend(other.notices);
    }
}

#[cfg(test)]
mod tests;
