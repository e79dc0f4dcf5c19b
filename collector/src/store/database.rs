//! The fjall database under `sealed/`: its keyspaces, its errors, its format version.
//!
//! Keyspaces: `meta` (format, sealed generation, state of each day), `series` (id to labels),
//! `boots` (frames seen, by instance and boot), `losses`, `meetings`, `metrics` (what is known of them);
//! `alerts`, `silences`, `outbox`, `notices` and `heartbeats` (the ledger of those on call);
//! chunks of day D as they were sealed in `fresh-D` and merged in `day-D-V`; rollups of 5 minutes in
//! `minutes-P` and of an hour in `hours-P`; rounds of pings in `rounds-D`, `paths-P` and `quantiles-P`. What expires is a keyspace and is dropped whole.

mod manifests;

use std::path::{Path, PathBuf};

use fjall::config::{BlockSizePolicy, CompressionPolicy};
use fjall::{CompressionType, Guard, Keyspace, KeyspaceCreateOptions, PersistMode};
use fjall::{UserKey, UserValue};

use super::StoreError;

pub type Batch = fjall::OwnedWriteBatch;

/// A row to be written in bulk.
pub type Row = (Vec<u8>, Vec<u8>);

/// The format this version writes, and the newest it reads.
const FORMAT: u32 = 1;

const JOURNAL_BYTES: u64 = 64 << 20;

/// What is in memory twice is small: samples are in the head and in no memtable.
const MEMTABLE_BYTES: u64 = 4 << 20;

/// The note that follows each drop of a keyspace.
const DROPPED: &str = "dropped";

/// More changes than one drop counts for.
const BEYOND_A_DROP: usize = 256;

pub struct Database {
    fjall: fjall::Database,
    directory: PathBuf,
    meta: Keyspace,
    pub series: Keyspace,
    pub boots: Keyspace,
    pub losses: Keyspace,
    pub meetings: Keyspace,
    pub metrics: Keyspace,
    pub alerts: Keyspace,
    pub silences: Keyspace,
    pub outbox: Keyspace,
    pub notices: Keyspace,
    pub heartbeats: Keyspace,
}

impl Database {
    /// Opens the database of the data directory, or makes it.
    pub fn open(directory: &Path, cache_bytes: u64) -> Result<Self, StoreError> {
        let name = directory.display().to_string();
        let operation = format!("open the database in data directory {name}");
        let sealed = directory.join("sealed");
        let damaged =
            |file: PathBuf| StoreError::Damaged { what: format!("file {}", file.display()) };
        if let Some(manifest) = manifests::first_damaged(&sealed) {
            return Err(damaged(manifest));
        }
        let opened = fjall::Database::builder(&sealed)
            .cache_size(cache_bytes)
            .max_journaling_size(JOURNAL_BYTES)
            .worker_threads(1)
            .open();
        let fjall = match opened {
            Err(fjall::Error::Locked) => return Err(StoreError::InUse(name)),
            other => other.map_err(|source| match manifests::first_missing(&sealed) {
                Some(current) => damaged(current),
                None => StoreError::Database { operation, source },
            })?,
        };
        let keyspace = |name: &str| open_keyspace(&fjall, name);
        let database = Self {
            meta: keyspace("meta")?,
            series: keyspace("series")?,
            boots: keyspace("boots")?,
            losses: keyspace("losses")?,
            meetings: keyspace("meetings")?,
            metrics: keyspace("metrics")?,
            alerts: keyspace("alerts")?,
            silences: keyspace("silences")?,
            outbox: keyspace("outbox")?,
            notices: keyspace("notices")?,
            heartbeats: keyspace("heartbeats")?,
            directory: directory.to_owned(),
            fjall,
        };
        database.check_format(name)?;
        database.count_on()?;
        Ok(database)
    }

    fn check_format(&self, directory: String) -> Result<(), StoreError> {
        match self.meta_number("format")? {
            None => self.write_notes([("format".to_owned(), Some(FORMAT))]),
            Some(found) if found > FORMAT => {
                Err(StoreError::Format { directory, found, known: FORMAT })
            }
            Some(_) => Ok(()),
        }
    }

