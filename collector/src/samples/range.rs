//! Spans of time.

/// From and to, both included, Unix time in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    /// The first moment.
    pub from_ms: i64,
    /// The last moment.
    pub to_ms: i64,
}

impl TimeRange {
    /// All of time.
    pub const EVER: Self = Self { from_ms: 0, to_ms: i64::MAX };

    /// What lies in both; nothing does if its end is before its beginning.
    #[must_use]
    pub fn both(self, other: Self) -> Self {
        Self { from_ms: self.from_ms.max(other.from_ms), to_ms: self.to_ms.min(other.to_ms) }
    }

    /// Whether a moment lies in it.
    pub fn contains(self, timestamp_ms: i64) -> bool {
        timestamp_ms >= self.from_ms && timestamp_ms <= self.to_ms
    }
}
