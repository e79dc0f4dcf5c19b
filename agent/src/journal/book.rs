//! The book that the journal keeps: which frame is where, who has to be told what, and what is lost.
//! Pure: no clock, no file, no thread.
//!
//! A frame is in one hand at a time. As long as the spool has not been handed it, it is the book's to
//! send and to give up; from then on it is the spool's. A disk that hangs has little in its hands, and
//! all that comes behind flows past it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use headroom_proto::sequences::SequenceSet;
use headroom_proto::wire::{Acknowledgement, Loss, LossReason, SequenceRange};

use crate::frames::{Backlog, Frames, KeptFrame, Taken};
use crate::losses::{self, Losses, Standing};
use crate::series::Reading;
use crate::spool::work::{Done, Holdings, Reply, Work};
use crate::spool::{self, Sent};
use crate::telemetry::Waiting;

/// How much the spool is handed at once, in bytes, and a frame more.
const HAND_BYTES: u64 = 256 << 10;

/// How many acknowledgements wait for other work, which they go along with.
const GATHERED_ACKNOWLEDGEMENTS: usize = 64;

/// This part of the memory may be full of frames that are on their way.
const ON_ITS_WAY: u64 = 4;

/// The limits of what waits in memory.
#[derive(Debug, Clone, Copy)]
pub struct MemoryLimits {
    /// Bytes.
    pub bytes: u64,
    /// The longest a frame waits.
    pub age: Duration,
    /// The longest that a frame is on its way before the spool gets it.
    pub on_its_way: Duration,
}

/// What is sent on an open stream as soon as it is there.
#[derive(Debug, Clone)]
pub enum Delivery {
    /// A frame of this boot.
    Frame(KeptFrame),
    /// Frames that were given up.
    Loss(Loss),
}

/// The state of all frames of one boot, and of what earlier boots left.
#[derive(Debug)]
pub struct Book {
    frames: Frames,
    limits: MemoryLimits,
    memory: VecDeque<Held>,
    /// Losses that the spool has not been handed.
    losses: Losses,
    spool: SpoolSide,
    streams: u64,
    stream: Option<Stream>,
    dropped_samples: u64,
    series_limit_samples: u64,
}

/// A frame in memory.
#[derive(Debug)]
struct Held {
    frame: KeptFrame,
    place: Place,
    /// When the spool is to have it, if it is not acknowledged by then.
    due: Instant,
    /// The number of the last stream on which it was sent.
    sent_on: Option<u64>,
    acknowledged: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The book's to send and to give up.
    Waiting,
    /// The spool has it, and has not answered yet.
    InHand,
}

/// What the book knows of the spool.
#[derive(Debug, Default)]
struct SpoolSide {
    phase: Phase,
    /// The disk refused a frame, and has not been tried since.
    refuses: bool,
    holdings: Holdings,
    /// Losses that it has been handed and has not answered for.
    losses_in_hand: Vec<Loss>,
    /// The stream for which backlog was wanted with the work under way.
    wanted_for: Option<u64>,
    /// What is to be handed to it next, but for frames and losses.
    next: Work,
    acknowledged: HashMap<u64, SequenceSet>,
    gathered: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Phase {
    /// It is not open yet.
    #[default]
    Opening,
    Idle,
    Busy,
    /// It has been handed the last work.
    Closing,
    Closed,
}

/// A stream to the collector that is open.
#[derive(Debug)]
struct Stream {
    number: u64,
    reported: HashSet<(u64, u64, u64)>,
    /// Whether the spool may hold frames that were not sent on this stream.
    behind: bool,
}

impl Book {
    /// The book of a boot, with a spool that is not open yet.
    pub fn new(boot: u64, limits: MemoryLimits) -> Self {
        Self {
            frames: Frames::new(boot),
            limits,
            memory: VecDeque::new(),
            losses: Losses::default(),
            spool: SpoolSide::default(),
            streams: 0,
            stream: None,
            dropped_samples: 0,
            series_limit_samples: 0,
        }
    }

