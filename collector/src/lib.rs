//! Headroom's collector.

pub mod configuration;

pub mod identity;
pub mod ingest;

pub mod samples;
pub mod store;
pub mod writer;

pub mod promql;
pub mod query;

pub mod links;

pub mod graphs;

pub mod fleet;
pub mod rooms;

pub mod web;

pub mod telemetry;

pub mod client;
pub mod snapshot;

pub mod run;
pub mod tasks;
pub mod up;

pub mod demo;
