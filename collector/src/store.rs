//! The embedded store: durable appends, and selects by matchers and time range.
//!
//! A frame is written to a log and synced before its append returns; its samples then live in the
//! head, in memory. Sealing turns the head into compressed chunks and deletes the log; merging makes
//! one chunk for each series and day; rollups keep what is left when samples expire. What is sealed
//! lies in a fjall database, which only this module knows. STORAGE_FORMAT.md has the bytes.
//!
//! The store never reads the clock, never speaks HTTP or gRPC, and never gives an absent sample a
//! value.

mod boots;
mod chunk;
mod database;
mod days;
mod error;
mod head;
mod index;
mod log;
mod losses;
mod maintain;
mod meetings;
mod merge;
mod numbers;
mod open;
mod pairs;
mod read;
mod records;
mod rollup;
mod rollups;
mod seal;
mod select;
mod snapshot;
mod symbols;
mod view;
mod wanted;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use self::boots::Boots;
pub use self::boots::FrameId;
use self::database::Database;
use self::days::Days;
pub use self::error::StoreError;
use self::head::Head;
use self::index::Index;
pub use self::index::SeriesLimit;
use self::log::{Log, Written};
pub use self::losses::LostInterval;
pub use self::maintain::Retention;
pub use self::meetings::{Marks, Meeting};
pub use self::records::Records;
use self::rollups::Periods;
use self::seal::Sealing;
pub use self::snapshot::{ArchiveError, ArchiveReader, ArchiveWriter, SnapshotRow, restore};
use crate::samples::{Labels, TimeRange};

/// A series of this store; ids are never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId(u32);

/// Samples of one moment to be stored.
#[derive(Debug, Clone)]
pub struct FrameWrite {
    /// What names it for ever; a write without is stored however often it comes.
    pub id: Option<FrameId>,
    /// Unix time in milliseconds, of all its samples.
    pub timestamp_ms: i64,
    /// Its series, shared by the frames of one sender.
    pub series: Arc<[SeriesId]>,
    /// As many as there are series.
    pub values: Vec<f64>,
}

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is durable now.
    Stored,
    /// It was durable already; nothing was written.
    Duplicate,
}

/// How much a store may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreOptions {
    /// Samples in memory are sealed when they take this much, in bytes.
    pub head_bytes: u64,
    /// What is kept in memory of sealed data, in bytes.
    pub cache_bytes: u64,
    /// The most series that one instance may have.
    pub series_per_instance: usize,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            head_bytes: 128 << 20,
            cache_bytes: 32 << 20,
            series_per_instance: index::DEFAULT_SERIES_PER_INSTANCE,
        }
    }
}

/// What the store says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreState {
    /// Series known.
    pub series: u64,
    /// Samples in memory, not yet sealed.
    pub head_samples: u64,
    /// What they take there, in bytes.
    pub head_bytes: u64,
    /// Bytes of the log.
    pub log_bytes: u64,
    /// Days of which samples are kept.
    pub days: u64,
    /// Of those, days that wait to be merged.
    pub unmerged_days: u64,
    /// Counts since the store was opened.
    pub counts: StoreCounts,
}

/// What happened since the store was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StoreCounts {
    /// Samples that were sealed.
    pub sealed_samples: u64,
    /// Samples that came after newer ones of their sender.
    pub late_samples: u64,
    /// Samples dropped because their series had one of the same timestamp.
    pub duplicate_samples: u64,
    /// Days that were merged.
    pub merges: u64,
    /// Chunks, rollups and records that could not be read.
    pub damaged: u64,
}

/// The store of one data directory.
pub struct Store {
    database: Database,
    log_folder: PathBuf,
    options: StoreOptions,
    /// Taken before `state`, never after it.
    writer: Mutex<Writer>,
    state: RwLock<State>,
    /// Held by whoever seals, merges or drops.
    maintenance: Mutex<()>,
    /// Told when memory is free again.
    sealed: Condvar,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    sealed_samples: AtomicU64,
    late_samples: AtomicU64,
    duplicate_samples: AtomicU64,
    merges: AtomicU64,
    damaged: AtomicU64,
}

/// What only the one who writes needs.
struct Writer {
    log: Log,
    poisoned: bool,
    /// Series with ids below this are in the log or sealed.
    logged_series: usize,
    /// Series with ids below this are sealed.
    saved_series: usize,
    sealed_at_ms: Option<i64>,
    meetings_expired_on: Option<days::Day>,
}

