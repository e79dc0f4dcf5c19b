//! What Prometheus 3 brought, and cases of its bug reports: each with the answer by its documents,
//! or, where 2.42 knows it, that of 2.42.

use super::data::{Data, END_MS, Line, budget};
use super::*;

const LINES: [Line<'_>; 19] = [
    ("lim", &[("x", "a")], &[10.0]),
    ("lim", &[("x", "c")], &[7.0]),
    ("cur", &[("x", "a"), ("y", "1")], &[20.0]),
    ("cur", &[("x", "a"), ("y", "2")], &[5.0]),
    ("cur", &[("x", "b"), ("y", "2")], &[5.0]),
    ("walk", &[("h", "eth2")], &[1.0, 9.0, 4.0, 9.0, 2.0]),
    ("walk", &[("h", "eth10")], &[5.0, 3.0, 3.0]),
    ("a_bucket", &[("le", "1")], &[1.0]),
    ("a_bucket", &[("le", "+Inf")], &[10.0]),
    ("b_bucket", &[("le", "1")], &[100.0]),
    ("b_bucket", &[("le", "+Inf")], &[200.0]),
    ("up", &[("instance", "i1"), ("job", "j")], &[1.0]),
    ("up", &[("instance", "i2"), ("job", "j")], &[0.0]),
    ("target_info", &[("instance", "i1"), ("job", "j"), ("os", "linux"), ("v", "2")], &[1.0]),
    ("build_info", &[("instance", "i1"), ("job", "j"), ("rev", "x")], &[1.0]),
    ("http.duration", &[("service.name", "web"), ("x", "a")], &[3.0]),
    ("odd", &[("n", "nan")], &[f64::NAN]),
    ("odd", &[("n", "one")], &[1.0]),
    ("fill", &[], &[4.0]),
];

/// Rows in their order, or what is wrong.
fn answer(expression: &str) -> Vec<String> {
    let data = Data::minutes(&LINES);
    let budget = Budget::unlimited();
    let reader = Reader::new(&data, &budget);
    match instant(reader, expression, END_MS, QueryLimits::default()) {
        Ok(Value::Vector(rows)) => rows
            .iter()
            .map(|row| format!("{} {}", row.labels, row.points[0].unwrap()).trim().to_owned())
            .collect(),
        Ok(Value::Scalar(numbers)) => vec![numbers[0].to_string()],
        Ok(other) => panic!("{expression} is {other:?}"),
        Err(error) => vec![error.to_string()],
    }
}

