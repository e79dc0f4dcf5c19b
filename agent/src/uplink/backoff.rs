//! How long to wait before the next connection: exponential, with full jitter, so that a fleet
//! does not return all at once (Brooker, "Exponential Backoff and Jitter", 2015).

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(60);

/// The state of the waits; pure but for its seed.
#[derive(Debug, Clone)]
pub struct Backoff {
    state: u64,
    failures: u32,
}

impl Backoff {
    /// Waits that differ by seed.
    pub fn new(seed: u64) -> Self {
        Self { state: seed, failures: 0 }
    }

    /// Starts over, after a success.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// The next wait: anything between nothing and a bound that doubles up to a minute.
    pub fn next(&mut self) -> Duration {
        let bound = FIRST.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
        self.failures += 1;
        bound.mul_f64(self.draw())
    }

    /// A number in 0..1 (SplitMix64; Steele, Lea, Flood 2014).
    fn draw(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_to_a_minute_with_full_jitter() {
        let mut longest = [Duration::ZERO; 12];
        let mut shortest = [Duration::MAX; 12];
        for seed in 0..500 {
            let mut backoff = Backoff::new(seed);
            for attempt in 0..12 {
                let wait = backoff.next();
                longest[attempt] = longest[attempt].max(wait);
                shortest[attempt] = shortest[attempt].min(wait);
            }
        }
        for attempt in 0..12 {
            let bound = FIRST.saturating_mul(1 << attempt).min(LONGEST);
            assert!(longest[attempt] <= bound, "{attempt}: {:?}", longest[attempt]);
            assert!(longest[attempt] > bound.mul_f64(0.95), "{attempt}: {:?}", longest[attempt]);
            assert!(shortest[attempt] < bound.mul_f64(0.05), "{attempt}: {:?}", shortest[attempt]);
        }
    }

    #[test]
    fn a_success_starts_over() {
        let mut backoff = Backoff::new(1);
        for _ in 0..10 {
            backoff.next();
        }
        backoff.reset();
        assert!(backoff.next() <= FIRST);
    }
}
