//! What an agent has sampled, seen by other eyes than its own: each segment of its spool gets a hard
//! link as soon as it appears, and can be read after the agent has freed it or given it up.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::os::unix::fs::DirEntryExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use headroom::samples::{Budget, Hints, Labels, Matcher, Samples, Selection, TimeRange};
use headroom::store::{Records, Store};
use headroom_agent::spool::Record;
use headroom_proto::catalogue::HEADROOM_AGENT_FRAMES_TOTAL;
use headroom_proto::metric::INSTANCE;
use headroom_proto::sequences::SequenceSet;
use rustix::process::setpriority_process;

/// Shorter than any segment lives: one that waits for its acknowledgement waits for a sync.
const POLL: Duration = Duration::from_micros(200);

/// As `nice` counts it.
const HIGHEST_PRIORITY: i32 = -20;

/// The header of a segment's file, and that of each record in it.
const FILE_HEADER: usize = 16;
const RECORD_HEADER: usize = 8;

const EVER: TimeRange = TimeRange { from_ms: 0, to_ms: i64::MAX };

/// Keeps a spool's segments.
pub struct Witness {
    kept: PathBuf,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// One frame as it was sampled.
struct Sampled {
    timestamp_ms: i64,
    samples: Vec<(Labels, f64)>,
}

/// What became of all that was sampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Frames that are in the store.
    pub stored: u64,
    /// Frames that were reported as lost.
    pub lost: u64,
}

impl Witness {
    /// Watches `spool`, which need not be there yet; keeps its segments in `kept`, a folder of the
    /// same file system.
    pub fn of(spool: &Path, kept: PathBuf) -> Self {
        std::fs::create_dir_all(&kept).expect("writable");
        let stop = Arc::new(AtomicBool::new(false));
        let (spool, folder, stopped) = (spool.to_owned(), kept.clone(), Arc::clone(&stop));
        let watch = move || {
            // Before all others where that is allowed: a segment lives as long as one sync.
            let _ = setpriority_process(None, HIGHEST_PRIORITY);
            let mut inodes = HashSet::new();
            while !stopped.load(Ordering::Relaxed) {
                keep(&spool, &folder, &mut inodes);
                std::thread::sleep(POLL);
            }
        };
        Self { kept, stop, thread: Some(std::thread::spawn(watch)) }
    }

    /// Holds the store against what was sampled, sample by sample: each is stored once and as it was
    /// read, or its frame lies in a reported loss whose ends and number of samples are exact. Fails
    /// with the first that is not.
    pub fn account(&self, store: &Arc<Store>, instance: &str) -> Account {
        let sampled = self.sampled(instance);
        let stored = samples(store, instance);
        let (records, budget) = (Records::of(store), Budget::unlimited());
        let losses = records.losses(instance, EVER, &budget).expect("losses can be read");
        let durable: HashMap<_, _> = records.durable_frames(instance).into_iter().collect();
        let mut account = Account { stored: 0, lost: 0 };
        let mut known_samples = 0;
        for ((boot, sequence), frame) in &sampled {
            let here = durable.get(boot).is_some_and(|set| set.contains(*sequence));
            let reports = losses.iter().filter(|loss| {
                loss.boot == *boot && (loss.first_sequence..=loss.last_sequence).contains(sequence)
            });
            let name = format!("{instance}: frame {sequence} of boot {boot}");
            assert_eq!(u32::from(here) + reports.count() as u32, 1, "{name}: stored or lost");
            if !here {
                account.lost += 1;
                continue;
            }
            account.stored += 1;
            known_samples += frame.samples.len();
            for (labels, value) in &frame.samples {
                let found = stored.get(&(labels.clone(), frame.timestamp_ms));
                assert_eq!(found, Some(&value.to_bits()), "{name}: {labels}");
            }
        }
        let (unwritten, unwritten_samples) = unwritten(&sampled, &stored);
        account.stored += unwritten;
        let all_durable: u64 = durable.values().map(SequenceSet::count).sum();
        assert_eq!(all_durable, account.stored, "{instance}: each frame in the store is known");
        let known_samples = known_samples + unwritten_samples;
        assert_eq!(known_samples, stored.len(), "{instance}: the store holds what was sampled");
        for loss in &losses {
            let frames = (loss.boot, loss.first_sequence)..=(loss.boot, loss.last_sequence);
            let lost: Vec<&Sampled> = sampled.range(frames).map(|(_, frame)| frame).collect();
            let samples: usize = lost.iter().map(|frame| frame.samples.len()).sum();
            let ends = lost.first().zip(lost.last()).expect("what was lost was sampled");
            let exact = (ends.0.timestamp_ms, ends.1.timestamp_ms, lost.len(), samples);
            let told = (loss.first_ms, loss.last_ms, loss.frames() as usize, loss.samples as usize);
            assert_eq!(told, exact, "{instance}: {loss:?}");
        }
        account
    }

