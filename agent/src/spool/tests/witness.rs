//! A spool and a witness who keeps account of all that goes in, out and missing.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use headroom_proto::wire::agent_message::Message;
use headroom_proto::wire::{
    Acknowledgement, AgentMessage, Frame, Label, Loss, LossReason, SequenceRange, SeriesDefinition,
    SeriesDefinitions,
};
use prost::Message as _;
use tempfile::TempDir;

use crate::frames::{Backlogged, KeptFrame};
use crate::series::Layout;
use crate::spool::{Position, Record, Sent, Spool, SpoolOptions};

/// Boot and sequence.
pub type FrameId = (u64, u64);

/// The smallest segments there are hold this much, and one record more.
pub const SMALLEST_SEGMENT: u64 = 16 << 10;

pub const WEEK: Duration = Duration::from_hours(7 * 24);

/// One frame each second.
const INTERVAL_MS: i64 = 1000;

pub struct Witness {
    pub spool: Spool,
    pub boot: u64,
    options: SpoolOptions,
    /// The last sequence that this boot took.
    sequence: u64,
    layouts: HashMap<u32, Arc<Layout>>,
    appended: BTreeMap<FrameId, Frame>,
    acknowledged: BTreeSet<FrameId>,
    /// Acknowledged only when they were reported lost already.
    late: BTreeSet<FrameId>,
    /// Lost, and the loss acknowledged.
    settled: BTreeSet<FrameId>,
    /// Sent in this run.
    sent: BTreeSet<FrameId>,
    /// Losses of one frame that an earlier run left.
    single_before: BTreeSet<FrameId>,
    /// Acknowledged when the ledger was last kept.
    kept: BTreeSet<FrameId>,
    lost_samples_before: u64,
    now_ms: i64,
    folder: TempDir,
}

impl Witness {
    pub fn new(max_bytes: u64, max_age: Duration) -> Self {
        let folder = TempDir::new().unwrap();
        let directory = folder.path().join("spool");
        Self::of(
            folder,
            SpoolOptions { directory, max_bytes, max_age, write_after: Duration::ZERO },
        )
    }

    fn of(folder: TempDir, options: SpoolOptions) -> Self {
        Self {
            spool: Spool::open(options.clone(), 1).unwrap(),
            boot: 1,
            options,
            sequence: 0,
            layouts: HashMap::new(),
            appended: BTreeMap::new(),
            acknowledged: BTreeSet::new(),
            late: BTreeSet::new(),
            settled: BTreeSet::new(),
            sent: BTreeSet::new(),
            single_before: BTreeSet::new(),
            kept: BTreeSet::new(),
            lost_samples_before: 0,
            now_ms: 1_800_000_000_000,
            folder,
        }
    }

    /// Appends frames that each have a value for `series` series.
    pub fn append(&mut self, frames: u64, series: u32) {
        self.append_sent(frames, series, Sent::Never);
    }

    /// Appends frames that were sent, or not, before they came here.
    pub fn append_sent(&mut self, frames: u64, series: u32, sent: Sent) {
        for _ in 0..frames {
            let (kept, frame) = self.next_frame(series);
            self.spool.append(&kept, sent).unwrap();
            let id = (self.boot, kept.sequence);
            self.appended.insert(id, frame);
            if sent != Sent::Never {
                self.sent.insert(id);
            }
        }
    }

    fn next_frame(&mut self, series: u32) -> (KeptFrame, Frame) {
        let definitions = || Layout::of((0..series).map(|id| Arc::new(definition(id))).collect());
        let layout = self.layouts.entry(series).or_insert_with(|| Arc::new(definitions()));
        self.now_ms += INTERVAL_MS;
        self.sequence += 1;
        let sequence = self.sequence;
        let value = |id: u32| f64::from(id) + sequence as f64 / 1000.0;
        let frame = Frame {
            boot: self.boot,
            sequence,
            timestamp_ms: self.now_ms,
            ids: (0..series).collect(),
            values: (0..series).map(value).collect(),
            ..Frame::default()
        };
        KeptFrame::encode(frame, Arc::clone(layout))
    }

    /// Leaves out sequences that never come here.
    pub fn skip(&mut self, frames: u64) {
        self.sequence += frames;
    }

    /// Appends frames one by one; those that are refused never come again. Answers how many.
    pub fn try_append(&mut self, frames: u64, series: u32) -> u64 {
        let mut refused = 0;
        for _ in 0..frames {
            let (kept, frame) = self.next_frame(series);
            match self.spool.append(&kept, Sent::Never) {
                Ok(()) => drop(self.appended.insert((self.boot, kept.sequence), frame)),
                Err(_) => refused += 1,
            }
        }
        refused
    }

