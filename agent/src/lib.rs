//! Headroom's agent: samples one host, spools what it read, and pushes it to the collector.

pub mod configuration;
pub mod run;

pub mod rooms;
pub mod samplers;
pub mod series;

pub mod exposition;

pub mod spool;
pub mod uplink;

pub mod telemetry;
