//! How long a round trip took. The monotonic clock measures it; the kernel's stamps, which are wall clock,
//! only say how long the ping took to leave, and how long the reply lay there unread.

use std::time::{Duration, Instant};

use nix::sys::time::TimeSpec;

/// When a ping was handed to the kernel, by both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Departure {
    /// By the monotonic clock.
    pub handed_over: Instant,
    /// By the wall clock, read right after; none if it cannot be read.
    pub wall_ns: Option<i64>,
}

impl Departure {
    /// When it left the device, as the kernel stamped it; none of a stamp that is of no time until
    /// now: it is another ping's, or the wall clock was set.
    pub fn left(self, stamp_ns: i64, now: Instant) -> Option<Instant> {
        let took_ns = u64::try_from(stamp_ns.checked_sub(self.wall_ns?)?).ok()?;
        let left = self.handed_over.checked_add(Duration::from_nanos(took_ns))?;
        (left <= now).then_some(left)
    }
}

/// A stamp of the kernel.
pub fn ns(time: TimeSpec) -> Option<i64> {
    time.tv_sec().checked_mul(1_000_000_000)?.checked_add(time.tv_nsec())
}

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
    fn a_ping_left_between_its_handing_over_and_now() {
        let handed_over = Instant::now();
        let now = handed_over + Duration::from_millis(1);
        let departure = Departure { handed_over, wall_ns: Some(5_000_000) };
        let took = |took_us: u64| Some(handed_over + Duration::from_micros(took_us));
        assert_eq!(departure.left(5_000_000, now), took(0));
        assert_eq!(departure.left(5_040_000, now), took(40));
        // Of an earlier ping; of a time that has not come, since a clock was set.
        for stamp_ns in [4_999_999, 0, i64::MIN, 3_600_000_000_000, i64::MAX] {
            assert_eq!(departure.left(stamp_ns, now), None, "{stamp_ns}");
        }
        assert_eq!(Departure { wall_ns: None, ..departure }.left(5_040_000, now), None);
    }

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
