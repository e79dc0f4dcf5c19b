//! The arguments of functions, each of the type that it must have.

use std::sync::Arc;

use super::failure::Failure;
use super::value::{Found, Value};

/// The arguments of one call.
pub struct Arguments<'v> {
    pub name: &'v str,
    pub values: &'v [Value],
}

impl Arguments<'_> {
    /// Refuses another number of them.
    pub fn count(&self, wanted: usize) -> Result<(), String> {
        if self.values.len() == wanted {
            return Ok(());
        }
        Err(format!(
            "wrong number of args for {}: want {wanted} got {}",
            self.name,
            self.values.len()
        ))
    }

    /// Refuses fewer of them.
    pub fn at_least(&self, wanted: usize) -> Result<(), String> {
        if self.values.len() >= wanted {
            return Ok(());
        }
        Err(format!(
            "wrong number of args for {}: want at least {wanted} got {}",
            self.name,
            self.values.len()
        ))
    }

    pub fn any(&self, place: usize) -> &Value {
        self.values.get(place).unwrap_or(&Value::Missing)
    }

    pub fn text(&self, place: usize) -> Result<&str, Failure> {
        match self.any(place) {
            Value::Text(text) => Ok(text),
            other => Err(misfit(place, "string", other)),
        }
    }

    pub fn sample(&self, place: usize) -> Result<&Found, Failure> {
        match self.any(place) {
            Value::Sample(sample) => Ok(sample),
            other => Err(misfit(place, "*template.sample", other)),
        }
    }

    pub fn samples(&self, place: usize) -> Result<&Arc<[Found]>, Failure> {
        match self.any(place) {
            Value::Samples(samples) => Ok(samples),
            other => Err(misfit(place, "template.queryResult", other)),
        }
    }

    pub fn whole(&self, place: usize) -> Result<i64, Failure> {
        match self.any(place) {
            Value::Int(number) => Ok(*number),
            other => Err(misfit(place, "int", other)),
        }
    }

    /// A number, or a text that is one.
    pub fn number(&self, place: usize) -> Result<f64, String> {
        match self.any(place) {
            Value::Float(number) => Ok(*number),
            Value::Int(number) => Ok(*number as f64),
            Value::Text(text) => number(text).ok_or_else(|| {
                format!(
                    "strconv.ParseFloat: parsing {}: invalid syntax",
                    crate::promql::quoted(text)
                )
            }),
            other => Err(format!("can't convert {} to float", other.kind())),
        }
    }
}

/// A number as Go reads it from a text.
fn number(text: &str) -> Option<f64> {
    let digits = text.trim_start_matches(['+', '-']);
    let begins = digits.bytes().next().is_some_and(|first| first.is_ascii_digit() || first == b'.');
    let word = digits.to_ascii_lowercase();
    let is_word = matches!(&*word, "inf" | "infinity" | "nan") && text.len() <= digits.len() + 1;
    let is_number = begins && text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    if is_word || is_number { text.parse().ok() } else { None }
}

fn misfit(place: usize, wanted: &'static str, found: &Value) -> Failure {
    let message = match found {
        Value::Missing | Value::Nil => format!("invalid value; expected {wanted}"),
        other => format!("wrong type for value; expected {wanted}; got {}", other.kind()),
    };
    Failure::Misfit { place, wanted, message }
}
