//! What a run needs, checked.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::mpsc;

use super::addresses::Addresses;
use super::error::RunError;
use crate::configuration::{DEFAULT_RETENTION, OnCall, Reading, RuleFiles, TlsFiles};
use crate::connections::ConnectionLimits;
use crate::folder::make_private;
use crate::identity::{Agents, Entry, RemoteWriter, WriterToken, kept_token};
use crate::ingest::LabelLimits;
use crate::latency::Places;
use crate::reports::plan::Plan;
use crate::store::{Retention, StoreOptions};
use crate::web::Loading;

/// The file with the token for remote write, and its writer's name, where nobody configures any.
const WRITER_TOKEN: &str = "writer.token";
const LOCAL_WRITER: &str = "local";

/// How long a moment has to stand before anything is dropped by it.
pub const SETTLE_AFTER: Duration = Duration::from_hours(1);

/// What a run needs, checked.
pub struct Options {
    /// Where it is served.
    pub addresses: Addresses,
    /// How many connections of readers and programs there is room for.
    pub http_connections: ConnectionLimits,
    /// How many of agents.
    pub grpc_connections: ConnectionLimits,
    /// More names that pages are asked by, such as a proxy's.
    pub hosts: Vec<String>,
    /// The TLS of agents.
    pub tls: Option<TlsFiles>,
    /// Who may push.
    pub agents: Agents,
    /// Who pings what.
    pub places: Places,
    /// Who may write by remote write.
    pub writers: Vec<WriterToken>,
    /// What the labels of their series may be.
    pub written_labels: LabelLimits,
    /// Whether that needs a token.
    pub entry: Entry,
    /// The data directory.
    pub directory: PathBuf,
    /// How long samples and rollups are kept.
    pub retention: Retention,
    /// The store's limits.
    pub store: StoreOptions,
    /// The memory that requests share, in bytes; nothing is a part of what there is.
    pub shared_bytes: Option<u64>,
    /// The zone of times.
    pub zone: TimeZone,
    /// Where rules are read from.
    pub rules: RuleFiles,
    /// Who is told what.
    pub oncall: OnCall,
    /// Who tells that they are to be read anew.
    pub hangups: mpsc::Receiver<()>,
    /// How the whole configuration is read anew; rules alone are, where there is none.
    pub reread: Option<Reading>,
    /// How long a moment has to stand before anything is dropped by it.
    pub settle_after: Duration,
    /// How far the past is that somebody writes before anybody may read.
    pub loading: Loading,
    /// What planners configure.
    pub plan: Plan,
}

impl Options {
    /// For this machine only, without any configuration.
    pub fn local(addresses: Addresses, agents: Agents, directory: PathBuf) -> Self {
        Self {
            addresses,
            http_connections: ConnectionLimits::of_http(),
            grpc_connections: ConnectionLimits::of_grpc(),
            hosts: Vec::new(),
            tls: None,
            agents,
            places: Places::default(),
            writers: Vec::new(),
            written_labels: LabelLimits::default(),
            entry: Entry::default(),
            directory,
            retention: DEFAULT_RETENTION,
            store: StoreOptions::default(),
            shared_bytes: None,
            zone: TimeZone::system(),
            rules: RuleFiles::default(),
            oncall: OnCall::default(),
            hangups: mpsc::channel(1).1,
            reread: None,
            settle_after: SETTLE_AFTER,
            loading: Loading::default(),
            plan: Plan::default(),
        }
    }

    /// Lets whoever has the token in a file of `folder` write by remote write; answers with the
    /// file, which is made if it is not there.
    pub fn let_write(&mut self, folder: &Path) -> Result<PathBuf, RunError> {
        let failed = |source| RunError::Directory { path: folder.to_owned(), source };
        make_private(folder).map_err(failed)?;
        let path = folder.join(WRITER_TOKEN);
        let token = kept_token(&path)?;
        self.writers.push(WriterToken { token, writer: RemoteWriter::of_everything(LOCAL_WRITER) });
        Ok(path)
    }
}
