//! Headroom's agent: samples one host, spools what it read, and pushes it to the collector.

// What the operator says.
pub mod configuration;

// One run: who is started, and stopped in which order.
pub mod run;

// What the collector asks, within the agent's limits.
pub mod settings;

// What the host does.
pub mod samplers;

// Pages of others, asked for.
mod http;

// What BigBlueButton does, and for whom.
pub mod rooms;

// How far away others are.
pub mod prober;

// Readings: named values at one moment, and the ids of their series.
pub mod series;

// A reading as text.
pub mod exposition;

// Readings as they travel and lie on disk.
pub mod frames;

// Names of series, in parts that fit into a message.
mod definitions;

// What was given up.
pub mod losses;

// What became of each frame, in memory.
pub mod journal;

// Folders for their owner alone.
mod folder;

// What waits, on disk.
pub mod spool;

// The way to the collector.
pub mod uplink;

// Whom the agent trusts there.
mod authority;

// What the agent says of itself.
pub mod telemetry;
