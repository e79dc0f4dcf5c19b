//! A block: the rows of one list of series, in segments that its readers share. No I/O.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use crate::samples::TimeRange;
use crate::store::SeriesId;
use crate::store::day::Day;
use crate::store::stretch::places;

/// About what a segment takes. Only the last is copied, and only when a row is added while somebody
/// reads it.
const SEGMENT_BYTES: usize = if cfg!(test) { 256 } else { 64 << 10 };

/// What a row takes beside its values.
pub const ROW_BYTES: usize = size_of::<i64>() + size_of::<u32>();

/// A sample of each series of a block, all of one moment.
#[derive(Debug, Clone, Copy)]
pub struct Row<'r> {
    pub timestamp_ms: i64,
    pub values: &'r [f64],
    /// Counts rows over all blocks: it tells which of equal timestamps came first, and what was
    /// there when a reader came.
    pub arrival: u32,
}

/// The rows of one list of series. A clone shares them, as they are at that moment.
#[derive(Clone)]
pub struct Block {
    pub series: Arc<[SeriesId]>,
    full: Arc<Vec<Arc<Segment>>>,
    last: Arc<Segment>,
    newest_ms: Option<i64>,
    /// Whether each row is newer than the one before it.
    ordered: bool,
}

/// Rows that came one after the other, as many as fit.
#[derive(Clone, Default)]
struct Segment {
    timestamps: Vec<i64>,
    arrivals: Vec<u32>,
    values: Vec<f64>,
    earliest_ms: i64,
    latest_ms: i64,
}

/// Rows of one segment that a reader looks at.
pub struct Rows<'b> {
    segment: &'b Segment,
    width: usize,
    places: Range<usize>,
    /// Where the rows are not in order: which of them count.
    only: Option<TimeRange>,
}

/// A sample with its arrival.
#[derive(Debug, Clone, Copy)]
pub struct Arrived {
    pub timestamp_ms: i64,
    pub arrival: u32,
    pub value: f64,
}

impl Block {
    /// A block without series, whose empty segments others share.
    pub fn blank() -> Self {
        Self {
            series: Arc::new([]),
            full: Arc::default(),
            last: Arc::default(),
            newest_ms: None,
            ordered: true,
        }
    }

    /// A block of some series, without rows.
    pub fn of(&self, series: &Arc<[SeriesId]>) -> Self {
        Self { series: Arc::clone(series), ..self.clone() }
    }

    /// Takes a row; tells whether it is older than the one before it.
    pub fn add(&mut self, row: Row<'_>) -> bool {
        let late = self.newest_ms.is_some_and(|newest_ms| row.timestamp_ms < newest_ms);
        self.ordered &= self.newest_ms.is_none_or(|newest_ms| row.timestamp_ms > newest_ms);
        self.newest_ms = Some(row.timestamp_ms);
        if self.last.timestamps.len() >= most_rows(self.series.len()) {
            let full = std::mem::take(&mut self.last);
            Arc::make_mut(&mut self.full).push(full);
        }
        Arc::make_mut(&mut self.last).add(row);
        late
    }

    /// Whether each row is newer than the one before it.
    pub fn is_ordered(&self) -> bool {
        self.ordered
    }

    /// The first `seen` rows of the head, as far as they are here and lie in a range.
    pub fn rows(&self, seen: u32, range: TimeRange) -> impl Iterator<Item = Rows<'_>> {
        let segments = self.full.iter().chain([&self.last]);
        let counts = segments.map_while(move |segment| {
            let count = segment.count(seen);
            (count > 0).then_some((&**segment, count))
        });
        let touched = counts.filter(move |(segment, _)| {
            segment.earliest_ms <= range.to_ms && segment.latest_ms >= range.from_ms
        });
        touched.map(move |(segment, count)| {
            let width = self.series.len();
            if self.ordered {
                let places = places(&segment.timestamps[..count], range);
                Rows { segment, width, places, only: None }
            } else {
                Rows { segment, width, places: 0..count, only: Some(range) }
            }
        })
    }

    /// Adds the days that those rows lie on.
    pub fn add_days(&self, seen: u32, range: TimeRange, days: &mut BTreeSet<Day>) {
        for rows in self.rows(seen, range) {
            if let Some(only) = rows.only_day() {
                days.insert(only);
                continue;
            }
            let mut last: Option<Day> = None;
            for day in rows.timestamps().map(Day::of) {
                // Neighbours mostly share a day.
                if last.replace(day) != Some(day) {
                    days.insert(day);
                }
            }
        }
    }

    /// Whether any of the first `seen` rows lies in a range.
    pub fn has_any(&self, seen: u32, range: TimeRange) -> bool {
        self.rows(seen, range).any(|rows| rows.timestamps().next().is_some())
    }
}

/// How many rows of so many values a segment holds.
fn most_rows(width: usize) -> usize {
    (SEGMENT_BYTES / (width * size_of::<f64>() + ROW_BYTES)).max(1)
}

impl Segment {
    fn add(&mut self, row: Row<'_>) {
        let (rows, width) = (self.timestamps.len(), row.values.len());
        if self.timestamps.capacity() == rows {
            // Doubling would leave half of the memory unused.
            let more = (rows / 4).min(most_rows(width) - rows).max(1);
            self.timestamps.reserve_exact(more);
            self.arrivals.reserve_exact(more);
            self.values.reserve_exact(more * width);
        }
        if rows == 0 {
            (self.earliest_ms, self.latest_ms) = (row.timestamp_ms, row.timestamp_ms);
        }
        self.earliest_ms = self.earliest_ms.min(row.timestamp_ms);
        self.latest_ms = self.latest_ms.max(row.timestamp_ms);
        self.timestamps.push(row.timestamp_ms);
        self.arrivals.push(row.arrival);
        self.values.extend_from_slice(row.values);
    }

    /// How many of the first `seen` rows of the head lie here.
    fn count(&self, seen: u32) -> usize {
        match self.arrivals.last() {
            Some(last) if *last >= seen => self.arrivals.partition_point(|row| *row < seen),
            Some(_) | None => self.arrivals.len(),
        }
    }
}

impl Rows<'_> {
    fn counts(&self, timestamp_ms: i64) -> bool {
        self.only.is_none_or(|range| range.contains(timestamp_ms))
    }

    pub fn timestamps(&self) -> impl Iterator<Item = i64> {
        let all = self.segment.timestamps[self.places.clone()].iter().copied();
        all.filter(|timestamp_ms| self.counts(*timestamp_ms))
    }

    /// The day of all rows, where that is easily told.
    fn only_day(&self) -> Option<Day> {
        let (first, last) = (self.places.start, self.places.end.checked_sub(1)?);
        let day = |row: usize| self.segment.timestamps.get(row).map(|at_ms| Day::of(*at_ms));
        let ordered = self.only.is_none() && !self.places.is_empty();
        day(first).filter(|first| ordered && day(last) == Some(*first))
    }

    /// How many they are.
    pub fn len(&self) -> usize {
        if self.only.is_none() { self.places.len() } else { self.timestamps().count() }
    }

    /// The samples of the series that stands at a place of the block's list.
    pub fn samples(&self, place: usize) -> impl Iterator<Item = Arrived> {
        let Segment { timestamps, arrivals, values, .. } = self.segment;
        let sample = move |row: usize| Arrived {
            timestamp_ms: timestamps[row],
            arrival: arrivals[row],
            value: values[row * self.width + place],
        };
        self.places.clone().map(sample).filter(|sample| self.counts(sample.timestamp_ms))
    }
}
