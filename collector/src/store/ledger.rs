//! The ledger of those on call: what fires and who knows of it, silences, what is to be sent, and
//! what was told. Rows that this module does not read; each behind a checksum.

use std::ops::Bound;

use fjall::Keyspace;

use super::StoreError;
use super::database::{self, Batch, Database};
use super::state::Counters;
use crate::samples::{Budget, ReadError};

/// Where a row of the ledger stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    /// Groups of alerts, and how far the telling of them is.
    Alerts,
    /// Silences.
    Silences,
    /// What is still to be sent.
    Outbox,
    /// What was told, answered and tried, by moment.
    Notices,
    /// When heartbeats were heard of last.
    Heartbeats,
}

impl Shelf {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Alerts, Self::Silences, Self::Outbox, Self::Notices, Self::Heartbeats];

    /// Its keyspace.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alerts => "alerts",
            Self::Silences => "silences",
            Self::Outbox => "outbox",
            Self::Notices => "notices",
            Self::Heartbeats => "heartbeats",
        }
    }

    fn keyspace(self, database: &Database) -> &Keyspace {
        match self {
            Self::Alerts => &database.alerts,
            Self::Silences => &database.silences,
            Self::Outbox => &database.outbox,
            Self::Notices => &database.notices,
            Self::Heartbeats => &database.heartbeats,
        }
    }
}

/// A row that is to be written, or to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// Where.
    pub shelf: Shelf,
    /// Its key; rows are read in the order of keys.
    pub key: u128,
    /// What stands there from now on; nothing removes it.
    pub value: Option<Vec<u8>>,
}

/// A row as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its key.
    pub key: u128,
    /// What stands there.
    pub value: Vec<u8>,
}

/// Which end of a shelf is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// From the lowest key.
    Rising,
    /// From the highest.
    Falling,
}

/// Stages a row.
pub fn put(database: &Database, batch: &mut Batch, row: &LedgerRow) {
    let (keyspace, key) = (row.shelf.keyspace(database), row.key.to_be_bytes());
    match &row.value {
        None => batch.remove(keyspace, key),
        Some(value) => {
            let sum = crc32fast::hash(value).to_le_bytes();
            batch.insert(keyspace, key, [&sum[..], value].concat());
        }
    }
}

/// What is wanted of a shelf.
#[derive(Debug, Clone, Copy)]
pub struct Glance {
    /// Which.
    pub shelf: Shelf,
    /// From which end.
    pub order: Order,
    /// The most rows.
    pub most: usize,
    /// Only rows whose keys are lower.
    pub below: Option<u128>,
}

/// Rows of a shelf; what is damaged is counted and left out.
pub fn read(
    database: &Database,
    counters: &Counters,
    Glance { shelf, order, most, below }: Glance,
    budget: &Budget,
) -> Result<Vec<Kept>, ReadError> {
    let operation = format!("read the ledger's {}", shelf.name());
    let end = below.map_or(Bound::Unbounded, |below| Bound::Excluded(below.to_be_bytes()));
    let rows = shelf.keyspace(database).range::<[u8; 16], _>((Bound::Unbounded, end));
    let rows: Box<dyn Iterator<Item = fjall::Guard>> = match order {
        Order::Rising => Box::new(rows),
        Order::Falling => Box::new(rows.rev()),
    };
    let (mut kept, mut damaged) = (Vec::new(), 0);
    for entry in rows {
        if kept.len() == most {
            break;
        }
        budget.samples(1)?;
        let (key, row) = database::entry(entry, &operation).map_err(failed)?;
        match decode(&key, &row) {
            Some(row) => {
                budget.hold((size_of::<Kept>() + row.value.len()) as u64)?;
                kept.push(row);
            }
            None => damaged += 1,
        }
    }
    if damaged > 0 {
        counters.damaged(damaged, &format!("{damaged} rows of the ledger's {}", shelf.name()));
    }
    Ok(kept)
}

fn decode(key: &[u8], row: &[u8]) -> Option<Kept> {
    let key = u128::from_be_bytes(key.try_into().ok()?);
    let (sum, value) = row.split_first_chunk::<4>()?;
    let sound = crc32fast::hash(value).to_le_bytes() == *sum;
    sound.then(|| Kept { key, value: value.to_vec() })
}

fn failed(error: StoreError) -> ReadError {
    ReadError::Failed(Box::new(error))
}
