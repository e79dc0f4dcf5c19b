//! One run of the collector: store, door for agents, pages, upkeep.
//!
//! Tasks: the gRPC server (waits on agents), the HTTP server (on readers), upkeep (on the clock).
//! The first to fail stops the others.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use headroom_proto::chain::Chain;
use jiff::tz::TimeZone;
use tokio::net::TcpListener;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::configuration::{DEFAULT_RETENTION, TlsFiles, is_instance};
use crate::identity::Agents;
use crate::ingest::{self, IngestError, IngestOptions, RemoteWrite, TlsIdentity};
use crate::samples::{Pool, Samples};
use crate::store::{Records, Retention, Store, StoreError, StoreOptions};
use crate::telemetry::{CollectorCounts, OwnNumbers};
use crate::web::{self, Site, Snapshots};
use crate::writer::{OwnSeries, Writer};

/// How often it is looked whether anything is due: memory may fill within seconds.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// How often what only time makes due is done, and what failed is tried again.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(30);

/// The memory that all requests share, in bytes.
const SHARED_BYTES: u64 = 1 << 30;

/// How often the collector stores what it says of itself.
const OWN_INTERVAL: Duration = Duration::from_secs(15);

/// How long connections may take to end. What agents sent is durable long before.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// What a run needs, checked.
pub struct Options {
    /// Where pages are served.
    pub http: SocketAddr,
    /// Where agents are served.
    pub grpc: SocketAddr,
    /// Their TLS.
    pub tls: Option<TlsFiles>,
    /// Who may push.
    pub agents: Agents,
    /// The data directory.
    pub directory: PathBuf,
    /// How long samples and rollups are kept.
    pub retention: Retention,
    /// The store's limits.
    pub store: StoreOptions,
    /// The zone of times.
    pub zone: TimeZone,
}

impl Options {
    /// For this machine only, without any configuration.
    pub fn local(addresses: (SocketAddr, SocketAddr), agents: Agents, directory: PathBuf) -> Self {
        let (http, grpc) = addresses;
        Self {
            http,
            grpc,
            tls: None,
            agents,
            directory,
            retention: DEFAULT_RETENTION,
            store: StoreOptions::default(),
            zone: TimeZone::system(),
        }
    }
}

