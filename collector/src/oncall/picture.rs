//! What is known at one moment, after all rules that were due have been evaluated.

use std::collections::{BTreeMap, BTreeSet};

use super::alert::{Known, Seen, Standing};

/// What is known at one moment.
#[derive(Debug, Clone, Default)]
pub struct Picture {
    /// The moment, Unix time in milliseconds.
    pub at_ms: i64,
    /// Since when the collector runs.
    pub began_ms: i64,
    /// What fires, by fingerprint.
    pub seen: BTreeMap<u64, Seen>,
    /// How rules stand.
    pub verdicts: Verdicts,
    /// The newest sample of each agent that has spoken within the last day.
    pub heard_ms: BTreeMap<String, i64>,
    /// Until when a page about a host can wait, as nobody is there before: by host.
    pub quiet_ms: BTreeMap<String, i64>,
    /// Agents that are expected to speak.
    pub agents: BTreeSet<String>,
}

/// How the rules stand, by the name of their alerts.
#[derive(Debug, Clone, Default)]
pub struct Verdicts {
    /// Rules that there are.
    pub present: BTreeSet<String>,
    /// Those of them that have not been evaluated yet, or failed.
    pub unjudged: BTreeSet<String>,
}

impl Picture {
    /// How an alert stands that no rule finds now.
    pub fn standing_of_unseen(&self, known: &Known) -> Standing {
        if let Some(until_ms) = known.until_ms {
            return Standing::Ended { at_ms: until_ms.min(self.at_ms) };
        }
        let is_removed = !self.verdicts.present.contains(known.name());
        if !is_removed && self.verdicts.unjudged.contains(known.name()) {
            return known.standing;
        }
        if is_removed || self.has_spoken_since(known) {
            return Standing::Ended { at_ms: self.at_ms };
        }
        match known.standing {
            Standing::Firing => Standing::Unknown { since_ms: self.at_ms },
            Standing::Unknown { .. } | Standing::Ended { .. } => known.standing,
        }
    }

    /// Whether what an alert is about has spoken since the alert was found last. Of what is no agent,
    /// the rule's word counts.
    fn has_spoken_since(&self, known: &Known) -> bool {
        let Some(speaker) = known.speaker() else { return true };
        match self.heard_ms.get(speaker) {
            Some(heard_ms) => *heard_ms > known.found_ms,
            None => !self.agents.contains(speaker),
        }
    }
}
