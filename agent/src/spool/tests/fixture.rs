//! A spool that format 1 wrote, as it lies in the folder `format-1`: later versions read it and
//! go on.
//!
//! `HEADROOM_WRITE_FIXTURE=FOLDER` writes one instead, for the next format.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use headroom_proto::wire::{
    Acknowledgement, Frame, Label, Loss, LossReason, Meeting, SequenceRange, SeriesDefinition,
};

use crate::frames::KeptFrame;
use crate::series::Layout;
use crate::spool::{Position, Record, Sent, Spool, SpoolOptions};

const START_MS: i64 = 1_790_000_000_000;
const STEP_MS: i64 = 10_000;

/// How many frames each boot took.
const BOOTS: [(u64, u64); 2] = [(7, 90), (8, 12)];

/// What was acknowledged, as boot, first and last, before the ledger was kept for the last time.
const ACKNOWLEDGED: [(u64, u64, u64); 3] = [(7, 1, 4), (7, 80, 84), (8, 2, 3)];

/// Frames of the first boot that were sent and never answered: each is a loss of its own.
const SENT: [u64; 2] = [10, 11];

/// What the limit of bytes cost, as first and last frame of the first boot.
const LOST: [(u64, u64); 4] = [(5, 9), (10, 10), (11, 11), (12, 58)];

/// What the sudden end left behind the last whole record.
const TORN: &[u8] = &[200, 0, 0, 0, 1, 2, 3, 4, 26, 99];

fn options(directory: &Path) -> SpoolOptions {
    let max_age = Duration::from_hours(24);
    SpoolOptions {
        directory: directory.to_owned(),
        max_bytes: 40 << 10,
        max_age,
        write_after: Duration::ZERO,
    }
}

fn write(directory: &Path) {
    for (boot, frames) in BOOTS {
        let mut spool = Spool::open(options(directory), boot).unwrap();
        for sequence in 1..=frames {
            let sent = boot == 7 && SENT.contains(&sequence);
            append(
                &mut spool,
                (boot, frame(boot, sequence)),
                if sent { Sent::Now } else { Sent::Never },
            );
            let done = ACKNOWLEDGED.iter().filter(|(of, _, last)| (*of, *last) == (boot, sequence));
            for &(boot, first, last) in done {
                let frames = vec![SequenceRange { boot, first, last }];
                spool.acknowledge(&Acknowledgement { frames, losses: Vec::new() });
            }
        }
        spool.keep_ledger();
    }
    let newest = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let newest = newest.filter(|path| path.extension().is_some_and(|end| end == "spool")).max();
    let newest = newest.unwrap();
    let torn = [fs::read(&newest).unwrap(), TORN.to_vec()].concat();
    fs::write(newest, torn).unwrap();
}

fn append(spool: &mut Spool, (series_of, frame): (u64, Frame), sent: Sent) {
    let series = definitions(series_of).into_iter().take(frame.ids.len()).map(Arc::new).collect();
    let (kept, _) = KeptFrame::encode(frame, Arc::new(Layout::of(series)));
    spool.append(&kept, sent).unwrap();
}

/// The second boot has series of its own under the same ids.
fn definitions(boot: u64) -> Vec<SeriesDefinition> {
    let one = |id: u32| {
        let label = |name: &str, value: String| Label { name: name.into(), value };
        let labels = vec![label("cpu", id.to_string()), label("job", "node".into())];
        let metric = if boot == 7 { "node_cpu_seconds_total" } else { "node_cpu_idle_total" };
        SeriesDefinition { id, metric: metric.into(), labels }
    };
    (0..60).map(one).collect()
}

fn frame(boot: u64, sequence: u64) -> Frame {
    let before: u64 = BOOTS.iter().take_while(|(of, _)| *of != boot).map(|(_, count)| count).sum();
    // Every fourth frame is a poll of rooms: few series, and meetings.
    let series = if sequence.is_multiple_of(4) { 5 } else { 60 };
    let value = |id: u32| match id {
        0 => f64::from_bits(headroom_proto::metric::STALE_BITS),
        id => f64::from(id) * 1000.0 + sequence as f64 / 8.0,
    };
    Frame {
        boot,
        sequence,
        timestamp_ms: START_MS + (before + sequence) as i64 * STEP_MS,
        ids: (0..series).collect(),
        values: (0..series).map(value).collect(),
        rounds: Vec::new(),
        meetings: if sequence.is_multiple_of(4) { vec![meeting(sequence)] } else { Vec::new() },
    }
}

fn meeting(sequence: u64) -> Meeting {
    Meeting {
        id: vec![sequence as u8; 16],
        tenant: "school".into(),
        started_ms: START_MS,
        seen_ms: START_MS + sequence as i64 * STEP_MS,
        ended: sequence.is_multiple_of(8),
        breakout: false,
        recorded: true,
        measured_seconds: sequence as f64 * 10.0,
        participants_peak: 25,
        participant_seconds: 1234.5,
        cameras_peak: 4,
        camera_seconds: 77.25,
        // The format was written before these were told.
        ..Meeting::default()
    }
}

