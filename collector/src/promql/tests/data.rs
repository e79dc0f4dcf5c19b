//! A small source of samples in memory.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::promql::meter::tests::looks;
use crate::promql::{QueryError, QueryLimits, Value, instant};
use crate::samples::{
    BucketSeries, Budget, Hints, Labels, Limits, Pool, ReadError, Reader, Resolution, Samples,
    Selection, Series, Stop,
};

/// When its first samples were taken.
pub const BEGIN_MS: i64 = 1_700_000_000_000;

/// When its last samples were taken.
pub const END_MS: i64 = BEGIN_MS + 1_800_000;

const STALE: f64 = f64::from_bits(0x7ff0_0000_0000_0002);

/// A metric, labels and values.
pub type Line<'l> = (&'l str, &'l [(&'l str, &'l str)], &'l [f64]);

/// Series with all their samples, in order of labels.
#[derive(Debug)]
pub struct Data(Vec<Series>);

impl Data {
    /// Counters, gauges with gaps and ends, values that are no numbers, and a histogram.
    pub fn small() -> Self {
        let mut series = Vec::new();
        for (a, b) in [("1", "x"), ("1", "y"), ("2", "x"), ("3", "x")] {
            let labels = [("a", a), ("b", b), ("job", "node")];
            let seed = i64::from(a.as_bytes()[0]) * 7 + i64::from(b.as_bytes()[0]);
            series.push(one("counter_total", &labels, 15_000, |n| {
                Some(((n * 31 + seed) % 200 + n / 50 * 100) as f64)
            }));
            series.push(one("gauge", &labels, 30_000, |n| {
                let value = (n * 17 + seed * 3) % 40 - 20;
                ((n + seed) % 9 > 2).then_some(value as f64 / 4.0)
            }));
            for le in ["0.1", "1", "+Inf"] {
                let labels = [("a", a), ("b", b), ("le", le)];
                let share = le.len() as i64;
                series.push(one("latency_bucket", &labels, 20_000, |n| Some((n * share) as f64)));
            }
        }
        series.push(one("strange", &[("a", "1")], 10_000, |n| {
            let values = [f64::NAN, f64::INFINITY, -1.0, STALE, 0.0, f64::NEG_INFINITY, -0.0, 2.5];
            (n % 11 != 5).then(|| values[(n % 8) as usize])
        }));
        series.push(one("info", &[("a", "1"), ("team", "red")], 60_000, |_| Some(1.0)));
        let info = [("job", "node"), ("os", "linux"), ("a", "7")];
        series.push(one("target_info", &info, 60_000, |n| (n % 8 != 3).then_some(1.0)));
        series.push(one("info", &[("a", "2"), ("team", "blue")], 60_000, |n| Some((n % 2) as f64)));
        Self::of(series)
    }

    /// So many series of `many`, each with a sample at the end.
    pub fn many(count: usize) -> Self {
        let series = (0..count).map(|n| {
            let (a, b) = (n.to_string(), (n % 10).to_string());
            let name = if n % 3 == 0 { "many_bucket" } else { "many" };
            let labels = [("a", &*a), ("b", &*b), ("le", "+Inf")];
            let (timestamps, values) = (vec![END_MS], vec![(n % 7) as f64]);
            Series { labels: Labels::new(name, labels), timestamps, values, stand_ins: Vec::new() }
        });
        Self::of(series.collect())
    }

    /// Series with a sample each minute, the last at the end.
    pub fn minutes(lines: &[Line<'_>]) -> Self {
        let series = |(metric, labels, values): &Line<'_>| {
            let begin_ms = END_MS - 60_000 * (values.len() as i64 - 1);
            let timestamps = (0..values.len()).map(|n| begin_ms + 60_000 * n as i64).collect();
            let labels = Labels::new(metric, labels.iter().copied());
            Series { labels, timestamps, values: values.to_vec(), stand_ins: Vec::new() }
        };
        Self::of(lines.iter().map(series).collect())
    }

    fn of(mut series: Vec<Series>) -> Self {
        series.sort_by(|a, b| a.labels.cmp(&b.labels));
        Self(series)
    }

    /// What an expression is at the end, and how often it looks; it is stopped at the look `last`.
    pub fn ask(&self, expression: &str, last: usize) -> (usize, Result<Value, QueryError>) {
        let budget = budget(256 << 20);
        let reader = Reader::new(self, &budget);
        looks(last, || instant(reader, expression, END_MS, QueryLimits::default()))
    }

