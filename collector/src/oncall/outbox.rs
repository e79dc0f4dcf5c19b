//! What is still to be sent: each message once to each receiver, tried again at growing distances,
//! and replaced where a newer one says more.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

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

/// A budget is for so long, in milliseconds.
const BUDGET_MS: i64 = 3_600_000;

/// Once it is used up, what comes is gathered for so long, in milliseconds.
const GATHERED_MS: i64 = 300_000;

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

/// An attempt begins: of which entry, and what is to be kept.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Begun {
    /// Its number.
    pub number: u128,
    /// What is to be kept.
    pub step: Step,
}

/// All that waits, by number.
#[derive(Debug, Clone, Default)]
pub struct Outbox {
    entries: BTreeMap<u128, Entry>,
    last: u128,
    /// How many messages a receiver gets one by one in an hour, for those that people read.
    budgets: BTreeMap<String, usize>,
    /// When receivers got their last ones, Unix time in milliseconds. A restart forgets it.
    sent_ms: BTreeMap<String, VecDeque<i64>>,
    /// Until when receivers asked to be left alone, Unix time in milliseconds. A restart forgets it.
    patience_ms: BTreeMap<String, i64>,
}

impl Outbox {
    /// As it was kept. Numbers go on behind the highest that was ever given.
    pub fn restore(entries: impl IntoIterator<Item = (u128, Entry)>, now_ms: i64) -> Self {
        let entries: BTreeMap<u128, Entry> = entries.into_iter().collect();
        let highest = entries.last_key_value().map_or(0, |(number, _)| *number);
        let last = highest.max(u128::from(now_ms.max(0) as u64) << 20);
        Self { entries, last, ..Self::default() }
    }

