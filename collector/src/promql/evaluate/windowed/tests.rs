use proptest::prelude::*;

use super::*;
use crate::promql::look::Look;
use crate::promql::parse::parse;
use crate::promql::tree::{Expression, Shift, Vector};
use crate::promql::value::Value;
use crate::promql::{QueryLimits, Steps};
use crate::samples::{
    Budget, Hints, Limits, Matcher, Pool, Reader, Resolution, Selection, Stop, TimeRange,
};
use crate::store::{Due, FrameWrite, Store};

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
        rounds: Vec::new(),
    };
    store.append(&samples.iter().map(write).collect::<Vec<_>>()).unwrap();
    store
}

/// Steps that lie on borders of buckets, and steps that lie anywhere.
fn check(store: &Store) {
    let from_ms = 100 * DAY_MS - 3_600_000;
    check_over(store, Grid { from_ms, step_ms: 3_600_000, steps: 60 });
    check_over(store, Grid { from_ms: from_ms + 123_457, step_ms: 1_234_567, steps: 170 });
}

fn check_over(store: &Store, grid: Grid) {
    let from = 100 * DAY_MS;
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
        let last_ms = grid.at(grid.steps - 1);
        let (from_ms, step_ms) = (grid.from_ms, grid.step_ms);
        let steps = Steps { from_ms, to_ms: last_ms, step_ms };
        let limits = QueryLimits::default();
        let evaluator = Evaluator::new(reader, limits, grid, last_ms);
        let Expression::Vector(Vector::OverTime(node)) = parse(&expression).unwrap() else {
            panic!("{expression} is no function of a window")
        };
        let function = evaluator.function(&node.function, &grid).unwrap();
        let value = crate::promql::range(reader, &expression, steps, limits).unwrap();
        let Value::Vector(rows) = value else { panic!("{expression} is no vector") };
        for step in 0..grid.steps {
            let to_ms = grid.at(step);
            let from_ms = to_ms - window.1;
            let inside = |t: &i64| *t >= from_ms && *t <= to_ms;
            let pairs = found[0].timestamps.iter().zip(&found[0].values);
            let (timestamps, values): (Vec<i64>, Vec<f64>) =
                pairs.filter(|(t, _)| inside(t)).unzip();
            let ends = TimeRange { from_ms, to_ms };
            let window = Window { timestamps: &timestamps, values: &values, ends };
            let expected = (!values.is_empty()).then(|| function(&window, step).unwrap()).flatten();
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
        let query = TimeRange { from_ms: 0, to_ms: 0 };
        buckets::resolution(&Look::new(grid, Shift::default(), query, range_ms))
    };
    assert_eq!(fits(3_600_000, DAY_MS), Some(Resolution::Hour));
    assert_eq!(fits(300_000, 3_600_000), Some(Resolution::Minutes));
    assert_eq!(fits(300_000, 300_000), Some(Resolution::Minutes));
    assert_eq!(fits(300_000, 60_000), None);
    assert_eq!(fits(97_000, DAY_MS), None);
}

/// Whether samples are still there or have expired, and wherever the window ends.
#[test]
fn windows_of_years_are_answered_from_what_there_is() {
    let directory = tempfile::TempDir::new().unwrap();
    let value = |n: i64| if n == 777 { 5_000.0 } else { (n % 100) as f64 };
    let samples: Vec<(i64, f64)> = (0..6_000).map(|n| (n * 60, value(n))).collect();
    let store = store(directory.path(), &samples);
    let sum: f64 = samples.iter().map(|(_, value)| value).sum();
    let count = samples.len() as f64;
    let at_ms = 100 * DAY_MS + 5_999 * 60_000 + 1_234;
    let check = |when: &str| {
        let budget = Budget::unlimited();
        let reader = Reader::new(&store, &budget);
        for (function, expected) in [
            ("max", 5_000.0),
            ("min", 0.0),
            ("sum", sum),
            ("count", count),
            ("avg", sum / count),
            ("last", 99.0),
            ("present", 1.0),
        ] {
            for window in ["100y", "30d", "101h13m"] {
                let expression = format!("{function}_over_time(c[{window}])");
                let limits = QueryLimits::default();
                let found = crate::promql::instant(reader, &expression, at_ms, limits).unwrap();
                let rows = found.into_rows();
                assert_eq!(rows.len(), 1, "{expression} {when}");
                let found = rows[0].points[0].unwrap();
                let close = (found - expected).abs() <= 1e-9 * expected;
                assert!(close, "{expression} {when}: {found} and not {expected}");
            }
        }
    };
    check("in memory");
    store.seal().unwrap();
    check("sealed");
    let retention = crate::store::Retention {
        raw_ms: DAY_MS,
        minutes_ms: i64::MAX / 4,
        hours_ms: i64::MAX / 4,
        rounds_ms: i64::MAX / 4,
    };
    // The last day stays, in which the windows end.
    store.maintain(Due::at(105 * DAY_MS + 7_200_000, retention), &|| false).unwrap();
    check("expired");
}

