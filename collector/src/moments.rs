//! How moments are counted and written. Never reads a clock.

use jiff::Timestamp;

/// A day without a change of clocks.
pub const DAY_MS: i64 = 86_400_000;

/// A moment in ISO 8601, in UTC, of Unix time in milliseconds; empty if no calendar has it.
pub fn iso(unix_ms: i64) -> String {
    Timestamp::from_millisecond(unix_ms).map_or_else(|_| String::new(), |at| at.to_string())
}
