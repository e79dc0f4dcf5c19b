//! Whether names still lead to what was opened. A directory that was removed or replaced goes on
//! taking what is written to its files, and all of that is gone when they are closed.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::StoreError;

/// What the database keeps for as long as it is there.
const LASTING: [&str; 3] = ["lock", "version", "keyspaces"];

/// A file or folder by its name, and what that led to.
#[derive(Debug)]
pub struct Known {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl Known {
    /// What a name leads to now.
    pub fn at(path: PathBuf) -> io::Result<Self> {
        let found = std::fs::metadata(&path)?;
        Ok(Self { device: found.dev(), inode: found.ino(), path })
    }

    /// Fails if the name leads elsewhere, or nowhere.
    pub fn check(&self) -> Result<(), StoreError> {
        let path = || self.path.clone();
        match std::fs::metadata(&self.path) {
            Ok(found) if (found.dev(), found.ino()) == (self.device, self.inode) => Ok(()),
            Ok(_) => Err(StoreError::Displaced(path())),
            Err(error) if gone(&error) => Err(StoreError::Displaced(path())),
            Err(source) => Err(StoreError::File { operation: "look at", path: path(), source }),
        }
    }
}

/// Something on the way may be no folder any more.
fn gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// The data directory and what in it lasts.
#[derive(Debug)]
pub struct Place(Vec<Known>);

impl Place {
    /// The place of a store that has just been opened.
    pub fn of(directory: &Path) -> Result<Self, StoreError> {
        let sealed = directory.join("sealed");
        let inside = LASTING.map(|name| sealed.join(name));
        let paths = [directory.to_owned(), directory.join("log"), sealed];
        let known = |path: PathBuf| {
            let failed =
                |source| StoreError::File { operation: "look at", path: path.clone(), source };
            Known::at(path.clone()).map_err(failed)
        };
        paths.into_iter().chain(inside).map(known).collect::<Result<_, _>>().map(Self)
    }

    /// Fails if any of it was removed or replaced.
    pub fn check(&self) -> Result<(), StoreError> {
        self.0.iter().try_for_each(Known::check)
    }
}
