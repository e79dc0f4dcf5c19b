//! What lies in a store's tables, row by row, read without a store: for whoever looks at one's files.

use super::{chunk, rollup};
use crate::samples::Figures;

/// A row that is what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inspected {
    /// How many samples or buckets it has.
    pub samples: usize,
}

/// Reads a chunk as a select does; nothing if it is damaged.
pub fn inspect_chunk(bytes: &[u8]) -> Option<Inspected> {
    let samples = chunk::decode(bytes)?.samples();
    Some(Inspected { samples: samples.len() })
}

/// Reads a row of rollups; nothing if it is damaged.
pub fn inspect_rollup(bytes: &[u8]) -> Option<Inspected> {
    let buckets = rollup::decode(bytes, Figures::ALL)?;
    Some(Inspected { samples: buckets.len() })
}
