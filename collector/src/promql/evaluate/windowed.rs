//! Calls of functions over windows.

use promql_parser::parser::{Expr, MatrixSelector};

use super::{Evaluator, absent_labels};
use crate::promql::QueryError;
use crate::promql::buckets;
use crate::promql::grid::Grid;
use crate::promql::rates::{Extrapolation, extrapolated, last_two, regression};
use crate::promql::value::{Row, without_name};
use crate::promql::windows::{self, Window, over_windows};
use crate::samples::{Labels, TimeRange};

impl Evaluator<'_> {
    /// Functions of windows; nothing if `name` is none of them.
    pub(super) fn windowed(
        &self,
        name: &str,
        arguments: &[&Expr],
        grid: &Grid,
    ) -> Result<Option<Vec<Row>>, QueryError> {
        let is_window = |expression: &&Expr| {
            let mut inner: &Expr = expression;
            while let Expr::Paren(paren) = inner {
                inner = &paren.expr;
            }
            matches!(inner, Expr::MatrixSelector(_) | Expr::Subquery(_))
        };
        let Some(place) = arguments.iter().position(is_window) else {
            return Ok(None);
        };
        if let Some(rows) = self.over_buckets(name, arguments[place], grid)? {
            return Ok(Some(rows));
        }
        let windows = self.windows(arguments[place], grid)?;
        let numbers: Vec<Vec<f64>> = arguments
            .iter()
            .enumerate()
            .filter(|(n, _)| *n != place)
            .map(|(_, argument)| self.numbers(argument, grid))
            .collect::<Result<_, _>>()?;
        let number = |n: usize, step: usize| numbers.get(n).map_or(f64::NAN, |all| all[step]);
        if name == "holt_winters" {
            check_factors(number(0, 0), number(1, 0))?;
        }
        let where_ = (grid, windows.shift, windows.range_ms);
        if name == "absent_over_time" {
            let rows = windows.series.iter();
            let rows: Vec<Row> = rows
                .map(|series| over_windows(series, Labels::none(), where_, |_, _| Some(1.0)))
                .collect();
            let none = |step: usize| rows.iter().all(|row| row.points[step].is_none());
            let points = (0..grid.steps).map(|step| none(step).then_some(1.0)).collect();
            return Ok(Some(vec![Row { labels: absent_labels(arguments[place]), points }]));
        }
        let keeps_name = name == "last_over_time";
        let function = |window: &Window<'_>, step: usize| {
            // Long windows over many steps take long; what is left out then is never answered.
            if self.reader.budget.check().is_err() {
                return None;
            }
            let at_ms = grid.at(step);
            window_function(name, window, (at_ms, number(0, step), number(1, step)))
        };
        let rows = windows.series.iter().map(|series| {
            let labels =
                if keeps_name { series.labels.clone() } else { without_name(&series.labels) };
            over_windows(series, labels, where_, function)
        });
        let rows = rows.filter(|row| !row.is_empty()).collect();
        self.reader.budget.check()?;
        distinct(rows).map(Some)
    }
}

impl Evaluator<'_> {
    /// A function whose windows end where buckets of rollups do; nothing if they do not.
    fn over_buckets(
        &self,
        name: &str,
        argument: &Expr,
        grid: &Grid,
    ) -> Result<Option<Vec<Row>>, QueryError> {
        let mut inner = argument;
        while let Expr::Paren(paren) = inner {
            inner = &paren.expr;
        }
        let Expr::MatrixSelector(MatrixSelector { vs, range }) = inner else { return Ok(None) };
        let shift = self.shift(vs);
        let range_ms = range.as_millis() as i64;
        let resolution = buckets::resolution(grid, shift, range_ms);
        let Some(resolution) = resolution.filter(|_| buckets::suffice_for(name)) else {
            return Ok(None);
        };
        let reach = TimeRange {
            from_ms: shift.apply(grid.from_ms) - range_ms,
            to_ms: shift.apply(grid.last()),
        };
        let Some(found) = self.select_buckets(vs, reach, resolution)? else { return Ok(None) };
        let rows = found.into_iter().map(|series| {
            let point = |moment: i64| {
                let to_ms = shift.apply(moment);
                buckets::answer(name, &series.buckets, (to_ms - range_ms, to_ms))
            };
            let keeps_name = name == "last_over_time";
            let labels =
                if keeps_name { series.labels.clone() } else { without_name(&series.labels) };
            Row { labels, points: grid.moments().map(point).collect() }
        });
        distinct(rows.filter(|row| !row.is_empty()).collect()).map(Some)
    }
}

