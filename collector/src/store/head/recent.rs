//! What a reader sees of a head: the rows that were there when it came. No I/O.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::Head;
use super::block::{Arrived, Block};
use crate::samples::TimeRange;
use crate::store::SeriesId;
use crate::store::day::Day;
use crate::store::stretch::Stretch;

/// A head as it was at one moment; it goes on growing, or is sealed, without this being changed.
pub struct HeadView {
    pub(super) head: Arc<Head>,
    /// So many rows were there.
    pub(super) seen: u32,
}

/// What a head has of one series.
pub struct Recent {
    /// The oldest block first.
    pub(super) strands: Vec<Strand>,
    pub(super) seen: u32,
}

/// Where a block has the samples of a series.
pub(super) struct Strand {
    pub block: Block,
    pub place: usize,
}

/// Which blocks had rows in a range, as far as somebody asked.
pub struct Presence<'v> {
    view: &'v HeadView,
    range: TimeRange,
    blocks: HashMap<u32, bool>,
}

impl Presence<'_> {
    /// Marks those of some series that had samples in the range.
    pub fn mark(&mut self, ids: &[SeriesId], marks: &mut [bool]) {
        let view = self.view;
        view.head.mark(self, ids, marks);
    }

    pub(super) fn of(&mut self, number: u32, block: &Block) -> bool {
        let Self { view, range, blocks } = self;
        *blocks.entry(number).or_insert_with(|| block.has_any(view.seen, *range))
    }
}

impl HeadView {
    /// What there is of a series.
    pub fn recent(&self, id: SeriesId) -> Recent {
        Recent { strands: self.head.strands(id), seen: self.seen }
    }

    /// Which series had samples in a range.
    pub fn presence(&self, range: TimeRange) -> Presence<'_> {
        Presence { view: self, range, blocks: HashMap::new() }
    }
}

impl Recent {
    /// What it takes in memory, in bytes.
    pub fn bytes(&self) -> u64 {
        size_of_val(self.strands.as_slice()) as u64
    }

    /// The days that samples in a range lie on.
    pub fn days(&self, range: TimeRange) -> BTreeSet<Day> {
        let mut days = BTreeSet::new();
        for strand in &self.strands {
            strand.block.add_days(self.seen, range, &mut days);
        }
        days
    }

    /// Whether there is anything in a range.
    pub fn has_any(&self, range: TimeRange) -> bool {
        self.strands.iter().any(|strand| strand.block.has_any(self.seen, range))
    }

    /// How many samples lie in a range, those of equal timestamps among them.
    pub fn count(&self, range: TimeRange) -> usize {
        let rows = |strand: &Strand| -> usize {
            strand.block.rows(self.seen, range).map(|rows| rows.len()).sum()
        };
        self.strands.iter().map(rows).sum()
    }

    /// What [`Self::copy`] takes beside the samples that it adds, for so many of them, in bytes.
    pub fn scratch_bytes(&self, count: usize) -> u64 {
        // Sorting takes half as much again as what is sorted.
        let sorted = count * size_of::<Arrived>() * 3 / 2;
        if self.only().is_some() { 0 } else { sorted as u64 }
    }

    /// Adds the samples in a range, ordered by time; of equal timestamps the first that arrived.
    /// Tells how many had a timestamp that was taken.
    pub fn copy(&self, range: TimeRange, stretch: &mut Stretch) -> usize {
        if let Some(strand) = self.only() {
            for rows in strand.block.rows(self.seen, range) {
                for Arrived { timestamp_ms, value, .. } in rows.samples(strand.place) {
                    stretch.push(timestamp_ms, value);
                }
            }
            return 0;
        }
        let mut samples: Vec<Arrived> = Vec::with_capacity(self.count(range));
        for strand in &self.strands {
            for rows in strand.block.rows(self.seen, range) {
                samples.extend(rows.samples(strand.place));
            }
        }
        samples.sort_by_key(|sample| (sample.timestamp_ms, sample.arrival));
        let all = samples.len();
        samples.dedup_by_key(|sample| sample.timestamp_ms);
        for Arrived { timestamp_ms, value, .. } in &samples {
            stretch.push(*timestamp_ms, *value);
        }
        all - samples.len()
    }

    /// The one strand whose rows are in order, if that is all.
    fn only(&self) -> Option<&Strand> {
        match self.strands.as_slice() {
            [strand] if strand.block.is_ordered() => Some(strand),
            [] | [_, ..] => None,
        }
    }
}
