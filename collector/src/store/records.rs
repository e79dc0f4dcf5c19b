//! What only this collector knows: meetings, losses, and the state of the store itself.
//!
//! No other engine has it, so it is read from here whatever samples are read from. Each row counts
//! as a sample of the budget, memory is taken from it before a row is kept, and a stop is heard
//! between any two.

use std::sync::Arc;

use headroom_proto::sequences::SequenceSet;

use super::lock::read;
use super::{
    Cardinality, Description, Glance, Kept, LostInterval, Meeting, Store, StoreState, cardinality,
    ledger, losses, meetings,
};
use crate::samples::{Budget, ReadError, TimeRange, sorted};

/// The way to the records of a store; clones read the same.
#[derive(Clone)]
pub struct Records(Arc<Store>);

impl Records {
    /// Of this store.
    pub fn of(store: &Arc<Store>) -> Self {
        Self(Arc::clone(store))
    }

    pub(super) fn store(&self) -> &Store {
        &self.0
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

    /// What writers say of metrics, by name: of one or of all; what it takes stays held.
    pub fn descriptions(
        &self,
        metric: Option<&str>,
        budget: &Budget,
    ) -> Result<Vec<Description>, ReadError> {
        let known = read(&self.0.descriptions);
        let count = if metric.is_some() { 1 } else { known.all().len() };
        budget.hold((count * size_of::<Description>()) as u64)?;
        let mut found: Vec<Description> = Vec::with_capacity(count);
        match metric {
            Some(metric) => found.extend(known.of(metric).cloned()),
            None => found.extend(known.all().cloned()),
        }
        drop(known);
        sorted(found, budget, |a, b| a.metric.cmp(&b.metric))
    }

    /// Rows of the ledger of those on call; what they take stays held.
    pub fn ledger(&self, glance: Glance, budget: &Budget) -> Result<Vec<Kept>, ReadError> {
        ledger::read(&self.0.database, &self.0.counters, glance, budget)
    }

    /// The values of a label in the order in which series with them first came, which the ids of these
    /// keep for ever; what they take stays held.
    pub fn values_by_age(&self, label: &str, budget: &Budget) -> Result<Vec<String>, ReadError> {
        let index = read(&self.0.index);
        let values = index.symbol(label).map_or(&[][..], |name| index.values(name));
        let texts = || values.iter().map(|value| index.text(*value));
        budget.hold(texts().map(|text| (size_of::<String>() + text.len()) as u64).sum())?;
        Ok(texts().map(ToOwned::to_owned).collect())
    }

    /// What makes the index large: of each kind the largest, `most` at most.
    pub fn cardinality(&self, most: usize, budget: &Budget) -> Result<Cardinality, ReadError> {
        cardinality::find(&self.0, most, budget)
    }

    /// From about the oldest to the newest sample that is in memory, if there is one.
    pub fn in_memory(&self) -> Option<TimeRange> {
        self.0.read().head.reach()
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
