//! Values over a grid of equal columns: what a pixel or a row of a table shows.

use super::interval::Interval;

/// What one column covers; the mean is weighted by time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    /// The least value of any interval that touches the column.
    pub min: f64,
    /// The mean over the time that was measured.
    pub mean: f64,
    /// The greatest value.
    pub max: f64,
}

/// Folds ordered intervals into `count` columns between two moments (Unix time in milliseconds).
/// A column without a reading is none.
pub fn fold(
    intervals: &[Interval],
    (from_ms, to_ms): (i64, i64),
    count: usize,
) -> Vec<Option<Column>> {
    let mut columns = vec![Gathering::default(); count];
    let width = (to_ms - from_ms) as f64 / count.max(1) as f64;
    if width <= 0.0 {
        return vec![None; count];
    }
    for interval in intervals {
        let begin = (interval.from_ms.max(from_ms) - from_ms) as f64;
        let end = (interval.to_ms.min(to_ms) - from_ms) as f64;
        if end <= begin {
            continue;
        }
        let first = (begin / width) as usize;
        let last = ((end / width).ceil() as usize).min(count);
        for (place, column) in columns.iter_mut().enumerate().take(last).skip(first) {
            let overlap = end.min((place + 1) as f64 * width) - begin.max(place as f64 * width);
            if overlap > 0.0 {
                column.add(interval, overlap);
            }
        }
    }
    columns.into_iter().map(Gathering::finish).collect()
}

#[derive(Debug, Clone)]
struct Gathering {
    min: f64,
    max: f64,
    weighted: f64,
    weight: f64,
}

impl Default for Gathering {
    fn default() -> Self {
        Self { min: f64::INFINITY, max: f64::NEG_INFINITY, weighted: 0.0, weight: 0.0 }
    }
}

impl Gathering {
    fn add(&mut self, interval: &Interval, weight: f64) {
        self.min = self.min.min(interval.min);
        self.max = self.max.max(interval.max);
        self.weighted += interval.mean * weight;
        self.weight += weight;
    }

    fn finish(self) -> Option<Column> {
        let Self { min, max, weighted, weight } = self;
        (weight > 0.0).then(|| Column { min, mean: weighted / weight, max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weighs_by_time_and_leaves_gaps_empty() {
        let interval = Interval::even;
        let intervals = [interval(-5, 5, 8.0), interval(5, 15, 2.0), interval(32, 34, 6.0)];
        let columns = fold(&intervals, (0, 40), 4);
        let column = |min, mean, max| Some(Column { min, mean, max });
        assert_eq!(
            columns,
            [column(2.0, 5.0, 8.0), column(2.0, 2.0, 2.0), None, column(6.0, 6.0, 6.0)]
        );
    }

    #[test]
    fn an_interval_wider_than_columns_fills_them_all() {
        let intervals = [Interval::even(0, 100, 3.0)];
        assert!(
            fold(&intervals, (0, 100), 7)
                .iter()
                .all(|c| c.is_some_and(|c| (c.mean - 3.0).abs() < 1e-9))
        );
        assert_eq!(fold(&intervals, (100, 200), 2), [None, None]);
        assert_eq!(fold(&intervals, (0, 0), 2), [None, None]);
        assert_eq!(fold(&intervals, (0, 100), 0), []);
    }
}
