//! Memory and stops.

use super::data::{Data, END_MS, budget};
use crate::promql::meter::Meter;
use crate::promql::parse::Question;
use crate::promql::{QueryError, QueryLimits, Value, deep, instant};
use crate::samples::Reader;

/// All kinds of nodes, `V` being a vector.
const NODES: [&str; 49] = [
    "-(V)",
    "abs(V)",
    "round(V, 2)",
    "clamp(V, 0, time())",
    "hour(V)",
    "timestamp((V) + 1)",
    "absent(V)",
    "vector(scalar(V))",
    "label_replace(V, \"c\", \"$1\", \"a\", \"(.*)\")",
    "label_join(V, \"c\", \"-\", \"a\", \"b\")",
    "sum(V)",
    "avg by (a) (V)",
    "stddev(V)",
    "max by (a) (V)",
    "count(V)",
    "topk(1, V)",
    "bottomk by (a) (2, V)",
    "quantile(0.5, V)",
    "count_values(\"v\", V)",
    "histogram_quantile(0.5, V)",
    "sort(V)",
    "(V) + 1",
    "1 / (V)",
    "(V) > 2",
    "(V) == bool 2",
    "(V) + (V)",
    "(V) > (V)",
    "(V) * on(a) group_left() (V)",
    "(V) and (V)",
    "(V) or (V)",
    "(V) unless on(a) (V)",
    "rate((V)[3s:1s])",
    "deriv((V)[3s:1s])",
    "last_over_time((V)[3s:1s])",
    "quantile_over_time(0.5, (V)[3s:1s])",
    "stddev_over_time((V)[3s:1s])",
    "holt_winters((V)[3s:1s], 0.5, 0.5)",
    "predict_linear((V)[3s:1s], 60)",
    "changes((V)[3s:1s])",
    "absent_over_time((V)[3s:1s])",
    "limitk(1, V)",
    "limit_ratio(0.5, V)",
    "sort_by_label(V, \"a\")",
    "info(V)",
    "(V) + fill(0) (V)",
    "(V) * on(a) group_left fill_right(1) (V)",
    "mad_over_time((V)[3s:1s])",
    "first_over_time((V)[3s:1s])",
    "ts_of_max_over_time((V)[3s:1s])",
];

/// Each node looks for each series, and over many steps again and again.
#[test]
fn every_node_looks_often() {
    const SERIES: usize = 600;
    const STEPS: usize = 50_000;
    let many = Data::many(SERIES);
    let looks = |data: &Data, expression: &str| {
        let (looks, found) = data.ask(expression, usize::MAX);
        found.unwrap_or_else(|error| panic!("{expression}: {error}"));
        looks
    };
    let (vector, line) =
        ("{__name__=~\"many.*\"}", "label_replace(vector(time() % 7), 'le', '+Inf', '', '')");
    // Without those at what is handed out.
    let alone = looks(&many, vector) - SERIES;
    let long = |expression: &str| format!("count_over_time(({expression})[{STEPS}s:1s])");
    let alone_long = looks(&many, &long(line));
    for node in NODES {
        let operands = node.matches("(V)").count().max(1);
        let wide = looks(&many, &node.replace('V', vector));
        assert!(wide >= operands * alone + SERIES, "{node} over series: {wide} of {alone}");
        // Labels, and the order of series, are no work of steps.
        if node.starts_with("label") || node.starts_with("sort") {
            continue;
        }
        let over_steps = looks(&many, &long(&node.replace('V', line)));
        let once = STEPS / 10_000;
        assert!(over_steps >= alone_long + once, "{node} over steps: {over_steps} of {alone_long}");
    }
}

/// What an expression is at the end, within so much memory.
fn within(data: &Data, expression: &str, bytes: u64) -> (u64, Result<Value, QueryError>) {
    let budget = budget(bytes);
    let reader = Reader::new(data, &budget);
    let found = instant(reader, expression, END_MS, QueryLimits::default());
    (budget.held(), found)
}

#[test]
fn labels_that_double_again_and_again_are_refused_before_they_are_made() {
    let data = Data::many(10);
    let nested = |begin: &str, end: &str| format!("{}many{}", begin.repeat(40), end.repeat(40));
    let long = format!("label_replace(many, \"x\", \"{}\", \"a\", \"(.*)\")", "$1".repeat(20_000));
    let grows: [String; 3] = [
        nested("label_join(", ", \"x\", \"\", \"x\", \"x\", \"a\")"),
        nested("label_replace(", ", \"b\", \"$1$1\", \"b\", \"(.*)\")"),
        format!("label_replace({long}, \"x\", \"{}\", \"x\", \"(.*)\")", "$1".repeat(20_000)),
    ];
    for expression in &grows {
        let (held, found) = within(&data, expression, 50 << 20);
        let error = found.unwrap_err().to_string();
        assert!(error.contains("bytes of memory"), "{error}");
        assert_eq!(held, 0);
    }
}

