//! Rules on trial: files of unit tests as promtool has them, read and run. What must fire, with
//! which texts, and what expressions must answer.

mod check;
mod plan;
mod values;

use std::sync::Arc;

use super::book::Book;
use super::definition::{Group, Kind};
use super::evaluation::{Surroundings, Tick};
use super::mistake::Mistakes;
use super::{Alert, AlertState};
use crate::samples::{Budget, Memory};

pub use self::plan::Plan;
use self::plan::Trial;

/// The most moments at which a test evaluates its rules.
const MOMENTS: i64 = 100_000;

/// The most memory that one test may take, in bytes.
const BYTES: u64 = 1 << 30;

impl Plan {
    /// Reads a file of tests.
    pub fn read(file: &str, text: &str) -> Result<Self, Mistakes> {
        plan::read(file, text)
    }

    /// Runs all tests with the groups of the files that the plan names; answers with what is not as
    /// it must be.
    pub fn run(&self, groups: &dyn Fn() -> Vec<Group>) -> Vec<String> {
        let mut failures = Vec::new();
        for trial in &self.trials {
            let mut found = Run::new(self, trial, groups()).all();
            if let Some(name) = trial.name.as_ref().filter(|_| !found.is_empty()) {
                found.insert(0, format!("    name: {name},"));
            }
            failures.extend(found);
        }
        failures
    }
}

/// One test at work.
struct Run<'t> {
    plan: &'t Plan,
    trial: &'t Trial,
    book: Book,
    samples: Memory,
    surroundings: Surroundings,
}

impl<'t> Run<'t> {
    fn new(plan: &'t Plan, trial: &'t Trial, mut groups: Vec<Group>) -> Self {
        let place =
            |group: &Group| plan.order.iter().position(|name| *name == group.name).unwrap_or(0);
        groups.sort_by_key(place);
        let mut book = Book::default();
        book.replace(groups);
        let mut samples = Memory::default();
        for series in &trial.series {
            for (place, value) in series.values.iter().enumerate() {
                if let Some(value) = value {
                    samples.put(&series.labels, place as i64 * trial.interval_ms, *value);
                }
            }
        }
        let surroundings = Surroundings {
            external_labels: Arc::new(trial.external_labels.clone()),
            external_url: trial.external_url.clone(),
        };
        Self { plan, trial, book, samples, surroundings }
    }

    fn all(mut self) -> Vec<String> {
        let interval_ms = self.plan.evaluation_interval_ms;
        let last_ms = self.trial.last_ms();
        if last_ms / interval_ms > MOMENTS {
            return vec![format!("    evaluates at more than {MOMENTS} moments")];
        }
        let mut failures = Vec::new();
        let mut at_ms = 0;
        while at_ms <= last_ms {
            failures.extend(self.tick(at_ms));
            for expected in &self.trial.alerts {
                if (at_ms..at_ms + interval_ms).contains(&expected.at_ms) {
                    let found = self.firing(&expected.alert);
                    failures.extend(check::alerts(expected, &found));
                }
            }
            at_ms += interval_ms;
        }
        let budget = budget();
        for expected in &self.trial.expressions {
            failures.extend(check::expression(expected, &self.samples, &budget));
        }
        failures
    }

    /// Evaluates all groups, whatever their intervals, as promtool does.
    fn tick(&mut self, at_ms: i64) -> Vec<String> {
        let mut failures = Vec::new();
        let mut place = 0;
        while let Some(group) = self.book.group(place).cloned() {
            let budget = budget();
            let tick = Tick {
                samples: &self.samples,
                budget: &budget,
                at_ms,
                surroundings: &self.surroundings,
                stopwatch: &|| 0.0,
            };
            let outcome = group.evaluate(&tick);
            for (rule, report) in group.definition().rules.iter().zip(&outcome.report.rules) {
                if let super::Health::Bad(error) = &report.health {
                    let name = &rule.name;
                    failures.push(format!("    rule: {name}, time: {at_ms}ms, err: {error}"));
                }
            }
            for written in outcome.written {
                self.samples.put(&written.labels, written.at_ms, written.value);
            }
            place += 1;
        }
        failures
    }

    fn firing(&self, name: &str) -> Vec<Alert> {
        let mut firing = Vec::new();
        for group in self.book.reports() {
            for (rule, report) in group.definition.rules.iter().zip(&group.rules) {
                let is_asked = matches!(rule.kind, Kind::Alerting(_)) && rule.name == name;
                let alerts = report.alerts.iter().filter(|_| is_asked);
                firing.extend(alerts.filter(|alert| alert.state == AlertState::Firing).cloned());
            }
        }
        firing
    }
}

fn budget() -> Budget {
    use crate::samples::{Limits, Pool, Stop};
    let limits = Limits { samples: usize::MAX, series: usize::MAX, bytes: BYTES };
    Budget::new(limits, Pool::new(BYTES), Stop::default())
}

#[cfg(test)]
mod tests;
