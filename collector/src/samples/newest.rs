//! The newest sample of each series: where a range is long, rollups tell it and few samples are
//! read.

use super::{
    BucketSeries, Detail, Figure, Figures, Hints, Labels, ReadError, Reader, Resolution, Selection,
    Series, TimeRange,
};
use crate::moments::DAY_MS;

/// Shorter ranges are read as samples: rollups of the last two days are made from these anyway.
const LONGEST_RAW_MS: i64 = 2 * DAY_MS;

/// Longer ranges are read by the hour: the last sample of an hour is the last of its minutes.
const LONGEST_MINUTES_MS: i64 = 31 * DAY_MS;

fn last_of(range: TimeRange) -> Detail {
    let is_long = range.to_ms.saturating_sub(range.from_ms) > LONGEST_MINUTES_MS;
    Detail {
        resolution: if is_long { Resolution::Hour } else { Resolution::Minutes },
        figures: Figures::of(&[Figure::Last]),
        hints: Hints::ALL,
    }
}

/// The newest sample of a series that is a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Newest {
    /// What names the series.
    pub labels: Labels,
    /// When it was taken, Unix time in milliseconds; at most a bucket of rollups after the end of
    /// the range that was asked for.
    pub at_ms: i64,
    /// The sample.
    pub value: f64,
}

impl Reader<'_> {
    /// The newest sample of each series that matches and has one in the range, ordered by labels.
    /// A series that ended has a mark of its end, which is none.
    pub fn newest(self, what: Selection<'_>) -> Result<Vec<Newest>, ReadError> {
        let TimeRange { from_ms, to_ms } = what.range;
        if to_ms.saturating_sub(from_ms) > LONGEST_RAW_MS
            && let Some(found) = self.select_figures(what, last_of(what.range))?
        {
            let newest = found.iter().filter_map(newest_bucket).collect();
            self.budget.release(found.iter().map(BucketSeries::bytes).sum());
            return Ok(newest);
        }
        let found = self.select(what, Hints::default())?;
        let newest = found.iter().filter_map(newest_sample).collect();
        self.budget.release(found.iter().map(Series::bytes).sum());
        Ok(newest)
    }
}

fn newest_bucket(series: &BucketSeries) -> Option<Newest> {
    let last = series.buckets.iter().rfind(|bucket| bucket.last.is_finite())?;
    Some(Newest { labels: series.labels.clone(), at_ms: last.last_ms, value: last.last })
}

fn newest_sample(series: &Series) -> Option<Newest> {
    let mut samples = series.timestamps.iter().zip(&series.values);
    let (at_ms, value) = samples.rfind(|(_, value)| value.is_finite())?;
    Some(Newest { labels: series.labels.clone(), at_ms: *at_ms, value: *value })
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::samples::{Budget, Matcher};
    use crate::store::{Due, FrameWrite, Retention, Store};

    const STALE: f64 = f64::from_bits(headroom_proto::metric::STALE_BITS);

    #[test]
    fn a_long_range_and_a_short_one_tell_the_same_and_an_end_is_no_sample() {
        let directory = TempDir::new().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let series = |name| store.series_id(&Labels::new("m", [("n", name)])).unwrap();
        let (ended, goes_on) = (series("ended"), series("goes on"));
        let frame = |at_ms, series, value| FrameWrite {
            id: None,
            timestamp_ms: 100 * DAY_MS + at_ms,
            series: [series].into(),
            values: vec![value],
            rounds: Vec::new(),
        };
        let frames = [
            frame(0, ended, 1.0),
            frame(1000, goes_on, 2.0),
            frame(310_000, ended, 3.0),
            frame(320_000, ended, STALE),
            frame(650_000, goes_on, 4.0),
        ];
        store.append(&frames).unwrap();
        let check = || {
            for back_ms in [10_000, 10 * DAY_MS, 50 * DAY_MS] {
                let budget = Budget::unlimited();
                let to_ms = 100 * DAY_MS + 600_000;
                let range = TimeRange { from_ms: 100 * DAY_MS - back_ms, to_ms };
                let matchers = [Matcher::one_of("n", ["ended", "goes on", "none"])];
                let what = Selection { matchers: &matchers, range };
                let found = Reader::new(&store, &budget).newest(what).unwrap();
                let found: Vec<(&str, i64, f64)> = found
                    .iter()
                    .map(|n| (n.labels.get("n").unwrap(), n.at_ms - 100 * DAY_MS, n.value))
                    .collect();
                assert_eq!(found, [("ended", 310_000, 3.0), ("goes on", 1000, 2.0)]);
                assert_eq!(budget.held(), 0);
            }
        };
        check();
        store.seal().unwrap();
        let ever = 1000 * DAY_MS;
        let retention =
            Retention { raw_ms: ever, minutes_ms: ever, hours_ms: ever, rounds_ms: ever };
        store.maintain(Due::at(110 * DAY_MS, retention), &|| false).unwrap();
        check();
    }
}
