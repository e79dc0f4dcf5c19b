//! The samples that are not sealed yet, in memory.
//!
//! Series that arrive together lie together: a block has one list of series, one timestamp a row
//! and the values row by row, so a sample takes little more than the eight bytes of its value.
//! Readers hold blocks by reference and copy samples without the lock, which is taken for short
//! turns only.

mod block;
mod recent;

use std::collections::BTreeSet;
use std::sync::{Arc, RwLock};

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use self::block::{Block, ROW_BYTES, Row};
use self::recent::Strand;
pub use self::recent::{HeadView, Presence, Recent};
use super::SeriesId;
use super::day::{ALL_TIME, Day};
use super::lock::{read, write};
use super::rounds::recent::RecentRounds;
use super::rounds::round::RoundWrite;
use crate::samples::TimeRange;

/// So many blocks of one series are looked up at a time.
const TURN: usize = 1024;

/// Which list of series a row holds values of; numbered from 0 in each head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout(pub u32);

/// A value for each series of a layout.
#[derive(Debug, Clone, Copy)]
pub struct HeadRow<'r> {
    pub layout: Layout,
    pub timestamp_ms: i64,
    pub values: &'r [f64],
}

/// How much a head holds.
#[derive(Debug, Clone, Copy, Default)]
pub struct HeadSize {
    pub samples: u64,
    /// Samples that came after newer ones of the same layout.
    pub late: u64,
    /// About how much memory it takes.
    pub bytes: u64,
}

/// One head; the next begins when this is sealed.
#[derive(Default)]
pub struct Head(RwLock<Contents>);

struct Contents {
    /// By layout.
    blocks: Vec<Block>,
    layouts: HashTable<u32>,
    /// By series id: where it has values, the newest place first.
    places: Vec<u32>,
    memberships: Vec<Membership>,
    rows: u32,
    samples: u64,
    late: u64,
    /// The least and the greatest moment of all rows.
    reach: Option<TimeRange>,
    blank: Block,
    pings: RecentRounds,
}

/// A place in a block's list of series; they form a list for each series.
struct Membership {
    block: u32,
    place: u32,
    next: u32,
}

const NONE: u32 = u32::MAX;

impl Default for Contents {
    fn default() -> Self {
        Self {
            blocks: Vec::new(),
            layouts: HashTable::new(),
            places: Vec::new(),
            memberships: Vec::new(),
            rows: 0,
            samples: 0,
            late: 0,
            reach: None,
            blank: Block::blank(),
            pings: RecentRounds::default(),
        }
    }
}

impl Head {
    /// The layout of these series.
    pub fn layout(&self, series: &Arc<[SeriesId]>) -> Layout {
        let known = read(&self.0).find(series);
        known.unwrap_or_else(|| write(&self.0).layout(series))
    }

