//! What a file of tests says.

use std::collections::BTreeMap;

use super::values;
use crate::promql;
use crate::rules::fields::{Fields, Placed};
use crate::rules::mistake::{Mistake, Mistakes};
use crate::rules::yaml::{self, Content, Node};
use crate::samples::{Budget, Labels, Matcher};

const PLAN: [&str; 4] = ["rule_files", "evaluation_interval", "group_eval_order", "tests"];
const TRIAL: [&str; 7] = [
    "interval",
    "input_series",
    "name",
    "alert_rule_test",
    "promql_expr_test",
    "external_labels",
    "external_url",
];

/// As promtool has it, in milliseconds.
const DEFAULT_INTERVAL_MS: i64 = 60_000;

/// A file of tests.
#[derive(Debug)]
pub struct Plan {
    /// The files with rules, as they are written.
    pub rule_files: Vec<String>,
    /// The time between two evaluations, in milliseconds.
    pub evaluation_interval_ms: i64,
    /// The names of groups in the order in which they are evaluated.
    pub order: Vec<String>,
    pub(super) trials: Vec<Trial>,
}

/// One test.
#[derive(Debug)]
pub struct Trial {
    pub name: Option<String>,
    pub interval_ms: i64,
    pub series: Vec<InputSeries>,
    pub alerts: Vec<ExpectedAlerts>,
    pub expressions: Vec<ExpectedSamples>,
    pub external_labels: BTreeMap<String, String>,
    pub external_url: String,
}

/// A series that is there.
#[derive(Debug)]
pub struct InputSeries {
    pub labels: Labels,
    pub values: Vec<Option<f64>>,
}

/// What must fire at a moment.
#[derive(Debug)]
pub struct ExpectedAlerts {
    pub at_ms: i64,
    pub alert: String,
    pub alerts: Vec<ExpectedAlert>,
}

/// One alert: its labels but for its name, and its texts.
#[derive(Debug)]
pub struct ExpectedAlert {
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
}

/// What an expression must answer at a moment.
#[derive(Debug)]
pub struct ExpectedSamples {
    pub at_ms: i64,
    pub expression: String,
    pub samples: Vec<(Labels, f64)>,
}

impl Trial {
    /// The last moment that is looked at.
    pub fn last_ms(&self) -> i64 {
        let alerts = self.alerts.iter().map(|expected| expected.at_ms);
        let expressions = self.expressions.iter().map(|expected| expected.at_ms);
        alerts.chain(expressions).max().unwrap_or(0)
    }
}

pub fn read(file: &str, text: &str) -> Result<Plan, Mistakes> {
    let mut reading = Reading { mistakes: Vec::new() };
    let plan = match yaml::read(text) {
        Ok(node) => reading.plan(&node),
        Err(mistakes) => return Err(Mistakes::of(file, mistakes)),
    };
    match plan {
        Some(plan) if reading.mistakes.is_empty() => Ok(plan),
        Some(_) | None => Err(Mistakes::of(file, reading.mistakes)),
    }
}

struct Reading {
    mistakes: Vec<Mistake>,
}

impl Reading {
    fn plan(&mut self, node: &Node) -> Option<Plan> {
        let fields = Fields::of(node, "a file of tests", &PLAN, &mut self.mistakes)?;
        let interval = fields.duration("evaluation_interval", &mut self.mistakes);
        let interval_ms = interval.filter(|ms| *ms > 0).unwrap_or(DEFAULT_INTERVAL_MS);
        let tests = fields.list("tests", &mut self.mistakes);
        Some(Plan {
            rule_files: self.texts(&fields, "rule_files"),
            evaluation_interval_ms: interval_ms,
            order: self.texts(&fields, "group_eval_order"),
            trials: tests.iter().filter_map(|node| self.trial(node, interval_ms)).collect(),
        })
    }

