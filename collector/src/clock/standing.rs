//! How long the clock has gone on evenly, held against one that nobody sets. Pure.

/// More than this at once is no passing of time: the clock was set, or the process was stopped.
const JUMP_MS: i64 = 60_000;

/// What both clocks say at one moment, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockReading {
    /// Unix time, which may be set.
    pub unix_ms: i64,
    /// The time since the start, which never is.
    pub uptime_ms: i64,
}

/// What is known of the clock at one moment, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Unix time.
    pub unix_ms: i64,
    /// Time that has passed evenly since the first look.
    pub elapsed_ms: i64,
    /// How much of it since the clock was set for the last time.
    pub stood_ms: i64,
    /// Whether it was set at all.
    pub was_set: bool,
}

/// Looks at the clock again and again, some seconds apart.
#[derive(Debug, Default)]
pub struct Watch {
    last: Option<ClockReading>,
    elapsed_ms: i64,
    /// When the clock was set for the last time, on that count.
    set_ms: i64,
    was_set: bool,
}

impl Watch {
    /// Takes a look.
    ///
    /// What passes between two looks counts up to a limit only: a machine that slept, and a clock of
    /// uptime that was tampered with, are no time during which anything stood.
    pub fn look(&mut self, reading: ClockReading) -> Standing {
        if let Some(last) = self.last.replace(reading) {
            let passed_ms = reading.uptime_ms.saturating_sub(last.uptime_ms).clamp(0, JUMP_MS);
            self.elapsed_ms += passed_ms;
            let moved_ms = reading.unix_ms.saturating_sub(last.unix_ms);
            if moved_ms.saturating_sub(passed_ms).saturating_abs() > JUMP_MS {
                (self.set_ms, self.was_set) = (self.elapsed_ms, true);
            }
        }
        let Self { elapsed_ms, set_ms, was_set, .. } = *self;
        let stood_ms = elapsed_ms - set_ms;
        Standing { unix_ms: reading.unix_ms, elapsed_ms, stood_ms, was_set }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 86_400_000;

    #[test]
    fn a_clock_stands_until_it_is_set() {
        let mut watch = Watch::default();
        // Unix time and uptime; elapsed, stood, and whether it was set.
        for (unix_ms, uptime_ms, expected) in [
            (DAY_MS, 5000, (0, 0, false)),
            (DAY_MS + 1000, 6000, (1000, 1000, false)),
            // Slewing, and a second set back, are no jump.
            (DAY_MS + 30_900, 36_000, (31_000, 31_000, false)),
            (DAY_MS + 30_900, 37_000, (32_000, 32_000, false)),
            (101 * DAY_MS, 38_000, (33_000, 0, true)),
            (101 * DAY_MS + 40_000, 78_000, (73_000, 40_000, true)),
            (DAY_MS + 80_000, 80_000, (75_000, 0, true)),
            // A sleep of a day: uptime goes on or not.
            (2 * DAY_MS + 80_000, 80_000 + DAY_MS, (135_000, 0, true)),
            (3 * DAY_MS + 80_000, 81_000 + DAY_MS, (136_000, 0, true)),
            (3 * DAY_MS + 90_000, 91_000 + DAY_MS, (146_000, 10_000, true)),
            // Nonsense counts as nothing.
            (i64::MIN, 0, (146_000, 0, true)),
            (i64::MAX, i64::MAX, (206_000, 0, true)),
        ] {
            let found = watch.look(ClockReading { unix_ms, uptime_ms });
            let Standing { elapsed_ms, stood_ms, was_set, .. } = found;
            assert_eq!((elapsed_ms, stood_ms, was_set), expected, "{unix_ms} {uptime_ms}");
            assert_eq!(found.unix_ms, unix_ms);
        }
    }
}
