//! The highest minute of days to come, from the peaks of past days: by weekday, with a trend that is
//! believed only as far as weeks show it, and ranges scored on the past's own forecasts.
//!
//! Bare resampling of days never exceeds the past; here residuals are pooled and smoothed, and the
//! trend is a draw of its own.

use super::chance::Chance;
use super::doubt::Doubt;
use super::quantiles::median;
use super::row::Standing;
use super::scores::{Foreseen, Level, Range, Score, Scores, Subject};
use super::theil_sen::{Point, theil_sen};

/// Least history, in days, and how far back a forecast looks.
const SHORTEST_DAYS: i32 = 28;
const LONGEST_DAYS: i32 = 366;

/// A longer history of fewer days than this tells nothing of weekdays or weeks.
const LEAST_PEAKS: usize = 14;

/// Draws of a forecast, and of each of the past's.
const DRAWS: usize = 1_000;
const PAST_DRAWS: usize = 200;

/// A trend before anything is measured: 0 ± 10 % a month, per week.
const TREND_SPREAD: f64 = 0.10 * 7.0 / 30.0;

/// Peaks of days of the same kind before a weekday is believed to differ.
const WEEKDAY_WEIGHT: f64 = 2.0;

/// The peak of one day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DayPeak {
    /// The number of the day.
    pub day: i32,
    /// Its weekday, 0 to 6.
    pub weekday: u8,
    /// Its highest minute; days without any are left out.
    pub peak: f64,
}

/// What is foreseen of the highest minute within some days.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// The middle and spread of the highest minute.
    pub foreseen: Foreseen,
    /// Of past forecasts.
    pub scores: Scores,
    /// Growth of peaks in 30 days, relative, after shrinking.
    pub monthly_trend: f64,
    /// Days of the history that have a peak.
    pub days: usize,
    /// From its first day to its last.
    span: usize,
    /// For each day to come, nine draws of ten lie below it.
    upper: Vec<f64>,
    middle: Vec<f64>,
}

/// When a limit is passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunOut {
    /// In so many days: the first whose upper 80 % passes, and the first whose middle does, if any
    /// within the horizon.
    Between {
        /// Days from now.
        earliest_days: u32,
        /// Days from now.
        likely_days: Option<u32>,
    },
    /// Not within as long as the history is.
    NotWithin {
        /// Days.
        days: u32,
    },
}

impl Forecast {
    /// What the peaks, ordered by day, say of the next `horizon` days.
    pub fn of(peaks: &[DayPeak], horizon: u32) -> Result<Self, Doubt> {
        let peaks = usable(peaks);
        let (Some(first), Some(last)) = (peaks.first(), peaks.last()) else {
            return Err(Doubt::ShortHistory { days: 0 });
        };
        let span = last.day - first.day + 1;
        if span < SHORTEST_DAYS || peaks.len() < LEAST_PEAKS {
            return Err(Doubt::ShortHistory { days: peaks.len() });
        }
        let pattern = Pattern::of(&peaks);
        let drawn = pattern.draw(last.day, horizon, DRAWS);
        Ok(Self {
            foreseen: drawn.highest,
            scores: past_scores(&peaks, horizon),
            monthly_trend: (pattern.trend * 30.0 / 7.0).exp_m1(),
            days: peaks.len(),
            span: usize::try_from(span).unwrap_or(0),
            upper: drawn.quantiles(0.9),
            middle: drawn.quantiles(0.5),
        })
    }

    /// The range of the highest minute.
    pub fn range(&self, level: Level) -> Range {
        self.scores.range(self.foreseen, level, Subject::Day)
    }

    /// The middle of the highest minute.
    pub fn expected(&self) -> f64 {
        self.foreseen.expected * (self.foreseen.spread * self.scores.middle()).exp()
    }

    /// The probability that it stays below a limit.
    pub fn probability_below(&self, limit: f64) -> f64 {
        self.scores.probability_below(self.foreseen, limit, Subject::Day)
    }

