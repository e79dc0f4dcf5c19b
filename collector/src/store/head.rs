//! The samples that are not sealed yet, in memory, by series in order of arrival.

use super::{FrameWrite, SeriesId};

/// The samples of one series in order of arrival.
#[derive(Debug, Clone, Default)]
pub struct Column {
    pub timestamps: Vec<i64>,
    pub values: Vec<f64>,
}

#[derive(Default)]
pub struct Head {
    /// By series id.
    columns: Vec<Column>,
    samples: u64,
}

impl Head {
    pub fn add(&mut self, frame: &FrameWrite) {
        self.add_samples(frame.timestamp_ms, &frame.samples);
    }

    pub fn add_samples(&mut self, timestamp_ms: i64, samples: &[(SeriesId, f64)]) {
        for &(SeriesId(id), value) in samples {
            let place = id as usize;
            if place >= self.columns.len() {
                self.columns.resize_with(place + 1, Column::default);
            }
            let column = &mut self.columns[place];
            column.timestamps.push(timestamp_ms);
            column.values.push(value);
        }
        self.samples += samples.len() as u64;
    }

    pub fn samples(&self) -> u64 {
        self.samples
    }

    pub fn column(&self, id: SeriesId) -> Option<&Column> {
        self.columns.get(id.0 as usize).filter(|column| !column.timestamps.is_empty())
    }

    /// The series that have samples.
    pub fn series(&self) -> impl Iterator<Item = (SeriesId, &Column)> {
        let all = self.columns.iter().enumerate().map(|(id, column)| (SeriesId(id as u32), column));
        all.filter(|(_, column)| !column.timestamps.is_empty())
    }
}

impl Column {
    /// Orders the samples by time; of equal timestamps the first in order of arrival stays.
    pub fn settle(&mut self) {
        if self.timestamps.is_sorted_by(|a, b| a < b) {
            return;
        }
        let pairs = self.timestamps.iter().copied().zip(self.values.iter().copied());
        let mut pairs: Vec<(i64, f64)> = pairs.collect();
        pairs.sort_by_key(|(timestamp, _)| *timestamp);
        pairs.dedup_by_key(|(timestamp, _)| *timestamp);
        (self.timestamps, self.values) = pairs.into_iter().unzip();
    }
}
