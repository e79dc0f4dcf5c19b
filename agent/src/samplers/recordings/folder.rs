//! Folders as the scans see them: opened one below the other, so that no symbolic link leads away.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Statx, StatxFlags, openat, statx};

use crate::samplers::SampleError;

/// The most names in one folder; with more, it is not told how many there are.
const MAX_NAMES: usize = 200_000;

/// An open folder.
pub struct Folder(OwnedFd);

impl Folder {
    /// The folder at `path`, links followed; none if there is none, or something else.
    pub fn open(path: &Path) -> std::io::Result<Option<Self>> {
        let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
        if_there(openat(CWD, path, flags, Mode::empty())).map(|there| there.map(Self))
    }

    /// The folder `name` in this one; none if that is gone, or is a link or a file.
    pub fn below(&self, name: &str) -> std::io::Result<Option<Self>> {
        let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        if_there(openat(&self.0, name, flags, Mode::empty())).map(|there| there.map(Self))
    }

    /// What is in it, and whether it is known to be no folder; names that are no text are left out.
    pub fn entries(
        &self,
    ) -> std::io::Result<impl Iterator<Item = std::io::Result<(String, Kind)>>> {
        let entries = Dir::read_from(&self.0)?.filter_map(|entry| match entry {
            Err(error) => Some(Err(error.into())),
            Ok(entry) => {
                let name =
                    entry.file_name().to_str().ok().filter(|name| !matches!(*name, "." | ".."));
                name.map(|name| Ok((name.to_owned(), Kind::of(entry.file_type()))))
            }
        });
        Ok(entries)
    }

    /// The state of `name` itself, a link not followed; none if it is gone.
    pub fn stat(&self, name: &str) -> std::io::Result<Option<Statx>> {
        if_there(statx(&self.0, name, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::BASIC_STATS))
    }

    /// The beginning of the file `name`; none if that is gone or a link.
    pub fn beginning(&self, name: &str, max_bytes: u64) -> Option<Vec<u8>> {
        // Not to wait for whoever may write to a pipe.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file: File = openat(&self.0, name, flags, Mode::empty()).ok()?.into();
        let mut bytes = Vec::new();
        file.take(max_bytes).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }
}

/// What an entry is, as far as the folder tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A folder, or something that the file system does not tell.
    PerhapsFolder,
    /// A file, a link or something else.
    Other,
}

impl Kind {
    fn of(kind: FileType) -> Self {
        match kind {
            FileType::Directory | FileType::Unknown => Self::PerhapsFolder,
            _ => Self::Other,
        }
    }
}

fn if_there<T>(outcome: rustix::io::Result<T>) -> std::io::Result<Option<T>> {
    match outcome {
        Ok(there) => Ok(Some(there)),
        Err(error) => match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Ok(None),
            _ => Err(error.into()),
        },
    }
}

/// The names in the folder at `path`; a folder that is not there has none.
pub fn names(path: &Path) -> Result<Vec<String>, SampleError> {
    let failed = |source| SampleError::Read { path: PathBuf::from(path), source };
    let Some(folder) = Folder::open(path).map_err(failed)? else { return Ok(Vec::new()) };
    let mut names = Vec::new();
    for entry in folder.entries().map_err(failed)? {
        names.push(entry.map_err(failed)?.0);
        if names.len() > MAX_NAMES {
            return Err(failed(std::io::Error::other(format!("more than {MAX_NAMES} names"))));
        }
    }
    Ok(names)
}
