//! Receivers that are told of everything, as Alertmanager tells: after a wait, again when the group
//! changes, at the end, and now and then while it stands.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::alerts::Alerts;
use super::message::{Reason, Status};
use super::policy::Now;

/// What receivers of everything were told of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// Since when something stands that they were not told of, Unix time in milliseconds.
    pub waits_ms: Option<i64>,
    /// When they were told last.
    pub told_ms: Option<i64>,
    /// What they were told stands.
    pub firing: BTreeSet<u64>,
}

/// What they are told now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedTold {
    /// Why.
    pub reason: Reason,
    /// Whether it goes on.
    pub status: Status,
    /// Of which alerts.
    pub fingerprints: BTreeSet<u64>,
}

impl Feed {
    /// Whether the end of an alert is still to be told.
    pub fn has(&self, fingerprint: u64) -> bool {
        self.firing.contains(&fingerprint)
    }

    /// Nothing was at a moment to come.
    pub fn rewind(&mut self, at_ms: i64) {
        for known_ms in [&mut self.waits_ms, &mut self.told_ms].into_iter().flatten() {
            *known_ms = at_ms.min(*known_ms);
        }
    }

    /// What is to be told at a moment of a group of which these alerts stand, and are not muted.
    pub fn advance(
        &mut self,
        alerts: &Alerts,
        active: &BTreeSet<u64>,
        now: Now<'_>,
    ) -> Option<FeedTold> {
        let (at_ms, timing) = (now.at_ms, now.timing());
        if self.firing.is_empty() {
            if active.is_empty() {
                self.waits_ms = None;
                return None;
            }
            let since_ms = *self.waits_ms.get_or_insert(at_ms);
            if at_ms - since_ms < timing.wait_ms {
                return None;
            }
            self.note(active, &BTreeSet::new(), at_ms);
            let (reason, status) = (Reason::First, Status::Firing);
            return Some(FeedTold { reason, status, fingerprints: active.clone() });
        }
        let told_ms = self.told_ms.unwrap_or(at_ms);
        if at_ms - told_ms < timing.interval_ms {
            return None;
        }
        let is_over = |print: &&u64| alerts.0.get(print).is_none_or(|known| !known.stands());
        let over: BTreeSet<u64> = self.firing.iter().filter(is_over).copied().collect();
        let all_over = active.is_empty() && over.len() == self.firing.len();
        let reason = if all_over {
            Reason::Over
        } else if active.difference(&self.firing).next().is_some() {
            Reason::More
        } else if !over.is_empty() {
            Reason::Less
        } else if at_ms - told_ms >= timing.repeat_ms && !active.is_empty() {
            Reason::Still
        } else {
            return None;
        };
        self.note(active, &over, at_ms);
        let status = if all_over { Status::Resolved } else { Status::Firing };
        Some(FeedTold { reason, status, fingerprints: active.union(&over).copied().collect() })
    }

    /// Notes that these are told to stand, and those to be over.
    fn note(&mut self, active: &BTreeSet<u64>, over: &BTreeSet<u64>, at_ms: i64) {
        (self.told_ms, self.waits_ms) = (Some(at_ms), None);
        self.firing.extend(active);
        self.firing.retain(|print| !over.contains(print));
    }
}
