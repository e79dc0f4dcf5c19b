//! One rule at one moment: what its expression finds, and what its templates say of it.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::ALERT_NAME;
use super::alerting::Finding;
use super::definition::{Alerting, Rule};
use super::template::{Ask, Data, Found};
use crate::promql::{self, QueryLimits, Row, Value};
use crate::samples::{Budget, Labels, METRIC, Reader, Samples};

/// The most that one rule may find.
const FINDINGS: usize = 20_000;

/// The most questions that the templates of a group ask at one moment, and what they may keep.
const QUESTIONS: usize = 1000;
const KEPT_SAMPLES: usize = 100_000;

/// The longest value of a label that a template may write, in bytes. What is stored passed a limit of
/// its own.
const LABEL_BYTES: usize = 4096;

/// What is the same for all rules.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Labels of the collector, for templates.
    pub external_labels: Arc<BTreeMap<String, String>>,
    /// Where people reach the collector.
    pub external_url: String,
}

/// One moment at which rules are evaluated.
pub struct Tick<'t> {
    /// What is stored.
    pub samples: &'t dyn Samples,
    /// What reading it may take.
    pub budget: &'t Budget,
    /// The moment, Unix time in milliseconds.
    pub at_ms: i64,
    /// What is the same for all rules.
    pub surroundings: &'t Surroundings,
    /// Seconds since any moment, for how long things take.
    pub stopwatch: &'t (dyn Fn() -> f64 + Sync),
}

/// What a question of a template found.
type Answer = Result<Arc<[Found]>, String>;

/// What templates asked at this moment.
#[derive(Default)]
pub struct Asked {
    answers: RefCell<HashMap<String, Answer>>,
    samples: Cell<usize>,
}

/// An evaluation at the moment that the rules of a group look at.
pub struct Evaluation<'e> {
    /// What is stored, and what rules found before.
    pub samples: &'e dyn Samples,
    /// What reading it may take.
    pub budget: &'e Budget,
    /// The moment that expressions look at.
    pub at_ms: i64,
    /// The moment of the group, which no offset moves: templates ask at it.
    pub tick_ms: i64,
    /// What is the same for all rules.
    pub surroundings: &'e Surroundings,
    /// What templates asked so far.
    pub asked: &'e Asked,
}

impl Evaluation<'_> {
    /// The series of a recording.
    pub fn recording(
        &self,
        rule: &Rule,
        limit: Option<usize>,
    ) -> Result<Vec<(Labels, f64)>, String> {
        let found = self.instant(rule.expression.text(), self.at_ms)?;
        let mut series = BTreeMap::new();
        for (labels, value) in found {
            let mut labels = labels.with(METRIC, &rule.name);
            for (name, text) in &rule.labels {
                labels = labels.with(name, text.text());
            }
            if series.insert(labels, value).is_some() {
                return Err("vector contains metrics with the same labelset after applying rule \
                            labels"
                    .into());
            }
        }
        let count = series.len();
        match limit.filter(|limit| count > *limit) {
            Some(limit) => Err(format!("exceeded limit of {limit} with {count} series")),
            None => Ok(series.into_iter().collect()),
        }
    }

    /// What an alerting rule finds, by the labels of its alerts.
    pub fn alerts(
        &self,
        rule: &Rule,
        alerting: &Alerting,
    ) -> Result<BTreeMap<Labels, Finding>, String> {
        let mut findings = BTreeMap::new();
        for (found, value) in self.instant(rule.expression.text(), self.at_ms)? {
            self.budget.check().map_err(|error| error.to_string())?;
            let of_found = Arc::new(map(&found));
            let data = Data {
                labels: &of_found,
                external_labels: &self.surroundings.external_labels,
                external_url: &self.surroundings.external_url,
                value,
            };
            let mut labels = found.without(&[METRIC]);
            for (name, template) in &rule.labels {
                let text = template.expand(&rule.name, &data, self);
                check_length(name, &text)?;
                labels = labels.with(name, &text);
            }
            labels = labels.with(ALERT_NAME, &rule.name);
            let annotations = alerting
                .annotations
                .iter()
                .map(|(name, template)| (name.clone(), template.expand(&rule.name, &data, self)));
            let finding = Finding { annotations: annotations.collect(), value };
            if findings.insert(labels, finding).is_some() {
                return Err("vector contains metrics with the same labelset after applying alert \
                            labels"
                    .into());
            }
        }
        Ok(findings)
    }

    fn instant(&self, expression: &str, at_ms: i64) -> Result<Vec<(Labels, f64)>, String> {
        let held = self.budget.held();
        let reader = Reader::new(self.samples, self.budget);
        let value = promql::instant(reader, expression, at_ms, QueryLimits::default());
        let value = value.map_err(|error| {
            // Nobody has sent a parameter.
            let text = error.to_string();
            text.strip_prefix("invalid parameter \"query\": ").unwrap_or(&text).to_owned()
        })?;
        let found = match value {
            Value::Vector(rows) => {
                let newest = |Row { labels, points }: Row| {
                    points.first().copied().flatten().map(|value| (labels, value))
                };
                rows.into_iter().filter_map(newest).collect()
            }
            Value::Scalar(numbers) => {
                numbers.first().map(|value| (Labels::none(), *value)).into_iter().collect()
            }
            Value::Text(_) | Value::Matrix(_) => {
                return Err("rule result is not a vector or scalar".into());
            }
        };
        self.budget.release_to(held);
        bounded(found)
    }
}

fn bounded(found: Vec<(Labels, f64)>) -> Result<Vec<(Labels, f64)>, String> {
    let count = found.len();
    if count > FINDINGS {
        return Err(format!("finds {count} series, more than {FINDINGS}"));
    }
    Ok(found)
}

fn check_length(name: &str, text: &str) -> Result<(), String> {
    let bytes = text.len();
    if bytes > LABEL_BYTES {
        return Err(format!("label {name:?} has {bytes} bytes, more than {LABEL_BYTES}"));
    }
    Ok(())
}

fn map(labels: &Labels) -> BTreeMap<String, String> {
    labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

impl Ask for Evaluation<'_> {
    fn query(&self, expression: &str) -> Result<Arc<[Found]>, String> {
        if let Some(answer) = self.asked.answers.borrow().get(expression) {
            return answer.clone();
        }
        if self.asked.answers.borrow().len() == QUESTIONS {
            return Err(format!("templates ask more than {QUESTIONS} questions at one moment"));
        }
        let answer = self.instant(expression, self.tick_ms).and_then(|found| {
            let samples = self.asked.samples.get() + found.len();
            if samples > KEPT_SAMPLES {
                return Err(format!("templates ask for more than {KEPT_SAMPLES} samples"));
            }
            self.asked.samples.set(samples);
            let found = found.iter();
            Ok(found
                .map(|(labels, value)| Found { labels: Arc::new(map(labels)), value: *value })
                .collect())
        });
        self.asked.answers.borrow_mut().insert(expression.to_owned(), answer.clone());
        answer
    }
}
