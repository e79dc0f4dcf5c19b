//! The samples of one series over at most a day, compressed.
//!
//! Layout, little endian: version (u8); CRC-32 of all behind it (u32); count (u32); length of
//! the timestamps (u32); timestamps; values, both as `numbers` has them.

use std::ops::Range;

use super::head::Column;
use super::numbers::{self, Effort, Times, Values};
use crate::samples::TimeRange;

const VERSION: u8 = 1;
const HEADER_BYTES: usize = 5;

/// The chunk of settled samples.
pub fn encode(column: &Column, effort: Effort) -> Result<Vec<u8>, pco::errors::PcoError> {
    let mut bytes = vec![0; HEADER_BYTES];
    bytes.extend((column.timestamps.len() as u32).to_le_bytes());
    let place = bytes.len();
    bytes.extend([0; 4]);
    numbers::encode_times(&column.timestamps, effort, &mut bytes)?;
    let length = (bytes.len() - place - 4) as u32;
    bytes[place..place + 4].copy_from_slice(&length.to_le_bytes());
    numbers::encode_values(&column.values, effort, &mut bytes)?;
    let checksum = crc32fast::hash(&bytes[HEADER_BYTES..]);
    bytes[0] = VERSION;
    bytes[1..HEADER_BYTES].copy_from_slice(&checksum.to_le_bytes());
    Ok(bytes)
}

/// A chunk that was read.
pub struct Chunk {
    count: usize,
    times: Times,
    values: Values,
}

/// Reads a chunk; nothing if it is damaged.
pub fn decode(bytes: &[u8]) -> Option<Chunk> {
    let (&VERSION, rest) = bytes.split_first()? else { return None };
    let (checksum, body) = rest.split_first_chunk::<4>()?;
    if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
        return None;
    }
    let (count, rest) = body.split_first_chunk::<4>()?;
    let count = u32::from_le_bytes(*count) as usize;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (times, values) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let times = numbers::decode_times(times, count)?;
    let values = numbers::decode_values(values, count)?;
    Some(Chunk { count, times, values })
}

impl Chunk {
    /// All samples.
    pub fn column(self) -> Column {
        Column { timestamps: self.times.all(), values: self.values.all(self.count) }
    }

    /// The places of the samples in a range.
    pub fn places(&self, range: TimeRange) -> Range<usize> {
        let begin = self.times.before(range.from_ms);
        begin..self.times.before(range.to_ms.saturating_add(1)).max(begin)
    }

    /// Adds some of the samples to a column.
    pub fn copy(&self, places: Range<usize>, column: &mut Column) {
        self.times.copy(places.clone(), &mut column.timestamps);
        self.values.copy(places, &mut column.values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flipped_bit_is_noticed() {
        let timestamps = (0..100).map(|n| 1_700_000_000_000 + n * n * 10).collect();
        let column = Column { timestamps, values: (0..100).map(f64::from).collect() };
        let bytes = encode(&column, Effort::Thorough).unwrap();
        assert_eq!(decode(&bytes).unwrap().column(), column);
        let mut part = Column::default();
        let range = TimeRange { from_ms: column.timestamps[3] - 1, to_ms: column.timestamps[5] };
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
