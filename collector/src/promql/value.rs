//! What an expression evaluates to.

use crate::samples::Labels;

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

impl Value {
    /// Leaves out all series behind the first `most`, and tells whether there were any.
    pub fn shorten(&mut self, most: usize) -> bool {
        match self {
            Self::Scalar(_) | Self::Text(_) => false,
            Self::Vector(rows) => {
                rows.retain(|row| !row.is_empty());
                shorten(rows, most)
            }
            Self::Matrix(series) => shorten(series, most),
        }
    }

    /// The rows of a vector; none of what is no vector.
    pub fn into_rows(self) -> Vec<Row> {
        match self {
            Self::Vector(rows) => rows,
            Self::Scalar(_) | Self::Text(_) | Self::Matrix(_) => Vec::new(),
        }
    }
}

fn shorten<T>(all: &mut Vec<T>, most: usize) -> bool {
    let are_more = all.len() > most;
    all.truncate(most);
    are_more
}

impl Row {
    /// Whether it has no value at all.
    pub fn is_empty(&self) -> bool {
        self.points.iter().all(Option::is_none)
    }
}
