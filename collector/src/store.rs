//! The embedded store: durable appends, and selects by matchers and time range.
//!
//! A frame is written to a log and synced before its append returns; its samples then live in the
//! head, in memory. Sealing turns the head into compressed chunks by series and drops the log
//! whole. Everything lies in one fjall database; this module is the only one that knows it.
//!
//! The store never reads the clock, never speaks HTTP or gRPC, and never gives an absent sample a
//! value.

mod boots;
mod chunk;
mod database;
mod head;
mod index;
mod labels;
mod log;
mod losses;
mod seal;
mod select;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

pub use self::boots::FrameId;
use self::boots::{BootChanges, Boots};
use self::database::Database;
use self::head::Head;
use self::index::Index;
pub use self::index::SeriesLimit;
pub use self::labels::{Labels, METRIC, Matcher, MatcherError};
use self::log::Log;
pub use self::losses::LostInterval;
pub use self::seal::Retention;
pub use self::select::{Hints, Series, TimeRange};

/// A series of this store; ids are never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId(u32);

/// One frame to be stored.
#[derive(Debug, Clone)]
pub struct FrameWrite {
    /// What names it for ever.
    pub id: FrameId,
    /// Unix time in milliseconds, of all its samples.
    pub timestamp_ms: i64,
    /// Series and values.
    pub samples: Vec<(SeriesId, f64)>,
}

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is durable now.
    Stored,
    /// It was durable already; nothing was written.
    Duplicate,
}

/// Why the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has it open.
    #[error("data directory {0} is in use by another process")]
    InUse(String),
    /// Written by a later version.
    #[error("data directory {directory} has format {found}, this version reads up to {known}")]
    Format {
        /// The directory.
        directory: String,
        /// Its format.
        found: u32,
        /// The newest known here.
        known: u32,
    },
    /// The database failed.
    #[error("failed to {operation}")]
    Database {
        /// What was being done, to what.
        operation: String,
        /// Why it failed.
        source: fjall::Error,
    },
    /// Samples could not be compressed.
    #[error("failed to compress series {series} from {first_ms}")]
    Compress {
        /// The series, by its id.
        series: u32,
        /// Its first timestamp.
        first_ms: i64,
        /// Why.
        source: pco::errors::PcoError,
    },
    /// Data on disk is not what was written.
    #[error("{what} is damaged")]
    Damaged {
        /// What, by its key.
        what: String,
    },
    /// A write failed before; what is on disk is uncertain until the store is opened again.
    #[error("the store takes no more writes since one failed; restart the collector")]
    Poisoned,
}

/// What the store says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreState {
    /// Series known.
    pub series: u64,
    /// Samples in memory, not yet sealed.
    pub head_samples: u64,
    /// Bytes of the whole database on disk.
    pub disk_bytes: u64,
}

/// The store of one data directory.
pub struct Store {
    database: Database,
    writer: Mutex<Writer>,
    state: RwLock<State>,
}

/// What only the one who writes needs.
struct Writer {
    log: Log,
    poisoned: bool,
    sealed_at_ms: Option<i64>,
}

/// What readers share.
struct State {
    index: Index,
    boots: Boots,
    head: Head,
    /// The head that is being sealed, until its chunks can be read.
    sealing: Option<Arc<Head>>,
}

