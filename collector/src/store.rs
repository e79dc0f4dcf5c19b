//! The embedded store: durable appends, and selects by matchers and time range.
//!
//! A frame is written to a log and synced before its append returns; its samples then live in the
//! head, in memory. Sealing turns the head into compressed chunks and deletes the log; merging makes
//! one chunk for each series and day; rollups keep what is left when samples expire. What is sealed
//! lies in a fjall database, which only this module knows. STORAGE_FORMAT.md has the bytes.
//!
//! The store never reads the clock, never speaks HTTP or gRPC, and never gives an absent sample a
//! value.

mod append;
mod boots;
mod buckets;
mod cardinality;
mod chunk;
mod database;
mod day;
mod days;
mod descriptions;
mod durability;
mod error;
mod gathered;
mod head;
mod index;
mod inspect;
mod ledger;
mod living;
mod lock;
mod log;
mod losses;
mod maintain;
mod meetings;
mod merge;
mod names;
mod numbers;
mod open;
mod pairs;
mod periods;
mod place;
mod presence;
mod read;
mod records;
mod rollup;
mod rollups;
mod room;
mod rounds;
mod rows;
mod seal;
mod search;
mod select;
mod settled;
mod snapshot;
mod state;
mod stretch;
mod symbols;
mod view;
mod wanted;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

use headroom_proto::panics::Whole;

use self::boots::Boots;
pub use self::boots::FrameId;
pub use self::cardinality::{Amount, Cardinality};
use self::database::Database;
use self::day::Day;
use self::days::Days;
use self::descriptions::Descriptions;
pub use self::descriptions::{Description, MetricType, Word};
use self::durability::Durability;
pub use self::durability::NotDurable;
pub use self::error::StoreError;
use self::head::Head;
use self::index::Index;
pub use self::inspect::{Inspected, inspect_chunk, inspect_rollup};
pub use self::ledger::{Glance, Kept, LedgerRow, Order, Shelf};
pub use self::living::{Claim, SeriesLimit, SeriesLimits};
use self::lock::{lock, read, write};
use self::log::Log;
pub use self::losses::LostInterval;
pub use self::maintain::{Due, Retention};
pub use self::meetings::{Marks, Meeting, Use};
use self::periods::Periods;
use self::place::Place;
pub use self::records::Records;
use self::rounds::RoundTables;
pub use self::rounds::{
    PathRound, ProbedPath, QUANTILES, RoundWrite, SmokeHour, Tally, WantedRounds, quantile_place,
};
use self::seal::Sealing;
use self::settled::Settlement;
pub use self::snapshot::{ArchiveError, ArchiveReader, ArchiveWriter, SnapshotRow, restore};
use self::state::Counters;
pub use self::state::{StoreCounts, StoreState};
use crate::samples::Labels;

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
    /// Rounds of pings that came with them.
    pub rounds: Vec<RoundWrite>,
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
    /// How many series there may be, and how large their names.
    pub series: SeriesLimits,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            head_bytes: 128 << 20,
            cache_bytes: 32 << 20,
            series: SeriesLimits { per_instance: 50_000, all: 2_000_000, label_bytes: 256 << 20 },
        }
    }
}

/// The store of one data directory.
pub struct Store {
    database: Database,
    place: Place,
    durability: Durability,
    log_folder: PathBuf,
    options: StoreOptions,
    /// Taken before `state`, never after it.
    writer: Mutex<Writer>,
    /// Taken before the lock of a head, never after it.
    state: RwLock<State>,
    /// It only grows. No lock is taken while it is held.
    index: RwLock<Index>,
    /// No lock is taken while it is held.
    descriptions: RwLock<Descriptions>,
    /// Held by whoever seals, merges or drops; taken before all others.
    maintenance: Mutex<()>,
    /// Told when memory is free again.
    sealed: Condvar,
    counters: Counters,
    settlement: Settlement,
    newest_at_open_ms: Option<i64>,
}

/// What only the one who writes needs.
struct Writer {
    log: Log,
    poisoned: bool,
    /// The place was not there when somebody looked last.
    displaced: bool,
    /// Series with ids below this are in the log or sealed.
    logged_series: usize,
    /// Series with ids below this are sealed.
    saved_series: usize,
    sealed_at_ms: Option<i64>,
    meetings_expired_on: Option<Day>,
}

