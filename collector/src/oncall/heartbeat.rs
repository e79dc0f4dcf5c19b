//! Heartbeats of others: who is to be heard of how often, and the alert of whoever is not.

use std::collections::{BTreeMap, BTreeSet};

use super::alert::{NAME, SEVERITY, Seen, Severity};
use super::id::fingerprint;
use crate::moments::iso;

/// The alert of somebody who is not heard of any more. No rule finds it.
pub const HEARTBEAT_MISSING: &str = "HeartbeatMissing";

/// The label with the name of whoever is missing.
pub const HEARTBEAT: &str = "heartbeat";

/// Who is to be heard of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeat {
    /// Their name.
    pub name: String,
    /// How often, in milliseconds.
    pub every_ms: i64,
    /// How late it may be, in milliseconds.
    pub grace_ms: i64,
    /// How urgent it is if it does not come.
    pub severity: Severity,
    /// What to do then.
    pub runbook: String,
}

/// What was heard, when, and since when anybody listens.
#[derive(Debug, Clone, Copy)]
pub struct Listening<'l> {
    /// When each was heard of last, Unix time in milliseconds.
    pub heard_ms: &'l BTreeMap<String, i64>,
    /// Fingerprints of alerts that stand.
    pub standing: &'l BTreeSet<u64>,
    /// Since when anybody could be heard.
    pub began_ms: i64,
    /// Now.
    pub at_ms: i64,
}

impl Heartbeat {
    /// What its alert is known by.
    pub fn fingerprint(&self) -> u64 {
        fingerprint(&format!("{HEARTBEAT_MISSING}\n{}", self.name))
    }

    /// The alert, if it is missing. While nobody listened it may have come, so that its time begins
    /// anew then; but whoever was missing before is so until heard of.
    pub fn missing(&self, listening: Listening<'_>) -> Option<Seen> {
        let Listening { heard_ms, standing, began_ms, at_ms } = listening;
        let heard_ms = heard_ms.get(&self.name).copied();
        let due_ms = |from_ms: i64| from_ms + self.every_ms + self.grace_ms;
        let stands = standing.contains(&self.fingerprint());
        let since_ms = match heard_ms {
            Some(heard_ms) if stands => due_ms(heard_ms),
            None if stands => at_ms,
            heard_ms => due_ms(heard_ms.unwrap_or(began_ms).max(began_ms)),
        };
        (at_ms >= since_ms).then(|| self.alert(heard_ms, since_ms))
    }

    fn alert(&self, heard_ms: Option<i64>, since_ms: i64) -> Seen {
        let name = &self.name;
        let summary = match heard_ms {
            Some(heard_ms) => {
                format!("{name} was last heard of at {}", iso(heard_ms - heard_ms % 1000))
            }
            None => format!("{name} was never heard of"),
        };
        let severity = self.severity.label();
        let labels = [(NAME, HEARTBEAT_MISSING), (HEARTBEAT, name), (SEVERITY, severity)];
        let annotations = [("summary", summary.as_str()), ("runbook", &self.runbook)];
        Seen::own(labels, annotations, since_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKUP: &str = "backup";

    fn backup() -> Heartbeat {
        Heartbeat {
            name: BACKUP.into(),
            every_ms: 1000,
            grace_ms: 100,
            severity: Severity::Page,
            runbook: String::new(),
        }
    }

    /// Since when it is missing.
    fn since(heard_ms: Option<i64>, stands: bool, began_ms: i64, at_ms: i64) -> Option<i64> {
        let heartbeat = backup();
        let heard_ms = heard_ms.map(|ms| (BACKUP.to_owned(), ms)).into_iter().collect();
        let standing = stands.then(|| heartbeat.fingerprint()).into_iter().collect();
        let listening = Listening { heard_ms: &heard_ms, standing: &standing, began_ms, at_ms };
        heartbeat.missing(listening).map(|seen| seen.since_ms)
    }

    #[test]
    fn what_is_late_beyond_its_grace_is_missing_until_it_is_heard_of() {
        for (heard_ms, stands, began_ms, at_ms, expected) in [
            (None, false, 0, 1099, None),
            (None, false, 0, 1100, Some(1100)),
            (Some(500), false, 0, 1599, None),
            (Some(500), false, 0, 1600, Some(1600)),
            // It may have come while the collector was away.
            (Some(500), false, 9000, 9500, None),
            (Some(500), false, 9000, 10_100, Some(10_100)),
            // But a restart ends no alert.
            (Some(500), true, 9000, 9500, Some(1600)),
            (None, true, 9000, 9500, Some(9500)),
            (Some(9400), true, 9000, 9500, None),
        ] {
            let case = (heard_ms, stands, began_ms, at_ms);
            assert_eq!(since(heard_ms, stands, began_ms, at_ms), expected, "{case:?}");
        }
    }
}
