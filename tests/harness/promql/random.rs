//! Expressions that nobody thought of: made at random of what Prometheus 2.42 knows, about the
//! samples of the comparison, the same ones for the same seed.

use fastrand::Rng;

/// Metrics, with the labels of which they have several values.
const METRICS: [&str; 9] = [
    "load",
    "patchy",
    "strange",
    "constant",
    "info",
    "bytes_total",
    "method_code:errors",
    "latency_bucket",
    "{__name__=~\"load|patchy\"}",
];
const MATCHERS: [&str; 10] = [
    "",
    "",
    "",
    "{instance=\"ca1\"}",
    "{instance!=\"ca1\"}",
    "{instance=~\"ca1|de.\"}",
    "{instance!~\".*1\"}",
    "{nothing=\"\"}",
    "{job=\"node\",instance=~\"[a-f].*\"}",
    "{device!=\"eth0\"}",
];
const LABELS: [&str; 9] =
    ["instance", "job", "device", "method", "code", "rack", "le", "nothing", "release"];
const WINDOWS: [&str; 6] = ["30s", "1m", "5m", "17m", "1h", "2h3m"];
const STEPS: [&str; 4] = ["", "15s", "1m", "7m"];
const SHIFTS: [&str; 10] = [
    "",
    "",
    "",
    "",
    " offset 5m",
    " offset -5m",
    " @ 1700003600",
    " @ start()",
    " @ end()",
    " offset 1h @ 1700005000",
];
const FINITE: [&str; 4] = ["load", "constant offset 5m", "bytes_total", "time() - info"];
const NUMBERS: [&str; 16] = [
    "0", "1", "-1", "2", "0.5", "100", "1e3", "-3.7", "NaN", "Inf", "-Inf", "0x1f", "1e-9", "60",
    "3600", "1e300",
];
const OF_VECTORS: [&str; 28] = [
    "abs", "absent", "ceil", "floor", "exp", "ln", "log2", "log10", "sqrt", "sgn", "sin", "cos",
    "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "deg", "rad",
    "round", "-", "+", "",
];
/// What is no moment has no date with us, and any with them.
const OF_MOMENTS: [&str; 9] = [
    "hour",
    "minute",
    "month",
    "year",
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "days_in_month",
    "timestamp",
];
const OF_RANGES: [&str; 19] = [
    "rate",
    "increase",
    "delta",
    "idelta",
    "irate",
    "changes",
    "resets",
    "avg_over_time",
    "min_over_time",
    "max_over_time",
    "sum_over_time",
    "count_over_time",
    "stddev_over_time",
    "stdvar_over_time",
    "last_over_time",
    "present_over_time",
    "absent_over_time",
    "rate",
    "increase",
];
const AGGREGATIONS: [&str; 9] =
    ["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar", "sum"];
const ARITHMETIC: [&str; 7] = ["+", "-", "*", "/", "%", "^", "atan2"];
const COMPARISONS: [&str; 6] = ["==", "!=", ">", "<", ">=", "<="];
const SETS: [&str; 3] = ["and", "or", "unless"];

/// An expression of vectors or scalars; none of its parts is deeper than `depth`.
pub fn expression(rng: &mut Rng, depth: u32) -> String {
    if rng.u8(..10) == 0 { scalar(rng, depth) } else { vector(rng, depth) }
}

fn pick<'a>(rng: &mut Rng, from: &[&'a str]) -> &'a str {
    from[rng.usize(..from.len())]
}

fn selector(rng: &mut Rng) -> String {
    let metric = pick(rng, &METRICS);
    let matchers = if metric.starts_with('{') { "" } else { pick(rng, &MATCHERS) };
    format!("{metric}{matchers}")
}

fn vector(rng: &mut Rng, depth: u32) -> String {
    let Some(inner) = depth.checked_sub(1) else {
        return format!("{}{}", selector(rng), pick(rng, &SHIFTS));
    };
    match rng.u8(..20) {
        0..3 => format!("{}({})", pick(rng, &OF_VECTORS), vector(rng, inner)),
        3 => format!("{}({})", pick(rng, &OF_MOMENTS), pick(rng, &FINITE)),
        4..9 => over_time(rng, inner),
        9..13 => aggregation(rng, inner),
        13..17 => binary(rng, inner),
        17 => with_arguments(rng, inner),
        18 => format!("vector({})", scalar(rng, inner)),
        _ => format!("{}{}", selector(rng), pick(rng, &SHIFTS)),
    }
}