    /// Lets time pass without a frame.
    pub fn wait(&mut self, time: Duration) {
        self.now_ms += time.as_millis() as i64;
    }

    /// Reads frames of the backlog for the open stream, which counts as sending them.
    #[track_caller]
    pub fn read(&mut self, frames: usize) -> (Vec<FrameId>, bool) {
        let backlog = self.spool.read(frames);
        let mut ids = Vec::new();
        for record in backlog.records {
            let Backlogged::Frame(encoded) = record else { continue };
            let Some(Message::Frame(frame)) =
                AgentMessage::decode(encoded.message).unwrap().message
            else {
                panic!("no frame")
            };
            let id = (frame.boot, frame.sequence);
            assert_eq!(frame, self.appended[&id]);
            self.sent.insert(id);
            ids.push(id);
        }
        assert!(ids.len() <= frames);
        (ids, backlog.is_last)
    }

    pub fn acknowledge(&mut self, boot: u64, first: u64, last: u64) {
        let lost = self.lost();
        for id in (first..=last).map(|sequence| (boot, sequence)) {
            let late = lost.contains(&id) || self.settled.contains(&id);
            if late { &mut self.late } else { &mut self.acknowledged }.insert(id);
        }
        let frames = vec![SequenceRange { boot, first, last }];
        self.spool.acknowledge(&Acknowledgement { frames, losses: Vec::new() });
    }

    pub fn acknowledge_loss(&mut self, loss: &Loss) {
        self.settled.extend(ids_of(loss));
        let (first, last) = (loss.first_sequence, loss.last_sequence);
        let losses = vec![SequenceRange { boot: loss.boot, first, last }];
        self.spool.acknowledge(&Acknowledgement { frames: Vec::new(), losses });
    }

    pub fn keep_ledger(&mut self) {
        self.kept.clone_from(&self.acknowledged);
        self.spool.keep_ledger();
    }

    /// A new run of the agent, after one that ended in order.
    pub fn restart(&mut self) {
        self.keep_ledger();
        self.spool.finish();
        self.crash();
    }

    /// A new run of the agent, after one that ended suddenly: what was acknowledged since the
    /// ledger was last kept may come back, nothing else.
    #[track_caller]
    pub fn crash(&mut self) {
        self.boot += 1;
        self.sequence = 0;
        self.layouts.clear();
        // The lock of the one that died goes with it.
        let aside =
            SpoolOptions { directory: self.folder.path().join("aside"), ..self.options.clone() };
        self.spool = Spool::open(aside, 0).unwrap();
        self.spool = Spool::open(self.options.clone(), self.boot).unwrap();
        self.sent.clear();
        self.lost_samples_before = self.lost_samples();
        let single = |loss: &&Loss| loss.first_sequence == loss.last_sequence;
        self.single_before = self.spool.losses().iter().filter(single).flat_map(ids_of).collect();
        let readable = self.readable();
        assert_eq!(readable.intersection(&self.kept).next(), None, "acknowledged and kept so");
        self.acknowledged.retain(|id| !readable.contains(id));
    }

    /// What a reader finds who begins at the beginning.
    pub fn readable(&self) -> BTreeSet<FrameId> {
        Cursor::default().read_all(self).into_iter().collect()
    }

    /// What is reported lost.
    pub fn lost(&self) -> BTreeSet<FrameId> {
        self.spool.losses().iter().flat_map(ids_of).collect()
    }

    /// Each frame appended can be read, or is acknowledged, or is reported lost; and what the spool
    /// says of itself is so.
    #[track_caller]
    pub fn check(&self) {
        let (readable, lost) = (self.readable(), self.lost());
        let done = [&self.acknowledged, &self.late, &self.settled, &lost];
        let gone = |id: &&FrameId| done.iter().any(|ids| ids.contains(id));
        let expected: BTreeSet<FrameId> =
            self.appended.keys().filter(|id| !gone(id)).copied().collect();
        assert_eq!(readable, expected);
        self.check_losses();
        let state = self.spool.state();
        assert_eq!(state.waiting_frames, readable.len() as u64);
        let oldest = readable.iter().min_by_key(|id| self.appended[id].timestamp_ms);
        assert_eq!(state.oldest_timestamp_ms, oldest.map(|id| self.appended[id].timestamp_ms));
        assert_eq!(state.dropped_samples, self.lost_samples() - self.lost_samples_before);
        assert!(state.bytes <= self.options.max_bytes, "{state:?}");
    }

