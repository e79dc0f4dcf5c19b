//! What a read sees: all that was there at one moment, by reference.
//!
//! A view is opened under the lock for a short turn and holds heads, days and periods; samples are
//! copied when a series is read. Of each frame it has all samples or none, whatever is appended or
//! sealed meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use headroom_proto::chain::Chain;

use super::day::Day;
use super::days::DayState;
use super::gathered::Gathered;
use super::head::{Head, HeadView, Recent};
use super::lock::read;
use super::periods::{Periods, StoredRow, WantedRows};
use super::search::search;
use super::{SeriesId, Store, StoreError, chunk, rollup};
use crate::samples::{
    Bucket, Budget, Figures, Held, Labels, ReadError, Resolution, Selection, TimeRange,
};

/// What a read sees.
pub struct View<'s, 'b> {
    store: &'s Store,
    budget: &'b Budget,
    /// The series that match.
    pub series: Vec<SeriesId>,
    /// The days of the range that have chunks.
    pub days: Vec<(Day, DayState)>,
    /// The first day of which samples are kept.
    pub oldest_raw: Option<Day>,
    periods: Periods,
    /// The one that is being sealed before the one that grows.
    pub heads: Vec<HeadView>,
    /// Chunks of later generations hold what the heads have.
    sealed: u32,
    /// The memory of the ids.
    _memory: Held<'b>,
}

impl<'s, 'b> View<'s, 'b> {
    /// Opens a view of the series that match, at one moment.
    pub fn open(
        store: &'s Store,
        what: Selection<'_>,
        budget: &'b Budget,
    ) -> Result<Self, ReadError> {
        let view = Self::of_none(store, what.range, budget)?;
        // Behind the heads: each series that they hold is in the index by now.
        let (series, memory) = search(&store.index, what.matchers, budget)?;
        Ok(Self { series, _memory: memory, ..view })
    }

    /// Opens a view of a range, for a reader who looks for the series on the way.
    pub fn of_none(
        store: &'s Store,
        range: TimeRange,
        budget: &'b Budget,
    ) -> Result<Self, ReadError> {
        budget.check()?;
        let state = store.read();
        let days = state.days.between(range.from_ms, range.to_ms);
        let oldest_raw = state.days.0.keys().next().copied();
        let periods = state.periods.clone();
        let sealing = state.sealing.iter().map(|sealing| &sealing.head);
        let heads = sealing.chain([&state.head]).map(Head::view).collect();
        let sealed = state.sealed;
        drop(state);
        Ok(Self {
            store,
            budget,
            series: Vec::new(),
            days,
            oldest_raw,
            periods,
            heads,
            sealed,
            _memory: Held::nothing(budget),
        })
    }

    /// What the read may take.
    pub fn budget(&self) -> &'b Budget {
        self.budget
    }

    /// The labels of a series; none if their record was damaged. Their memory stays held.
    pub fn labels(&self, id: SeriesId) -> Result<Option<Labels>, ReadError> {
        let index = read(&self.store.index);
        self.budget.hold(index.labels_bytes(id))?;
        Ok(index.labels(id))
    }

    pub fn day(&self, day: Day) -> Option<&DayState> {
        let place = self.days.binary_search_by_key(&day, |(day, _)| *day).ok()?;
        Some(&self.days[place].1)
    }

    /// The days that have samples of a series in a range, or may have.
    pub fn days_with(&self, recent: &Recents<'_>, range: TimeRange) -> BTreeSet<Day> {
        let mut days = recent.days(range);
        days.extend(self.days.iter().map(|(day, _)| *day));
        days
    }

    /// What the heads have of a series.
    pub fn recent(&self, id: SeriesId) -> Result<Recents<'b>, ReadError> {
        let heads: Vec<Recent> = self.heads.iter().map(|head| head.recent(id)).collect();
        let memory = self.budget.lend(heads.iter().map(Recent::bytes).sum())?;
        Ok(Recents { heads, _memory: memory })
    }

    /// Adds the samples of a series on a day, ordered by time: of those that are sealed what lies
    /// in the windows, of recent ones what lies in the range.
    pub fn read_day(
        &self,
        part: DayPart<'_>,
        recent: &Recents<'_>,
        into: &mut Gathered<'b>,
    ) -> Result<(), ReadError> {
        let begin = into.stretch.len();
        if !part.windows.is_empty() {
            self.read_sealed(part, into)?;
        }
        recent.read(part.range, into)?;
        into.settle_from(begin)
    }

    /// Adds the sealed samples of a series on a day that lie in the windows, in order of arrival.
    /// What is damaged is left out, and counted.
    fn read_sealed(&self, part: DayPart<'_>, into: &mut Gathered<'b>) -> Result<(), ReadError> {
        let DayPart { id, day, windows, .. } = part;
        let Some(state) = self.day(day) else { return Ok(()) };
        for bytes in state.chunks(id, self.sealed) {
            let read = bytes.map_err(Unread::from);
            match read.and_then(|bytes| read_chunk(&bytes, windows, into)) {
                Ok(()) => {}
                Err(Unread::Refused(error)) => return Err(error),
                Err(Unread::Damaged(error)) => {
                    let error = Chain(&error);
                    let what = format!("series {} on day {}: {error}", id.0, day.0);
                    self.store.note_damage(&what);
                }
            }
        }
        Ok(())
    }

    /// The rollups of a series over the days of a range, of a resolution or of a coarser one where
    /// those are gone. What is damaged is left out, and counted.
    pub fn rollups(&self, wanted: WantedRows) -> Result<Rollups<'_, 'b>, ReadError> {
        let mut memory = Held::nothing(self.budget);
        let note = |error| {
            let what = format!("rollups of series {}: {}", wanted.id.0, Chain(&error));
            self.store.note_damage(&what);
        };
        let rows = self.periods.rows(wanted, &mut memory, note)?;
        Ok(Rollups { store: self.store, id: wanted.id, rows, _memory: memory })
    }

    /// Whether a series has chunks or rollups of the days of the range.
    pub fn is_kept(&self, id: SeriesId, range: TimeRange) -> bool {
        // Most series that are no longer active ended a short time ago.
        let mut days = self.days.iter().rev();
        days.any(|(_, state)| state.has_any(id, self.sealed)) || self.periods.has_any(id, range)
    }
}

