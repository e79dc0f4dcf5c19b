//! What only this collector knows: meetings, losses, and the state of the store itself.
//!
//! No other engine has it, so it is read from here whatever samples are read from.

use std::sync::Arc;

use super::{LostInterval, Meeting, Store, StoreError, StoreState};
use crate::samples::{Budget, ReadError, TimeRange};

/// The way to the records of a store; clones read the same.
#[derive(Clone)]
pub struct Records(Arc<Store>);

impl Records {
    /// Of this store.
    pub fn of(store: &Arc<Store>) -> Self {
        Self(Arc::clone(store))
    }

    /// The losses of `instance` that touch `range`.
    pub fn losses(
        &self,
        instance: &str,
        range: TimeRange,
        budget: &Budget,
    ) -> Result<Vec<LostInterval>, ReadError> {
        budget.check()?;
        let found = self.0.losses(instance, range).map_err(failed)?;
        budget.hold(size_of_val(found.as_slice()) as u64)?;
        Ok(found)
    }

    /// The meetings of `instance` that touch `range`, by their start.
    pub fn meetings(
        &self,
        instance: &str,
        range: TimeRange,
        budget: &Budget,
    ) -> Result<Vec<Meeting>, ReadError> {
        budget.check()?;
        let found = self.0.meetings(instance, range).map_err(failed)?;
        budget.hold(size_of_val(found.as_slice()) as u64)?;
        Ok(found)
    }

    /// What the store says of itself.
    pub fn state(&self) -> StoreState {
        self.0.state()
    }

    /// What the data directory takes on the disk, in bytes.
    pub fn disk_bytes(&self) -> u64 {
        self.0.disk_bytes()
    }
}

fn failed(error: StoreError) -> ReadError {
    ReadError::Failed(Box::new(error))
}