/// What readers share.
struct State {
    index: Index,
    boots: Boots,
    head: Head,
    /// The head that is being sealed, until its chunks can be read.
    sealing: Option<Sealing>,
    days: Days,
    periods: Periods,
}

/// How long an append waits for memory before it is refused.
const MEMORY_TIMEOUT: Duration = Duration::from_secs(20);

impl Store {
    /// Opens the store in `directory`, or makes it.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        Self::open_with(directory, StoreOptions::default())
    }

    /// Opens it with limits of one's own.
    pub fn open_with(directory: &Path, options: StoreOptions) -> Result<Self, StoreError> {
        open::open(directory, options)
    }

    /// The id of the series with exactly these labels; a new one if there is none yet.
    pub fn series_id(&self, labels: &Labels) -> Result<SeriesId, SeriesLimit> {
        let pairs: Vec<(&str, &str)> = labels.iter().collect();
        self.series_id_of(&pairs)
    }

    /// The same for names and values that are sorted by name, the metric's among them.
    pub fn series_id_of(&self, pairs: &[(&str, &str)]) -> Result<SeriesId, SeriesLimit> {
        let known = self.read().index.find(pairs);
        known.map_or_else(|| self.write().index.insert(pairs), Ok)
    }

    /// Makes frames durable, all or none, each exactly once; tells of each what became of it.
    ///
    /// Waits while memory is full of samples that are being sealed.
    pub fn append(&self, frames: &[FrameWrite]) -> Result<Vec<Appended>, StoreError> {
        let mut writer = self.wait_for_memory()?;
        let mut outcomes = Vec::with_capacity(frames.len());
        {
            let mut state = self.write();
            let State { index, boots, head, .. } = &mut *state;
            for id in writer.logged_series..index.len() {
                let id = SeriesId(id as u32);
                writer.log.stage_series(id, index.texts(id));
            }
            writer.logged_series = index.len();
            let mut own: std::collections::HashSet<&FrameId> = std::collections::HashSet::new();
            for frame in frames {
                let known = frame.id.as_ref().is_some_and(|id| boots.has(id) || !own.insert(id));
                outcomes.push(if known { Appended::Duplicate } else { Appended::Stored });
                if !known {
                    let layout = (head.layout(&frame.series), &*frame.series);
                    let row = (frame.timestamp_ms, &frame.values[..]);
                    writer.log.stage_row(frame.id.as_ref(), layout, row);
                }
            }
        }
        if !outcomes.contains(&Appended::Stored) {
            return Ok(outcomes);
        }
        self.commit(&mut writer)?;
        let mut state = self.write();
        let State { boots, head, .. } = &mut *state;
        for (frame, _) in frames.iter().zip(&outcomes).filter(|(_, o)| **o == Appended::Stored) {
            if let Some(id) = &frame.id {
                boots.insert(id, frame.timestamp_ms);
            }
            let layout = head.layout(&frame.series);
            head.add(layout, frame.timestamp_ms, &frame.values);
        }
        Ok(outcomes)
    }

    fn commit(&self, writer: &mut Writer) -> Result<(), StoreError> {
        let path = self.log_folder.clone();
        match writer.log.commit() {
            Written::Durable => Ok(()),
            Written::Refused(source) => {
                // The series go to the log again with the next frames.
                writer.logged_series = writer.saved_series;
                Err(StoreError::File { operation: "write the log in", path, source })
            }
            Written::Uncertain(source) => {
                writer.poisoned = true;
                Err(StoreError::File { operation: "sync the log in", path, source })
            }
        }
    }

    fn wait_for_memory(&self) -> Result<MutexGuard<'_, Writer>, StoreError> {
        let writer = self.writer();
        let too_much = |_: &mut Writer| {
            let state = self.read();
            state.sealing.is_some() && state.head.bytes() >= self.options.head_bytes
        };
        let waited = self.sealed.wait_timeout_while(writer, MEMORY_TIMEOUT, too_much);
        let (writer, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        if writer.poisoned {
            return Err(StoreError::Poisoned);
        }
        if waited.timed_out() {
            return Err(StoreError::Full { seconds: MEMORY_TIMEOUT.as_secs() });
        }
        Ok(writer)
    }

    /// Keeps a loss that an agent reports, once, however often it is reported.
    pub fn record_loss(&self, loss: &LostInterval) -> Result<Appended, StoreError> {
        let mut writer = self.writer();
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

    /// Keeps what agents say of meetings; of the same one the newest word of each boot.
    pub fn record_meetings(&self, meetings: &[Meeting]) -> Result<(), StoreError> {
        let mut writer = self.writer();
        if writer.poisoned {
            return Err(StoreError::Poisoned);
        }
        let mut batch = self.database.batch();
        for meeting in meetings {
            // A backlog comes behind what is live, and knows less.
            if meetings::is_news(&self.database, meeting)? {
                meetings::write(&self.database, &mut batch, meeting);
            }
        }
        let committed = database::commit(batch, "record meetings");
        writer.poisoned = committed.is_err();
        committed
    }

    /// The meetings of `instance` that touch `range`, by their start.
    pub fn meetings(&self, instance: &str, range: TimeRange) -> Result<Vec<Meeting>, StoreError> {
        meetings::read(&self.database, instance, range)
    }

    /// The sequences of `instance` that are durable, by boot. Only tests ask, to hold them against
    /// what agents sent.
    pub fn durable_frames(
        &self,
        instance: &str,
    ) -> Vec<(u64, headroom_proto::sequences::SequenceSet)> {
        self.read().boots.of(instance)
    }

    /// Whether memory is full enough to be sealed.
    pub fn is_full(&self) -> bool {
        let state = self.read();
        state.sealing.is_some() || state.head.bytes() >= self.options.head_bytes
    }

    /// Does what is due at a moment: seals, merges, rolls up, and drops what retention has passed.
    /// Ends between two days once `stop` says so.
    pub fn maintain(
        &self,
        due: (i64, Retention),
        stop: &dyn Fn() -> bool,
    ) -> Result<(), StoreError> {
        let _maintenance = self.maintenance();
        maintain::maintain(self, due, stop)
    }

    /// Seals the head now.
    pub fn seal(&self) -> Result<(), StoreError> {
        let _maintenance = self.maintenance();
        seal::seal(self)
    }

    /// Seals, merges and settles everything now.
    pub fn compact(&self, now_ms: i64) -> Result<(), StoreError> {
        let _maintenance = self.maintenance();
        maintain::compact(self, now_ms)
    }

    /// Hands out all that is stored, as it is at one moment; appends go on beside.
    pub fn snapshot<E: From<StoreError>>(
        &self,
        take: impl FnMut(SnapshotRow) -> Result<(), E>,
    ) -> Result<(), E> {
        snapshot::snapshot(self, take)
    }

    /// What the store says of itself.
    pub fn state(&self) -> StoreState {
        let log_bytes = self.writer().log.bytes();
        let state = self.read();
        let sealing = state.sealing.as_ref().map(|sealing| &sealing.head);
        let heads = || sealing.into_iter().map(|head| &**head).chain([&state.head]);
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let late: u64 = heads().map(Head::late).sum();
        StoreState {
            series: state.index.len() as u64,
            head_samples: heads().map(Head::samples).sum(),
            head_bytes: heads().map(Head::bytes).sum(),
            log_bytes,
            days: state.days.0.len() as u64,
            unmerged_days: state.days.0.values().filter(|day| day.fresh.is_some()).count() as u64,
            counts: StoreCounts {
                sealed_samples: count(&self.counts.sealed_samples),
                late_samples: count(&self.counts.late_samples) + late,
                duplicate_samples: count(&self.counts.duplicate_samples),
                merges: count(&self.counts.merges),
                damaged: count(&self.counts.damaged),
            },
        }
    }

    /// Bytes of the data directory on disk. Walks it.
    pub fn disk_bytes(&self) -> u64 {
        self.database.disk_bytes()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn maintenance(&self) -> MutexGuard<'_, ()> {
        self.maintenance.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sealing(&self) -> Option<Sealing> {
        self.read().sealing.clone()
    }

    fn count_sealed(&self, head: &Head, duplicates: u64) {
        let add = |count: &AtomicU64, amount| count.fetch_add(amount, Ordering::Relaxed);
        add(&self.counts.sealed_samples, head.samples());
        add(&self.counts.late_samples, head.late());
        add(&self.counts.duplicate_samples, duplicates);
        self.sealed.notify_all();
    }

    fn count_merged(&self, duplicates: u64) {
        self.counts.merges.fetch_add(1, Ordering::Relaxed);
        self.counts.duplicate_samples.fetch_add(duplicates, Ordering::Relaxed);
    }

    /// What is damaged is told and counted; the rest is served.
    fn note_damage(&self, what: &str) {
        self.counts.damaged.fetch_add(1, Ordering::Relaxed);
        tracing::error!("damaged: {what}; it is left out");
    }
}

#[cfg(test)]
mod tests;
