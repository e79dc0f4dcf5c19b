//! One group at one moment: its rules one behind the other, each seeing what those before it found,
//! and the ends of series that are found no longer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use headroom_proto::metric::STALE_BITS;

use super::alerting::{Alerts, Bounds};
use super::board::{GroupReport, Health, RuleReport};
use super::definition::{Group, Kind, Rule};
use super::evaluation::{Asked, Evaluation, Tick};
use super::notice::{self, Notice};
use crate::samples::{Labels, METRIC, Memory, Merged};

/// A sample that is to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// Of which series.
    pub labels: Labels,
    /// When, in Unix time in milliseconds.
    pub at_ms: i64,
    /// Its value.
    pub value: f64,
}

/// What a group keeps from moment to moment.
#[derive(Debug)]
pub struct GroupState {
    /// As it is defined.
    pub definition: Arc<Group>,
    /// A state of each rule, in their order.
    pub rules: Vec<RuleState>,
    /// When it was evaluated last, Unix time in milliseconds.
    pub last_ms: Option<i64>,
    took_seconds: f64,
}

/// What a rule keeps.
#[derive(Debug, Default)]
pub struct RuleState {
    /// Its alerts.
    pub alerts: Alerts,
    /// The series that it wrote last.
    pub written: BTreeSet<Labels>,
    health: Health,
    took_seconds: f64,
    last_ms: Option<i64>,
}

/// How many rules went wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Rules that were evaluated.
    pub evaluated: u64,
    /// Those of them that failed.
    pub failed: u64,
}

impl GroupState {
    /// A group that was never evaluated.
    pub fn new(definition: Arc<Group>) -> Self {
        let rules = definition.rules.iter().map(|_| RuleState::default()).collect();
        Self { definition, rules, last_ms: None, took_seconds: 0.0 }
    }

    /// Evaluates all rules; answers with what is to be stored.
    pub fn evaluate(
        &mut self,
        tick: &Tick<'_>,
        remembered: Option<&BTreeMap<Labels, i64>>,
    ) -> (Vec<Written>, Counted) {
        let began = (tick.stopwatch)();
        let definition = Arc::clone(&self.definition);
        let asked = Asked::default();
        let (mut written, mut fresh) = (Vec::new(), Memory::default());
        let mut counted = Counted::default();
        let at_ms = tick.at_ms - definition.query_offset_ms;
        for (rule, state) in definition.rules.iter().zip(&mut self.rules) {
            let before = (tick.stopwatch)();
            let evaluation = Evaluation {
                samples: &Merged { first: tick.samples, second: &fresh },
                budget: tick.budget,
                at_ms,
                tick_ms: tick.at_ms,
                surroundings: tick.surroundings,
                asked: &asked,
            };
            let work = Work { rule, limit: definition.limit, tick_ms: tick.at_ms, remembered };
            let found = state.evaluate(&evaluation, &work);
            counted.evaluated += 1;
            match found {
                Ok(found) => {
                    let ends = state.replace(&found);
                    for (labels, value) in found.into_iter().chain(ends) {
                        fresh.put(&labels, at_ms, value);
                        written.push(Written { labels, at_ms, value });
                    }
                    state.health = Health::Good;
                }
                Err(error) => {
                    counted.failed += 1;
                    state.health = Health::Bad(error);
                }
            }
            state.last_ms = Some(tick.at_ms);
            state.took_seconds = (tick.stopwatch)() - before;
        }
        self.last_ms = Some(tick.at_ms);
        self.took_seconds = (tick.stopwatch)() - began;
        (written, counted)
    }

    /// Whether it was evaluated since the start.
    pub fn is_evaluated(&self) -> bool {
        self.last_ms.is_some()
    }

    /// What is to be told of its alerts at a moment.
    pub fn notices(&mut self, at_ms: i64) -> Vec<Notice> {
        let interval_ms = self.definition.interval_ms;
        let mut notices = Vec::new();
        for (rule, state) in self.definition.rules.iter().zip(&mut self.rules) {
            let expression = rule.expression.line();
            let alerts = state.alerts.0.values_mut();
            notices.extend(
                alerts.filter_map(|alert| notice::due(alert, at_ms, interval_ms, expression)),
            );
        }
        notices
    }

    /// What is known of it now.
    pub fn report(&self) -> GroupReport {
        let rules = self.rules.iter().map(|state| RuleReport {
            health: state.health.clone(),
            took_seconds: state.took_seconds,
            last_ms: state.last_ms,
            alerts: state.alerts.active().cloned().collect(),
        });
        GroupReport {
            definition: Arc::clone(&self.definition),
            took_seconds: self.took_seconds,
            last_ms: self.last_ms,
            rules: rules.collect(),
        }
    }

    /// Takes over what an earlier definition of the group knew of the rules that are still there;
    /// answers with the series of those that are not.
    pub fn take_over(&mut self, earlier: Self) -> BTreeSet<Labels> {
        self.last_ms = earlier.last_ms;
        let mut left: Vec<(&Rule, RuleState)> =
            earlier.definition.rules.iter().zip(earlier.rules).collect();
        for (rule, state) in self.definition.rules.iter().zip(&mut self.rules) {
            if let Some(place) = left.iter().position(|(known, _)| known.is(rule)) {
                *state = left.remove(place).1;
            }
        }
        left.into_iter().flat_map(|(_, state)| state.written).collect()
    }
}

/// What an evaluation of a rule goes by.
struct Work<'w> {
    rule: &'w Rule,
    limit: Option<usize>,
    /// The moment of the group, which alerts count by.
    tick_ms: i64,
    remembered: Option<&'w BTreeMap<Labels, i64>>,
}

impl RuleState {
    fn evaluate(
        &mut self,
        evaluation: &Evaluation<'_>,
        work: &Work<'_>,
    ) -> Result<Vec<(Labels, f64)>, String> {
        match &work.rule.kind {
            Kind::Recording => evaluation.recording(work.rule, work.limit),
            Kind::Alerting(alerting) => {
                let found = evaluation.alerts(work.rule, alerting)?;
                let bounds =
                    Bounds { rule: alerting, limit: work.limit, remembered: work.remembered };
                self.alerts.advance(found, work.tick_ms, bounds)
            }
        }
    }

    /// Notes what was found in place of what was before; answers with the ends of what is no longer.
    fn replace(&mut self, found: &[(Labels, f64)]) -> Vec<(Labels, f64)> {
        let now: BTreeSet<Labels> = found.iter().map(|(labels, _)| labels.clone()).collect();
        let gone = self.written.difference(&now).cloned();
        let ends = gone.map(|labels| (labels, f64::from_bits(STALE_BITS))).collect();
        self.written = now;
        ends
    }
}

/// The labels of an alert by its series.
pub fn alert_of(series: &Labels) -> Labels {
    series.without(&[METRIC, super::ALERT_STATE])
}