    /// Makes a frame of a reading, which gets its buffers back.
    pub fn take(&mut self, reading: &mut Reading, now: Instant) {
        let Taken { frame, layout, dropped_samples } = self.frames.take(reading);
        self.series_limit_samples += dropped_samples;
        let (frame, buffers) = KeptFrame::encode(frame, layout);
        reading.give_back(buffers.values);
        let now_ms = frame.timestamp_ms;
        let (place, due) = (Place::Waiting, now + self.limits.on_its_way);
        self.memory.push_back(Held { frame, place, due, sent_on: None, acknowledged: false });
        self.enforce_limits(now_ms);
    }

    /// Gives up the oldest frames, but not the newest, nor what the spool has in its hands.
    fn enforce_limits(&mut self, now_ms: i64) {
        let age_ms = i64::try_from(self.limits.age.as_millis()).unwrap_or(i64::MAX);
        let oldest_kept = now_ms.saturating_sub(age_ms);
        let old = |held: &Held| held.is_waiting() && held.frame.timestamp_ms < oldest_kept;
        while let Some(place) = self.memory.iter().position(old) {
            self.give_up(place, LossReason::SpoolAge);
        }
        // A spool that is idle gets them at once.
        let spooled = self.spool.phase == Phase::Idle && !self.spool.refuses;
        while !spooled && self.memory_bytes() > self.limits.bytes {
            match self.memory.iter().position(Held::is_waiting) {
                Some(place) if place + 1 < self.memory.len() => {
                    self.give_up(place, LossReason::SpoolUnwritable);
                }
                Some(_) | None => break,
            }
        }
    }

    fn memory_bytes(&self) -> u64 {
        self.memory.iter().map(|held| held.frame.bytes()).sum()
    }

    /// Removes a frame from memory: it is lost.
    fn give_up(&mut self, place: usize, reason: LossReason) {
        let Some(Held { frame, sent_on, .. }) = self.memory.remove(place) else { return };
        let loss = Loss {
            boot: frame.boot,
            first_sequence: frame.sequence,
            last_sequence: frame.sequence,
            first_timestamp_ms: frame.timestamp_ms,
            last_timestamp_ms: frame.timestamp_ms,
            samples: frame.samples,
            reason: reason.into(),
        };
        self.dropped_samples += loss.samples;
        spool::tell(&loss);
        self.losses.add(loss, if sent_on.is_some() { Standing::Sent } else { Standing::New });
    }

    /// A stream begins, on which nothing has been sent.
    pub fn begin_stream(&mut self) {
        self.streams += 1;
        let (number, reported) = (self.streams, HashSet::new());
        self.stream = Some(Stream { number, reported, behind: true });
        self.spool.next.begins_stream = true;
        self.spool.next.wanted_frames = None;
    }

    /// The stream has ended; what was sent on it may have arrived.
    pub fn end_stream(&mut self) {
        self.stream = None;
        self.spool.next.ends_stream = true;
        self.spool.next.wanted_frames = None;
    }

    /// Whether the spool may hold frames that were not sent on the open stream.
    pub fn is_behind(&self) -> bool {
        self.stream.as_ref().is_some_and(|stream| stream.behind)
    }

    /// What is to be sent next on the open stream. From now on it counts as sent.
    pub fn next_delivery(&mut self) -> Option<Delivery> {
        let stream = self.stream.as_mut()?;
        let side = &self.spool;
        let losses = self.losses.as_slice().iter();
        let mut losses = losses.chain(&side.losses_in_hand).chain(&side.holdings.losses);
        let unreported = losses.find(|loss| {
            let SequenceRange { boot, first, last } = losses::range(loss);
            stream.reported.insert((boot, first, last))
        });
        if let Some(loss) = unreported {
            return Some(Delivery::Loss(*loss));
        }
        let number = Some(stream.number);
        let unsent = |held: &&mut Held| held.is_waiting() && held.sent_on != number;
        let held = self.memory.iter_mut().find(unsent)?;
        held.sent_on = number;
        Some(Delivery::Frame(held.frame.clone()))
    }

