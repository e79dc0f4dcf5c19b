//! Whether what comes now would be durable, and why not: what was told last of writing and sealing,
//! and whether the place is still there.

use std::sync::Mutex;

use headroom_proto::chain::Chain;

use super::lock::lock;
use super::{Store, StoreError};

/// Why nothing is durable now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotDurable(String);

/// What failed last, until it works again.
#[derive(Debug, Default)]
pub struct Durability {
    writing: Mutex<Option<String>>,
    sealing: Mutex<Option<String>>,
}

impl Durability {
    /// Something was to be written.
    pub fn wrote<T>(&self, outcome: &Result<T, StoreError>) {
        *lock(&self.writing) = reason(outcome);
    }

    /// Memory was to be sealed.
    pub fn sealed<T>(&self, outcome: &Result<T, StoreError>) {
        *lock(&self.sealing) = reason(outcome);
    }
}

fn reason<T>(outcome: &Result<T, StoreError>) -> Option<String> {
    outcome.as_ref().err().map(|error| Chain(error).to_string())
}

impl Store {
    /// Whether what comes now would be durable. Looks at the disk, which may hang.
    pub fn durability(&self) -> Result<(), NotDurable> {
        let told = |error: &StoreError| NotDurable(Chain(error).to_string());
        self.place.check().map_err(|error| told(&error))?;
        // What is in memory lies in the log, too; but no more of it is taken than fits.
        let failed = lock(&self.durability.sealing).clone().filter(|_| self.is_full());
        if let Some(failed) = failed {
            return Err(NotDurable(format!("memory is full and cannot be sealed: {failed}")));
        }
        lock(&self.durability.writing).clone().map_or(Ok(()), |failed| Err(NotDurable(failed)))
    }
}
