mod data;
mod expressions;
mod limits;
mod newer;

use std::collections::BTreeSet;

use proptest::prelude::*;

use self::data::{BEGIN_MS, Data, END_MS, any_series, budget};
use self::expressions::{ranges, scalars, vectors};
use super::*;
use crate::samples::{Budget, Labels, Limits, Pool, Selection, Stop, TimeRange};

/// An expression of any type.
fn any() -> impl Strategy<Value = String> {
    prop_oneof![6 => vectors(5), 1 => scalars(5), 1 => ranges(5), 1 => Just("\"text\"".to_owned())]
}

const STEP_MS: i64 = 77_000;
const STEPS: i64 = 9;

/// What an expression is at the steps up to some moment.
fn over(reader: Reader<'_>, expression: &str, to_ms: i64) -> Result<Value, QueryError> {
    let from_ms = to_ms - (STEPS - 1) * STEP_MS;
    let steps = Steps { from_ms, to_ms, step_ms: STEP_MS };
    range(reader, expression, steps, QueryLimits::default())
}

/// The values of all series at the last step, in order of labels.
fn last(value: Value) -> Vec<(String, f64)> {
    let mut last: Vec<(String, f64)> = match value {
        Value::Scalar(numbers) => {
            numbers.last().map(|number| (String::new(), *number)).into_iter().collect()
        }
        Value::Text(text) => vec![(text, 0.0)],
        Value::Vector(rows) => rows
            .iter()
            .filter_map(|row| Some((row.labels.to_string(), (*row.points.last()?)?)))
            .collect(),
        Value::Matrix(series) => panic!("{} series of a matrix at a step", series.len()),
    };
    last.sort_by(|a, b| a.0.cmp(&b.0));
    last
}

/// What the points of a value take.
fn bytes(value: &Value) -> u64 {
    let bytes = match value {
        Value::Scalar(numbers) => size_of_val(&numbers[..]),
        Value::Text(_) => 0,
        Value::Vector(rows) => rows.iter().map(|row| size_of_val(&row.points[..])).sum(),
        Value::Matrix(series) => {
            let each = series.iter();
            each.map(|one| size_of_val(&one.timestamps[..]) + size_of_val(&one.values[..])).sum()
        }
    };
    bytes as u64
}

/// Rows may come in another order, and sums of them round otherwise.
fn is_same(one: f64, other: f64) -> bool {
    let close = || (one - other).abs() <= 1e-12 * one.abs().max(other.abs());
    one == other || (one.is_nan() && other.is_nan()) || close()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Each is answered or refused; the memory of what is refused is free again, and that of what
    /// is answered is counted.
    #[test]
    fn any_expression_is_answered_or_refused(expression in any(), memory in 1_000u64..400_000) {
        let data = Data::small();
        for memory in [memory, u64::MAX] {
            let budget = budget(memory);
            let reader = Reader::new(&data, &budget);
            let moment = || instant(reader, &expression, END_MS - 10_000, QueryLimits::default());
            let steps = || over(reader, &expression, END_MS);
            for ask in [&moment as &dyn Fn() -> Result<Value, QueryError>, &steps] {
                if let Ok(value) = ask() {
                    prop_assert!(budget.held() >= bytes(&value), "{} is held", budget.held());
                    budget.release(budget.held());
                } else {
                    prop_assert_eq!(budget.held(), 0);
                }
            }
        }
    }

    /// A moment is the last step of the range that ends there.
    #[test]
    fn a_moment_is_the_last_step_of_a_range(
        expression in prop_oneof![6 => vectors(4), 1 => scalars(4)],
        before_ms in prop_oneof![Just(0i64), 0i64..1_000_000],
    ) {
        let data = Data::small();
        let budget = Budget::unlimited();
        let reader = Reader::new(&data, &budget);
        let at_ms = END_MS - before_ms;
        let moment = instant(reader, &expression, at_ms, QueryLimits::default());
        // Other steps of a range may have errors of their own.
        if let (Ok(moment), Ok(range)) = (moment, over(reader, &expression, at_ms)) {
            let (moment, range) = (last(moment), last(range));
            prop_assert_eq!(moment.len(), range.len(), "{:?} {:?}", moment, range);
            for (one, other) in moment.iter().zip(&range) {
                prop_assert_eq!(&one.0, &other.0);
                prop_assert!(is_same(one.1, other.1), "{one:?} {other:?}");
            }
        }
    }

    /// Any series, any expression: answered or refused within its limits, and the same at a moment and
    /// at the end of a range.
    #[test]
    fn any_expression_over_any_series_is_answered_or_refused_and_the_same_at_a_moment(
        data in any_series(),
        expression in prop_oneof![6 => vectors(6), 1 => scalars(6)],
        memory in prop_oneof![Just(16u64 << 20), 1_000u64..200_000],
        before_ms in prop_oneof![Just(0i64), 0i64..1_000_000],
    ) {
        let limits = Limits { samples: 300_000, series: 1_000, bytes: memory };
        let at_ms = END_MS - before_ms;
        let ask = |ask: &dyn Fn(Reader<'_>) -> Result<Value, QueryError>| {
            let budget = Budget::new(limits, Pool::new(u64::MAX), Stop::default());
            let found = ask(Reader::new(&data, &budget));
            assert!(budget.held() <= memory, "{} of {memory} are held", budget.held());
            assert!(found.is_ok() || budget.held() == 0, "{} is held", budget.held());
            assert!(!matches!(found, Err(QueryError::Panicked(_))), "{found:?}");
            found
        };
        let moment = ask(&|reader| instant(reader, &expression, at_ms, QueryLimits::default()));
        let steps = ask(&|reader| over(reader, &expression, at_ms));
        if let (Ok(moment), Ok(range)) = (moment, steps) {
            let (moment, range) = (last(moment), last(range));
            prop_assert_eq!(moment.len(), range.len(), "{:?} {:?}", moment, range);
            for (one, other) in moment.iter().zip(&range) {
                prop_assert_eq!(&one.0, &other.0);
                prop_assert!(is_same(one.1, other.1), "{one:?} {other:?}");
            }
        }
    }

    /// A query that is stopped at any look ends at that look.
    #[test]
    fn a_stop_ends_any_expression(expression in any(), place in 0.0f64..1.0) {
        let data = Data::small();
        let (all, whole) = data.ask(&expression, usize::MAX);
        if all > 0 {
            let stop = (all as f64 * place) as usize + 1;
            let (looks, found) = data.ask(&expression, stop.min(all));
            prop_assert_eq!(looks, stop.min(all));
            prop_assert!(matches!(found, Err(QueryError::Stopped)), "{found:?} and not {whole:?}");
        }
    }
}

