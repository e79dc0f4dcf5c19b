//! The durable log: what was appended since the last seal, in files of our own.
//!
//! A file for each generation; sealing begins the next one and deletes those whose samples lie in
//! chunks. A process begins a generation of its own, so a file that another left is only read.
//! It is no keyspace of the database because a log of samples in an LSM tree is written to its
//! journal, held in its memtable and kept long after it was dropped.

mod record;

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use self::record::{LoggedRow, Record};
use super::head::Layout;
use super::place::Known;
use super::rounds::round::RoundWrite;
use super::{FrameId, FrameWrite, SeriesId, StoreError};

/// The note of the newest generation that is sealed.
pub const SEALED: &str = "sealed generation";

/// The most bytes of one record; more is damage.
const MAX_RECORD_BYTES: u32 = 256 << 20;

/// Where frames are being written.
pub struct Log {
    folder: PathBuf,
    file: File,
    /// What its name led to when it was made.
    known: Known,
    generation: u32,
    /// Bytes that are whole and synced.
    length: u64,
    staged: Vec<u8>,
    /// Layouts that this file describes, by their number.
    layouts: Vec<bool>,
    /// Runs of agents that this file names, with their numbers.
    runs: HashMap<(Arc<str>, u64), u32>,
}

/// How a log was written, or not.
#[derive(Debug)]
pub enum Written {
    Durable,
    /// Nothing was; the file is as it was before.
    Refused(std::io::Error),
    /// Nobody knows.
    Uncertain(std::io::Error),
}

/// What reading a log came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Records that were damaged.
    pub damaged: u64,
    /// Bytes at the end that are no whole record: what was being written when the process died.
    pub torn_bytes: u64,
}

impl Log {
    /// Begins a generation in `folder`.
    pub fn begin(folder: &Path, generation: u32) -> Result<Self, StoreError> {
        let path = folder.join(name(generation));
        let begun =
            File::options().write(true).create_new(true).open(&path).and_then(|mut file| {
                file.write_all(&record::header())?;
                file.sync_all()?;
                File::open(folder)?.sync_all()?;
                Ok((file, Known::at(path.clone())?))
            });
        let (file, known) = begun.map_err(|source| {
            // What is half begun must not be in the way of the next attempt.
            let _ = fs::remove_file(&path);
            StoreError::File { operation: "begin log", path, source }
        })?;
        Ok(Self {
            folder: folder.to_owned(),
            file,
            known,
            generation,
            length: record::header().len() as u64,
            staged: Vec::new(),
            layouts: Vec::new(),
            runs: HashMap::new(),
        })
    }

    /// Begins the next generation; the answer is the one that has ended.
    pub fn rotate(&mut self) -> Result<u32, StoreError> {
        let ended = self.generation;
        *self = Self::begin(&self.folder, ended + 1)?;
        Ok(ended)
    }

    pub fn stage_series<'a>(
        &mut self,
        id: SeriesId,
        pairs: impl Iterator<Item = (&'a str, &'a str)>,
    ) {
        record::write_series(&mut self.staged, id, pairs);
    }

    /// Stages a frame as a row of a layout, and whatever it needs that this file does not have yet.
    pub fn stage_row(&mut self, frame: &FrameWrite, layout: Layout) {
        let number = layout.0 as usize;
        if self.layouts.len() <= number {
            self.layouts.resize(number + 1, false);
        }
        if !self.layouts[number] {
            self.layouts[number] = true;
            record::write_layout(&mut self.staged, layout, &frame.series);
        }
        let row = LoggedRow {
            run: frame.id.as_ref().map(|id| self.run(id)),
            sequence: frame.id.as_ref().map_or(0, |id| id.sequence),
            timestamp_ms: frame.timestamp_ms,
            layout: layout.0,
            values: &frame.values[..],
        };
        record::write_row(&mut self.staged, row);
    }

    /// Stages a round of pings that came with a frame.
    pub fn stage_round(&mut self, round: &RoundWrite) {
        record::write_round(&mut self.staged, round);
    }

    fn run(&mut self, id: &FrameId) -> u32 {
        let key = (Arc::clone(&id.instance), id.boot);
        let next = self.runs.len() as u32;
        *self.runs.entry(key).or_insert_with(|| {
            record::write_run(&mut self.staged, next, &id.instance, id.boot);
            next
        })
    }

    /// Writes what is staged and syncs it.
    pub fn commit(&mut self) -> Written {
        let written = self.file.write_all(&self.staged);
        let staged = self.staged.len() as u64;
        self.staged.clear();
        // A burst must not hold its memory for ever.
        self.staged.shrink_to(1 << 20);
        if let Err(error) = written {
            return self.take_back(error);
        }
        match self.file.sync_data() {
            Ok(()) => {
                self.length += staged;
                Written::Durable
            }
            Err(error) => Written::Uncertain(error),
        }
    }

    /// Cuts off what a failed write left.
    fn take_back(&mut self, error: std::io::Error) -> Written {
        use std::io::{Seek, SeekFrom};
        // What the file was to learn must be written again.
        self.layouts.clear();
        self.runs.clear();
        let cut = self.file.set_len(self.length);
        let back = cut.and_then(|()| self.file.seek(SeekFrom::Start(self.length)).map(|_| ()));
        match back {
            Ok(()) => Written::Refused(error),
            Err(worse) => Written::Uncertain(worse),
        }
    }

    /// Fails if the file was removed or replaced.
    pub fn check(&self) -> Result<(), StoreError> {
        self.known.check()
    }

    pub fn bytes(&self) -> u64 {
        self.length
    }
}

/// The generations that have a file, in order.
pub fn generations(folder: &Path) -> Result<Vec<u32>, StoreError> {
    let failed = |source| StoreError::File { operation: "list", path: folder.to_owned(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".log"));
        found.extend(number.and_then(|number| number.parse::<u32>().ok()));
    }
    found.sort_unstable();
    Ok(found)
}

/// Deletes the logs up to a generation.
pub fn remove_sealed(folder: &Path, sealed: u32) -> Result<(), StoreError> {
    for generation in generations(folder)?.into_iter().filter(|number| *number <= sealed) {
        let path = folder.join(name(generation));
        fs::remove_file(&path).map_err(|source| StoreError::File {
            operation: "delete",
            path,
            source,
        })?;
    }
    Ok(())
}

/// Reads a log; `take` is told each sound record in order.
pub fn replay(
    folder: &Path,
    generation: u32,
    take: impl FnMut(Record<'_>),
) -> Result<Replayed, StoreError> {
    let path = folder.join(name(generation));
    let bytes = fs::read(&path).map_err(|source| StoreError::File {
        operation: "read log",
        path: path.clone(),
        source,
    })?;
    record::read_all(&bytes, take).map_err(|found| later(path, found))
}

/// Refuses a folder with a log of a later version, which must be left as it is.
pub fn refuse_later(folder: &Path) -> Result<(), StoreError> {
    for generation in generations(folder)? {
        let path = folder.join(name(generation));
        let mut header = Vec::new();
        let most = record::header().len() as u64;
        let read = File::open(&path).and_then(|file| file.take(most).read_to_end(&mut header));
        if let Err(source) = read {
            return Err(StoreError::File { operation: "read log", path, source });
        }
        if let Some(found) = record::later_version(&header) {
            return Err(later(path, found));
        }
    }
    Ok(())
}

fn later(path: PathBuf, found: u8) -> StoreError {
    StoreError::LogVersion { path, found, known: record::VERSION }
}

fn name(generation: u32) -> String {
    format!("{generation:010}.log")
}
