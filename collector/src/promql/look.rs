//! Where the steps of a grid look for their samples.

use super::grid::Grid;
use super::tree::{At, Shift};
use crate::samples::{Hints, TimeRange};

/// A selector's own moments for the steps of a grid, each with the window before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    grid: Grid,
    /// Where all steps look at the same moment.
    fixed_ms: Option<i64>,
    offset_ms: i64,
    range_ms: i64,
}

impl Look {
    /// How steps look back over `range_ms` in a query from its `start()` to its `end()`.
    pub fn new(grid: Grid, shift: Shift, query: TimeRange, range_ms: i64) -> Self {
        let fixed_ms = match shift.at {
            At::Step => None,
            At::Start => Some(query.from_ms),
            At::End => Some(query.to_ms),
            At::Moment(at_ms) => Some(at_ms),
        };
        Self { grid, fixed_ms, offset_ms: shift.offset_ms, range_ms }
    }

    /// How many steps there are.
    pub fn steps(&self) -> usize {
        self.grid.steps
    }

    /// The moment at which a step looks.
    pub fn at(&self, step: usize) -> i64 {
        self.fixed_ms.unwrap_or_else(|| self.grid.at(step)).saturating_sub(self.offset_ms)
    }

    /// The window of a step. Both ends belong to it, as in Prometheus 2.
    pub fn window(&self, step: usize) -> TimeRange {
        let to_ms = self.at(step);
        TimeRange { from_ms: to_ms.saturating_sub(self.range_ms), to_ms }
    }

    /// How long the windows are.
    pub fn range_ms(&self) -> i64 {
        self.range_ms
    }

    /// The distance of the windows of two steps.
    pub fn step_ms(&self) -> i64 {
        if self.fixed_ms.is_some() { 0 } else { self.grid.step_ms }
    }

    /// All that the steps see.
    pub fn reach(&self) -> TimeRange {
        let last = self.window(self.grid.steps.saturating_sub(1));
        TimeRange { from_ms: self.window(0).from_ms, to_ms: last.to_ms }
    }

    /// What is read for it.
    pub fn hints(&self) -> Hints {
        Hints { step_ms: self.step_ms(), range_ms: self.range_ms }
    }
}
