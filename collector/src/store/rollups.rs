//! The rollups of the database: a row for each series and day, written once a day has settled.
//!
//! Rows of 30 days share a keyspace, which is dropped whole when its retention has passed. The key
//! is the series' id and the day (u32 each, big endian).

use std::collections::{BTreeMap, BTreeSet};

use fjall::{Keyspace, UserValue};

use super::database::{self, Database, Row};
use super::days::{self, DAY_MS, Day, DayState};
use super::head::Column;
use super::rollup;
use super::view::View;
use super::{SeriesId, Store, StoreError};
use crate::samples::{
    Bucket, BucketSeries, Budget, Detail, Figure, Figures, ReadError, Resolution, Selection,
    TimeRange,
};

const PERIOD_DAYS: u32 = 30;

fn prefix(resolution: Resolution) -> &'static str {
    match resolution {
        Resolution::Minutes => "minutes",
        Resolution::Hour => "hours",
    }
}

fn name(resolution: Resolution, day: Day) -> String {
    format!("{}-{}", prefix(resolution), period(day))
}

/// Writes the rollups of a merged day. The caller holds the maintenance lock.
pub fn roll(store: &Store, day: Day, state: &DayState) -> Result<(), StoreError> {
    let Some(merged) = &state.merged else { return Ok(()) };
    let database = &store.database;
    for resolution in Resolution::ALL {
        let keyspace = database.keyspace(&name(resolution, day))?;
        store.write().periods.of(resolution).insert(period(day), keyspace.clone());
        let rows = merged.iter().filter_map(|entry| roll_row(store, day, resolution, entry));
        database::write_in_bulk(&keyspace, rows)?;
    }
    days::note_rolled(database, day)?;
    store.write().days.entry(day).rolled = true;
    Ok(())
}

fn roll_row(
    store: &Store,
    day: Day,
    resolution: Resolution,
    entry: fjall::Guard,
) -> Option<Result<Row, StoreError>> {
    let (id, chunk) = match database::entry(entry, "read chunks to roll up") {
        Ok(row) => row,
        Err(error) => return Some(Err(error)),
    };
    let Some(column) = super::chunk::decode(&chunk) else {
        store.note_damage(&format!("chunk of series {id:?} on day {}", day.0));
        return None;
    };
    let series = id.first_chunk::<4>().map_or(0, |id| u32::from_be_bytes(*id));
    let key = key(SeriesId(series), day);
    let failed = |source| StoreError::Compress { series, first_ms: day.begin_ms(), source };
    let row = rollup::encode(&rollup::buckets(&column.column(), resolution));
    Some(row.map(|bytes| (key, bytes)).map_err(failed))
}

fn key(SeriesId(id): SeriesId, day: Day) -> Vec<u8> {
    [id.to_be_bytes(), day.0.to_be_bytes()].concat()
}

/// Drops the keyspaces that end before `oldest_ms`.
pub fn drop_expired(
    store: &Store,
    resolution: Resolution,
    oldest_ms: i64,
) -> Result<(), StoreError> {
    let expired =
        |period: u32| i64::from(period + 1) * i64::from(PERIOD_DAYS) * DAY_MS <= oldest_ms;
    let mut state = store.write();
    let gone: Vec<Keyspace> = {
        let periods = state.periods.of(resolution);
        let numbers: Vec<u32> = periods.keys().copied().filter(|number| expired(*number)).collect();
        numbers.into_iter().filter_map(|number| periods.remove(&number)).collect()
    };
    drop(state);
    gone.into_iter().try_for_each(|keyspace| store.database.drop_keyspace(keyspace))
}

/// The keyspaces of rollups by period, the finer ones first.
#[derive(Clone, Default)]
pub struct Periods([BTreeMap<u32, Keyspace>; 2]);

impl Periods {
    pub fn load(database: &Database) -> Result<Self, StoreError> {
        let mut periods = Self::default();
        for name in database.names() {
            for (resolution, found) in Resolution::ALL.into_iter().zip(&mut periods.0) {
                let number = name.strip_prefix(prefix(resolution));
                let number = number.and_then(|rest| rest.strip_prefix('-')?.parse().ok());
                if let Some(number) = number {
                    found.insert(number, database.keyspace(&name)?);
                }
            }
        }
        Ok(periods)
    }

    fn of(&mut self, resolution: Resolution) -> &mut BTreeMap<u32, Keyspace> {
        let [minutes, hours] = &mut self.0;
        match resolution {
            Resolution::Minutes => minutes,
            Resolution::Hour => hours,
        }
    }
}

/// The rollups as one read sees them.
pub struct Rollups<'s> {
    store: &'s Store,
    periods: Periods,
}

impl<'s> Rollups<'s> {
    pub fn new(store: &'s Store, periods: Periods) -> Self {
        Self { store, periods }
    }

    /// The days of which there may be rollups.
    pub fn days(&self, range: TimeRange) -> impl Iterator<Item = Day> {
        let periods: BTreeSet<u32> =
            self.periods.0.iter().flat_map(BTreeMap::keys).copied().collect();
        let days = periods.into_iter().flat_map(|p| p * PERIOD_DAYS..(p + 1) * PERIOD_DAYS);
        let (first, last) = (Day::of(range.from_ms), Day::of(range.to_ms));
        days.map(Day).filter(move |day| *day >= first && *day <= last)
    }

