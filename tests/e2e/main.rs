//! End to end: the real programs, on loopback or in namespaces of the test's own.
#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected fails here and now")]

mod api;
mod browser;
mod clocks;
mod configuration;
mod connection;
mod containers;
mod crowds;
mod demo;
mod descriptors;
mod disk;
mod durability;
mod figures;
mod judged;
mod latency;
mod log;
mod memory;
mod notices;
mod outage;
mod own_numbers;
mod pages;
mod planning;
mod promql;
mod protocols;
mod query;
mod recorded;
mod refusals;
mod rooms;
mod rules;
mod stand_in;
mod storage;
mod torture;
mod trials;
mod up;
mod wire;
mod writers;
