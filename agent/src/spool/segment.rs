//! One stretch of the log: frames of one boot in a row, with the series they refer to.
//!
//! A file begins with a header of 16 bytes, `headspl1` and the boot (u64, little endian); records
//! follow. A torn end, which a sudden death leaves, is cut off at recovery.

use std::cell::Cell;
use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use headroom_proto::sequences::SequenceSet;
use headroom_proto::wire::agent_message::Message;
use headroom_proto::wire::{AgentMessage, Frame, Loss, LossReason, SeriesDefinitions};
use prost::Message as _;
use prost::bytes::Bytes;

use super::record::{self, HEADER_BYTES, Record};
use crate::frames::KeptFrame;
use crate::series::Layout;

const MAGIC: &[u8; 8] = b"headspl1";
const FILE_HEADER_BYTES: u64 = 16;

/// How many series one record defines at most, so that it stays far below a message's limit.
const DEFINITIONS_PER_RECORD: usize = 500;

/// A stretch of the log.
pub struct Segment {
    number: u64,
    boot: u64,
    path: PathBuf,
    file: File,
    bytes: u64,
    open: bool,
    defined: Defined,
    frames: u64,
    first_sequence: u64,
    last_sequence: u64,
    first_timestamp_ms: i64,
    last_timestamp_ms: i64,
    /// The frame that waited when it was looked for last: all before it are done with for ever.
    oldest: Cell<Oldest>,
}

/// A frame of a segment, and where the record behind it lies.
#[derive(Debug, Clone, Copy, Default)]
struct Oldest {
    sequence: u64,
    timestamp_ms: i64,
    behind: u64,
}