/// The rows of an answer in words, by labels.
fn told(expression: &str) -> Vec<String> {
    let (_, value) = Data::small().ask(expression, usize::MAX);
    match value {
        Ok(value) => {
            last(value).iter().map(|(labels, value)| format!("{labels} {value}")).collect()
        }
        Err(error) => vec![error.to_string()],
    }
}

#[test]
fn comparisons_keep_the_left_value_whichever_side_has_many() {
    let left = ["{a=\"1\",b=\"x\",job=\"node\"} 1", "{a=\"1\",b=\"y\",job=\"node\"} 1"];
    let of_many = "(counter_total * 0 - 1)";
    assert_eq!(told(&format!("sum by (a) (info) > on(a) group_right() {of_many} > 0")), left);
    let right = ["{a=\"1\",b=\"x\",job=\"node\"} -1", "{a=\"1\",b=\"y\",job=\"node\"} -1"];
    let found = told(&format!("{of_many} < on(a) group_left() (sum by (a) (info) > 0)"));
    assert_eq!(found, right);
}

#[test]
fn of_many_that_match_only_those_that_are_kept_must_be_one() {
    // The series of a="1" differ by b, and one of them is the greatest.
    let found = told("counter_total == on(a) max by (a) (counter_total)");
    assert_eq!(found.len(), 3, "{found:?}");
    let found = told("counter_total <= on(a) max by (a) (counter_total)");
    let refused = "multiple matches for labels: many-to-one matching must be explicit \
                   (group_left/group_right)";
    assert_eq!(found, [refused]);
    let found = told("counter_total + on(job) group_left(b) (gauge{a=\"3\"} * 0)");
    let refused = "multiple matches for labels: grouping labels must ensure unique matches";
    assert_eq!(found, [refused]);
    let found = told("vector(1) + on() counter_total{a=\"1\"}");
    let refused = "found duplicate series for the match group {} on the right hand-side of the \
        operation: [{__name__=\"counter_total\", a=\"1\", b=\"y\", job=\"node\"}, \
        {__name__=\"counter_total\", a=\"1\", b=\"x\", job=\"node\"}];many-to-many matching not \
        allowed: matching labels must be unique on one side";
    assert_eq!(found, [refused]);
}

#[test]
fn series_are_those_that_any_selector_matches() {
    let data = Data::small();
    let budget = Budget::unlimited();
    let reader = Reader::new(&data, &budget);
    let range = TimeRange { from_ms: BEGIN_MS, to_ms: END_MS };
    let count = |selections: Vec<Vec<Matcher>>| {
        let find = |matchers: &Vec<Matcher>| {
            reader.find(Selection { matchers, range }, usize::MAX).unwrap()
        };
        selections.iter().flat_map(find).collect::<BTreeSet<Labels>>().len()
    };
    let found = |texts: &[&str]| selectors(texts, &budget).map(count);
    assert_eq!(found(&["info", "gauge{a=\"1\"}", "info{a=\"1\"}"]).unwrap(), 4);
    assert_eq!(found(&[]).unwrap(), 24);
    for wrong in ["sum(up)", "up[5m]", "{}", "1", "up +", "foo(up)"] {
        let error = found(&["info", wrong]).unwrap_err().to_string();
        assert!(error.starts_with("invalid parameter \"match[]\": "), "{wrong}: {error}");
    }
}
