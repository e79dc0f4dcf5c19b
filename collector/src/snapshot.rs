//! Data directories made whole: snapshots of a running collector, their restoration, compaction.

use std::fs;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use headroom_proto::chain::Chain;
use reqwest::Url;

use crate::client::{self, ClientError};
use crate::folder::make_private;
use crate::reference::{self, Reference, ReferenceError, Table, WONDERNETWORK};
use crate::store::{self, ArchiveError, ArchiveReader, Store, StoreError};

/// Parts of a download that wait to be written.
const PARTS_AHEAD: usize = 8;

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// A copy never goes over something that is there.
    #[error("{} exists already and is not empty", .0.display())]
    Occupied(PathBuf),
    /// There is nothing to read.
    #[error("{} is no data directory", .0.display())]
    Missing(PathBuf),
    /// The directory cannot be made or looked into.
    #[error("failed to create {}", path.display())]
    Directory {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The collector does not hand it out.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// What it hands out cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// What was imported cannot be copied.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The copy is there, but it is not all of what was to be copied.
    #[error(
        "{} holds all that could be read, but {count} damaged records are left out: {}",
        directory.display(),
        what.join(", ")
    )]
    LeftOut {
        /// The copy.
        directory: PathBuf,
        /// How many records.
        count: u64,
        /// The first of them.
        what: Vec<String>,
    },
}

/// So many records that are left out are named; all of them are counted.
const NAMED: usize = 20;

/// Makes `directory` a copy of all that the collector at `url` has stored; it goes on meanwhile.
pub async fn snapshot(url: &Url, directory: &Path) -> Result<(), SnapshotError> {
    prepare(directory)?;
    let (parts, received) = mpsc::sync_channel(PARTS_AHEAD);
    let target = directory.to_owned();
    let writing = tokio::task::spawn_blocking(move || {
        let source = Parts { received, current: Vec::new(), read: 0 };
        let mut reader = ArchiveReader::new(BufReader::new(source));
        store::restore::<SnapshotError>(&target, || Ok(reader.next_row()?))
    });
    let downloaded = client::download(url, "api/v1/snapshot", parts).await;
    let written = writing.await.map_err(|error| {
        let source = std::io::Error::other(error);
        SnapshotError::Directory { path: directory.to_owned(), source }
    })?;
    // A download that broke off says more than that the snapshot is short.
    whole(directory, downloaded.map_err(SnapshotError::from).and(written))?;
    // What was imported lies beside the store.
    if let Some(text) = client::found(url, "api/v1/snapshot/reference").await? {
        let table = Table::read(&text).map_err(|source| {
            let path = directory.to_owned();
            ReferenceError::Damaged { path, source }
        })?;
        reference::keep(directory, WONDERNETWORK, &table)?;
    }
    Ok(())
}

/// Makes the data directory of a collector that does not run as small as it gets.
pub fn compact(directory: &Path, now_ms: i64) -> Result<(), SnapshotError> {
    must_hold_data(directory)?;
    Ok(Store::open(directory)?.compact(now_ms)?)
}

/// Opening makes a data directory where there is none, and that would look like an empty one.
fn must_hold_data(directory: &Path) -> Result<(), SnapshotError> {
    let holds_data = directory.join("sealed").is_dir();
    if holds_data { Ok(()) } else { Err(SnapshotError::Missing(directory.to_owned())) }
}

/// Makes `directory` a copy of the snapshot, whose every checksum is looked at on the way. What is
/// damaged is left out, and the error at the end says what.
pub fn restore(snapshot: &Path, directory: &Path) -> Result<(), SnapshotError> {
    must_hold_data(snapshot)?;
    prepare(directory)?;
    let source = Store::open(snapshot)?;
    let (mut count, mut what) = (0, Vec::new());
    let (rows, received) = mpsc::sync_channel(1024);
    std::thread::scope(|scope| {
        let writing = scope.spawn(move || {
            store::restore::<SnapshotError>(directory, || Ok(received.recv().unwrap_or_default()))
        });
        let read = source.snapshot::<SnapshotError>(|row| {
            if !row.is_sound() {
                count += 1;
                if what.len() < NAMED {
                    what.push(format!("a row of {}", row.keyspace));
                }
                return Ok(());
            }
            // The writer has failed if nobody takes it, and says why.
            let _ = rows.send(Some(row));
            Ok(())
        });
        drop(rows);
        let written = writing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        whole(directory, read.and(written))
    })?;
    match Reference::of(snapshot, WONDERNETWORK).table() {
        Ok(None) => {}
        Ok(Some(table)) => drop(reference::keep(directory, WONDERNETWORK, &table)?),
        Err(error) => {
            count += 1;
            what.push(Chain(&error).to_string());
        }
    }
    count += source.state().counts.damaged;
    if count == 0 {
        return Ok(());
    }
    what.splice(0..0, source.damage());
    Err(SnapshotError::LeftOut { directory: directory.to_owned(), count, what })
}

/// Half a copy would pass for a whole one, so it goes.
fn whole(directory: &Path, outcome: Result<(), SnapshotError>) -> Result<(), SnapshotError> {
    if outcome.is_err() {
        // The failure that led here is what is told.
        let _ = fs::remove_dir_all(directory.join("sealed"));
    }
    outcome
}

fn prepare(directory: &Path) -> Result<(), SnapshotError> {
    let failed = |source| SnapshotError::Directory { path: directory.to_owned(), source };
    make_private(directory).map_err(failed)?;
    let occupied = fs::read_dir(directory).map_err(failed)?.next().is_some();
    if occupied { Err(SnapshotError::Occupied(directory.to_owned())) } else { Ok(()) }
}

/// The parts of a download as one stream.
struct Parts {
    received: mpsc::Receiver<Vec<u8>>,
    current: Vec<u8>,
    read: usize,
}

impl Read for Parts {
    fn read(&mut self, target: &mut [u8]) -> std::io::Result<usize> {
        while self.read == self.current.len() {
            let Ok(next) = self.received.recv() else { return Ok(0) };
            (self.current, self.read) = (next, 0);
        }
        let count = target.len().min(self.current.len() - self.read);
        target[..count].copy_from_slice(&self.current[self.read..self.read + count]);
        self.read += count;
        Ok(count)
    }
}
