//! The spool before files that are torn, garbled, or not its own.

use std::fs;
use std::ops::RangeInclusive;

use super::witness::{FrameId, SMALLEST_SEGMENT, WEEK, Witness};
use super::{of_boot, read, roomy};

/// A spool with one small segment, and where in its file each frame's record ends.
fn one_segment() -> (Witness, Vec<usize>) {
    let mut witness = roomy();
    let mut ends = Vec::new();
    for _ in 0..5 {
        witness.append(1, 3);
        ends.push(witness.spool.state().bytes as usize);
    }
    (witness, ends)
}

/// Damages the file of [`one_segment`]: the next run finds the first `kept` frames and goes on
/// behind them.
#[track_caller]
fn check_damage(damage: impl FnOnce(&mut Vec<u8>), kept: usize) {
    let (mut witness, _) = one_segment();
    let file = witness.files().remove(0);
    let mut content = fs::read(&file).unwrap();
    damage(&mut content);
    fs::write(&file, content).unwrap();
    witness.crash();
    if kept > 0 {
        assert_eq!(witness.spool.state().bytes, witness.bytes_on_disk());
    }
    for run in 2..4 {
        witness.append(2, 3);
        let mut expected = of_boot(1, 1..=kept as u64);
        expected.extend((2..=run).flat_map(|boot| of_boot(boot, 1..=2)));
        assert_eq!(read(&witness), expected);
        witness.crash();
    }
}

#[test]
fn a_file_cut_anywhere_keeps_the_frames_before() {
    let (_, ends) = one_segment();
    for length in 0..=ends[4] {
        let kept = ends.iter().filter(|end| **end <= length).count();
        check_damage(|content| content.truncate(length), kept);
    }
}

/// The next run finds all frames of [`one_segment`] but the lost ones, and reports those, once.
#[track_caller]
fn check_flip(place: usize, bit: u8, lost: RangeInclusive<u64>) {
    let (mut witness, _) = one_segment();
    let file = witness.files().remove(0);
    let mut content = fs::read(&file).unwrap();
    content[place] ^= bit;
    fs::write(&file, content).unwrap();
    let lost = of_boot(1, lost);
    let left: Vec<FrameId> =
        of_boot(1, 1..=5).into_iter().filter(|id| !lost.contains(id)).collect();
    for _ in 0..2 {
        witness.crash();
        let readable: Vec<FrameId> = witness.readable().into_iter().collect();
        assert_eq!(readable, left, "bit {bit} of byte {place}");
        let told: Vec<FrameId> = witness.lost().into_iter().collect();
        assert_eq!(told, lost, "bit {bit} of byte {place}");
        assert_eq!(witness.spool.state().waiting_frames, left.len() as u64);
    }
    for loss in witness.spool.losses().to_vec() {
        witness.acknowledge_loss(&loss);
    }
    for (boot, sequence) in left {
        witness.acknowledge(boot, sequence, sequence);
    }
    witness.restart();
    assert_eq!((witness.files().len(), witness.spool.losses().len()), (0, 0));
}

#[test]
fn a_bit_flipped_anywhere_costs_its_frame_and_says_which() {
    let (witness, ends) = one_segment();
    let content = fs::read(&witness.files()[0]).unwrap();
    let length = u32::from_le_bytes(content[16..20].try_into().unwrap()) as usize;
    let first = 16 + 8 + length;
    for place in 0..ends[4] {
        let frame = 1 + ends.iter().filter(|end| **end <= place).count() as u64;
        let lost = match place {
            // The file's header, which each record says again.
            0..16 => RangeInclusive::new(1, 0),
            // The definitions of all series, which nothing else here has.
            _ if place < first => 1..=5,
            _ => frame..=frame,
        };
        check_flip(place, 0x10, lost.clone());
        check_flip(place, 1 << (place % 8), lost);
    }
}

#[test]
fn what_stands_behind_the_last_frame_is_cut_off() {
    for rest in [&[0][..], &[0; 8], &[0; 4096], &[0xff; 8], b"\x08\0\0\0", b"\x01\0\0\0\0\0\0\0x"] {
        check_damage(|content| content.extend(rest), 5);
    }
}

