//! Any expression, as text.

use proptest::prelude::*;
use proptest::sample::select;

const SELECTORS: [&str; 12] = [
    "counter_total",
    "gauge",
    "strange",
    "info",
    "latency_bucket",
    "{job=\"node\"}",
    "{a=~\"1|2\"}",
    "gauge{a!=\"1\"}",
    "counter_total{b!~\"x\"}",
    "gauge{a=\"nothing\"}",
    "latency_bucket{le=\"1\"}",
    "{__name__=~\"gauge|info\"}",
];

const SHIFTS: [&str; 10] = [
    "",
    "",
    "",
    "",
    " offset 2m",
    " offset -1m",
    " offset (1h/20)",
    " @ 1700000900",
    " @ 1700000900 offset 90s",
    " @ end() offset 1m",
];

const WINDOWS: [&str; 9] =
    ["10s", "1m", "150s", "5m", "20m", "1d", "100y", "5m+1m", "max(1m, 30s)"];

const STEPS: [&str; 4] = ["", "30s", "1m", "7m"];

const NUMBERS: [&str; 9] = ["0", "1", "2.5", "-3", "0.5", "NaN", "Inf", "1e9", "time()"];

const OF_VALUES: [&str; 18] = [
    "-(V)",
    "abs(V)",
    "sqrt(V)",
    "sgn(V)",
    "round(V)",
    "round(V, S)",
    "clamp(V, S, S)",
    "clamp_min(V, S)",
    "clamp_max(V, S)",
    "hour(V)",
    "days_in_month(V)",
    "timestamp(V)",
    "sort(V)",
    "sort_desc(V)",
    "absent(V)",
    "vector(S)",
    "minute()",
    "label_replace(V, \"c\", \"$1-$1\", \"a\", \"(.).*\")",
];

const OF_SERIES: [&str; 20] = [
    "sum(V)",
    "avg by (a) (V)",
    "count without (b) (V)",
    "group by (nothing) (V)",
    "max without (a, b) (V)",
    "min(V) by (job)",
    "stddev(V)",
    "stdvar by (b) (V)",
    "topk(S, V)",
    "bottomk by (a) (S, V)",
    "quantile(S, V)",
    "count_values by (a) (\"v\", V)",
    "histogram_quantile(S, V)",
    "label_join(V, \"c\", \"-\", \"a\", \"b\", \"c\")",
    // Which are first depends on the order of a sort.
    "limitk by (a) (S, L)",
    "limit_ratio(S, V)",
    "count_values without (a) (\"a\", V)",
    "sort_by_label(V, \"b\", \"a\")",
    "info(V)",
    "info(V, {os=~\".+\"})",
];

const OF_WINDOWS: [&str; 27] = [
    "rate(R)",
    "increase(R)",
    "delta(R)",
    "irate(R)",
    "idelta(R)",
    "deriv(R)",
    "predict_linear(R, S)",
    "holt_winters(R, 0.3, 0.6)",
    "avg_over_time(R)",
    "sum_over_time(R)",
    "min_over_time(R)",
    "max_over_time(R)",
    "count_over_time(R)",
    "last_over_time(R)",
    "present_over_time(R)",
    "stddev_over_time(R)",
    "stdvar_over_time(R)",
    "quantile_over_time(S, R)",
    "changes(R)",
    "resets(R)",
    "absent_over_time(R)",
    "double_exponential_smoothing(R, 0.5, 0.5)",
    "mad_over_time(R)",
    "first_over_time(R)",
    "ts_of_last_over_time(R)",
    "ts_of_min_over_time(R)",
    "ts_of_max_over_time(R)",
];

const OF_TWO: [&str; 25] = [
    "(V) + S",
    "S - (V)",
    "(V) % S",
    "S ^ (V)",
    "(V) > S",
    "S <= bool (V)",
    "(V) != bool S",
    "S atan2 (V)",
    "(V) + (V)",
    "(V) / on(a, b) (V)",
    "(V) * ignoring(le, team) (V)",
    "(V) == (V)",
    "(V) > bool ignoring(job) (V)",
    "(V) atan2 on(a) (V)",
    "(V) - on(a) group_left(team) (V)",
    "(V) < on(a) group_right() (V)",
    "(V) == bool ignoring(b) group_left() (V)",
    "(V) and (V)",
    "(V) or on(a) (V)",
    "(V) unless ignoring(b) (V)",
    "(V) or (V)",
    "(V) and on() (V)",
    "(V) + on(a, b) fill(0) (V)",
    "(V) / on(a) group_left(team) fill_right(1) (V)",
    "(V) > on(a) group_right() fill_left(-1) fill_right(2) (V)",
];

const OF_NUMBERS: [&str; 7] =
    ["scalar(V)", "S + S", "-(S)", "S == bool S", "S > bool S", "S ^ S", "pi()"];

/// An instant vector; all its parts are no deeper than `depth`.
pub fn vectors(depth: u32) -> BoxedStrategy<String> {
    let selector = (select(&SELECTORS[..]), select(&SHIFTS[..]));
    let selector = selector.prop_map(|(selector, shift)| format!("{selector}{shift}")).boxed();
    if depth == 0 {
        return selector;
    }
    let templates = [&OF_VALUES[..], &OF_SERIES, &OF_WINDOWS, &OF_TWO].concat();
    prop_oneof![1 => selector, 6 => filled(templates, depth)].boxed()
}

/// A number at each step.
pub fn scalars(depth: u32) -> BoxedStrategy<String> {
    let literal = select(&NUMBERS[..]).prop_map(str::to_owned).boxed();
    if depth == 0 {
        return literal;
    }
    prop_oneof![2 => literal, 1 => filled(OF_NUMBERS.to_vec(), depth)].boxed()
}

/// The samples of windows.
pub fn ranges(depth: u32) -> BoxedStrategy<String> {
    let window = (select(&SELECTORS[..]), select(&WINDOWS[..]), select(&SHIFTS[..]));
    let window = window.prop_map(|(of, window, shift)| format!("{of}[{window}]{shift}")).boxed();
    if depth < 2 {
        return window;
    }
    let shifts = select(&SHIFTS[..]);
    let subquery = (vectors(depth - 1), select(&WINDOWS[..5]), select(&STEPS[..]), shifts);
    let subquery = subquery
        .prop_map(|(of, window, step, shift)| format!("({of})[{window}:{step}]{shift}"))
        .boxed();
    prop_oneof![2 => window, 1 => subquery].boxed()
}

/// A template whose letters stand for parts: vectors, scalars and ranges.
fn filled(templates: Vec<&'static str>, depth: u32) -> BoxedStrategy<String> {
    let part = move |letter: char| match letter {
        'V' => vectors(depth - 1),
        'S' => scalars(depth - 1),
        'R' => ranges(depth - 1),
        'L' => vectors(0),
        other => Just(other.to_string()).boxed(),
    };
    let fill = move |template: &'static str| {
        // `NaN` and texts have no such letters.
        template.chars().map(part).collect::<Vec<_>>().prop_map(|parts| parts.concat())
    };
    select(templates).prop_flat_map(fill).boxed()
}