    /// A number kept in `meta`.
    pub fn meta_number(&self, key: &str) -> Result<Option<u32>, StoreError> {
        let value = self.meta.get(key).map_err(failed("read the store's own notes"))?;
        let damaged = || StoreError::Damaged { what: format!("the store's note of {key}") };
        value
            .map(|bytes| (*bytes).try_into().map(u32::from_be_bytes).map_err(|_| damaged()))
            .transpose()
    }

    /// Sets numbers in `meta`, or forgets them; durable when done, and past the journal.
    pub fn write_notes<const N: usize>(
        &self,
        mut notes: [(String, Option<u32>); N],
    ) -> Result<(), StoreError> {
        notes.sort();
        let failed = |source| StoreError::Database { operation: "write a note".into(), source };
        let mut ingestion = self.meta.start_ingestion().map_err(failed)?;
        for (key, number) in notes {
            match number {
                Some(number) => ingestion.write(key, number.to_be_bytes()),
                None => ingestion.write_tombstone(key),
            }
            .map_err(failed)?;
        }
        ingestion.finish().map_err(failed)
    }

    pub fn keyspace(&self, name: &str) -> Result<Keyspace, StoreError> {
        open_keyspace(&self.fjall, name)
    }

    /// The names of all keyspaces.
    pub fn names(&self) -> Vec<String> {
        self.fjall.list_keyspace_names().iter().map(ToString::to_string).collect()
    }

    /// Drops a keyspace whole. At its next start fjall 3.1 goes on counting changes from the highest number in any
    /// keyspace, but not from that of the drop itself, which stands elsewhere: what gets the same id later would count
    /// as older than the drop, and be deleted at the start after. So a note of ours gets the next number.
    pub fn drop_keyspace(&self, keyspace: Keyspace) -> Result<(), StoreError> {
        let operation = format!("drop keyspace {}", keyspace.name());
        self.fjall.delete_keyspace(keyspace).map_err(failed(&operation))?;
        self.write_notes([(DROPPED.to_owned(), Some(1))])
    }

    /// The same for a drop whose note a crash has cut off: counts beyond whatever it took.
    fn count_on(&self) -> Result<(), StoreError> {
        for _ in 0..BEYOND_A_DROP {
            let mut batch = self.fjall.batch();
            batch.insert(&self.meta, DROPPED, 1_u32.to_be_bytes());
            commit(batch, "count beyond what was dropped")?;
        }
        Ok(())
    }

    pub fn batch(&self) -> Batch {
        self.fjall.batch().durability(Some(PersistMode::SyncAll))
    }

    /// A consistent view of all keyspaces.
    pub fn view(&self) -> fjall::Snapshot {
        self.fjall.snapshot()
    }

    /// Bytes of the data directory as the disk counts them: allocated blocks.
    pub fn disk_bytes(&self) -> u64 {
        allocated(&self.directory)
    }

    /// Moves what is in memory and in journals to tables, and merges those.
    pub fn settle(&self) -> Result<(), StoreError> {
        for name in self.names() {
            let keyspace = self.keyspace(&name)?;
            keyspace.rotate_memtable_and_wait().map_err(failed("flush"))?;
            keyspace.major_compact().map_err(failed("compact"))?;
        }
        Ok(())
    }
}

/// Writes the batch, all or nothing, and syncs it.
pub fn commit(batch: Batch, operation: &str) -> Result<(), StoreError> {
    batch.commit().map_err(failed(operation))
}

/// Writes rows in order of their keys as tables at once, past the journal; durable when done.
pub fn write_in_bulk(
    keyspace: &Keyspace,
    rows: impl Iterator<Item = Result<Row, StoreError>>,
) -> Result<(), StoreError> {
    write_side_by_side(std::slice::from_ref(keyspace), rows.map(|row| Ok((0, row?))))
}

