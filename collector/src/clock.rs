//! The clock, read in one place. What decides never asks it: it is told the moment.

use std::time::{SystemTime, UNIX_EPOCH};

/// Unix time in milliseconds; a clock before 1970 reads as 1970.
pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
