//! What is turned away at the doors, and the connections that are ended, by why.

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

/// Why a remote write is refused as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// Its content type is none that is taken.
    ContentType,
    /// Its encoding is not.
    Encoding,
    /// It is no remote write.
    Malformed,
    /// It is larger than one may be.
    Large,
    /// What reads requests did not survive it.
    Panicked,
}

/// Every reason, in the order of the exposition.
const UNREAD: [(Unread, &str); 5] = [
    (Unread::ContentType, "content_type"),
    (Unread::Encoding, "encoding"),
    (Unread::Malformed, "malformed"),
    (Unread::Large, "too_large"),
    (Unread::Panicked, "panicked"),
];

/// Remote writes that were refused as a whole since the start.
#[derive(Debug, Default)]
pub struct Writes {
    refused: [AtomicU64; UNREAD.len()],
}

impl Writes {
    /// Counts one.
    pub fn refuse(&self, why: Unread) {
        let place = UNREAD.iter().position(|(known, _)| *known == why);
        if let Some(count) = place.and_then(|place| self.refused.get(place)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Each reason by name, and how many were refused for it.
    pub fn refused(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.refused.iter().map(|count| count.load(Ordering::Relaxed));
        UNREAD.iter().map(|(_, name)| *name).zip(counts)
    }
}

/// Why a connection is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shut {
    /// There are as many as there is room for.
    Full,
    /// What room is left is for those who were known before.
    Reserved,
    /// Its peer has as many as strangers may have.
    Peer,
    /// The system could not give it.
    System,
}

/// Every reason, in the order of the exposition.
const SHUT: [(Shut, &str); 4] = [
    (Shut::Full, "full"),
    (Shut::Reserved, "reserved"),
    (Shut::Peer, "peer"),
    (Shut::System, "system"),
];

/// Why a connection is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// A stranger stayed too long.
    Stranger,
    /// It kept silent, and its place went to another.
    Crowded,
    /// What was written was not taken in time.
    Write,
    /// No request came in time.
    Idle,
    /// The head of a request was longer, or had more headers, than is read.
    Large,
    /// What came was no request.
    Malformed,
}

/// Every reason, in the order of the exposition.
const CUT: [(Cut, &str); 6] = [
    (Cut::Stranger, "stranger"),
    (Cut::Crowded, "crowded"),
    (Cut::Write, "write"),
    (Cut::Idle, "idle"),
    (Cut::Large, "too_large"),
    (Cut::Malformed, "malformed"),
];

/// The connections of one listener.
#[derive(Debug, Default)]
pub struct ConnectionCounts {
    /// Those that are open.
    pub open: AtomicU64,
    refused: [AtomicU64; SHUT.len()],
    cut: [AtomicU64; CUT.len()],
}

impl ConnectionCounts {
    /// Counts one that is not taken.
    pub fn refuse(&self, why: Shut) {
        let place = SHUT.iter().position(|(known, _)| *known == why);
        if let Some(count) = place.and_then(|place| self.refused.get(place)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts one that is ended.
    pub fn cut(&self, why: Cut) {
        let place = CUT.iter().position(|(known, _)| *known == why);
        if let Some(count) = place.and_then(|place| self.cut.get(place)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Each reason not to take one by name, and how often it was one.
    pub fn refusals(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.refused.iter().map(|count| count.load(Ordering::Relaxed));
        SHUT.iter().map(|(_, name)| *name).zip(counts)
    }

    /// Each reason to end one by name, and how often it was one.
    pub fn cuts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.cut.iter().map(|count| count.load(Ordering::Relaxed));
        CUT.iter().map(|(_, name)| *name).zip(counts)
    }
}
