//! Which rules a question is about, and which page of their groups.

use std::sync::Arc;

use super::super::parameters::Parameters;
use crate::promql;
use crate::rules::{Alert, Group, GroupReport, Kind, Rule, RuleReport, fingerprint};
use crate::samples::{Budget, Labels, Matcher};
use crate::web::problem::Problem;

/// What is told of rules.
pub struct Wanted {
    alerting: bool,
    recording: bool,
    /// Of which names, groups and files; of any where a list is empty, as in Prometheus 3.
    names: Vec<String>,
    groups: Vec<String>,
    files: Vec<String>,
    /// Any of them selects, by a rule's own labels; each is a list of matchers.
    selections: Vec<Vec<Matcher>>,
    /// What is told of their alerts.
    pub alerts: Told,
}

/// Whether the alerts of rules are told with them.
#[derive(Clone, Copy)]
pub enum Told {
    Alerts,
    None,
}

impl Told {
    /// Those of a rule that are told.
    pub fn of(self, report: &RuleReport) -> &[Alert] {
        match self {
            Self::Alerts => &report.alerts,
            Self::None => &[],
        }
    }
}

impl Wanted {
    pub fn of(parameters: &Parameters, budget: &Budget) -> Result<Self, Problem> {
        let (alerting, recording) =
            match parameters.get("type").as_deref().map(str::to_lowercase).as_deref() {
                None | Some("") => (true, true),
                Some("alert") => (true, false),
                Some("record") => (false, true),
                Some(other) => {
                    let message =
                        format!("invalid parameter \"type\": not supported value {other:?}");
                    return Err(Problem::bad_request(message));
                }
            };
        let [names, groups, files] =
            ["rule_name[]", "rule_group[]", "file[]"].map(|name| parameters.all(name));
        let selections = promql::selectors(&parameters.all("match[]"), budget)?;
        let alerts = if parameters.truth("exclude_alerts")? { Told::None } else { Told::Alerts };
        Ok(Self { alerting, recording, names, groups, files, selections, alerts })
    }

    /// Whether a group is left out of which no rule is told.
    pub fn is_narrow(&self) -> bool {
        !self.names.is_empty() || self.selections.iter().any(|matchers| !matchers.is_empty())
    }

    pub fn has_group(&self, group: &Group) -> bool {
        is_among(&group.name, &self.groups) && is_among(&group.file, &self.files)
    }

    pub fn has(&self, rule: &Rule) -> bool {
        let is_wanted = match rule.kind {
            Kind::Recording => self.recording,
            Kind::Alerting(_) => self.alerting,
        };
        let label = |name: &str| {
            let mut labels = rule.labels.iter();
            labels.find(|(own, _)| own == name).map_or("", |(_, text)| text.text())
        };
        let accepts = |matcher: &Matcher| matcher.accepts(label(matcher.name()));
        is_wanted
            && is_among(&rule.name, &self.names)
            && self.selections.iter().any(|matchers| matchers.iter().all(accepts))
    }
}

fn is_among(name: &str, names: &[String]) -> bool {
    names.is_empty() || names.iter().any(|one| one == name)
}

/// Which part of the groups is told: at most so many, from one on.
pub struct Page {
    most: Option<usize>,
    /// What the page before said of its first group.
    from: Option<String>,
}

impl Page {
    pub fn of(parameters: &Parameters) -> Result<Self, Problem> {
        let refused = |name: &str, why: &str| {
            Problem::bad_request(format!("invalid parameter {name:?}: {why}"))
        };
        let from = parameters.get("group_next_token");
        let Some(text) = parameters.get("group_limit") else {
            let why = "group_limit needs to be present in order to paginate over the groups";
            let missing = || refused("group_next_token", why);
            return if from.is_some() { Err(missing()) } else { Ok(Self { most: None, from }) };
        };
        let number: i32 = text.parse().map_err(|_| {
            refused("group_limit", &format!("group_limit needs to be a valid number: {text:?}"))
        })?;
        let most = usize::try_from(number).ok().filter(|most| *most > 0);
        let too_few = || refused("group_limit", "group_limit needs to be greater than 0");
        Ok(Self { most: Some(most.ok_or_else(too_few)?), from })
    }

    /// Leaves those out that the pages before had.
    pub fn begin(&self, groups: &mut Vec<Arc<GroupReport>>) -> Result<(), Problem> {
        let Some(from) = &self.from else { return Ok(()) };
        let begins = |report: &Arc<GroupReport>| next(&report.definition) == *from;
        let place = groups.iter().position(begins).ok_or_else(|| {
            let message = format!("invalid group_next_token '{from}'. were rule groups changed?");
            Problem::bad_request(message)
        })?;
        groups.drain(..place);
        Ok(())
    }

    /// Leaves out those that the next page has, and tells where it begins.
    pub fn end(&self, groups: &mut Vec<Arc<GroupReport>>) -> Option<String> {
        let most = self.most.unwrap_or(usize::MAX);
        let next = groups.get(most).map(|report| next(&report.definition));
        groups.truncate(most);
        next
    }
}

/// What a page is asked for by that begins with a group.
fn next(group: &Group) -> String {
    let key = Labels::new("", [("file", &*group.file), ("name", &*group.name)]);
    format!("{:016x}", fingerprint(&key))
}
