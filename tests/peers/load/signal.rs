//! What a series does over time.

use fastrand::Rng;

/// The kind of a series.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Grows by whole numbers around this many a step, more at some times than at others.
    Counter(f64),
    /// Wanders between two bounds and is printed in multiples of `grain`.
    Walk {
        /// The lower bound.
        low: f64,
        /// The upper bound.
        high: f64,
        /// What it is rounded to; 0 leaves all digits.
        grain: f64,
    },
    /// Jumps freely above this value, all digits.
    Noise(f64),
    /// Never changes.
    Constant(f64),
}

/// A wandering gauge moves in one step by at most this part of its range.
const STRIDE: f64 = 0.004;

/// How much of the steps a gauge stands still.
const STILL: f64 = 0.3;

/// A series on its way.
#[derive(Debug, Clone)]
pub struct Signal {
    shape: Shape,
    rng: Rng,
    value: f64,
    /// How busy a counter is, 0 to 2.
    pace: f64,
}

impl Signal {
    /// The signal of that shape that this seed gives.
    pub fn new(shape: Shape, seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let value = match shape {
            Shape::Counter(typical) => (rng.f64() * typical * 1e5).floor(),
            Shape::Walk { low, high, .. } => low + (high - low) * rng.f64(),
            Shape::Noise(value) | Shape::Constant(value) => value,
        };
        Self { shape, pace: rng.f64() * 2.0, rng, value }
    }

    /// The value of the next step.
    pub fn next(&mut self) -> f64 {
        match self.shape {
            Shape::Counter(typical) => {
                self.pace = (self.pace + (self.rng.f64() - 0.5) * 0.1).clamp(0.0, 2.0);
                self.value += (typical * self.pace * (0.5 + self.rng.f64())).round();
                self.value
            }
            Shape::Walk { low, high, grain } => {
                if self.rng.f64() > STILL {
                    let stride = (high - low) * STRIDE * (self.rng.f64() * 2.0 - 1.0);
                    self.value = (self.value + stride).clamp(low, high);
                }
                round(self.value, grain)
            }
            Shape::Noise(least) => least * (1.0 + self.rng.f64() * self.rng.f64()),
            Shape::Constant(value) => value,
        }
    }
}

/// Rounds to a multiple, as decimal as an exporter would print it.
fn round(value: f64, grain: f64) -> f64 {
    if grain == 0.0 {
        value
    } else if grain < 1.0 {
        let parts = (1.0 / grain).round();
        (value * parts).round() / parts
    } else {
        (value / grain).round() * grain
    }
}
