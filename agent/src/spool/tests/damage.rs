//! The spool before files that are torn, garbled, or not its own.

use std::fs;

use super::witness::{FrameId, Witness};
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

#[test]
fn a_byte_flipped_anywhere_keeps_the_frames_before() {
    let (_, ends) = one_segment();
    for place in 0..ends[4] {
        let kept = ends.iter().filter(|end| **end <= place).count();
        check_damage(|content| content[place] ^= 0x10, kept);
    }
}

#[test]
fn what_stands_behind_the_last_frame_is_cut_off() {
    for rest in [&[0][..], &[0; 8], &[0; 4096], &[0xff; 8], b"\x08\0\0\0", b"\x01\0\0\0\0\0\0\0x"] {
        check_damage(|content| content.extend(rest), 5);
    }
}

#[test]
fn a_damaged_segment_does_not_hide_those_behind_it() {
    let mut witness = roomy();
    witness.append(200, 100);
    let files = witness.files();
    let lengths: Vec<u64> = files.iter().map(|file| fs::metadata(file).unwrap().len()).collect();
    assert!(files.len() > 3, "{lengths:?}");
    let mut content = fs::read(&files[1]).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 1;
    fs::write(&files[1], content).unwrap();
    witness.crash();
    let readable = witness.readable();
    let missing: Vec<FrameId> =
        witness.appended().into_iter().filter(|id| !readable.contains(id)).collect();
    assert!((1..20).contains(&missing.len()), "{missing:?}");
    let (first, last) = (missing[0].1, missing[missing.len() - 1].1);
    assert_eq!(missing, of_boot(1, first..=last));
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
