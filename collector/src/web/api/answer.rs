//! Answers in Prometheus's JSON.

use std::fmt::Display;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::ser::{SerializeStruct as _, SerializeTuple as _};
use serde::{Serialize, Serializer};

use crate::promql::{QueryError, Value, plain_number, value_number};
use crate::samples::Labels;
use crate::web::content::{Content, JSON, Parts};
use crate::web::problem::Problem;
use crate::web::site::Visit;

/// What a query succeeded with.
#[derive(Serialize)]
struct Success<'d, T> {
    status: &'static str,
    data: &'d T,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    warnings: &'static [&'static str],
}

/// What Prometheus 3 says when there are more entries than were asked for.
const TRUNCATED: &[&str] = &["results truncated due to limit"];

/// An answer, written on the budget of its request.
pub fn success<T: Serialize>(visit: Visit<'_>, data: &T) -> Result<Content, Problem> {
    write(visit, &Success { status: "success", data, warnings: &[] })
}

/// An answer with as many entries as were asked for, of more.
pub fn success_of_some<T: Serialize>(visit: Visit<'_>, data: &T) -> Result<Content, Problem> {
    write(visit, &Success { status: "success", data, warnings: TRUNCATED })
}

fn write<T: Serialize>(visit: Visit<'_>, success: &Success<'_, T>) -> Result<Content, Problem> {
    let mut parts = Parts::new(visit.budget);
    let written = serde_json::to_writer(&mut parts, success);
    let parts = parts.end(written.map_err(Into::into)).map_err(QueryError::from)?;
    Ok(Content::of(JSON, parts))
}

/// An answer of a few bytes that nothing is read for.
pub fn small(data: &serde_json::Value) -> Response {
    let body = serde_json::to_vec(&Success { status: "success", data, warnings: &[] });
    let body = body.expect("text and numbers always have a form in JSON");
    ([(header::CONTENT_TYPE, JSON)], body).into_response()
}

/// A text that is written as it is made.
pub struct Text<T>(pub T);

impl<T: Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// The answer of an instant query.
pub struct Instant {
    /// What the expression is.
    pub value: Value,
    /// The moment, Unix time in milliseconds.
    pub at_ms: i64,
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let point = |number: f64| Point(self.at_ms, number);
        match &self.value {
            Value::Scalar(numbers) => {
                let number = numbers.first().copied().unwrap_or(f64::NAN);
                result(serializer, "scalar", &(Time(self.at_ms), plain_number(number)))
            }
            Value::Text(text) => result(serializer, "string", &(Time(self.at_ms), text)),
            Value::Vector(rows) => {
                let rows = rows.iter().filter_map(|row| {
                    let value = point(row.points.first().copied().flatten()?);
                    Some(Sample { metric: Metric(&row.labels), value })
                });
                result(serializer, "vector", &rows.collect::<Vec<_>>())
            }
            Value::Matrix(series) => {
                let rows = || {
                    series.iter().map(|samples| Series {
                        metric: Metric(&samples.labels),
                        values: Points(|| {
                            let times = samples.timestamps.iter().copied();
                            times.zip(samples.values.iter().copied())
                        }),
                    })
                };
                result(serializer, "matrix", &Each(rows))
            }
        }
    }
}

/// The answer of a range query: a matrix, also of a number.
pub struct Range {
    /// What the expression is.
    pub value: Value,
    /// The first step, Unix time in milliseconds.
    pub from_ms: i64,
    /// The distance of steps.
    pub step_ms: i64,
}

impl Serialize for Range {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Between the bounds of the type there may be more than one of them can hold.
        let behind = |step: usize| self.step_ms.wrapping_mul(step as i64);
        let at = |step: usize| self.from_ms.wrapping_add(behind(step));
        match &self.value {
            Value::Scalar(numbers) => {
                let values =
                    || numbers.iter().enumerate().map(|(step, number)| (at(step), *number));
                let none = Labels::none();
                let row = Series { metric: Metric(&none), values: Points(values) };
                result(serializer, "matrix", &[row])
            }
            Value::Vector(rows) => {
                let rows = || {
                    rows.iter().map(|row| Series {
                        metric: Metric(&row.labels),
                        values: Points(|| {
                            let present = row.points.iter().enumerate();
                            present.filter_map(|(step, point)| Some((at(step), (*point)?)))
                        }),
                    })
                };
                result(serializer, "matrix", &Each(rows))
            }
            Value::Text(_) | Value::Matrix(_) => result(serializer, "matrix", &[(); 0]),
        }
    }
}

fn result<S: Serializer, T: Serialize + ?Sized>(
    serializer: S,
    kind: &str,
    result: &T,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_struct("data", 2)?;
    map.serialize_field("resultType", kind)?;
    map.serialize_field("result", result)?;
    map.end()
}

#[derive(Serialize)]
struct Sample<'l> {
    metric: Metric<'l>,
    value: Point,
}

#[derive(Serialize)]
struct Series<'l, V> {
    metric: Metric<'l>,
    values: V,
}

/// A sequence that is written as it is made.
struct Each<F>(F);

impl<T: Serialize, I: Iterator<Item = T>, F: Fn() -> I> Serialize for Each<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// Moments and values, written as they are made.
struct Points<F>(F);

impl<I: Iterator<Item = (i64, f64)>, F: Fn() -> I> Serialize for Points<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)().map(|(at_ms, value)| Point(at_ms, value)))
    }
}

/// Labels of several series.
pub struct Metrics(pub Vec<Labels>);

impl Serialize for Metrics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Metric))
    }
}

/// Labels as an object.
struct Metric<'l>(&'l Labels);

impl Serialize for Metric<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter())
    }
}

/// A moment and a value, as `[1700000000, "1.5"]`.
struct Point(i64, f64);

impl Serialize for Point {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut pair = serializer.serialize_tuple(2)?;
        pair.serialize_element(&Time(self.0))?;
        pair.serialize_element(&Number(self.1))?;
        pair.end()
    }
}

/// Unix seconds; whole ones without a fraction.
struct Time(i64);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            whole if whole % 1000 == 0 => serializer.serialize_i64(whole / 1000),
            parts => serializer.serialize_f64(parts as f64 / 1000.0),
        }
    }
}

/// A value as text, in the fewest digits that mean it.
struct Number(f64);

/// Within these, zmij writes plain digits; it is several times faster than the standard library.
const PLAIN: std::ops::Range<f64> = 1e-5..1e16;

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            number if PLAIN.contains(&number.abs()) => {
                let mut buffer = zmij::Buffer::new();
                let digits = buffer.format_finite(number);
                serializer.serialize_str(digits.strip_suffix(".0").unwrap_or(digits))
            }
            number => serializer.serialize_str(&value_number(number)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Number;

    #[test]
    fn numbers_are_written_plainly_and_mean_what_they_were() {
        let cases = [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-17.0, "-17"),
            (0.1, "0.1"),
            (1e-5, "0.00001"),
            (1e-7, "1e-07"),
            (1e21, "1e+21"),
            (1.7e308, "1.7e+308"),
            (123_456.789, "123456.789"),
            (9_007_199_254_740_993.0, "9007199254740992"),
            (1e16, "10000000000000000"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ];
        for (number, text) in cases {
            assert_eq!(serde_json::to_string(&Number(number)).unwrap(), format!("\"{text}\""));
        }
    }
}
