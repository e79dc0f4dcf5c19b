//! What is tried with any bytes: each reader of foreign bytes as one function that must return.
//!
//! `cargo test` runs them on the corpus, on what was found before, and on changes of both for a
//! moment; `tests/compare fuzz` lets libFuzzer run them for long.

pub mod changes;
mod configuration;
mod files;
mod frames;
mod host;
pub mod inputs;
mod pieces;
mod promql;
mod remote_write;
mod rooms;
mod scratch;
mod spool;

pub use configuration::{agent_configuration, collector_configuration};
pub use files::{chunk, log, snapshot};
pub use frames::frames;
pub use host::host;
pub use promql::promql;
pub use remote_write::remote_write;
pub use rooms::{rooms, sfu};
pub use spool::spool;

/// One reader of foreign bytes.
#[derive(Clone, Copy)]
pub struct Target {
    /// What its folders and its program are called.
    pub name: &'static str,
    /// Lets it read.
    pub run: fn(&[u8]),
    /// Inputs that code writes better than hands do.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: [Target; 12] = [
    Target { name: "frames", run: frames, seeds: frames::seeds },
    Target { name: "remote_write", run: remote_write, seeds: remote_write::seeds },
    Target { name: "promql", run: promql, seeds: promql::seeds },
    Target { name: "rooms", run: rooms, seeds: rooms::seeds },
    Target { name: "sfu", run: sfu, seeds: rooms::sfu_seeds },
    Target { name: "host", run: host, seeds: host::seeds },
    Target {
        name: "agent_configuration",
        run: agent_configuration,
        seeds: configuration::agent_seeds,
    },
    Target {
        name: "collector_configuration",
        run: collector_configuration,
        seeds: configuration::collector_seeds,
    },
    Target { name: "log", run: log, seeds: files::log_seeds },
    Target { name: "chunk", run: chunk, seeds: files::chunk_seeds },
    Target { name: "snapshot", run: snapshot, seeds: files::snapshot_seeds },
    Target { name: "spool", run: spool, seeds: spool::seeds },
];
