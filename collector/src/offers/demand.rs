//! What is to be carried: a host's measured days, how they grow, and its highest minutes.

use crate::contracts::{BYTES_PER_MBIT_STEP, Step};
use crate::planning::forecast::Forecast;
use crate::planning::quantiles::{median, normal_below};
use crate::planning::theil_sen::{Point, theil_sen};

/// Days of a week.
pub const WEEK: usize = 7;

/// A trend before anything is measured: 0 ± 10 % a month, per week.
const TREND_SPREAD: f64 = 0.10 * 7.0 / 30.0;

/// How weeks differ before several are measured, relative, and how many weeks that is worth.
const WEEK_SPREAD: f64 = 0.15;
const WEEK_WORTH: f64 = 2.0;

/// How far a highest minute to come lies above the measured one where no forecast is possible yet,
/// and how sure that is, on the logarithm.
const BEYOND_THE_SEEN: f64 = 0.15;
const UNFORESEEN_SPREAD: f64 = 0.35;

/// What is to be carried.
#[derive(Debug, Clone)]
pub struct Demand {
    /// Whole days of steps of five minutes, the newest last.
    pub days: Vec<Vec<Step>>,
    /// The highest minute.
    pub peak: Peak,
    /// Cores that were busy at most.
    pub busy_cores: f64,
    /// The part of its days that was measured; what was not is as it was at that time on other days.
    pub known_part: f64,
    /// Which steps were not measured, counted back from the newest, which is 0.
    unknown: Vec<usize>,
}

/// The highest minute that is to come within four weeks.
#[derive(Debug, Clone)]
pub enum Peak {
    /// As the forecast has it.
    Foreseen(Box<Forecast>),
    /// As it was, in Mbit/s, of too short a history.
    Seen(f64),
}

/// How what is sent grows, on the logarithm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Growth {
    /// In a month of thirty days.
    pub monthly: f64,
    /// How sure that is.
    pub deviation: f64,
    /// How sure the level is that it starts from.
    pub level_deviation: f64,
    /// Beyond so many months nothing is expected of it: only doubt grows.
    pub months: f64,
}

impl Peak {
    /// That it stays below a limit, in Mbit/s.
    pub fn probability_below(&self, limit_mbit: f64) -> f64 {
        match self {
            Self::Foreseen(forecast) => forecast.probability_below(limit_mbit),
            Self::Seen(mbit) if *mbit > 0.0 => {
                normal_below(((limit_mbit / mbit).ln() - BEYOND_THE_SEEN) / UNFORESEEN_SPREAD)
            }
            Self::Seen(_) => 1.0,
        }
    }
}

impl Demand {
    /// Whole weeks, counted back from the newest day; each has seven days.
    pub fn weeks(&self) -> Vec<&[Vec<Step>]> {
        let beyond = self.days.len() % WEEK;
        self.days[beyond..].chunks(WEEK).collect()
    }

    /// Of whole days, the newest last.
    pub fn new(mut days: Vec<Vec<Step>>, peak: Peak, busy_cores: f64) -> Self {
        let all: usize = days.iter().map(Vec::len).sum();
        let newest_first = days.iter().flatten().rev().enumerate();
        let unknown: Vec<usize> =
            newest_first.filter(|(_, step)| !step.is_known()).map(|(back, _)| back).collect();
        if !unknown.is_empty() {
            fill(&mut days);
        }
        let known_part = (all - unknown.len()) as f64 / all.max(1) as f64;
        Self { days, peak, busy_cores, known_part, unknown }
    }

    /// The newest steps, in order: what was not measured of them is as at that time of other days, and
    /// what lies before all days as at that time of the week.
    pub fn newest(&self, count: usize) -> Vec<Step> {
        let all: Vec<Step> = self.days.iter().flatten().copied().collect();
        let week = WEEK * self.days.last().map_or(0, Vec::len).max(1);
        let of = |back: usize| {
            let mut back = back;
            while back >= all.len() && back >= week {
                back -= week;
            }
            all.len().checked_sub(back + 1).map(|place| all[place])
        };
        (0..count).rev().filter_map(of).collect()
    }

