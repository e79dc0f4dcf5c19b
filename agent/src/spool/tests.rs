//! The spool's behaviour, seen through its public face.

mod damage;
mod fixture;
mod interleavings;
mod witness;

use std::fs;
use std::time::Duration;

use headroom_proto::wire::{Acknowledgement, Loss, LossReason, SequenceRange};

use self::witness::{Cursor, FrameId, SMALLEST_SEGMENT, WEEK, Witness};
use super::{Position, Record, Sent, Spool, SpoolOptions};

/// A spool of four of the smallest segments.
fn tiny() -> Witness {
    Witness::new(4 * SMALLEST_SEGMENT, WEEK)
}

/// A spool that does not get full here, of the smallest segments.
fn roomy() -> Witness {
    Witness::new(16 * SMALLEST_SEGMENT, WEEK)
}

fn of_boot(boot: u64, sequences: impl IntoIterator<Item = u64>) -> Vec<FrameId> {
    sequences.into_iter().map(|sequence| (boot, sequence)).collect()
}

fn read(witness: &Witness) -> Vec<FrameId> {
    Cursor::default().read_all(witness)
}

#[test]
fn frames_come_out_in_order_behind_their_definitions() {
    for rounds in [
        &[][..],
        &[(1, 1)],
        &[(3, 0), (3, 2)],
        &[(100, 100)],
        &[(5, 10), (5, 11), (5, 12), (100, 40)],
        &[(2, 499), (2, 500), (2, 501), (2, 1700)],
        &[(20, 50), (20, 20)],
    ] {
        let mut witness = roomy();
        for &(frames, series) in rounds {
            witness.append(frames, series);
        }
        assert_eq!(read(&witness), witness.appended(), "{rounds:?}");
        witness.check();
    }
}

#[test]
fn a_restart_keeps_what_is_not_acknowledged_and_nothing_else() {
    for acknowledged in [
        &[][..],
        &[(1, 60)],
        &[(1, 1)],
        &[(60, 60)],
        &[(10, 20), (30, 45)],
        &[(30, 45), (10, 20), (21, 29)],
    ] {
        let mut witness = roomy();
        witness.append(60, 100);
        for &(first, last) in acknowledged {
            witness.acknowledge(1, first, last);
        }
        for _ in 0..3 {
            witness.restart();
            witness.check();
            witness.append(20, 50);
            witness.check();
        }
        assert_eq!(witness.last_sequence(4), 20);
    }
}

#[test]
fn a_crash_keeps_every_frame_that_waits() {
    let mut witness = roomy();
    for boot in 1..5 {
        witness.append(40, 100);
        witness.acknowledge(boot, 5, 30);
        witness.crash();
        witness.check();
        witness.acknowledge(boot, 1, 10);
    }
}

#[test]
fn a_boots_acknowledgement_is_not_anothers() {
    let mut witness = roomy();
    witness.append(30, 100);
    witness.restart();
    witness.append(30, 100);
    witness.acknowledge(2, 1, 20);
    assert_eq!(read(&witness), [of_boot(1, 1..=30), of_boot(2, 21..=30)].concat());
    witness.acknowledge(1, 11, 30);
    witness.restart();
    assert_eq!(read(&witness), [of_boot(1, 1..=10), of_boot(2, 21..=30)].concat());
    witness.check();
}

#[test]
fn a_segment_leaves_the_disk_once_all_its_frames_are_acknowledged() {
    let mut witness = roomy();
    witness.append(200, 100);
    let before = witness.files();
    assert!(before.len() > 4, "{before:?}");
    assert_eq!(witness.spool.state().bytes, witness.bytes_on_disk());

    witness.acknowledge(1, 2, 199);
    assert_eq!(witness.files().len(), 2, "the first frame and the last hold theirs");
    witness.acknowledge(1, 1, 1);
    assert_eq!(witness.files(), before[before.len() - 1..]);
    witness.acknowledge(1, 200, 200);
    assert_eq!(witness.files().len(), 1, "it is still written to");
    assert_eq!(witness.spool.state().bytes, witness.bytes_on_disk());
    witness.check();

    witness.spool.finish();
    assert_eq!(witness.files().len(), 0);
    assert_eq!(witness.spool.state().bytes, 0);
    witness.append(1, 1);
    witness.check();
}

