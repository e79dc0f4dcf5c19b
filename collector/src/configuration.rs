//! The collector's configuration file: raw keys in, checked values out, all mistakes at once.

mod agents;
mod listeners;

use std::path::{Path, PathBuf};
use std::time::Duration;

use headroom_proto::configuration::{ConfigurationError, Section, read};
use headroom_proto::units::Span;
use jiff::tz::TimeZone;

pub use self::agents::is_instance;
pub use self::listeners::{GrpcListener, HttpListener, TlsFiles};
use crate::identity::Agent;

/// How long raw samples are kept unless configured otherwise.
pub const DEFAULT_RETENTION: Duration = Duration::from_hours(62 * 24);
const SHORTEST_RETENTION: Duration = Duration::from_hours(24);
const DEFAULT_DIRECTORY: &str = "/var/lib/headroom";

/// What the collector runs by.
#[derive(Debug, Clone)]
pub struct CollectorConfiguration {
    /// Pages and pictures.
    pub http: HttpListener,
    /// The door for agents.
    pub grpc: GrpcListener,
    /// The data directory.
    pub directory: PathBuf,
    /// How long raw samples are kept.
    pub retention: Duration,
    /// Who may push.
    pub agents: Vec<Agent>,
    /// The zone of times in pictures, unless a reader asks for another.
    pub time_zone: TimeZone,
}

impl CollectorConfiguration {
    /// Reads and checks the file at `path`.
    pub fn load(path: &Path) -> Result<Self, ConfigurationError> {
        read(path, build)
    }
}

fn build(root: &Section<'_>) -> CollectorConfiguration {
    let agents = agents::build(&root.sections("agents"));
    let store = root.section("store");
    CollectorConfiguration {
        http: listeners::build_http(&root.section("http")),
        grpc: listeners::build_grpc(&root.section("grpc"), !agents.is_empty()),
        directory: build_directory(&store),
        retention: build_retention(&store),
        agents,
        time_zone: build_time_zone(root),
    }
}

fn build_directory(store: &Section<'_>) -> PathBuf {
    let directory = store.path("directory").unwrap_or_else(|| PathBuf::from(DEFAULT_DIRECTORY));
    if directory.exists() && !directory.is_dir() {
        store.mistake("directory", "must be a directory");
    }
    directory
}

fn build_retention(store: &Section<'_>) -> Duration {
    let Span(retention) = store.value("raw_retention").unwrap_or(Span(DEFAULT_RETENTION));
    if retention < SHORTEST_RETENTION {
        let rule = format!("must be at least {}", Span(SHORTEST_RETENTION));
        store.mistake("raw_retention", rule);
    }
    retention
}

fn build_time_zone(root: &Section<'_>) -> TimeZone {
    let Some(name) = root.value::<String>("time_zone") else { return TimeZone::system() };
    TimeZone::get(&name).unwrap_or_else(|_| {
        root.mistake("time_zone", "must be a zone of the IANA database, such as Europe/Berlin");
        TimeZone::UTC
    })
}

#[cfg(test)]
mod tests;
