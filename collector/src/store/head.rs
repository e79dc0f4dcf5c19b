//! The samples that are not sealed yet, in memory.
//!
//! Series that arrive together lie together: a block has one list of series, one timestamp a row
//! and the values row by row, so a sample takes little more than the eight bytes of its value.

use std::sync::Arc;

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use super::SeriesId;
use super::days::Day;
use crate::samples::TimeRange;

/// The samples of one series.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Column {
    pub timestamps: Vec<i64>,
    pub values: Vec<f64>,
}

/// Which list of series a row holds values of; numbered from 0 in each head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout(pub u32);

#[derive(Default)]
pub struct Head {
    /// By layout.
    blocks: Vec<Block>,
    layouts: HashTable<u32>,
    /// By series id: where it has values, the newest place first.
    places: Vec<u32>,
    memberships: Vec<Membership>,
    rows: u32,
    samples: u64,
    late: u64,
}

/// The rows of one list of series.
struct Block {
    series: Arc<[SeriesId]>,
    timestamps: Vec<i64>,
    /// Counts rows over all blocks: which of equal timestamps came first.
    arrivals: Vec<u32>,
    values: Vec<f64>,
    /// Whether each row is newer than the one before it.
    ordered: bool,
}

/// A column of a block; they form a list for each series.
struct Membership {
    block: u32,
    column: u32,
    next: u32,
}

const NONE: u32 = u32::MAX;

impl Head {
    /// The layout of exactly these series, if there is one.
    pub fn find(&self, series: &[SeriesId]) -> Option<Layout> {
        let same = |block: &u32| *self.blocks[*block as usize].series == *series;
        self.layouts.find(hash(series), same).copied().map(Layout)
    }

    /// The layout of these series.
    pub fn layout(&mut self, series: &Arc<[SeriesId]>) -> Layout {
        if let Some(known) = self.find(series) {
            return known;
        }
        let number = self.blocks.len() as u32;
        for (column, id) in (0..).zip(series.iter()) {
            let place = id.0 as usize;
            if place >= self.places.len() {
                self.places.resize(place + 1, NONE);
            }
            let next = std::mem::replace(&mut self.places[place], self.memberships.len() as u32);
            self.memberships.push(Membership { block: number, column, next });
        }
        self.blocks.push(Block {
            series: Arc::clone(series),
            timestamps: Vec::new(),
            arrivals: Vec::new(),
            values: Vec::new(),
            ordered: true,
        });
        let blocks = &self.blocks;
        let rehash = |block: &u32| hash(&blocks[*block as usize].series);
        self.layouts.insert_unique(hash(series), number, rehash);
        Layout(number)
    }

    /// Takes a row: as many values as the layout has series.
    pub fn add(&mut self, Layout(layout): Layout, timestamp_ms: i64, values: &[f64]) {
        let Some(block) = self.blocks.get_mut(layout as usize) else { return };
        debug_assert_eq!(block.series.len(), values.len());
        if let Some(&last) = block.timestamps.last() {
            block.ordered &= timestamp_ms > last;
            self.late += if timestamp_ms < last { values.len() as u64 } else { 0 };
        }
        let spare = block.values.capacity() - block.values.len();
        if spare < values.len() {
            // Doubling would leave half of the memory unused.
            block.values.reserve_exact((block.values.len() / 4).max(values.len()));
        }
        block.timestamps.push(timestamp_ms);
        block.arrivals.push(self.rows);
        block.values.extend_from_slice(values);
        self.rows += 1;
        self.samples += values.len() as u64;
    }

    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Samples that came after newer ones of the same layout.
    pub fn late(&self) -> u64 {
        self.late
    }

    /// About how much memory it takes.
    pub fn bytes(&self) -> u64 {
        let rows = u64::from(self.rows) * 12;
        self.samples * 8 + rows + (self.memberships.len() * 16 + self.places.len() * 4) as u64
    }

    /// The series that may have samples, in order.
    pub fn series(&self) -> impl Iterator<Item = SeriesId> {
        let present = self.places.iter().enumerate().filter(|(_, place)| **place != NONE);
        present.map(|(id, _)| SeriesId(id as u32))
    }

