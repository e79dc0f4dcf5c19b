//! How many series have which names and values: what makes a store large. No sample is read for it,
//! and the index is locked for short turns only.

use std::cmp::Reverse;

use super::Store;
use super::lock::read;
use super::search::{TURN, values};
use super::symbols::Symbol;
use crate::samples::{Budget, Held, METRIC, ReadError};

/// A name, or a pair of name and value, and how many or how much of it there is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount {
    /// Of what.
    pub name: String,
    /// How much.
    pub value: u64,
}

/// What makes the index large, the largest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cardinality {
    /// Series of each metric.
    pub series_by_metric: Vec<Amount>,
    /// Values of each label.
    pub values_by_label: Vec<Amount>,
    /// Bytes of the values of each label, each once.
    pub bytes_by_label: Vec<Amount>,
    /// Series of each pair of label and value.
    pub series_by_pair: Vec<Amount>,
    /// All pairs.
    pub pairs: u64,
}

/// The most of each kind, `most` at most.
pub fn find(store: &Store, most: usize, budget: &Budget) -> Result<Cardinality, ReadError> {
    let names: Vec<Symbol> = read(&store.index).names().collect();
    let mut found = Cardinality::default();
    for name in names {
        let mut memory = Held::nothing(budget);
        let all = values(&store.index, name, &mut memory)?;
        let label = read(&store.index).text(name).to_owned();
        let mut bytes = 0;
        for part in all.chunks(TURN) {
            budget.check()?;
            let index = read(&store.index);
            for value in part {
                let (text, series) = (index.text(*value), index.posting(name, *value).len() as u64);
                bytes += text.len() as u64;
                let metric = || Amount { name: text.to_owned(), value: series };
                if label == METRIC {
                    keep(&mut found.series_by_metric, most, series, metric);
                }
                let pair = || Amount { name: format!("{label}={text}"), value: series };
                keep(&mut found.series_by_pair, most, series, pair);
            }
        }
        let count = all.len() as u64;
        found.pairs += count;
        keep(&mut found.values_by_label, most, count, || amount(&label, count));
        keep(&mut found.bytes_by_label, most, bytes, || amount(&label, bytes));
    }
    Ok(found)
}

fn amount(name: &str, value: u64) -> Amount {
    Amount { name: name.to_owned(), value }
}

/// Keeps an amount among the largest, which are in order.
fn keep(largest: &mut Vec<Amount>, most: usize, value: u64, amount: impl FnOnce() -> Amount) {
    if largest.len() >= most && largest.last().is_none_or(|least| least.value >= value) {
        return;
    }
    let place = largest.partition_point(|other| Reverse(other.value) <= Reverse(value));
    largest.insert(place, amount());
    largest.truncate(most);
}
