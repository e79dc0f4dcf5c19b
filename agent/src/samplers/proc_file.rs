//! A kernel text file that is kept open and read anew each round.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::SampleError;

/// The most a kernel file may hold; /proc files of huge hosts stay far below it.
const MAX_BYTES: usize = 4 << 20;

/// Kept open, since opening costs more than reading.
pub struct ProcFile {
    path: PathBuf,
    file: Option<File>,
    buffer: Vec<u8>,
}

impl ProcFile {
    pub fn new(root: &Path, path: &str) -> Self {
        Self { path: root.join(path), file: None, buffer: Vec::new() }
    }

    /// The file's text as of now.
    pub fn read(&mut self) -> Result<&str, SampleError> {
        let outcome = self.fill();
        if outcome.is_err() {
            self.file = None;
        }
        let length =
            outcome.map_err(|source| SampleError::Read { path: self.path.clone(), source })?;
        let text = str::from_utf8(&self.buffer[..length]);
        text.map_err(|_| SampleError::Parse { path: self.path.clone(), line: "not UTF-8".into() })
    }

    /// The error for a line that does not look as documented.
    pub fn misread(&self, line: &str) -> SampleError {
        parse_error(&self.path, line)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    fn fill(&mut self) -> std::io::Result<usize> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(File::open(&self.path)?),
        };
        let mut length = 0;
        loop {
            if self.buffer.len() < length + 1024 {
                self.buffer.resize((length + 1024).next_power_of_two().max(4096), 0);
            }
            match file.read_at(&mut self.buffer[length..], length as u64)? {
                0 => return Ok(length),
                read => length += read,
            }
            if length > MAX_BYTES {
                return Err(std::io::Error::other(format!("more than {MAX_BYTES} bytes")));
            }
        }
    }
}

/// The error for a line of `path` that does not look as documented.
pub fn parse_error(path: &Path, line: &str) -> SampleError {
    SampleError::Parse { path: path.to_owned(), line: line.chars().take(120).collect() }
}
