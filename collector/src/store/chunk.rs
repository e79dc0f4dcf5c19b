//! The samples of one series over at most a day, compressed.
//!
//! Layout, little endian: version (u8); CRC-32 of all behind it (u32); count (u32); length of
//! the timestamps (u32); timestamps; values, both as `numbers` has them.

use std::ops::Range;

use super::day::DAY_MS;
use super::numbers::{self, Effort, Times, Values};
use super::stretch::Stretch;
use crate::samples::{Series, TimeRange};

const VERSION: u8 = 1;
const HEADER_BYTES: usize = 5;

/// A day has no more milliseconds; a chunk that says it has more samples is none of ours. Equal
/// steps and constants take no room, so a few bytes could ask for any memory.
pub const MOST_SAMPLES: usize = DAY_MS as usize;

/// The chunk of settled samples.
pub fn encode(samples: &Stretch, effort: Effort) -> Result<Vec<u8>, pco::errors::PcoError> {
    let mut bytes = vec![0; HEADER_BYTES];
    bytes.extend((samples.len() as u32).to_le_bytes());
    let place = bytes.len();
    bytes.extend([0; 4]);
    numbers::encode_times(&samples.timestamps, effort, &mut bytes)?;
    let length = (bytes.len() - place - 4) as u32;
    bytes[place..place + 4].copy_from_slice(&length.to_le_bytes());
    numbers::encode_values(&samples.values, effort, &mut bytes)?;
    let checksum = crc32fast::hash(&bytes[HEADER_BYTES..]);
    bytes[0] = VERSION;
    bytes[1..HEADER_BYTES].copy_from_slice(&checksum.to_le_bytes());
    Ok(bytes)
}

/// A chunk that is what was written, not yet unpacked.
pub struct Packed<'b> {
    count: usize,
    times: &'b [u8],
    values: &'b [u8],
}

/// A chunk that was read.
pub struct Chunk {
    count: usize,
    times: Times,
    values: Values,
}

/// Looks at a chunk; nothing if it is damaged.
pub fn open(bytes: &[u8]) -> Option<Packed<'_>> {
    let (&VERSION, rest) = bytes.split_first()? else { return None };
    let (checksum, body) = rest.split_first_chunk::<4>()?;
    if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
        return None;
    }
    let (count, rest) = body.split_first_chunk::<4>()?;
    let count = u32::from_le_bytes(*count) as usize;
    if count > MOST_SAMPLES {
        return None;
    }
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (times, values) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    Some(Packed { count, times, values })
}

/// Reads a chunk; nothing if it is damaged.
pub fn decode(bytes: &[u8]) -> Option<Chunk> {
    open(bytes)?.unpack()
}

impl Packed<'_> {
    /// What its numbers take in memory once they are unpacked, at most, in bytes.
    pub fn unpacked_bytes(&self) -> u64 {
        self.count as u64 * Series::SAMPLE_BYTES as u64
    }

    pub fn unpack(self) -> Option<Chunk> {
        let times = numbers::decode_times(self.times, self.count)?;
        let values = numbers::decode_values(self.values, self.count)?;
        Some(Chunk { count: self.count, times, values })
    }
}

impl Chunk {
    /// All samples.
    pub fn samples(self) -> Stretch {
        Stretch { timestamps: self.times.all(), values: self.values.all(self.count) }
    }

    /// The places of the samples in a range.
    pub fn places(&self, range: TimeRange) -> Range<usize> {
        let begin = self.times.before(range.from_ms);
        begin..self.times.before(range.to_ms.saturating_add(1)).max(begin)
    }

    /// Adds some of the samples to others.
    pub fn copy(&self, places: Range<usize>, into: &mut Stretch) {
        self.times.copy(places.clone(), &mut into.timestamps);
        self.values.copy(places, &mut into.values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_samples_than_a_day_can_have_are_damage() {
        for (count, is_read) in [(100, true), (u32::MAX, false), (DAY_MS as u32 + 1, false)] {
            let mut body = count.to_le_bytes().to_vec();
            body.extend(17_u32.to_le_bytes());
            body.push(1);
            body.extend([0; 16]);
            body.extend([1, 0, 0, 0, 0, 0, 0, 0, 0]);
            let bytes = [&[VERSION][..], &crc32fast::hash(&body).to_le_bytes(), &body].concat();
            assert_eq!(decode(&bytes).is_some(), is_read, "{count}");
        }
    }

    #[test]
    fn a_flipped_bit_is_noticed() {
        let timestamps = (0..100).map(|n| 1_700_000_000_000 + n * n * 10).collect();
        let samples = Stretch { timestamps, values: (0..100).map(f64::from).collect() };
        let bytes = encode(&samples, Effort::Thorough).unwrap();
        assert_eq!(decode(&bytes).unwrap().samples(), samples);
        let mut part = Stretch::default();
        let range = TimeRange { from_ms: samples.timestamps[3] - 1, to_ms: samples.timestamps[5] };
        let chunk = decode(&bytes).unwrap();
        chunk.copy(chunk.places(range), &mut part);
        assert_eq!(part.values, [3.0, 4.0, 5.0]);
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 0x10;
            assert!(decode(&damaged).is_none(), "byte {place}");
        }
        assert!(decode(&bytes[..bytes.len() - 1]).is_none());
        assert!(decode(&[]).is_none());
    }
}
