//! Chance from seeds: the same seed gives the same draws for ever, on every machine.
//!
//! SplitMix64 (Steele, Lea, Flood 2014), so that no release of a crate can change the world.

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// A row of draws.
#[derive(Debug, Clone)]
pub(super) struct Chance {
    state: u64,
}

impl Chance {
    /// The row of that seed.
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The row of a seed that is made of several.
    pub(super) fn keyed(parts: &[u64]) -> Self {
        Self::new(key(parts))
    }

    /// 64 random bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        scatter(self.state)
    }

    /// A number in 0..1.
    pub(super) fn unit(&mut self) -> f64 {
        unit(self.bits())
    }

    /// A whole number in `low..=high`.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let count = high.saturating_sub(low).max(0) as u64 + 1;
        low + (self.bits() % count) as i64
    }

    /// True in this share of the draws.
    pub(super) fn happens(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// One of several.
    pub(super) fn pick<'t, T>(&mut self, among: &'t [T]) -> &'t T {
        &among[(self.bits() % among.len() as u64) as usize]
    }

    /// A waiting time of that mean, exponentially distributed.
    pub(super) fn wait(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// A standard normal number (Box & Muller 1958).
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// A factor around 1 whose logarithm has this standard deviation.
    pub(super) fn log_normal(&mut self, deviation: f64) -> f64 {
        (deviation * self.normal()).exp()
    }
}

/// One seed of several numbers; their order counts.
pub(super) fn key(parts: &[u64]) -> u64 {
    parts.iter().fold(GOLDEN, |state, part| scatter((state ^ part).wrapping_add(GOLDEN)))
}

/// The number in 0..1 of 64 bits.
pub(super) fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

fn scatter(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_even_and_the_same_for_a_seed() {
        let draws = |seed| {
            let mut chance = Chance::new(seed);
            (0..4000).map(|_| chance.unit()).collect::<Vec<_>>()
        };
        assert_eq!(draws(7), draws(7));
        assert_ne!(draws(7), draws(8));
        let mean = draws(7).iter().sum::<f64>() / 4000.0;
        assert!((0.48..0.52).contains(&mean), "{mean}");
        assert_ne!(key(&[1, 2]), key(&[2, 1]));
        let mut chance = Chance::new(1);
        let waits = (0..4000).map(|_| chance.wait(10.0)).sum::<f64>() / 4000.0;
        assert!((9.0..11.0).contains(&waits), "{waits}");
        assert!((0..1000).all(|_| (3..=5).contains(&chance.between(3, 5))));
    }
}