#[test]
fn a_run_begins_without_the_segments_that_are_done_with() {
    let mut witness = roomy();
    witness.append(5, 10);
    witness.acknowledge(1, 1, 5);
    witness.keep_ledger();
    assert_eq!(witness.files().len(), 1);
    witness.crash();
    assert_eq!(witness.files().len(), 0);
    witness.check();
}

#[test]
fn a_full_spool_gives_up_the_oldest_and_says_exactly_what() {
    for acknowledged in
        [&[][..], &[(40, 60)], &[(1, 1), (3, 3), (5, 200)], &[(1, 250)], &[(300, 300)]]
    {
        let mut witness = tiny();
        for round in 0..30 {
            witness.append(10, 100);
            for &(first, last) in acknowledged.iter().filter(|(_, last)| *last == 10 * (round + 1))
            {
                witness.acknowledge(1, first, last);
            }
            witness.check();
        }
        for &(first, last) in acknowledged {
            witness.acknowledge(1, first, last);
        }
        witness.append(20, 100);
        witness.check();
        let readable = read(&witness);
        assert!(readable.len() > 40 && readable.contains(&(1, 320)), "{}", readable.len());
        assert!(witness.lost().iter().all(|id| *id < readable[0]));
    }
}

#[test]
fn losses_that_touch_are_one() {
    let mut witness = tiny();
    witness.append(500, 100);
    let [loss] = *witness.spool.losses() else { panic!("{:?}", witness.spool.losses()) };
    assert_eq!((loss.boot, loss.first_sequence, loss.reason()), (1, 1, LossReason::SpoolFull));
    let oldest = witness.readable().first().copied().unwrap();
    assert_eq!((1, loss.last_sequence + 1), oldest);
    witness.check();
}

#[test]
fn a_frame_that_was_sent_is_a_loss_of_its_own() {
    let mut witness = tiny();
    for sequence in 1..=50 {
        let sent = [(1, Sent::Now), (3, Sent::Before), (5, Sent::Now), (6, Sent::Now)];
        let sent = sent.into_iter().chain([(18, Sent::Before), (19, Sent::Before)]);
        let sent = sent.into_iter().find(|(of, _)| *of == sequence);
        witness.append_sent(1, 100, sent.map_or(Sent::Never, |(_, sent)| sent));
    }
    witness.acknowledge(1, 5, 5);
    witness.append(40, 100);
    let ranges: Vec<_> = witness
        .spool
        .losses()
        .iter()
        .map(|loss| (loss.first_sequence, loss.last_sequence))
        .collect();
    let last = witness.readable().first().unwrap().1 - 1;
    assert_eq!(
        ranges,
        [(1, 1), (2, 2), (3, 3), (4, 4), (6, 6), (7, 17), (18, 18), (19, 19), (20, last)]
    );
    witness.check();
    witness.restart();
    witness.append(80, 100);
    witness.check();
}

#[test]
fn a_range_that_ends_before_it_begins_acknowledges_nothing() {
    let mut witness = tiny();
    witness.append(189, 100);
    witness.append_sent(1, 100, Sent::Now);
    witness.append(10, 100);
    let losses = witness.spool.losses().to_vec();
    let range = SequenceRange { boot: 1, first: 200, last: 1 };
    let inverted = Acknowledgement { frames: vec![range], losses: vec![range] };
    witness.spool.acknowledge(&inverted);
    assert_eq!(witness.spool.losses(), losses);
    witness.check();
}

