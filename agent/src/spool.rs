//! What was sampled and is not yet acknowledged, on disk, bounded by bytes and by age.
//!
//! A log of segments: frames are appended at its end, read from any position, and a segment goes
//! when all its frames are acknowledged. At the limit the oldest segment goes, and what it held
//! becomes a loss with its exact interval. A spool that cannot be written keeps a little in memory.
//! A frame survives the agent's death once appended; a power cut costs at most what the kernel had
//! not yet written.

mod ledger;
mod record;
mod segment;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use headroom_proto::sequences::SequenceSet;
use headroom_proto::wire::{
    Acknowledgement, Frame, Loss, LossReason, SequenceRange, SeriesDefinition,
};
use rustix::fs::FlockOperation;

use self::ledger::Ledger;
pub use self::record::Record;
use self::segment::Segment;

/// How much waits in memory while the disk refuses, in bytes.
const MEMORY_BYTES: u64 = 1 << 20;

/// The limits of a spool.
#[derive(Debug, Clone)]
pub struct SpoolOptions {
    /// Where the segments lie.
    pub directory: PathBuf,
    /// The most it may take on disk.
    pub max_bytes: u64,
    /// The longest a frame waits.
    pub max_age: Duration,
}

/// A place in the log, in front of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Position {
    segment: u64,
    offset: u64,
}

/// What the spool says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpoolState {
    /// Bytes held, on disk and in memory.
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
    acknowledged: HashMap<u64, SequenceSet>,
    /// Frames that were sent and not acknowledged, by boot: they may have arrived.
    sent: BTreeSet<(u64, u64)>,
    ledger: Ledger,
    dropped_samples: u64,
    disk_fails: bool,
    /// Held while the spool is open: a directory serves one agent.
    lock: Option<File>,
}

impl Spool {
    /// Opens the spool for a new boot and takes up what earlier boots left.
    ///
    /// Always succeeds: without a directory to write to, the spool lives in memory and says so.
    pub fn open(options: SpoolOptions, boot: u64) -> Self {
        let mut spool = Self {
            boot,
            segments: VecDeque::new(),
            next_number: 1,
            acknowledged: HashMap::new(),
            sent: BTreeSet::new(),
            ledger: Ledger::at(&options.directory),
            dropped_samples: 0,
            disk_fails: false,
            lock: None,
            options,
        };
        if let Err(error) = spool.recover() {
            let directory = spool.options.directory.display();
            tracing::error!(
                "failed to open spool {directory}: {error}; up to {} KiB wait in memory until it \
                 can be used",
                MEMORY_BYTES >> 10
            );
        }
        spool
    }

