//! Answers of Prometheus's query API, as they come.

use crate::moments;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

/// What is around every answer.
#[derive(Deserialize)]
pub struct Envelope<'b> {
    pub status: &'b str,
    pub data: Option<Json>,
    pub error: Option<String>,
}

/// The answer itself.
#[derive(Debug, Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
pub enum Answer {
    Scalar(Point),
    String(Point),
    Vector(Vec<Sample>),
    Matrix(Vec<Series>),
}

/// Unix time in seconds, and the value as text.
pub type Point = (f64, String);

/// Names and values of labels, the metric's name among them as `__name__`.
pub type Labels = BTreeMap<String, String>;

/// One series at one moment.
#[derive(Debug, Deserialize)]
pub struct Sample {
    pub metric: Labels,
    pub value: Point,
}

/// One series over time; where it has no value there is no point.
#[derive(Debug, Deserialize)]
pub struct Series {
    pub metric: Labels,
    pub values: Vec<Point>,
}

/// The label that holds a metric's name.
pub const METRIC: &str = "__name__";

/// A moment in ISO 8601, in UTC; the number itself if no calendar has it.
pub fn iso(seconds: f64) -> String {
    let text = moments::iso((seconds * 1000.0).round() as i64);
    if text.is_empty() { seconds.to_string() } else { text }
}
