//! Which series are there, told without a sample: by where the heads have them, and by the keys of
//! chunks and rollups.

use super::SeriesId;
use super::head::Presence;
use super::view::View;
use crate::samples::{ReadError, TimeRange};

/// Which series of a view are there.
pub struct There<'v, 's, 'b> {
    view: &'v View<'s, 'b>,
    range: TimeRange,
    heads: Vec<Presence<'v>>,
}

impl<'v, 's, 'b> There<'v, 's, 'b> {
    /// Those that have samples in a range, or anything sealed on a day that it touches.
    pub fn within(view: &'v View<'s, 'b>, range: TimeRange) -> Self {
        let heads = view.heads.iter().map(|head| head.presence(range)).collect();
        Self { view, range, heads }
    }

    /// Of some hundred series those that are there.
    pub fn among(&mut self, ids: &[SeriesId]) -> Result<Vec<SeriesId>, ReadError> {
        let mut marks = vec![false; ids.len()];
        for head in &mut self.heads {
            self.view.budget().check()?;
            head.mark(ids, &mut marks);
        }
        let mut there = Vec::with_capacity(ids.len());
        for (id, mark) in ids.iter().zip(marks) {
            let kept = mark || {
                // Each look may read a block from the disk.
                self.view.budget().check()?;
                self.view.is_kept(*id, self.range)
            };
            there.extend(kept.then_some(*id));
        }
        Ok(there)
    }
}
