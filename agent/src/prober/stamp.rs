//! How long a round trip took. The monotonic clock measures it; the kernel's stamp, which is wall clock,
//! only says how long the reply lay there unread.

use std::time::{Duration, Instant};

/// When a reply came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// When it was read, by the monotonic clock.
    pub read: Instant,
    /// How long it had lain there then, by the wall clock; none if the kernel did not say. Negative if
    /// that clock was set back between.
    pub lain_ns: Option<i64>,
}

impl Arrival {
    /// The time from the sending of a ping to its reply.
    pub fn round_trip(self, sent: Instant) -> Duration {
        let whole = self.read.saturating_duration_since(sent);
        let lain = self.lain_ns.and_then(|lain_ns| u64::try_from(lain_ns).ok());
        // A reply cannot have lain longer than its ping was under way: then the wall clock was set.
        match lain.map(Duration::from_nanos) {
            Some(lain) => whole.checked_sub(lain).filter(|took| !took.is_zero()).unwrap_or(whole),
            None => whole,
        }
    }
}

/// In microseconds as a round holds them, never zero: nothing takes no time.
pub fn whole_us(round_trip: Duration) -> u32 {
    let rounded = round_trip.saturating_add(Duration::from_nanos(500)).as_micros();
    u32::try_from(rounded).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lay_unread_does_not_count_unless_the_clock_was_set() {
        let sent = Instant::now();
        for (lain_ns, took_us) in [
            (None, 900),
            (Some(0), 900),
            (Some(400_000), 500),
            (Some(400_600), 499),
            // An hour forward, and an hour back.
            (Some(3_600_000_000_000), 900),
            (Some(-3_600_000_000_000), 900),
            (Some(i64::MIN), 900),
            (Some(i64::MAX), 900),
        ] {
            let arrival = Arrival { read: sent + Duration::from_micros(900), lain_ns };
            assert_eq!(whole_us(arrival.round_trip(sent)), took_us, "{lain_ns:?}");
        }
        let at_once = Arrival { read: sent, lain_ns: None };
        assert_eq!(whole_us(at_once.round_trip(sent + Duration::from_secs(1))), 1);
        assert_eq!(whole_us(Duration::MAX), u32::MAX);
    }
}