    fn sampled(&self, instance: &str) -> BTreeMap<(u64, u64), Sampled> {
        let mut sampled = BTreeMap::new();
        for entry in std::fs::read_dir(&self.kept).expect("a folder").flatten() {
            let bytes = std::fs::read(entry.path()).expect("readable");
            let mut labels = HashMap::new();
            for record in records(&bytes) {
                match record {
                    Record::Series(series) => labels.extend(series.series.into_iter().map(|one| {
                        let pairs = one.labels.iter().map(|l| (&*l.name, &*l.value));
                        (one.id, Labels::new(&one.metric, pairs.chain([(INSTANCE, instance)])))
                    })),
                    Record::Frame(frame) => {
                        let named = frame.ids.iter().map(|id| labels[id].clone());
                        let samples = named.zip(frame.values).collect();
                        let one = Sampled { timestamp_ms: frame.timestamp_ms, samples };
                        sampled.insert((frame.boot, frame.sequence), one);
                    }
                }
            }
        }
        sampled
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Frames, and their samples, that were durable at the collector before the spool had a hand free to
/// write them: only the agent's own count of its frames tells of them.
fn unwritten(
    sampled: &BTreeMap<(u64, u64), Sampled>,
    stored: &HashMap<(Labels, i64), u64>,
) -> (u64, usize) {
    let written: HashSet<i64> = sampled.values().map(|frame| frame.timestamp_ms).collect();
    let counted = stored.keys().filter(|(labels, timestamp)| {
        labels.metric() == HEADROOM_AGENT_FRAMES_TOTAL.name && !written.contains(timestamp)
    });
    let moments: HashSet<i64> = counted.map(|(_, timestamp)| *timestamp).collect();
    let samples = stored.keys().filter(|(_, timestamp)| moments.contains(timestamp)).count();
    (moments.len() as u64, samples)
}

/// Links each segment that is there; one that is kept already, or just went, is none to keep.
fn keep(spool: &Path, kept: &Path, inodes: &mut HashSet<u64>) {
    let Ok(entries) = std::fs::read_dir(spool) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        // An agent that starts with an empty spool numbers anew; inodes that are kept stay.
        let inode = entry.ino();
        if path.extension().is_some_and(|extension| extension == "spool")
            && !inodes.contains(&inode)
            && std::fs::hard_link(&path, kept.join(inode.to_string())).is_ok()
        {
            inodes.insert(inode);
        }
    }
}

/// The records of a segment, up to a torn end.
fn records(bytes: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    let mut rest = bytes.get(FILE_HEADER..).unwrap_or_default();
    while let Some((header, behind)) = rest.split_first_chunk::<RECORD_HEADER>() {
        let Some(length) = Record::payload_length(*header) else { break };
        let Some((payload, behind)) = behind.split_at_checked(length) else { break };
        let Some(record) = Record::decode(*header, payload) else { break };
        records.push(record);
        rest = behind;
    }
    records
}

/// All samples of an instance, as bits.
fn samples(store: &Store, instance: &str) -> HashMap<(Labels, i64), u64> {
    let mut samples = HashMap::new();
    let matchers = [Matcher::equal(INSTANCE, instance)];
    for series in store
        .select(Selection::ever(&matchers), Hints::default(), &Budget::unlimited())
        .expect("the store can be read")
    {
        for (timestamp, value) in series.timestamps.iter().zip(&series.values) {
            samples.insert((series.labels.clone(), *timestamp), value.to_bits());
        }
    }
    samples
}
