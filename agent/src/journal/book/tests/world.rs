//! A book, a spool on disk, a wire and a collector, each of which goes on only when told to.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use headroom_proto::wire::agent_message::Message;
use headroom_proto::wire::{Acknowledgement, AgentMessage, Frame, Loss, SequenceRange};
use prost::Message as _;
use prost::bytes::Bytes;
use tempfile::TempDir;

use crate::frames::{Backlog, Backlogged};
use crate::journal::book::{Book, Delivery, MemoryLimits};
use crate::losses;
use crate::series::{Reading, Round, Scope};
use crate::spool::work::{Reply, Work};
use crate::spool::{Spool, SpoolOptions};

/// What fits in memory, in bytes.
pub const MEMORY: u64 = 6000;

const WRITE_AFTER: Duration = Duration::from_secs(1);
const INTERVAL: Duration = Duration::from_secs(1);

type Id = (u64, u64);

/// What becomes of a piece of work.
#[derive(Debug, Clone, Copy)]
pub enum Disk {
    /// All of it is done.
    Works,
    /// So many frames are kept, and no more.
    Refuses(usize),
}

pub struct World {
    pub book: Book,
    spool: Option<Spool>,
    options: SpoolOptions,
    boot: u64,
    /// What the disk is busy with.
    under_way: Option<Work>,
    /// Samples and moment of all frames that were taken.
    taken: BTreeMap<Id, (u64, i64)>,
    /// What was in memory only when the agent died.
    gone: BTreeSet<Id>,
    connected: bool,
    /// Sent on this stream, and not arrived.
    wire: VecDeque<Message>,
    sent_on_this_stream: BTreeSet<Id>,
    stored: BTreeSet<Id>,
    losses: BTreeMap<Id, Loss>,
    answers: VecDeque<Acknowledgement>,
    now_ms: i64,
    now: Instant,
    reading: Reading,
    _folder: TempDir,
}