/// Series that would become one are an error even at different steps.
fn distinct(rows: Vec<Row>) -> Result<Vec<Row>, QueryError> {
    let unique: std::collections::HashSet<&Labels> = rows.iter().map(|row| &row.labels).collect();
    if unique.len() < rows.len() {
        let message = "vector cannot contain metrics with the same labelset";
        return Err(QueryError::Execution(message.into()));
    }
    Ok(rows)
}

fn check_factors(smoothing: f64, trend: f64) -> Result<(), QueryError> {
    for (what, factor) in [("smoothing", smoothing), ("trend", trend)] {
        if factor <= 0.0 || factor >= 1.0 {
            return Err(QueryError::Execution(format!(
                "invalid {what} factor. Expected: 0 < {} < 1, got: {factor:.6}",
                if what == "smoothing" { "sf" } else { "tf" }
            )));
        }
    }
    Ok(())
}

fn window_function(name: &str, window: &Window<'_>, (at_ms, a, b): (i64, f64, f64)) -> Option<f64> {
    let values = window.values;
    match name {
        "rate" => extrapolated(window, Extrapolation::PerSecond),
        "increase" => extrapolated(window, Extrapolation::Increase),
        "delta" => extrapolated(window, Extrapolation::Delta),
        "irate" => last_two(window, true),
        "idelta" => last_two(window, false),
        "deriv" => regression(window, window.timestamps[0]).map(|(slope, _)| slope),
        "predict_linear" => {
            regression(window, at_ms).map(|(slope, intercept)| slope * a + intercept)
        }
        "holt_winters" => windows::holt_winters(values, a, b),
        "avg_over_time" => Some(windows::mean(values)),
        "sum_over_time" => Some(windows::sum(values)),
        "min_over_time" => Some(windows::min(values)),
        "max_over_time" => Some(windows::max(values)),
        "count_over_time" => Some(values.len() as f64),
        "last_over_time" => values.last().copied(),
        "present_over_time" => Some(1.0),
        "stddev_over_time" => Some(windows::variance(values).sqrt()),
        "stdvar_over_time" => Some(windows::variance(values)),
        "quantile_over_time" => Some(windows::quantile(a, values)),
        "changes" => Some(windows::changes(values)),
        "resets" => Some(windows::resets(values)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::QueryLimits;
    use crate::promql::selector::Shift;
    use crate::promql::value::Value;
    use crate::samples::{Budget, Hints, Matcher, Reader, Resolution, Selection};
    use crate::store::{FrameWrite, Store};
    use proptest::prelude::*;

    const DAY_MS: i64 = 86_400_000;
    const FUNCTIONS: [&str; 10] = [
        "rate",
        "increase",
        "delta",
        "avg_over_time",
        "sum_over_time",
        "min_over_time",
        "max_over_time",
        "count_over_time",
        "last_over_time",
        "present_over_time",
    ];

    /// A store whose only series, `c`, has these values each so many seconds from midnight.
    fn store(directory: &std::path::Path, samples: &[(i64, f64)]) -> Store {
        let store = Store::open(directory).unwrap();
        let series = store.series_id(&Labels::new("c", [("instance", "ca1")])).unwrap();
        let write = |(seconds, value): &(i64, f64)| FrameWrite {
            id: None,
            timestamp_ms: 100 * DAY_MS + seconds * 1000,
            series: [series].into(),
            values: vec![*value],
        };
        store.append(&samples.iter().map(write).collect::<Vec<_>>()).unwrap();
        store
    }

    fn check(store: &Store) {
        let from = 100 * DAY_MS;
        let grid = Grid { from_ms: from - 3_600_000, step_ms: 3_600_000, steps: 60 };
        let range = TimeRange { from_ms: from - 2 * DAY_MS, to_ms: from + 4 * DAY_MS };
        let matchers = [Matcher::metric("c")];
        let budget = Budget::unlimited();
        let reader = Reader::new(store, &budget);
        let what = Selection { matchers: &matchers, range };
        let found = reader.select(what, Hints::default()).unwrap();
        for (function, window) in
            FUNCTIONS.iter().flat_map(|f| [("1h", 3_600_000), ("1d", DAY_MS)].map(|w| (f, w)))
        {
            let expression = format!("{function}(c[{}])", window.0);
            let bounds = (grid.from_ms, grid.last(), grid.step_ms);
            let limits = QueryLimits::default();
            let value = crate::promql::range(reader, &expression, bounds, limits).unwrap();
            let Value::Vector(rows) = value else { panic!("{expression} is no vector") };
            for (step, to_ms) in grid.moments().enumerate() {
                let from_ms = to_ms - window.1;
                let inside = |t: &i64| *t >= from_ms && *t <= to_ms;
                let pairs = found[0].timestamps.iter().zip(&found[0].values);
                let (timestamps, values): (Vec<i64>, Vec<f64>) =
                    pairs.filter(|(t, _)| inside(t)).unzip();
                let window = Window { timestamps: &timestamps, values: &values, from_ms, to_ms };
                let expected = (!values.is_empty())
                    .then(|| window_function(function, &window, (to_ms, 0.0, 0.0)))
                    .flatten();
                let answer = rows.first().and_then(|row| row.points[step]);
                let same = match (expected, answer) {
                    (Some(a), Some(b)) => {
                        (a.is_nan() && b.is_nan())
                            || a == b
                            || (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
                    }
                    (a, b) => a.is_none() && b.is_none(),
                };
                assert!(same, "{expression} at step {step}: {answer:?} instead of {expected:?}");
            }
        }
    }

    #[test]
    fn buckets_answer_as_samples_do() {
        let fits = |step_ms, range_ms| {
            let grid = Grid { from_ms: DAY_MS, step_ms, steps: 3 };
            let shift = Shift::of(None, None, (0, 0));
            buckets::resolution(&grid, shift, range_ms)
        };
        assert_eq!(fits(3_600_000, DAY_MS), Some(Resolution::Hour));
        assert_eq!(fits(300_000, 3_600_000), Some(Resolution::Minutes));
        assert_eq!(fits(300_000, 300_000), None);
        assert_eq!(fits(97_000, DAY_MS), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        /// Falls, gaps, samples on borders, NaN and infinities; before and after rolling up.
        #[test]
        fn windows_on_borders_are_answered_from_buckets(
            steps in prop::collection::vec((prop::sample::select(vec![1, 30, 300, 3_600, 9_000]),
                prop_oneof![8 => (0u32..1000).prop_map(|n| f64::from(n) / 8.0),
                    1 => Just(f64::NAN), 1 => Just(f64::INFINITY)]), 1..80),
        ) {
            let directory = tempfile::TempDir::new().unwrap();
            let mut at = 0;
            let samples: Vec<(i64, f64)> = steps
                .into_iter()
                .map(|(step, value)| ({ at += step; at - at % 30 + i64::from(step == 1) }, value))
                .collect();
            let store = store(directory.path(), &samples);
            check(&store);
            let ever = crate::store::Retention { raw_ms: i64::MAX / 4, minutes_ms: i64::MAX / 4,
                hours_ms: i64::MAX / 4 };
            store.seal().unwrap();
            store.maintain((200 * DAY_MS, ever), &|| false).unwrap();
            check(&store);
        }
    }
}
