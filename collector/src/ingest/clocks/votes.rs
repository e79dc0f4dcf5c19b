//! Whose clock is wrong, the collector's or an agent's, by what all agents say. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use headroom_proto::limits::MAX_FUTURE;

use crate::clock::Standing;

/// A clock that nobody confirms is relied on once it has stood for so long.
const STAND_MS: i64 = 3_600_000;

/// What each agent's clock said, and what that means for the collector's.
#[derive(Debug, Default)]
pub struct Votes {
    /// By agent: its Unix time, less the time that had elapsed here when it said so.
    origins_ms: HashMap<Arc<str>, i64>,
    /// The newest moment of which something was stored before the start.
    newest_ms: Option<i64>,
}

impl Votes {
    /// Nobody has said anything yet; the store holds data up to `newest_ms`.
    pub fn new(newest_ms: Option<i64>) -> Self {
        Self { origins_ms: HashMap::new(), newest_ms }
    }

    /// Takes what an agent's clock says; nothing, if it does not say.
    pub fn hear(&mut self, instance: &Arc<str>, unix_ms: Option<i64>, own: Standing) {
        match unix_ms {
            Some(unix_ms) => {
                let origin_ms = unix_ms.saturating_sub(own.elapsed_ms);
                self.origins_ms.insert(Arc::clone(instance), origin_ms);
            }
            None => drop(self.origins_ms.remove(instance)),
        }
    }

    /// Whether it may be the collector's clock that makes what `sender` sent old or future. Of what
    /// it sends while its clock agrees, the moments themselves are wrong; an agent whose clock is off
    /// alone is refused.
    pub fn doubt(&self, sender: Option<&str>, own: Standing) -> bool {
        let agrees = |origin_ms: &i64| {
            let theirs_ms = origin_ms.saturating_add(own.elapsed_ms);
            theirs_ms.abs_diff(own.unix_ms) <= MAX_FUTURE.as_millis() as u64
        };
        let said = sender.and_then(|sender| self.origins_ms.get(sender));
        if said.is_some_and(agrees) {
            return false;
        }
        let (agreeing, others): (Vec<i64>, Vec<i64>) =
            self.origins_ms.values().partition(|origin_ms| agrees(origin_ms));
        let (agreeing, others) = (agreeing.len(), others.len());
        if others >= 2 && others > agreeing {
            return true;
        }
        if agreeing > others || own.stood_ms >= STAND_MS {
            return false;
        }
        // One says this, the other that, and the time has not shown yet who is right.
        let ahead_ms = self.newest_ms.map_or(0, |newest_ms| newest_ms.saturating_sub(own.unix_ms));
        let is_behind = ahead_ms > MAX_FUTURE.as_millis() as i64;
        said.is_some() || own.was_set || is_behind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_800_000_000_000;
    const HOUR_MS: i64 = 3_600_000;
    const FAR_MS: i64 = 100 * 24 * HOUR_MS;

    /// What is doubted of agents whose clocks are so far ahead of the collector's, one after the
    /// other, and of a sender that has none.
    fn doubted(ahead_ms: &[i64], stood_ms: i64, was_set: bool) -> Vec<bool> {
        let own = Standing { unix_ms: NOW_MS, elapsed_ms: 5 * HOUR_MS, stood_ms, was_set };
        let mut votes = Votes::new(Some(NOW_MS - HOUR_MS));
        let names: Vec<Arc<str>> = (0..ahead_ms.len()).map(|n| n.to_string().into()).collect();
        for (name, ahead_ms) in names.iter().zip(ahead_ms) {
            // An hour ago; since then both have gone on.
            let then = Standing { elapsed_ms: 4 * HOUR_MS, ..own };
            votes.hear(name, Some(NOW_MS - HOUR_MS + ahead_ms), then);
        }
        let senders = names.iter().map(|name| Some(&**name)).chain([None, Some("silent")]);
        senders.map(|sender| votes.doubt(sender, own)).collect()
    }

    #[test]
    fn an_agent_that_is_off_alone_is_refused_and_a_collector_that_is_off_waits() {
        let (fresh, old) = (HOUR_MS / 2, HOUR_MS);
        // The agents' own doubts, then those of senders without a clock.
        for (ahead_ms, stood_ms, was_set, expected) in [
            (&[0, 0][..], fresh, false, &[false, false, false, false][..]),
            (&[], fresh, false, &[false, false]),
            (&[], fresh, true, &[true, true]),
            (&[], old, true, &[false, false]),
            // One agent against the collector: the time has to show who is right.
            (&[FAR_MS], fresh, false, &[true, false, false]),
            (&[FAR_MS], old, false, &[false, false, false]),
            (&[0, -FAR_MS], fresh, false, &[false, true, false, false]),
            (&[0, -FAR_MS], fresh, true, &[false, true, true, true]),
            (&[0, -FAR_MS], old, true, &[false, false, false, false]),
            // Off alone, or nearly so.
            (&[0, 0, FAR_MS], fresh, false, &[false, false, false, false, false]),
            (&[300_000, -300_000, 300_001], fresh, true, &[false, false, false, false, false]),
            (&[0, 0, 0, FAR_MS, -FAR_MS], fresh, true, &[false; 7]),
            // Most of several are right, however long the collector's clock has stood.
            (&[-FAR_MS, -FAR_MS], old, false, &[true, true, true, true]),
            (&[0, -FAR_MS, -FAR_MS], old, false, &[false, true, true, true, true]),
        ] {
            assert_eq!(
                doubted(ahead_ms, stood_ms, was_set),
                expected,
                "{ahead_ms:?} {stood_ms} {was_set}"
            );
        }
    }

    #[test]
    fn a_clock_behind_what_is_stored_is_doubted_until_it_has_stood() {
        let votes = Votes::new(Some(NOW_MS + 300_001));
        let own =
            |stood_ms| Standing { unix_ms: NOW_MS, elapsed_ms: stood_ms, stood_ms, was_set: false };
        assert!(votes.doubt(None, own(0)) && votes.doubt(Some("ca1"), own(HOUR_MS - 1)));
        assert!(!votes.doubt(None, own(HOUR_MS)));
        assert!(!Votes::new(None).doubt(None, own(0)));
    }

    #[test]
    fn an_agent_that_says_nothing_any_more_has_no_vote() {
        let own = Standing { unix_ms: NOW_MS, elapsed_ms: 0, stood_ms: HOUR_MS, was_set: false };
        let mut votes = Votes::new(None);
        let names: [Arc<str>; 2] = ["ca1".into(), "ca2".into()];
        for name in &names {
            votes.hear(name, Some(NOW_MS - FAR_MS), own);
        }
        assert!(votes.doubt(Some("ca1"), own));
        votes.hear(&names[1], None, own);
        assert!(!votes.doubt(Some("ca1"), own));
    }
}