    /// The buckets of a day, each with its moments and its last sample: of `resolution`, or of a
    /// coarser one if those are gone.
    pub fn read(
        &self,
        id: SeriesId,
        day: Day,
        resolution: Resolution,
    ) -> Option<(Resolution, Vec<Bucket>)> {
        let rows = self.rows(id, day.span(), resolution);
        let (found, row) = rows.into_values().next()?;
        let last = Figures::of(&[Figure::Last]);
        Some((found, self.sound(id, day, rollup::decode(&row, last))?))
    }

    /// Whether there is anything of a series over the days of a range.
    pub fn has_any(&self, id: SeriesId, range: TimeRange) -> bool {
        let (first, last) = (Day::of(range.from_ms), Day::of(range.to_ms));
        let periods = self.periods.0.iter().flat_map(|all| all.range(period(first)..=period(last)));
        let mut keyspaces = periods.map(|(_, keyspace)| keyspace);
        keyspaces.any(|keyspace| keyspace.range(key(id, first)..=key(id, last)).next().is_some())
    }

    /// The rows of a series over the days of a range, as they are stored.
    pub fn rows(
        &self,
        id: SeriesId,
        range: TimeRange,
        resolution: Resolution,
    ) -> BTreeMap<Day, (Resolution, UserValue)> {
        let (first, last) = (Day::of(range.from_ms), Day::of(range.to_ms));
        let mut rows = BTreeMap::new();
        let fine_enough = Resolution::ALL.into_iter().zip(&self.periods.0);
        // The coarser first, so that the finer one stays.
        for (found, periods) in fine_enough.filter(|(found, _)| *found >= resolution).rev() {
            for keyspace in
                periods.range(period(first)..=period(last)).map(|(_, keyspace)| keyspace)
            {
                for entry in keyspace.range(key(id, first)..=key(id, last)) {
                    let Ok((key, row)) = database::entry(entry, "read rollups") else {
                        self.store.note_damage(&format!("rollups of series {}", id.0));
                        break;
                    };
                    if let Some(day) = key.last_chunk::<4>() {
                        rows.insert(Day(u32::from_be_bytes(*day)), (found, row));
                    }
                }
            }
        }
        rows
    }

    /// What a row held. What is damaged is left out, and counted.
    fn sound(&self, id: SeriesId, day: Day, buckets: Option<Vec<Bucket>>) -> Option<Vec<Bucket>> {
        if buckets.is_none() {
            self.store.note_damage(&format!("rollup of series {} on day {}", id.0, day.0));
        }
        buckets
    }
}

fn period(day: Day) -> u32 {
    day.0 / PERIOD_DAYS
}

/// The buckets of the series that match: from rollups where a day is rolled up, else from samples.
pub fn select(
    store: &Store,
    what: Selection<'_>,
    detail: Detail,
    budget: &Budget,
) -> Result<Vec<BucketSeries>, ReadError> {
    let range = what.range;
    let view = View::open(store, what.matchers, range);
    budget.series(view.series.len())?;
    let mut found = Vec::new();
    for (place, (_, labels)) in view.series.iter().enumerate() {
        let mut buckets = read_buckets(&view, place, range, detail);
        buckets.retain(|b: &Bucket| b.last_ms >= range.from_ms && b.begin_ms <= range.to_ms);
        budget.samples(buckets.len())?;
        if !buckets.is_empty() {
            let series = BucketSeries { labels: labels.clone(), buckets };
            budget.hold(series.bytes())?;
            found.push(series);
        }
    }
    found.sort_by(|a, b| a.labels.cmp(&b.labels));
    Ok(found)
}

fn read_buckets(view: &View<'_>, place: usize, range: TimeRange, detail: Detail) -> Vec<Bucket> {
    let (id, _) = view.series[place];
    let resolution = detail.resolution;
    let rows = view.rollups.rows(id, range, resolution);
    let row =
        |day: Day| view.rollups.sound(id, day, rollup::decode(&rows.get(&day)?.1, detail.figures));
    let sealed = view.days.iter().map(|(day, _)| *day);
    let days: BTreeSet<Day> =
        sealed.chain(view.head_days(place)).chain(rows.keys().copied()).collect();
    let mut buckets = Vec::new();
    // Days that are not rolled up are joined, so that slopes reach over midnight.
    let mut raw = Column::default();
    for day in days {
        let settled = view.day(day).is_none_or(|state| state.rolled && state.fresh.is_none());
        let stored = if settled && !view.has_recent(place, day) { row(day) } else { None };
        if let Some(stored) = stored {
            buckets.extend(rollup::buckets(&std::mem::take(&mut raw), resolution));
            buckets.extend(stored);
            continue;
        }
        let span = TimeRange {
            from_ms: day.span().from_ms.max(range.from_ms),
            to_ms: day.span().to_ms.min(range.to_ms),
        };
        let column = view.read_day(place, day, span);
        if column.timestamps.is_empty() {
            buckets.extend(row(day).unwrap_or_default());
        }
        raw.extend(column);
    }
    buckets.extend(rollup::buckets(&raw, resolution));
    buckets
}
