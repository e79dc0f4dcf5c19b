//! What a read finds: samples of one series each.

use super::labels::Labels;

/// One series with its samples in time order, timestamps and values side by side.
#[derive(Debug, Clone)]
pub struct Series {
    /// What names it.
    pub labels: Labels,
    /// Unix time in milliseconds, strictly growing.
    pub timestamps: Vec<i64>,
    /// As many as there are timestamps.
    pub values: Vec<f64>,
    /// How many of the first samples stand for buckets of rollups, and how long those are in
    /// milliseconds, the older first.
    pub stand_ins: Vec<(usize, i64)>,
}

impl Series {
    /// What one sample takes in memory, in bytes.
    pub const SAMPLE_BYTES: usize = size_of::<i64>() + size_of::<f64>();

    /// What it takes in memory with its labels, in bytes.
    pub fn bytes(&self) -> u64 {
        let samples = self.timestamps.len() * Self::SAMPLE_BYTES;
        self.labels.bytes() + (samples + size_of::<Self>()) as u64
    }

    /// How long the sample at `place` stands for its series, if that is longer than `lookback_ms`.
    pub fn lookback_ms(&self, place: usize, lookback_ms: i64) -> i64 {
        let mut behind = place;
        for (count, bucket_ms) in &self.stand_ins {
            if behind < *count {
                // The last sample of a bucket is followed by the last of the next.
                return lookback_ms.max(2 * bucket_ms);
            }
            behind -= count;
        }
        lookback_ms
    }
}
