//! A published file, and why it makes no table.

use crate::reference::table::TableError;

/// So many rows of all files at most.
pub const MOST_ROWS: u64 = 50_000_000;

/// A file: how it is called, and what is in it.
pub struct PublishedFile<R> {
    /// How it is called.
    pub name: String,
    /// Its bytes.
    pub bytes: R,
}

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
pub enum PublishedError {
    /// It is no CSV.
    #[error("failed to read {file}")]
    Csv {
        /// Which file.
        file: String,
        /// Why.
        source: csv::Error,
    },
    /// A column is missing.
    #[error("{file} has no column {column}; it has {found}")]
    Column {
        /// Which file.
        file: String,
        /// Which column.
        column: &'static str,
        /// Those that are there.
        found: String,
    },
    /// A server without a place.
    #[error("{file}:{line}: {column} ({value}) must be a number of degrees")]
    Place {
        /// Which file.
        file: String,
        /// Which line.
        line: u64,
        /// Which column.
        column: &'static str,
        /// What stands there.
        value: String,
    },
    /// Too many rows.
    #[error("{file} has too many rows: at most {MOST_ROWS} of all files are read")]
    Rows {
        /// Which file.
        file: String,
    },
    /// Nothing in it.
    #[error("none of the {rows} rows is of two known cities; do the files belong together?")]
    Empty {
        /// Rows that were read.
        rows: u64,
    },
    /// The table is too large.
    #[error("failed to make a table")]
    Table(#[from] TableError),
}