fn expected_losses() -> Vec<Loss> {
    let one = |&(first_sequence, last_sequence): &(u64, u64)| {
        let frames = || (first_sequence..=last_sequence).map(|sequence| frame(7, sequence));
        Loss {
            boot: 7,
            first_sequence,
            last_sequence,
            first_timestamp_ms: frame(7, first_sequence).timestamp_ms,
            last_timestamp_ms: frame(7, last_sequence).timestamp_ms,
            samples: frames().map(|frame| frame.values.len() as u64).sum(),
            reason: LossReason::SpoolFull.into(),
        }
    };
    LOST.iter().map(one).collect()
}

/// What waits: neither acknowledged nor lost.
fn expected_frames() -> Vec<Frame> {
    let lost = LOST.iter().map(|&(first, last)| (7, first, last));
    let gone: Vec<_> = ACKNOWLEDGED.into_iter().chain(lost).collect();
    let waits = |boot, sequence| {
        !gone.iter().any(|(of, first, last)| *of == boot && (*first..=*last).contains(&sequence))
    };
    let all = BOOTS.iter().flat_map(|&(boot, count)| (1..=count).map(move |n| (boot, n)));
    all.filter(|&(boot, n)| waits(boot, n)).map(|(boot, n)| frame(boot, n)).collect()
}

/// All that can be read, each frame behind the definitions of its series.
fn read(spool: &Spool) -> Vec<Frame> {
    let mut position = Position::default();
    let mut defined = std::collections::HashMap::new();
    let mut frames = Vec::new();
    while let Some((record, _)) = spool.next(&mut position) {
        let boot = record.boot();
        match record {
            Record::Series(series) => {
                defined.extend(series.series.into_iter().map(|one| ((boot, one.id), one)));
            }
            Record::Frame(frame) => {
                for id in &frame.ids {
                    assert_eq!(defined[&(boot, *id)], definitions(boot)[*id as usize]);
                }
                frames.push(frame);
            }
        }
    }
    frames
}

/// By bits, since a stale marker equals nothing.
#[track_caller]
fn assert_frames(found: &[Frame], expected: &[Frame]) {
    let bits = |frame: &Frame| frame.values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    let told = |frames: &[Frame]| -> Vec<_> {
        let bare = |frame: &Frame| Frame { values: Vec::new(), ..frame.clone() };
        frames.iter().map(|frame| (bare(frame), bits(frame))).collect()
    };
    assert_eq!(told(found), told(expected));
}

fn acknowledge_all(spool: &mut Spool, frames: &[Frame]) {
    let range = |frame: &Frame| {
        let (boot, first, last) = (frame.boot, frame.sequence, frame.sequence);
        SequenceRange { boot, first, last }
    };
    let losses = spool.losses().iter().map(|loss| SequenceRange {
        boot: loss.boot,
        first: loss.first_sequence,
        last: loss.last_sequence,
    });
    let losses = losses.collect();
    let frames = frames.iter().map(range).collect();
    spool.acknowledge(&Acknowledgement { frames, losses });
}

#[test]
fn a_spool_of_format_1_is_read_and_goes_on() {
    if let Some(folder) = std::env::var_os("HEADROOM_WRITE_FIXTURE") {
        write(Path::new(&folder));
        return;
    }
    let folder = tempfile::TempDir::new().unwrap();
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/spool/tests/format-1");
    for entry in fs::read_dir(kept).unwrap().flatten() {
        fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    let options = SpoolOptions { max_bytes: 1 << 20, ..options(folder.path()) };
    let mut spool = Spool::open(options.clone(), 9).unwrap();
    assert_eq!(spool.losses(), expected_losses());
    assert_frames(&read(&spool), &expected_frames());

    append(&mut spool, (8, Frame { boot: 9, ..frame(8, 1) }), Sent::Never);
    let mut all = expected_frames();
    all.push(Frame { boot: 9, ..frame(8, 1) });
    drop(spool);
    let mut spool = Spool::open(options.clone(), 10).unwrap();
    assert_eq!(spool.losses(), expected_losses());
    let found = read_bare(&spool);
    assert_eq!(found, all.iter().map(|frame| (frame.boot, frame.sequence)).collect::<Vec<_>>());
    acknowledge_all(&mut spool, &all);
    spool.finish();
    drop(spool);
    let spool = Spool::open(options, 11).unwrap();
    assert_eq!((spool.losses(), spool.state().waiting_frames), (&[][..], 0));
}

/// Boot and sequence of all that can be read.
fn read_bare(spool: &Spool) -> Vec<(u64, u64)> {
    let mut position = Position::default();
    let records = std::iter::from_fn(|| spool.next(&mut position));
    let frames = records.filter_map(|(record, _)| match record {
        Record::Frame(frame) => Some((frame.boot, frame.sequence)),
        Record::Series(_) => None,
    });
    frames.collect()
}