#[test]
fn a_loss_is_reported_until_exactly_it_is_acknowledged() {
    let mut witness = tiny();
    witness.append(200, 100);
    witness.restart();
    witness.append(200, 100);
    let losses = witness.spool.losses().to_vec();
    let [older, newer] = losses[..] else { panic!("{losses:?}") };
    assert_eq!((older.boot, newer.boot), (1, 2));
    let others = [
        Loss { boot: 3, ..older },
        Loss { boot: newer.boot, ..older },
        Loss { first_sequence: older.first_sequence + 1, ..older },
        Loss { last_sequence: older.last_sequence - 1, ..older },
        Loss { last_sequence: older.last_sequence + 1, ..older },
    ];
    for other in others {
        let (boot, first, last) = (other.boot, other.first_sequence, other.last_sequence);
        let losses = vec![SequenceRange { boot, first, last }];
        witness.spool.acknowledge(&Acknowledgement { frames: Vec::new(), losses });
        assert_eq!(witness.spool.losses(), [older, newer], "{other:?}");
    }
    witness.restart();
    assert_eq!(witness.spool.losses(), [older, newer]);
    witness.acknowledge_loss(&older);
    assert_eq!(witness.spool.losses(), [newer]);
    witness.check();
    witness.crash();
    assert_eq!(witness.spool.losses(), [newer]);
    witness.acknowledge_loss(&newer);
    witness.crash();
    assert_eq!(witness.spool.losses(), []);
    witness.check();
}

#[test]
fn only_so_many_losses_wait_to_be_reported() {
    let mut witness = tiny();
    for _ in 0..40 {
        let first = witness.last_sequence(1) + 1;
        witness.append(100, 1);
        for sequence in (first..first + 100).step_by(2) {
            witness.acknowledge(1, sequence, sequence);
        }
    }
    let losses = witness.spool.losses();
    assert_eq!(losses.len(), 1000);
    assert_eq!(losses[999].first_sequence + 2, witness.readable().first().unwrap().1);
}

#[test]
fn what_is_too_old_is_given_up() {
    let age = Duration::from_secs(60);
    let mut witness = Witness::new(16 * SMALLEST_SEGMENT, age);
    witness.append(400, 100);
    witness.check();
    assert_eq!(witness.reasons(), [LossReason::SpoolAge].into());
    let age_of = |id: &FrameId| witness.timestamp_ms((1, 400)) - witness.timestamp_ms(*id);
    let readable = witness.readable();
    let oldest = readable.first().map(age_of).unwrap();
    assert!((60_000..100_000).contains(&oldest), "only whole segments go: {oldest}");

    witness.wait(age);
    witness.append(1, 100);
    witness.check();
    let left = witness.readable();
    assert!((2..20).contains(&left.len()), "the segment that is written to stays: {left:?}");
}

#[test]
fn what_got_too_old_while_the_agent_was_down_is_given_up_with_the_first_frame() {
    let mut witness = Witness::new(16 * SMALLEST_SEGMENT, Duration::from_secs(60));
    witness.append(50, 100);
    witness.acknowledge(1, 1, 7);
    witness.restart();
    witness.wait(Duration::from_secs(61));
    witness.check();
    assert_eq!(witness.spool.losses(), []);
    witness.append(1, 1);
    witness.check();
    assert_eq!(Vec::from_iter(witness.lost()), of_boot(1, 8..=50));
    assert_eq!(Vec::from_iter(witness.readable()), [(2, 1)]);
    assert_eq!(witness.reasons(), [LossReason::SpoolAge].into());
}

