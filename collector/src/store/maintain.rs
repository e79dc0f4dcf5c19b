//! Upkeep: what is due is sealed, merged, rolled up and dropped.

use super::database;
use super::day::{ALL_TIME, DAY_MS, Day};
use super::days::{self, DayState};
use super::rounds::Oldest;
use super::{Store, StoreError, meetings, merge, rollups, rounds, seal};
use crate::samples::{Resolution, TimeRange};

/// How long samples and their rollups are kept, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Samples.
    pub raw_ms: i64,
    /// Rollups of 5 minutes.
    pub minutes_ms: i64,
    /// Rollups of an hour.
    pub hours_ms: i64,
    /// Rounds of pings.
    pub rounds_ms: i64,
}

/// What upkeep goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The moment it is done at, Unix time in milliseconds: by it, memory is sealed and days are
    /// merged, which loses nothing.
    pub now_ms: i64,
    /// The moment that is beyond doubt, at most that one: by it, days are rolled up and things are
    /// dropped. None of that happens without it.
    pub believed_ms: Option<i64>,
    /// How long things are kept.
    pub retention: Retention,
}

impl Due {
    /// All of it by one moment.
    pub fn at(now_ms: i64, retention: Retention) -> Self {
        Self { now_ms, believed_ms: Some(now_ms), retention }
    }
}

/// The head is sealed after this long.
const HEAD_AGE_MS: i64 = 2 * 3_600_000;

/// A head that reaches over a longer time is sealed when it has this part of its greatest size.
const HISTORY_PART: u64 = 8;

/// A day is merged this long after its end, when most agents have sent their backlog.
const MERGE_AFTER_MS: i64 = 3_600_000;

/// And rolled up this long after, so that a spool that was away for a day changes nothing.
const ROLL_AFTER_MS: i64 = 48 * 3_600_000;

/// A boot is remembered this long after its last frame, well beyond any spool's age.
const BOOT_AGE_MS: i64 = 60 * DAY_MS;

/// The most meetings that are forgotten on one day.
const EXPIRING_MEETINGS: usize = 100_000;

/// Does what is due, day by day until `stop` says so. The caller holds the maintenance lock.
pub fn maintain(store: &Store, due: Due, stop: &dyn Fn() -> bool) -> Result<(), StoreError> {
    let Due { now_ms, believed_ms, retention } = due;
    if store.is_full() || age_is_due(store, now_ms) || is_history(store) {
        seal::seal(store)?;
        store.writer().sealed_at_ms = Some(now_ms);
    }
    let believed = believed_ms.map(|now_ms| Believed { now_ms, retention });
    if let Some(believed) = believed {
        drop_expired(store, believed, stop)?;
    }
    // A day that an import fills is merged when that is done, not over and over.
    let merges = |day: Day, state: &DayState| {
        day.end_ms() + MERGE_AFTER_MS <= now_ms && !state.busy && !stop()
    };
    let rolls = |day: Day| {
        believed_ms.is_some_and(|now_ms| day.end_ms() + ROLL_AFTER_MS <= now_ms) && !stop()
    };
    merge_and_roll(store, merges, rolls)?;
    rounds::merge_all(store, |day| day.end_ms() + MERGE_AFTER_MS <= now_ms && !stop())?;
    store.write().days.0.values_mut().for_each(|day| day.busy = false);
    believed.map_or(Ok(()), |believed| forget(store, believed))
}

/// A moment beyond doubt, and how long things are kept.
#[derive(Clone, Copy)]
struct Believed {
    now_ms: i64,
    retention: Retention,
}

/// Forgets boots whose frames no longer come, and meetings of long ago.
fn forget(store: &Store, Believed { now_ms, retention }: Believed) -> Result<(), StoreError> {
    let mut batch = store.database.batch();
    store.write().boots.expire(now_ms - BOOT_AGE_MS, &store.database, &mut batch);
    // Once a day, since it looks at each of them.
    let today = Some(Day::of(now_ms));
    if std::mem::replace(&mut store.writer().meetings_expired_on, today) != today {
        let oldest_ms = now_ms - retention.minutes_ms;
        let database = &store.database;
        for key in meetings::expired(database, oldest_ms, EXPIRING_MEETINGS)? {
            batch.remove(&database.meetings, key);
        }
    }
    database::commit(batch, "forget old boots and meetings")
}

