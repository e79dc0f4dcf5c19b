//! Groups and rules as their files define them, checked.

use std::sync::Arc;

use super::template::Template;
use crate::promql::Checked;

/// Rules that are evaluated one behind the other, at the same moments.
#[derive(Debug)]
pub struct Group {
    /// The file that it stands in.
    pub file: Arc<str>,
    /// Its name, once in its file.
    pub name: String,
    /// The time between two evaluations, in milliseconds.
    pub interval_ms: i64,
    /// The most alerts or series of each rule, if they are limited.
    pub limit: Option<usize>,
    /// How far before its moment it looks, in milliseconds.
    pub query_offset_ms: i64,
    /// The rules in their order.
    pub rules: Vec<Rule>,
}

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// The alert's name, or that of the series.
    pub name: String,
    /// What it asks.
    pub expression: Checked,
    /// Labels of what it finds, ordered by name; an alert's are templates.
    pub labels: Vec<(String, Template)>,
    /// Which of the two kinds.
    pub kind: Kind,
}

/// What a rule makes of what it finds.
#[derive(Debug)]
pub enum Kind {
    /// Series.
    Recording,
    /// Alerts.
    Alerting(Alerting),
}

/// What is particular to alerts.
#[derive(Debug)]
pub struct Alerting {
    /// How long an alert pends before it fires, in milliseconds.
    pub hold_ms: i64,
    /// How long it goes on firing once nothing is found any more, in milliseconds.
    pub keep_firing_ms: i64,
    /// What is told with it, ordered by name.
    pub annotations: Vec<(String, Template)>,
}

impl Rule {
    /// Whether another definition is the same rule, so that its alerts go on.
    pub fn is(&self, other: &Self) -> bool {
        let kinds = (&self.kind, &other.kind);
        let same_kind = match kinds {
            (Kind::Recording, Kind::Recording) | (Kind::Alerting(_), Kind::Alerting(_)) => true,
            (Kind::Recording, Kind::Alerting(_)) | (Kind::Alerting(_), Kind::Recording) => false,
        };
        let labels = |rule: &Self| -> Vec<(String, String)> {
            rule.labels.iter().map(|(name, value)| (name.clone(), value.text().into())).collect()
        };
        same_kind && self.name == other.name && labels(self) == labels(other)
    }
}
