//! Why the store failed.

use std::path::PathBuf;

/// Why the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has it open.
    #[error("data directory {0} is in use by another process")]
    InUse(String),
    /// Written by a later version.
    #[error("data directory {directory} has format {found}, this version reads up to {known}")]
    Format {
        /// The directory.
        directory: String,
        /// Its format.
        found: u32,
        /// The newest known here.
        known: u32,
    },
    /// A log was written by a later version.
    #[error("log {} has version {found}, this version reads up to {known}", path.display())]
    LogVersion {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u8,
        /// The newest known here.
        known: u8,
    },
    /// The database failed.
    #[error("failed to {operation}")]
    Database {
        /// What was being done, to what.
        operation: String,
        /// Why it failed.
        source: fjall::Error,
    },
    /// A file of the log failed.
    #[error("failed to {operation} {}", path.display())]
    File {
        /// What was being done.
        operation: &'static str,
        /// To which file.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The data directory, or what lasts in it, is no longer where it was.
    #[error("{} was removed or replaced while it was in use; put it back or restart the collector", .0.display())]
    Displaced(PathBuf),
    /// Samples could not be compressed.
    #[error("failed to compress series {series} from {first_ms}")]
    Compress {
        /// The series, by its id.
        series: u32,
        /// Its first timestamp.
        first_ms: i64,
        /// Why.
        source: pco::errors::PcoError,
    },
    /// Data on disk is not what was written.
    #[error("{what} is damaged")]
    Damaged {
        /// What, by its key.
        what: String,
    },
    /// Samples in memory cannot be sealed fast enough, or not at all.
    #[error("memory for samples is full: nothing was sealed for {seconds} s")]
    Full {
        /// How long the append waited.
        seconds: u64,
    },
    /// A write failed before; what is on disk is uncertain until the store is opened again.
    #[error("the store takes no more writes since one failed; restart the collector")]
    Poisoned,
}