#[test]
fn a_stream_reads_what_was_not_sent_on_it_and_goes_on_where_it_was() {
    let mut witness = roomy();
    witness.append(50, 100);
    witness.spool.begin_stream();
    assert_eq!(witness.read(20), (of_boot(1, 1..=20), false));
    witness.append_sent(5, 100, Sent::Now);
    witness.append_sent(5, 100, Sent::Before);
    assert_eq!(witness.read(100), (of_boot(1, (21..=50).chain(56..=60)), true));
    assert_eq!(witness.read(100), (vec![], true));
    witness.append(2, 100);
    witness.append_sent(1, 100, Sent::Now);
    assert_eq!(witness.read(1), (of_boot(1, [61]), false));
    assert_eq!(witness.read(1), (of_boot(1, [62]), false));
    assert_eq!(witness.read(1), (vec![], true));
    // On another stream nothing was sent yet.
    witness.spool.begin_stream();
    assert_eq!(witness.read(100), (of_boot(1, 1..=63), true));
    witness.check();
}

#[test]
fn a_hole_in_the_sequences_is_none_in_the_log() {
    let mut witness = roomy();
    witness.append(5, 3);
    witness.skip(4);
    witness.append(5, 3);
    assert_eq!(read(&witness), of_boot(1, (1..=5).chain(10..=14)));
    // What was never here is acknowledged, and nothing of what is here with it.
    witness.acknowledge(1, 6, 9);
    witness.check();
    witness.acknowledge(1, 1, 5);
    witness.check();
    witness.crash();
    assert_eq!(read(&witness), of_boot(1, 10..=14));
    witness.check();
}

#[test]
fn what_cannot_be_written_is_left_to_the_caller_and_the_rest_is_kept() {
    let mut witness = roomy();
    witness.append(100, 100);
    let before = witness.readable();
    // No new file can come to be; what is open can be read.
    let away = witness.directory().with_extension("away");
    fs::rename(witness.directory(), &away).unwrap();
    fs::write(witness.directory(), "").unwrap();
    let refused = witness.try_append(200, 100);
    assert!(refused > 100, "{refused}");
    fs::remove_file(witness.directory()).unwrap();
    fs::rename(&away, witness.directory()).unwrap();
    assert!(witness.spool.take_trouble().is_none(), "no ledger was written");
    assert!(witness.readable().is_superset(&before));
    witness.append(50, 100);
    witness.check();
    witness.crash();
    witness.check();
}

#[test]
fn readers_leave_out_what_is_acknowledged_or_given_up_under_them() {
    let mut witness = tiny();
    witness.append(50, 100);
    let mut reader = Cursor::default();
    let first: Vec<_> = std::iter::from_fn(|| reader.read(&witness)).take(5).collect();
    assert_eq!(first, of_boot(1, 1..=5));
    witness.acknowledge(1, 7, 9);
    assert_eq!(reader.read(&witness), Some((1, 6)));
    assert_eq!(reader.read(&witness), Some((1, 10)));
    witness.append(200, 100);
    let rest: Vec<_> = witness.readable().into_iter().collect();
    assert!(rest[0].1 > 100, "{rest:?}");
    assert_eq!(reader.read_all(&witness), rest);
}

#[test]
fn a_directory_serves_one_agent() {
    let directory = tempfile::TempDir::new().unwrap();
    let options = SpoolOptions {
        directory: directory.path().join("spool"),
        max_bytes: 1 << 20,
        max_age: Duration::from_hours(1),
        write_after: Duration::ZERO,
    };
    let first = Spool::open(options.clone(), 1).unwrap();
    let refused = Spool::open(options.clone(), 2).err().unwrap();
    let expected = "another agent uses it; give each its own spool.directory";
    assert_eq!(refused.to_string(), expected);
    drop(first);
    assert!(Spool::open(options, 3).is_ok());
}

/// Reads what waits in a spool and changes nothing.
#[derive(Default)]
pub struct Reader(Position);

impl Reader {
    /// Boot and sequence of each frame that waits.
    pub fn read_all(&mut self, spool: &Spool) -> Vec<FrameId> {
        let records = std::iter::from_fn(|| spool.next(&mut self.0));
        let frames = records.filter_map(|(record, _)| match record {
            Record::Frame(frame) => Some((frame.boot, frame.sequence)),
            Record::Series(_) => None,
        });
        frames.collect()
    }
}
