//! The fjall database: its keyspaces, its errors, its format version.
//!
//! Keyspaces: `meta` (format, sealed generation), `series` (id to labels), `boots` (frames seen, by
//! instance and boot), `losses`, `log-N` (frames of generation N, dropped whole once sealed) and
//! `chunks-W` (chunks that begin in week W, dropped whole when retention has passed).

use std::path::Path;

use fjall::{Guard, Keyspace, KeyspaceCreateOptions, PersistMode, UserKey, UserValue};

use super::StoreError;

pub type Batch = fjall::OwnedWriteBatch;

/// The format this version writes, and the newest it reads.
const FORMAT: u32 = 1;

const CACHE_BYTES: u64 = 32 << 20;
const JOURNAL_BYTES: u64 = 64 << 20;

pub struct Database {
    fjall: fjall::Database,
    meta: Keyspace,
    pub series: Keyspace,
    pub boots: Keyspace,
    pub losses: Keyspace,
}

impl Database {
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let name = directory.display().to_string();
        let operation = format!("open data directory {name}");
        let opened = fjall::Database::builder(directory)
            .cache_size(CACHE_BYTES)
            .max_journaling_size(JOURNAL_BYTES)
            .worker_threads(1)
            .open();
        let fjall = match opened {
            Err(fjall::Error::Locked) => return Err(StoreError::InUse(name)),
            other => other.map_err(|source| StoreError::Database { operation, source })?,
        };
        let keyspace = |name: &str| open_keyspace(&fjall, name);
        let database = Self {
            meta: keyspace("meta")?,
            series: keyspace("series")?,
            boots: keyspace("boots")?,
            losses: keyspace("losses")?,
            fjall,
        };
        database.check_format(name)?;
        Ok(database)
    }

    fn check_format(&self, directory: String) -> Result<(), StoreError> {
        match self.meta_number("format")? {
            None => {
                let mut batch = self.batch();
                batch.insert(&self.meta, "format", FORMAT.to_be_bytes());
                commit(batch, "note the format")
            }
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

    /// Sets a number in `meta` with the batch.
    pub fn set_meta_number(&self, batch: &mut Batch, key: &str, number: u32) {
        batch.insert(&self.meta, key, number.to_be_bytes());
    }

    pub fn keyspace(&self, name: &str) -> Result<Keyspace, StoreError> {
        open_keyspace(&self.fjall, name)
    }

    /// The numbers of the keyspaces `PREFIX-N`, in order.
    pub fn numbered(&self, prefix: &str) -> Vec<u64> {
        let names = self.fjall.list_keyspace_names();
        let number = |name: &str| name.strip_prefix(prefix)?.strip_prefix('-')?.parse().ok();
        let mut numbers: Vec<u64> = names.iter().filter_map(|name| number(name)).collect();
        numbers.sort_unstable();
        numbers
    }

    pub fn drop_keyspace(&self, name: &str) -> Result<(), StoreError> {
        let keyspace = self.keyspace(name)?;
        self.fjall.delete_keyspace(keyspace).map_err(failed(&format!("drop keyspace {name}")))
    }

    pub fn batch(&self) -> Batch {
        self.fjall.batch().durability(Some(PersistMode::SyncAll))
    }

    pub fn disk_bytes(&self) -> u64 {
        self.fjall.disk_space().unwrap_or(0)
    }
}

/// Writes the batch, all or nothing, and syncs it.
pub fn commit(batch: Batch, operation: &str) -> Result<(), StoreError> {
    batch.commit().map_err(failed(operation))
}

/// Key and value of an entry that was found.
pub fn entry(entry: Guard, operation: &str) -> Result<(UserKey, UserValue), StoreError> {
    entry.into_inner().map_err(failed(operation))
}

fn open_keyspace(fjall: &fjall::Database, name: &str) -> Result<Keyspace, StoreError> {
    // A small memtable: what matters is in the head already, and the journal is freed sooner.
    let options = || KeyspaceCreateOptions::default().max_memtable_size(16 << 20);
    fjall.keyspace(name, options).map_err(failed(&format!("open keyspace {name}")))
}

fn failed(operation: &str) -> impl FnOnce(fjall::Error) -> StoreError {
    let operation = operation.to_owned();
    move |source| StoreError::Database { operation, source }
}
