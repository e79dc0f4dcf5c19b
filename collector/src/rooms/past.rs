//! What was found of the past of one host's rooms, or of all, as long as that stands still.

use std::sync::Arc;

use crate::kept::{Kept, Room, Weighs};

/// About how many hosts are looked at.
const HOSTS: usize = 64;

/// The newest finds, by host.
pub struct Finds<T>(Kept<Whole, OfPast<T>>);

/// What was found of the past that begins somewhere.
pub struct OfPast<T> {
    /// Of what was settled then.
    pub version: u64,
    /// Where it begins, Unix time in milliseconds.
    pub from_ms: i64,
    /// What was found.
    pub found: T,
}

/// A host, or all of them.
#[derive(PartialEq, Eq, Hash)]
struct Whole(Option<String>);

impl Weighs for Whole {
    fn bytes(&self) -> u64 {
        self.0.as_ref().map_or(0, String::len) as u64
    }
}

impl<T: Weighs> Weighs for OfPast<T> {
    fn bytes(&self) -> u64 {
        self.found.bytes()
    }
}

impl<T: Weighs> Finds<T> {
    /// Keeps as much as fits into so many bytes.
    pub fn new(bytes: u64) -> Self {
        Self(Kept::new(Room { bytes, values: HOSTS }))
    }

    /// What is known of the past that begins at a moment, if that has not changed since.
    pub fn of(&self, host: Option<&str>, from_ms: i64, version: u64) -> Option<Arc<OfPast<T>>> {
        let known = self.0.get(&Whole(host.map(str::to_owned)))?;
        (known.from_ms == from_ms && known.version == version).then_some(known)
    }

    /// Keeps what was found in place of what was known.
    pub fn keep(&self, host: Option<&str>, past: OfPast<T>) {
        self.0.keep(Whole(host.map(str::to_owned)), past);
    }
}
