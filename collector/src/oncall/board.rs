//! What is known at the desk after its last moment, for whoever shows it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::desk::Desk;

/// What is shown.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// All groups and silences.
    pub desk: Desk,
    /// Why alerts are not told, by fingerprint.
    pub muted: BTreeMap<u64, String>,
    /// Until when pages wait, as nobody is there before: by fingerprint.
    pub waits: BTreeMap<u64, i64>,
    /// Messages that wait.
    pub waiting: usize,
    /// When the first of those that are not on their way is due, Unix time in milliseconds.
    pub due_ms: Option<i64>,
    /// When it was so, Unix time in milliseconds; nothing was decided yet if there is none.
    pub at_ms: Option<i64>,
}

/// What is shown now.
#[derive(Debug, Default)]
pub struct Board(Mutex<Arc<Shown>>);

impl Board {
    /// As it is now.
    pub fn now(&self) -> Arc<Shown> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces it.
    pub fn set(&self, shown: Shown) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(shown);
    }
}
