//! What was sampled and is not yet acknowledged, on disk, bounded by bytes and by age.
//!
//! A log of segments: frames are appended at its end, read from any position, and a segment goes
//! when all its frames are acknowledged. At the limit the oldest segment goes, and what it held
//! becomes a loss with its exact interval. So does what damage took of a file; all else in it is sent. A frame survives the agent's death once appended; a power
//! cut costs at most what the kernel had not yet written. Only the spool's thread touches this.

mod damage;
mod ledger;
mod lock;
mod record;
mod segment;
mod survey;
pub mod thread;
pub mod work;

use std::collections::{BTreeSet, VecDeque};
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use headroom_proto::sequences::SequenceSet;
use headroom_proto::wire::{Acknowledgement, Frame, Loss, LossReason, SequenceRange};
use prost::bytes::Bytes;

use self::ledger::{Acknowledged, Ledger};
pub use self::record::Record;
use self::segment::Segment;
use self::survey::Survey;
use crate::folder::make_private;
use crate::frames::{Backlog, Backlogged, EncodedFrame, KeptFrame};
use crate::losses::{Losses, Standing};

/// How much waits in memory while the disk hangs or refuses, in bytes.
pub const MEMORY_BYTES: u64 = 1 << 20;

/// How much is read of the backlog at once, in bytes, and a record more.
const READ_BYTES: usize = 256 << 10;

/// The limits of a spool.
#[derive(Debug, Clone)]
pub struct SpoolOptions {
    /// Where the segments lie.
    pub directory: PathBuf,
    /// The most it may take on disk.
    pub max_bytes: u64,
    /// The longest a frame waits.
    pub max_age: Duration,
    /// How long a frame that is on its way may wait for its acknowledgement before it is written: most
    /// are acknowledged long before, and never touch the disk.
    pub write_after: Duration,
}

/// A place in the log, in front of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Position {
    segment: u64,
    offset: u64,
}

/// Whether a frame has been sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// Never.
    Never,
    /// On a stream that has ended since.
    Before,
    /// On the stream that is open.
    Now,
}

/// What the spool says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SpoolState {
    /// Bytes held.
    pub bytes: u64,
    /// Frames that are not acknowledged.
    pub waiting_frames: u64,
    /// When the oldest of them was taken.
    pub oldest_timestamp_ms: Option<i64>,
    /// Samples given up since the agent's start.
    pub dropped_samples: u64,
}

/// The log of what waits for the collector.
pub struct Spool {
    options: SpoolOptions,
    boot: u64,
    segments: VecDeque<Segment>,
    next_number: u64,
    acknowledged: Acknowledged,
    /// Frames that were sent and not acknowledged, by boot: they may have arrived.
    sent: BTreeSet<(u64, u64)>,
    /// Frames of this boot that were sent on the open stream without being read here.
    sent_live: SequenceSet,
    /// How far the backlog has been read for the open stream.
    cursor: Position,
    ledger: Ledger,
    losses: Losses,
    dropped_samples: u64,
    trouble: Option<io::Error>,
    buffer: Vec<u8>,
    /// Held while the spool is open: a directory serves one agent.
    _lock: File,
}

