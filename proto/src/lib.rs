//! What agent and collector share: the wire, its limits, and the words of both.

pub mod chain;
pub mod configuration;
pub mod limits;
pub mod metric;
pub mod sequences;
pub mod units;
pub mod wire;
