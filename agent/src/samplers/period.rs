//! What is looked up less often than each round, since it changes rarely or costs much.

use std::time::{Duration, SystemTime};

/// When something was looked up last, and how long that holds.
pub struct Period {
    holds: Duration,
    last: Option<SystemTime>,
}

impl Period {
    pub fn new(holds: Duration) -> Self {
        Self { holds, last: None }
    }

    /// Whether it is time again, as at first and when the clock goes backwards; then it counts from now.
    pub fn is_due(&mut self, now: SystemTime) -> bool {
        let age = self.last.and_then(|last| now.duration_since(last).ok());
        let due = age.is_none_or(|age| age >= self.holds);
        if due {
            self.last = Some(now);
        }
        due
    }

    /// It is time again in the next round.
    pub fn end(&mut self) {
        self.last = None;
    }
}