    fn texts(&mut self, fields: &Fields<'_>, name: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for node in fields.list(name, &mut self.mistakes) {
            match &node.content {
                Content::Text(text) | Content::Quoted(text) => texts.push(text.clone()),
                Content::Nothing | Content::List(_) | Content::Map(_) => {
                    let message = format!("{name} must be texts, not {}", node.kind());
                    self.mistakes.push(Mistake::at(node.line, message));
                }
            }
        }
        texts
    }

    fn trial(&mut self, node: &Node, usual_ms: i64) -> Option<Trial> {
        let fields = Fields::of(node, "a test", &TRIAL, &mut self.mistakes)?;
        let interval = fields.duration("interval", &mut self.mistakes);
        let name = fields.text("name", &mut self.mistakes).text;
        let (series, alerts, expressions) = (
            fields.list("input_series", &mut self.mistakes),
            fields.list("alert_rule_test", &mut self.mistakes),
            fields.list("promql_expr_test", &mut self.mistakes),
        );
        Some(Trial {
            name: Some(name).filter(|name| !name.is_empty()),
            interval_ms: interval.filter(|ms| *ms > 0).unwrap_or(usual_ms),
            series: series.iter().filter_map(|node| self.series(node)).collect(),
            alerts: alerts.iter().filter_map(|node| self.alerts(node)).collect(),
            expressions: expressions.iter().filter_map(|node| self.expression(node)).collect(),
            external_labels: self.map(&fields, "external_labels"),
            external_url: fields.text("external_url", &mut self.mistakes).text,
        })
    }

    fn map(&mut self, fields: &Fields<'_>, name: &str) -> BTreeMap<String, String> {
        let pairs = fields.pairs(name, &mut self.mistakes);
        pairs.into_iter().map(|(name, placed)| (name, placed.text)).collect()
    }

    fn series(&mut self, node: &Node) -> Option<InputSeries> {
        let known = ["series", "values"];
        let fields = Fields::of(node, "a series", &known, &mut self.mistakes)?;
        let labels = fields.text("series", &mut self.mistakes);
        let labels = self.labels(&labels)?;
        let Placed { line, text } = fields.text("values", &mut self.mistakes);
        match values::read(&text) {
            Ok(values) => Some(InputSeries { labels, values }),
            Err(message) => {
                self.mistakes.push(Mistake::at(line, format!("values: {message}")));
                None
            }
        }
    }

    fn alerts(&mut self, node: &Node) -> Option<ExpectedAlerts> {
        let known = ["eval_time", "alertname", "exp_alerts"];
        let fields = Fields::of(node, "a test of alerts", &known, &mut self.mistakes)?;
        let alert = fields.text("alertname", &mut self.mistakes);
        if alert.text.is_empty() {
            self.mistakes
                .push(Mistake::at(alert.line, "an item under alert_rule_test misses alertname"));
        }
        let expected = fields.list("exp_alerts", &mut self.mistakes);
        Some(ExpectedAlerts {
            at_ms: fields.duration("eval_time", &mut self.mistakes).unwrap_or(0),
            alert: alert.text,
            alerts: expected.iter().filter_map(|node| self.alert(node)).collect(),
        })
    }

    fn alert(&mut self, node: &Node) -> Option<ExpectedAlert> {
        let known = ["exp_labels", "exp_annotations"];
        let fields = Fields::of(node, "an alert", &known, &mut self.mistakes)?;
        Some(ExpectedAlert {
            labels: self.map(&fields, "exp_labels"),
            annotations: self.map(&fields, "exp_annotations"),
        })
    }

    fn expression(&mut self, node: &Node) -> Option<ExpectedSamples> {
        let known = ["expr", "eval_time", "exp_samples"];
        let fields = Fields::of(node, "a test of an expression", &known, &mut self.mistakes)?;
        let expected = fields.list("exp_samples", &mut self.mistakes);
        Some(ExpectedSamples {
            at_ms: fields.duration("eval_time", &mut self.mistakes).unwrap_or(0),
            expression: fields.text("expr", &mut self.mistakes).text,
            samples: expected.iter().filter_map(|node| self.sample(node)).collect(),
        })
    }

    fn sample(&mut self, node: &Node) -> Option<(Labels, f64)> {
        let fields = Fields::of(node, "a sample", &["labels", "value"], &mut self.mistakes)?;
        let labels = fields.text("labels", &mut self.mistakes);
        let labels = self.labels(&labels)?;
        let Placed { line, text } = fields.text("value", &mut self.mistakes);
        let Some(value) = values::number(&text) else {
            self.mistakes.push(Mistake::at(line, format!("value: {text:?} is no number")));
            return None;
        };
        Some((labels, value))
    }

    /// Labels that are written as a selector of just one series.
    fn labels(&mut self, Placed { line, text }: &Placed) -> Option<Labels> {
        if matches!(text.trim(), "" | "{}") {
            return Some(Labels::none());
        }
        let matchers = match promql::selectors(&[text], &Budget::unlimited()) {
            Ok(matchers) => matchers.into_iter().flatten().collect::<Vec<Matcher>>(),
            Err(error) => {
                self.mistakes.push(Mistake::at(*line, format!("{text:?}: {error}")));
                return None;
            }
        };
        let mut labels = Labels::none();
        for matcher in matchers {
            match matcher.exact() {
                Some(value) => labels = labels.with(matcher.name(), value),
                None if matcher.accepts("") => {}
                None => {
                    let name = matcher.name();
                    let message = format!("{text:?}: {name} must have one value, as in a=\"b\"");
                    self.mistakes.push(Mistake::at(*line, message));
                    return None;
                }
            }
        }
        Some(labels)
    }
}