/// Each step of a range is what a moment is, and neither reads more than what lies at the ends.
#[test]
fn steps_of_long_windows_are_answered_as_moments_are() {
    let directory = tempfile::TempDir::new().unwrap();
    let value = |n: i64| if n == 777 { 5_000.0 } else { (n * n % 1_000) as f64 };
    let samples: Vec<(i64, f64)> = (0..60_000).map(|n| (n * 6, value(n))).collect();
    let store = store(directory.path(), &samples);
    store.seal().unwrap();
    let begin_ms = 104 * DAY_MS - 77 * 60_000 - 3_211;
    let check = |when: &str, from_ms: i64| {
        for function in FUNCTIONS {
            for window in ["100y", "30d", "49h13m7s", "24h"] {
                let expression = format!("{function}(c[{window}])");
                // Of 60,000 samples.
                let limits = Limits { samples: 12_000, series: 10, bytes: 64 << 20 };
                let budget = || Budget::new(limits, Pool::new(64 << 20), Stop::default());
                let limits = QueryLimits::default();
                let steps = Steps { from_ms, to_ms: from_ms + 400 * 37_000, step_ms: 37_000 };
                let of_range = budget();
                let reader = Reader::new(&store, &of_range);
                let found = crate::promql::range(reader, &expression, steps, limits);
                let rows = found.unwrap_or_else(|e| panic!("{expression} {when}: {e}")).into_rows();
                for step in (0..=400).step_by(57) {
                    let at_ms = from_ms + step as i64 * 37_000;
                    let of_moment = budget();
                    let reader = Reader::new(&store, &of_moment);
                    let moment = crate::promql::instant(reader, &expression, at_ms, limits);
                    let moment = moment.unwrap().into_rows();
                    let points =
                        |rows: &[Row], step: usize| rows.first().and_then(|row| row.points[step]);
                    let (one, all) = (points(&moment, 0), points(&rows, step));
                    assert_eq!(one, all, "{expression} at {at_ms} {when}");
                    assert!(one.is_some(), "{expression} at {at_ms} {when}");
                }
            }
        }
    };
    let retention = |raw_ms| crate::store::Retention {
        raw_ms,
        minutes_ms: i64::MAX / 4,
        hours_ms: i64::MAX / 4,
        rounds_ms: i64::MAX / 4,
    };
    let due = |raw_ms| Due::at(107 * DAY_MS, retention(raw_ms));
    // What came of late is merged the next time.
    for raw_ms in [i64::MAX / 4, i64::MAX / 4] {
        store.maintain(due(raw_ms), &|| false).unwrap();
    }
    check("rolled up", begin_ms);
    store.maintain(due(DAY_MS), &|| false).unwrap();
    check("expired", begin_ms);
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
            hours_ms: i64::MAX / 4, rounds_ms: i64::MAX / 4 };
        store.seal().unwrap();
        // What came of late is merged the next time.
        for _ in 0..2 {
            store.maintain(Due::at(200 * DAY_MS, ever), &|| false).unwrap();
        }
        check(&store);
    }
}
