//! Opening: the index, the frames seen and the days from the database, the head from the logs.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, RwLock};

use super::boots::Boots;
use super::database::Database;
use super::day::Day;
use super::days::Days;
use super::descriptions::Descriptions;
use super::durability::Durability;
use super::head::{Head, HeadRow, Layout};
use super::index::Index;
use super::log::{self, Log, LoggedRow, Record};
use super::periods::Periods;
use super::place::Place;
use super::rounds::{RoundTables, RoundWrite};
use super::{Counters, FrameId, Settlement, State, Store, StoreError, StoreOptions, Writer};

pub fn open(directory: &Path, options: StoreOptions) -> Result<Store, StoreError> {
    let log_folder = directory.join("log");
    if log_folder.exists() {
        log::refuse_later(&log_folder)?;
    }
    let database = Database::open(directory, options.cache_bytes)?;
    std::fs::create_dir_all(&log_folder).map_err(|source| StoreError::File {
        operation: "create",
        path: log_folder.clone(),
        source,
    })?;
    let mut index = Index::new(options.series);
    let counters = Counters::default();
    let nameless = index.load(&database)?;
    if nameless > 0 {
        counters.damaged(nameless, &format!("{nameless} names of series"));
    }
    let saved_series = index.len();
    let descriptions = Descriptions::load(&database, &counters)?;
    let boots = Boots::load(&database)?;
    let days = Days::load(&database)?;
    let periods = Periods::load(&database)?;
    let rounds = RoundTables::load(&database)?;
    let sealed = database.meta_number(log::SEALED)?.unwrap_or(0);
    log::remove_sealed(&log_folder, sealed)?;
    let mut replay = Replay { index, boots, head: Head::default() };
    let mut newest = sealed;
    for generation in log::generations(&log_folder)? {
        let damaged = replay.file(&log_folder, generation)?;
        if damaged > 0 {
            counters.damaged(damaged, &format!("{damaged} records of log {generation}"));
        }
        newest = newest.max(generation);
    }
    let Replay { index, boots, head } = replay;
    // Of a day that is sealed, only its beginning is known without a look.
    let last_day = days.0.keys().next_back().copied().into_iter().chain(head.days()).max();
    let newest_at_open_ms = boots.newest_ms().max(last_day.map(Day::begin_ms));
    let place = Place::of(directory)?;
    let log = Log::begin(&log_folder, newest + 1)?;
    let writer = writer(log, saved_series..index.len());
    let state = State {
        boots,
        head: Arc::new(head),
        sealing: None,
        // A seal that a crash cut short may have left chunks of what the logs still hold.
        sealed: newest,
        days,
        periods,
        rounds,
    };
    Ok(Store {
        database,
        place,
        durability: Durability::default(),
        log_folder,
        options,
        writer: Mutex::new(writer),
        index: RwLock::new(index),
        descriptions: RwLock::new(descriptions),
        state: RwLock::new(state),
        maintenance: Mutex::new(()),
        sealed: Condvar::new(),
        counters,
        settlement: Settlement::default(),
        newest_at_open_ms,
    })
}

/// What only the one who writes needs; series from the first of the range on are not sealed yet.
fn writer(log: Log, series: std::ops::Range<usize>) -> Writer {
    Writer {
        log,
        poisoned: false,
        displaced: false,
        // Those that only older files have are sealed before these go.
        logged_series: series.end,
        saved_series: series.start,
        sealed_at_ms: None,
        meetings_expired_on: None,
    }
}

/// What the logs hold, on its way into memory.
struct Replay {
    index: Index,
    boots: Boots,
    head: Head,
}

/// A layout of a file, as the head numbers it.
#[derive(Clone, Copy)]
struct Described {
    layout: Layout,
    width: usize,
}

/// What one file says of the numbers in its rows.
#[derive(Default)]
struct Numbers {
    layouts: HashMap<u32, Described>,
    runs: HashMap<u32, Run>,
}

/// A run of an agent.
struct Run {
    instance: Arc<str>,
    boot: u64,
}

impl Replay {
    /// Takes what a file holds; tells how many records were damaged.
    fn file(&mut self, folder: &Path, generation: u32) -> Result<u64, StoreError> {
        let mut numbers = Numbers::default();
        let mut orphans = 0;
        let replayed = log::replay(folder, generation, |record| match record {
            Record::Series { id, pairs } => {
                orphans += u64::from(!self.index.restore(id, &pairs));
            }
            Record::Layout { series, .. } if !series.iter().all(|id| self.index.may_have(*id)) => {
                orphans += 1;
            }
            Record::Layout { number, series } => {
                let series: Arc<[_]> = series.into();
                let (layout, width) = (self.head.layout(&series), series.len());
                numbers.layouts.insert(number, Described { layout, width });
            }
            Record::Run { number, boot, instance } => {
                numbers.runs.insert(number, Run { instance: instance.into(), boot });
            }
            Record::Round { path, .. } if !self.index.may_have(path) => orphans += 1,
            Record::Round { path, round } => self.head.add_rounds([&RoundWrite { path, round }]),
            Record::Row(row) => {
                if self.row(&row, &numbers).is_none() {
                    orphans += 1;
                }
            }
        })?;
        let damaged = replayed.damaged + orphans;
        if damaged > 0 {
            let path = folder.display();
            tracing::error!(
                "log {generation} in {path}: {damaged} records are damaged and left out"
            );
        }
        if replayed.torn_bytes > 0 {
            let bytes = replayed.torn_bytes;
            tracing::warn!(
                "log {generation} ends in {bytes} bytes that are no whole record: a sudden death leaves \
                 them before they are acknowledged, a failing disk also after"
            );
        }
        Ok(damaged)
    }

    /// Takes a row; nothing if what describes it is missing.
    fn row(&mut self, row: &LoggedRow<Vec<f64>>, numbers: &Numbers) -> Option<()> {
        let Described { layout, width } = *numbers.layouts.get(&row.layout)?;
        let run = match row.run {
            Some(run) => Some(numbers.runs.get(&run)?),
            None => None,
        };
        if width != row.values.len() {
            return None;
        }
        if let Some(Run { instance, boot }) = run {
            let instance = Arc::clone(instance);
            let id = FrameId { instance, boot: *boot, sequence: row.sequence };
            self.boots.insert(&id, row.timestamp_ms);
        }
        let timestamp_ms = row.timestamp_ms;
        self.head.add([HeadRow { layout, timestamp_ms, values: &row.values }]);
        Some(())
    }
}
