//! How far past peaks were from what was foreseen of them, and the ranges and probabilities that
//! follow (conformal prediction: Vovk; Lei et al. 2018; Barber et al. 2021), with Student's beyond
//! what few scores can tell.
//!
//! A mix that nobody has seen is never surer than the normal distribution, in its range and in its
//! probabilities alike; a floor at its .95 quantile, as before peaks were foreseen as the highest of
//! an hour, held 92 to 97 % where 80 were promised.

use super::highest::{Coming, Seen, middle_below_mean, middle_of_highest, noise_of_highest, waver};
use super::quantiles::{median, normal_below, normal_quantile, student_below, student_quantile};
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

    /// The probabilities of staying below its low end and its high one.
    pub(super) fn ends(self) -> (f64, f64) {
        (f64::midpoint(0.0, 1.0 - self.0), f64::midpoint(1.0, self.0))
    }
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

    /// The same around their own middle.
    #[must_use]
    pub fn centred(mut self) -> Self {
        let middle = median(self.rising_at_least.clone()).unwrap_or(0.0);
        self.rising.iter_mut().chain(&mut self.rising_at_least).for_each(|z| *z -= middle);
        self.middle = 0.0;
        self
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.rising.len()
    }

    /// How many past periods lay within the range that all others give them, and how many there are.
    pub fn held(&self, level: Level) -> (usize, usize) {
        let holds = |place: &usize| {
            let mut others = self.clone();
            let own = others.rising_at_least.remove(*place);
            // A peak that may have been higher stands above all.
            let known = others.rising.iter().position(|z| *z == own);
            others.rising.remove(known.unwrap_or(others.rising.len() - 1));
            let (low, high) = others.ends(level);
            (low..=high).contains(&own)
        };
        ((0..self.count()).filter(holds).count(), self.count())
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
            let least = normal_quantile(f64::midpoint(1.0, level));
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
    pub fn probability_below(&self, foreseen: Foreseen, limit: f64, subject: Subject) -> f64 {
        let place = (limit / foreseen.expected).ln() / foreseen.spread;
        if limit <= 0.0 || foreseen.spread <= 0.0 || place.is_nan() {
            return 0.0;
        }
        let below = self.below(place);
        match subject {
            Subject::Day => below,
            // As the range: never surer than the normal distribution.
            Subject::Mix if place > 0.0 => below.min(normal_below(place)),
            Subject::Mix => below.max(normal_below(place)),
        }
    }

    fn below(&self, place: f64) -> f64 {
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
    /// How unsure that is, relative, beside rooms and noise: the factors, and the base.
    pub unsure: f64,
    /// How far rooms that are what they are may be from it, relative.
    pub room_spread: f64,
    /// What was measured beside it and does not follow from rooms, in the same unit.
    pub on_top: f64,
}

impl Glance {
    /// u: how far the highest of minutes like this may be from what is foreseen of it.
    pub(super) fn spread(&self, waver: f64) -> f64 {
        self.unsure.hypot(self.room_spread).hypot(noise_of_highest(waver))
    }
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

/// How far busy minutes are from the next, relative, in minutes ordered by time.
pub fn waver_of(glances: &[Glance]) -> f64 {
    let measured = |glance: &&Glance| glance.standing == Standing::Measured;
    let seen = |glance: &Glance| Seen {
        minute: glance.minute,
        expected: glance.expected,
        measured: glance.measured,
    };
    let seen: Vec<Seen> = glances.iter().filter(measured).map(seen).collect();
    waver(
        &seen
            .chunk_by(|a, b| a.minute.div_euclid(1440) == b.minute.div_euclid(1440))
            .collect::<Vec<_>>(),
    )
}

/// Hours in which less than this part of the most is expected do not bring the peak.
const FAR_BELOW: f64 = 0.4;

/// What is foreseen of the highest of some minutes, ordered by time: hours are apart in their rooms,
/// minutes in what wavers. None of none.
pub fn foresee(glances: &[Glance], waver: f64) -> Option<Foreseen> {
    let top = most_expected(glances)?;
    let mut hours = Vec::new();
    for hour in glances.chunk_by(same_hour) {
        let best = most_expected(hour)?;
        if best.expected < FAR_BELOW * top.expected {
            continue;
        }
        let near =
            hour.iter().filter(|glance| glance.expected >= best.expected * (-4.0 * waver).exp());
        let minutes: Vec<Coming> =
            near.map(|glance| Coming { log: glance.expected.ln(), spread: waver }).collect();
        let log = middle_of_highest(&minutes) - middle_below_mean(best.room_spread);
        hours.push(Coming { log, spread: best.room_spread });
    }
    Some(Foreseen { expected: middle_of_highest(&hours).exp(), spread: top.spread(waver) })
}

fn most_expected(glances: &[Glance]) -> Option<&Glance> {
    glances.iter().max_by(|a, b| a.expected.total_cmp(&b.expected))
}

fn same_hour(a: &Glance, b: &Glance) -> bool {
    a.day == b.day && a.minute.div_euclid(60) == b.minute.div_euclid(60)
}

/// The peak of a past period beside what was foreseen of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak {
    /// The number of its day.
    pub day: i32,
    /// The highest minute, as it was measured.
    pub measured: f64,
    /// What was foreseen of it.
    pub foreseen: Foreseen,
    /// Whether more may have been asked for.
    pub standing: Standing,
}

impl Peak {
    /// How far it was from that; none of what is no number.
    pub fn score(&self) -> Option<Score> {
        let z = (self.measured / self.foreseen.expected).ln() / self.foreseen.spread;
        z.is_finite().then_some(Score { day: self.day, z, standing: self.standing })
    }
}

/// The peak of each busy period beside what was foreseen of it.
pub fn peaks(glances: &[Glance], period: Period, waver: f64) -> Vec<Peak> {
    let peak = |part: &[Glance]| {
        let highest = part.iter().max_by(|a, b| a.measured.total_cmp(&b.measured))?;
        let is_hidden = part.iter().any(|glance| glance.standing == Standing::AtLeast);
        let standing = if is_hidden { Standing::AtLeast } else { Standing::Measured };
        let (day, measured) = (highest.day, highest.measured);
        Some(Peak { day, measured, foreseen: foresee(part, waver)?, standing })
    };
    busy(glances, period).filter_map(peak).collect()
}

/// How far what does not follow from rooms lifted the peak of each busy period, in rising order.
pub fn lifts(glances: &[Glance], period: Period) -> Vec<f64> {
    let highest = |part: &[Glance], of: fn(&Glance) -> f64| {
        part.iter().map(of).filter(|value| value.is_finite()).reduce(f64::max)
    };
    let lift = |part: &[Glance]| {
        let whole = highest(part, |glance| glance.measured + glance.on_top)?;
        Some(whole - highest(part, |glance| glance.measured)?)
    };
    let mut lifts: Vec<f64> = busy(glances, period).filter_map(lift).collect();
    lifts.sort_by(f64::total_cmp);
    lifts
}

fn busy(glances: &[Glance], period: Period) -> impl Iterator<Item = &[Glance]> {
    let same = move |a: &Glance, b: &Glance| match period {
        Period::Day => a.day == b.day,
        Period::Hour => same_hour(a, b),
    };
    glances.chunk_by(same).filter(|part| part.iter().any(|glance| glance.people > BUSY_PEOPLE))
}

/// Their scores.
pub fn scores(glances: &[Glance], period: Period, waver: f64) -> Vec<Score> {
    peaks(glances, period, waver).iter().filter_map(Peak::score).collect()
}

#[cfg(test)]
mod tests;
