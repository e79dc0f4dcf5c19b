//! Headroom's agent: samples one host, spools what it read, and pushes it to the collector.

pub mod configuration; // what the operator says
pub mod run; // one run: who is started, and stopped, in which order

pub mod rooms; // what BigBlueButton does
pub mod samplers; // what the host does
pub mod series; // readings: named values, and the ids of their series

pub mod exposition; // a reading as text

mod authority;
pub mod frames; // readings as they travel and lie on disk
pub mod journal; // what became of each frame, in memory
pub mod losses; // what was given up
pub mod spool; // what waits, on disk
pub mod uplink; // the way to the collector // whom it trusts there

pub mod telemetry; // what the agent says of itself
