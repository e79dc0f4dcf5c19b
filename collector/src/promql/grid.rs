//! The moments at which an expression is evaluated.

/// Equal steps from one moment on, Unix time in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    pub from_ms: i64,
    pub step_ms: i64,
    pub steps: usize,
}

impl Grid {
    /// The moment of a step.
    pub fn at(&self, step: usize) -> i64 {
        self.from_ms + self.step_ms * step as i64
    }

    /// The last moment.
    pub fn last(&self) -> i64 {
        self.at(self.steps.saturating_sub(1))
    }

    /// All moments in order.
    pub fn moments(&self) -> impl Iterator<Item = i64> {
        let grid = *self;
        (0..grid.steps).map(move |step| grid.at(step))
    }
}
