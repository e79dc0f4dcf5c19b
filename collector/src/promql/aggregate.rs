//! Aggregations over series: `sum by (…)` and their kin.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use promql_parser::parser::LabelModifier;

use super::QueryError;
use super::value::{Row, merge};
use super::windows;
use crate::samples::{Labels, METRIC};

/// What an aggregation takes beside its vector, one value a step.
pub enum Parameter<'p> {
    None,
    Numbers(&'p [f64]),
    Label(&'p str),
}

/// Aggregates `rows` by `grouping`.
pub fn aggregate(
    operation: &str,
    (rows, steps): (Vec<Row>, usize),
    grouping: Option<&LabelModifier>,
    parameter: &Parameter<'_>,
) -> Result<Vec<Row>, QueryError> {
    let key = |labels: &Labels| match grouping {
        None => Labels::none(),
        Some(LabelModifier::Include(names)) => labels.only(&names.labels),
        Some(LabelModifier::Exclude(names)) => labels.without(&names.labels).without(&[METRIC]),
    };
    let mut order: Vec<Labels> = Vec::new();
    let mut groups: HashMap<Labels, Vec<Row>> = HashMap::new();
    for row in rows {
        let key = key(&row.labels);
        if !groups.contains_key(&key) {
            order.push(key.clone());
        }
        groups.entry(key).or_default().push(row);
    }
    let mut found = Vec::new();
    for labels in order {
        let rows = groups.remove(&labels).unwrap_or_default();
        match (operation, parameter) {
            ("topk" | "bottomk", Parameter::Numbers(counts)) => {
                found.extend(extremes(operation == "topk", rows, counts)?);
            }
            ("count_values", Parameter::Label(name)) => {
                found.extend(count_values(name, (&labels, &rows), steps));
            }
            ("quantile", Parameter::Numbers(quantiles)) => {
                let point = |step: usize| {
                    let values = at(&rows, step);
                    (!values.is_empty()).then(|| windows::quantile(quantiles[step], &values))
                };
                found.push(Row { labels, points: (0..steps).map(point).collect() });
            }
            _ => {
                let point = |step: usize| fold(operation, &at(&rows, step));
                found.push(Row { labels, points: (0..steps).map(point).collect() });
            }
        }
    }
    merge(found)
}

fn at(rows: &[Row], step: usize) -> Vec<f64> {
    rows.iter().filter_map(|row| row.points[step]).collect()
}

fn fold(operation: &str, values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    Some(match operation {
        "sum" => values.iter().skip(1).fold(values[0], |sum, value| sum + value),
        "avg" => mean(values),
        "count" => values.len() as f64,
        "group" => 1.0,
        "max" => windows::max(values),
        "min" => windows::min(values),
        "stddev" => variance(values).sqrt(),
        _ => variance(values),
    })
}

/// The mean without keeping what rounding loses, as aggregations of Prometheus 2.42 have it.
fn mean(values: &[f64]) -> f64 {
    let (mut mean, mut count) = (values[0], 1.0);
    for &value in &values[1..] {
        count += 1.0;
        if windows::stays_infinite(mean, value) {
            continue;
        }
        mean += value / count - mean / count;
    }
    mean
}

fn variance(values: &[f64]) -> f64 {
    let (mut mean, mut squares, mut count) = (values[0], 0.0, 1.0);
    for &value in &values[1..] {
        count += 1.0;
        let delta = value - mean;
        mean += delta / count;
        squares += delta * (value - mean);
    }
    squares / count
}

/// The greatest or least rows at each step, as many as `counts` says there.
fn extremes(greatest: bool, rows: Vec<Row>, counts: &[f64]) -> Result<Vec<Row>, QueryError> {
    let mut kept: Vec<Vec<Option<f64>>> = rows.iter().map(|r| vec![None; r.points.len()]).collect();
    let mut ranks: Vec<usize> = (0..rows.len()).collect();
    for (step, &count) in counts.iter().enumerate() {
        if count.is_nan() || count.abs() > i64::MAX as f64 {
            let message = format!("Scalar value {count} overflows int64");
            return Err(QueryError::Execution(message));
        }
        let mut present: Vec<(usize, f64)> = rows
            .iter()
            .enumerate()
            .filter_map(|(place, row)| Some((place, row.points[step]?)))
            .collect();
        present.sort_by(|a, b| by_value(greatest, a.1, b.1));
        present.truncate(count.max(0.0) as usize);
        if counts.len() == 1 {
            ranks = present.iter().map(|(place, _)| *place).collect();
        }
        for (place, value) in present {
            kept[place][step] = Some(value);
        }
    }
    // At one moment the answer is in order of value.
    let mut rows: Vec<Option<Row>> = rows.into_iter().map(Some).collect();
    let mut take = |place: usize| {
        let row = rows.get_mut(place)?.take()?;
        Some(Row { points: std::mem::take(&mut kept[place]), ..row })
    };
    Ok(ranks.into_iter().filter_map(&mut take).collect())
}

/// The order of a sort: NaN last.
pub fn by_value(greatest: bool, a: f64, b: f64) -> Ordering {
    match (a.is_nan(), b.is_nan()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) if greatest => b.partial_cmp(&a).unwrap_or(Ordering::Equal),
        (false, false) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
    }
}

fn count_values(name: &str, (labels, rows): (&Labels, &[Row]), steps: usize) -> Vec<Row> {
    let mut counts: BTreeMap<String, Vec<Option<f64>>> = BTreeMap::new();
    for step in 0..steps {
        for value in at(rows, step) {
            let points = counts.entry(number(value)).or_insert_with(|| vec![None; steps]);
            points[step] = Some(points[step].unwrap_or(0.0) + 1.0);
        }
    }
    let row = |(value, points): (String, _)| Row { labels: labels.with(name, &value), points };
    counts.into_iter().map(row).collect()
}

/// A number as Prometheus writes it.
pub fn number(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    value.to_string()
}
