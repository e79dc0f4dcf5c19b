//! Answers of PromQL as points over the moments of a graph. Pure.

use crate::promql::{Row, Value};

/// Values over the moments of a graph.
pub type Points = Vec<Option<f64>>;

/// Points by what tells the series of a line apart: the value of its label, if it has one.
pub type Series = Vec<(String, Points)>;

/// The point of a moment, if there are so many.
pub fn at(points: &[Option<f64>], place: usize) -> Option<f64> {
    points.get(place).copied().flatten()
}

/// The points of one of several series.
pub fn of(key: &str, all: &Series) -> Points {
    let same = all.iter().find(|(known, _)| known == key);
    same.map(|(_, points)| points.clone()).unwrap_or_default()
}

/// Points joined moment by moment; where one has nothing, the other stands.
pub fn join(one: &[Option<f64>], other: &[Option<f64>], both: fn(f64, f64) -> f64) -> Points {
    let point = |place: usize| match (at(one, place), at(other, place)) {
        (Some(one), Some(other)) => Some(both(one, other)),
        (one, other) => one.or(other),
    };
    (0..one.len().max(other.len())).map(point).collect()
}

/// Zero where there was a reading and no value.
pub fn zero_where(readings: &[Option<f64>], values: &[Option<f64>]) -> Points {
    let point = |place: usize| at(values, place).or(at(readings, place).map(|_| 0.0));
    (0..readings.len().max(values.len())).map(point).collect()
}

/// The series of a value by a label; a number is a series without one. What is not finite is no
/// reading.
pub fn series(value: Value, by: &str) -> Series {
    let finite = |value: f64| Some(value).filter(|value| value.is_finite());
    match value {
        Value::Vector(rows) => {
            let row = |Row { labels, points }: Row| {
                let points = points.into_iter().map(|point| point.and_then(finite)).collect();
                (labels.get(by).unwrap_or_default().to_owned(), points)
            };
            rows.into_iter().map(row).collect()
        }
        Value::Scalar(numbers) => {
            vec![(String::new(), numbers.into_iter().map(finite).collect())]
        }
        Value::Text(_) | Value::Matrix(_) => Vec::new(),
    }
}

/// The points of the first series.
pub fn first(series: &Series) -> Points {
    series.first().map(|(_, points)| points.clone()).unwrap_or_default()
}

/// Adds the points of one more moment behind those of `count`.
pub fn append(series: &mut Series, more: Series, count: usize) {
    for (_, points) in series.iter_mut() {
        points.push(None);
    }
    for (key, last) in more {
        let place = series.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
            series.push((key, vec![None; count + 1]));
            series.len() - 1
        });
        if let Some(point) = series[place].1.last_mut() {
            *point = last.first().copied().flatten();
        }
    }
}