/// Why the collector cannot run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The data directory cannot be made.
    #[error("failed to create data directory {}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The store cannot be opened.
    #[error("failed to open the store")]
    Store(#[from] StoreError),
    /// The store's writer thread could not be started.
    #[error("failed to start the store's writer thread")]
    Writer(#[source] std::io::Error),
    /// A listener cannot be bound.
    #[error("failed to listen on {address} for {what}")]
    Bind {
        /// HTTP or gRPC.
        what: &'static str,
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// Certificate or key cannot be read.
    #[error("failed to read {}", path.display())]
    Tls {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The gRPC server failed.
    #[error("agents can no longer be served")]
    Ingest(#[from] IngestError),
    /// The HTTP server failed.
    #[error("pages can no longer be served")]
    Web(#[source] std::io::Error),
}

/// A collector that is bound and ready to run.
pub struct Collector {
    http: TcpListener,
    grpc: TcpListener,
    tls: Option<TlsIdentity>,
    store: Arc<Store>,
    options: Options,
}

impl Collector {
    /// Opens the store and binds the listeners.
    pub async fn bind(options: Options) -> Result<Self, RunError> {
        let tls = options.tls.as_ref().map(read_tls).transpose()?;
        let directory = options.directory.clone();
        std::fs::create_dir_all(&directory)
            .map_err(|source| RunError::Directory { path: directory.clone(), source })?;
        let store = Arc::new(Store::open_with(&directory, options.store)?);
        let http = bind("HTTP", options.http).await?;
        let grpc = bind("gRPC", options.grpc).await?;
        Ok(Self { http, grpc, tls, store, options })
    }

    /// The addresses of HTTP and gRPC, with the ports that the system chose.
    pub fn addresses(&self) -> Result<(SocketAddr, SocketAddr), RunError> {
        let both = || Ok((self.http.local_addr()?, self.grpc.local_addr()?));
        let (what, address) = ("HTTP and gRPC", self.options.http);
        both().map_err(|source| RunError::Bind { what, address, source })
    }

    /// The store, for who wants to know what is there before it runs.
    pub fn store(&self) -> Arc<Store> {
        Arc::clone(&self.store)
    }

    /// Serves until `stop`.
    pub async fn run(self, stop: CancellationToken) -> Result<(), RunError> {
        let counts = Arc::new(CollectorCounts::default());
        let retention = self.options.retention;
        let oldest = Duration::from_millis(retention.raw_ms.max(0) as u64);
        let started = Writer::start(Arc::clone(&self.store), Arc::clone(&counts));
        let (writer, _) = started.map_err(RunError::Writer)?;
        let records = Records::of(&self.store);
        let numbers = OwnNumbers::new(Arc::clone(&counts), records.clone());
        let own = OwnSeries::new(writer.clone(), own_instance().into());
        let own = keep_own_numbers(numbers, own, stop.clone());
        let site = Site {
            snapshots: Snapshots::of(&self.store),
            remote_write: RemoteWrite::new(writer.clone(), Arc::clone(&counts), oldest),
            samples: Arc::clone(&self.store) as Arc<dyn Samples>,
            records,
            pool: Pool::new(SHARED_BYTES),
            counts: Arc::clone(&counts),
            zone: self.options.zone,
        };
        let door =
            IngestOptions { agents: self.options.agents, tls: self.tls, oldest, writer, counts };
        // Whoever ends first takes the others along.
        let ending = |stop: CancellationToken| stop.drop_guard();
        let agents = async {
            let _end = ending(stop.clone());
            ingest::serve(self.grpc, door, stop.clone()).await.map_err(RunError::from)
        };
        let pages = async {
            let _end = ending(stop.clone());
            web::serve(self.http, site, stop.clone()).await.map_err(RunError::Web)
        };
        let upkeep = upkeep(self.store, retention, stop.clone());
        let serving = async {
            let (agents, pages, (), ()) = tokio::join!(agents, pages, upkeep, own);
            agents.and(pages)
        };
        let overdue = async {
            stop.cancelled().await;
            tokio::time::sleep(DRAIN_TIMEOUT).await;
        };
        tokio::select! {
            outcome = serving => outcome,
            () = overdue => {
                let seconds = DRAIN_TIMEOUT.as_secs();
                tracing::warn!("connections did not end within {seconds} s and were cut");
                Ok(())
            }
        }
    }
}

async fn bind(what: &'static str, address: SocketAddr) -> Result<TcpListener, RunError> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|source| RunError::Bind { what, address, source })
}

fn read_tls(files: &TlsFiles) -> Result<TlsIdentity, RunError> {
    let read = |path: &Path| {
        std::fs::read(path).map_err(|source| RunError::Tls { path: path.to_owned(), source })
    };
    Ok(TlsIdentity { certificate: read(&files.certificate)?, key: read(&files.key)? })
}

/// Stores what the collector says of itself. A failure is told and tried again.
async fn keep_own_numbers(numbers: OwnNumbers, own: OwnSeries, stop: CancellationToken) {
    let mut moments = tokio::time::interval(OWN_INTERVAL);
    moments.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = moments.tick() => {}
        }
        let numbers = numbers.clone();
        match tokio::task::spawn_blocking(move || numbers.now()).await {
            Ok(now) => {
                if let Err(error) = own.store(&now, now_ms()).await {
                    tracing::error!("{}", Chain(&error));
                }
            }
            Err(error) => tracing::error!("own numbers: {}", Chain(&error)),
        }
    }
}

/// The name under which this machine's collector stores what it says of itself: the host's, as far
/// as it can be an instance.
pub fn own_instance() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name: String = name.trim().chars().take(64).collect();
    if is_instance(&name) { name } else { "localhost".into() }
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

/// Seals, merges and drops what is due. A failure is told and tried again.
async fn upkeep(store: Arc<Store>, retention: Retention, stop: CancellationToken) {
    let mut looks = tokio::time::interval(LOOK_INTERVAL);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last: Option<Instant> = None;
    let mut failed = false;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = looks.tick() => {}
        }
        let rested = last.is_none_or(|last| last.elapsed() >= UPKEEP_INTERVAL);
        if !rested && (failed || !store.is_full()) {
            continue;
        }
        let now_ms = now_ms();
        let (worker, stop) = (Arc::clone(&store), stop.clone());
        let work = move || worker.maintain((now_ms, retention), &|| stop.is_cancelled());
        let outcome = tokio::task::spawn_blocking(work).await;
        last = Some(Instant::now());
        failed = !matches!(outcome, Ok(Ok(())));
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!("upkeep of the store: {}", Chain(&error)),
            Err(error) => tracing::error!("upkeep of the store: {}", Chain(&error)),
        }
    }
}
