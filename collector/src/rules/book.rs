//! All groups: which are due when, what a new reading of the files takes over, which series ended
//! with their rules, and what is remembered from before a restart.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use headroom_proto::metric::STALE_BITS;

use super::board::GroupReport;
use super::definition::Group;
use super::evaluation::Tick;
use super::group::{GroupState, Written, alert_of};
use super::notice::Notice;
use super::{ALERTS, ALERTS_FOR_STATE, OUTAGE_TOLERANCE_MS};
use crate::samples::{
    Budget, Hints, Labels, METRIC, Matcher, ReadError, Samples, Selection, TimeRange,
};

/// How long after a start what pended before it is remembered, in milliseconds: hosts speak again
/// within that.
const REMEMBERED_MS: i64 = 120_000;

/// Who was away for so long at the most, in milliseconds, finds at once what still is: what a group does not find
/// then is over.
const SHORT_MS: i64 = 30_000;

/// What one evaluation of one group brought.
#[derive(Debug)]
pub struct Outcome {
    /// What is to be stored.
    pub written: Vec<Written>,
    /// Rules that were evaluated.
    pub evaluated: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// What is to be told.
    pub notices: Vec<Notice>,
    /// What is known of the group now.
    pub report: GroupReport,
}

/// A group that is evaluated by one at a time.
#[derive(Debug, Clone)]
pub struct SharedGroup {
    state: Arc<Mutex<GroupState>>,
    definition: Arc<Group>,
    remembered: Arc<Remembered>,
}

/// What was known before a restart.
#[derive(Debug, Default)]
struct Remembered {
    /// Since when alerts pend or fire, Unix time in milliseconds.
    since_ms: BTreeMap<Labels, i64>,
    until_ms: i64,
    /// Whether it was a moment ago.
    is_short: bool,
}

impl SharedGroup {
    /// As it is defined.
    pub fn definition(&self) -> &Arc<Group> {
        &self.definition
    }

    /// Evaluates it.
    pub fn evaluate(&self, tick: &Tick<'_>) -> Outcome {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Remembered { since_ms, until_ms, is_short } = &*self.remembered;
        let is_remembered = tick.at_ms <= *until_ms && !(*is_short && state.is_evaluated());
        let remembered = is_remembered.then_some(since_ms);
        let (written, counted) = state.evaluate(tick, remembered);
        Outcome {
            written,
            evaluated: counted.evaluated,
            failed: counted.failed,
            notices: state.notices(tick.at_ms),
            report: state.report(),
        }
    }
}

/// All groups, in the order of their files.
#[derive(Debug, Default)]
pub struct Book {
    groups: Vec<SharedGroup>,
    remembered: Arc<Remembered>,
    /// Series that nobody may write any more, until each group has had its turn.
    orphans: BTreeSet<Labels>,
    /// Which groups have not had it, by their place.
    waiting: BTreeSet<usize>,
}

impl Book {
    /// What was written before a restart is remembered: since when alerts pend, and which series
    /// have to end if they are found no longer.
    pub fn remember(
        &mut self,
        samples: &dyn Samples,
        budget: &Budget,
        now_ms: i64,
    ) -> Result<(), ReadError> {
        let matchers = [Matcher::one_of(METRIC, [ALERTS, ALERTS_FOR_STATE])];
        let range = TimeRange { from_ms: now_ms - OUTAGE_TOLERANCE_MS, to_ms: now_ms };
        let found = samples.select(Selection { matchers: &matchers, range }, Hints::ALL, budget)?;
        let newest_ms = found.iter().filter_map(|series| series.timestamps.last()).max();
        let is_short = newest_ms.is_some_and(|newest_ms| now_ms - newest_ms <= SHORT_MS);
        let mut since_ms = BTreeMap::new();
        for series in found {
            let Some(value) = series.values.last().filter(|value| value.to_bits() != STALE_BITS)
            else {
                continue;
            };
            if series.labels.metric() == ALERTS_FOR_STATE {
                since_ms.insert(alert_of(&series.labels), (value * 1000.0) as i64);
            }
            self.orphans.insert(series.labels);
        }
        let until_ms = now_ms + REMEMBERED_MS;
        self.remembered = Arc::new(Remembered { since_ms, until_ms, is_short });
        Ok(())
    }

    /// Replaces all definitions. Rules that are still there go on as they were.
    pub fn replace(&mut self, definitions: Vec<Group>) {
        let mut earlier: BTreeMap<(Arc<str>, String), GroupState> = BTreeMap::new();
        for group in std::mem::take(&mut self.groups) {
            let key = (Arc::clone(&group.definition.file), group.definition.name.clone());
            let mut state = group.state.lock().unwrap_or_else(PoisonError::into_inner);
            let empty = GroupState::new(Arc::clone(&group.definition));
            earlier.insert(key, std::mem::replace(&mut *state, empty));
        }
        for definition in definitions {
            let definition = Arc::new(definition);
            let key = (Arc::clone(&definition.file), definition.name.clone());
            let mut state = GroupState::new(Arc::clone(&definition));
            if let Some(earlier) = earlier.remove(&key) {
                self.orphans.extend(state.take_over(earlier));
            }
            let remembered = Arc::clone(&self.remembered);
            let state = Arc::new(Mutex::new(state));
            self.groups.push(SharedGroup { state, definition, remembered });
        }
        for gone in earlier.into_values() {
            self.orphans.extend(gone.rules.into_iter().flat_map(|rule| rule.written));
        }
        self.waiting = (0..self.groups.len()).collect();
    }

    /// The group at a place.
    pub fn group(&self, place: usize) -> Option<&SharedGroup> {
        self.groups.get(place)
    }

    /// What is known of all groups now.
    pub fn reports(&self) -> Vec<Arc<GroupReport>> {
        let report = |group: &SharedGroup| {
            Arc::new(group.state.lock().unwrap_or_else(PoisonError::into_inner).report())
        };
        self.groups.iter().map(report).collect()
    }

    /// The next moment after `now_ms` at which any group is due: whole multiples of its interval.
    pub fn next_ms(&self, now_ms: i64) -> Option<i64> {
        let next = |group: &SharedGroup| {
            let interval_ms = group.definition.interval_ms;
            (now_ms.div_euclid(interval_ms) + 1) * interval_ms
        };
        self.groups.iter().map(next).min()
    }

    /// The places of the groups that are due at a moment.
    pub fn due(&self, at_ms: i64) -> Vec<usize> {
        let is_due = |(place, group): (usize, &SharedGroup)| {
            (at_ms.rem_euclid(group.definition.interval_ms) == 0).then_some(place)
        };
        self.groups.iter().enumerate().filter_map(is_due).collect()
    }

    /// Notes that a group has written; answers with the ends of series that nobody writes any more,
    /// once each group has had its turn.
    pub fn note(&mut self, place: usize, written: &[Written], at_ms: i64) -> Vec<Written> {
        for sample in written {
            self.orphans.remove(&sample.labels);
        }
        self.waiting.remove(&place);
        if !self.waiting.is_empty() {
            return Vec::new();
        }
        let end = |labels| Written { labels, at_ms, value: f64::from_bits(STALE_BITS) };
        std::mem::take(&mut self.orphans).into_iter().map(end).collect()
    }
}

#[cfg(test)]
mod tests;
