//! What is asked: every function, aggregation, operator and modifier of Prometheus 2.42 but native
//! histograms.

const OVER_TIME: [&str; 11] = [
    "avg_over_time",
    "min_over_time",
    "max_over_time",
    "sum_over_time",
    "count_over_time",
    "stddev_over_time",
    "stdvar_over_time",
    "last_over_time",
    "present_over_time",
    "changes",
    "resets",
];

const RATES: [&str; 6] = ["rate", "increase", "irate", "delta", "idelta", "deriv"];

const OF_NUMBER: [&str; 24] = [
    "abs", "ceil", "floor", "exp", "sqrt", "ln", "log2", "log10", "sin", "cos", "tan", "asin",
    "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "rad", "deg", "sgn",
    "round",
];

const CALENDAR: [&str; 8] = [
    "minute",
    "hour",
    "day_of_week",
    "day_of_month",
    "day_of_year",
    "days_in_month",
    "month",
    "year",
];

const AGGREGATIONS: [&str; 8] = ["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"];

const CALCULATING: [&str; 7] = ["+", "-", "*", "/", "%", "^", "atan2"];
const COMPARING: [&str; 6] = ["==", "!=", ">", "<", ">=", "<="];

const WRITTEN: &str = include_str!("expressions.txt");

/// All expressions.
pub fn all() -> Vec<String> {
    let mut all: Vec<String> = WRITTEN
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(Into::into)
        .collect();
    for function in OVER_TIME {
        for window in ["load[5m]", "patchy[10m]", "strange[3m]", "bytes_total[90s]", "load[4m:30s]"]
        {
            all.push(format!("{function}({window})"));
        }
    }
    for function in RATES {
        for window in
            ["bytes_total[5m]", "bytes_total[1h]", "load[2m]", "patchy[20m]", "bytes_total[20s]"]
        {
            all.push(format!("{function}({window})"));
        }
    }
    for function in OF_NUMBER {
        all.push(format!("{function}(load)"));
        all.push(format!("{function}(strange)"));
    }
    for function in CALENDAR {
        all.push(format!("{function}()"));
        all.push(format!("{function}(load * 1e6)"));
        all.push(format!("{function}(timestamp(strange))"));
    }
    for operation in AGGREGATIONS {
        for grouping in ["", "by (instance)", "without (device)", "by (nothing)"] {
            all.push(format!("{operation} {grouping} (bytes_total)"));
        }
        all.push(format!("{operation}(strange)"));
        all.push(format!("{operation} by (job) (patchy)"));
    }
    for operator in CALCULATING {
        all.push(format!("load {operator} 3"));
        all.push(format!("3 {operator} load"));
        all.push(format!("load {operator} on(instance) constant"));
        all.push(format!("strange {operator} ignoring(rack, job) constant"));
        all.push(format!("17 {operator} 5"));
    }
    for operator in COMPARING {
        all.push(format!("load {operator} 3"));
        all.push(format!("3 {operator} bool load"));
        all.push(format!("load {operator} ignoring(job, rack) constant"));
        all.push(format!("load {operator} bool on(instance) constant"));
        all.push(format!("strange {operator} strange"));
        all.push(format!("1 {operator} bool 2"));
    }
    all
}