/// The same for several keyspaces; each row says the place of its own.
pub fn write_side_by_side(
    keyspaces: &[Keyspace],
    rows: impl Iterator<Item = Result<(usize, Row), StoreError>>,
) -> Result<(), StoreError> {
    let operation = |place: usize| format!("write {}", keyspaces[place].name());
    let failed = |place, source| StoreError::Database { operation: operation(place), source };
    let mut ingestions = Vec::with_capacity(keyspaces.len());
    for (place, keyspace) in keyspaces.iter().enumerate() {
        ingestions.push(keyspace.start_ingestion().map_err(|source| failed(place, source))?);
    }
    for row in rows {
        let (place, (key, value)) = row?;
        ingestions[place].write(key, value).map_err(|source| failed(place, source))?;
    }
    for (place, ingestion) in ingestions.into_iter().enumerate() {
        ingestion.finish().map_err(|source| failed(place, source))?;
    }
    Ok(())
}

/// Key and value of an entry that was found.
pub fn entry(entry: Guard, operation: &str) -> Result<(UserKey, UserValue), StoreError> {
    entry.into_inner().map_err(failed(operation))
}

fn open_keyspace(fjall: &fjall::Database, name: &str) -> Result<Keyspace, StoreError> {
    let options = || {
        let options = KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES);
        if name.contains('-') {
            options
                .data_block_compression_policy(CompressionPolicy::all(compression(name)))
                .data_block_size_policy(BlockSizePolicy::all(16 << 10))
        } else {
            options
        }
    };
    fjall.keyspace(name, options).map_err(failed(&format!("open keyspace {name}")))
}

/// What rows gain by being compressed together: rollups and the chunks of many series say alike what hardly
/// changes. Those that are dropped soon, or hold columns that nothing compresses further, are left alone.
fn compression(keyspace: &str) -> CompressionType {
    match keyspace.split('-').next() {
        Some("day" | "hours" | "minutes" | "quantiles") => CompressionType::Lz4,
        _ => CompressionType::None,
    }
}

pub fn failed(operation: &str) -> impl FnOnce(fjall::Error) -> StoreError {
    let operation = operation.to_owned();
    move |source| StoreError::Database { operation, source }
}

fn allocated(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let Ok(metadata) = std::fs::symlink_metadata(path) else { return 0 };
    let own = metadata.blocks() * 512;
    let inside = std::fs::read_dir(path).into_iter().flatten().flatten();
    own + inside.map(|entry| allocated(&entry.path())).sum::<u64>()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    /// Whatever was left of it by a process that died.
    #[test]
    fn a_folder_that_was_being_removed_is_removed() {
        let folder = TempDir::new().unwrap();
        let open = || Database::open(folder.path(), 1 << 20);
        drop(open().unwrap());
        let keyspaces = folder.path().join("sealed/keyspaces");
        let left = keyspaces.join("129");
        std::fs::create_dir(&left).unwrap();
        std::fs::copy(keyspaces.join("1/current"), left.join("current")).unwrap();
        drop(open().unwrap());
        assert!(!left.exists());
        // One of those that count is damaged by that.
        let current = keyspaces.join("1/current");
        std::fs::write(&current, [7; 25]).unwrap();
        let error = open().err().unwrap().to_string();
        assert_eq!(error, format!("file {} is damaged", current.display()));
    }

    /// On disk a keyspace is an id, and ids come again once what had them is gone.
    #[test]
    fn what_is_made_after_drops_outlives_the_next_starts() {
        let folder = TempDir::new().unwrap();
        let open = || Database::open(folder.path(), 1 << 20).unwrap();
        let names = || (0..8).map(|number| format!("fresh-{number}"));
        let database = open();
        for keyspace in names().map(|name| database.keyspace(&name).unwrap()).collect::<Vec<_>>() {
            database.drop_keyspace(keyspace).unwrap();
        }
        drop(database);
        // Only the start after this one forgets their ids.
        drop(open());
        let database = open();
        for name in names() {
            let row = (b"key".to_vec(), b"value".to_vec());
            write_in_bulk(&database.keyspace(&name).unwrap(), [Ok(row)].into_iter()).unwrap();
        }
        drop(database);
        let database = open();
        for name in names() {
            let keyspace = database.keyspace(&name).unwrap();
            assert!(keyspace.get("key").unwrap().is_some(), "{name} is gone");
        }
    }
}
