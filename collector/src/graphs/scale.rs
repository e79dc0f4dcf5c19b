//! The axis of values: round steps, zero where it belongs.

use super::definition::Side;

/// No axis is longer: on the way to pictures, values are added up and written in other units.
pub const LONGEST_AXIS: f64 = 1e300;

/// By which part of itself an axis gets longer at least.
const LONGER: f64 = 0.06;

/// What an axis has to hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    /// The greatest value above zero.
    pub above: f64,
    /// The greatest below zero, as a positive number; none if the axis ends at zero.
    pub below: Option<f64>,
    /// About how many grid lines there is room for.
    pub lines: f64,
    /// The least distance of grid lines.
    pub least_step: f64,
    /// What no value exceeds, if there is such a thing: the axis needs no air above it.
    pub most: Option<f64>,
}

/// The axis of a graph.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The distance of grid lines.
    pub step: f64,
    /// The end above zero.
    pub above: f64,
    /// The end below zero, as a positive number.
    pub below: f64,
}

impl Scale {
    /// The scale that holds these values, with a little air; of what is no length, as much as an axis
    /// can hold.
    pub fn holding(extent: Extent) -> Self {
        let Extent { above, below, lines, least_step, most } = extent;
        let length = |end: f64| if end > 0.0 { end.min(LONGEST_AXIS) } else { 0.0 };
        let (above, below) = (length(above), below.map(length));
        let whole = ((above + below.unwrap_or(0.0)) * 1.04).max(f64::MIN_POSITIVE);
        let step = if whole > 1e-9 { round_step(whole / lines) } else { 0.25 };
        let step = step.max(least_step);
        let end = |value: f64| ((value * 1.04 / step).ceil()).max(1.0) * step;
        let top = most.filter(|most| above <= *most).map_or(f64::INFINITY, |most| most.max(step));
        Self { step, above: end(above).min(top), below: below.map_or(0.0, end) }
    }

    /// Makes one side longer, by a line of the grid or a part of all, whatever is more.
    pub fn lengthen(&mut self, side: Side) {
        let part = (self.above + self.below) * LONGER / self.step;
        let more = part.ceil().max(1.0) * self.step;
        let end = match side {
            Side::Above => &mut self.above,
            Side::Below => &mut self.below,
        };
        *end = (*end + more).min(LONGEST_AXIS * 2.0);
    }

    /// The grid lines from bottom to top; what lies below zero is negative.
    pub fn lines(&self) -> Vec<f64> {
        let first = -(self.below / self.step).round() as i64;
        let last = (self.above / self.step).round() as i64;
        (first..=last).map(|line| line as f64 * self.step).collect()
    }

    /// Where a value lies: 0 at the top, 1 at the bottom.
    pub fn place(&self, value: f64) -> f64 {
        // What is no number has no place; it stands where nothing is.
        let value = if value.is_nan() { 0.0 } else { value.clamp(-self.below, self.above) };
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

    fn scale(above: f64, below: Option<f64>) -> Scale {
        Scale::holding(Extent { above, below, lines: 7.0, least_step: 0.0, most: None })
    }

    #[test]
    fn steps_are_round_and_ends_hold_the_values() {
        let mirrored = scale(85.0, Some(12.0));
        assert_eq!((mirrored.step, mirrored.above, mirrored.below), (20.0, 100.0, 20.0));
        assert_eq!(mirrored.lines(), [-20.0, 0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert_eq!(
            (mirrored.place(100.0), mirrored.place(0.0), mirrored.place(-20.0)),
            (0.0, 100.0 / 120.0, 1.0)
        );
        for (above, below) in [(1.0, 1.0), (0.3, 999.0), (1e9, 1e3), (5e-3, 0.0)] {
            for below in [None, Some(below)] {
                let scale = scale(above, below);
                assert!(scale.above >= above && scale.below >= below.unwrap_or(0.0), "{scale:?}");
                assert!((3..=12).contains(&scale.lines().len()), "{scale:?}");
            }
        }
    }

    #[test]
    fn one_side_begins_at_zero_and_people_are_whole() {
        let one = scale(63.0, None);
        assert_eq!(one.lines(), [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0]);
        assert_eq!((one.place(0.0), one.place(70.0)), (1.0, 0.0));
        let people = Extent { above: 2.0, below: None, lines: 7.0, least_step: 1.0, most: None };
        assert_eq!(Scale::holding(people).lines(), [0.0, 1.0, 2.0, 3.0]);
        let of_hundred = |above| Extent { above, least_step: 0.0, most: Some(100.0), ..people };
        assert_eq!(Scale::holding(of_hundred(98.0)).above, 100.0);
        assert_eq!(Scale::holding(of_hundred(12.0)).above, 14.0);
        assert_eq!(Scale::holding(of_hundred(103.0)).above, 120.0);
    }

    #[test]
    fn any_number_has_a_scale_with_few_lines_and_a_place_on_it() {
        let numbers = [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MAX,
            f64::MIN,
            1.7e308,
            -1.7e308,
            f64::MIN_POSITIVE,
            5e-324,
            -5e-324,
            -0.0,
            1e-9,
            1e15,
        ];
        for above in numbers {
            for below in numbers.map(Some).into_iter().chain([None]) {
                for (least_step, most) in [(0.0, None), (1.0, None), (0.0, Some(100.0))] {
                    let extent = Extent { above, below, lines: 7.0, least_step, most };
                    let scale = Scale::holding(extent);
                    let lines = scale.lines();
                    assert!((2..=12).contains(&lines.len()), "{extent:?} {scale:?}");
                    assert!(lines.iter().all(|line| line.is_finite()), "{extent:?} {scale:?}");
                    let places = numbers.map(|number| scale.place(number));
                    assert!(
                        places.iter().all(|p| (0.0..=1.0).contains(p)),
                        "{extent:?} {places:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn silence_has_a_scale_too() {
        assert_eq!(scale(0.0, Some(0.0)).lines(), [-0.25, 0.0, 0.25]);
        assert_eq!(scale(0.0, None).lines(), [0.0, 0.25]);
    }
}
