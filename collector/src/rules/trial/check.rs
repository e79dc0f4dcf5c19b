//! What was found beside what was expected, told as promtool tells it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::plan::{ExpectedAlerts, ExpectedSamples};
use crate::promql::{self, QueryLimits, Value};
use crate::rules::{ALERT_NAME, Alert};
use crate::samples::{Budget, Labels, Reader, Samples};

/// An alert's labels and texts, in an order of their own.
type Shown = (BTreeMap<String, String>, BTreeMap<String, String>);

/// What is wrong with the alerts of a moment, if anything.
pub fn alerts(expected: &ExpectedAlerts, found: &[Alert]) -> Option<String> {
    let mut wanted: Vec<Shown> = expected
        .alerts
        .iter()
        .map(|alert| {
            let mut labels = alert.labels.clone();
            labels.insert(ALERT_NAME.into(), expected.alert.clone());
            labels.retain(|_, value| !value.is_empty());
            (labels, alert.annotations.clone())
        })
        .collect();
    let mut found: Vec<Shown> = found
        .iter()
        .map(|alert| {
            let labels = alert.labels.iter();
            let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
            (labels.collect(), alert.annotations.iter().cloned().collect())
        })
        .collect();
    wanted.sort();
    found.sort();
    if wanted == found {
        return None;
    }
    let at_s = expected.at_ms as f64 / 1000.0;
    let mut text = format!("    alertname: {}, time: {at_s}s, \n        exp:", expected.alert);
    text.push_str(&list(&wanted));
    text.push_str(", \n        got:");
    text.push_str(&list(&found));
    Some(text)
}

fn list(alerts: &[Shown]) -> String {
    if alerts.is_empty() {
        return "[]".into();
    }
    let mut text = String::from("[");
    for (place, (labels, annotations)) in alerts.iter().enumerate() {
        let _ = write!(
            text,
            "\n            {place}:\n              Labels:{}\n              Annotations:{}",
            pairs(labels),
            pairs(annotations)
        );
    }
    text + "\n            ]"
}

fn pairs(pairs: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}={}", promql::quoted(value))).collect();
    format!("{{{}}}", pairs.join(", "))
}

/// What is wrong with the answer of an expression, if anything.
pub fn expression(
    expected: &ExpectedSamples,
    samples: &dyn Samples,
    budget: &Budget,
) -> Option<String> {
    let reader = Reader::new(samples, budget);
    let (text, at_ms) = (&expected.expression, expected.at_ms);
    let head = format!("    expr: {text:?}, time: {}s,", at_ms as f64 / 1000.0);
    let mut found = match promql::instant(reader, text, at_ms, QueryLimits::default()) {
        Ok(Value::Scalar(numbers)) => {
            numbers.first().map(|value| (Labels::none(), *value)).into_iter().collect()
        }
        Ok(Value::Vector(rows)) => {
            let point = |row: promql::Row| Some((row.labels, row.points.first().copied()??));
            rows.into_iter().filter_map(point).collect::<Vec<_>>()
        }
        Ok(Value::Text(_) | Value::Matrix(_)) => {
            return Some(format!("{head} err: rule result is not a vector or scalar"));
        }
        Err(error) => return Some(format!("{head} err: {error}")),
    };
    let mut wanted = expected.samples.clone();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    wanted.sort_by(|a, b| a.0.cmp(&b.0));
    if found == wanted {
        return None;
    }
    let show = |samples: &[(Labels, f64)]| {
        let samples: Vec<String> =
            samples.iter().map(|(labels, value)| format!("{labels} {value}")).collect();
        if samples.is_empty() { "nil".to_owned() } else { samples.join("\n            ") }
    };
    Some(format!("{head}\n        exp: {}\n        got: {}", show(&wanted), show(&found)))
}
