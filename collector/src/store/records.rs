//! What only this collector knows: meetings, losses, and the state of the store itself.
//!
//! No other engine has it, so it is read from here whatever samples are read from. Each row counts
//! as a sample of the budget, memory is taken from it before a row is kept, and a stop is heard
//! between any two.

use std::sync::Arc;

use headroom_proto::sequences::SequenceSet;

use super::{LostInterval, Meeting, Store, StoreState, losses, meetings};
use crate::samples::{Budget, ReadError, TimeRange};

/// The way to the records of a store; clones read the same.
#[derive(Clone)]
pub struct Records(Arc<Store>);

impl Records {
    /// Of this store.
    pub fn of(store: &Arc<Store>) -> Self {
        Self(Arc::clone(store))
    }

    /// The losses of `instance` that touch `range`, by their first moment; what they take stays held.
    pub fn losses(
        &self,
        instance: &str,
        range: TimeRange,
        budget: &Budget,
    ) -> Result<Vec<LostInterval>, ReadError> {
        losses::read(&self.0.database, instance, range, budget)
    }

    /// The meetings of `instance` that touch `range`, by their start; what they take stays held.
    pub fn meetings(
        &self,
        instance: &str,
        range: TimeRange,
        budget: &Budget,
    ) -> Result<Vec<Meeting>, ReadError> {
        meetings::read(&self.0.database, instance, range, budget)
    }

    /// The sequences of `instance` that are durable, by boot. Only tests ask, to hold them against
    /// what agents sent.
    pub fn durable_frames(&self, instance: &str) -> Vec<(u64, SequenceSet)> {
        self.0.read().boots.of(instance)
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