    fn recover(&mut self) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.options.directory)?;
        self.lock = Some(lock(&self.options.directory)?);
        self.acknowledged = self.ledger.load();
        for loss in self.ledger.losses() {
            let set = self.acknowledged.entry(loss.boot).or_default();
            set.insert_range(loss.first_sequence, loss.last_sequence);
        }
        let mut paths: Vec<(u64, PathBuf)> = std::fs::read_dir(&self.options.directory)?
            .flatten()
            .filter_map(|entry| Some((segment::number_of(&entry.path())?, entry.path())))
            .collect();
        paths.sort();
        for (number, path) in paths {
            self.next_number = number + 1;
            match Segment::recover(number, &path) {
                Ok(segment) => self.segments.push_back(segment),
                Err(error) => tracing::warn!("left out spool segment {}: {error}", path.display()),
            }
        }
        self.release();
        let frames: u64 = self.segments.iter().map(Segment::frames).sum();
        if frames > 0 {
            tracing::info!(frames, "spool holds frames of earlier runs");
        }
        Ok(())
    }

    /// Appends a frame of this boot, whose series all stand in `definitions`.
    pub fn append(&mut self, definitions: &[SeriesDefinition], frame: Frame) {
        let timestamp_ms = frame.timestamp_ms;
        let new = self.segments.back().is_none_or(|last| {
            last.boot() != self.boot || !last.is_open() || last.bytes() >= self.segment_bytes()
        });
        if new {
            self.start_segment();
        }
        let record = Record::Frame(frame);
        if let Err(error) = self.write(definitions, &record) {
            self.report_disk(&error);
            self.start_memory_segment();
            // Memory takes every record, so this cannot fail.
            let _ = self.write(definitions, &record);
        }
        self.enforce_limits(timestamp_ms);
    }

    fn write(&mut self, definitions: &[SeriesDefinition], record: &Record) -> std::io::Result<()> {
        let Some(segment) = self.segments.back_mut() else { return Ok(()) };
        segment.define(definitions)?;
        segment.append(record)
    }

    fn segment_bytes(&self) -> u64 {
        (self.options.max_bytes / 16).clamp(16 << 10, 1 << 20)
    }

    fn start_segment(&mut self) {
        if let Some(last) = self.segments.back_mut() {
            last.close();
        }
        let number = self.next_number;
        if self.lock.is_none() {
            self.lock = lock_empty(&self.options.directory);
        }
        if self.lock.is_none() {
            // Why was said at the start.
            self.start_memory_segment();
            return;
        }
        let created = Segment::create(&self.options.directory, number, self.boot);
        match created {
            Ok(segment) => {
                if self.disk_fails {
                    tracing::info!("spool {} works again", self.options.directory.display());
                }
                self.disk_fails = false;
                self.next_number += 1;
                self.segments.push_back(segment);
                self.keep_ledger();
            }
            Err(error) => {
                self.report_disk(&error);
                self.start_memory_segment();
            }
        }
    }

    fn start_memory_segment(&mut self) {
        if let Some(last) = self.segments.back_mut() {
            last.close();
        }
        self.segments.push_back(Segment::in_memory(self.next_number, self.boot));
        self.next_number += 1;
    }

    fn report_disk(&mut self, error: &std::io::Error) {
        if !self.disk_fails {
            let directory = self.options.directory.display();
            tracing::error!(
                "failed to write spool {directory}: {error}; sampling goes on, up to {} KiB wait in memory",
                MEMORY_BYTES >> 10
            );
        }
        self.disk_fails = true;
    }

    fn enforce_limits(&mut self, now_ms: i64) {
        let oldest_kept = now_ms.saturating_sub(self.options.max_age.as_millis() as i64);
        while let Some(front) = self.segments.front()
            && self.segments.len() > 1
            && front.last_timestamp_ms() < oldest_kept
        {
            self.drop_segment(0, LossReason::SpoolAge);
        }
        while self.segments.len() > 1 && self.bytes(false) > self.options.max_bytes {
            let oldest = self.segments.iter().position(|segment| !segment.is_memory());
            self.drop_segment(oldest.unwrap_or(0), LossReason::SpoolFull);
        }
        // Once the disk takes files again, what waits in memory is no longer bounded by the disk.
        while self.bytes(true) > MEMORY_BYTES {
            let Some(oldest) = self.segments.iter().position(Segment::is_memory) else { break };
            self.drop_segment(oldest, LossReason::SpoolUnwritable);
        }
        self.limit_memory_segment();
    }

    /// A segment in memory stays small, so that the limit gives up little at once, and each new
    /// one tries the disk first.
    fn limit_memory_segment(&mut self) {
        let full = |last: &Segment| last.is_memory() && last.bytes() >= MEMORY_BYTES / 8;
        if self.segments.back().is_some_and(full)
            && let Some(last) = self.segments.back_mut()
        {
            last.close();
        }
    }

    fn bytes(&self, memory: bool) -> u64 {
        self.segments.iter().filter(|s| s.is_memory() == memory).map(Segment::bytes).sum()
    }

    fn drop_segment(&mut self, index: usize, reason: LossReason) {
        let Some(segment) = self.segments.remove(index) else { return };
        let none = SequenceSet::new();
        let acknowledged = self.acknowledged.get(&segment.boot()).unwrap_or(&none);
        let boot = segment.boot();
        let sent = |sequence: u64| self.sent.contains(&(boot, sequence));
        for loss in segment.losses(acknowledged, sent, reason) {
            self.dropped_samples += loss.samples;
            tracing::warn!(
                frames = loss.last_sequence - loss.first_sequence + 1,
                samples = loss.samples,
                from_ms = loss.first_timestamp_ms,
                to_ms = loss.last_timestamp_ms,
                "spool gave up frames: {}",
                reason.as_str_name()
            );
            self.ledger.add_loss(loss, sent);
        }
        // The loss is on disk before what was lost goes; recovery finishes what a death interrupts.
        self.keep_ledger();
        segment.delete();
        self.forget_boots();
    }

    /// Takes note of what the collector has made durable, and frees what is no longer needed.
    pub fn acknowledge(&mut self, acknowledgement: &Acknowledgement) {
        let mut arrived = false;
        for range in &acknowledgement.frames {
            let set = self.acknowledged.entry(range.boot).or_default();
            set.insert_range(range.first, range.last);
            // What was given up meanwhile has arrived after all.
            arrived |= self.ledger.forget_arrived(range);
            self.forget_sent(range);
        }
        for range in &acknowledgement.losses {
            self.ledger.remove_loss(range);
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
        if self.lock.is_none() {
            return;
        }
        if let Err(error) = self.ledger.store(&self.acknowledged) {
            self.report_disk(&error);
        }
    }

    /// Ends the spool in good order: what is done with leaves no file behind.
    pub fn finish(&mut self) {
        self.begin_segment();
        self.release();
        self.keep_ledger();
    }

    /// Losses that the collector has not acknowledged.
    pub fn losses(&self) -> &[Loss] {
        self.ledger.losses()
    }

    /// Ends the current segment and returns the place of what is appended next. From there on, a
    /// reader meets the definition of each series before the first frame that refers to it.
    pub fn begin_segment(&mut self) -> Position {
        if let Some(last) = self.segments.back_mut() {
            last.close();
        }
        Position { segment: self.next_number, offset: 0 }
    }

    /// The next record at or behind `position` and before `limit` that is not acknowledged, with
    /// the boot it belongs to; moves `position` behind it.
    pub fn next(&self, position: &mut Position, limit: Option<Position>) -> Option<(u64, Record)> {
        loop {
            let segment = self.segments.iter().find(|s| s.number() >= position.segment)?;
            if segment.number() > position.segment {
                *position = Position { segment: segment.number(), offset: 0 };
            }
            if limit.is_some_and(|limit| *position >= limit) {
                return None;
            }
            match segment.read(&mut position.offset) {
                Some(Record::Frame(frame)) if self.is_acknowledged(&frame) => {}
                Some(record) => return Some((segment.boot(), record)),
                None if segment.is_open() => return None,
                None => *position = Position { segment: segment.number() + 1, offset: 0 },
            }
        }
    }

    /// Takes note that a frame is on its way.
    pub fn mark_sent(&mut self, boot: u64, sequence: u64) {
        self.sent.insert((boot, sequence));
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
            bytes: self.bytes(true) + self.bytes(false),
            waiting_frames,
            oldest_timestamp_ms: oldest,
            dropped_samples: self.dropped_samples,
        }
    }
}

/// Takes a directory that was not there at the start; one that holds segments waits for the next
/// start, which takes them up in order.
fn lock_empty(directory: &Path) -> Option<File> {
    std::fs::create_dir_all(directory).ok()?;
    let lock = lock(directory).ok()?;
    let mut entries = std::fs::read_dir(directory).ok()?.flatten();
    let taken = entries.any(|entry| segment::number_of(&entry.path()).is_some());
    (!taken).then_some(lock)
}

fn lock(directory: &Path) -> std::io::Result<File> {
    let file = File::options().create(true).append(true).open(directory.join("lock"))?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => {
            Err(std::io::Error::other("another agent uses it; give each its own spool.directory"))
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests;