/// The series that a segment that is written to defines already.
#[derive(Default)]
struct Defined {
    ids: HashSet<u32>,
    /// The last frame's: the next one mostly has the same.
    last: Arc<Layout>,
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
        let mut segment = Self::new(number, boot, path, file);
        let header = [&MAGIC[..], &boot.to_le_bytes()].concat();
        match segment.write(&header) {
            Ok(()) => Ok(segment),
            Err(error) => {
                segment.delete();
                Err(error)
            }
        }
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
        let mut segment = Self::new(number, boot, path.to_owned(), file);
        segment.bytes = length;
        let mut offset = FILE_HEADER_BYTES;
        while let Some((record, _)) = segment.read(&mut offset) {
            if let Record::Frame(Frame { sequence, timestamp_ms, .. }) = record {
                segment.note(sequence, timestamp_ms);
            }
        }
        if offset < length {
            tracing::warn!(bytes = length - offset, "cut a torn end off {}", path.display());
            segment.file.set_len(offset)?;
        }
        segment.bytes = offset;
        segment.open = false;
        Ok(segment)
    }

    fn new(number: u64, boot: u64, path: PathBuf, file: File) -> Self {
        Self {
            number,
            boot,
            path,
            file,
            bytes: 0,
            open: true,
            defined: Defined::default(),
            frames: 0,
            first_sequence: 0,
            last_sequence: 0,
            first_timestamp_ms: 0,
            last_timestamp_ms: 0,
            oldest: Cell::default(),
        }
    }

    /// Writes at the end, all or nothing.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = self.file.write_all_at(bytes, self.bytes) {
            // What stands behind the end is overwritten or cut off at recovery.
            let _ = self.file.set_len(self.bytes);
            return Err(error);
        }
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Appends a frame of this boot, behind the definitions of its series that are not here yet.
    /// `buffer` is memory to write from.
    pub fn append(&mut self, frame: &KeptFrame, buffer: &mut Vec<u8>) -> io::Result<()> {
        buffer.clear();
        let new = self.defined.missing(&frame.layout);
        for some in new.chunks(DEFINITIONS_PER_RECORD) {
            let series = SeriesDefinitions { boot: self.boot, series: some.to_vec() };
            let message = AgentMessage { message: Some(Message::Series(series)) };
            record::write(&message.encode_to_vec(), buffer);
        }
        record::write(&frame.message, buffer);
        self.write(buffer)?;
        self.defined.ids.extend(new.iter().map(|definition| definition.id));
        self.defined.last = Arc::clone(&frame.layout);
        self.note(frame.sequence, frame.timestamp_ms);
        Ok(())
    }

    fn note(&mut self, sequence: u64, timestamp_ms: i64) {
        if self.frames == 0 {
            self.first_sequence = sequence;
            self.first_timestamp_ms = timestamp_ms;
        }
        self.frames += 1;
        self.last_sequence = sequence;
        self.last_timestamp_ms = timestamp_ms;
    }

    /// The record at `offset` and its payload; `offset` moves behind it. Nothing at the end.
    pub fn read(&self, offset: &mut u64) -> Option<(Record, Bytes)> {
        *offset = (*offset).max(FILE_HEADER_BYTES);
        let mut header = [0; HEADER_BYTES];
        self.read_at(*offset, &mut header)?;
        let mut payload = vec![0; Record::payload_length(header)?];
        self.read_at(*offset + HEADER_BYTES as u64, &mut payload)?;
        // The file's header has no checksum, but a boot other than the records' is damage, too.
        let record = Record::decode(header, &payload).filter(|r| r.boot() == self.boot)?;
        *offset += (HEADER_BYTES + payload.len()) as u64;
        Some((record, payload.into()))
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Option<()> {
        if offset + buffer.len() as u64 > self.bytes {
            return None;
        }
        self.file.read_exact_at(buffer, offset).ok()
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
        while let Some((record, _)) = self.read(&mut offset) {
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
        // What is asked for after each frame of an open stream is not read from the disk.
        if waits(self.last_sequence) && self.waiting(acknowledged) == 1 {
            return self.last_timestamp_ms;
        }
        let mut oldest = self.oldest.get();
        if oldest.sequence < self.first_sequence {
            (oldest.sequence, oldest.timestamp_ms) = (self.first_sequence, self.first_timestamp_ms);
        }
        while !waits(oldest.sequence)
            && let Some((record, _)) = self.read(&mut oldest.behind)
        {
            if let Record::Frame(frame) = record {
                (oldest.sequence, oldest.timestamp_ms) = (frame.sequence, frame.timestamp_ms);
            }
        }
        self.oldest.set(oldest);
        oldest.timestamp_ms
    }

    /// Whether nothing in it waits any more.
    pub fn is_acknowledged(&self, acknowledged: Option<&SequenceSet>) -> bool {
        self.waiting(acknowledged) == 0
    }

    /// Ends it: nothing more is appended.
    pub fn close(&mut self) {
        if self.open
            && let Err(error) = self.file.sync_data()
        {
            tracing::warn!("failed to flush spool segment {}: {error}", self.path.display());
        }
        self.open = false;
    }

    /// Removes it and its file.
    pub fn delete(self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!("failed to remove spool segment {}: {error}", self.path.display());
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

    /// Whether the frame of that sequence may follow: within a segment there are no holes.
    pub fn is_continued_by(&self, sequence: u64) -> bool {
        self.frames == 0 || sequence == self.last_sequence + 1
    }

    pub fn is_open(&self) -> bool {
        self.open
    }

    pub fn first_sequence(&self) -> u64 {
        self.first_sequence
    }

    pub fn last_timestamp_ms(&self) -> i64 {
        self.last_timestamp_ms
    }
}

impl Defined {
    /// The series of a frame that are not defined yet.
    fn missing(&self, layout: &Arc<Layout>) -> Vec<headroom_proto::wire::SeriesDefinition> {
        if Arc::ptr_eq(layout, &self.last) {
            return Vec::new();
        }
        let new = layout.definitions().iter().filter(|one| !self.ids.contains(&one.id));
        new.map(|one| (**one).clone()).collect()
    }
}