/// As many values as steps become as many series over all steps.
#[test]
fn series_that_values_make_are_refused_before_they_are_made() {
    let data = Data::many(1);
    let expression = "count_over_time(count_values(\"v\", vector(time()))[20000s:1s])";
    let (held, found) = within(&data, expression, 50 << 20);
    assert!(found.unwrap_err().to_string().contains("bytes of memory"));
    assert_eq!(held, 0);
}

/// However deep, a node gives back what the ones below it took.
#[test]
fn what_a_node_has_used_up_is_free_again() {
    let data = Data::many(500);
    let deep = |begin: &str, end: &str| {
        let least = [1, 2, 60].map(|depth| {
            let expression = format!("{}many{}", begin.repeat(depth), end.repeat(depth));
            // The least that is enough, by halves.
            let (mut low, mut high) = (0u64, 64 << 20);
            while high - low > 1_000 {
                let middle = u64::midpoint(low, high);
                match within(&data, &expression, middle).1 {
                    Ok(_) => high = middle,
                    Err(_) => low = middle,
                }
            }
            high
        });
        let [once, twice, often] = least;
        let allowed = once.max(twice) + 60 * 20_000;
        assert!(often < allowed, "{begin}: {once}, {twice}, then {often}");
    };
    deep("abs(", ")");
    deep("-(", ")");
    deep("sum by (a) (", ")");
    deep("label_replace(", ", \"c\", \"$1\", \"a\", \"(.*)\")");
    deep("label_join(", ", \"c\", \"\", \"a\", \"b\")");
    deep("last_over_time((", ")[1s:1s])");
    deep("(", " + 1)");
    deep("topk(5000, ", ")");
    deep("(vector(1) + on() group_right ", ")");
    deep("(absent(nothing) or ", ")");
}

/// Ways to nest: what begins a level, what stands in the middle, what ends a level.
const NESTED: [(&str, &str, &str); 17] = [
    ("-abs(", "info", ")"),
    ("(", "info", ")"),
    ("-", "info", ""),
    ("sum by (a) (", "info", ")"),
    ("quantile(scalar(", "info", "), info)"),
    ("clamp_min(info, scalar(", "info", "))"),
    ("max_over_time((", "info", ")[10s:10s])"),
    ("label_join(", "info", ", 'b', '', 'a')"),
    ("absent(", "info", ")"),
    ("1 + (", "info", ")"),
    ("info * (", "info", ")"),
    ("info or (", "info", ")"),
    ("vector(scalar(", "info", "))"),
    ("histogram_quantile(0.5, ", "info", ")"),
    ("", "info", " or info"),
    ("", "1", " ^ 1"),
    ("-(", "1", ")"),
];

fn nested((begin, middle, end): (&str, &str, &str), levels: usize) -> String {
    format!("{}{middle}{}", begin.repeat(levels), end.repeat(levels))
}

/// However little stack the thread has that asks, in a build that is wasteful with it.
#[test]
fn expressions_of_a_thousand_levels_are_answered_and_far_deeper_ones_refused() {
    let ask = || {
        for kind in NESTED {
            let (_, found) = Data::small().ask(&nested(kind, 1_000), usize::MAX);
            assert!(found.is_ok(), "{kind:?}: {found:?}");
            let (_, found) = Data::small().ask(&nested(kind, 5_000), usize::MAX);
            let error = found.unwrap_err().to_string();
            assert!(error.ends_with("nested deeper than 2500 levels"), "{kind:?}: {error}");
        }
        let tree = nested(("(", "1", ")"), 99);
        assert!(Data::small().ask(&tree, usize::MAX).1.is_ok());
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(ask).unwrap().join().unwrap();
}

/// What answers in place has room on a thread of the runtime, which has 2 MiB of stack.
#[test]
fn what_needs_no_thread_of_its_own_fits_into_half_of_one() {
    let ask = || {
        for kind in NESTED {
            let levels = (1..100).rev();
            let shallow = levels.map(|levels| nested(kind, levels)).find(|text| {
                let budget = budget(u64::MAX);
                let meter = Meter::new(&budget);
                Question::read(text, &meter).unwrap().depth <= deep::SHALLOW
            });
            let (_, found) = Data::small().ask(&shallow.unwrap(), usize::MAX);
            assert!(found.is_ok(), "{kind:?}: {found:?}");
        }
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(ask).unwrap().join().unwrap();
}

#[test]
fn the_stack_of_a_deep_expression_is_memory_like_all_else() {
    let data = Data::small();
    let deep = nested(("(", "1", ")"), 1_500);
    let (held, found) = within(&data, &deep, 4 << 20);
    assert!(found.unwrap_err().to_string().contains("bytes of memory"));
    assert_eq!(held, 0);
}
