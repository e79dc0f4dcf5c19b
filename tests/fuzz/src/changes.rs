//! Changes of inputs by chance, the same for the same seed.

use fastrand::Rng;

/// No input is longer.
const MAX_BYTES: usize = 4096;

/// Numbers at the ends of what readers expect, as text and as bytes.
const NUMBERS: [&str; 16] = [
    "0",
    "-1",
    "1e20",
    "-1e300",
    "NaN",
    "+Inf",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "4294967295",
    "0x7fffffff",
    "1e-320",
    "00",
    "1.7976931348623157e308",
    ".",
];

const BYTES: [u64; 8] =
    [0, 1, u64::MAX, i64::MAX as u64, i64::MIN as u64, u32::MAX as u64, 0x7ff0 << 48, 0x7ff8 << 48];

/// An input that comes of one or two others.
pub fn change(one: &[u8], other: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = one.to_vec();
    for _ in 0..rng.usize(1..=4) {
        step(&mut bytes, other, rng);
    }
    bytes.truncate(MAX_BYTES);
    bytes
}

fn step(bytes: &mut Vec<u8>, other: &[u8], rng: &mut Rng) {
    let place = rng.usize(0..=bytes.len());
    let end = (place + rng.usize(1..=16)).min(bytes.len());
    match rng.u8(0..9) {
        0 => set(bytes, place, |byte| byte ^ (1 << (place % 8))),
        1 => set(bytes, place, |_| 0xff),
        2 => drop(bytes.drain(place..end)),
        3 => insert(bytes, place..place, &[rng.u8(..)]),
        4 => {
            let again = bytes[place..end].to_vec();
            insert(bytes, place..place, &again.repeat(rng.usize(1..=20)));
        }
        5 => {
            let from = rng.usize(0..=other.len());
            let to = (from + rng.usize(1..=64)).min(other.len());
            insert(bytes, place..end, &other[from..to]);
        }
        6 => {
            // A number, if there is one: another.
            let end = place + bytes[place..].iter().take_while(|b| b.is_ascii_digit()).count();
            insert(bytes, place..end, NUMBERS[rng.usize(..NUMBERS.len())].as_bytes());
        }
        7 => {
            let number = BYTES[rng.usize(..BYTES.len())].to_le_bytes();
            let width = [1, 2, 4, 8][rng.usize(..4)];
            let end = (place + width).min(bytes.len());
            insert(bytes, place..end, &number[..width]);
        }
        _ => bytes.truncate(place),
    }
}

fn set(bytes: &mut [u8], place: usize, to: impl Fn(u8) -> u8) {
    if let Some(byte) = bytes.get_mut(place) {
        *byte = to(*byte);
    }
}

fn insert(bytes: &mut Vec<u8>, places: std::ops::Range<usize>, new: &[u8]) {
    bytes.splice(places, new.iter().copied());
}