fn with_arguments(rng: &mut Rng, depth: u32) -> String {
    let of = vector(rng, depth);
    let [label, other] = [pick(rng, &LABELS), pick(rng, &LABELS)];
    match rng.u8(..8) {
        0 => format!("clamp({of}, {}, {})", scalar(rng, depth), scalar(rng, depth)),
        1 => format!("clamp_min({of}, {})", scalar(rng, depth)),
        2 => format!("clamp_max({of}, {})", scalar(rng, depth)),
        3 => format!("round({of}, {})", scalar(rng, depth)),
        4 => format!("histogram_quantile({}, {of})", scalar(rng, depth)),
        5 => format!("label_replace({of}, \"{label}\", \"$1-x\", \"{other}\", \"(.*)1\")"),
        6 => format!("label_replace({of}, \"{label}\", \"\", \"{other}\", \".*\")"),
        _ => format!("label_join({of}, \"{label}\", \"-\", \"{other}\", \"instance\")"),
    }
}

fn range(rng: &mut Rng, depth: u32) -> String {
    let (window, shift) = (pick(rng, &WINDOWS), pick(rng, &SHIFTS));
    if depth == 0 || rng.bool() {
        return format!("{}[{window}]{shift}", selector(rng));
    }
    format!("({})[{window}:{}]{shift}", vector(rng, depth - 1), pick(rng, &STEPS))
}

fn over_time(rng: &mut Rng, depth: u32) -> String {
    // In 2.42 windows that @ has fixed move with the steps of some functions, and slopes of what was
    // reckoned differ by rounding.
    let plain = format!("{}[{}]", selector(rng), pick(rng, &WINDOWS));
    match rng.u8(..12) {
        0 => format!("quantile_over_time({}, {})", scalar(rng, 0), range(rng, depth)),
        1 => format!("predict_linear({plain} offset 5m, {})", scalar(rng, 0)),
        2 => format!("holt_winters({plain}, 0.3, 0.7)"),
        3 => format!("deriv({plain})"),
        _ => format!("{}({})", pick(rng, &OF_RANGES), range(rng, depth)),
    }
}

/// None that takes one of several equal ones: which it takes is not defined.
fn aggregation(rng: &mut Rng, depth: u32) -> String {
    let grouping = match rng.u8(..4) {
        0 => String::new(),
        1 => format!(" by ({})", pick(rng, &LABELS)),
        2 => format!(" by ({}, {})", pick(rng, &LABELS), pick(rng, &LABELS)),
        _ => format!(" without ({})", pick(rng, &LABELS)),
    };
    let of = vector(rng, depth);
    match rng.u8(..10) {
        0 => format!("quantile{grouping} ({}, {of})", scalar(rng, depth)),
        1 => format!("count_values{grouping} (\"v\", {})", selector(rng)),
        _ => format!("{}{grouping} ({of})", pick(rng, &AGGREGATIONS)),
    }
}

fn binary(rng: &mut Rng, depth: u32) -> String {
    let (operator, is_set) = match rng.u8(..6) {
        0..3 => (pick(rng, &ARITHMETIC).to_owned(), false),
        3 => (pick(rng, &COMPARISONS).to_owned(), false),
        4 => (format!("{} bool", pick(rng, &COMPARISONS)), false),
        _ => (pick(rng, &SETS).to_owned(), true),
    };
    if !is_set && rng.u8(..3) == 0 {
        let (of, number) = (vector(rng, depth), scalar(rng, depth));
        return if rng.bool() {
            format!("({of}) {operator} {number}")
        } else {
            format!("{number} {operator} ({of})")
        };
    }
    let matching = match rng.u8(..5) {
        0..2 => String::new(),
        2 => format!(" on ({})", pick(rng, &LABELS)),
        3 => format!(" on ({}, {})", pick(rng, &LABELS), pick(rng, &LABELS)),
        _ => format!(" ignoring ({})", pick(rng, &LABELS)),
    };
    let group = match rng.u8(..6) {
        0 if !is_set && !matching.is_empty() => format!(" group_left ({})", pick(rng, &LABELS)),
        1 if !is_set && !matching.is_empty() => " group_right".to_owned(),
        _ => String::new(),
    };
    format!("({}) {operator}{matching}{group} ({})", vector(rng, depth), vector(rng, depth))
}

fn scalar(rng: &mut Rng, depth: u32) -> String {
    let Some(inner) = depth.checked_sub(1) else { return pick(rng, &NUMBERS).to_owned() };
    match rng.u8(..8) {
        0 => "time()".to_owned(),
        1 => format!("scalar({})", vector(rng, inner)),
        2 => {
            let operator = pick(rng, &ARITHMETIC);
            format!("({} {operator} {})", scalar(rng, inner), scalar(rng, inner))
        }
        3 => "pi()".to_owned(),
        _ => pick(rng, &NUMBERS).to_owned(),
    }
}
