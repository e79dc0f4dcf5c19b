//! Bodies of remote writes, packed and unpacked.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use headroom::clock::Clock;
use headroom::identity::{Entry, RemoteWriter, RemoteWriters};
use headroom::ingest::{
    Clocks, IntakeOptions, LabelLimits, RemoteWrite, RemoteWriteError, Sent, Version,
};
use headroom::samples::{Pool, Share, Side};
use headroom::store::{SeriesLimits, Store, StoreOptions};
use headroom::telemetry::CollectorCounts;
use headroom::writer::Writer;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::scratch;

/// After so many inputs a new store begins.
const INPUTS_OF_A_STORE: u32 = 2_000;

/// What a request may take at once, with what is made of it, in bytes.
const POOL_BYTES: u64 = 64 << 20;

/// The body is sent as it is; else it is packed before.
const AS_IT_IS: u8 = 1;

/// It is of version 2.0; else of 1.0.
const VERSION_2: u8 = 2;

thread_local! {
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
}

/// A door for remote writes before a store.
struct World {
    door: RemoteWrite,
    runtime: Runtime,
    pool: Pool,
    inputs: u32,
    _folder: TempDir,
}

/// How the body is sent, one byte, and the body.
pub fn remote_write(bytes: &[u8]) {
    let Some((how, body)) = bytes.split_first() else { return };
    let packed = match how & AS_IT_IS {
        0 => snap::raw::Encoder::new().compress_vec(body).expect("what is short can be packed"),
        _ => body.to_owned(),
    };
    let version = if how & VERSION_2 == 0 { Version::One } else { Version::Two };
    WORLD.with_borrow_mut(|slot| {
        let world = slot.get_or_insert_with(World::new);
        let mut share = Share::nothing(&world.pool, Side::Writers);
        share.take(packed.len() as u64).expect("an input is smaller than the pool");
        let writer = RemoteWriter::of_everything("tests");
        if let Ok(pending) = world.door.read(Sent { body: packed, share, version }, &writer) {
            let committed = world.runtime.block_on(world.door.commit(pending));
            let lost = matches!(&committed, Err(RemoteWriteError::Unavailable(_)));
            assert!(!lost, "the store takes nothing any more: {committed:?}");
        }
        world.inputs += 1;
        if world.inputs == INPUTS_OF_A_STORE {
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
        let counts = Arc::new(CollectorCounts::default());
        let (writer, _) =
            Writer::start(Arc::new(store), Arc::clone(&counts)).expect("a thread starts");
        // So far back that times are taken, whatever the clock says.
        let oldest = Duration::from_hours(24 * 365 * 1000);
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let writers = RemoteWriters::new([], Entry::Open, [], "collector");
        let clocks = Arc::new(Clocks::new(Arc::new(Clock::start()), None));
        let options =
            IntakeOptions { writers, writer, oldest, clocks, labels: LabelLimits::default() };
        Self {
            door: RemoteWrite::new(options, counts),
            runtime: runtime.expect("a runtime starts"),
            pool: Pool::new(POOL_BYTES),
            inputs: 0,
            _folder: folder,
        }
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let whole = request(&[("__name__", "up"), ("instance", "a")], &[(1_700_000_000_000, 1.0)]);
    let many: Vec<(i64, f64)> = (0..5).map(|n| (1_700_000_000_000 + n * 15_000, 0.5)).collect();
    let many = request(&[("__name__", "x"), ("empty", ""), ("instance", "b")], &many);
    let packed = snap::raw::Encoder::new().compress_vec(&whole).expect("what is short");
    vec![
        [&[0][..], &whole].concat(),
        [&[0][..], &whole, &many].concat(),
        [&[AS_IT_IS][..], &packed].concat(),
        [&[VERSION_2][..], &referring()].concat(),
    ]
}

/// A request of version 2.0 with one series, as protobuf.
fn referring() -> Vec<u8> {
    let symbols = ["", "__name__", "up", "instance", "a", "Whether it is."];
    let mut request = Vec::new();
    for symbol in symbols {
        request.extend([0x22, symbol.len() as u8]);
        request.extend(symbol.as_bytes());
    }
    let mut sample = vec![0x09];
    sample.extend(1.0f64.to_le_bytes());
    sample.push(0x10);
    prost::encoding::encode_varint(1_700_000_000_000, &mut sample);
    let mut series = vec![0x0a, 4, 1, 2, 3, 4, 0x12, sample.len() as u8];
    series.extend(sample);
    series.extend([0x2a, 4, 0x08, 2, 0x18, 5]);
    request.extend([0x2a, series.len() as u8]);
    request.extend(series);
    request
}

/// A request with one series, as protobuf.
fn request(labels: &[(&str, &str)], samples: &[(i64, f64)]) -> Vec<u8> {
    let field = |tag: u8, body: &[u8]| {
        let length = u8::try_from(body.len()).expect("parts of seeds are short");
        assert!(length < 128, "a longer length has two bytes");
        [&[tag, length][..], body].concat()
    };
    let mut series = Vec::new();
    for (name, value) in labels {
        let label = [field(0x0a, name.as_bytes()), field(0x12, value.as_bytes())].concat();
        series.extend(field(0x0a, &label));
    }
    for (at_ms, value) in samples {
        let mut sample = vec![0x09];
        sample.extend(value.to_le_bytes());
        sample.push(0x10);
        prost::encoding::encode_varint(*at_ms as u64, &mut sample);
        series.extend(field(0x12, &sample));
    }
    let length = series.len();
    let mut request = vec![0x0a];
    prost::encoding::encode_varint(length as u64, &mut request);
    request.extend(series);
    request
}
