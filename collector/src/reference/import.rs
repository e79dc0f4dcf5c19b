//! `headroom import wondernetwork`: reads published files and keeps their table.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::wondernetwork::{Imported, PublishedError, PublishedFile, PublishedFiles};
use super::{ReferenceError, WONDERNETWORK, keep};

/// Why nothing was imported; the table of before stays.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file cannot be opened.
    #[error("failed to open {}", path.display())]
    Open {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The files make no table.
    #[error(transparent)]
    Published(#[from] PublishedError),
    /// Nobody would look for it there.
    #[error("there is no data directory {}; --data names that of the collector", .0.display())]
    Nowhere(PathBuf),
    /// The table cannot be kept.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
}

/// Whose measurements are taken over.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// Round trips between cities as WonderNetwork publishes them; they replace those of before.
    Wondernetwork {
        /// The file of servers, with their places.
        #[arg(long, value_name = "FILE")]
        servers: PathBuf,
        /// The data directory, of a collector that may run.
        #[arg(long, value_name = "DIR", default_value = "headroom-data")]
        data: PathBuf,
        /// Files of pings, with a moment in each row or of a day.
        #[arg(value_name = "FILE", required = true)]
        pings: Vec<PathBuf>,
    },
}

impl Import {
    /// Imports files into a data directory; answers with what became of them, a line each.
    pub fn run(&self) -> Result<String, ImportError> {
        let Self::Wondernetwork { servers, data, pings } = self;
        let data = store_of(data)?;
        let pings = pings.iter().map(|path| open(path)).collect::<Result<_, _>>()?;
        let imported = PublishedFiles { servers: open(servers)?, pings }.read()?;
        let path = keep(&data, WONDERNETWORK, &imported.table)?;
        Ok(told(&imported, &path))
    }
}

/// Where a collector looks for its tables: `up` and `demo` have their store in a folder of their data directory.
fn store_of(data: &Path) -> Result<PathBuf, ImportError> {
    let own = data.join("store");
    if own.is_dir() {
        Ok(own)
    } else if data.is_dir() {
        Ok(data.to_owned())
    } else {
        Err(ImportError::Nowhere(data.to_owned()))
    }
}

fn open(path: &Path) -> Result<PublishedFile<BufReader<File>>, ImportError> {
    let opened = File::open(path);
    let file = opened.map_err(|source| ImportError::Open { path: path.to_owned(), source })?;
    Ok(PublishedFile { name: path.display().to_string(), bytes: BufReader::new(file) })
}

fn told(imported: &Imported, path: &Path) -> String {
    let Imported { table, rows, duplicates, unknown, first_unknown, senseless } = imported;
    let (cities, pairs) = (table.cities.len(), table.pairs.len());
    let path = path.display();
    let mut lines = vec![format!("{pairs} pairs of {cities} cities from {rows} rows: {path}\n")];
    if *duplicates > 0 {
        lines.push(format!(
            "{duplicates} rows say again what an earlier one said, and are left out\n"
        ));
    }
    if let Some(first) = first_unknown {
        lines.push(format!(
            "{unknown} rows are of cities that no server stands for, such as {first}\n"
        ));
    }
    if *senseless > 0 {
        lines.push(format!("{senseless} rows have no numbers, or numbers that cannot be\n"));
    }
    lines.concat()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_table_goes_where_the_collector_of_that_directory_looks() {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("data");
        let error = store_of(&data).unwrap_err().to_string();
        assert!(error.starts_with("there is no data directory ") && error.contains("/data; "));
        std::fs::create_dir(&data).unwrap();
        assert_eq!(store_of(&data).unwrap(), data);
        std::fs::create_dir(data.join("store")).unwrap();
        assert_eq!(store_of(&data).unwrap(), data.join("store"));
    }
}
