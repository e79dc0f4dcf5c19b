//! The rollups of the database: a row for each series and day.
//!
//! Rows of 30 days share a keyspace, which is dropped whole when its retention has passed. The key
//! is the series' id and the day (u32 each, big endian).

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use fjall::{Keyspace, UserValue};

use super::database::{self, Database};
use super::day::{DAY_MS, Day};
use super::{SeriesId, StoreError};
use crate::samples::{Held, ReadError, Resolution, TimeRange};

/// How many days share a keyspace.
pub const PERIOD_DAYS: u32 = 30;

/// The keyspace of the rollups of a day.
pub fn name(resolution: Resolution, day: Day) -> String {
    format!("{}-{}", prefix(resolution), period(day))
}

fn prefix(resolution: Resolution) -> &'static str {
    match resolution {
        Resolution::Minutes => "minutes",
        Resolution::Hour => "hours",
    }
}

/// The number of the period that a day lies in.
pub fn period(day: Day) -> u32 {
    day.0 / PERIOD_DAYS
}

/// When a period ends, Unix time in milliseconds.
pub fn end_ms(period: u32) -> i64 {
    (i64::from(period) + 1) * i64::from(PERIOD_DAYS) * DAY_MS
}

/// The key of the rollups of a series on a day.
pub fn key(SeriesId(id): SeriesId, day: Day) -> Vec<u8> {
    [id.to_be_bytes(), day.0.to_be_bytes()].concat()
}

/// The keyspaces of rollups by period, the finer ones first.
#[derive(Clone, Default)]
pub struct Periods([BTreeMap<u32, Keyspace>; 2]);

/// The rollups of a series and day, as they are stored.
pub struct StoredRow {
    pub resolution: Resolution,
    pub bytes: UserValue,
}

/// Which rows of a series are wanted.
#[derive(Debug, Clone, Copy)]
pub struct WantedRows {
    pub id: SeriesId,
    pub range: TimeRange,
    pub resolution: Resolution,
}

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

    pub fn of(&mut self, resolution: Resolution) -> &mut BTreeMap<u32, Keyspace> {
        let [minutes, hours] = &mut self.0;
        match resolution {
            Resolution::Minutes => minutes,
            Resolution::Hour => hours,
        }
    }

    /// Whether there is anything of a series over the days of a range; what cannot be looked up
    /// may be there.
    pub fn has_any(&self, id: SeriesId, range: TimeRange) -> bool {
        let days = days(range);
        let mut keyspaces =
            self.0.iter().flat_map(|periods| touched(periods, &days)).map(|(_, keyspace)| keyspace);
        keyspaces.any(|keyspace| {
            let rows = keyspace.range(key(id, *days.start())..=key(id, *days.end()));
            rows.take(1).count() > 0
        })
    }

    /// The rows of a series over the days of a range, of a resolution or of a coarser one where
    /// those are gone. What cannot be read is told to `note`.
    pub fn rows(
        &self,
        wanted: WantedRows,
        memory: &mut Held<'_>,
        mut note: impl FnMut(StoreError),
    ) -> Result<BTreeMap<Day, StoredRow>, ReadError> {
        let days = days(wanted.range);
        let mut rows = BTreeMap::new();
        let fine_enough = Resolution::ALL.into_iter().zip(&self.0);
        // The coarser first, so that the finer one stays.
        for (resolution, periods) in fine_enough.filter(|(r, _)| *r >= wanted.resolution).rev() {
            for (_, keyspace) in touched(periods, &days) {
                let keys = key(wanted.id, *days.start())..=key(wanted.id, *days.end());
                for entry in keyspace.range(keys) {
                    match database::entry(entry, "read rollups") {
                        Ok((key, bytes)) => {
                            memory.more((size_of::<StoredRow>() + bytes.len()) as u64)?;
                            let day = key.last_chunk::<4>().map(|day| u32::from_be_bytes(*day));
                            rows.extend(day.map(|day| (Day(day), StoredRow { resolution, bytes })));
                        }
                        Err(error) => {
                            note(error);
                            break;
                        }
                    }
                }
            }
        }
        Ok(rows)
    }
}

/// The days that a range touches; none if it ends before it begins.
fn days(range: TimeRange) -> RangeInclusive<Day> {
    if range.from_ms > range.to_ms {
        return Day(1)..=Day(0);
    }
    Day::of(range.from_ms)..=Day::of(range.to_ms)
}

/// The keyspaces that hold some days.
fn touched<'p>(
    periods: &'p BTreeMap<u32, Keyspace>,
    days: &RangeInclusive<Day>,
) -> impl Iterator<Item = (&'p u32, &'p Keyspace)> + use<'p> {
    let (first, last) = (period(*days.start()), period(*days.end()));
    let none = days.is_empty();
    periods.range(first..=last.max(first)).filter(move |_| !none)
}