impl Spool {
    /// Opens the spool for a new boot and takes up what earlier boots left.
    pub fn open(options: SpoolOptions, boot: u64) -> io::Result<Self> {
        make_private(&options.directory)?;
        let lock = lock::take(&options.directory)?;
        let ledger = Ledger::at(&options.directory);
        let (mut acknowledged, losses) = ledger.load();
        for loss in losses.as_slice() {
            let set = acknowledged.entry(loss.boot).or_default();
            set.insert_range(loss.first_sequence, loss.last_sequence);
        }
        let mut paths: Vec<(u64, PathBuf)> = std::fs::read_dir(&options.directory)?
            .flatten()
            .filter_map(|entry| Some((segment::number_of(&entry.path())?, entry.path())))
            .collect();
        paths.sort();
        let next_number = paths.last().map_or(1, |(number, _)| number + 1);
        let recover = |(number, path): (u64, PathBuf)| {
            let recovered = Segment::recover(number, &path);
            recovered
                .inspect_err(|e| tracing::warn!("left out spool segment {}: {e}", path.display()))
                .ok()
        };
        let recovered = paths.into_iter().filter_map(recover);
        let (segments, surveys): (VecDeque<Segment>, Vec<Survey>) = recovered.unzip();
        let numbers: Vec<u64> = segments.iter().map(Segment::number).collect();
        let mut spool = Self {
            options,
            boot,
            segments,
            next_number,
            acknowledged,
            sent: BTreeSet::new(),
            sent_live: SequenceSet::new(),
            cursor: Position::default(),
            ledger,
            losses,
            dropped_samples: 0,
            trouble: None,
            buffer: Vec::new(),
            _lock: lock,
        };
        for (number, survey) in numbers.into_iter().zip(surveys) {
            // What is lost since before the start is not counted among what this run gives up.
            spool.take_damage(number, survey);
        }
        spool.release();
        let frames: u64 = spool.segments.iter().map(Segment::frames).sum();
        if frames > 0 {
            tracing::info!(frames, "spool holds frames of earlier runs");
        }
        Ok(spool)
    }

    /// Appends a frame of this boot. One that cannot be written is left to the caller.
    pub fn append(&mut self, frame: &KeptFrame, sent: Sent) -> io::Result<()> {
        let fits = |last: &Segment| {
            last.boot() == self.boot
                && last.is_open()
                && last.bytes() < self.segment_bytes()
                && last.is_continued_by(frame.sequence)
        };
        if !self.segments.back().is_some_and(fits) {
            self.start_segment()?;
        }
        if let Some(last) = self.segments.back_mut()
            && let Err(error) = last.append(frame, &mut self.buffer)
        {
            self.give_up_empty();
            return Err(error);
        }
        let id = (frame.boot, frame.sequence);
        match sent {
            Sent::Never => {}
            Sent::Before => drop(self.sent.insert(id)),
            Sent::Now => {
                self.sent.insert(id);
                self.sent_live.insert(frame.sequence);
            }
        }
        self.enforce_limits(frame.timestamp_ms);
        Ok(())
    }

    fn segment_bytes(&self) -> u64 {
        (self.options.max_bytes / 16).clamp(16 << 10, 1 << 20)
    }

    fn start_segment(&mut self) -> io::Result<()> {
        self.close_last();
        let number = self.next_number;
        let segment = Segment::create(&self.options.directory, number, self.boot)?;
        self.next_number += 1;
        self.segments.push_back(segment);
        self.keep_ledger();
        Ok(())
    }

    fn close_last(&mut self) {
        if let Some(last) = self.segments.back_mut() {
            last.close();
        }
    }

    /// After a failed write the next one tries a new file; one without a frame is none.
    fn give_up_empty(&mut self) {
        self.close_last();
        if let Some(last) = self.segments.pop_back_if(|last| last.frames() == 0) {
            last.delete();
        }
    }

    fn enforce_limits(&mut self, now_ms: i64) {
        let oldest_kept = now_ms.saturating_sub(self.options.max_age.as_millis() as i64);
        while let Some(front) = self.segments.front()
            && self.segments.len() > 1
            && front.last_timestamp_ms() < oldest_kept
        {
            self.drop_oldest(LossReason::SpoolAge);
        }
        while self.segments.len() > 1 && self.bytes() > self.options.max_bytes {
            self.drop_oldest(LossReason::SpoolFull);
        }
    }

    fn bytes(&self) -> u64 {
        self.segments.iter().map(Segment::bytes).sum()
    }