/// What readers share. It is locked for short turns, never while samples are read.
struct State {
    boots: Boots,
    head: Arc<Head>,
    /// The head that is being sealed, until its chunks can be read.
    sealing: Option<Sealing>,
    /// Chunks up to this generation can be read; of later ones the heads have the samples.
    sealed: u32,
    days: Days,
    periods: Periods,
    rounds: RoundTables,
}

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
        self.series_id_of(&pairs, Claim::Own)
    }

    /// The same for names and values that are sorted by name, the metric's among them.
    pub fn series_id_of(
        &self,
        pairs: &[(&str, &str)],
        claim: Claim,
    ) -> Result<SeriesId, SeriesLimit> {
        {
            let index = read(&self.index);
            if let Some(known) = index.find(pairs) {
                return Ok(known);
            }
            // Whoever offers more than there is room for holds up nobody.
            index.check_room(pairs, claim)?;
        }
        write(&self.index).insert(pairs, claim)
    }

    /// Looks which series live at a moment: those that others would need the room of.
    fn look_at_living(&self, now_ms: i64) {
        // What is about to leave memory is looked at while it is there.
        if !self.is_full() && !read(&self.index).living().is_due(now_ms) {
            return;
        }
        let heads: Vec<Arc<Head>> = {
            let state = self.read();
            state
                .sealing
                .iter()
                .map(|sealing| &sealing.head)
                .chain([&state.head])
                .cloned()
                .collect()
        };
        let present: Vec<SeriesId> = heads.iter().flat_map(|head| head.series()).collect();
        write(&self.index).look_at_living(now_ms, &present);
    }

    /// Makes frames durable, all or none, each exactly once; tells of each what became of it.
    ///
    /// Waits while memory is full of samples that are being sealed.
    pub fn append(&self, frames: &[FrameWrite]) -> Result<Vec<Appended>, StoreError> {
        let _whole = Whole::begin("appending to the store");
        let appended = append::append(self, frames);
        self.durability.wrote(&appended);
        appended
    }

    /// Keeps a loss that an agent reports, once, however often it is reported.
    pub fn record_loss(&self, loss: &LostInterval) -> Result<Appended, StoreError> {
        let _whole = Whole::begin("recording a loss");
        let mut writer = self.writer();
        writer.check()?;
        let known = rows::at_key_of(&self.database, loss)?;
        if self.read().boots.has_all(loss) || known.as_ref() == Some(loss) {
            return Ok(Appended::Duplicate);
        }
        let mut batch = self.database.batch();
        rows::put(&self.database, &mut batch, loss);
        let committed = database::commit(batch, "record a loss");
        writer.poisoned = committed.is_err();
        committed.and_then(|()| self.check_place(&mut writer)).map(|()| Appended::Stored)
    }

    /// Keeps what agents say of meetings; of the same one the newest word of each boot.
    pub fn record_meetings(&self, meetings: &[Meeting]) -> Result<(), StoreError> {
        let _whole = Whole::begin("recording meetings");
        let mut writer = self.writer();
        writer.check()?;
        let mut batch = self.database.batch();
        for meeting in meetings {
            // A backlog comes behind what is live, and knows less.
            if meetings::is_news(&self.database, meeting)? {
                rows::put(&self.database, &mut batch, meeting);
            }
        }
        let committed = database::commit(batch, "record meetings");
        writer.poisoned = committed.is_err();
        committed.and_then(|()| self.check_place(&mut writer))
    }

    /// Writes rows of the ledger, all or none.
    pub fn note(&self, rows: &[LedgerRow]) -> Result<(), StoreError> {
        let _whole = Whole::begin("writing the ledger");
        let mut writer = self.writer();
        writer.check()?;
        let mut batch = self.database.batch();
        for row in rows {
            ledger::put(&self.database, &mut batch, row);
        }
        let committed = database::commit(batch, "write the ledger");
        writer.poisoned = committed.is_err();
        committed.and_then(|()| self.check_place(&mut writer))
    }

    /// What a word on a metric is beside what is known of it.
    pub fn judge(&self, word: &Description) -> Word {
        read(&self.descriptions).judge(word)
    }

    /// Keeps what is new of metrics.
    pub fn describe(&self, words: &[Description]) -> Result<(), StoreError> {
        let _whole = Whole::begin("describing metrics");
        let mut writer = self.writer();
        writer.check()?;
        let news = read(&self.descriptions).news(words);
        if news.is_empty() {
            return Ok(());
        }
        let mut batch = self.database.batch();
        for word in &news {
            descriptions::put(&self.database, &mut batch, word);
        }
        let committed = database::commit(batch, "describe metrics");
        writer.poisoned = committed.is_err();
        committed.and_then(|()| self.check_place(&mut writer))?;
        write(&self.descriptions).take(news);
        Ok(())
    }

    /// The newest moment of which something was stored when this was opened, about.
    pub fn newest_at_open_ms(&self) -> Option<i64> {
        self.newest_at_open_ms
    }

    /// Whether memory is full enough to be sealed.
    pub fn is_full(&self) -> bool {
        let state = self.read();
        state.sealing.is_some() || state.head.size().bytes >= self.options.head_bytes
    }

    /// Does what is due at a moment: seals, merges, rolls up, and drops what retention has passed.
    /// Ends between two days once `stop` says so.
    pub fn maintain(&self, due: Due, stop: &dyn Fn() -> bool) -> Result<(), StoreError> {
        let _whole = Whole::begin("upkeep of the store");
        self.look_at_living(due.now_ms);
        let _maintenance = self.maintenance();
        self.place.check()?;
        maintain::maintain(self, due, stop)
    }

    /// Seals the head now.
    pub fn seal(&self) -> Result<(), StoreError> {
        let _whole = Whole::begin("sealing");
        let _maintenance = self.maintenance();
        self.place.check()?;
        seal::seal(self)
    }

    /// Seals, merges and settles everything now.
    pub fn compact(&self, now_ms: i64) -> Result<(), StoreError> {
        let _whole = Whole::begin("upkeep of the store");
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

    /// Bytes of the data directory on disk. Walks it.
    pub fn disk_bytes(&self) -> u64 {
        self.database.disk_bytes()
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        read(&self.state)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        write(&self.state)
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        lock(&self.writer)
    }

    /// Looks whether what was just written can be found again: nothing is acknowledged before.
    fn check_place(&self, writer: &mut Writer) -> Result<(), StoreError> {
        let found = self.place.check().and_then(|()| writer.log.check());
        writer.displaced = found.is_err();
        found
    }

    fn maintenance(&self) -> MutexGuard<'_, ()> {
        lock(&self.maintenance)
    }
}

impl Writer {
    /// Fails after a write did whose outcome nobody knows.
    fn check(&self) -> Result<(), StoreError> {
        if self.poisoned { Err(StoreError::Poisoned) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
