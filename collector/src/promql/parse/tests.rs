mod published;

use proptest::prelude::*;

use super::*;
use crate::promql::tree::{
    Aggregate, At, Fold, Pick, RangeVector, Scalar, Shift, ValueFunction, Vector,
};

fn error(expression: &str) -> String {
    match parse(expression) {
        Ok(tree) => panic!("{expression} is {tree:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_is_not_known_is_refused_where_it_stands() {
    let cases = [
        ("foo(load)", "1:1: parse error: unknown function with name \"foo\""),
        ("sum(load) +\n  foo(load)", "2:3: parse error: unknown function with name \"foo\""),
        ("foo + foo(load)", "1:7: parse error: unknown function with name \"foo\""),
        ("\"foo(\" == foo(load)", "1:11: parse error: unknown function with name \"foo\""),
        // Prometheus 3 knows these.
        (
            "histogram_quantiles(load, \"a\", 1, 2)",
            "1:1: parse error: unknown function with name \"histogram_quantiles\"",
        ),
        ("max_of(1, 2)", "1:1: parse error: unknown function with name \"max_of\""),
        ("step()", "1:1: parse error: unknown function with name \"step\""),
        ("start()", "1:1: parse error: unknown function with name \"start\""),
        ("load @ end() + end()", "1:16: parse error: unknown function with name \"end\""),
        ("FILL(0)", "1:1: parse error: unexpected <FILL>"),
        ("a + fill(b) c", "1:10: parse error: unexpected identifier \"b\""),
        ("a + fill(0) fill_left(1) b", "1:13: parse error: unexpected <fill_left>"),
        ("a + fill_left() b", "1:15: parse error: unexpected \")\""),
        (
            "a{x=\"1\" or y=\"2\"}",
            "1:9: parse error: unexpected identifier \"or\" in label matching, expected \",\" or \"}\"",
        ),
    ];
    for (expression, expected) in cases {
        assert_eq!(error(expression), expected, "{expression}");
    }
}

#[test]
fn arguments_have_the_number_and_the_types_that_functions_take() {
    let wrong = [
        "rate(load)",
        "rate(load[5m], 1)",
        "exp(NaN)",
        "ln(0)",
        "log2(-1)",
        "abs(load[5m])",
        "abs(\"text\")",
        "round()",
        "round(load, 1, 2)",
        "round(load, load)",
        "clamp(load, 1)",
        "time(1)",
        "hour(load, load)",
        "scalar(1)",
        "vector(load)",
        "label_replace(load, \"a\", \"b\", \"c\")",
        "label_replace(load, a, \"b\", \"c\", \"d\")",
        "label_join(load, \"a\")",
        "label_join(load, \"a\", \"b\", c)",
        "quantile_over_time(load[5m], 0.5)",
        "absent(load[5m])",
        "absent_over_time(load)",
        "sum(1)",
        "sum(load[5m])",
        "sum(load, load)",
        "topk(load)",
        "topk(load, load)",
        "count_values(1, load)",
        "quantile(\"a\", load)",
        "load[5m] + 1",
        "\"a\" + 1",
        "-\"a\"",
        "-load[5m]",
        "1 > 2",
        "load + bool load",
        "load and bool load",
        "1 and load",
        "load or 1",
        "1 unless 1",
        "load and on(a) group_left load",
        "1 + on(a) load",
        "load + on(a) group_left(a) load",
        "time()[5m:1m]",
        "load[5m][5m:1m]",
        "load @ 1e300",
        "load @ NaN",
        "load @ 1e17",
        "load @ -1e17",
        "load[1000y]",
        "load offset 9223372036855",
        "a{b=~\"(\"}",
        "{}",
        "a{__name__=\"b\"}",
    ];
    for expression in wrong {
        match parse(expression) {
            Err(QueryError::BadData(_)) => {}
            other => panic!("{expression} is {other:?}"),
        }
    }
}

#[test]
fn what_prometheus_refuses_when_it_evaluates_is_no_mistake_of_the_language() {
    for expression in [
        "label_replace(load, \"a\", \"b\", \"c\", \"(\")",
        "label_replace(load, \"\", \"b\", \"c\", \".*\")",
        "label_replace(load, \"\\xff\", \"b\", \"c\", \".*\")",
        "label_join(load, \"\\xff\", \"b\")",
        "label_join(load, \"a\", \"b\", \"\\xff\")",
        "count_values(\"\", load)",
    ] {
        match parse(expression) {
            Err(QueryError::Execution(_)) => {}
            other => panic!("{expression} is {other:?}"),
        }
    }
}

/// What a selector says of `absent`, and where it looks.
fn selector_of(expression: &str) -> Selector {
    match parse(expression).unwrap() {
        Expression::Vector(Vector::Newest(selector) | Vector::Timestamps(selector)) => selector,
        Expression::Range(RangeVector::Window(window)) => window.selector,
        other => panic!("{expression} is {other:?}"),
    }
}

#[test]
fn modifiers_become_milliseconds_and_moments() {
    let cases = [
        ("a", At::Step, 0),
        ("((a offset 1h30m))", At::Step, 5_400_000),
        ("a[5m] offset -5m", At::Step, -300_000),
        ("a offset 1.5", At::Step, 1_500),
        ("timestamp((a @ start()))", At::Start, 0),
        ("a[1w] @ end() offset 1ms", At::End, 1),
        ("a @ 1700003600.5", At::Moment(1_700_003_600_500), 0),
        ("a @ -1", At::Moment(-1_000), 0),
    ];
    for (expression, at, offset_ms) in cases {
        assert_eq!(selector_of(expression).shift, Shift { at, offset_ms }, "{expression}");
    }
    let range = |expression: &str| match parse(expression).unwrap() {
        Expression::Range(RangeVector::Window(window)) => (window.range_ms, None),
        Expression::Range(RangeVector::Subquery(subquery)) => {
            (subquery.range_ms, Some(subquery.step_ms))
        }
        other => panic!("{expression} is {other:?}"),
    };
    assert_eq!(range("a[1y2w3d4h5m6s7ms]"), (33_019_506_007, None));
    assert_eq!(range("a[0x10]"), (16_000, None));
    assert_eq!(range("a[1h:5m]"), (3_600_000, Some(300_000)));
    assert_eq!(range("a[1h:]"), (3_600_000, Some(60_000)));
}

#[test]
fn what_is_absent_has_the_labels_that_are_demanded_once() {
    let cases = [
        ("absent(a{b=\"c\", d=~\"e\", f!=\"g\"})", "{b=\"c\"}"),
        ("absent(((a{b=\"c\"})))", "{b=\"c\"}"),
        ("absent(a{b=\"c\", b=\"c\", d=\"e\"})", "{d=\"e\"}"),
        ("absent(a{b=\"c\", b=\"c\", b=\"c\"})", ""),
        ("absent(a{b=~\"c\", b=\"c\"})", "{b=\"c\"}"),
        ("absent(a{b=\"c\"} + 1)", ""),
        ("absent_over_time((a{b=\"c\"}[5m]))", "{b=\"c\"}"),
        ("absent_over_time(a{b=\"c\"}[5m:])", ""),
    ];
    for (expression, expected) in cases {
        let labels = match parse(expression).unwrap() {
            Expression::Vector(Vector::Absent(_, labels) | Vector::AbsentOverTime(_, labels)) => {
                labels
            }
            other => panic!("{expression} is {other:?}"),
        };
        assert_eq!(labels.to_string(), expected, "{expression}");
    }
}

#[test]
fn names_of_both_languages_mean_the_same() {
    let node = |expression: &str| format!("{:?}", parse(expression).unwrap());
    assert_eq!(
        node("holt_winters(a[5m], 0.5, 0.1)"),
        node("double_exponential_smoothing(a[5m], 0.5, 0.1)")
    );
    assert_eq!(node("SUM BY (x) (a)"), node("sum(a) by (x)"));
    assert_eq!(node("fill + limitk"), node("(fill) + (limitk)"));
    let Expression::Vector(Vector::Aggregation(sum)) = parse("sum(a)").unwrap() else { panic!() };
    assert!(matches!(sum.aggregate, Aggregate::Fold(Fold::Sum)));
    assert_eq!(sum.grouping, Pick::Only(Vec::new()));
    let Expression::Vector(Vector::Each(each)) = parse("-a").unwrap() else { panic!() };
    assert!(matches!(each.function, ValueFunction::Negate));
}

/// What expressions are made of, and what they must survive.
const PIECES: [&str; 64] = [
    "a",
    "b_total",
    "x:y",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ":",
    ",",
    "+",
    "-",
    "*",
    "/",
    "%",
    "^",
    "==",
    "!=",
    ">",
    "<=",
    "=~",
    "!~",
    "=",
    "\"c\"",
    "'d'",
    "`e`",
    "\"\\x\"",
    "`\\d`",
    "\"(\"",
    "5m",
    "1h30m",
    "0",
    "1",
    "1e20",
    "1e400",
    "18446744073709551615",
    "0x10",
    "0xffffffffffffffff",
    "NaN",
    "Inf",
    "offset",
    "@",
    "start()",
    "end()",
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "bool",
    "and",
    "unless",
    "fill",
    "sum",
    "topk",
    "rate",
    "abs",
    "label_replace",
    "#",
    "\r",
    "\n",
    "é",
    "\\",
];

const WHOLE: [&str; 8] = [
    "a offset NaN",
    "a[1e20]",
    "a[18446744073709551615]",
    "a[5m:1e20]",
    "a offset -1e20",
    "sum by (x) (rate(a{b=~\"c.*\"}[5m:1m] offset 1h)) > bool on(x) group_left(y) topk(3, b)",
    "label_replace(a @ 1700000000, \"x\", \"$1\", \"y\", \"(.*)\") unless ignoring(z) -b ^ 2",
    "quantile_over_time(0.9, (a + 1)[1h:] @ end() offset -5m) # \"",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// The parser aborts the process where it panics, so it must not.
    #[test]
    fn nothing_that_is_asked_panics(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 1..14), spaced: bool) {
        let _ = parse(&pieces.join(if spaced { " " } else { "" }));
    }

    #[test]
    fn no_change_of_an_expression_panics(
        whole in prop::sample::select(&WHOLE[..]),
        changes in prop::collection::vec((0usize..90, 0usize..4, prop::sample::select(&PIECES[..])), 1..5),
    ) {
        let mut text: Vec<char> = whole.chars().collect();
        for (place, length, piece) in changes {
            let begin = place % (text.len() + 1);
            let end = (begin + length).min(text.len());
            text.splice(begin..end, piece.chars());
        }
        let _ = parse(&text.into_iter().collect::<String>());
    }
}
