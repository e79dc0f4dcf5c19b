//! The states of one alerting rule from moment to moment, as Prometheus moves them.

use std::collections::{BTreeMap, BTreeSet};

use super::alert::{Alert, AlertState};
use super::definition::Alerting;
use super::{ALERT_STATE, ALERTS, ALERTS_FOR_STATE};
use crate::samples::{Labels, METRIC};

/// How long an alert that has ended is kept, so that its end is told, in milliseconds.
const RESOLVED_RETENTION_MS: i64 = 15 * 60_000;

/// What the rule found of one alert.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What it says of it.
    pub annotations: Vec<(String, String)>,
    /// Its value.
    pub value: f64,
}

/// The alerts of one rule.
#[derive(Debug, Default)]
pub struct Alerts(pub BTreeMap<Labels, Alert>);

/// What stands of a rule's limit in its way.
#[derive(Debug, Clone, Copy)]
pub struct Bounds<'b> {
    /// The rule.
    pub rule: &'b Alerting,
    /// The most alerts at once.
    pub limit: Option<usize>,
    /// Since when alerts pended before a restart.
    pub remembered: Option<&'b BTreeMap<Labels, i64>>,
}

impl Alerts {
    /// Goes on to a moment at which so much was found; answers with the series to write.
    pub fn advance(
        &mut self,
        found: BTreeMap<Labels, Finding>,
        at_ms: i64,
        bounds: Bounds<'_>,
    ) -> Result<Vec<(Labels, f64)>, String> {
        self.rewind(at_ms);
        let present: BTreeSet<Labels> = found.keys().cloned().collect();
        for (labels, Finding { annotations, value }) in found {
            let known = self.0.get_mut(&labels).filter(|known| known.state != AlertState::Inactive);
            if let Some(known) = known {
                (known.annotations, known.value) = (annotations, value);
                continue;
            }
            let before = bounds.remembered.and_then(|remembered| remembered.get(&labels)).copied();
            let active_at_ms = before.filter(|before| *before <= at_ms).unwrap_or(at_ms);
            let alert = Alert {
                labels: labels.clone(),
                annotations,
                state: AlertState::Pending,
                value,
                active_at_ms,
                fired_at_ms: None,
                resolved_at_ms: None,
                kept_since_ms: None,
                told_at_ms: None,
            };
            self.0.insert(labels, alert);
        }
        let mut active = 0;
        let mut written = Vec::new();
        self.0.retain(|labels, alert| {
            let is_present = present.contains(labels);
            let (is_kept, stays) = if is_present {
                alert.kept_since_ms = None;
                (true, true)
            } else {
                end(alert, at_ms, bounds.rule.keep_firing_ms)
            };
            if is_kept {
                active += 1;
                let is_due = at_ms - alert.active_at_ms >= bounds.rule.hold_ms;
                if alert.state == AlertState::Pending && is_due {
                    alert.state = AlertState::Firing;
                    alert.fired_at_ms = Some(at_ms);
                }
                written.extend(series(alert));
            }
            stays
        });
        match bounds.limit.filter(|limit| active > *limit) {
            None => Ok(written),
            Some(limit) => {
                self.0.clear();
                Err(format!("exceeded limit of {limit} with {active} alerts"))
            }
        }
    }

    /// The clock may have been set back: nothing began at a moment to come, or it would pend until then.
    fn rewind(&mut self, at_ms: i64) {
        for alert in self.0.values_mut() {
            alert.active_at_ms = at_ms.min(alert.active_at_ms);
            let others = [&mut alert.fired_at_ms, &mut alert.resolved_at_ms];
            let others =
                others.into_iter().chain([&mut alert.kept_since_ms, &mut alert.told_at_ms]);
            others.flatten().for_each(|known_ms| *known_ms = at_ms.min(*known_ms));
        }
    }

    /// Those that pend or fire.
    pub fn active(&self) -> impl Iterator<Item = &Alert> {
        self.0.values().filter(|alert| alert.resolved_at_ms.is_none())
    }
}

/// Nothing is found any more: whether the alert goes on firing, and whether it is kept at all.
fn end(alert: &mut Alert, at_ms: i64, keep_firing_ms: i64) -> (bool, bool) {
    if alert.state == AlertState::Firing && keep_firing_ms > 0 {
        let since_ms = *alert.kept_since_ms.get_or_insert(at_ms);
        if at_ms - since_ms < keep_firing_ms {
            return (true, true);
        }
    }
    let is_told = alert.resolved_at_ms.is_some_and(|end| at_ms - end > RESOLVED_RETENTION_MS);
    let stays = alert.state != AlertState::Pending && !is_told;
    if alert.state != AlertState::Inactive {
        alert.state = AlertState::Inactive;
        alert.resolved_at_ms = Some(at_ms);
    }
    (false, stays)
}

/// What is written of an alert while it pends or fires.
fn series(alert: &Alert) -> [(Labels, f64); 2] {
    let labels = &alert.labels;
    let state = labels.with(METRIC, ALERTS).with(ALERT_STATE, alert.state.name());
    let since = labels.with(METRIC, ALERTS_FOR_STATE);
    [(state, 1.0), (since, alert.active_at_ms.div_euclid(1000) as f64)]
}

#[cfg(test)]
mod tests;
