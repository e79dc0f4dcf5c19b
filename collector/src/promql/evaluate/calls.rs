//! Calls of functions over instant vectors and numbers.

use promql_parser::parser::{Call, Expr};

use super::{Evaluator, absent_labels, seconds, unnamed};
use crate::promql::aggregate::by_value;
use crate::promql::functions::{is_calendar, of_number, round};
use crate::promql::grid::Grid;
use crate::promql::value::{Row, Value, merge};
use crate::promql::{QueryError, calendar, histogram, label_functions};
use crate::samples::Labels;

impl Evaluator<'_> {
    pub(super) fn call(&self, call: &Call, grid: &Grid) -> Result<Value, QueryError> {
        let name = call.func.name;
        let arguments: Vec<&Expr> = call.args.args.iter().map(|expr| &**expr).collect();
        if let Some(windowed) = self.windowed(name, &arguments, grid)? {
            return Ok(Value::Vector(windowed));
        }
        if let (Some(function), [vector]) = (of_number(name), &arguments[..]) {
            return self.each(vector, grid, |value, _| function(value));
        }
        if is_calendar(name) {
            let Some(vector) = arguments.first() else {
                let points =
                    grid.moments().map(|t| Some(calendar::part(name, seconds(t)))).collect();
                return Ok(Value::Vector(vec![Row { labels: Labels::none(), points }]));
            };
            return self.each(vector, grid, |value, _| calendar::part(name, value));
        }
        match (name, &arguments[..]) {
            ("pi", []) => Ok(Value::Scalar(vec![std::f64::consts::PI; grid.steps])),
            ("time", []) => Ok(Value::Scalar(grid.moments().map(seconds).collect())),
            ("vector", [number]) => {
                let points = self.numbers(number, grid)?.into_iter().map(Some).collect();
                Ok(Value::Vector(vec![Row { labels: Labels::none(), points }]))
            }
            ("scalar", [vector]) => {
                let rows = self.vector(vector, grid)?;
                let number = |step: usize| {
                    let mut present = rows.iter().filter_map(|row| row.points[step]);
                    match (present.next(), present.next()) {
                        (Some(value), None) => value,
                        _ => f64::NAN,
                    }
                };
                Ok(Value::Scalar((0..grid.steps).map(number).collect()))
            }
            ("timestamp", [vector]) => self.timestamp(vector, grid),
            ("absent", [vector]) => {
                let rows = self.vector(vector, grid)?;
                let none = |step: usize| rows.iter().all(|row| row.points[step].is_none());
                let points = (0..grid.steps).map(|step| none(step).then_some(1.0)).collect();
                Ok(Value::Vector(vec![Row { labels: absent_labels(vector), points }]))
            }
            ("sort" | "sort_desc", [vector]) => {
                let mut rows = self.vector(vector, grid)?;
                // Over a range, series are in order of their labels whatever is asked.
                if grid.steps == 1 {
                    rows.retain(|row| row.points[0].is_some());
                    let key = |row: &Row| row.points[0].unwrap_or(f64::NAN);
                    rows.sort_by(|a, b| by_value(name == "sort_desc", key(a), key(b)));
                }
                Ok(Value::Vector(rows))
            }
            _ => self.call_with_parameters(name, &arguments, grid),
        }
    }

    fn call_with_parameters(
        &self,
        name: &str,
        arguments: &[&Expr],
        grid: &Grid,
    ) -> Result<Value, QueryError> {
        match (name, arguments) {
            ("round", [vector]) => self.each(vector, grid, |value, _| round(value, 1.0)),
            ("round", [vector, nearest]) => {
                let nearest = self.numbers(nearest, grid)?;
                self.each(vector, grid, |value, step| round(value, nearest[step]))
            }
            ("clamp", [vector, min, max]) => {
                let (min, max) = (self.numbers(min, grid)?, self.numbers(max, grid)?);
                self.clamp(vector, grid, (&min, &max))
            }
            ("clamp_min", [vector, min]) => {
                let min = self.numbers(min, grid)?;
                self.each(vector, grid, |value, step| greater(min[step], value))
            }
            ("clamp_max", [vector, max]) => {
                let max = self.numbers(max, grid)?;
                self.each(vector, grid, |value, step| lesser(max[step], value))
            }
            ("histogram_quantile", [q, vector]) => {
                let q = self.numbers(q, grid)?;
                Ok(Value::Vector(merge(histogram::quantiles(&q, &self.vector(vector, grid)?))?))
            }
            ("label_replace", [vector, target, replacement, source, pattern]) => {
                let rows = self.vector(vector, grid)?;
                let text = |expression| self.text(expression, grid);
                let texts = [text(target)?, text(replacement)?, text(source)?, text(pattern)?];
                let texts = texts.each_ref().map(String::as_str);
                Ok(Value::Vector(label_functions::replace(rows, texts)?))
            }
            ("label_join", [vector, target, separator, sources @ ..]) => {
                let rows = self.vector(vector, grid)?;
                let (target, separator) = (self.text(target, grid)?, self.text(separator, grid)?);
                let sources: Vec<String> =
                    sources.iter().map(|text| self.text(text, grid)).collect::<Result<_, _>>()?;
                let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
                Ok(Value::Vector(label_functions::join(rows, (&target, &separator), &sources)?))
            }
            _ => Err(QueryError::BadData(format!("function {name} is not known here"))),
        }
    }

    /// A function of each value; the result is no longer the metric.
    fn each(
        &self,
        vector: &Expr,
        grid: &Grid,
        function: impl Fn(f64, usize) -> f64,
    ) -> Result<Value, QueryError> {
        let rows = self.vector(vector, grid)?.into_iter().map(|row| {
            let mut row = unnamed(row);
            for (step, point) in row.points.iter_mut().enumerate() {
                *point = point.map(|value| function(value, step));
            }
            row
        });
        Ok(Value::Vector(merge(rows.collect())?))
    }

    fn clamp(
        &self,
        vector: &Expr,
        grid: &Grid,
        (min, max): (&[f64], &[f64]),
    ) -> Result<Value, QueryError> {
        // Nothing lies between limits that have crossed; NaN has crossed nothing.
        let crossed = |step: usize| max[step] < min[step];
        let rows = self.vector(vector, grid)?.into_iter().map(|row| {
            let mut row = unnamed(row);
            for (step, point) in row.points.iter_mut().enumerate() {
                let inside = |value| greater(min[step], lesser(max[step], value));
                *point = point.filter(|_| !crossed(step)).map(inside);
            }
            row
        });
        Ok(Value::Vector(merge(rows.collect())?))
    }

    fn timestamp(&self, vector: &Expr, grid: &Grid) -> Result<Value, QueryError> {
        let mut inner = vector;
        while let Expr::Paren(paren) = inner {
            inner = &paren.expr;
        }
        let Expr::VectorSelector(selector) = inner else {
            return self.each(vector, grid, |_, step| seconds(grid.at(step)));
        };
        let (rows, times) = self.newest(selector, grid)?;
        let rows = rows.into_iter().zip(times).map(|(row, times)| {
            let mut row = unnamed(row);
            for (point, time) in row.points.iter_mut().zip(times) {
                *point = point.map(|_| seconds(time));
            }
            row
        });
        Ok(Value::Vector(merge(rows.collect())?))
    }
}

/// The greater of two numbers; NaN wins over all but positive infinity, as in Go.
fn greater(a: f64, b: f64) -> f64 {
    let infinite = a == f64::INFINITY || b == f64::INFINITY;
    if !infinite && (a.is_nan() || b.is_nan()) { f64::NAN } else { a.max(b) }
}

/// The lesser of two numbers; NaN wins over all but negative infinity, as in Go.
fn lesser(a: f64, b: f64) -> f64 {
    let infinite = a == f64::NEG_INFINITY || b == f64::NEG_INFINITY;
    if !infinite && (a.is_nan() || b.is_nan()) { f64::NAN } else { a.min(b) }
}
