//! Kernel text files: one that is kept open and read anew each round, and many that are not.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;

use super::SampleError;

/// The most a kernel file may hold; /proc files of huge hosts stay far below it.
const MAX_BYTES: usize = 4 << 20;

/// A first read of less is all there is: the kernel fills a page with records before it stops, and but for
/// tables of mounts no record is half as long. Asking once more would cost as much as the reading of a
/// short file.
const WHOLE_BYTES: usize = 2048;

/// Where the kernel tells of the host's network below `root`: by its first process, since an agent in a
/// container may have a network of its own. Below `/` it is the one that the agent was started in.
pub fn network_folder(root: &Path) -> PathBuf {
    let of_first = root.join("proc/1/net");
    let is_own = root == Path::new("/") || !of_first.join("dev").exists();
    if is_own { root.join("proc/net") } else { of_first }
}

/// Kept open, since opening costs more than reading.
pub struct ProcFile {
    path: PathBuf,
    file: Option<File>,
    /// A first read of less is all there is.
    whole_bytes: usize,
    buffer: Vec<u8>,
    cleaned: String,
}

impl ProcFile {
    pub fn new(root: &Path, path: &str) -> Self {
        Self {
            path: root.join(path),
            file: None,
            whole_bytes: WHOLE_BYTES,
            buffer: Vec::new(),
            cleaned: String::new(),
        }
    }

    /// A file whose records may fill a page each, so that the kernel stops early before one of them.
    pub fn of_long_records(root: &Path, path: &str) -> Self {
        Self { whole_bytes: 0, ..Self::new(root, path) }
    }

    /// The file of that name where the kernel tells of the host's network.
    pub fn of_network(root: &Path, name: &str) -> Self {
        Self::new(&network_folder(root), name)
    }

    /// The file's text as of now; what is no UTF-8 is replaced.
    pub fn read(&mut self) -> Result<&str, SampleError> {
        let length = self.read_again()?;
        Ok(clean(&self.buffer[..length], &mut self.cleaned))
    }

    /// The file's text as of now; none where the host has no such file, or keeps it for others.
    pub fn read_if_there(&mut self) -> Result<Option<&str>, SampleError> {
        match self.read_again() {
            Ok(length) => Ok(Some(clean(&self.buffer[..length], &mut self.cleaned))),
            Err(SampleError::Read { source, .. }) if is_absent(&source) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the kernel says that a table has changed since it was asked this last. Only mount tables
    /// say so; other files never do.
    pub fn has_changed(&self) -> bool {
        let Some(file) = &self.file else { return false };
        let mut polled = [PollFd::new(file, PollFlags::PRI)];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut polled, Some(&now)).is_ok_and(|_| polled[0].revents().contains(PollFlags::PRI))
    }

    /// The file's bytes as of now.
    pub fn read_bytes(&mut self) -> Result<&[u8], SampleError> {
        let length = self.read_again()?;
        Ok(&self.buffer[..length])
    }

    fn read_again(&mut self) -> Result<usize, SampleError> {
        let outcome = self.fill();
        if outcome.is_err() {
            self.file = None;
        }
        outcome.map_err(|source| SampleError::Read { path: self.path.clone(), source })
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
                read if length == 0 && read < self.whole_bytes => return Ok(read),
                read => length += read,
            }
            if length > MAX_BYTES {
                return Err(std::io::Error::other(format!("more than {MAX_BYTES} bytes")));
            }
        }
    }
}

/// A number of the kernel's that counts something. One with the highest bit set has been below zero, and is
/// none: nothing on Earth has been counted so far.
pub fn count(text: &str) -> Option<f64> {
    text.parse::<u64>().ok().filter(|count| *count < 1 << 63).map(|count| count as f64)
}

/// The error for a line of `path` that does not look as documented.
pub fn parse_error(path: &Path, line: &str) -> SampleError {
    SampleError::Parse { path: path.to_owned(), line: line.chars().take(120).collect() }
}

/// One buffer for many kernel files that are opened anew each time, since there are more of them than
/// a process may hold open.
#[derive(Default)]
pub struct TextBuffer {
    buffer: Vec<u8>,
    cleaned: String,
}

impl TextBuffer {
    /// The text of the file at `path` as of now, as [`ProcFile::read`]; none if it is not there, or no
    /// longer.
    pub fn read(&mut self, path: &Path) -> Result<Option<&str>, SampleError> {
        self.buffer.clear();
        let read = File::open(path)
            .and_then(|file| file.take(MAX_BYTES as u64).read_to_end(&mut self.buffer));
        match read {
            Ok(_) => {}
            Err(error) if is_gone(&error) => return Ok(None),
            Err(source) => return Err(SampleError::Read { path: path.to_owned(), source }),
        }
        Ok(Some(clean(&self.buffer, &mut self.cleaned)))
    }
}

/// Opens a file that others than root may have put there: one that is no file, such as a pipe that nobody
/// writes into, is an error and keeps nobody waiting.
pub fn open_regular(path: &Path) -> std::io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(open(path, flags, Mode::empty())?);
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(std::io::Error::other("it is no regular file"))
    }
}

/// Bytes as text, with U+FFFD for what is none: one odd name hides nothing else.
fn clean<'t>(bytes: &'t [u8], cleaned: &'t mut String) -> &'t str {
    str::from_utf8(bytes).unwrap_or_else(|_| {
        *cleaned = String::from_utf8_lossy(bytes).into_owned();
        cleaned
    })
}

/// What a kernel is built without, or does not tell everybody. With PSI compiled in but off, reading
/// answers "operation not supported".
fn is_absent(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::Unsupported | ErrorKind::PermissionDenied
    )
}

/// A file of the kernel is gone, or what it was about: a process, a control group.
fn is_gone(error: &std::io::Error) -> bool {
    let gone = [Errno::NOENT, Errno::NODEV, Errno::SRCH];
    gone.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}