    /// Wants frames of the backlog for the open stream. Answers at once if there is none; else the
    /// spool will, with a reply.
    pub fn want_backlog(&mut self, frames: usize) -> Option<Backlog> {
        if !self.is_behind() {
            return Some(Backlog { is_last: true, ..Backlog::default() });
        }
        self.spool.next.wanted_frames = Some(frames);
        None
    }

    /// Takes note of what the collector has made durable.
    pub fn acknowledge(&mut self, acknowledgement: &Acknowledgement) {
        self.spool.gathered += 1;
        for range in &acknowledgement.frames {
            self.spool
                .acknowledged
                .entry(range.boot)
                .or_default()
                .insert_range(range.first, range.last);
            self.losses.forget_arrived(range);
            let among = |sequence| (range.first..=range.last).contains(&sequence);
            if range.boot == self.frames.boot() {
                let arrived = self.memory.iter_mut().filter(|held| among(held.frame.sequence));
                arrived.for_each(|held| held.acknowledged = true);
            }
        }
        self.memory.retain(|held| !(held.is_waiting() && held.acknowledged));
        for range in &acknowledgement.losses {
            self.losses.remove(range);
            self.spool.losses_in_hand.retain(|loss| losses::range(loss) != *range);
            self.spool.next.acknowledged.losses.push(*range);
        }
    }

    /// Nothing comes any more: what is left is to be kept, and the spool to be closed.
    pub fn finish(&mut self) {
        self.spool.next.is_last = true;
        // It is tried once more, whatever it said before.
        self.spool.refuses = false;
        if self.spool.phase == Phase::Opening {
            self.spool.phase = Phase::Closed;
        }
    }

    /// Whether the spool has been closed, or never came to be open.
    pub fn is_finished(&self) -> bool {
        self.spool.phase == Phase::Closed
    }

    /// When there is work for the spool, if nothing happens before.
    pub fn due(&self) -> Option<Instant> {
        let waits = self.spool.phase == Phase::Idle && !self.spool.refuses;
        self.memory.iter().find(|held| waits && held.is_waiting()).map(|held| held.due)
    }

    /// Whether frames in memory are to be handed to the spool now.
    fn hands(&self, now: Instant) -> bool {
        // Without a stream none of them is on its way.
        let at_once = self.stream.is_none()
            || self.spool.next.is_last
            || self.memory_bytes() > self.limits.bytes / ON_ITS_WAY;
        self.due().is_some_and(|due| at_once || due <= now)
    }

    /// What the spool is to do next, if it is idle and there is something.
    pub fn next_work(&mut self, now: Instant) -> Option<Work> {
        if self.spool.phase != Phase::Idle {
            return None;
        }
        let ends = self.spool.next.is_last;
        let hands = self.hands(now);
        let Work { begins_stream, ends_stream, wanted_frames, .. } = &self.spool.next;
        let due = *begins_stream || *ends_stream || wanted_frames.is_some();
        if !(due || hands || ends || self.spool.gathered >= GATHERED_ACKNOWLEDGEMENTS) {
            return None;
        }
        let mut work = std::mem::take(&mut self.spool.next);
        if hands {
            work.frames = self.hand_frames();
        }
        // What does not fit into this work comes with the next, and the end behind it.
        let more = hands && self.memory.iter().any(Held::is_waiting);
        self.spool.next.is_last = ends && more;
        work.is_last = ends && !more;
        work.acknowledged.frames = self.take_acknowledged();
        work.losses = self.losses.take();
        self.spool.losses_in_hand.clone_from(&work.losses);
        self.spool.wanted_for =
            self.stream.as_ref().filter(|_| work.wanted_frames.is_some()).map(|s| s.number);
        self.spool.phase = if work.is_last { Phase::Closing } else { Phase::Busy };
        Some(work)
    }