    /// The days that samples lie on, in order.
    pub fn days(&self) -> Vec<Day> {
        let mut days: Vec<Day> = Vec::new();
        for timestamp in self.blocks.iter().flat_map(|block| &block.timestamps) {
            let day = Day::of(*timestamp);
            // Neighbours mostly share a day.
            if days.last() != Some(&day) {
                days.push(day);
            }
        }
        days.sort_unstable();
        days.dedup();
        days
    }

    /// The samples of a series in a range, settled, and how many had a timestamp that was taken.
    pub fn column(&self, id: SeriesId, range: TimeRange) -> (Column, usize) {
        let mut place = self.places.get(id.0 as usize).copied().unwrap_or(NONE);
        if let Some(only) = self.memberships.get(place as usize).filter(|m| m.next == NONE) {
            let block = &self.blocks[only.block as usize];
            if block.ordered {
                return (block.column(only.column as usize, range), 0);
            }
        }
        let mut samples: Vec<(i64, u32, f64)> = Vec::new();
        while let Some(membership) = self.memberships.get(place as usize) {
            let block = &self.blocks[membership.block as usize];
            let (width, column) = (block.series.len(), membership.column as usize);
            for (row, &timestamp) in block.timestamps.iter().enumerate() {
                if timestamp >= range.from_ms && timestamp <= range.to_ms {
                    let value = block.values[row * width + column];
                    samples.push((timestamp, block.arrivals[row], value));
                }
            }
            place = membership.next;
        }
        samples.sort_unstable_by_key(|(timestamp, arrival, _)| (*timestamp, *arrival));
        let all = samples.len();
        samples.dedup_by_key(|(timestamp, ..)| *timestamp);
        let duplicates = all - samples.len();
        let (timestamps, values) = samples.into_iter().map(|(t, _, value)| (t, value)).unzip();
        (Column { timestamps, values }, duplicates)
    }
}

impl Block {
    /// A column of rows that are in order.
    fn column(&self, column: usize, range: TimeRange) -> Column {
        let begin = self.timestamps.partition_point(|&timestamp| timestamp < range.from_ms);
        let end = self.timestamps.partition_point(|&timestamp| timestamp <= range.to_ms);
        let end = end.max(begin);
        let width = self.series.len();
        let values = (begin..end).map(|row| self.values[row * width + column]).collect();
        Column { timestamps: self.timestamps[begin..end].to_vec(), values }
    }
}

impl Column {
    /// Makes room for so many more samples.
    pub fn reserve(&mut self, count: usize) {
        self.timestamps.reserve(count);
        self.values.reserve(count);
    }

    /// Adds samples behind these.
    pub fn extend(&mut self, other: Self) {
        if self.timestamps.is_empty() {
            *self = other;
            return;
        }
        self.timestamps.extend(other.timestamps);
        self.values.extend(other.values);
    }

    /// Orders the samples by time; of equal timestamps the first stays. Tells how many went.
    pub fn settle(&mut self) -> usize {
        if self.timestamps.is_sorted_by(|a, b| a < b) {
            return 0;
        }
        let pairs = self.timestamps.iter().copied().zip(self.values.iter().copied());
        let mut pairs: Vec<(i64, f64)> = pairs.collect();
        pairs.sort_by_key(|(timestamp, _)| *timestamp);
        let all = pairs.len();
        pairs.dedup_by_key(|(timestamp, _)| *timestamp);
        let duplicates = all - pairs.len();
        (self.timestamps, self.values) = pairs.into_iter().unzip();
        duplicates
    }

    /// The part of settled samples that lies in the range.
    #[must_use]
    pub fn within(self, range: TimeRange) -> Self {
        let begin = self.timestamps.partition_point(|&timestamp| timestamp < range.from_ms);
        let end = self.timestamps.partition_point(|&timestamp| timestamp <= range.to_ms);
        if begin == 0 && end == self.timestamps.len() {
            return self;
        }
        let end = end.max(begin);
        Self {
            timestamps: self.timestamps[begin..end].to_vec(),
            values: self.values[begin..end].to_vec(),
        }
    }
}

fn hash(series: &[SeriesId]) -> u64 {
    let mut bytes = Vec::with_capacity(series.len() * 4);
    for SeriesId(id) in series {
        bytes.extend_from_slice(&id.to_le_bytes());
    }
    xxh3_64(&bytes)
}
