//! Appending: frames go to the log, and once they are durable to the head.

use std::collections::HashSet;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use super::head::{Head, HeadRow, Layout};
use super::lock::{self, read};
use super::log::Written;
use super::{Appended, FrameId, FrameWrite, SeriesId, Store, StoreError, Writer};

/// How long an append waits for memory before it is refused.
const MEMORY_TIMEOUT: Duration = Duration::from_secs(20);

/// Makes frames durable, all or none, each exactly once; tells of each what became of it.
pub fn append(store: &Store, frames: &[FrameWrite]) -> Result<Vec<Appended>, StoreError> {
    let mut writer = wait_for_memory(store)?;
    if writer.displaced {
        store.check_place(&mut writer)?;
    }
    // It is not sealed while the writer is locked.
    let head = Arc::clone(&store.read().head);
    stage_series(store, &mut writer);
    let layouts = stage(store, &mut writer, &head, frames);
    let outcome = |layout: &Option<Layout>| match layout {
        Some(_) => Appended::Stored,
        None => Appended::Duplicate,
    };
    let outcomes: Vec<Appended> = layouts.iter().map(outcome).collect();
    if !outcomes.contains(&Appended::Stored) {
        return Ok(outcomes);
    }
    commit(store, &mut writer)?;
    store.check_place(&mut writer)?;
    // Whoever opens a view meanwhile waits, and has all of these rows or none.
    let mut state = store.write();
    let stored = frames.iter().zip(&layouts).filter_map(|(frame, layout)| {
        let (timestamp_ms, values) = (frame.timestamp_ms, &frame.values[..]);
        Some((frame, HeadRow { layout: (*layout)?, timestamp_ms, values }))
    });
    for (frame, _) in stored.clone() {
        head.add_rounds(&frame.rounds);
        if let Some(id) = &frame.id {
            state.boots.insert(id, frame.timestamp_ms);
        }
    }
    head.add(stored.map(|(_, row)| row));
    Ok(outcomes)
}

/// Stages the series that no file of the log has yet.
fn stage_series(store: &Store, writer: &mut Writer) {
    let index = read(&store.index);
    for id in writer.logged_series..index.len() {
        let id = SeriesId(id as u32);
        writer.log.stage_series(id, index.texts(id));
    }
    writer.logged_series = index.len();
}

/// Stages the frames that are new; the answer has their layouts, and none for the others.
fn stage(
    store: &Store,
    writer: &mut Writer,
    head: &Head,
    frames: &[FrameWrite],
) -> Vec<Option<Layout>> {
    let mut own: HashSet<&FrameId> = HashSet::new();
    let is_known = |id| store.read().boots.has(id);
    let mut layouts = Vec::with_capacity(frames.len());
    for frame in frames {
        let known = frame.id.as_ref().is_some_and(|id| is_known(id) || !own.insert(id));
        layouts.push((!known).then(|| {
            let layout = head.layout(&frame.series);
            writer.log.stage_row(frame, layout);
            frame.rounds.iter().for_each(|round| writer.log.stage_round(round));
            layout
        }));
    }
    layouts
}

fn commit(store: &Store, writer: &mut Writer) -> Result<(), StoreError> {
    let path = store.log_folder.clone();
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

fn wait_for_memory(store: &Store) -> Result<MutexGuard<'_, Writer>, StoreError> {
    let writer = store.writer();
    let too_much = |_: &mut Writer| {
        let state = store.read();
        // Where a seal cannot begin, memory is bounded by as much as where one is under way.
        let most = store.options.head_bytes.saturating_mul(2 - u64::from(state.sealing.is_some()));
        state.head.size().bytes >= most
    };
    let waited = store.sealed.wait_timeout_while(writer, MEMORY_TIMEOUT, too_much);
    let (writer, waited) = waited.unwrap_or_else(|_| lock::broken());
    writer.check()?;
    if waited.timed_out() {
        return Err(StoreError::Full { seconds: MEMORY_TIMEOUT.as_secs() });
    }
    Ok(writer)
}
