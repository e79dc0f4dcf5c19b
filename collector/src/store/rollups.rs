//! The rollups of the database: a row for each series and day, written once a day has settled.
//!
//! Rows of 30 days share a keyspace, which is dropped whole when its retention has passed. The key
//! is the series' id and the day (u32 each, big endian).

use fjall::Keyspace;

use super::database::{self, Row};
use super::days::{self, DAY_MS, Day, DayState};
use super::head::Column;
use super::labels::Labels;
use super::matcher::Matcher;
use super::rollup::{self, Bucket, Resolution};
use super::select::{self, TimeRange};
use super::{SeriesId, Store, StoreError};

const PERIOD_DAYS: u32 = 30;

/// One series with its buckets in time order.
#[derive(Debug, Clone)]
pub struct BucketSeries {
    /// What names it.
    pub labels: Labels,
    /// Of the resolution that was asked for, or coarser where no finer are kept.
    pub buckets: Vec<Bucket>,
}

impl Resolution {
    fn prefix(self) -> &'static str {
        match self {
            Self::Minutes => "minutes",
            Self::Hour => "hours",
        }
    }

    fn name(self, day: Day) -> String {
        format!("{}-{}", self.prefix(), day.0 / PERIOD_DAYS)
    }
}

/// Writes the rollups of a merged day. The caller holds the maintenance lock.
pub fn roll(store: &Store, day: Day, state: &DayState) -> Result<(), StoreError> {
    let Some(merged) = &state.merged else { return Ok(()) };
    let database = &store.database;
    for resolution in Resolution::ALL {
        let keyspace = database.keyspace(&resolution.name(day))?;
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
    let row = rollup::encode(&rollup::buckets(&column, resolution));
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
    for (period, keyspace) in periods(store, resolution)? {
        if (i64::from(period) + 1) * i64::from(PERIOD_DAYS) * DAY_MS <= oldest_ms {
            store.database.drop_keyspace(keyspace)?;
        }
    }
    Ok(())
}

fn periods(store: &Store, resolution: Resolution) -> Result<Vec<(u32, Keyspace)>, StoreError> {
    let mut found = Vec::new();
    for name in store.database.names() {
        let number = name.strip_prefix(resolution.prefix()).and_then(|rest| rest.strip_prefix('-'));
        if let Some(number) = number.and_then(|number| number.parse().ok()) {
            found.push((number, store.database.keyspace(&name)?));
        }
    }
    found.sort_by_key(|(period, _)| *period);
    Ok(found)
}

/// The rollups of a span of time, opened for reading.
pub struct Rollups<'s> {
    store: &'s Store,
    /// The finer first.
    periods: [Vec<(u32, Keyspace)>; 2],
}

impl<'s> Rollups<'s> {
    pub fn open(store: &'s Store) -> Result<Self, StoreError> {
        let [minutes, hours] = Resolution::ALL;
        Ok(Self { store, periods: [periods(store, minutes)?, periods(store, hours)?] })
    }

    /// The days of which there may be rollups of `resolution` or coarser.
    pub fn days(&self, range: TimeRange) -> impl Iterator<Item = Day> {
        let periods = self.periods.iter().flatten().map(|(period, _)| *period);
        let periods: std::collections::BTreeSet<u32> = periods.collect();
        let days = periods.into_iter().flat_map(|p| p * PERIOD_DAYS..(p + 1) * PERIOD_DAYS);
        let (first, last) = (Day::of(range.from_ms), Day::of(range.to_ms));
        days.map(Day).filter(move |day| *day >= first && *day <= last)
    }

    /// The buckets of a day: of `resolution`, or of a coarser one if those are gone.
    pub fn read(
        &self,
        id: SeriesId,
        day: Day,
        resolution: Resolution,
    ) -> Option<(Resolution, Vec<Bucket>)> {
        let fine_enough = Resolution::ALL.into_iter().zip(&self.periods);
        for (found, periods) in fine_enough.filter(|(found, _)| *found >= resolution) {
            let period = day.0 / PERIOD_DAYS;
            let Ok(place) = periods.binary_search_by_key(&period, |(period, _)| *period) else {
                continue;
            };
            let row = match periods[place].1.get(key(id, day)) {
                Ok(Some(row)) => rollup::decode(&row),
                Ok(None) => continue,
                Err(_) => None,
            };
            match row {
                Some(buckets) => return Some((found, buckets)),
                None => {
                    self.store.note_damage(&format!("rollup of series {} on day {}", id.0, day.0));
                }
            }
        }
        None
    }
}

/// The buckets of the series that match: from rollups where a day is rolled up, else from samples.
pub fn select(
    store: &Store,
    matchers: &[Matcher],
    range: TimeRange,
    resolution: Resolution,
) -> Result<Vec<BucketSeries>, StoreError> {
    let rollups = Rollups::open(store)?;
    let view = select::View::open(store, matchers, range);
    let mut found = Vec::new();
    for (place, (id, labels)) in view.series.iter().enumerate() {
        let mut buckets = Vec::new();
        // Days that are not rolled up are joined, so that slopes reach over midnight.
        let mut raw = Column::default();
        let days = view.days.iter().map(|(day, _)| *day).chain(view.head_days());
        let days: std::collections::BTreeSet<Day> = days.chain(rollups.days(range)).collect();
        for day in days {
            let state = view.day(day);
            let settled = state.is_none_or(|state| state.rolled && state.fresh.is_none());
            let late = view.has_recent(place, day);
            let row = if settled && !late { rollups.read(*id, day, resolution) } else { None };
            if let Some((_, row)) = row {
                buckets.extend(rollup::buckets(&std::mem::take(&mut raw), resolution));
                buckets.extend(row);
            } else {
                let span = TimeRange {
                    from_ms: day.begin_ms().max(range.from_ms),
                    to_ms: (day.end_ms() - 1).min(range.to_ms),
                };
                let column = view.read_day(place, day, span);
                if column.timestamps.is_empty() && !settled {
                    let stored = rollups.read(*id, day, resolution);
                    buckets.extend(stored.map(|(_, row)| row).unwrap_or_default());
                }
                raw.extend(column);
            }
        }
        buckets.extend(rollup::buckets(&raw, resolution));
        buckets.retain(|b: &Bucket| b.last_ms >= range.from_ms && b.begin_ms <= range.to_ms);
        if !buckets.is_empty() {
            found.push(BucketSeries { labels: labels.clone(), buckets });
        }
    }
    found.sort_by(|a, b| a.labels.cmp(&b.labels));
    Ok(found)
}
