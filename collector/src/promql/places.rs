//! Where the windows of a series lie in its samples.

use std::ops::Range;

use crate::samples::TimeRange;

/// Places of the samples in a window that moves ahead: steps never go back, so neither do they.
#[derive(Debug, Default)]
pub struct Places {
    first: usize,
    end: usize,
}

impl Places {
    /// The samples of a window; neither end lies before those of the last one.
    pub fn advance(&mut self, timestamps: &[i64], window: TimeRange) -> Range<usize> {
        self.first = ahead(timestamps, self.first, window.from_ms);
        let behind_ms = window.to_ms.saturating_add(1);
        self.end = ahead(timestamps, self.end.max(self.first), behind_ms);
        self.first..self.end
    }
}

/// The first place from `place` on that is not before a moment: by steps that double, then by
/// halves, so that the next sample is found at once and a far one soon.
fn ahead(timestamps: &[i64], place: usize, moment_ms: i64) -> usize {
    let mut begin = place;
    let mut step = 1;
    while let Some(timestamp) = timestamps.get(begin + step - 1)
        && *timestamp < moment_ms
    {
        begin += step;
        step *= 2;
    }
    let end = timestamps.len().min(begin + step - 1);
    begin + timestamps[begin..end].partition_point(|timestamp| *timestamp < moment_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_have_the_samples_between_their_ends() {
        let timestamps: Vec<i64> = (0..100).map(|n| n * n).collect();
        for range_ms in [0, 1, 10, 5_000, 20_000] {
            for step_ms in [1, 7, 900, 30_000] {
                let mut places = Places::default();
                for to_ms in (-20..11_000).step_by(step_ms) {
                    let window = TimeRange { from_ms: to_ms - range_ms, to_ms };
                    let found = &timestamps[places.advance(&timestamps, window)];
                    let inside = timestamps.iter().copied().filter(|t| window.contains(*t));
                    assert_eq!(found, inside.collect::<Vec<_>>(), "{window:?}");
                }
            }
        }
    }
}
