//! Rules and alerts as Prometheus's API tells them.

mod wanted;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;

use self::wanted::{Page, Told, Wanted};
use super::answer::success;
use super::parameters::Parameters;
use crate::promql::scientific_number;
use crate::rules::{Alert, GroupReport, Health, Kind, Rule, RuleReport};
use crate::samples::Labels;
use crate::web::gate::{self, Gate};
use crate::web::problem::Problem;
use crate::web::site::Visit;

/// What Go calls no moment.
const NEVER: &str = "0001-01-01T00:00:00Z";

pub async fn rules(gate: Gate, parameters: Parameters) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| {
        let wanted = Wanted::of(&parameters, visit.budget)?;
        let page = Page::of(&parameters)?;
        let mut groups = visit.site.rules.board.groups();
        let key =
            |report: &GroupReport| (report.definition.file.clone(), report.definition.name.clone());
        groups.sort_by_key(|report| key(report));
        page.begin(&mut groups)?;
        groups.retain(|report| wanted.has_group(&report.definition));
        let has_rules = |report: &Arc<GroupReport>| {
            !wanted.is_narrow() || report.definition.rules.iter().any(|rule| wanted.has(rule))
        };
        groups.retain(has_rules);
        let group_next_token = page.end(&mut groups);
        let groups = groups.iter().map(|report| ShownGroup::of(report, &wanted)).collect();
        success(visit, &Groups { groups, group_next_token })
    };
    gate.pass(gate::Kind::Listing, answer).await
}

pub async fn alerts(gate: Gate) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| {
        let groups = visit.site.rules.board.groups();
        let rules = groups.iter().flat_map(|group| &group.rules);
        let alerts = rules.flat_map(|rule| &rule.alerts).map(ShownAlert::of).collect();
        success(visit, &Alerts { alerts })
    };
    gate.pass(gate::Kind::Listing, answer).await
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Groups<'r> {
    groups: Vec<ShownGroup<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_next_token: Option<String>,
}

#[derive(Serialize)]
struct Alerts<'r> {
    alerts: Vec<ShownAlert<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownGroup<'r> {
    name: &'r str,
    file: &'r str,
    rules: Vec<ShownRule<'r>>,
    interval: f64,
    limit: usize,
    evaluation_time: f64,
    last_evaluation: String,
}

impl<'r> ShownGroup<'r> {
    fn of(report: &'r GroupReport, wanted: &Wanted) -> Self {
        let definition = &*report.definition;
        let rules = definition.rules.iter().zip(&report.rules);
        let rules = rules.filter(|(rule, _)| wanted.has(rule));
        Self {
            name: &definition.name,
            file: &definition.file,
            rules: rules.map(|(rule, report)| ShownRule::of(rule, report, wanted.alerts)).collect(),
            interval: seconds(definition.interval_ms),
            limit: definition.limit.unwrap_or(0),
            evaluation_time: report.took_seconds,
            last_evaluation: moment(report.last_ms),
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum ShownRule<'r> {
    Alerting(ShownAlerting<'r>),
    Recording(ShownRecording<'r>),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownAlerting<'r> {
    state: &'static str,
    name: &'r str,
    query: &'r str,
    duration: f64,
    keep_firing_for: f64,
    labels: BTreeMap<&'r str, &'r str>,
    annotations: BTreeMap<&'r str, &'r str>,
    alerts: Vec<ShownAlert<'r>>,
    health: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<&'r str>,
    evaluation_time: f64,
    last_evaluation: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownRecording<'r> {
    name: &'r str,
    query: &'r str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<&'r str, &'r str>,
    health: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<&'r str>,
    evaluation_time: f64,
    last_evaluation: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl<'r> ShownRule<'r> {
    fn of(rule: &'r Rule, report: &'r RuleReport, alerts: Told) -> Self {
        let labels = rule.labels.iter().map(|(name, text)| (&**name, text.text())).collect();
        let (health, last_error) = match &report.health {
            Health::Unknown => ("unknown", None),
            Health::Good => ("ok", None),
            Health::Bad(error) => ("err", Some(&**error)),
        };
        let (evaluation_time, last_evaluation) = (report.took_seconds, moment(report.last_ms));
        let (name, query) = (&*rule.name, rule.expression.line());
        match &rule.kind {
            Kind::Recording => Self::Recording(ShownRecording {
                name,
                query,
                labels,
                health,
                last_error,
                evaluation_time,
                last_evaluation,
                kind: "recording",
            }),
            Kind::Alerting(alerting) => {
                let annotations = alerting.annotations.iter();
                Self::Alerting(ShownAlerting {
                    state: report.state().name(),
                    name,
                    query,
                    duration: seconds(alerting.hold_ms),
                    keep_firing_for: seconds(alerting.keep_firing_ms),
                    labels,
                    annotations: annotations.map(|(name, text)| (&**name, text.text())).collect(),
                    alerts: alerts.of(report).iter().map(ShownAlert::of).collect(),
                    health,
                    last_error,
                    evaluation_time,
                    last_evaluation,
                    kind: "alerting",
                })
            }
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownAlert<'r> {
    labels: BTreeMap<&'r str, &'r str>,
    annotations: BTreeMap<&'r str, &'r str>,
    state: &'static str,
    active_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_firing_since: Option<String>,
    value: String,
}

impl<'r> ShownAlert<'r> {
    fn of(alert: &'r Alert) -> Self {
        let pairs = |labels: &'r Labels| labels.iter().collect();
        let annotations = alert.annotations.iter();
        Self {
            labels: pairs(&alert.labels),
            annotations: annotations.map(|(name, text)| (&**name, &**text)).collect(),
            state: alert.state.name(),
            active_at: moment(Some(alert.active_at_ms)),
            keep_firing_since: alert.kept_since_ms.map(|since_ms| moment(Some(since_ms))),
            value: scientific_number(alert.value),
        }
    }
}

fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

fn moment(unix_ms: Option<i64>) -> String {
    let moment = unix_ms.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    moment.map_or_else(|| NEVER.into(), |moment| moment.to_string())
}
