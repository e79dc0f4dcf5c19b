//! What a line of a graph is made of: a value that holds from one moment to another.

/// A value over a stretch of time: the rate of a counter, or a gauge as it was read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The earlier moment, Unix time in milliseconds.
    pub from_ms: i64,
    /// The later one.
    pub to_ms: i64,
    /// Its mean.
    pub mean: f64,
    /// The least within; the mean where that is all there is.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl Interval {
    /// One value from one moment to the next.
    pub fn even(from_ms: i64, to_ms: i64, mean: f64) -> Self {
        Self { from_ms, to_ms, mean, min: mean, max: mean }
    }

    /// In another unit, `factor` times as large a number.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        let Self { from_ms, to_ms, mean, min, max } = self;
        Self { from_ms, to_ms, mean: mean * factor, min: min * factor, max: max * factor }
    }

    /// What of it lies between two moments, if anything does.
    pub fn within(self, from_ms: i64, to_ms: i64) -> Option<Self> {
        let inside = self.to_ms > from_ms && self.from_ms < to_ms;
        let cut = Self { from_ms: self.from_ms.max(from_ms), to_ms: self.to_ms.min(to_ms), ..self };
        inside.then_some(cut)
    }

    /// Its length in seconds.
    pub fn seconds(&self) -> f64 {
        (self.to_ms - self.from_ms) as f64 / 1000.0
    }
}
