//! What is turned away at the doors, by why.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why a request over HTTP is turned away before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turned {
    /// It is for another host.
    Host,
    /// A page from elsewhere sends it.
    Page,
    /// Its writer shows no token that is known.
    Token,
}

/// Every reason, in the order of the exposition.
const TURNED: [(Turned, &str); 3] =
    [(Turned::Host, "host"), (Turned::Page, "page"), (Turned::Token, "token")];

/// What was turned away since the start.
#[derive(Debug, Default)]
pub struct Doors {
    turned: [AtomicU64; TURNED.len()],
}

impl Doors {
    /// Counts a request.
    pub fn turn_away(&self, why: Turned) {
        let place = TURNED.iter().position(|(known, _)| *known == why);
        if let Some(count) = place.and_then(|place| self.turned.get(place)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Each reason by name, and how many requests were turned away for it.
    pub fn turned(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.turned.iter().map(|count| count.load(Ordering::Relaxed));
        TURNED.iter().map(|(_, name)| *name).zip(counts)
    }
}
