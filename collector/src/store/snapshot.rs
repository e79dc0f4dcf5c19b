//! Snapshots: all that is sealed, row by row, while the store goes on.

mod archive;

use std::path::Path;

use fjall::Readable;

pub use self::archive::{ArchiveError, ArchiveReader, ArchiveWriter};
use super::database::{self, Database, Row};
use super::{Store, StoreError, chunk, rollup, rounds, seal};
use crate::samples::Figures;

/// What fjall takes.
const LONGEST_NAME_BYTES: usize = 255;
const LONGEST_KEY_BYTES: usize = 65_535;

/// A row of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotRow {
    /// The keyspace it belongs to; rows of one come together, in order of their keys.
    pub keyspace: String,
    /// Its key.
    pub key: Vec<u8>,
    /// What stands there.
    pub value: Vec<u8>,
}

impl SnapshotRow {
    /// Whether its checksum holds, if it has one.
    pub fn is_sound(&self) -> bool {
        match self.keyspace.split('-').next().unwrap_or_default() {
            "fresh" | "day" => chunk::open(&self.value).is_some(),
            "minutes" | "hours" => rollup::decode(&self.value, Figures::ALL).is_some(),
            "rounds" | "paths" => rounds::is_sound(&self.value),
            "quantiles" => rounds::are_sound_hours(&self.value),
            "series" | "metrics" | "alerts" | "silences" | "outbox" | "notices" | "heartbeats" => {
                let checked = self.value.split_first_chunk::<4>();
                checked.is_some_and(|(sum, rest)| crc32fast::hash(rest).to_le_bytes() == *sum)
            }
            _ => true,
        }
    }
}

/// Seals what is in memory, then hands out every row as it was at that moment.
pub fn snapshot<E: From<StoreError>>(
    store: &Store,
    mut take: impl FnMut(SnapshotRow) -> Result<(), E>,
) -> Result<(), E> {
    let maintenance = store.maintenance();
    seal::seal(store)?;
    let view = store.database.view();
    let mut keyspaces = Vec::new();
    for name in store.database.names() {
        keyspaces.push(store.database.keyspace(&name)?);
    }
    // The handles keep what is merged or dropped from here on.
    drop(maintenance);
    for keyspace in keyspaces {
        for entry in view.iter(&keyspace) {
            let (key, value) = database::entry(entry, "read a snapshot")?;
            let keyspace = keyspace.name().to_string();
            take(SnapshotRow { keyspace, key: key.to_vec(), value: value.to_vec() })?;
        }
    }
    Ok(())
}

/// Makes a data directory of the rows of a snapshot. `next` gives them in the order they came.
pub fn restore<E: From<StoreError>>(
    directory: &Path,
    mut next: impl FnMut() -> Result<Option<SnapshotRow>, E>,
) -> Result<(), E> {
    let database = Database::open(directory, 8 << 20)?;
    let mut pending = next()?;
    while let Some(first) = pending.take() {
        check(&first, None)?;
        let keyspace = database.keyspace(&first.keyspace)?;
        // One failure ends both the writing and the reading; the reader's own comes back.
        let mut failure = None;
        let mut row = Some(first);
        let name = keyspace.name().to_string();
        let rows = std::iter::from_fn(|| {
            let current = row.take()?;
            match next() {
                Ok(Some(following)) if following.keyspace == name => {
                    match check(&following, Some(&current.key)) {
                        Ok(()) => row = Some(following),
                        Err(error) => failure = Some(error.into()),
                    }
                }
                Ok(following) => pending = following,
                Err(error) => failure = Some(error),
            }
            Some(Ok::<Row, StoreError>((current.key, current.value)))
        });
        database::write_in_bulk(&keyspace, rows)?;
        if let Some(error) = failure {
            return Err(error);
        }
    }
    Ok(())
}

/// Refuses a row that no database of ours has handed out, of which fjall would make a panic.
fn check(row: &SnapshotRow, before: Option<&Vec<u8>>) -> Result<(), StoreError> {
    let SnapshotRow { keyspace, key, .. } = row;
    let is_sound = (1..=LONGEST_NAME_BYTES).contains(&keyspace.len())
        && (1..=LONGEST_KEY_BYTES).contains(&key.len())
        && before.is_none_or(|before| before < key);
    let what = || format!("the snapshot's row {} of keyspace {keyspace:?}", key.escape_ascii());
    is_sound.then_some(()).ok_or_else(|| StoreError::Damaged { what: what() })
}