    /// When days pass a limit, no further ahead than the history is long.
    pub fn run_out(&self, limit: f64) -> RunOut {
        let within = self.upper.len().min(self.span);
        let first = |values: &[f64]| {
            let place = values.iter().take(within).position(|peak| *peak > limit);
            place.map(|place| place as u32 + 1)
        };
        match first(&self.upper) {
            Some(earliest_days) => {
                RunOut::Between { earliest_days, likely_days: first(&self.middle) }
            }
            None => RunOut::NotWithin { days: within as u32 },
        }
    }
}

fn usable(peaks: &[DayPeak]) -> Vec<DayPeak> {
    let newest = peaks.last().map_or(0, |peak| peak.day);
    let fits = |peak: &&DayPeak| {
        peak.peak.is_finite() && peak.peak > 0.0 && newest - peak.day < LONGEST_DAYS
    };
    peaks.iter().filter(fits).copied().collect()
}

/// Past forecasts beside what came: one a week, each knowing what was before it only.
fn past_scores(peaks: &[DayPeak], horizon: u32) -> Scores {
    let (Some(first), Some(last)) = (peaks.first(), peaks.last()) else { return Scores::default() };
    let horizon_days = horizon as i32;
    let mut scores = Vec::new();
    let mut origin = last.day - horizon_days;
    while origin - first.day + 1 >= SHORTEST_DAYS {
        let known = peaks.partition_point(|peak| peak.day <= origin);
        let to_come = peaks[known..].iter().take_while(|peak| peak.day <= origin + horizon_days);
        let highest = to_come.map(|peak| peak.peak).fold(0.0, f64::max);
        let foreseen = Pattern::of(&peaks[..known]).draw(origin, horizon, PAST_DRAWS).highest;
        let z = (highest / foreseen.expected).ln() / foreseen.spread;
        if z.is_finite() {
            scores.push(Score { day: origin, z, standing: Standing::Measured });
        }
        origin -= 7;
    }
    Scores::of(&scores)
}

/// Weekdays, trend and residuals, on the logarithm.
struct Pattern {
    weekdays: [Option<f64>; 7],
    origin: i32,
    /// What is added to the number of a day to get its weekday.
    shift: i32,
    trend: f64,
    trend_deviation: f64,
    residuals: Vec<f64>,
    /// How far residuals are smoothed.
    width: f64,
}

struct Drawn {
    highest: Foreseen,
    /// Logarithms of each day's draws.
    by_day: Vec<Vec<f64>>,
}

impl Drawn {
    /// Of each day to come, what this part of draws lies below; 0 of days without peaks.
    fn quantiles(&self, level: f64) -> Vec<f64> {
        self.by_day.iter().map(|drawn| quantile(drawn, level)).collect()
    }
}

impl Pattern {
    fn of(peaks: &[DayPeak]) -> Self {
        let origin = peaks.last().map_or(0, |peak| peak.day);
        let shift = peaks.last().map_or(0, |peak| i32::from(peak.weekday) - peak.day);
        let mut pattern = Self {
            weekdays: [None; 7],
            origin,
            shift,
            trend: 0.0,
            trend_deviation: TREND_SPREAD,
            residuals: Vec::new(),
            width: 0.0,
        };
        // Weekdays and trend each from what the other leaves.
        for _ in 0..2 {
            pattern.learn_weekdays(peaks);
            pattern.learn_trend(peaks);
        }
        pattern.learn_weekdays(peaks);
        pattern.residuals = peaks.iter().filter_map(|peak| pattern.residual(peak)).collect();
        let count = pattern.residuals.len().max(1) as f64;
        // Silverman's rule, 1986.
        pattern.width = 1.06 * spread(&pattern.residuals) * count.powf(-0.2);
        pattern
    }

    fn weeks(&self, day: i32) -> f64 {
        f64::from(day - self.origin) / 7.0
    }

