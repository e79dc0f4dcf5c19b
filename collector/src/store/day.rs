//! Days in UTC: what samples are cut by. No I/O.

pub use crate::moments::DAY_MS;
use crate::samples::TimeRange;

/// All moments that there are, also those before 1970.
pub const ALL_TIME: TimeRange = TimeRange { from_ms: i64::MIN, to_ms: i64::MAX };

/// A day in UTC, counted from 1970. What lies before counts as its first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub u32);

impl Day {
    /// The day that a moment lies in.
    pub fn of(timestamp_ms: i64) -> Self {
        Self((timestamp_ms.max(0) / DAY_MS).min(u32::MAX.into()) as u32)
    }

    pub fn begin_ms(self) -> i64 {
        i64::from(self.0) * DAY_MS
    }

    pub fn end_ms(self) -> i64 {
        self.begin_ms() + DAY_MS
    }

    /// All of it, both ends included.
    pub fn span(self) -> TimeRange {
        // What lies before 1970 counts as its first day.
        let from_ms = if self.0 == 0 { i64::MIN } else { self.begin_ms() };
        TimeRange { from_ms, to_ms: self.end_ms() - 1 }
    }
}
