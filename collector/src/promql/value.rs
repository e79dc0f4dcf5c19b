//! What an expression evaluates to.

use std::collections::HashMap;

use super::QueryError;
use crate::samples::{Labels, METRIC};

/// The value of an expression over the steps of a grid.
#[derive(Debug, Clone)]
pub enum Value {
    /// A number at each step.
    Scalar(Vec<f64>),
    /// A text, the same at each step.
    Text(String),
    /// Series with a value at some steps.
    Vector(Vec<Row>),
    /// Series as they were sampled: the answer to `metric[5m]` at one moment.
    Matrix(Vec<Samples>),
}

/// One series over the steps of a grid.
#[derive(Debug, Clone)]
pub struct Row {
    /// What names it.
    pub labels: Labels,
    /// Its value at each step, if it has one there.
    pub points: Vec<Option<f64>>,
}

/// One series with samples at moments of its own.
#[derive(Debug, Clone)]
pub struct Samples {
    /// What names it.
    pub labels: Labels,
    /// Unix time in milliseconds.
    pub timestamps: Vec<i64>,
    /// As many as there are timestamps.
    pub values: Vec<f64>,
}

impl Row {
    /// Whether it has no value at all.
    pub fn is_empty(&self) -> bool {
        self.points.iter().all(Option::is_none)
    }

    /// The same values under other labels.
    #[must_use]
    pub fn named(self, labels: Labels) -> Self {
        Self { labels, ..self }
    }

    /// Each value changed.
    #[must_use]
    pub fn map(mut self, change: impl Fn(f64) -> f64) -> Self {
        for point in self.points.iter_mut().flatten() {
            *point = change(*point);
        }
        self
    }
}

/// Labels without the metric's name: a result is no longer that metric.
pub fn without_name(labels: &Labels) -> Labels {
    labels.without(&[METRIC])
}

/// Joins rows that have the same labels at different steps; at the same step they are an error.
pub fn merge(rows: Vec<Row>) -> Result<Vec<Row>, QueryError> {
    let mut places: HashMap<Labels, usize> = HashMap::with_capacity(rows.len());
    let mut merged: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows.into_iter().filter(|row| !row.is_empty()) {
        let Some(&place) = places.get(&row.labels) else {
            places.insert(row.labels.clone(), merged.len());
            merged.push(row);
            continue;
        };
        for (known, point) in merged[place].points.iter_mut().zip(row.points) {
            match (&known, point) {
                (Some(_), Some(_)) => {
                    let message = "vector cannot contain metrics with the same labelset";
                    return Err(QueryError::Execution(message.into()));
                }
                (None, Some(_)) => *known = point,
                (_, None) => {}
            }
        }
    }
    Ok(merged)
}