    /// With what receivers get one by one in an hour; beyond it they get what has gathered, now and then.
    #[must_use]
    pub fn budgeted(self, budgets: BTreeMap<String, usize>) -> Self {
        Self { budgets, ..self }
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

    /// The clock may have been set back: nothing waits for a moment that it once showed.
    pub fn rewind(&mut self, now_ms: i64) {
        for entry in self.entries.values_mut() {
            let longest_ms = if entry.attempts == 0 { 0 } else { LONGEST_ASKED_MS };
            entry.next_ms = entry.next_ms.min(now_ms + longest_ms);
        }
        for sent in self.sent_ms.values_mut() {
            sent.retain(|sent_ms| *sent_ms <= now_ms);
        }
        for until_ms in self.patience_ms.values_mut() {
            *until_ms = (*until_ms).min(now_ms + LONGEST_MS);
        }
    }

    /// Takes a message. One of less that its reader has not got is replaced by it.
    pub fn push(&mut self, message: Message, now_ms: i64) -> Step {
        let is_older =
            |entry: &&Entry| entry.begun_ms.is_none() && message.replaces(&entry.message);
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

    /// What is to be sent to a receiver now: what wakes before what can wait.
    pub fn due(&self, receiver: &str, now_ms: i64) -> Option<u128> {
        let due = self.of(receiver).filter(|(_, entry)| self.due_ms(entry) <= now_ms);
        let order = |(number, entry): &(u128, &Entry)| {
            (Reverse(entry.message.severity), entry.next_ms, *number)
        };
        due.min_by_key(order).map(|(number, _)| number)
    }

    /// When something is to be sent to a receiver next, if anything waits for it.
    pub fn next_ms(&self, receiver: &str) -> Option<i64> {
        self.of(receiver).map(|(_, entry)| self.due_ms(entry)).min()
    }

    /// When the first of those that are not on their way is due.
    pub fn first_due_ms(&self) -> Option<i64> {
        let waiting = self.entries.values().filter(|entry| entry.begun_ms.is_none());
        waiting.map(|entry| self.due_ms(entry)).min()
    }

    /// When an entry is due: what was tried before counts no more.
    fn due_ms(&self, entry: &Entry) -> i64 {
        let receiver = &entry.message.receiver;
        let sent = self.sent_ms.get(receiver).filter(|_| entry.attempts == 0);
        let free_ms = sent.zip(self.budgets.get(receiver)).and_then(|(sent, budget)| {
            let (first_ms, last_ms) = (sent.front()?, sent.back()?);
            let is_used_up = sent.len() >= *budget;
            is_used_up.then_some((first_ms + BUDGET_MS).min(last_ms + GATHERED_MS))
        });
        let patience_ms = self.patience_ms.get(receiver).copied();
        let waits_ms = free_ms.max(patience_ms).unwrap_or(i64::MIN);
        entry.next_ms.max(waits_ms)
    }

    fn of(&self, receiver: &str) -> impl Iterator<Item = (u128, &Entry)> {
        let of_receiver = move |(_, entry): &(&u128, &Entry)| entry.message.receiver == receiver;
        self.entries.iter().filter(of_receiver).map(|(number, entry)| (*number, entry))
    }

    /// An attempt begins, with all that has gathered for its reader if their budget is used up.
    pub fn begin(&mut self, number: u128, now_ms: i64) -> Begun {
        let Begun { number, mut step } = self.gather(number, now_ms);
        let Some(entry) = self.entries.get_mut(&number) else { return Begun::default() };
        let is_first = entry.attempts == 0;
        entry.attempts += 1;
        entry.begun_ms = Some(now_ms);
        step.entries.push((number, Some(entry.clone())));
        let receiver = entry.message.receiver.clone();
        if let Some(budget) = self.budgets.get(&receiver).filter(|_| is_first) {
            let sent = self.sent_ms.entry(receiver).or_default();
            sent.push_back(now_ms);
            while sent.len() > (*budget).max(1) {
                sent.pop_front();
            }
        }
        Begun { number, step }
    }

    /// Makes one message of several, if their receiver has had its budget.
    fn gather(&mut self, number: u128, now_ms: i64) -> Begun {
        let alone = Begun { number, step: Step::default() };
        let Some(Entry { message, attempts: 0, .. }) = self.entries.get(&number) else {
            return alone;
        };
        let (receiver, person) = (message.receiver.clone(), message.person.clone());
        let sent = self.sent_ms.get(&receiver).zip(self.budgets.get(&receiver));
        let is_used_up = sent.is_some_and(|(sent, budget)| {
            sent.len() >= *budget && sent.front().is_some_and(|first| first + BUDGET_MS > now_ms)
        });
        let is_fresh = |entry: &Entry| entry.attempts == 0 && entry.message.person == person;
        let fresh: Vec<(u128, Message)> = self
            .of(&receiver)
            .filter(|(_, entry)| is_fresh(entry))
            .map(|(number, entry)| (number, entry.message.clone()))
            .collect();
        if !is_used_up || fresh.len() < 2 {
            return alone;
        }
        let (numbers, messages): (Vec<u128>, Vec<Message>) = fresh.into_iter().unzip();
        let Some(digest) = Message::digest(&messages, now_ms) else { return alone };
        let mut step = Step::default();
        for (number, message) in numbers.iter().zip(&messages) {
            self.entries.remove(number);
            step.entries.push((*number, None));
            step.notices.push(message.notice(What::Gathered, now_ms));
        }
        let number = self.number(now_ms);
        let entry = Entry { message: digest, attempts: 0, next_ms: now_ms, begun_ms: None };
        self.entries.insert(number, entry);
        Begun { number, step }
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
                // Who asks for patience means all that waits; what is new is tried after a while all the same.
                let until_ms = now_ms + asked_ms.min(LONGEST_MS);
                self.patience_ms.insert(entry.message.receiver.clone(), until_ms);
                entry.next_ms = now_ms + doubled.min(LONGEST_MS).max(asked_ms);
                let step =
                    Step { entries: vec![(number, Some(entry.clone()))], notices: Vec::new() };
                self.entries.insert(number, entry);
                return step;
            }
        };
        let Entry { message, attempts, .. } = entry;
        let notice = Notice { attempts, ..message.notice(what, now_ms) };
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
