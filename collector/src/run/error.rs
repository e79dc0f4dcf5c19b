//! Why a collector cannot run, or runs no longer.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::alertmanagers::AddressError;
use crate::identity::TokenFileError;
use crate::ingest::IngestError;
use crate::rules::Mistakes;
use crate::store::StoreError;
use crate::tasks::TaskError;
use crate::writer::WriterEnded;

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
    /// There is no token for remote write.
    #[error(transparent)]
    Token(#[from] TokenFileError),
    /// The store cannot be opened.
    #[error("failed to open the store")]
    Store(#[from] StoreError),
    /// The address of an Alertmanager is none.
    #[error(transparent)]
    Alertmanager(#[from] AddressError),
    /// There is a mistake in a file of rules.
    #[error("the rules cannot be read")]
    Rules(#[from] Mistakes),
    /// The store's writer thread could not be started.
    #[error("failed to start the store's writer thread")]
    Writer(#[source] std::io::Error),
    /// The threads that answer readers could not be prepared.
    #[error("failed to prepare the readers' threads")]
    Readers(#[source] std::io::Error),
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
    /// The writer thread ended before it was told to.
    #[error("nothing can be stored any more")]
    WriterEnded(#[from] WriterEnded),
    /// A task panicked.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// What is prepared beside the async threads came to no end.
    #[error("failed to prepare the store")]
    Preparation(#[source] tokio::task::JoinError),
}
