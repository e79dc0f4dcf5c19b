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
        // Between the bounds of the type there may be more than one of them can hold.
        self.from_ms.wrapping_add(self.step_ms.wrapping_mul(step as i64))
    }
}
