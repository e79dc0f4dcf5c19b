//! The clock, read in one place, and how far it may be relied on. What decides never asks it: it is
//! told the moment.

mod settled;
mod standing;

use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

pub use self::settled::Settled;
pub use self::standing::Standing;
use self::standing::{ClockReading, Watch};

/// Unix time in milliseconds; a clock before 1970 reads as 1970.
pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

/// The clock of one run, which is looked at each second: what it says, and how long it has stood.
#[derive(Debug)]
pub struct Clock {
    start: Instant,
    watch: Mutex<Watch>,
}

impl Clock {
    /// Begins to watch it.
    pub fn start() -> Self {
        let clock = Self { start: Instant::now(), watch: Mutex::default() };
        clock.look();
        clock
    }

    /// Looks at it.
    pub fn look(&self) -> Standing {
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        let uptime_ms = self.start.elapsed().as_millis() as i64;
        watch.look(ClockReading { unix_ms: now_ms(), uptime_ms })
    }
}