    fn find(&self, what: Selection<'_>) -> impl Iterator<Item = &Series> {
        self.0.iter().filter(move |series| {
            let value = |name| series.labels.get(name).unwrap_or_default();
            what.matchers.iter().all(|matcher| matcher.accepts(value(matcher.name())))
        })
    }
}

/// Series of any kind: of the metrics that expressions ask for, with gaps, ends and odd values.
pub fn any_series() -> impl Strategy<Value = Data> {
    const METRICS: [&str; 6] =
        ["counter_total", "gauge", "strange", "info", "latency_bucket", "target_info"];
    let value = prop_oneof![
        8 => (-50i32..200).prop_map(|n| f64::from(n) / 4.0),
        1 => select(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, STALE, -0.0, 1e300, 5e-324][..]),
    ];
    let samples = vec((1i64..400, value), 0..25);
    let label = |values: &'static [&'static str]| select(values);
    let labels = (label(&["1", "2", ""]), label(&["x", "y"]), label(&["1", "+Inf", "", "odd"]));
    let one = (select(&METRICS[..]), labels, samples).prop_map(|(metric, (a, b, le), samples)| {
        let labels = Labels::new(metric, [("a", a), ("b", b), ("le", le), ("job", "node")]);
        let seconds: i64 = samples.iter().map(|(gap, _)| gap).sum();
        let mut at_ms = END_MS - seconds * 1000;
        let moment = |(gap, value): (i64, f64)| {
            at_ms += gap * 1000;
            (at_ms, value)
        };
        let (timestamps, values) = samples.into_iter().map(moment).unzip();
        Series { labels, timestamps, values, stand_ins: Vec::new() }
    });
    vec(one, 0..10).prop_map(|series| {
        let mut data = Data::of(series);
        data.0.dedup_by(|a, b| a.labels == b.labels);
        data
    })
}

/// A budget of so much memory, and of nothing else.
pub fn budget(bytes: u64) -> Budget {
    let limits = Limits { samples: usize::MAX, series: usize::MAX, bytes };
    Budget::new(limits, Pool::new(u64::MAX), Stop::default())
}

fn one(
    metric: &str,
    labels: &[(&str, &str)],
    every_ms: i64,
    value: impl Fn(i64) -> Option<f64>,
) -> Series {
    let samples = (0..=(END_MS - BEGIN_MS) / every_ms)
        .filter_map(|n| Some((BEGIN_MS + n * every_ms, value(n)?)));
    let (timestamps, values) = samples.unzip();
    let labels = Labels::new(metric, labels.iter().copied());
    Series { labels, timestamps, values, stand_ins: Vec::new() }
}

impl Samples for Data {
    fn select(
        &self,
        what: Selection<'_>,
        _: Hints,
        budget: &Budget,
    ) -> Result<Vec<Series>, ReadError> {
        let cut = |series: &Series| {
            let first = series.timestamps.partition_point(|at| *at < what.range.from_ms);
            let end = series.timestamps.partition_point(|at| *at <= what.range.to_ms).max(first);
            Series {
                labels: series.labels.clone(),
                timestamps: series.timestamps[first..end].to_vec(),
                values: series.values[first..end].to_vec(),
                stand_ins: Vec::new(),
            }
        };
        let mut found: Vec<Series> = self.find(what).map(cut).collect();
        found.retain(|series| !series.timestamps.is_empty());
        budget.series(found.len())?;
        budget.samples(found.iter().map(|series| series.timestamps.len()).sum())?;
        budget.hold(found.iter().map(Series::bytes).sum())?;
        Ok(found)
    }

    fn select_buckets(
        &self,
        _: Selection<'_>,
        _: Resolution,
        _: &Budget,
    ) -> Result<Option<Vec<BucketSeries>>, ReadError> {
        Ok(None)
    }

    fn find(&self, what: Selection<'_>, most: usize, _: &Budget) -> Result<Vec<Labels>, ReadError> {
        Ok(self.find(what).take(most).map(|series| series.labels.clone()).collect())
    }

    fn label_names(&self, _: Selection<'_>, _: &Budget) -> Result<Vec<String>, ReadError> {
        Ok(Vec::new())
    }

    fn label_values(
        &self,
        _: Selection<'_>,
        _: &str,
        _: &Budget,
    ) -> Result<Vec<String>, ReadError> {
        Ok(Vec::new())
    }
}
