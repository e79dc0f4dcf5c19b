//! The axis of values: round steps, zero where it belongs.

/// The axis of a mirrored graph.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The distance of grid lines.
    pub step: f64,
    /// The end above zero.
    pub above: f64,
    /// The end below zero, as a positive number.
    pub below: f64,
}

/// About how many grid lines a picture takes.
const LINES: f64 = 7.0;

impl Scale {
    /// The scale that holds these values on either side, with a little air.
    pub fn holding(above: f64, below: f64) -> Self {
        let whole = ((above + below) * 1.04).max(f64::MIN_POSITIVE);
        let step = if whole > 1e-9 { round_step(whole / LINES) } else { 0.25 };
        let end = |value: f64| ((value * 1.04 / step).ceil()).max(1.0) * step;
        Self { step, above: end(above), below: end(below) }
    }

    /// The grid lines from bottom to top; what lies below zero is negative.
    pub fn lines(&self) -> Vec<f64> {
        let first = -(self.below / self.step).round() as i64;
        let last = (self.above / self.step).round() as i64;
        (first..=last).map(|line| line as f64 * self.step).collect()
    }

    /// Where a value lies: 0 at the top, 1 at the bottom.
    pub fn place(&self, value: f64) -> f64 {
        ((self.above - value) / (self.above + self.below)).clamp(0.0, 1.0)
    }
}

/// The smallest of 1, 2, 5 × 10ⁿ that is at least `rough`.
fn round_step(rough: f64) -> f64 {
    let power = 10f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= rough * 0.999_999);
    factor.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_and_ends_hold_the_values() {
        let scale = Scale::holding(85.0, 12.0);
        assert_eq!((scale.step, scale.above, scale.below), (20.0, 100.0, 20.0));
        assert_eq!(scale.lines(), [-20.0, 0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert_eq!(
            (scale.place(100.0), scale.place(0.0), scale.place(-20.0)),
            (0.0, 100.0 / 120.0, 1.0)
        );
        for (above, below) in [(1.0, 1.0), (0.3, 999.0), (1e9, 1e3), (5e-3, 0.0)] {
            let scale = Scale::holding(above, below);
            assert!(scale.above >= above && scale.below >= below, "{scale:?}");
            assert!((3..=12).contains(&scale.lines().len()), "{scale:?}");
        }
    }

    #[test]
    fn silence_has_a_scale_too() {
        assert_eq!(Scale::holding(0.0, 0.0).lines(), [-0.25, 0.0, 0.25]);
    }
}
