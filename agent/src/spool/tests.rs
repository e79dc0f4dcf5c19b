//! The spool's behaviour, seen through its public face.

mod damage;
mod fixture;
mod interleavings;
mod witness;

use std::fs;
use std::time::Duration;

use headroom_proto::wire::{Acknowledgement, Frame, Loss, LossReason, SequenceRange};

use self::witness::{Cursor, FrameId, SMALLEST_SEGMENT, WEEK, Witness};
use super::{Position, Spool, SpoolOptions};

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

fn read(witness: &Witness, from: Position, limit: Option<Position>) -> Vec<FrameId> {
    Cursor::new(from, limit).read_all(witness)
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
        assert_eq!(read(&witness, Position::default(), None), witness.appended(), "{rounds:?}");
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
    assert_eq!(
        read(&witness, Position::default(), None),
        [of_boot(1, 1..=30), of_boot(2, 21..=30)].concat()
    );
    witness.acknowledge(1, 11, 30);
    witness.restart();
    assert_eq!(
        read(&witness, Position::default(), None),
        [of_boot(1, 1..=10), of_boot(2, 21..=30)].concat()
    );
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
        let readable = read(&witness, Position::default(), None);
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
    witness.append(50, 100);
    for sequence in [1, 3, 5, 6, 18, 19] {
        witness.send((1, sequence));
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
    witness.append(200, 100);
    witness.send((1, 190));
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
fn without_a_disk_a_little_waits_in_memory() {
    let mut witness = Witness::without_disk();
    for _ in 0..40 {
        witness.append(100, 100);
        witness.check();
        assert!(witness.spool.state().bytes <= 1 << 20, "{:?}", witness.spool.state());
    }
    assert_eq!(witness.reasons(), [LossReason::SpoolUnwritable].into());
    assert!(witness.readable().len() > 800, "{}", witness.readable().len());
    let waiting = witness.readable();
    witness.acknowledge(1, waiting.first().unwrap().1, 4000);
    witness.check();
    assert!(witness.spool.state().bytes < 256 << 10, "{:?}", witness.spool.state());
}

#[test]
fn the_disk_is_used_again_when_it_takes_files() {
    let mut witness = Witness::without_disk();
    witness.append(100, 100);
    fs::remove_file(witness.directory().parent().unwrap()).unwrap();
    fs::create_dir_all(witness.directory()).unwrap();
    witness.append(300, 100);
    witness.check();
    assert_eq!(witness.files().len(), 1);
    assert_eq!(read(&witness, Position::default(), None), of_boot(1, 1..=400));
}

#[test]
fn a_live_reader_sees_what_is_new_and_a_backlog_reader_what_was() {
    let mut witness = roomy();
    witness.append(50, 100);
    let boundary = witness.spool.begin_segment();
    let mut live = Cursor::new(boundary, None);
    let mut backlog = Cursor::new(Position::default(), Some(boundary));
    assert_eq!(live.read(&witness), None);
    for sequence in 51..=100 {
        witness.append(1, 100);
        assert_eq!(live.read(&witness), Some((1, sequence)));
        assert_eq!(live.read(&witness), None);
        assert_eq!(backlog.read(&witness), Some((1, sequence - 50)));
    }
    assert_eq!(backlog.read(&witness), None);
}

#[test]
fn a_boundary_is_the_same_until_something_is_appended() {
    let mut witness = roomy();
    assert_eq!(witness.spool.begin_segment(), witness.spool.begin_segment());
    witness.append(3, 1);
    let boundary = witness.spool.begin_segment();
    assert_eq!(witness.spool.begin_segment(), boundary);
    assert_eq!(read(&witness, Position::default(), Some(boundary)), of_boot(1, 1..=3));
    assert_eq!(read(&witness, boundary, None), []);
    witness.append(1, 1);
    assert!(witness.spool.begin_segment() > boundary);
    witness.check();
}

#[test]
fn readers_leave_out_what_is_acknowledged_or_given_up_under_them() {
    let mut witness = tiny();
    witness.append(50, 100);
    let mut reader = Cursor::new(Position::default(), None);
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
    };
    let frame = |boot| Frame {
        boot,
        sequence: 1,
        timestamp_ms: 1,
        ids: vec![],
        values: vec![],
        meetings: vec![],
    };
    let mut first = Spool::open(options.clone(), 1);
    first.append(&[], frame(1));
    let mut second = Spool::open(options.clone(), 2);
    second.append(&[], frame(2));
    second.keep_ledger();
    assert_eq!(second.state().waiting_frames, 1, "it lives in memory");
    let files = || fs::read_dir(&options.directory).unwrap().count();
    assert_eq!(files(), 3, "lock, ledger and segment of the first, nothing of the second");
    drop((first, second));
    assert_eq!(Spool::open(options, 3).state().waiting_frames, 1, "only the first left a frame");
}