    /// How many of the newest steps were measured.
    pub fn measured(&self, count: usize) -> usize {
        let all: usize = self.days.iter().map(Vec::len).sum();
        let within = count.min(all);
        within - self.unknown.iter().filter(|back| **back < within).count()
    }

    /// What is sent in thirty days, as it was measured, in bytes.
    pub fn month_bytes(&self) -> f64 {
        let sent: f64 = self.days.iter().flatten().map(|step| step.sent_mbit).sum();
        sent * BYTES_PER_MBIT_STEP / self.days.len().max(1) as f64 * 30.0
    }

    /// How it grows: Theil-Sen over the means of weeks, shrunk by its own uncertainty.
    pub fn growth(&self) -> Growth {
        let points: Vec<Point> = self
            .weeks()
            .iter()
            .enumerate()
            .filter_map(|(week, days)| Some(Point { x: week as f64, y: mean_mbit(days)?.ln() }))
            .filter(|point| point.y.is_finite())
            .collect();
        let count = points.len() as f64;
        let line = theil_sen(&points);
        let slope = line.as_ref().map_or(0.0, |line| line.slope);
        let middle = median(points.iter().map(|point| point.y - slope * point.x).collect());
        let left = |point: &Point| point.y - middle.unwrap_or(0.0) - slope * point.x;
        let squares: f64 = points.iter().map(|point| left(point).powi(2)).sum();
        // A line through so many points leaves two fewer to tell how weeks differ.
        let freedom = WEEK_WORTH + (count - 2.0).max(0.0);
        let variance = (WEEK_WORTH * WEEK_SPREAD * WEEK_SPREAD + squares) / freedom;
        let mean = points.iter().map(|point| point.x).sum::<f64>() / count.max(1.0);
        let apart: f64 = points.iter().map(|point| (point.x - mean).powi(2)).sum();
        // A median is less sure than a mean, by π/2 at most.
        let of_slope = std::f64::consts::FRAC_PI_2 * variance / apart.max(0.5);
        let believed = TREND_SPREAD * TREND_SPREAD;
        let weekly = slope * believed / (believed + of_slope);
        let deviation = (believed * of_slope / (believed + of_slope)).sqrt();
        Growth {
            monthly: weekly * 30.0 / 7.0,
            deviation: deviation * 30.0 / 7.0,
            level_deviation: (variance / count.max(1.0)).sqrt(),
            months: self.days.len() as f64 / 30.0,
        }
    }
}

impl Growth {
    /// What flows some months later, times what flows now; `trend` and `level` are standard normal.
    pub fn times(&self, months: f64, trend: f64, level: f64) -> f64 {
        let within = months.min(self.months);
        // Beyond what was measured nothing is expected of growth, and doubt goes on as a random walk.
        let doubt = self.deviation * (within + (months - within).sqrt());
        (self.monthly * within + doubt * trend + self.level_deviation * level).exp()
    }
}

/// The mean of what was sent on some days, if anything was measured and sent.
fn mean_mbit(days: &[Vec<Step>]) -> Option<f64> {
    let known = || days.iter().flatten().filter(|step| step.is_known());
    let count = known().count();
    let sum: f64 = known().map(|step| step.sent_mbit).sum();
    (count > 0 && sum > 0.0).then(|| sum / count as f64)
}

/// Gives what was not measured what was measured at the same time of other days, on average.
fn fill(days: &mut [Vec<Step>]) {
    let longest = days.iter().map(Vec::len).max().unwrap_or(0);
    for place in 0..longest {
        let known = || days.iter().filter_map(|day| day.get(place)).filter(|step| step.is_known());
        let count = known().count().max(1) as f64;
        let mean = |of: fn(&Step) -> f64| {
            known().map(of).filter(|value| value.is_finite()).sum::<f64>() / count
        };
        let usual = Step {
            sent_mbit: mean(|step| step.sent_mbit),
            received_mbit: mean(|step| step.received_mbit),
            people: mean(|step| step.people),
        };
        for step in days.iter_mut().filter_map(|day| day.get_mut(place)) {
            if !step.is_known() {
                *step = usual;
            }
        }
    }
}