impl World {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let options = SpoolOptions {
            directory: folder.path().join("spool"),
            max_bytes: 48 << 10,
            max_age: Duration::from_secs(400),
            write_after: WRITE_AFTER,
        };
        let mut world = Self {
            book: book(1),
            spool: None,
            options,
            boot: 0,
            under_way: None,
            taken: BTreeMap::new(),
            gone: BTreeSet::new(),
            connected: false,
            wire: VecDeque::new(),
            sent_on_this_stream: BTreeSet::new(),
            stored: BTreeSet::new(),
            losses: BTreeMap::new(),
            answers: VecDeque::new(),
            now_ms: 1_800_000_000_000,
            now: Instant::now(),
            reading: Reading::default(),
            _folder: folder,
        };
        world.boot();
        world
    }

    /// A new run of the agent.
    fn boot(&mut self) {
        self.boot += 1;
        self.book = book(self.boot);
        // The lock of the one before goes with it, or with a child that another test is starting.
        self.spool = None;
        let open = || Spool::open(self.options.clone(), self.boot).ok();
        let spool = std::iter::repeat_with(open).take(10_000).flatten().next().unwrap();
        assert!(self.book.take_reply(Reply::Opened(spool.holdings())).is_none());
        self.spool = Some(spool);
    }

    pub fn take(&mut self, series: u32) {
        self.wait(INTERVAL);
        self.take_at_once(series);
    }

    /// A reading right behind the one before.
    pub fn take_at_once(&mut self, series: u32) {
        self.reading.begin(Scope::HOST, self.now_ms);
        let mut round = Round::new(&mut self.reading);
        for number in 0..series {
            round.push("m", &[("n", &number.to_string())], f64::from(number));
        }
        self.book.take(&mut self.reading, self.now);
        let of_boot = self.taken.range((self.boot, 0)..=(self.boot, u64::MAX));
        let sequence = of_boot.last().map_or(1, |(&(_, last), _)| last + 1);
        self.taken.insert((self.boot, sequence), (series.into(), self.now_ms));
    }

    pub fn wait(&mut self, time: Duration) {
        self.now_ms += time.as_millis() as i64;
        self.now += time;
    }

    pub fn begin(&mut self) {
        self.end();
        self.book.begin_stream();
        self.connected = true;
    }

    pub fn end(&mut self) {
        if self.connected {
            self.book.end_stream();
        }
        self.connected = false;
        self.wire.clear();
        self.answers.clear();
        self.sent_on_this_stream.clear();
    }

    /// Puts what is new on the wire.
    pub fn deliver(&mut self, count: usize) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        while deliveries.len() < count
            && let Some(delivery) = self.book.next_delivery()
        {
            match &delivery {
                Delivery::Frame(frame) => self.send(&frame.message),
                Delivery::Loss(loss) => self.wire.push_back(Message::Loss(*loss)),
            }
            deliveries.push(delivery);
        }
        deliveries
    }

    fn send(&mut self, message: &Bytes) {
        let message = AgentMessage::decode(message.clone()).unwrap().message.unwrap();
        let Message::Frame(Frame { boot, sequence, timestamp_ms, values, .. }) = &message else {
            panic!("{message:?} is no frame")
        };
        let id = (*boot, *sequence);
        assert_eq!(self.taken[&id], (values.len() as u64, *timestamp_ms));
        assert!(self.sent_on_this_stream.insert(id), "{id:?} is sent twice on one stream");
        self.wire.push_back(message);
    }

    fn send_backlog(&mut self, backlog: Backlog) {
        for record in backlog.records {
            if let Backlogged::Frame(frame) = record {
                self.send(&frame.message);
            }
        }
    }

    pub fn want(&mut self, frames: usize) {
        if self.connected
            && let Some(backlog) = self.book.want_backlog(frames)
        {
            assert!(backlog.is_last);
            self.send_backlog(backlog);
        }
    }

    /// Hands work to a disk that hangs.
    pub fn hand(&mut self) {
        if self.under_way.is_none() {
            self.under_way = self.book.next_work(self.now);
        }
    }

    /// How many frames go to a disk that works, if there is work for it.
    pub fn handed_frames(&mut self) -> usize {
        self.hand();
        let frames = self.under_way.as_ref().map_or(0, |work| work.frames.len());
        self.work(Disk::Works);
        frames
    }

    /// The disk does what it is busy with, or what there is. Whether there was anything.
    pub fn work(&mut self, disk: Disk) -> bool {
        self.hand();
        let Some(mut work) = self.under_way.take() else { return false };
        if let Disk::Refuses(kept) = disk {
            work.frames.truncate(kept);
        }
        let spool = self.spool.as_mut().unwrap();
        let (done, trouble) = spool.execute(&work);
        assert!(trouble.is_none(), "{trouble:?}");
        if let Some(backlog) = self.book.take_reply(Reply::Done(done)) {
            self.send_backlog(backlog);
        }
        true
    }

    pub fn try_again(&mut self) {
        self.book.take_reply(Reply::TryAgain);
    }

    /// The collector takes what is on the wire: frames once, and losses of which it has nothing.
    pub fn arrive(&mut self, count: usize) {
        for message in self.wire.drain(..count.min(self.wire.len())) {
            let mut answer = Acknowledgement::default();
            match message {
                Message::Frame(Frame { boot, sequence, .. }) => {
                    self.stored.insert((boot, sequence));
                    answer.frames.push(SequenceRange { boot, first: sequence, last: sequence });
                }
                Message::Loss(loss) => {
                    let frames = loss.first_sequence..=loss.last_sequence;
                    if !frames.clone().all(|sequence| self.stored.contains(&(loss.boot, sequence)))
                    {
                        self.losses.insert((loss.boot, loss.first_sequence), loss);
                    }
                    answer.losses.push(losses::range(&loss));
                }
                other => panic!("{other:?}"),
            }
            self.answers.push_back(answer);
        }
    }

    pub fn acknowledge(&mut self, count: usize) {
        for answer in self.answers.drain(..count.min(self.answers.len())) {
            self.book.acknowledge(&answer);
        }
    }

    /// A new run after one that ended in order.
    pub fn restart(&mut self) {
        self.end();
        self.book.finish();
        while !self.book.is_finished() {
            assert!(self.work(Disk::Works), "it does not end");
        }
        self.forget_memory();
    }

    /// A new run after a sudden death; what the disk was busy with may have been done.
    pub fn crash(&mut self, disk: Disk) {
        if let Some(mut work) = self.under_way.take() {
            if let Disk::Refuses(kept) = disk {
                work.frames.truncate(kept);
            }
            self.spool.as_mut().unwrap().execute(&work);
        }
        self.connected = false;
        self.wire.clear();
        self.answers.clear();
        self.sent_on_this_stream.clear();
        self.forget_memory();
    }

    fn forget_memory(&mut self) {
        let before = self.boot;
        self.under_way = None;
        self.boot();
        let known = self.known();
        let of_boot = self.taken.range((before, 0)..=(before, u64::MAX)).map(|(id, _)| *id);
        self.gone.extend(of_boot.filter(|id| !known.contains(id)));
    }

    /// Frames that the agent still knows of, or that have arrived.
    fn known(&mut self) -> BTreeSet<Id> {
        let mut known = self.stored.clone();
        known.extend(self.losses.values().flat_map(ids));
        let spool = self.spool.as_mut().unwrap();
        known.extend(spool.losses().iter().flat_map(ids));
        let mut reader = crate::spool::tests::Reader::default();
        known.extend(reader.read_all(spool));
        known
    }

    /// What the book says of itself is possible.
    pub fn check(&self) {
        let waiting = self.book.waiting();
        assert!(waiting.frames <= self.taken.len() as u64, "{waiting:?}");
        for (id, loss) in &self.losses {
            assert_eq!(*id, (loss.boot, loss.first_sequence));
        }
    }

    /// Everybody works again: all that waits arrives, on the stream that is open if there is one, and
    /// all is accounted for.
    pub fn settle(&mut self) {
        if !self.connected {
            self.begin();
        }
        self.try_again();
        for _ in 0..10_000 {
            self.want(50);
            let worked = self.work(Disk::Works);
            let delivered = self.deliver(50).len();
            self.arrive(1000);
            self.acknowledge(1000);
            if !worked && delivered == 0 && !self.book.is_behind() {
                break;
            }
        }
        // The last acknowledgements go along with the end.
        self.restart();
        let waiting = self.book.waiting();
        assert_eq!(waiting.frames, 0, "{waiting:?}");
        self.check_accounts();
    }

    fn check_accounts(&self) {
        for (id, (samples, _)) in &self.taken {
            let stored = u32::from(self.stored.contains(id));
            let lost = self.losses.values().filter(|loss| ids(loss).any(|one| one == *id)).count();
            let found = stored + lost as u32;
            if self.gone.contains(id) {
                assert!(found <= 1, "{id:?} of {samples} samples: stored {stored}, lost {lost}");
            } else {
                assert_eq!(found, 1, "{id:?} of {samples} samples: stored {stored}, lost {lost}");
            }
        }
        for loss in self.losses.values() {
            let samples: u64 = ids(loss).map(|id| self.taken[&id].0).sum();
            let moment = |sequence| self.taken[&(loss.boot, sequence)].1;
            let exact = (samples, moment(loss.first_sequence), moment(loss.last_sequence));
            let told = (loss.samples, loss.first_timestamp_ms, loss.last_timestamp_ms);
            assert_eq!(told, exact, "{loss:?}");
        }
    }

    pub fn lost(&self) -> Vec<Loss> {
        self.losses.values().copied().collect()
    }

    pub fn stored(&self) -> &BTreeSet<Id> {
        &self.stored
    }
}

fn book(boot: u64) -> Book {
    let age = Duration::from_secs(400);
    Book::new(boot, MemoryLimits { bytes: MEMORY, age, on_its_way: WRITE_AFTER })
}

fn ids(loss: &Loss) -> impl Iterator<Item = Id> + use<> {
    let boot = loss.boot;
    (loss.first_sequence..=loss.last_sequence).map(move |sequence| (boot, sequence))
}
