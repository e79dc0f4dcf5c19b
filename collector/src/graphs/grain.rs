//! What the figures of a graph are told from, in numbers and in words.

use crate::query::{Interval, usual_distances};

/// Distances this near to each other are told as one.
const ALIKE: f64 = 1.5;

/// What the figures of a graph are told from.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[expect(clippy::struct_field_names, reason = "all are durations, whose unit stands last")]
pub struct Grain {
    /// How far samples are apart, the shortest and the longest usual distance, in milliseconds.
    pub samples_ms: Option<[i64; 2]>,
    /// What one value of a line is the mean of; none where it is a sample.
    pub steps_ms: Option<i64>,
    /// The rollups that keep the extremes of samples, where those were read.
    pub rollups_ms: Option<i64>,
    /// The windows in which the parts of a sum are looked at where only its bounds are known.
    pub fine_ms: Option<i64>,
}

impl Grain {
    /// Samples so far apart.
    pub fn of_samples(distance_ms: Option<i64>) -> Self {
        Self { samples_ms: distance_ms.map(|distance| [distance; 2]), ..Self::default() }
    }

    /// So many samples in each step; nothing where that does not say how far they are apart.
    pub fn of_counts(counts: &[Option<f64>], step_ms: i64) -> Option<Self> {
        // A window counts the samples at both of its ends.
        let distance = |count: &f64| step_ms as f64 / (count - 1.0);
        let counts = counts.iter().flatten().filter(|count| **count >= 2.0);
        let samples_ms = Some(usual_distances(counts.map(distance).collect())?);
        Some(Self { samples_ms, ..Self::default() })
    }

    /// In words: of what the peaks are, and what lies behind the other figures.
    pub fn words(&self) -> String {
        let samples = match self.samples_ms {
            None => "samples".to_owned(),
            Some([shortest, longest]) if (longest as f64) < shortest as f64 * ALIKE => {
                format!("{} samples", duration(shortest))
            }
            Some([shortest, longest]) => {
                format!("samples {} to {} apart", duration(shortest), duration(longest))
            }
        };
        let kept = self.rollups_ms.map(|ms| format!(" in {} rollups", duration(ms)));
        let steps = self.steps_ms.map(|ms| format!(", 95th of {} means", duration(ms)));
        format!("peaks of {samples}{}{}", kept.unwrap_or_default(), steps.unwrap_or_default())
    }
}

/// A duration in its largest whole unit.
pub fn duration(ms: i64) -> String {
    match ms {
        ms if ms >= 3_600_000 && ms % 3_600_000 == 0 => format!("{} h", ms / 3_600_000),
        ms if ms >= 60_000 && ms % 60_000 == 0 && ms != 60_000 => format!("{} min", ms / 60_000),
        ms if ms >= 1000 => format!("{:.0} s", ms as f64 / 1000.0),
        ms => format!("{ms} ms"),
    }
}

/// What is known of the extremes of a line: what was sampled, and bounds of what was not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Certainty {
    known: Ends,
    bounds: Ends,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Ends {
    least: f64,
    most: f64,
}

impl Default for Certainty {
    fn default() -> Self {
        let nothing = Ends { least: f64::INFINITY, most: f64::NEG_INFINITY };
        Self { known: nothing, bounds: nothing }
    }
}

impl Certainty {
    /// Of intervals whose extremes are bounds, where their means differ from them.
    pub fn bounded(intervals: &[Interval]) -> Self {
        let mut certainty = Self::default();
        for interval in intervals {
            certainty.look_at_bounds(interval);
        }
        certainty
    }

    /// Looks at one more interval, whose extremes were sampled.
    pub fn look(&mut self, interval: &Interval) {
        self.known.add(interval.min, interval.max);
    }

    /// Looks at one more interval, whose extremes are bounds.
    pub fn look_at_bounds(&mut self, interval: &Interval) {
        let Interval { min, mean, max, .. } = *interval;
        // Something was at least as much as the mean.
        self.known.add(mean, mean);
        self.bounds.add(min, max);
    }

    /// Whether the greatest is a bound: at most so much, and at least what was sampled.
    pub fn is_at_most(&self) -> bool {
        self.bounds.most > self.known.most
    }

    /// Whether the least is a bound.
    pub fn is_at_least(&self) -> bool {
        self.bounds.least < self.known.least
    }
}

impl Ends {
    fn add(&mut self, least: f64, most: f64) {
        (self.least, self.most) = (self.least.min(least), self.most.max(most));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grain_says_how_far_samples_are_apart() {
        let month = Grain { steps_ms: Some(1_200_000), ..Grain::of_samples(Some(15_000)) };
        let samples_ms = Some([5_000, 60_000]);
        let mixed = Grain { samples_ms, rollups_ms: Some(300_000), ..Grain::default() };
        for (grain, words) in [
            (Grain::of_samples(Some(1000)), "peaks of 1 s samples"),
            (Grain::default(), "peaks of samples"),
            (month, "peaks of 15 s samples, 95th of 20 min means"),
            (mixed, "peaks of samples 5 s to 60 s apart in 5 min rollups"),
        ] {
            assert_eq!(grain.words(), words);
        }
        let counts = [Some(81.0), None, Some(1.0), Some(80.0)];
        assert_eq!(Grain::of_counts(&counts, 1_200_000).unwrap().samples_ms, Some([15_000; 2]));
        assert_eq!(Grain::of_counts(&[None], 1000), None);
    }

    #[test]
    fn what_was_sampled_is_known_though_bounds_lie_below_it() {
        let interval = |min, mean, max| Interval { from_ms: 0, to_ms: 1, mean, min, max };
        let mut certainty = Certainty::default();
        certainty.look(&interval(1.0, 2.0, 5.0));
        certainty.look_at_bounds(&interval(2.0, 3.0, 4.0));
        assert_eq!((certainty.is_at_most(), certainty.is_at_least()), (false, false));
        certainty.look_at_bounds(&interval(0.0, 5.5, 6.0));
        assert_eq!((certainty.is_at_most(), certainty.is_at_least()), (true, true));
        certainty.look(&interval(0.0, 6.0, 6.0));
        assert_eq!((certainty.is_at_most(), certainty.is_at_least()), (false, false));
    }
}
