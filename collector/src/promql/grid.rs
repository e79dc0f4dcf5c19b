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
}
