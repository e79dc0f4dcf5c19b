//! Messages of an agent through the checks of the door into a store.

use std::cell::RefCell;
use std::time::Duration;

use headroom::ingest::frames::{StreamSeries, TakenTimes};
use headroom::ingest::losses;
use headroom::store::{Claim, SeriesLimits, Store, StoreOptions};
use headroom_proto::wire::agent_message::Message;
use headroom_proto::wire::{AgentMessage, Frame, Label, Loss, Meeting, SeriesDefinition, Use};
use headroom_proto::wire::{LossReason, SeriesDefinitions};
use prost::Message as _;
use tempfile::TempDir;

use crate::pieces::{join, pieces};
use crate::scratch;

const NOW_MS: i64 = 1_800_000_000_000;
const INSTANCE: &str = "ca1";

/// What a collector takes unless its configuration says otherwise.
const TIMES: TakenTimes = TakenTimes { now_ms: NOW_MS, oldest: Duration::from_hours(24 * 62) };

/// After so many inputs what was stored is sealed and merged, and a new store begins.
const INPUTS_OF_A_STORE: u32 = 2_000;

thread_local! {
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
}

/// A store that takes what passes.
struct World {
    store: Store,
    inputs: u32,
    _folder: TempDir,
}

/// Messages, each behind its length.
pub fn frames(bytes: &[u8]) {
    WORLD.with_borrow_mut(|slot| {
        let world = slot.get_or_insert_with(World::new);
        world.take(bytes);
        world.inputs += 1;
        if world.inputs == INPUTS_OF_A_STORE {
            world.store.compact(NOW_MS).expect("what passed the door can be sealed and merged");
            *slot = None;
        }
    });
}

impl World {
    fn new() -> Self {
        let folder = scratch::folder();
        let series = SeriesLimits { per_instance: 200, ..StoreOptions::default().series };
        let options = StoreOptions { series, ..StoreOptions::default() };
        let store = Store::open_with(folder.path(), options).expect("a new store opens");
        Self { store, inputs: 0, _folder: folder }
    }

    fn take(&self, bytes: &[u8]) {
        let mut series = StreamSeries::new(INSTANCE.into());
        for piece in pieces(bytes) {
            let Ok(message) = AgentMessage::decode(piece) else { continue };
            match message.message {
                Some(Message::Series(definitions)) => {
                    for definition in &definitions.series {
                        let resolve =
                            |pairs: &[(&str, &str)]| self.store.series_id_of(pairs, Claim::Own);
                        // A refusal is an answer, too.
                        let _ = series.define(definitions.boot, definition, resolve);
                    }
                }
                Some(Message::Frame(frame)) => self.frame(&mut series, frame),
                Some(Message::Loss(loss)) => self.loss(&loss),
                Some(Message::Hello(_) | Message::SettingsApplied(_)) | None => {}
            }
        }
    }

    fn frame(&self, series: &mut StreamSeries, frame: Frame) {
        let checked = series.check(frame, TIMES);
        if !checked.meetings.is_empty() {
            self.store.record_meetings(&checked.meetings).expect("checked meetings are kept");
        }
        if let Some(write) = checked.write {
            self.store.append(&[write]).expect("a checked frame is stored");
        }
    }

    fn loss(&self, loss: &Loss) {
        // A refusal is an answer, too.
        let Ok(lost) = losses::check(&INSTANCE.into(), loss, TIMES) else { return };
        self.store.record_loss(&lost).expect("a loss is kept");
        let _ = lost.frames();
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let encode = |message: Message| AgentMessage { message: Some(message) }.encode_to_vec();
    let definition = |id, metric: &str| SeriesDefinition {
        id,
        metric: metric.into(),
        labels: vec![Label { name: "device".into(), value: "eth0".into() }],
    };
    let series = vec![definition(0, "node_load1"), definition(1, "node_load5")];
    let series = encode(Message::Series(SeriesDefinitions { boot: 7, series }));
    let frame = |sequence, values: Vec<f64>| Frame {
        boot: 7,
        sequence,
        timestamp_ms: NOW_MS - 60_000 + sequence as i64 * 10_000,
        ids: vec![0, 1],
        values,
        meetings: Vec::new(),
        rounds: Vec::new(),
    };
    let meeting = Meeting {
        id: vec![7; 16],
        tenant: "school".into(),
        started_ms: NOW_MS - 90_000,
        seen_ms: NOW_MS - 30_000,
        measured_seconds: 60.0,
        participants_peak: 12,
        participant_seconds: 700.0,
        voices: Some(Use { peak: 3, seconds: 90.0 }),
        cameras_out: Some(Use { peak: 40, seconds: f64::MAX }),
        ..Meeting::default()
    };
    let loss = Loss {
        boot: 7,
        first_sequence: 3,
        last_sequence: 9,
        first_timestamp_ms: NOW_MS - 900_000,
        last_timestamp_ms: NOW_MS - 600_000,
        samples: 14,
        reason: LossReason::SpoolFull.into(),
    };
    let plain = encode(Message::Frame(frame(1, vec![0.5, 1.5])));
    let odd = encode(Message::Frame(frame(2, vec![f64::NAN, f64::MAX])));
    let with_meeting = Frame { meetings: vec![meeting], ..frame(3, vec![0.0, -0.0]) };
    vec![
        join(&[series.clone(), plain.clone(), odd]),
        join(&[series, encode(Message::Frame(with_meeting)), encode(Message::Loss(loss))]),
        join(&[plain, encode(Message::Loss(Loss { last_sequence: u64::MAX, ..loss }))]),
    ]
}
