//! The collector's configuration file: raw keys in, checked values out, all mistakes at once.

mod again;
mod agents;
mod fitness;
mod latency;
mod listeners;
mod memory;
pub mod offers;
mod oncall;
mod planning;
mod remote_write;
mod rules;
mod store;
mod writers;

use std::path::Path;

use headroom_proto::configuration::{ConfigurationError, Section, read};
use jiff::tz::TimeZone;

pub use self::again::Reading;
pub use self::agents::{INSTANCE_RULE, is_instance};
pub use self::listeners::{GrpcListener, HostName, HostNameError, HttpListener, TlsFiles};
pub use self::oncall::{OnCall, Watchdog, topology};
pub use self::rules::{MISTAKE_OF_RULES, RuleFiles, read_file};
pub use self::store::{DEFAULT_RETENTION, StoreConfiguration};
use crate::identity::{Agent, WriterToken};
use crate::ingest::LabelLimits;
use crate::latency::Places;
use crate::reports::plan::Plan;

/// What becomes of what is wrong and yet does not keep a collector from starting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rigour {
    /// It is a mistake.
    Check,
    /// It is a warning.
    Start,
}

/// What the collector runs by.
#[derive(Debug, Clone)]
pub struct CollectorConfiguration {
    /// Pages and pictures.
    pub http: HttpListener,
    /// The door for agents.
    pub grpc: GrpcListener,
    /// What is stored, and where.
    pub store: StoreConfiguration,
    /// The memory that requests share, in bytes; nothing is a part of what there is.
    pub shared_bytes: Option<u64>,
    /// Who may push.
    pub agents: Vec<Agent>,
    /// Who pings what.
    pub places: Places,
    /// Who may write by remote write.
    pub writers: Vec<WriterToken>,
    /// What the labels of their series may be.
    pub written_labels: LabelLimits,
    /// Where rules are read from.
    pub rules: RuleFiles,
    /// Who is told what.
    pub oncall: OnCall,
    /// The zone of times in pictures, unless a reader asks for another.
    pub time_zone: TimeZone,
    /// What planners configure.
    pub plan: Plan,
    /// The file, for who reads it again.
    pub reading: Reading,
}

impl CollectorConfiguration {
    /// Reads and checks the file at `path`, as a collector that starts does.
    pub fn load(path: &Path) -> Result<Self, ConfigurationError> {
        let built = read(path, |root| build(root, Rigour::Start))?;
        Ok(Self { reading: Reading::of(path), ..built })
    }

    /// The same for who wants to know of everything that is wrong.
    pub fn check(path: &Path) -> Result<Self, ConfigurationError> {
        read(path, |root| build(root, Rigour::Check))
    }
}

fn build(root: &Section<'_>, rigour: Rigour) -> CollectorConfiguration {
    let agents = agents::build(&root.sections("agents"));
    let writers = writers::build(&root.sections("writers"), &agents);
    let places = latency::build(root, &agents);
    CollectorConfiguration {
        http: listeners::build_http(&root.section("http")),
        grpc: listeners::build_grpc(&root.section("grpc"), &agents, rigour),
        store: store::build(&root.section("store")),
        shared_bytes: memory::build(&root.section("memory")),
        oncall: oncall::build(root, &places),
        places,
        agents,
        writers,
        written_labels: remote_write::build(&root.section("remote_write")),
        rules: rules::build(&root.section("rules")),
        time_zone: build_time_zone(root),
        plan: planning::build(root),
        reading: Reading::default(),
    }
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