    /// Takes rounds of pings.
    pub fn add_rounds<'r>(&self, rounds: impl IntoIterator<Item = &'r RoundWrite>) {
        let mut contents = write(&self.0);
        rounds.into_iter().for_each(|round| contents.pings.add(round));
    }

    /// Takes rows, each with as many values as its layout has series. A view has all of them or
    /// none if it is made under the same lock as they are added.
    pub fn add<'r>(&self, rows: impl IntoIterator<Item = HeadRow<'r>>) {
        let mut contents = write(&self.0);
        for row in rows {
            contents.add(row);
        }
    }

    pub fn size(&self) -> HeadSize {
        let contents = read(&self.0);
        let (rows, samples) = (u64::from(contents.rows) * ROW_BYTES as u64, contents.samples);
        let lists = size_of_val(contents.memberships.as_slice()) + contents.places.len() * 4;
        let blocks = size_of_val(contents.blocks.as_slice());
        HeadSize {
            samples,
            late: contents.late,
            bytes: samples * 8 + rows + (lists + blocks) as u64 + contents.pings.bytes(),
        }
    }

    /// From its oldest sample to its newest, if it has any.
    pub fn reach(&self) -> Option<TimeRange> {
        read(&self.0).reach
    }

    /// The head as it is now.
    pub fn view(self: &Arc<Self>) -> HeadView {
        HeadView { head: Arc::clone(self), seen: read(&self.0).rows }
    }

    /// The series that may have samples, in order.
    pub fn series(&self) -> Vec<SeriesId> {
        let contents = read(&self.0);
        let present = contents.places.iter().enumerate().filter(|(_, place)| **place != NONE);
        present.map(|(id, _)| SeriesId(id as u32)).collect()
    }

    /// The days that samples lie on, in order.
    pub fn days(&self) -> Vec<Day> {
        let mut days = BTreeSet::new();
        for block in &read(&self.0).blocks {
            block.add_days(u32::MAX, ALL_TIME, &mut days);
        }
        days.into_iter().collect()
    }

    /// The paths that have rounds, in order.
    pub fn round_paths(&self) -> Vec<SeriesId> {
        read(&self.0).pings.paths()
    }

    /// The days that rounds begin on.
    pub fn round_days(&self) -> BTreeSet<Day> {
        read(&self.0).pings.days()
    }

    /// The rounds of a path in order of arrival, packed.
    pub fn rounds(&self, path: SeriesId) -> Vec<u8> {
        read(&self.0).pings.of(path)
    }

    /// Whether any sample lies in a range.
    pub fn has_any(&self, range: TimeRange) -> bool {
        read(&self.0).blocks.iter().any(|block| block.has_any(u32::MAX, range))
    }

    /// Where a series has samples, the oldest block first.
    fn strands(&self, id: SeriesId) -> Vec<Strand> {
        let mut strands = Vec::new();
        let mut next = read(&self.0).places.get(id.0 as usize).copied().unwrap_or(NONE);
        while next != NONE {
            let contents = read(&self.0);
            for _ in 0..TURN {
                let Some(membership) = contents.memberships.get(next as usize) else { break };
                let block = contents.blocks[membership.block as usize].clone();
                strands.push(Strand { block, place: membership.place as usize });
                next = membership.next;
            }
        }
        strands.reverse();
        strands
    }

    /// Marks those of some series of which a block is present.
    fn mark(&self, presence: &mut Presence<'_>, ids: &[SeriesId], marks: &mut [bool]) {
        let contents = read(&self.0);
        for (id, mark) in ids.iter().zip(marks).filter(|(_, mark)| !**mark) {
            let mut next = contents.places.get(id.0 as usize).copied().unwrap_or(NONE);
            while let Some(membership) = contents.memberships.get(next as usize) {
                let block = &contents.blocks[membership.block as usize];
                if presence.of(membership.block, block) {
                    *mark = true;
                    break;
                }
                next = membership.next;
            }
        }
    }
}

impl Contents {
    fn find(&self, series: &[SeriesId]) -> Option<Layout> {
        let same = |block: &u32| *self.blocks[*block as usize].series == *series;
        self.layouts.find(hash(series), same).copied().map(Layout)
    }

    fn layout(&mut self, series: &Arc<[SeriesId]>) -> Layout {
        if let Some(known) = self.find(series) {
            return known;
        }
        let number = self.blocks.len() as u32;
        for (place, id) in (0..).zip(series.iter()) {
            let own = id.0 as usize;
            if own >= self.places.len() {
                self.places.resize(own + 1, NONE);
            }
            let next = std::mem::replace(&mut self.places[own], self.memberships.len() as u32);
            self.memberships.push(Membership { block: number, place, next });
        }
        self.blocks.push(self.blank.of(series));
        let blocks = &self.blocks;
        let rehash = |block: &u32| hash(&blocks[*block as usize].series);
        self.layouts.insert_unique(hash(series), number, rehash);
        Layout(number)
    }

    fn add(&mut self, HeadRow { layout, timestamp_ms, values }: HeadRow<'_>) {
        let Some(block) = self.blocks.get_mut(layout.0 as usize) else { return };
        debug_assert_eq!(block.series.len(), values.len());
        if block.add(Row { timestamp_ms, values, arrival: self.rows }) {
            self.late += values.len() as u64;
        }
        let TimeRange { from_ms, to_ms } =
            self.reach.unwrap_or(TimeRange { from_ms: timestamp_ms, to_ms: timestamp_ms });
        self.reach =
            Some(TimeRange { from_ms: from_ms.min(timestamp_ms), to_ms: to_ms.max(timestamp_ms) });
        self.rows += 1;
        self.samples += values.len() as u64;
    }
}

fn hash(series: &[SeriesId]) -> u64 {
    let mut bytes = Vec::with_capacity(series.len() * 4);
    for SeriesId(id) in series {
        bytes.extend_from_slice(&id.to_le_bytes());
    }
    xxh3_64(&bytes)
}

#[cfg(test)]
mod tests;