/// Seals all and merges every day, however young; rolls up those that `maintain` would.
pub fn compact(store: &Store, now_ms: i64) -> Result<(), StoreError> {
    seal::seal(store)?;
    merge_and_roll(store, |_, _| true, |day| day.end_ms() + ROLL_AFTER_MS <= now_ms)?;
    rounds::merge_all(store, |_| true)?;
    store.database.settle()
}

fn age_is_due(store: &Store, now_ms: i64) -> bool {
    let mut writer = store.writer();
    let sealed_at = *writer.sealed_at_ms.get_or_insert(now_ms);
    drop(writer);
    let head = store.read().head.size();
    // A clock that was set back since is no reason to wait.
    head.samples > 0 && now_ms.abs_diff(sealed_at) >= HEAD_AGE_MS.unsigned_abs()
}

/// Whether the head holds much of a long time, such as a history that came in at once: nobody waits
/// for more of it, and what is sealed is read faster and known not to change.
fn is_history(store: &Store) -> bool {
    let state = store.read();
    let long = state.head.reach().is_some_and(|reach| reach.to_ms - reach.from_ms > HEAD_AGE_MS);
    long && state.head.size().bytes >= store.options.head_bytes / HISTORY_PART
}

fn merge_and_roll(
    store: &Store,
    merges: impl Fn(Day, &DayState) -> bool,
    rolls: impl Fn(Day) -> bool,
) -> Result<(), StoreError> {
    let days: Vec<(Day, DayState)> = store.read().days.between(0, i64::MAX);
    for (day, _) in days {
        // Many days take long, and memory fills meanwhile.
        if store.is_full() {
            seal::seal(store)?;
        }
        let state = store.read().days.0.get(&day).cloned().unwrap_or_default();
        if state.fresh.is_some() && merges(day, &state) {
            merge::merge(store, day, &state)?;
        }
        let state = store.read().days.0.get(&day).cloned().unwrap_or_default();
        if state.merged.is_some() && state.fresh.is_none() && !state.rolled && rolls(day) {
            rollups::roll(store, day, &state)?;
        }
    }
    Ok(())
}

fn drop_expired(
    store: &Store,
    settled: Believed,
    stop: &dyn Fn() -> bool,
) -> Result<(), StoreError> {
    let Believed { now_ms, retention } = settled;
    let database = &store.database;
    let oldest_ms = now_ms - retention.raw_ms;
    // What is in memory of a day that goes would begin it anew once it is sealed: a day with few
    // samples, before which no rollup stands in.
    if holds_expired(store, oldest_ms) {
        seal::seal(store)?;
    }
    let days = store.read().days.between(0, i64::MAX);
    for (day, state) in days {
        if day.end_ms() > oldest_ms || stop() {
            break;
        }
        // What expires before it was ever rolled up is rolled up now.
        if state.fresh.is_some() {
            merge::merge(store, day, &state)?;
        }
        let state = store.read().days.0.get(&day).cloned().unwrap_or_default();
        if !state.rolled {
            rollups::roll(store, day, &state)?;
        }
        days::note_dropped(database, day)?;
        store.write().days.0.remove(&day);
        store.settlement.change();
        for keyspace in [state.merged, state.fresh].into_iter().flatten() {
            database.drop_keyspace(keyspace)?;
        }
    }
    let (rounds_ms, quantiles_ms) = (now_ms - retention.rounds_ms, now_ms - retention.hours_ms);
    rounds::drop_expired(store, Oldest { rounds_ms, quantiles_ms })?;
    rollups::drop_expired(store, Resolution::Minutes, now_ms - retention.minutes_ms)?;
    rollups::drop_expired(store, Resolution::Hour, now_ms - retention.hours_ms)
}

/// Whether memory has samples of days that have expired.
fn holds_expired(store: &Store, oldest_ms: i64) -> bool {
    let oldest = Day::of(oldest_ms);
    if oldest == Day(0) {
        return false;
    }
    let to_ms = oldest.begin_ms() - 1;
    let expired = TimeRange { to_ms, ..ALL_TIME };
    let state = store.read();
    let mut heads = state.sealing.iter().map(|sealing| &sealing.head).chain([&state.head]);
    heads.any(|head| head.has_any(expired))
}
