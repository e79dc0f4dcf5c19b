//! Opening: the index, the frames seen and the days from the database, the head from the logs.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, RwLock};

use super::boots::Boots;
use super::database::Database;
use super::days::Days;
use super::head::{Head, Layout};
use super::index::Index;
use super::log::{self, Log, Record};
use super::rollups::Periods;
use super::{Counts, FrameId, State, Store, StoreError, StoreOptions, Writer};

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
    let mut index = Index::new(options.series_per_instance);
    let mut damaged = index.load(&database)?;
    let saved_series = index.len();
    let boots = Boots::load(&database)?;
    let days = Days::load(&database)?;
    let periods = Periods::load(&database)?;
    let mut state = State { index, boots, head: Head::default(), sealing: None, days, periods };
    let sealed = database.meta_number(log::SEALED)?.unwrap_or(0);
    log::remove_sealed(&log_folder, sealed)?;
    let mut newest = sealed;
    for generation in log::generations(&log_folder)? {
        damaged += replay(&mut state, &log_folder, generation)?;
        newest = newest.max(generation);
    }
    let log = Log::begin(&log_folder, newest + 1)?;
    let writer =
        // What only older logs have is written again to this one, so that each seal is whole.
        Writer {
            log,
            poisoned: false,
            logged_series: state.index.len(),
            saved_series,
            sealed_at_ms: None,
            meetings_expired_on: None,
        };
    let counts = Counts::default();
    counts.damaged.store(damaged, std::sync::atomic::Ordering::Relaxed);
    Ok(Store {
        database,
        log_folder,
        options,
        writer: Mutex::new(writer),
        state: RwLock::new(state),
        maintenance: Mutex::new(()),
        sealed: Condvar::new(),
        counts,
    })
}

/// Takes what a log holds into the head; tells how many records were damaged.
fn replay(state: &mut State, folder: &Path, generation: u32) -> Result<u64, StoreError> {
    let mut layouts: HashMap<u32, (Layout, usize)> = HashMap::new();
    let mut runs: HashMap<u32, (Arc<str>, u64)> = HashMap::new();
    let mut orphans = 0;
    let replayed = log::replay(folder, generation, |record| match record {
        Record::Series { id, pairs } => state.index.restore(id, &pairs),
        Record::Layout { number, series } => {
            let series: Arc<[_]> = series.into();
            layouts.insert(number, (state.head.layout(&series), series.len()));
        }
        Record::Run { number, boot, instance } => {
            runs.insert(number, (instance.into(), boot));
        }
        Record::Row { run, sequence, timestamp_ms, layout, values } => {
            let known = layouts.get(&layout).filter(|(_, width)| *width == values.len());
            let named = run.map(|run| runs.get(&run));
            let (Some((layout, _)), true) = (known, named != Some(None)) else {
                orphans += 1;
                return;
            };
            if let Some(Some((instance, boot))) = named {
                let id = FrameId { instance: Arc::clone(instance), boot: *boot, sequence };
                state.boots.insert(&id, timestamp_ms);
            }
            state.head.add(*layout, timestamp_ms, &values);
        }
    })?;
    let damaged = replayed.damaged + orphans;
    if damaged > 0 {
        let path = folder.display();
        tracing::error!("log {generation} in {path}: {damaged} records are damaged and left out");
    }
    if replayed.torn_bytes > 0 {
        let bytes = replayed.torn_bytes;
        tracing::info!("log {generation} ends in {bytes} bytes that were never acknowledged");
    }
    Ok(damaged)
}
