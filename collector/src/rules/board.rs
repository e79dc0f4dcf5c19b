//! What is known of all groups after their last evaluation, for whoever shows it.

use std::sync::{Arc, Mutex, PoisonError};

use super::alert::{Alert, AlertState};
use super::definition::Group;

/// How a rule's last evaluation went.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Health {
    /// There was none.
    #[default]
    Unknown,
    /// Well.
    Good,
    /// It failed, and why.
    Bad(String),
}

/// One rule.
#[derive(Debug, Clone, Default)]
pub struct RuleReport {
    /// How its last evaluation went.
    pub health: Health,
    /// How long that took, in seconds.
    pub took_seconds: f64,
    /// When it was, Unix time in milliseconds.
    pub last_ms: Option<i64>,
    /// Its alerts that pend or fire.
    pub alerts: Vec<Alert>,
}

impl RuleReport {
    /// The furthest of its alerts.
    pub fn state(&self) -> AlertState {
        let states = self.alerts.iter().map(|alert| alert.state);
        states.max().unwrap_or(AlertState::Inactive)
    }
}

/// One group.
#[derive(Debug, Clone)]
pub struct GroupReport {
    /// As it is defined.
    pub definition: Arc<Group>,
    /// How long its last evaluation took, in seconds.
    pub took_seconds: f64,
    /// When it was, Unix time in milliseconds.
    pub last_ms: Option<i64>,
    /// A report of each rule, in their order.
    pub rules: Vec<RuleReport>,
}

/// The reports of all groups, in the order of their files.
#[derive(Debug, Default)]
pub struct Board(Mutex<Vec<Arc<GroupReport>>>);

impl Board {
    /// All reports.
    pub fn groups(&self) -> Vec<Arc<GroupReport>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces all of them.
    pub fn set_all(&self, reports: Vec<Arc<GroupReport>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = reports;
    }

    /// Replaces the report of one group, if it is still there.
    pub fn set(&self, report: GroupReport) {
        let mut reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = reports.iter_mut();
        let known =
            known.into_iter().find(|known| Arc::ptr_eq(&known.definition, &report.definition));
        if let Some(known) = known {
            *known = Arc::new(report);
        }
    }
}
