//! Intervals as means of a day's minutes; a minute of which less than half was read has none.

use super::Day;
use crate::query::Interval;

pub const MINUTE_MS: i64 = 60_000;

const LEAST_MS: i64 = 30_000;

/// From minute to minute: what was read, times how long.
pub struct Minutes {
    begin_ms: i64,
    sums: Vec<f64>,
    read_ms: Vec<i64>,
}

impl Minutes {
    /// All minutes of a day, without a reading.
    pub fn of(day: Day) -> Self {
        let count = day.minutes();
        Self { begin_ms: day.from_ms, sums: vec![0.0; count], read_ms: vec![0; count] }
    }

    /// Adds what was read.
    pub fn add(&mut self, intervals: &[Interval]) {
        let end_ms = self.begin_ms + self.sums.len() as i64 * MINUTE_MS;
        for interval in intervals {
            let mut at_ms = interval.from_ms.max(self.begin_ms);
            let to_ms = interval.to_ms.min(end_ms);
            while at_ms < to_ms {
                let place = (at_ms - self.begin_ms) / MINUTE_MS;
                let next_ms = (self.begin_ms + (place + 1) * MINUTE_MS).min(to_ms);
                self.sums[place as usize] += interval.mean * (next_ms - at_ms) as f64;
                self.read_ms[place as usize] += next_ms - at_ms;
                at_ms = next_ms;
            }
        }
    }

    /// The mean of a minute, by its place; not a number if too little of it was read.
    pub fn mean(&self, place: usize) -> f64 {
        let read_ms = self.read_ms[place];
        if read_ms >= LEAST_MS { self.sums[place] / read_ms as f64 } else { f64::NAN }
    }

    /// How many minutes have a mean.
    pub fn count(&self) -> usize {
        self.read_ms.iter().filter(|read_ms| **read_ms >= LEAST_MS).count()
    }

    /// The place of the highest mean, the first of equal ones, and the mean.
    pub fn peak(&self) -> Option<(usize, f64)> {
        let mut peak: Option<(usize, f64)> = None;
        for place in 0..self.sums.len() {
            let mean = self.mean(place);
            if mean.is_finite() && peak.is_none_or(|(_, most)| mean > most) {
                peak = Some((place, mean));
            }
        }
        peak
    }

    /// The highest mean.
    pub fn most(&self) -> Option<f64> {
        self.peak().map(|(_, most)| most)
    }
}
