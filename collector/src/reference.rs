//! Round trips between cities that others measured and published: a table for each source, beside the
//! store and never among its samples. A table is a file of the data directory that is replaced as a whole.

mod import;
mod table;
mod wondernetwork;

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

pub use self::import::{Import, ImportError};
pub use self::table::{City, MatrixCell, Pair, Picked, Row, Table, TableError};
pub use self::wondernetwork::{Imported, PublishedError, PublishedFile, PublishedFiles};

/// The name of the source, which is that of its file.
pub const WONDERNETWORK: &str = "wondernetwork";

/// The folder of tables in the data directory.
const FOLDER: &str = "reference";

/// The largest file that is read.
const MOST_BYTES: u64 = 128 << 20;

/// Why a table is not there.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// It cannot be read or written.
    #[error("failed to {operation} the reference table {}", path.display())]
    File {
        /// What was done.
        operation: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is none.
    #[error("the reference table {} is damaged", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: TableError,
    },
}

/// Puts a table in the place of the one before, durably and as a whole.
pub fn keep(directory: &Path, source: &str, table: &Table) -> Result<PathBuf, ReferenceError> {
    let folder = directory.join(FOLDER);
    let path = folder.join(format!("{source}.json"));
    let new = folder.join(format!("{source}.json.new"));
    let write = || {
        std::fs::create_dir_all(&folder)?;
        let mut file = File::create(&new)?;
        file.write_all(table.text().as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, &path)?;
        File::open(&folder)?.sync_all()
    };
    let failed = |source| ReferenceError::File { operation: "write", path: path.clone(), source };
    write().map_err(failed)?;
    Ok(path)
}

/// The table of a source, read again when its file has changed.
#[derive(Debug)]
pub struct Reference {
    path: PathBuf,
    known: Mutex<Option<Known>>,
}

#[derive(Debug)]
struct Known {
    changed: SystemTime,
    table: Arc<Table>,
}

impl Reference {
    /// Of a data directory; nothing is read yet.
    pub fn of(directory: &Path, source: &str) -> Self {
        let path = directory.join(FOLDER).join(format!("{source}.json"));
        Self { path, known: Mutex::default() }
    }

    /// The table as it is now; none if nothing was imported.
    pub fn table(&self) -> Result<Option<Arc<Table>>, ReferenceError> {
        let path = || self.path.clone();
        let failed = |source| ReferenceError::File { operation: "read", path: path(), source };
        let meta = match std::fs::metadata(&self.path) {
            Ok(meta) => meta,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let changed = meta.modified().map_err(failed)?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_ref().filter(|known| known.changed == changed) {
            return Ok(Some(Arc::clone(&known.table)));
        }
        if meta.len() > MOST_BYTES {
            return Err(failed(io::ErrorKind::FileTooLarge.into()));
        }
        let text = std::fs::read_to_string(&self.path).map_err(failed)?;
        let table = Table::read(&text);
        let table = table.map_err(|source| ReferenceError::Damaged { path: path(), source })?;
        let table = Arc::new(table);
        *known = Some(Known { changed, table: Arc::clone(&table) });
        Ok(Some(table))
    }
}

#[cfg(test)]
mod tests;
