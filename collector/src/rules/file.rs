//! One rule file: from its text to its groups, or all of its mistakes.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::definition::{Alerting, Group, Kind, Rule};
use super::fields::{Fields, Placed};
use super::mistake::{Mistake, Mistakes};
use super::template::Template;
use super::yaml::{self, Node};
use crate::promql::{self, Checked};
use crate::samples::{Budget, METRIC};

/// The time between two evaluations of a group that does not say, in milliseconds.
pub const DEFAULT_INTERVAL_MS: i64 = 15_000;

/// The shortest time between two evaluations, in milliseconds.
const SHORTEST_INTERVAL_MS: i64 = 1000;

/// The largest file, in bytes.
const LARGEST: usize = 4 << 20;

const GROUP: [&str; 6] = ["name", "interval", "query_offset", "limit", "labels", "rules"];
const RULE: [&str; 7] =
    ["record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"];

/// Reads a file's text. Groups that name no interval have `usual_interval_ms`.
pub fn read(file: &str, text: &str, usual_interval_ms: i64) -> Result<Vec<Group>, Mistakes> {
    let mut reading = Reading {
        file: file.into(),
        usual_interval_ms,
        mistakes: Vec::new(),
        context: String::new(),
    };
    let groups = if text.len() > LARGEST {
        reading.mistakes.push(Mistake::whole(format!("larger than {LARGEST} bytes")));
        Vec::new()
    } else {
        match yaml::read(text) {
            Ok(node) => reading.groups(&node),
            Err(mistakes) => {
                reading.mistakes = mistakes;
                Vec::new()
            }
        }
    };
    if reading.mistakes.is_empty() { Ok(groups) } else { Err(Mistakes::of(file, reading.mistakes)) }
}

/// Which of the two a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Alert,
    Recording,
}

struct Reading {
    file: Arc<str>,
    usual_interval_ms: i64,
    mistakes: Vec<Mistake>,
    /// Which rule mistakes are about.
    context: String,
}

impl Reading {
    fn groups(&mut self, node: &Node) -> Vec<Group> {
        if matches!(node.content, yaml::Content::Nothing) {
            return Vec::new();
        }
        let Some(fields) = Fields::of(node, "a rule file", &["groups"], &mut self.mistakes) else {
            return Vec::new();
        };
        let mut names = BTreeSet::new();
        let nodes = fields.list("groups", &mut self.mistakes);
        let mut groups = Vec::with_capacity(nodes.len());
        for node in nodes {
            let Some(group) = self.group(node) else { continue };
            if !names.insert(group.name.clone()) {
                let message = format!("group {:?} stands in this file twice", group.name);
                self.mistakes.push(Mistake::at(node.line, message));
            }
            groups.push(group);
        }
        groups
    }

    fn group(&mut self, node: &Node) -> Option<Group> {
        let fields = Fields::of(node, "a group", &GROUP, &mut self.mistakes)?;
        let mistakes = &mut self.mistakes;
        let name = fields.text("name", mistakes);
        if name.text.is_empty() {
            mistakes.push(Mistake::at(name.line, "a group must have a name"));
        }
        let interval_ms = fields.duration("interval", mistakes).filter(|ms| *ms != 0);
        let interval_ms = interval_ms.unwrap_or(self.usual_interval_ms);
        if interval_ms < SHORTEST_INTERVAL_MS {
            mistakes.push(Mistake::at(fields.line, "interval: must be at least 1s"));
        }
        let query_offset_ms = fields.duration("query_offset", mistakes).unwrap_or(0);
        let limit = fields.number("limit", mistakes);
        let shared = fields.pairs("labels", mistakes);
        self.context = format!("group {:?}", name.text);
        check_labels(&self.context, &shared, &mut self.mistakes);
        let nodes = fields.list("rules", &mut self.mistakes);
        let rules = nodes.iter().filter_map(|node| self.rule(node, &name.text, &shared)).collect();
        let file = Arc::clone(&self.file);
        Some(Group { file, name: name.text, interval_ms, limit, query_offset_ms, rules })
    }

