//! What is tried with any bytes: each reader of foreign bytes as one function that must return.
//!
//! `cargo test` runs them on the corpus, on what was found before, and on changes of both for a
//! moment; `tests/compare fuzz` lets libFuzzer run them for long.

mod addresses;
pub mod changes;
mod configuration;
mod files;
mod frames;
mod host;
pub mod inputs;
mod oncall;
mod pieces;
mod promql;
mod published;
mod remote_write;
mod rooms;
mod rules;
mod scratch;
mod spool;
mod units;

use headroom_proto::panics;

/// One reader of foreign bytes.
#[derive(Clone, Copy)]
pub struct Target {
    /// What its folders and its program are called.
    pub name: &'static str,
    /// Lets it read.
    run: fn(&[u8]),
    /// Inputs that code writes better than hands do.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

impl Target {
    /// Lets it read. A panic that the programs would catch and live on with is a fault here, too.
    pub fn read(&self, bytes: &[u8]) {
        let before = panics::count();
        (self.run)(bytes);
        assert_eq!(panics::count(), before, "a panic on this input was caught on the way");
    }
}

/// Lets the target of that name read.
pub fn read(name: &str, bytes: &[u8]) {
    TARGETS.iter().filter(|target| target.name == name).for_each(|target| target.read(bytes));
}

/// All of them.
pub const TARGETS: [Target; 20] = [
    Target { name: "frames", run: frames::frames, seeds: frames::seeds },
    Target { name: "remote_write", run: remote_write::remote_write, seeds: remote_write::seeds },
    Target { name: "promql", run: promql::promql, seeds: promql::seeds },
    Target { name: "rooms", run: rooms::rooms, seeds: rooms::seeds },
    Target { name: "settings", run: rooms::settings, seeds: rooms::settings_seeds },
    Target { name: "sfu", run: rooms::sfu, seeds: rooms::sfu_seeds },
    Target { name: "host", run: host::host, seeds: host::seeds },
    Target { name: "host_lines", run: host::host_lines, seeds: host::line_seeds },
    Target {
        name: "agent_configuration",
        run: configuration::agent_configuration,
        seeds: configuration::agent_seeds,
    },
    Target {
        name: "collector_configuration",
        run: configuration::collector_configuration,
        seeds: configuration::collector_seeds,
    },
    Target { name: "offers", run: configuration::offers, seeds: configuration::offers_seeds },
    Target { name: "oncall", run: oncall::oncall, seeds: oncall::seeds },
    Target { name: "published", run: published::published, seeds: published::seeds },
    Target { name: "log", run: files::log, seeds: files::log_seeds },
    Target { name: "chunk", run: files::chunk, seeds: files::chunk_seeds },
    Target { name: "snapshot", run: files::snapshot, seeds: files::snapshot_seeds },
    Target { name: "addresses", run: addresses::addresses, seeds: addresses::seeds },
    Target { name: "rules", run: rules::rules, seeds: rules::seeds },
    Target { name: "units", run: units::units, seeds: units::seeds },
    Target { name: "spool", run: spool::spool, seeds: spool::seeds },
];