/// Why a chunk was not read.
enum Unread {
    /// The budget does not allow it.
    Refused(ReadError),
    /// It is not what was written.
    Damaged(StoreError),
}

impl From<ReadError> for Unread {
    fn from(error: ReadError) -> Self {
        Self::Refused(error)
    }
}

impl From<StoreError> for Unread {
    fn from(error: StoreError) -> Self {
        Self::Damaged(error)
    }
}

/// Adds the samples of a chunk that lie in the windows.
fn read_chunk(bytes: &[u8], windows: &[TimeRange], into: &mut Gathered<'_>) -> Result<(), Unread> {
    let damaged = || StoreError::Damaged { what: "a chunk".into() };
    let packed = chunk::open(bytes).ok_or_else(damaged)?;
    let _unpacked = into.budget().lend(packed.unpacked_bytes())?;
    let chunk = packed.unpack().ok_or_else(damaged)?;
    let places = windows.iter().map(|window| chunk.places(*window));
    let places: Vec<_> = places.filter(|places| !places.is_empty()).collect();
    into.make_room(places.iter().map(ExactSizeIterator::len).sum())?;
    for places in places {
        chunk.copy(places, &mut into.stretch);
    }
    Ok(())
}

/// A part of one day of a series.
#[derive(Clone, Copy)]
pub struct DayPart<'w> {
    pub id: SeriesId,
    pub day: Day,
    /// What is read of the samples that are sealed.
    pub windows: &'w [TimeRange],
    /// What is read of the others.
    pub range: TimeRange,
}

/// What the heads have of one series.
pub struct Recents<'b> {
    heads: Vec<Recent>,
    _memory: Held<'b>,
}

impl Recents<'_> {
    /// The days that samples in a range lie on.
    pub fn days(&self, range: TimeRange) -> BTreeSet<Day> {
        self.heads.iter().flat_map(|recent| recent.days(range)).collect()
    }

    /// Whether there is anything in a range.
    pub fn has_any(&self, range: TimeRange) -> bool {
        self.heads.iter().any(|recent| recent.has_any(range))
    }

    /// Adds the samples in a range.
    fn read(&self, range: TimeRange, into: &mut Gathered<'_>) -> Result<(), ReadError> {
        for recent in &self.heads {
            let count = recent.count(range);
            let _scratch = into.budget().lend(recent.scratch_bytes(count))?;
            into.make_room(count)?;
            recent.copy(range, &mut into.stretch);
        }
        Ok(())
    }
}

/// The rollups of one series, as they are stored, by day.
pub struct Rollups<'v, 'b> {
    store: &'v Store,
    id: SeriesId,
    pub rows: BTreeMap<Day, StoredRow>,
    _memory: Held<'b>,
}

impl Rollups<'_, '_> {
    /// Whether a day has buckets of that resolution, and not of a coarser one.
    pub fn has(&self, day: Day, resolution: Resolution) -> bool {
        self.rows.get(&day).is_some_and(|row| row.resolution == resolution)
    }

    /// The buckets of a day with some of their figures. What is damaged is left out, and counted.
    pub fn buckets(&self, day: Day, figures: Figures) -> Option<Vec<Bucket>> {
        let buckets = rollup::decode(&self.rows.get(&day)?.bytes, figures);
        if buckets.is_none() {
            let what = format!("rollup of series {} on day {}", self.id.0, day.0);
            self.store.note_damage(&what);
        }
        buckets
    }
}