    fn drop_oldest(&mut self, reason: LossReason) {
        let Some(mut segment) = self.segments.pop_front() else { return };
        // What damage took is reported apart, before the rest is.
        let mut offset = 0;
        while segment.read(&mut offset).is_some() {}
        if segment.has_met_damage() {
            self.segments.push_front(segment);
            self.survey_damaged_front();
            let Some(again) = self.segments.pop_front() else { return };
            segment = again;
        }
        let none = SequenceSet::new();
        let boot = segment.boot();
        let acknowledged = self.acknowledged.get(&boot).unwrap_or(&none);
        let sent = |sequence: u64| self.sent.contains(&(boot, sequence));
        for loss in segment.losses(acknowledged, sent, reason) {
            self.dropped_samples += loss.samples;
            tell(&loss);
            let standing = if sent(loss.first_sequence) { Standing::Sent } else { Standing::New };
            self.losses.add(loss, standing);
        }
        // The loss is on disk before what was lost goes; recovery finishes what a death interrupts.
        self.keep_ledger();
        segment.delete();
        self.forget_boots();
    }

    /// Takes note of losses that happened before they came here.
    pub fn add_losses(&mut self, losses: &[Loss]) {
        for loss in losses {
            self.losses.add(*loss, Standing::Reported);
        }
        if !losses.is_empty() {
            self.keep_ledger();
        }
    }

    /// Takes note of what the collector has made durable, and frees what is no longer needed.
    pub fn acknowledge(&mut self, acknowledgement: &Acknowledgement) {
        let mut arrived = false;
        for range in &acknowledgement.frames {
            let set = self.acknowledged.entry(range.boot).or_default();
            set.insert_range(range.first, range.last);
            // What was given up meanwhile has arrived after all.
            arrived |= self.losses.forget_arrived(range);
            self.forget_sent(range);
        }
        for range in &acknowledgement.losses {
            self.losses.remove(range);
            self.forget_sent(range);
        }
        if arrived || !acknowledgement.losses.is_empty() {
            self.keep_ledger();
        }
        self.release();
    }

    fn forget_sent(&mut self, range: &SequenceRange) {
        // A range that ends before it begins is nothing, but no range of a set either.
        if range.last < range.first {
            return;
        }
        let frames = (range.boot, range.first)..=(range.boot, range.last);
        let done: Vec<(u64, u64)> = self.sent.range(frames).copied().collect();
        for frame in &done {
            self.sent.remove(frame);
        }
    }

    fn release(&mut self) {
        let last = self.segments.back().filter(|last| last.is_open()).map(Segment::number);
        let acknowledged = &self.acknowledged;
        let done = |segment: &Segment| {
            Some(segment.number()) != last
                && segment.is_acknowledged(acknowledged.get(&segment.boot()))
        };
        if !self.segments.iter().any(done) {
            return;
        }
        let (released, kept): (VecDeque<_>, VecDeque<_>) = self.segments.drain(..).partition(done);
        self.segments = kept;
        // The ledger first: after a death in between, a hole in the log is known to be none.
        self.keep_ledger();
        released.into_iter().for_each(Segment::delete);
        self.forget_boots();
    }

    /// Acknowledgements of frames that are gone say nothing any more.
    fn forget_boots(&mut self) {
        let segments = &self.segments;
        let current = self.boot;
        self.acknowledged.retain(|&boot, set| {
            let first = segments.iter().find(|s| s.boot() == boot).map(Segment::first_sequence);
            set.remove_below(first.unwrap_or(0));
            first.is_some() || boot == current
        });
    }

    /// Writes down what is acknowledged and lost, so that a restart neither reports a loss twice
    /// nor one that never was. To be called when a connection ends.
    pub fn keep_ledger(&mut self) {
        if let Err(error) = self.ledger.store(&self.acknowledged, &self.losses) {
            self.trouble = Some(error);
        }
    }

    /// Why the ledger could not be kept, if it could not since this was asked last.
    pub fn take_trouble(&mut self) -> Option<io::Error> {
        self.trouble.take()
    }

