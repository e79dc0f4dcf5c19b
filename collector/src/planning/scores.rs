//! How far past peaks were from what was foreseen of them, and the ranges and probabilities that
//! follow (conformal prediction: Vovk; Lei et al. 2018; Barber et al. 2021), with Student's beyond
//! what few scores can tell.

use super::quantiles::{median, normal_quantile, student_below, student_quantile};
use super::row::Standing;

/// What Student's range is widened by above the highest score: peaks are never missed downwards only.
const BEYOND: f64 = 0.3;

/// Least degrees of freedom of Student's.
const FEWEST_FREEDOM: f64 = 3.0;

/// Scores from which their middle counts half.
const FEW: f64 = 3.0;

/// What part of peaks a range is to hold, between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level(f64);

impl Level {
    /// The usual range: four of five.
    pub const EIGHTY: Self = Self(0.80);
    /// The wide one: nineteen of twenty.
    pub const NINETY_FIVE: Self = Self(0.95);
}

/// One past period: ln(peak / foreseen), in units of what was foreseen to be its spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// The number of its day.
    pub day: i32,
    /// The score.
    pub z: f64,
    /// Whether the peak may have been higher than what was sent.
    pub standing: Standing,
}

/// The scores of past periods, in rising order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scores {
    /// Where a peak is only known to be at least so high, its place is above all.
    rising: Vec<f64>,
    /// Lower ends of the same.
    rising_at_least: Vec<f64>,
    middle: f64,
}

/// What is foreseen of a peak: its middle, and its spread on the logarithm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Foreseen {
    /// Mbit/s, or cores.
    pub expected: f64,
    /// u: relative.
    pub spread: f64,
}

/// From low to high, in the unit of what is foreseen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// Not below it.
    pub low: f64,
    /// Not above it.
    pub high: f64,
}

impl Range {
    /// Whether a value lies within.
    pub fn holds(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// What the scores are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The peak of a day whose rooms are known.
    Day,
    /// A mix as somebody typed it: never narrower than the .95 quantile of the normal distribution,
    /// nor than that of its level.
    Mix,
}

impl Scores {
    /// Puts scores in order.
    pub fn of(scores: &[Score]) -> Self {
        let upper = |score: &Score| match score.standing {
            Standing::Measured => score.z,
            Standing::AtLeast => f64::INFINITY,
        };
        let sorted = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values
        };
        let rising_at_least = sorted(scores.iter().map(|score| score.z).collect());
        let count = scores.len() as f64;
        let middle = median(rising_at_least.clone()).unwrap_or(0.0);
        Self {
            rising: sorted(scores.iter().map(upper).collect()),
            rising_at_least,
            middle: middle * count / (count + FEW),
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.rising.len()
    }

    /// The middle of the scores, shrunk to 0 while there are few: a peak is the highest of many
    /// minutes, so it lies above what is expected of one.
    pub fn middle(&self) -> f64 {
        self.middle
    }

    /// The range of a peak that is to hold it in so many of a hundred cases.
    pub fn range(&self, foreseen: Foreseen, level: Level, subject: Subject) -> Range {
        let (mut low, mut high) = self.ends(level);
        if subject == Subject::Mix {
            let Level(level) = level;
            let least = normal_quantile(f64::midpoint(1.0, level).max(0.95));
            (low, high) = (low.min(-least), high.max(least));
        }
        let at = |z: f64| foreseen.expected * (foreseen.spread * z).exp();
        Range { low: at(low), high: at(high) }
    }

    fn ends(&self, Level(level): Level) -> (f64, f64) {
        let count = self.count();
        let rank = ((count as f64 + 1.0) * (1.0 + level) / 2.0 - 1e-9).ceil() as usize;
        let student = student_quantile(f64::midpoint(1.0, level), self.freedom());
        let within = |place: usize| self.rising.get(place).copied().filter(|z| z.is_finite());
        let highest = self.rising.iter().copied().rfind(|z| z.is_finite());
        let beyond = highest.unwrap_or(f64::NEG_INFINITY).max(student + BEYOND);
        let high = if rank <= count { within(rank - 1).unwrap_or(beyond) } else { beyond };
        let low = if rank <= count {
            self.rising_at_least[count - rank]
        } else {
            self.rising_at_least.first().copied().unwrap_or(0.0).min(-student)
        };
        (low, high)
    }

    /// The probability that a peak stays below a limit.
    pub fn probability_below(&self, foreseen: Foreseen, limit: f64) -> f64 {
        if limit <= 0.0 || foreseen.spread <= 0.0 {
            return 0.0;
        }
        let place = (limit / foreseen.expected).ln() / foreseen.spread;
        let count = self.count();
        let below = self.rising.partition_point(|z| *z < place);
        let plain = (below as f64 + 0.5) / (count as f64 + 1.0);
        let freedom = self.freedom();
        if count == 0 {
            return student_below(place - BEYOND, freedom);
        }
        if below == count {
            plain.max(student_below(place - BEYOND, freedom))
        } else if below == 0 {
            plain.min(student_below(place, freedom))
        } else {
            plain
        }
    }

    fn freedom(&self) -> f64 {
        (self.count() as f64 - 1.0).max(FEWEST_FREEDOM)
    }
}

/// A minute beside what was foreseen of it without its day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Glance {
    /// Unix time in minutes.
    pub minute: i64,
    /// The number of its day.
    pub day: i32,
    /// People in rooms.
    pub people: f64,
    /// What was measured.
    pub measured: f64,
    /// What that says of demand.
    pub standing: Standing,
    /// What was foreseen.
    pub expected: f64,
}

/// From how many people on a period counts.
pub const BUSY_PEOPLE: f64 = 5.0;

/// What periods are scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// Days with a minute of more than five people.
    Day,
    /// Hours with such a minute.
    Hour,
}

/// The peak of each busy period beside what was foreseen for the minute in which most was expected;
/// `variance` tells that of a glance, by its place.
pub fn scores(glances: &[Glance], period: Period, variance: impl Fn(usize) -> f64) -> Vec<Score> {
    let same = |a: &Glance, b: &Glance| match period {
        Period::Day => a.day == b.day,
        Period::Hour => a.day == b.day && a.minute.div_euclid(60) == b.minute.div_euclid(60),
    };
    let mut scores = Vec::new();
    let mut begin = 0;
    for part in glances.chunk_by(same) {
        let places = begin..begin + part.len();
        begin = places.end;
        if part.iter().all(|glance| glance.people <= BUSY_PEOPLE) {
            continue;
        }
        let foreseen = places.max_by(|&a, &b| glances[a].expected.total_cmp(&glances[b].expected));
        let peak = part.iter().max_by(|a, b| a.measured.total_cmp(&b.measured));
        let (Some(foreseen), Some(peak)) = (foreseen, peak) else { continue };
        let expected = glances[foreseen].expected;
        let spread = variance(foreseen).sqrt() / expected;
        let z = (peak.measured / expected).ln() / spread;
        let is_hidden = part.iter().any(|glance| glance.standing == Standing::AtLeast);
        let standing = if is_hidden { Standing::AtLeast } else { Standing::Measured };
        if z.is_finite() {
            scores.push(Score { day: peak.day, z, standing });
        }
    }
    scores
}

#[cfg(test)]
mod tests;