/// Damages the second of several segments of a hundred series, in the next run or in this one. Answers
/// with the frames that can no longer be read, all of which are reported.
#[track_caller]
fn check_second(is_running: bool, damage: impl FnOnce(&mut Vec<u8>)) -> Vec<FrameId> {
    let mut witness = roomy();
    witness.append(200, 100);
    let files = witness.files();
    assert!(files.len() > 3, "{files:?}");
    let mut content = fs::read(&files[1]).unwrap();
    damage(&mut content);
    fs::write(&files[1], content).unwrap();
    if !is_running {
        witness.crash();
    }
    // What the uplink reads, to the end.
    witness.spool.begin_stream();
    let mut sent = Vec::new();
    loop {
        let (ids, is_last) = witness.read(7);
        sent.extend(ids);
        if is_last {
            break;
        }
    }
    let missing: Vec<FrameId> =
        witness.appended().into_iter().filter(|id| !sent.contains(id)).collect();
    assert_eq!(witness.lost().into_iter().collect::<Vec<_>>(), missing);
    assert_eq!(witness.readable().len() + missing.len(), 200);
    if is_running {
        let samples = witness.spool.state().dropped_samples;
        assert_eq!(samples, 100 * missing.len() as u64);
    }
    missing
}

#[test]
fn damage_costs_the_frames_it_hit_and_no_others() {
    for is_running in [false, true] {
        let flip = |content: &mut Vec<u8>| {
            let middle = content.len() / 2;
            content[middle] ^= 1;
        };
        assert_eq!(check_second(is_running, flip).len(), 1);
        // Definitions that the other segments have, too.
        assert_eq!(check_second(is_running, |content| content[100] ^= 1), []);
        let sector = |content: &mut Vec<u8>| {
            let middle = content.len() / 2;
            content[middle..middle + 2048].fill(0);
        };
        let missing = check_second(is_running, sector);
        assert!((2..=4).contains(&missing.len()), "{missing:?}");
        let (first, last) = (missing[0].1, missing[missing.len() - 1].1);
        assert_eq!(missing, of_boot(1, first..=last));
    }
}

#[test]
fn a_damaged_segment_that_goes_at_the_limit_is_reported_whole() {
    let mut witness = Witness::new(6 * SMALLEST_SEGMENT, WEEK);
    witness.append(30, 100);
    let file = witness.files().remove(0);
    let mut content = fs::read(&file).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 1;
    fs::write(&file, content).unwrap();
    witness.append(200, 100);
    assert!(!file.exists());
    witness.check();
}

#[test]
fn a_file_that_is_no_segment_is_left_out_and_its_name_not_used() {
    let foreign: [(&str, &[u8]); 10] = [
        ("0000000000000001.spool", b""),
        ("0000000000000002.spool", b"headspl1"),
        ("0000000000000003.spool", b"headspl2\x01\0\0\0\0\0\0\0"),
        ("0000000000000004.spool", &[0; 100]),
        ("0000000000000099.spool", b"not even near a segment, in length or in content"),
        ("18446744073709551615.spool", b""),
        ("5.spool", b"headspl1\x01\0\0\0\0\0\0\0"),
        ("x.spool", b""),
        ("notes.txt", b"mine"),
        (
            "ledger",
            b"acknowledged 1 1\nlost 1 2 3\n\xff\xfe acknowledged 1 1 99\nacknowledged x 1 1\n",
        ),
    ];
    let mut witness = roomy();
    fs::create_dir_all(witness.directory()).unwrap();
    for (name, content) in foreign {
        fs::write(witness.directory().join(name), content).unwrap();
    }
    fs::create_dir(witness.directory().join("0000000000000200.spool")).unwrap();
    for _ in 0..2 {
        witness.crash();
        witness.append(100, 100);
        witness.check();
        assert_eq!(witness.spool.losses(), []);
    }
    for (name, content) in foreign.iter().filter(|(name, _)| *name != "ledger") {
        assert_eq!(fs::read(witness.directory().join(name)).unwrap(), *content, "{name}");
    }
}

#[test]
fn a_garbled_ledger_acknowledges_nothing_and_loses_nothing() {
    for ledger in [
        &b""[..],
        b"acknowledged 1 1\n",
        b"acknowledged 1 1 x\n",
        b"acknowledged 1 5 1\n",
        b"acknowledged 1  1 5\n",
        b"Acknowledged 1 1 5\n",
        b"lost 1 1 5\n",
        b"lost 1 1 5 0 0 15 99\n",
        b"lost 1 1 5 0 0 15 1 1\n",
        b"\xff\xff\n",
    ] {
        let (mut witness, _) = one_segment();
        fs::write(witness.directory().join("ledger"), ledger).unwrap();
        witness.crash();
        witness.check();
        witness.restart();
        witness.append(1, 1);
        witness.check();
    }
}