    fn residual(&self, peak: &DayPeak) -> Option<f64> {
        let level = self.weekdays[usize::from(peak.weekday % 7)]?;
        Some(peak.peak.ln() - level - self.trend * self.weeks(peak.day))
    }

    fn learn_weekdays(&mut self, peaks: &[DayPeak]) {
        let level = |peak: &DayPeak| peak.peak.ln() - self.trend * self.weeks(peak.day);
        let all = median(peaks.iter().map(level).collect()).unwrap_or(0.0);
        self.weekdays = std::array::from_fn(|weekday| {
            let same = peaks.iter().filter(|peak| usize::from(peak.weekday % 7) == weekday);
            let levels: Vec<f64> = same.map(level).collect();
            let count = levels.len() as f64;
            let own = median(levels)?;
            Some((own * count + all * WEEKDAY_WEIGHT) / (count + WEEKDAY_WEIGHT))
        });
    }

    /// Theil-Sen over the middles of weeks, shrunk by its own uncertainty.
    fn learn_trend(&mut self, peaks: &[DayPeak]) {
        let week = |peak: &DayPeak| (peak.day - self.origin).div_euclid(7);
        let mut points = Vec::new();
        for same in peaks.chunk_by(|a, b| week(a) == week(b)) {
            let levels = same.iter().filter_map(|peak| {
                let weekday = self.weekdays[usize::from(peak.weekday % 7)]?;
                Some(peak.peak.ln() - weekday)
            });
            if let Some(y) = median(levels.collect()) {
                points.push(Point { x: f64::from(week(&same[0])), y });
            }
        }
        let Some(line) = theil_sen(&points) else { return };
        let left: Vec<f64> =
            points.iter().map(|point| point.y - line.intercept - line.slope * point.x).collect();
        let mean = points.iter().map(|point| point.x).sum::<f64>() / points.len() as f64;
        let apart = points.iter().map(|point| (point.x - mean).powi(2)).sum::<f64>().max(1.0);
        // A median is less sure than a mean, by π/2 at most.
        let variance = std::f64::consts::FRAC_PI_2 * spread(&left).powi(2).max(1e-6) / apart;
        let believed = TREND_SPREAD * TREND_SPREAD;
        self.trend = line.slope * believed / (believed + variance);
        self.trend_deviation = (believed * variance / (believed + variance)).sqrt();
    }

    /// Days after `from`, drawn many times.
    fn draw(&self, from: i32, horizon: u32, draws: usize) -> Drawn {
        let mut chance = Chance::of(0x6865_6164_726F_6F6D);
        let mut highest = Vec::with_capacity(draws);
        let mut by_day = vec![Vec::with_capacity(draws); horizon as usize];
        let weekday_of = |day: i32| (day + self.shift).rem_euclid(7) as usize;
        for _ in 0..draws {
            let trend = self.trend + self.trend_deviation * chance.normal();
            let mut most = f64::NEG_INFINITY;
            for (step, drawn) in by_day.iter_mut().enumerate() {
                let day = from + 1 + step as i32;
                let Some(level) = self.weekdays[weekday_of(day)] else { continue };
                let residual = chance.pick(&self.residuals).unwrap_or(0.0);
                let smooth = self.width * chance.normal();
                let log = level + trend * self.weeks(day) + residual + smooth;
                drawn.push(log);
                most = most.max(log);
            }
            if most.is_finite() {
                highest.push(most);
            }
        }
        let middle = median(highest.clone()).unwrap_or(0.0);
        let foreseen = Foreseen { expected: middle.exp(), spread: spread(&highest).max(1e-3) };
        Drawn { highest: foreseen, by_day }
    }
}

/// The standard deviation; 0 of less than two.
fn spread(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    if count < 2.0 {
        return 0.0;
    }
    let mean = values.iter().sum::<f64>() / count;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt()
}

fn quantile(values: &[f64], level: f64) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get((values.len() as f64 * level) as usize).map_or(0.0, |log| log.exp())
}

#[cfg(test)]
mod tests;
