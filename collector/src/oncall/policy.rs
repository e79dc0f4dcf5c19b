//! What is configured of telling.

use super::alert::{NAME, Texts};
use super::cause::Topology;
use super::drill::{DRILL, Drill};
use super::heartbeat::Heartbeat;
use super::people::People;

/// How long things wait, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// How long the first alert of a group waits for others.
    pub wait_ms: i64,
    /// The time between two messages about a group that changes.
    pub interval_ms: i64,
    /// When what still stands is told again.
    pub repeat_ms: i64,
    /// How long an alert must be over before people are told so.
    pub calm_ms: i64,
    /// How long whoever takes a call has it.
    pub taken_ms: i64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            wait_ms: 30_000,
            interval_ms: 300_000,
            repeat_ms: 4 * 3_600_000,
            calm_ms: 300_000,
            taken_ms: 2 * 3_600_000,
        }
    }
}

/// What is configured of telling.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// How long things wait.
    pub timing: Timing,
    /// The labels that make a group; by cause if there are none.
    pub group_by: Option<Vec<String>>,
    /// What is where.
    pub topology: Topology,
    /// Receivers that are told of everything.
    pub feeds: Vec<String>,
    /// Who is called.
    pub people: People,
    /// Who is to be heard of.
    pub heartbeats: Vec<Heartbeat>,
    /// When there are drills.
    pub drill: Option<Drill>,
}

/// A moment, and what is configured.
#[derive(Debug, Clone, Copy)]
pub struct Now<'n> {
    /// Unix time in milliseconds.
    pub at_ms: i64,
    /// What is configured.
    pub policy: &'n Policy,
}

impl Now<'_> {
    /// How long things wait.
    pub fn timing(&self) -> Timing {
        self.policy.timing
    }

    /// Who is called.
    pub fn people(&self) -> &People {
        &self.policy.people
    }
}

impl Policy {
    /// What names the group of an alert. A drill is with no other, whatever labels make groups.
    pub fn group_of(&self, labels: &Texts) -> Vec<(String, String)> {
        let is_drill = labels.get(NAME).is_some_and(|name| name == DRILL);
        let Some(names) = self.group_by.as_ref().filter(|_| !is_drill) else {
            return vec![self.topology.cause_of(labels)];
        };
        let pair = |name: &String| Some((name.clone(), labels.get(name)?.clone()));
        names.iter().filter_map(pair).collect()
    }
}
