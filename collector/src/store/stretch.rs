//! A stretch of one series: timestamps and values side by side. No I/O.

use std::ops::Range;

use crate::samples::TimeRange;

/// Samples of one series.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stretch {
    pub timestamps: Vec<i64>,
    pub values: Vec<f64>,
}

impl Stretch {
    pub fn len(&self) -> usize {
        self.timestamps.len()
    }

    pub fn is_empty(&self) -> bool {
        self.timestamps.is_empty()
    }

    pub fn push(&mut self, timestamp_ms: i64, value: f64) {
        self.timestamps.push(timestamp_ms);
        self.values.push(value);
    }

    /// Makes room for just so many more samples.
    pub fn reserve_exact(&mut self, count: usize) {
        self.timestamps.reserve_exact(count);
        self.values.reserve_exact(count);
    }

    /// Adds samples behind these.
    pub fn extend(&mut self, other: Self) {
        if self.is_empty() {
            *self = other;
            return;
        }
        self.timestamps.extend(other.timestamps);
        self.values.extend(other.values);
    }

    /// Whether the samples from a place on are in order, each timestamp once.
    pub fn is_settled_from(&self, begin: usize) -> bool {
        self.timestamps[begin..].is_sorted_by(|a, b| a < b)
    }

    /// Orders the samples from a place on by time; of equal timestamps the first stays. Tells how
    /// many went.
    pub fn settle_from(&mut self, begin: usize) -> usize {
        if self.is_settled_from(begin) {
            return 0;
        }
        let timestamps = self.timestamps.drain(begin..);
        let mut pairs: Vec<(i64, f64)> = timestamps.zip(self.values.drain(begin..)).collect();
        pairs.sort_by_key(|(timestamp, _)| *timestamp);
        let all = pairs.len();
        pairs.dedup_by_key(|(timestamp, _)| *timestamp);
        let duplicates = all - pairs.len();
        for (timestamp, value) in pairs {
            self.push(timestamp, value);
        }
        duplicates
    }
}

/// The places of timestamps in order that lie in a range.
pub fn places(timestamps: &[i64], range: TimeRange) -> Range<usize> {
    let begin = timestamps.partition_point(|&timestamp| timestamp < range.from_ms);
    let end = timestamps.partition_point(|&timestamp| timestamp <= range.to_ms);
    begin..end.max(begin)
}
