//! Readings of any distance as means of whole minutes. Where too little of a minute was read there
//! is no number.

use crate::query::Interval;
use crate::samples::Series;

pub const MINUTE_MS: i64 = 60_000;

/// A reading holds until the next one, but no longer than this: beyond it nobody knows.
const LONGEST_HOLD_MS: i64 = 150_000;

/// How long the last reading before a gap holds.
const LAST_HOLD_MS: i64 = 60_000;

/// Of a minute so much must have been read.
const LEAST_SECONDS: f64 = 30.0;

/// The minutes of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Unix time in minutes.
    pub first_minute: i64,
    /// How many.
    pub minutes: usize,
}

impl Stretch {
    /// Its minutes without a reading.
    pub fn grid(self) -> Grid {
        Grid::new(self.first_minute, self.minutes)
    }
}

/// From minute to minute: what was read, added up, and for how long.
#[derive(Debug, Clone)]
pub struct Grid {
    first_minute: i64,
    /// Value times seconds.
    sums: Vec<f64>,
    seconds: Vec<f64>,
}

impl Grid {
    /// So many minutes without a reading, from a Unix minute on.
    pub fn new(first_minute: i64, minutes: usize) -> Self {
        Self { first_minute, sums: vec![0.0; minutes], seconds: vec![0.0; minutes] }
    }

    /// How many minutes there are.
    pub fn len(&self) -> usize {
        self.sums.len()
    }

    /// A value that held from one moment to another, Unix time in milliseconds.
    pub fn add(&mut self, from_ms: i64, to_ms: i64, value: f64) {
        if !value.is_finite() {
            return;
        }
        let begin_ms = self.first_minute * MINUTE_MS;
        let end_ms = begin_ms + self.len() as i64 * MINUTE_MS;
        let (mut at_ms, to_ms) = (from_ms.max(begin_ms), to_ms.min(end_ms));
        while at_ms < to_ms {
            let minute = (at_ms - begin_ms) / MINUTE_MS;
            let next_ms = (begin_ms + (minute + 1) * MINUTE_MS).min(to_ms);
            let seconds = (next_ms - at_ms) as f64 / 1e3;
            self.sums[minute as usize] += value * seconds;
            self.seconds[minute as usize] += seconds;
            at_ms = next_ms;
        }
    }

    /// Rates or other means over intervals.
    pub fn add_intervals(&mut self, intervals: &[Interval]) {
        for interval in intervals {
            self.add(interval.from_ms, interval.to_ms, interval.mean);
        }
    }

    /// A gauge, each reading of which holds until the next.
    pub fn add_gauge(&mut self, series: &Series) {
        for (from_ms, to_ms, value) in held(series) {
            self.add(from_ms, to_ms, value);
        }
    }

    /// A gauge that tells of the time since the reading before.
    pub fn add_backwards(&mut self, series: &Series) {
        let times = series.timestamps.windows(2);
        for (pair, value) in times.zip(series.values.iter().skip(1)) {
            if pair[1] - pair[0] <= LONGEST_HOLD_MS {
                self.add(pair[0], pair[1], *value);
            }
        }
    }

    /// What another one tells beside this: of each minute the means are added.
    pub fn add_beside(&mut self, other: &Self) {
        const SECONDS: f64 = 60.0;
        for place in 0..self.len() {
            let [own, more] = [self.mean(place), other.mean(place)];
            if more.is_finite() {
                let own = if own.is_finite() { own } else { 0.0 };
                (self.sums[place], self.seconds[place]) = ((own + more) * SECONDS, SECONDS);
            }
        }
    }

    /// The mean of a minute, by its place; not a number if too little of it was read.
    pub fn mean(&self, place: usize) -> f64 {
        let seconds = self.seconds[place];
        if seconds >= LEAST_SECONDS { self.sums[place] / seconds } else { f64::NAN }
    }

    /// The same of what several series told that end and begin, whose absence is 0 while `answers`
    /// were read.
    pub fn mean_of(&self, place: usize, answers: &Self) -> f64 {
        let seconds = answers.seconds[place];
        if seconds >= LEAST_SECONDS { self.sums[place] / seconds } else { f64::NAN }
    }

    /// Whether anything of a minute was read.
    pub fn has(&self, place: usize) -> bool {
        self.seconds[place] > 0.0
    }

    /// Whether anything was read at all.
    pub fn is_told(&self) -> bool {
        self.seconds.iter().any(|seconds| *seconds > 0.0)
    }

    /// The greater of both, minute by minute: of groups of which the busiest counts.
    pub fn keep_greater(&mut self, other: &Self) {
        for place in 0..self.len() {
            let is_greater = other.mean(place) > self.mean(place) || self.seconds[place] == 0.0;
            if is_greater {
                self.sums[place] = other.sums[place];
                self.seconds[place] = other.seconds[place];
            }
        }
    }
}

fn held(series: &Series) -> impl Iterator<Item = (i64, i64, f64)> + '_ {
    let Series { timestamps, values, .. } = series;
    (0..timestamps.len()).map(move |place| {
        let from_ms = timestamps[place];
        let next_ms = timestamps.get(place + 1).copied();
        let to_ms = next_ms.filter(|next_ms| next_ms - from_ms <= LONGEST_HOLD_MS);
        (from_ms, to_ms.unwrap_or(from_ms + LAST_HOLD_MS), values[place])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Labels;

    fn series(samples: &[(i64, f64)]) -> Series {
        Series {
            labels: Labels::none(),
            timestamps: samples.iter().map(|(seconds, _)| seconds * 1000).collect(),
            values: samples.iter().map(|(_, value)| *value).collect(),
            stand_ins: Vec::new(),
        }
    }

    fn means(grid: &Grid) -> Vec<f64> {
        (0..grid.len()).map(|place| grid.mean(place)).collect()
    }

    #[test]
    fn readings_hold_until_the_next_and_gaps_stay_gaps() {
        let mut grid = Grid::new(0, 6);
        grid.add_gauge(&series(&[(0, 4.0), (30, 8.0), (90, 2.0), (300, 6.0)]));
        let found = means(&grid);
        assert_eq!(&found[..3], &[6.0, 5.0, 2.0]);
        assert!(found[3].is_nan() && found[4].is_nan(), "{found:?}");
        assert_eq!(found[5], 6.0);
    }

    #[test]
    fn rates_are_cut_by_minutes_to_the_byte() {
        let mut grid = Grid::new(1, 2);
        grid.add_intervals(&[
            Interval::even(30_000, 90_000, 6.0),
            Interval::even(90_000, 180_000, 3.0),
        ]);
        assert_eq!(means(&grid), [4.5, 3.0]);
    }

    #[test]
    fn what_several_tell_beside_each_other_is_added() {
        let (mut all, mut one) = (Grid::new(0, 3), Grid::new(0, 3));
        one.add(0, 120_000, 1.0);
        all.add_beside(&one);
        let mut other = Grid::new(0, 3);
        other.add(60_000, 180_000, 0.25);
        all.add_beside(&other);
        assert_eq!(means(&all), [1.0, 1.25, 0.25]);
    }

    #[test]
    fn what_ended_is_nothing_while_others_answer() {
        let (mut answers, mut one) = (Grid::new(0, 2), Grid::new(0, 2));
        answers.add(0, 120_000, 1.0);
        one.add_gauge(&series(&[(0, 8.0), (30, f64::NAN)]));
        assert_eq!([one.mean_of(0, &answers), one.mean_of(1, &answers)], [4.0, 0.0]);
        assert!(one.mean(1).is_nan());
    }
}
