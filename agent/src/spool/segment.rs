//! One stretch of the log: frames of one boot in a row, with the series they refer to.
//!
//! A file begins with a header of 16 bytes, `headspl1` and the boot (u64, little endian); records
//! follow. In memory, the same bytes lie in a vector. A torn end, which a sudden death leaves, is
//! cut off at recovery.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use headroom_proto::sequences::SequenceSet;
use headroom_proto::wire::{Loss, LossReason, SeriesDefinition, SeriesDefinitions};

use super::record::{HEADER_BYTES, Record};

const MAGIC: &[u8; 8] = b"headspl1";
const FILE_HEADER_BYTES: u64 = 16;

/// How many series one record defines at most, so that it stays far below a message's limit.
const DEFINITIONS_PER_RECORD: usize = 500;

/// A stretch of the log.
pub struct Segment {
    number: u64,
    boot: u64,
    storage: Storage,
    bytes: u64,
    open: bool,
    defined: usize,
    frames: u64,
    first_sequence: u64,
    last_sequence: u64,
    first_timestamp_ms: i64,
    last_timestamp_ms: i64,
}

enum Storage {
    File { path: PathBuf, file: File },
    Memory(Vec<u8>),
}

/// The number in a segment's file name, which has 16 digits; other files are none of ours.
pub fn number_of(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?.strip_suffix(".spool")?;
    name.parse().ok().filter(|_| name.len() == 16)
}

impl Segment {
    /// A new file.
    pub fn create(directory: &Path, number: u64, boot: u64) -> io::Result<Self> {
        let path = directory.join(format!("{number:016}.spool"));
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
        let mut segment = Self::new(number, boot, Storage::File { path, file });
        let written = segment.write_header();
        if written.is_err() {
            segment.delete();
            return Err(written.expect_err("just seen to be an error"));
        }
        Ok(segment)
    }

    /// A segment that does not survive the process.
    pub fn in_memory(number: u64, boot: u64) -> Self {
        let mut segment = Self::new(number, boot, Storage::Memory(Vec::new()));
        // Memory takes all writes.
        let _ = segment.write_header();
        segment
    }