/// Expressions and their rows, in order of labels.
fn check(cases: &[(&str, &[&str])]) {
    let mut wrong = Vec::new();
    for (expression, expected) in cases {
        let (mut found, mut expected) = (answer(expression), expected.to_vec());
        found.sort();
        expected.sort_unstable();
        if found != expected {
            wrong.push(format!("{expression}: {found:?} and not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn sides_of_operators_are_matched_as_by_prometheus() {
    check(&[
        ("lim < on(x) group_right cur", &["cur{x=\"a\",y=\"1\"} 10"]),
        ("lim < on(x) group_right() cur", &["cur{x=\"a\",y=\"1\"} 10"]),
        ("cur > on(x) group_left lim", &["cur{x=\"a\",y=\"1\"} 20"]),
        ("lim < bool on(x) group_right cur", &["{x=\"a\",y=\"1\"} 1", "{x=\"a\",y=\"2\"} 0"]),
        ("lim < on(x) group_right(y) cur", &["cur{x=\"a\"} 10"]),
        ("nope * on(x) cur", &[]),
        ("cur * on(x) nope", &[]),
        ("nope * on(x) group_left cur", &[]),
        ("cur * on(x) group_right nope", &[]),
        ("(cur > 100) * on(x) cur", &[]),
        ("2 < bool 3", &["1"]),
        ("cur and on(x) lim", &["cur{x=\"a\",y=\"1\"} 20", "cur{x=\"a\",y=\"2\"} 5"]),
        ("lim or on(x) cur", &["lim{x=\"a\"} 10", "lim{x=\"c\"} 7", "cur{x=\"b\",y=\"2\"} 5"]),
        ("cur unless on(x) lim", &["cur{x=\"b\",y=\"2\"} 5"]),
        ("fill + fill", &["8"]),
        ("fill + fill_left", &[]),
    ]);
}

#[test]
fn what_one_side_lacks_is_filled_in() {
    let sum = |fill: &str| format!("lim + on(x) {fill} sum by (x) (cur)");
    let [both, left, right, each] =
        ["fill(0)", "fill_left(1)", "fill_right (1)", "fill_right(-1) fill_left(2)"].map(sum);
    check(&[
        (&both, &["{x=\"a\"} 35", "{x=\"b\"} 5", "{x=\"c\"} 7"]),
        (&left, &["{x=\"a\"} 35", "{x=\"b\"} 6"]),
        (&right, &["{x=\"a\"} 35", "{x=\"c\"} 8"]),
        (&each, &["{x=\"a\"} 35", "{x=\"b\"} 7", "{x=\"c\"} 6"]),
        (
            "cur + on(x) group_left fill(0) lim",
            &["{x=\"a\",y=\"1\"} 30", "{x=\"a\",y=\"2\"} 15", "{x=\"b\",y=\"2\"} 5", "{x=\"c\"} 7"],
        ),
        (
            "lim - on(x) group_right fill_left(100) cur",
            &["{x=\"a\",y=\"1\"} -10", "{x=\"a\",y=\"2\"} 5", "{x=\"b\",y=\"2\"} 95"],
        ),
        ("nope + on(x) fill(1) sum by (x) (cur)", &["{x=\"a\"} 26", "{x=\"b\"} 6"]),
        ("nope + fill(1) nope", &[]),
        (
            "1 + fill(1) cur",
            &["invalid parameter \"query\": 1:1: parse error: filling in missing series only \
               allowed between instant vectors"],
        ),
        (
            "lim and fill(1) cur",
            &["invalid parameter \"query\": 1:1: parse error: filling in missing series not \
               allowed for set operators"],
        ),
    ]);
}

#[test]
fn aggregations_of_3_are_answered() {
    check(&[
        ("limitk(2, cur)", &["cur{x=\"a\",y=\"1\"} 20", "cur{x=\"a\",y=\"2\"} 5"]),
        ("limitk by (x) (1, cur)", &["cur{x=\"a\",y=\"1\"} 20", "cur{x=\"b\",y=\"2\"} 5"]),
        ("limitk(0, cur)", &[]),
        ("limitk(-1, cur)", &[]),
        ("limitk(NaN, cur)", &["Scalar value NaN overflows int64"]),
        ("topk(NaN, cur)", &["Scalar value NaN overflows int64"]),
        ("topk(9223372036854775807, cur)", &["Scalar value 9.223372036854776e+18 overflows int64"]),
        ("bottomk(-1e19, cur)", &["Scalar value -1e+19 overflows int64"]),
        ("count(limit_ratio(1, cur))", &["3"]),
        ("count(limit_ratio(-2, cur))", &["3"]),
        ("limit_ratio(0, cur)", &[]),
        ("limit_ratio(NaN, cur)", &["Ratio value is NaN"]),
        ("count(limit_ratio(0.4, cur) or limit_ratio(-0.6, cur))", &["3"]),
        ("limit_ratio(0.4, cur) and limit_ratio(-0.6, cur)", &[]),
        ("count_values by (y) (\"y\", cur)", &["{y=\"20\"} 1", "{y=\"5\"} 2"]),
        ("count_values without (y) (\"y\", cur)", &["{x=\"a\"} 2", "{x=\"b\"} 1"]),
        ("count_values(\"x\", odd)", &["{x=\"NaN\"} 1", "{x=\"1\"} 1"]),
        (
            "count_values by (x) (\"v\", cur)",
            &["{v=\"20\",x=\"a\"} 1", "{v=\"5\",x=\"a\"} 1", "{v=\"5\",x=\"b\"} 1"],
        ),
        ("quantile(2, cur)", &["inf"]),
        ("quantile(NaN, cur)", &["NaN"]),
        (
            "histogram_quantile(0.5, {__name__=~\"(a|b)_bucket\"})",
            &["vector cannot contain metrics with the same labelset"],
        ),
        ("histogram_quantile(0.5, b_bucket)", &["1"]),
        ("histogram_fraction(-Inf, Inf, b_bucket)", &["1"]),
        // No series is a native histogram.
        ("histogram_count(b_bucket)", &[]),
        ("sum(histogram_sum(cur)) or histogram_avg(cur) or histogram_stddev(cur)", &[]),
    ]);
}

#[test]
fn functions_of_3_are_answered() {
    let walk = "(walk{h=\"eth2\"}[10m])";
    let since = |mark: &str| format!("ts_of_{mark}_over_time{walk} - ts_of_first_over_time{walk}");
    let [last, least, greatest] = ["last", "min", "max"].map(since);
    check(&[
        (&format!("mad_over_time{walk}"), &["{h=\"eth2\"} 3"]),
        (&format!("first_over_time{walk}"), &["walk{h=\"eth2\"} 1"]),
        (&last, &["{h=\"eth2\"} 240"]),
        (&least, &["{h=\"eth2\"} 0"]),
        (&greatest, &["{h=\"eth2\"} 180"]),
        ("max_over_time(walk[100y])", &["{h=\"eth10\"} 5", "{h=\"eth2\"} 9"]),
        ("max_over_time(walk[5m + 1m])", &["{h=\"eth10\"} 5", "{h=\"eth2\"} 9"]),
        ("max_over_time(walk[1m] offset (1m * 2))", &["{h=\"eth10\"} 5", "{h=\"eth2\"} 9"]),
        ("clamp(cur{y=\"1\"}, 3, 1)", &[]),
        ("round(walk{h=\"eth2\"} / 4, 0)", &["{h=\"eth2\"} NaN"]),
        ("delta(lim[5m])", &[]),
        ("timestamp(lim{x=\"a\"} + 0) - timestamp(lim{x=\"a\"})", &["{x=\"a\"} 0"]),
        (
            "{\"http.duration\", \"service.name\"=\"web\"}",
            &["{\"http.duration\",\"service.name\"=\"web\",x=\"a\"} 3"],
        ),
        ("sum by (\"service.name\") ({\"http.duration\"})", &["{\"service.name\"=\"web\"} 3"]),
        ("lim * on(x) group_right(\"service.name\") cur{y=\"1\"}", &["{x=\"a\",y=\"1\"} 200"]),
        ("absent(nope{x=\"1\", y=~\"2\", \"a.b\"=\"c\"})", &["{\"a.b\"=\"c\",x=\"1\"} 1"]),
    ]);
}

#[test]
fn info_metrics_lend_their_labels() {
    let other = "up{instance=\"i2\",job=\"j\"} 0";
    check(&[
        ("info(up)", &["up{instance=\"i1\",job=\"j\",os=\"linux\",v=\"2\"} 1", other]),
        ("info(up, {})", &["up{instance=\"i1\",job=\"j\",os=\"linux\",v=\"2\"} 1", other]),
        ("info(up, {os=~\".+\"})", &["up{instance=\"i1\",job=\"j\",os=\"linux\"} 1"]),
        ("info(up, {os=~\".*\"})", &["up{instance=\"i1\",job=\"j\",os=\"linux\"} 1", other]),
        (
            "info(up, {__name__=\"build_info\"})",
            &["up{instance=\"i1\",job=\"j\",rev=\"x\"} 1", other],
        ),
        (
            "info(up, {__name__=~\".*_info\"})",
            &["up{instance=\"i1\",job=\"j\",os=\"linux\",rev=\"x\",v=\"2\"} 1", other],
        ),
        (
            "info(up, {__name__!=\"target_info\"})",
            &["up{instance=\"i1\",job=\"j\",rev=\"x\"} 1", other],
        ),
        ("info(up, {__name__!~\".+_info\", os=~\".+\"})", &[]),
        ("info(lim)", &["lim{x=\"a\"} 10", "lim{x=\"c\"} 7"]),
        ("info(lim, {os=\"linux\"})", &[]),
        ("info(sum by (job) (up))", &["{job=\"j\"} 1"]),
        ("info(target_info)", &["target_info{instance=\"i1\",job=\"j\",os=\"linux\",v=\"2\"} 1"]),
        (
            "info(up, build_info)",
            &[
                "invalid parameter \"query\": 1:10: parse error: expected label selectors only, got \
               vector selector instead",
            ],
        ),
        (
            "info(up, sum({a=\"b\"}))",
            &["invalid parameter \"query\": 1:10: parse error: expected label selectors only"],
        ),
    ]);
}

#[test]
fn labels_are_sorted_as_people_count() {
    let devices = |expression: &str| -> Vec<String> {
        answer(expression).iter().map(|row| row.split('"').nth(1).unwrap().to_owned()).collect()
    };
    assert_eq!(devices("sort_by_label(walk, \"h\")"), ["eth2", "eth10"]);
    assert_eq!(devices("sort_by_label_desc(walk, \"nothing\", \"h\")"), ["eth10", "eth2"]);
    assert_eq!(devices("sort_by_label(walk)"), ["eth10", "eth2"]);
    assert_eq!(devices("sort(odd)"), ["one", "nan"]);
    assert_eq!(devices("sort_desc(odd)"), ["one", "nan"]);
}

/// As many points as in Prometheus, and moments at the bounds of the type.
#[test]
fn ranges_have_the_bounds_of_prometheus() {
    let data = Data::minutes(&LINES);
    let unlimited = Budget::unlimited();
    let reader = Reader::new(&data, &unlimited);
    let ask = |from_ms, to_ms, step_ms| {
        let steps = Steps { from_ms, to_ms, step_ms };
        let value = range(reader, "vector(time()) + scalar(fill)", steps, QueryLimits::default())?;
        Ok::<usize, QueryError>(value.into_rows().first().map_or(0, |row| row.points.len()))
    };
    assert_eq!(ask(END_MS - 11_000 * 7, END_MS, 7).unwrap(), 11_001);
    assert_eq!(ask(END_MS - 11_000 * 7, END_MS + 6, 7).unwrap(), 11_001);
    let error = ask(END_MS - 11_001 * 7, END_MS, 7).unwrap_err().to_string();
    assert!(error.starts_with("exceeded maximum resolution of 11,000 points"), "{error}");
    assert_eq!(ask(i64::MIN, i64::MAX, i64::MAX / 1_000).unwrap(), 2_001);
    assert_eq!(ask(i64::MAX, i64::MAX, 1).unwrap(), 1);
    assert!(ask(i64::MIN, i64::MAX, 1).is_err());
    let everything = [
        "rate(walk[100y])",
        "walk offset 292y",
        "walk offset -292y",
        "max_over_time(walk[292y:146y])",
        "max_over_time(walk[292y:1ms])",
        "predict_linear(walk[292y], 1e9)",
        "predict_linear(walk[292y] @ end(), 1e9)",
        "deriv(walk[292y] offset -146y)",
        "timestamp(walk)",
        "year()",
        "absent_over_time(walk[292y])",
    ];
    for expression in everything {
        let budget = budget(64 << 20);
        let reader = Reader::new(&data, &budget);
        for at_ms in [i64::MIN, i64::MIN + 1, -1, 0, END_MS, i64::MAX - 1, i64::MAX] {
            let found = instant(reader, expression, at_ms, QueryLimits::default());
            assert!(
                !matches!(found, Err(QueryError::Panicked(_))),
                "{expression} {at_ms}: {found:?}"
            );
            let steps = Steps { from_ms: i64::MIN, to_ms: at_ms, step_ms: i64::MAX / 100 };
            let found = range(reader, expression, steps, QueryLimits::default());
            assert!(
                !matches!(found, Err(QueryError::Panicked(_))),
                "{expression} {at_ms}: {found:?}"
            );
        }
    }
}