    fn hand_frames(&mut self) -> Vec<(KeptFrame, Sent)> {
        let now = self.stream.as_ref().map(|stream| stream.number);
        let mut frames = Vec::new();
        let mut bytes = 0;
        for held in self.memory.iter_mut().filter(|held| held.is_waiting()) {
            if bytes >= HAND_BYTES {
                break;
            }
            bytes += held.frame.bytes();
            held.place = Place::InHand;
            let sent = match held.sent_on {
                None => Sent::Never,
                number if number == now => Sent::Now,
                Some(_) => Sent::Before,
            };
            frames.push((held.frame.clone(), sent));
        }
        frames
    }

    fn take_acknowledged(&mut self) -> Vec<SequenceRange> {
        self.spool.gathered = 0;
        let sets = std::mem::take(&mut self.spool.acknowledged);
        let ranges = |(boot, set): (u64, SequenceSet)| {
            let range = move |&(first, last): &(u64, u64)| SequenceRange { boot, first, last };
            set.ranges().iter().map(range).collect::<Vec<_>>()
        };
        sets.into_iter().flat_map(ranges).collect()
    }

    /// Takes what the spool says; answers with the backlog that was wanted for the open stream.
    pub fn take_reply(&mut self, reply: Reply) -> Option<Backlog> {
        match reply {
            Reply::Opened(holdings) => {
                self.spool.holdings = holdings;
                // At the end nobody waits for a spool that was not open.
                if self.spool.phase == Phase::Opening {
                    self.spool.phase = Phase::Idle;
                }
                if let Some(stream) = &mut self.stream {
                    stream.behind = true;
                }
                None
            }
            Reply::TryAgain => {
                self.spool.refuses = false;
                None
            }
            Reply::Done(done) => self.take_done(done),
        }
    }

    fn take_done(&mut self, Done { kept_frames, backlog, holdings }: Done) -> Option<Backlog> {
        let side = &mut self.spool;
        side.holdings = holdings;
        side.losses_in_hand.clear();
        side.phase = if side.phase == Phase::Closing { Phase::Closed } else { Phase::Idle };
        let now = self.stream.as_ref().map(|stream| stream.number);
        let mut left = kept_frames;
        let mut unsent = false;
        self.memory.retain_mut(|held| {
            if held.is_waiting() {
                return true;
            }
            let kept = left > 0;
            left = left.saturating_sub(1);
            unsent |= kept && !held.acknowledged && held.sent_on != now;
            side.refuses |= !kept;
            held.place = Place::Waiting;
            !kept && !held.acknowledged
        });
        let wanted_for = side.wanted_for.take();
        let stream = self.stream.as_mut()?;
        stream.behind |= unsent;
        let backlog = backlog.filter(|_| wanted_for == Some(stream.number))?;
        // It was read when those frames had been kept.
        stream.behind &= !backlog.is_last;
        Some(backlog)
    }

    /// All that waits, in memory and on disk.
    pub fn waiting(&self) -> Waiting {
        let SpoolSide { holdings: Holdings { state, .. }, .. } = &self.spool;
        let waiting = || self.memory.iter().filter(|held| !held.acknowledged);
        let oldest = waiting().map(|held| held.frame.timestamp_ms).next();
        Waiting {
            bytes: state.bytes + self.memory_bytes(),
            frames: state.waiting_frames + waiting().count() as u64,
            oldest_timestamp_ms: state.oldest_timestamp_ms.into_iter().chain(oldest).min(),
            dropped_samples: state.dropped_samples + self.dropped_samples,
            series_limit_samples: self.series_limit_samples,
        }
    }
}

impl Held {
    fn is_waiting(&self) -> bool {
        self.place == Place::Waiting
    }
}

#[cfg(test)]
mod tests;