    /// Losses are exact and apart from each other. Where they touch they are one, but for a frame
    /// that was sent: it may have arrived, so it stands alone.
    #[track_caller]
    fn check_losses(&self) {
        let losses = self.spool.losses();
        for loss in losses {
            let samples: usize = ids_of(loss).map(|id| self.appended[&id].values.len()).sum();
            assert_eq!(loss.samples, samples as u64, "{loss:?}");
            let time = |sequence| self.appended[&(loss.boot, sequence)].timestamp_ms;
            assert_eq!(loss.first_timestamp_ms, time(loss.first_sequence), "{loss:?}");
            assert_eq!(loss.last_timestamp_ms, time(loss.last_sequence), "{loss:?}");
            let sent = ids_of(loss).find(|id| self.sent.contains(id) && !self.late.contains(id));
            assert!(
                sent.is_none() || loss.first_sequence == loss.last_sequence,
                "{loss:?} {sent:?}"
            );
            let last = (loss.boot, loss.last_sequence);
            let alone = |id: &FrameId| self.sent.contains(id) || self.single_before.contains(id);
            let touches = |other: &&Loss| {
                let first = (other.boot, other.first_sequence);
                first == (last.0, last.1 + 1)
                    && other.reason == loss.reason
                    && !alone(&first)
                    && !alone(&last)
            };
            assert_eq!(losses.iter().find(touches), None, "not joined to {loss:?}");
        }
        let frames: usize = losses.iter().map(|loss| ids_of(loss).count()).sum();
        assert_eq!(frames, self.lost().len(), "reported twice: {losses:?}");
        let done = |id: &&FrameId| self.acknowledged.contains(id) || self.settled.contains(id);
        assert_eq!(self.lost().iter().find(done), None, "acknowledged before");
    }

    fn lost_samples(&self) -> u64 {
        let mut ids = self.lost();
        ids.extend(self.settled.union(&self.late));
        ids.iter().map(|id| self.appended[id].values.len() as u64).sum()
    }

    /// Ids in the order of their appending.
    pub fn appended(&self) -> Vec<FrameId> {
        self.appended.keys().copied().collect()
    }

    pub fn last_sequence(&self, boot: u64) -> u64 {
        let mut ids = self.appended.range((boot, 0)..=(boot, u64::MAX));
        ids.next_back().map_or(0, |(&(_, sequence), _)| sequence)
    }

    pub fn timestamp_ms(&self, id: FrameId) -> i64 {
        self.appended[&id].timestamp_ms
    }

    pub fn reasons(&self) -> BTreeSet<LossReason> {
        self.spool.losses().iter().map(Loss::reason).collect()
    }

    pub fn directory(&self) -> &Path {
        &self.options.directory
    }

    /// The segments' files, oldest first.
    pub fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.directory()).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> =
            paths.filter(|path| path.extension().is_some_and(|end| end == "spool")).collect();
        files.sort();
        files
    }

    /// What the segments take on disk.
    pub fn bytes_on_disk(&self) -> u64 {
        self.files().iter().map(|file| fs::metadata(file).unwrap().len()).sum()
    }
}

fn definition(id: u32) -> SeriesDefinition {
    let label = Label { name: "n".into(), value: id.to_string() };
    SeriesDefinition { id, metric: "node_load1".into(), labels: vec![label] }
}

fn ids_of(loss: &Loss) -> impl Iterator<Item = FrameId> {
    let boot = loss.boot;
    (loss.first_sequence..=loss.last_sequence).map(move |sequence| (boot, sequence))
}

/// A reader of the spool who knows only what it has read.
#[derive(Clone, Default)]
pub struct Cursor {
    position: Position,
    defined: HashSet<(u64, u32)>,
}

impl Cursor {
    /// The next frame, which is as it was appended and whose series are all defined by now.
    #[track_caller]
    pub fn read(&mut self, witness: &Witness) -> Option<FrameId> {
        loop {
            let (record, _) = witness.spool.next(&mut self.position)?;
            match record {
                Record::Series(SeriesDefinitions { boot, series }) => {
                    for series in series {
                        assert_eq!(series, definition(series.id));
                        self.defined.insert((boot, series.id));
                    }
                }
                Record::Frame(frame) => {
                    let id = (frame.boot, frame.sequence);
                    assert_eq!(frame, witness.appended[&id]);
                    let missing =
                        frame.ids.iter().find(|one| !self.defined.contains(&(id.0, **one)));
                    assert_eq!(missing, None, "{id:?} comes before its definitions");
                    return Some(id);
                }
            }
        }
    }

    #[track_caller]
    pub fn read_all(mut self, witness: &Witness) -> Vec<FrameId> {
        std::iter::from_fn(|| self.read(witness)).collect()
    }
}
