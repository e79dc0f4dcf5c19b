//! What a rule would tell of something that it has not found: its labels and texts as they would be
//! written, while nothing that they ask of samples has an answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ALERT_NAME;
use super::definition::{Alerting, Rule};
use super::template::{Ask, Data, Found};

/// Labels and texts by name.
type Texts = BTreeMap<String, String>;

/// What is made up.
#[derive(Debug, Clone)]
pub struct Supposed {
    /// The labels of what the expression finds.
    pub labels: Texts,
    /// Its value.
    pub value: f64,
    /// Where people reach the collector.
    pub external_url: String,
}

/// An alert that would be.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// What names it.
    pub labels: Texts,
    /// What is told with it.
    pub annotations: Texts,
}

struct Nothing;

impl Ask for Nothing {
    fn query(&self, _: &str) -> Result<Arc<[Found]>, String> {
        Ok(Arc::default())
    }
}

/// The alert of a rule that finds what is supposed.
pub fn preview(rule: &Rule, alerting: &Alerting, supposed: &Supposed) -> Preview {
    let found = Arc::new(supposed.labels.clone());
    let external_labels = Arc::default();
    let data = Data {
        labels: &found,
        external_labels: &external_labels,
        external_url: &supposed.external_url,
        value: supposed.value,
    };
    let mut labels = supposed.labels.clone();
    for (name, template) in &rule.labels {
        labels.insert(name.clone(), template.expand(&rule.name, &data, &Nothing));
    }
    labels.insert(ALERT_NAME.to_owned(), rule.name.clone());
    let annotations = alerting
        .annotations
        .iter()
        .map(|(name, template)| (name.clone(), template.expand(&rule.name, &data, &Nothing)));
    Preview { labels, annotations: annotations.collect() }
}
