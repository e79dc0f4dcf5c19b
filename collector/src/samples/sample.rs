//! One sample.

/// A value and its moment.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Unix time in milliseconds.
    pub at_ms: i64,
    /// The value.
    pub value: f64,
}
