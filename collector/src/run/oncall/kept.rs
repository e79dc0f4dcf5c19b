//! What those on call know, as rows of the ledger, and back.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::oncall::{Change, Desk, Entry, GroupId, Notice, Outbox, OutboxStep};
use crate::samples::{Budget, ReadError};
use crate::store::{Glance, LedgerRow, Order, Records, Shelf};

/// The most rows of each shelf that are read at a start.
const MOST: usize = 100_000;

/// Notices are kept for so long, in milliseconds.
pub const NOTICES_MS: i64 = 400 * 86_400_000;

/// So many old notices go at once.
const OLD: usize = 1000;

/// What the key of a heartbeat's row is a hash of, beside its name.
const HEARTBEAT: &str = "heartbeat";

/// What stands before a person's name where a row tells when their turn of duty begins. No heartbeat has a
/// name with a space.
const DUTY: &str = "duty of ";

/// When a heartbeat was heard of last, or when the turn of duty begins that somebody was told of.
#[derive(Serialize, Deserialize)]
struct Heard {
    name: String,
    heard_ms: i64,
}

/// Desk and outbox as they were kept.
pub fn read(records: &Records, budget: &Budget, now_ms: i64) -> Result<(Desk, Outbox), ReadError> {
    let glance = |shelf| Glance { shelf, order: Order::Rising, most: MOST, below: None };
    let rows = |shelf| records.ledger(glance(shelf), budget);
    let groups = parsed(rows(Shelf::Alerts)?);
    let (mut heard_ms, mut reminded_ms) = (BTreeMap::new(), BTreeMap::new());
    for (_, Heard { name, heard_ms: at_ms }) in parsed(rows(Shelf::Heartbeats)?) {
        match name.strip_prefix(DUTY) {
            Some(person) => reminded_ms.insert(person.to_owned(), at_ms),
            None => heard_ms.insert(name, at_ms),
        };
    }
    let kept = crate::oncall::Kept {
        groups: groups.into_iter().map(|(key, group)| (GroupId(key), group)).collect(),
        silences: parsed(rows(Shelf::Silences)?).into_iter().collect(),
        heard_ms,
        reminded_ms,
    };
    let desk = Desk::restore(kept, now_ms);
    Ok((desk, Outbox::restore(parsed::<Entry>(rows(Shelf::Outbox)?), now_ms)))
}

/// The rows of notices that are too old.
pub fn old_notices(
    records: &Records,
    budget: &Budget,
    now_ms: i64,
) -> Result<Vec<LedgerRow>, ReadError> {
    let below = Some(u128::from((now_ms - NOTICES_MS).max(0) as u64) << 64);
    let glance = Glance { shelf: Shelf::Notices, order: Order::Rising, most: OLD, below };
    let old = records.ledger(glance, budget)?.into_iter();
    Ok(old.map(|row| LedgerRow { shelf: Shelf::Notices, key: row.key, value: None }).collect())
}

/// What is read back; what an other version wrote and this one does not understand is left alone.
fn parsed<T: DeserializeOwned>(rows: Vec<crate::store::Kept>) -> Vec<(u128, T)> {
    let parse = |row: crate::store::Kept| match serde_json::from_slice(&row.value) {
        Ok(value) => Some((row.key, value)),
        Err(error) => {
            tracing::error!("a row of those on call is not understood: {error}");
            None
        }
    };
    rows.into_iter().filter_map(parse).collect()
}

/// The rows of changes, and what they add to the outbox.
pub fn rows(changes: &[Change], outbox: &mut Outbox, now_ms: i64) -> Vec<LedgerRow> {
    let mut rows = Vec::new();
    for change in changes {
        match change {
            Change::Group(id, group) => rows.push(row(Shelf::Alerts, id.0, group.as_deref())),
            Change::Silence(number, silence) => {
                rows.push(row(Shelf::Silences, *number, silence.as_ref()));
            }
            Change::Message(message) => {
                let step = outbox.push((**message).clone(), now_ms);
                rows.extend(rows_of(&step, outbox, now_ms));
            }
            Change::Heard(name, at_ms) => rows.push(heard(name.clone(), *at_ms)),
            Change::Reminded(person, at_ms) => rows.push(heard(format!("{DUTY}{person}"), *at_ms)),
            Change::Notice(notice) => rows.push(noticed(notice, outbox, now_ms)),
        }
    }
    rows
}

/// The rows of a step of the outbox.
pub fn rows_of(step: &OutboxStep, outbox: &mut Outbox, now_ms: i64) -> Vec<LedgerRow> {
    let entries = step.entries.iter();
    let mut rows: Vec<LedgerRow> =
        entries.map(|(number, entry)| row(Shelf::Outbox, *number, entry.as_ref())).collect();
    rows.extend(step.notices.iter().map(|notice| noticed(notice, outbox, now_ms)));
    rows
}

fn heard(name: String, heard_ms: i64) -> LedgerRow {
    let key = GroupId::of(&[(HEARTBEAT.to_owned(), name.clone())]).0;
    row(Shelf::Heartbeats, key, Some(&Heard { name, heard_ms }))
}

fn noticed(notice: &Notice, outbox: &mut Outbox, now_ms: i64) -> LedgerRow {
    let number = outbox.number(now_ms) as u64;
    let key = u128::from(notice.at_ms.max(0) as u64) << 64 | u128::from(number);
    row(Shelf::Notices, key, Some(notice))
}

fn row<T: Serialize>(shelf: Shelf, key: u128, value: Option<&T>) -> LedgerRow {
    let value = value
        .map(|value| serde_json::to_vec(value).expect("what is kept always has a form in JSON"));
    LedgerRow { shelf, key, value }
}
