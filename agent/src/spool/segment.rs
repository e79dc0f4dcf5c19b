//! One stretch of the log: frames of one boot in a row, with the series they refer to.
//!
//! A file begins with a header of 16 bytes, `headspl1` and the boot (u64, little endian); records
//! follow. A torn end, which a sudden death leaves, is cut off at recovery. Behind damage, readers go on
//! with the next sound record.

use std::cell::Cell;
use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use headroom_proto::sequences::SequenceSet;
use headroom_proto::wire::agent_message::Message;
use headroom_proto::wire::{AgentMessage, Loss, LossReason, SeriesDefinition, SeriesDefinitions};
use prost::Message as _;
use prost::bytes::Bytes;

use super::record::{self, HEADER_BYTES, Record};
use super::survey::{self, Known, Survey};
use crate::definitions;
use crate::frames::KeptFrame;
use crate::series::Layout;

const MAGIC: &[u8; 8] = b"headspl1";
const FILE_HEADER_BYTES: u64 = 16;

/// No segment is longer; what is, is read up to here.
const LONGEST_BYTES: u64 = 64 << 20;

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
    /// Definitions that damage took from here, as other segments have them.
    restored: Option<SeriesDefinitions>,
    /// Whether a reader has met damage since that was asked last.
    met_damage: Cell<bool>,
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

    /// Takes up a file that an earlier run left, and cuts off a torn end. Tells what it holds, and what
    /// damage took of it.
    pub fn recover(number: u64, path: &Path) -> io::Result<(Self, Survey)> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let about = file.metadata()?;
        let mut content = Vec::new();
        (&file).take(LONGEST_BYTES).read_to_end(&mut content)?;
        let Some((header, records)) = content.split_first_chunk::<16>() else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        let (magic, told) = header.split_at(MAGIC.len());
        let told = u64::from_le_bytes(told.try_into().map_err(io::Error::other)?);
        let written = about.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let written_ms = written.map_or(0, |since| since.as_millis() as i64);
        let of = |boot| survey::survey(records, &Known { boot, sequences: None, written_ms });
        // The header has no checksum, but each record says its boot, too.
        let mut boot = told;
        let mut survey = of(told);
        if !survey.is_sound
            && let Some(other) = survey::boot_of_records(records)
        {
            (boot, survey) = (other, of(other));
        }
        if magic != MAGIC && !survey.is_sound {
            let reason = "not a segment of this version";
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        let mut segment = Self::new(number, boot, path.to_owned(), file);
        (segment.bytes, segment.open) = (content.len() as u64, false);
        segment.frames = survey.frames;
        if let Some((first, last)) = survey.ends {
            (segment.first_sequence, segment.first_timestamp_ms) =
                (first.sequence, first.timestamp_ms);
            (segment.last_sequence, segment.last_timestamp_ms) = (last.sequence, last.timestamp_ms);
        }
        let end = FILE_HEADER_BYTES + survey.end as u64;
        // What still names frames stays, until their loss is written down and reported.
        let names_frames =
            survey.lost.last().is_some_and(|lost| lost.sequence == segment.last_sequence);
        if end < about.len() && !names_frames {
            tracing::warn!(bytes = about.len() - end, "cut a torn end off {}", path.display());
            segment.file.set_len(end)?;
            segment.bytes = end;
        }
        Ok((segment, survey))
    }

    /// Looks through all of it again.
    pub fn survey(&self) -> io::Result<Survey> {
        let mut records = vec![0; self.bytes.saturating_sub(FILE_HEADER_BYTES) as usize];
        self.file.read_exact_at(&mut records, FILE_HEADER_BYTES)?;
        let sequences = (self.frames > 0).then_some((self.first_sequence, self.last_sequence));
        let (boot, written_ms) = (self.boot, self.last_timestamp_ms);
        Ok(survey::survey(&records, &Known { boot, sequences, written_ms }))
    }

    /// Whether a reader has met damage since this was asked last.
    pub fn has_met_damage(&self) -> bool {
        self.met_damage.take()
    }

    /// Takes definitions that damage took from here; readers get them first.
    pub fn restore(&mut self, series: Vec<SeriesDefinition>) {
        if !series.is_empty() {
            self.restored = Some(SeriesDefinitions { boot: self.boot, series });
        }
    }

    /// The definitions that readers get first.
    pub fn restored(&self) -> Option<(Record, Bytes)> {
        let series = self.restored.clone()?;
        let message = AgentMessage { message: Some(Message::Series(series.clone())) };
        Some((Record::Series(series), message.encode_to_vec().into()))
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
            restored: None,
            met_damage: Cell::new(false),
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
        for part in definitions::parts(&new) {
            let series = SeriesDefinitions { boot: self.boot, series: part.to_vec() };
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

    /// The record at `offset` and its payload, or the next one behind damage; `offset` moves behind it.
    /// Nothing at the end.
    pub fn read(&self, offset: &mut u64) -> Option<(Record, Bytes)> {
        *offset = (*offset).max(FILE_HEADER_BYTES);
        if let Some(found) = self.read_sound(offset) {
            return Some(found);
        }
        if *offset >= self.bytes {
            return None;
        }
        self.met_damage.set(true);
        let mut rest = vec![0; (self.bytes - *offset) as usize];
        let read = self.read_at(*offset, &mut rest);
        match read.and_then(|()| survey::next_sound(&rest, Some(self.boot))) {
            Some(place) => *offset += place as u64,
            None => *offset = self.bytes,
        }
        self.read_sound(offset)
    }

    fn read_sound(&self, offset: &mut u64) -> Option<(Record, Bytes)> {
        let mut header = [0; HEADER_BYTES];
        self.read_at(*offset, &mut header)?;
        let mut payload = vec![0; Record::payload_length(header)?];
        self.read_at(*offset + HEADER_BYTES as u64, &mut payload)?;
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
            // Where the clock was set back, one loss ends and the next begins.
            match losses.last_mut() {
                Some(loss)
                    if loss.last_sequence + 1 == frame.sequence
                        && loss.last_timestamp_ms <= frame.timestamp_ms
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
                // A damaged frame may have the last number that there is.
                last.saturating_add(1).saturating_sub(first)
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
    fn missing(&self, layout: &Arc<Layout>) -> Vec<SeriesDefinition> {
        if Arc::ptr_eq(layout, &self.last) {
            return Vec::new();
        }
        let new = layout.definitions().iter().filter(|one| !self.ids.contains(&one.id));
        new.map(|one| (**one).clone()).collect()
    }
}