impl Store {
    /// Opens the store in `directory`, or makes it.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let database = Database::open(directory)?;
        let index = Index::load(&database)?;
        let boots = Boots::load(&database)?;
        let (log, head) = Log::open(&database)?;
        let state = State { index, boots, head, sealing: None };
        let writer = Writer { log, poisoned: false, sealed_at_ms: None };
        Ok(Self { database, writer: Mutex::new(writer), state: RwLock::new(state) })
    }

    /// The id of the series with exactly these labels; a new one if there is none yet.
    pub fn series_id(&self, labels: &Labels) -> Result<SeriesId, SeriesLimit> {
        let known = self.read().index.id_of(labels);
        known.map_or_else(|| self.write().index.insert(labels.clone()), Ok)
    }

    /// Makes frames durable, all or none, each exactly once; tells of each what became of it.
    pub fn append(&self, frames: &[FrameWrite]) -> Result<Vec<Appended>, StoreError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if writer.poisoned {
            return Err(StoreError::Poisoned);
        }
        let mut batch = self.database.batch();
        let mut boots = BootChanges::default();
        let mut outcomes = Vec::with_capacity(frames.len());
        for frame in frames {
            let new = boots.insert(&self.read().boots, &frame.id, frame.timestamp_ms);
            outcomes.push(if new { Appended::Stored } else { Appended::Duplicate });
            if new {
                writer.log.write(&mut batch, frame);
            }
        }
        if !outcomes.contains(&Appended::Stored) {
            return Ok(outcomes);
        }
        boots.write(&self.database, &mut batch);
        let saved = self.read().index.write_unsaved(&self.database, &mut batch);
        if let Err(error) = database::commit(batch, "append frames") {
            writer.poisoned = true;
            return Err(error);
        }
        let mut state = self.write();
        state.index.mark_saved(saved);
        state.boots.apply(boots);
        for (frame, outcome) in frames.iter().zip(&outcomes) {
            if *outcome == Appended::Stored {
                state.head.add(frame);
            }
        }
        Ok(outcomes)
    }

    /// Keeps a loss that an agent reports, once, however often it is reported.
    pub fn record_loss(&self, loss: &LostInterval) -> Result<Appended, StoreError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if writer.poisoned {
            return Err(StoreError::Poisoned);
        }
        if self.read().boots.has_all(loss) || losses::is_known(&self.database, loss)? {
            return Ok(Appended::Duplicate);
        }
        let mut batch = self.database.batch();
        losses::write(&self.database, &mut batch, loss);
        let committed = database::commit(batch, "record a loss");
        writer.poisoned = committed.is_err();
        committed.map(|()| Appended::Stored)
    }

    /// The losses of `instance` that touch `range`.
    pub fn losses(
        &self,
        instance: &str,
        range: TimeRange,
    ) -> Result<Vec<LostInterval>, StoreError> {
        losses::read(&self.database, instance, range)
    }

    /// The sequences of `instance` that are durable, by boot.
    pub fn durable_frames(
        &self,
        instance: &str,
    ) -> Vec<(u64, headroom_proto::sequences::SequenceSet)> {
        self.read().boots.of(instance)
    }

    /// The values that the label `name` has among the series that match.
    pub fn label_values(&self, name: &str, matchers: &[Matcher]) -> Vec<String> {
        let state = self.read();
        let ids = state.index.select(matchers).into_iter();
        let values = ids.filter_map(|id| Some(state.index.labels(id)?.get(name)?.to_owned()));
        let unique: std::collections::BTreeSet<String> = values.collect();
        unique.into_iter().collect()
    }

    /// The series that match and have samples in `range`, ordered by labels.
    ///
    /// Of equal timestamps in a series, the first that arrived stays.
    pub fn select(
        &self,
        matchers: &[Matcher],
        range: TimeRange,
        hints: Hints,
    ) -> Result<Vec<Series>, StoreError> {
        select::select(self, matchers, range, hints)
    }

    /// Seals the head when it is due and drops what is older than `retention`.
    pub fn maintain(&self, now_ms: i64, retention: Retention) -> Result<(), StoreError> {
        seal::maintain(self, now_ms, retention)
    }

    /// Seals the head now.
    pub fn seal(&self) -> Result<(), StoreError> {
        seal::seal(self)
    }

    /// What the store says of itself.
    pub fn state(&self) -> StoreState {
        let state = self.read();
        let sealing = state.sealing.as_ref().map_or(0, |head| head.samples());
        StoreState {
            series: state.index.len() as u64,
            head_samples: state.head.samples() + sealing,
            disk_bytes: self.database.disk_bytes(),
        }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
