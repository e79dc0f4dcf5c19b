//! Numbers nobody guesses, for what a reply has to bring back; and numbers that only spread.

/// What only who got a ping can send back: 64 bits of the system's randomness.
pub fn nonce() -> Result<u64, getrandom::Error> {
    getrandom::u64()
}

/// Numbers that spread evenly (SplitMix64; Steele, Lea, Flood 2014).
#[derive(Debug, Clone)]
pub struct Spread(u64);

impl Spread {
    /// The numbers of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next one, from 0 to below 1.
    pub fn ratio(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let mixed = mixed ^ (mixed >> 31);
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }
}