    /// Ends the spool in good order: what is done with leaves no file behind.
    pub fn finish(&mut self) {
        self.close_last();
        self.release();
        self.keep_ledger();
    }

    /// Losses that the collector has not acknowledged.
    pub fn losses(&self) -> &[Loss] {
        self.losses.as_slice()
    }

    /// Begins a stream, on which nothing has been sent.
    pub fn begin_stream(&mut self) {
        self.cursor = Position::default();
        self.sent_live = SequenceSet::new();
    }

    /// The next frames that wait and were not sent on the open stream, behind the definitions of
    /// their series; they are noted as sent.
    pub fn read(&mut self, frames: usize) -> Backlog {
        let before = self.cursor;
        let backlog = self.read_on(frames);
        if !self.survey_damaged() {
            return backlog;
        }
        // What is lost, and what needs other definitions, is known only now.
        self.cursor = before;
        let backlog = self.read_on(frames);
        for segment in &self.segments {
            segment.has_met_damage();
        }
        backlog
    }

    fn read_on(&mut self, frames: usize) -> Backlog {
        let mut backlog = Backlog::default();
        let (mut found, mut bytes) = (0, 0);
        let mut cursor = self.cursor;
        while found < frames && bytes < READ_BYTES {
            let Some((record, payload)) = self.next(&mut cursor) else {
                backlog.is_last = true;
                break;
            };
            bytes += payload.len();
            match record {
                Record::Series(series) => backlog.records.push(Backlogged::Series(series)),
                Record::Frame(Frame { boot, sequence, .. }) => {
                    if boot == self.boot && self.sent_live.contains(sequence) {
                        continue;
                    }
                    self.sent.insert((boot, sequence));
                    let frame = EncodedFrame { boot, sequence, message: payload };
                    backlog.records.push(Backlogged::Frame(frame));
                    found += 1;
                }
            }
        }
        self.cursor = cursor;
        backlog
    }

    /// The next record at or behind `position` that is not acknowledged; moves `position` behind it.
    fn next(&self, position: &mut Position) -> Option<(Record, Bytes)> {
        loop {
            let segment = self.segments.iter().find(|s| s.number() >= position.segment)?;
            if segment.number() > position.segment {
                *position = Position { segment: segment.number(), offset: 0 };
            }
            if position.offset == 0 {
                position.offset = 1;
                if let Some(restored) = segment.restored() {
                    return Some(restored);
                }
            }
            match segment.read(&mut position.offset) {
                Some((Record::Frame(frame), _)) if self.is_acknowledged(&frame) => {}
                Some(found) => return Some(found),
                None if segment.is_open() => return None,
                None => *position = Position { segment: segment.number() + 1, offset: 0 },
            }
        }
    }

    fn is_acknowledged(&self, frame: &Frame) -> bool {
        self.acknowledged.get(&frame.boot).is_some_and(|set| set.contains(frame.sequence))
    }

    /// What the spool says of itself.
    pub fn state(&self) -> SpoolState {
        let waiting = |segment: &Segment| segment.waiting(self.acknowledged.get(&segment.boot()));
        let waiting_frames = self.segments.iter().map(waiting).sum();
        let oldest = self.segments.iter().find(|segment| waiting(segment) > 0);
        let oldest =
            oldest.map(|segment| segment.oldest_waiting_ms(self.acknowledged.get(&segment.boot())));
        SpoolState {
            bytes: self.bytes(),
            waiting_frames,
            oldest_timestamp_ms: oldest,
            dropped_samples: self.dropped_samples,
        }
    }
}

/// Says in the log what was given up.
pub fn tell(loss: &Loss) {
    tracing::warn!(
        frames = loss.last_sequence - loss.first_sequence + 1,
        samples = loss.samples,
        from_ms = loss.first_timestamp_ms,
        to_ms = loss.last_timestamp_ms,
        "spool gave up frames: {}",
        loss.reason().as_str_name()
    );
}

#[cfg(test)]
pub mod tests;