    /// Takes up a file that an earlier run left, and cuts off a torn end.
    pub fn recover(number: u64, path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let mut header = [0; FILE_HEADER_BYTES as usize];
        file.read_exact_at(&mut header, 0)?;
        let (magic, boot) = header.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "not a segment of this version",
            ));
        }
        let boot = u64::from_le_bytes(boot.try_into().map_err(io::Error::other)?);
        let length = file.metadata()?.len();
        let mut segment = Self::new(number, boot, Storage::File { path: path.to_owned(), file });
        segment.bytes = length;
        let mut offset = FILE_HEADER_BYTES;
        while let Some(record) = segment.read(&mut offset) {
            segment.note(&record);
        }
        if offset < length {
            tracing::warn!(bytes = length - offset, "cut a torn end off {}", path.display());
            segment.truncate(offset)?;
        }
        segment.bytes = offset;
        segment.open = false;
        Ok(segment)
    }

    fn new(number: u64, boot: u64, storage: Storage) -> Self {
        Self {
            number,
            boot,
            storage,
            bytes: 0,
            open: true,
            defined: 0,
            frames: 0,
            first_sequence: 0,
            last_sequence: 0,
            first_timestamp_ms: 0,
            last_timestamp_ms: 0,
        }
    }

    fn write_header(&mut self) -> io::Result<()> {
        let mut header = MAGIC.to_vec();
        header.extend(self.boot.to_le_bytes());
        self.write(&header)
    }

    /// Writes at the end, all or nothing.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.storage {
            Storage::Memory(memory) => memory.extend_from_slice(bytes),
            Storage::File { file, .. } => {
                if let Err(error) = file.write_all_at(bytes, self.bytes) {
                    // What stands behind the end is overwritten or cut off at recovery.
                    let _ = self.truncate(self.bytes);
                    return Err(error);
                }
            }
        }
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        match &self.storage {
            Storage::Memory(_) => Ok(()),
            Storage::File { file, .. } => file.set_len(length),
        }
    }

    /// Writes the definitions that this segment does not hold yet.
    pub fn define(&mut self, definitions: &[SeriesDefinition]) -> io::Result<()> {
        while let Some(rest) = definitions.get(self.defined..).filter(|rest| !rest.is_empty()) {
            let some = &rest[..rest.len().min(DEFINITIONS_PER_RECORD)];
            let series = SeriesDefinitions { boot: self.boot, series: some.to_vec() };
            self.append(&Record::Series(series))?;
        }
        Ok(())
    }

    /// Appends a record.
    pub fn append(&mut self, record: &Record) -> io::Result<()> {
        self.write(&record.encode())?;
        self.note(record);
        Ok(())
    }

    fn note(&mut self, record: &Record) {
        match record {
            Record::Series(series) => self.defined += series.series.len(),
            Record::Frame(frame) => {
                if self.frames == 0 {
                    self.first_sequence = frame.sequence;
                    self.first_timestamp_ms = frame.timestamp_ms;
                }
                self.frames += 1;
                self.last_sequence = frame.sequence;
                self.last_timestamp_ms = frame.timestamp_ms;
            }
        }
    }

    /// The record at `offset`, which moves behind it; nothing at the end.
    pub fn read(&self, offset: &mut u64) -> Option<Record> {
        *offset = (*offset).max(FILE_HEADER_BYTES);
        let mut header = [0; HEADER_BYTES];
        self.read_at(*offset, &mut header)?;
        let mut payload = vec![0; Record::payload_length(header)?];
        self.read_at(*offset + HEADER_BYTES as u64, &mut payload)?;
        // The file's header has no checksum, but a boot other than the records' is damage, too.
        let record = Record::decode(header, &payload).filter(|r| r.boot() == self.boot)?;
        *offset += (HEADER_BYTES + payload.len()) as u64;
        Some(record)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Option<()> {
        if offset + buffer.len() as u64 > self.bytes {
            return None;
        }
        match &self.storage {
            Storage::Memory(memory) => {
                let start = offset as usize;
                buffer.copy_from_slice(memory.get(start..start + buffer.len())?);
                Some(())
            }
            Storage::File { file, .. } => file.read_exact_at(buffer, offset).ok(),
        }
    }

    /// The losses that giving up this segment means. A frame of `sent` may have arrived without
    /// its acknowledgement; it is a loss of its own, so that the collector can tell.
    pub fn losses(
        &self,
        acknowledged: &SequenceSet,
        sent: impl Fn(u64) -> bool,
        reason: LossReason,
    ) -> Vec<Loss> {
        let mut losses: Vec<Loss> = Vec::new();
        let mut offset = 0;
        while let Some(record) = self.read(&mut offset) {
            let Record::Frame(frame) = record else { continue };
            if acknowledged.contains(frame.sequence) {
                continue;
            }
            let samples = frame.values.len() as u64;
            match losses.last_mut() {
                Some(loss)
                    if loss.last_sequence + 1 == frame.sequence
                        && !sent(loss.last_sequence)
                        && !sent(frame.sequence) =>
                {
                    loss.last_sequence = frame.sequence;
                    loss.last_timestamp_ms = frame.timestamp_ms;
                    loss.samples += samples;
                }
                _ => losses.push(Loss {
                    boot: self.boot,
                    first_sequence: frame.sequence,
                    last_sequence: frame.sequence,
                    first_timestamp_ms: frame.timestamp_ms,
                    last_timestamp_ms: frame.timestamp_ms,
                    samples,
                    reason: reason.into(),
                }),
            }
        }
        losses
    }

    /// How many frames are not acknowledged.
    pub fn waiting(&self, acknowledged: Option<&SequenceSet>) -> u64 {
        let done = acknowledged.map_or(0, |set| {
            let clip = |&(first, last): &(u64, u64)| {
                let (first, last) = (first.max(self.first_sequence), last.min(self.last_sequence));
                (last + 1).saturating_sub(first)
            };
            set.ranges().iter().map(clip).sum()
        });
        self.frames.saturating_sub(done)
    }

    /// When the oldest waiting frame was taken.
    pub fn oldest_waiting_ms(&self, acknowledged: Option<&SequenceSet>) -> i64 {
        let waits = |sequence| acknowledged.is_none_or(|set| !set.contains(sequence));
        let mut offset = 0;
        // The first frame mostly waits itself; else this looks through the segment.
        while !waits(self.first_sequence)
            && let Some(record) = self.read(&mut offset)
        {
            if let Record::Frame(frame) = record
                && waits(frame.sequence)
            {
                return frame.timestamp_ms;
            }
        }
        self.first_timestamp_ms
    }

    /// Whether nothing in it waits any more.
    pub fn is_acknowledged(&self, acknowledged: Option<&SequenceSet>) -> bool {
        self.waiting(acknowledged) == 0
    }

    /// Ends it: nothing more is appended.
    pub fn close(&mut self) {
        if let (true, Storage::File { path, file }) = (self.open, &self.storage)
            && let Err(error) = file.sync_data()
        {
            tracing::warn!("failed to flush spool segment {}: {error}", path.display());
        }
        self.open = false;
    }

    /// Removes it and its file.
    pub fn delete(self) {
        if let Storage::File { path, .. } = &self.storage
            && let Err(error) = std::fs::remove_file(path)
        {
            tracing::warn!("failed to remove spool segment {}: {error}", path.display());
        }
    }

    pub fn number(&self) -> u64 {
        self.number
    }

    pub fn boot(&self) -> u64 {
        self.boot
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn frames(&self) -> u64 {
        self.frames
    }

    pub fn is_open(&self) -> bool {
        self.open
    }

    pub fn is_memory(&self) -> bool {
        matches!(self.storage, Storage::Memory(_))
    }

    pub fn first_sequence(&self) -> u64 {
        self.first_sequence
    }

    pub fn last_timestamp_ms(&self) -> i64 {
        self.last_timestamp_ms
    }
}
