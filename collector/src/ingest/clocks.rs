//! The clocks of the collector and its agents, held against each other.

mod votes;

use std::sync::{Arc, Mutex, PoisonError};

use self::votes::Votes;
use crate::clock::Clock;

/// What the doors share of clocks.
pub struct Clocks {
    own: Arc<Clock>,
    votes: Mutex<Votes>,
}

impl Clocks {
    /// The collector's own, and of agents none yet; the store holds data up to `newest_ms`.
    pub fn new(own: Arc<Clock>, newest_ms: Option<i64>) -> Self {
        Self { own, votes: Mutex::new(Votes::new(newest_ms)) }
    }

    /// An agent said its Unix time in milliseconds, or that it does not say it: 0.
    pub(super) fn hear(&self, instance: &Arc<str>, unix_ms: i64) {
        let said = (unix_ms != 0).then_some(unix_ms);
        self.votes.lock().unwrap_or_else(PoisonError::into_inner).hear(
            instance,
            said,
            self.own.look(),
        );
    }

    /// Whether it may be the collector's clock that makes what a sender sent old or future.
    pub(super) fn doubt(&self, sender: Option<&str>) -> bool {
        let votes = self.votes.lock().unwrap_or_else(PoisonError::into_inner);
        votes.doubt(sender, self.own.look())
    }
}