    fn rule(&mut self, node: &Node, group: &str, shared: &[(String, Placed)]) -> Option<Rule> {
        let before = self.mistakes.len();
        self.context = format!("group {group:?}");
        let fields = Fields::of(node, "a rule", &RULE, &mut self.mistakes)?;
        let record = fields.text("record", &mut self.mistakes);
        let alert = fields.text("alert", &mut self.mistakes);
        let (name, sort) = match (record.text.is_empty(), alert.text.is_empty()) {
            (false, false) => {
                self.wrong(alert.line, "only one of 'record' and 'alert' may be set");
                (alert, Sort::Alert)
            }
            (true, true) => {
                self.wrong(fields.line, "one of 'record' and 'alert' must be set");
                (alert, Sort::Alert)
            }
            (false, true) => (record, Sort::Recording),
            (true, false) => (alert, Sort::Alert),
        };
        self.context = format!("rule {:?}", name.text);
        let expression = self.expression(&fields);
        let labels = self.labels(&fields, shared);
        let labels = self.templates("label", labels, sort);
        let kind = self.kind(&fields, &name, sort);
        if self.mistakes.len() > before {
            return None;
        }
        Some(Rule { name: name.text, expression: expression?, labels, kind })
    }

    fn kind(&mut self, fields: &Fields<'_>, name: &Placed, sort: Sort) -> Kind {
        let hold_ms = fields.duration("for", &mut self.mistakes).unwrap_or(0);
        let keep_firing_ms = fields.duration("keep_firing_for", &mut self.mistakes).unwrap_or(0);
        let annotations = fields.pairs("annotations", &mut self.mistakes);
        if sort == Sort::Alert {
            for (name, placed) in &annotations {
                if name.is_empty() {
                    self.wrong(placed.line, &format!("invalid annotation name: {name}"));
                }
            }
            let annotations = self.templates("annotation", annotations, Sort::Alert);
            return Kind::Alerting(Alerting { hold_ms, keep_firing_ms, annotations });
        }
        // Braces would be taken for a selector that was meant.
        if name.text.is_empty() || name.text.contains(['{', '}']) {
            self.wrong(name.line, &format!("invalid recording rule name: {}", name.text));
        }
        let line = |field: &str| fields.get(field).map_or(fields.line, |node| node.line);
        for (field, is_set) in [
            ("for", hold_ms != 0),
            ("keep_firing_for", keep_firing_ms != 0),
            ("annotations", !annotations.is_empty()),
        ] {
            if is_set {
                let message = format!("invalid field '{field}' in recording rule");
                self.wrong(line(field), &message);
            }
        }
        Kind::Recording
    }

    fn expression(&mut self, fields: &Fields<'_>) -> Option<Checked> {
        let Placed { line, text } = fields.text("expr", &mut self.mistakes);
        if text.is_empty() {
            self.wrong(line, "field 'expr' must be set in rule");
            return None;
        }
        match promql::check(&text, &Budget::unlimited()) {
            Ok(checked) => Some(checked),
            Err(error) => {
                self.wrong(line, &format!("could not parse expression: {error}"));
                None
            }
        }
    }

    /// The rule's own labels before those of its group.
    fn labels(
        &mut self,
        fields: &Fields<'_>,
        shared: &[(String, Placed)],
    ) -> Vec<(String, Placed)> {
        let own = fields.pairs("labels", &mut self.mistakes);
        check_labels(&self.context, &own, &mut self.mistakes);
        let is_own = |name: &str| own.iter().any(|(known, _)| known == name);
        let of_group = shared.iter().filter(|(name, _)| !is_own(name)).cloned();
        let mut all: Vec<_> = of_group.chain(own.iter().cloned()).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }

    fn templates(
        &mut self,
        what: &str,
        pairs: Vec<(String, Placed)>,
        sort: Sort,
    ) -> Vec<(String, Template)> {
        let mut templates = Vec::with_capacity(pairs.len());
        for (name, Placed { line, text }) in pairs {
            let template = match sort {
                Sort::Alert => Template::of_alert(&text),
                Sort::Recording => Ok(Template::plain(&text)),
            };
            match template {
                Ok(template) => templates.push((name, template)),
                Err(error) => self.wrong(line, &format!("{what} {name:?}: {error}")),
            }
        }
        templates
    }

    fn wrong(&mut self, line: usize, message: &str) {
        self.mistakes.push(Mistake::at(line, format!("{}: {message}", self.context)));
    }
}

fn check_labels(context: &str, labels: &[(String, Placed)], mistakes: &mut Vec<Mistake>) {
    for (name, placed) in labels {
        if name.is_empty() || name == METRIC {
            mistakes
                .push(Mistake::at(placed.line, format!("{context}: invalid label name: {name}")));
        }
    }
}

#[cfg(test)]
mod tests;
