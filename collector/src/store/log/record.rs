//! The records of a log as bytes. No I/O.
//!
//! A file begins with `HRLOG` and a version (u8). A record is its length (u32), the CRC-32 of what
//! follows (u32), a kind (u8) and what the kind says, all little endian:
//! 1 series: id (u32), labels; 2 layout: number (u32), ids (u32 each); 3 run of an agent: number
//! (u32), boot (u64), instance; 4 row: run (u32, all ones for none), sequence (u64), timestamp
//! (i64), layout (u32), values (f64 each); 5 round of pings, from version 2 on: series of the path (u32), the
//! round as `rounds` has it.

use super::{MAX_RECORD_BYTES, Replayed};
use crate::store::SeriesId;
use crate::store::head::Layout;
use crate::store::pairs;
use crate::store::rounds::body;
use crate::store::rounds::round::{PathRound, RoundWrite};

pub const VERSION: u8 = 2;
const FIRST_VERSION: u8 = 1;
const MAGIC: &[u8; 5] = b"HRLOG";

const SERIES: u8 = 1;
const LAYOUT: u8 = 2;
const RUN: u8 = 3;
const ROW: u8 = 4;
const ROUND: u8 = 5;

const NO_RUN: u32 = u32::MAX;

const LONGEST_RESUMED: usize = 1 << 20;

/// A record that was read.
#[derive(Debug)]
pub enum Record<'r> {
    Series { id: SeriesId, pairs: Vec<(&'r str, &'r str)> },
    Layout { number: u32, series: Vec<SeriesId> },
    Run { number: u32, boot: u64, instance: &'r str },
    Row(LoggedRow<Vec<f64>>),
    Round { path: SeriesId, round: PathRound },
}

/// A row, with its values or a way to them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoggedRow<V> {
    /// The number of the run; none if the frame has no name.
    pub run: Option<u32>,
    pub sequence: u64,
    pub timestamp_ms: i64,
    pub layout: u32,
    pub values: V,
}

pub fn header() -> [u8; 6] {
    let mut header = [VERSION; 6];
    header[..5].copy_from_slice(MAGIC);
    header
}

pub fn write_series<'a>(
    bytes: &mut Vec<u8>,
    SeriesId(id): SeriesId,
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
) {
    write(bytes, SERIES, |bytes| {
        bytes.extend(id.to_le_bytes());
        pairs::encode(pairs, bytes);
    });
}

pub fn write_layout(bytes: &mut Vec<u8>, Layout(number): Layout, series: &[SeriesId]) {
    write(bytes, LAYOUT, |bytes| {
        bytes.extend(number.to_le_bytes());
        for SeriesId(id) in series {
            bytes.extend(id.to_le_bytes());
        }
    });
}

pub fn write_run(bytes: &mut Vec<u8>, number: u32, instance: &str, boot: u64) {
    write(bytes, RUN, |bytes| {
        bytes.extend(number.to_le_bytes());
        bytes.extend(boot.to_le_bytes());
        bytes.extend(instance.as_bytes());
    });
}

pub fn write_row(bytes: &mut Vec<u8>, row: LoggedRow<&[f64]>) {
    write(bytes, ROW, |bytes| {
        bytes.extend(row.run.unwrap_or(NO_RUN).to_le_bytes());
        bytes.extend(row.sequence.to_le_bytes());
        bytes.extend(row.timestamp_ms.to_le_bytes());
        bytes.extend(row.layout.to_le_bytes());
        bytes.reserve(row.values.len() * 8);
        for value in row.values {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
    });
}

pub fn write_round(bytes: &mut Vec<u8>, RoundWrite { path, round }: &RoundWrite) {
    write(bytes, ROUND, |bytes| {
        bytes.extend(path.0.to_le_bytes());
        body::encode(round, bytes);
    });
}

fn write(bytes: &mut Vec<u8>, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
    let place = bytes.len();
    bytes.extend([0; 8]);
    bytes.push(kind);
    body(bytes);
    let length = (bytes.len() - place - 8) as u32;
    let checksum = crc32fast::hash(&bytes[place + 8..]);
    bytes[place..place + 4].copy_from_slice(&length.to_le_bytes());
    bytes[place + 4..place + 8].copy_from_slice(&checksum.to_le_bytes());
}

/// The version of a file that begins so, if it is later than what is known here.
pub fn later_version(bytes: &[u8]) -> Option<u8> {
    let (magic, rest) = bytes.split_first_chunk::<5>()?;
    rest.first().copied().filter(|version| magic == MAGIC && *version > VERSION)
}

/// Reads all records of a file; an error is the version of a later format, of which nothing is
/// read: what is unknown there would pass for damage.
///
/// Behind a damaged record the next sound one is looked for. What is not whole with nothing sound
/// behind it is what a crash leaves.
pub fn read_all(bytes: &[u8], mut take: impl FnMut(Record<'_>)) -> Result<Replayed, u8> {
    let mut replayed = Replayed::default();
    let Some((magic, rest)) = bytes.split_first_chunk::<6>() else {
        // Its maker died before the first append.
        replayed.torn_bytes = bytes.len() as u64;
        return Ok(replayed);
    };
    if let Some(later) = later_version(magic) {
        return Err(later);
    }
    let known = FIRST_VERSION..=VERSION;
    if !magic.starts_with(MAGIC) || !known.contains(&magic[MAGIC.len()]) {
        replayed.damaged += 1;
    }
    let mut rest = rest;
    while !rest.is_empty() {
        let sound = split(rest).filter(|(sum, body, _)| crc32fast::hash(body) == *sum);
        if let Some((_, body, behind)) = sound {
            match decode(body) {
                Some(record) => take(record),
                None => replayed.damaged += 1,
            }
            rest = behind;
        } else if let Some(place) = resume(rest) {
            replayed.damaged += 1;
            rest = &rest[place..];
        } else {
            replayed.torn_bytes = rest.len() as u64;
            break;
        }
    }
    Ok(replayed)
}

/// The place of the next sound record behind one that is not.
fn resume(bytes: &[u8]) -> Option<usize> {
    let sound = |place: &usize| {
        let known = bytes.get(place + 8).is_some_and(|kind| (SERIES..=ROUND).contains(kind));
        let found = known.then(|| split(&bytes[*place..])).flatten();
        // Checksums of what chance takes for a long record would take hours.
        let found = found.filter(|(_, body, _)| body.len() <= LONGEST_RESUMED);
        found.is_some_and(|(checksum, body, _)| crc32fast::hash(body) == checksum)
    };
    (1..bytes.len()).find(sound)
}

/// Checksum and body of the first record, and what follows it.
fn split(bytes: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (checksum, rest) = rest.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length);
    if length == 0 || length > MAX_RECORD_BYTES {
        return None;
    }
    let (body, behind) = rest.split_at_checked(length as usize)?;
    Some((u32::from_le_bytes(*checksum), body, behind))
}

fn decode(body: &[u8]) -> Option<Record<'_>> {
    let (&kind, rest) = body.split_first()?;
    let (first, rest) = rest.split_first_chunk::<4>()?;
    let first = u32::from_le_bytes(*first);
    Some(match kind {
        SERIES => Record::Series { id: SeriesId(first), pairs: pairs::decode(rest)? },
        LAYOUT => {
            let (ids, []) = rest.as_chunks::<4>() else { return None };
            let series = ids.iter().map(|id| SeriesId(u32::from_le_bytes(*id))).collect();
            Record::Layout { number: first, series }
        }
        RUN => {
            let (boot, instance) = rest.split_first_chunk::<8>()?;
            let instance = str::from_utf8(instance).ok()?;
            Record::Run { number: first, boot: u64::from_le_bytes(*boot), instance }
        }
        ROW => {
            let (sequence, rest) = rest.split_first_chunk::<8>()?;
            let (timestamp, rest) = rest.split_first_chunk::<8>()?;
            let (layout, rest) = rest.split_first_chunk::<4>()?;
            let (values, []) = rest.as_chunks::<8>() else { return None };
            Record::Row(LoggedRow {
                run: (first != NO_RUN).then_some(first),
                sequence: u64::from_le_bytes(*sequence),
                timestamp_ms: i64::from_le_bytes(*timestamp),
                layout: u32::from_le_bytes(*layout),
                values: values.iter().map(|value| f64::from_le_bytes(*value)).collect(),
            })
        }
        ROUND => {
            let mut rest = rest;
            let round = body::decode(&mut rest)?;
            if !rest.is_empty() {
                return None;
            }
            Record::Round { path: SeriesId(first), round }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> (Vec<u8>, Vec<usize>) {
        let mut bytes = header().to_vec();
        let mut ends = Vec::new();
        write_run(&mut bytes, 0, "ca1", 7);
        ends.push(bytes.len());
        write_series(&mut bytes, SeriesId(0), [("__name__", "a"), ("device", "eth0")].into_iter());
        ends.push(bytes.len());
        write_layout(&mut bytes, Layout(0), &[SeriesId(0)]);
        ends.push(bytes.len());
        for sequence in 1..=5 {
            let values = &[1.5][..];
            let (timestamp_ms, layout) = (1000, 0);
            let row = LoggedRow { run: Some(0), sequence, timestamp_ms, layout, values };
            write_row(&mut bytes, row);
            ends.push(bytes.len());
        }
        (bytes, ends)
    }

    fn rows(bytes: &[u8]) -> (Vec<u64>, Replayed) {
        let mut rows = Vec::new();
        let replayed = read_all(bytes, |record| {
            if let Record::Row(row) = record {
                let (run, timestamp_ms, layout) = (Some(0), 1000, 0);
                let (sequence, values) = (row.sequence, vec![1.5]);
                assert_eq!(row, LoggedRow { run, sequence, timestamp_ms, layout, values });
                rows.push(sequence);
            }
        });
        (rows, replayed.unwrap())
    }

    #[test]
    fn a_torn_end_costs_what_was_not_whole() {
        let (bytes, ends) = file();
        assert_eq!(rows(&bytes), (vec![1, 2, 3, 4, 5], Replayed::default()));
        for length in 0..bytes.len() {
            let whole = ends.iter().filter(|end| **end <= length).count().saturating_sub(3);
            let (found, replayed) = rows(&bytes[..length]);
            assert_eq!((found.len(), replayed.damaged), (whole, 0), "{length} bytes");
        }
    }

    #[test]
    fn a_flipped_bit_costs_one_record() {
        let (bytes, ends) = file();
        for place in ends[2]..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[place] ^= 1 << bit;
                let (found, replayed) = rows(&damaged);
                assert_eq!(found.len(), 4, "bit {bit} of byte {place}");
                assert!(replayed.damaged == 1 || replayed.torn_bytes > 0);
            }
        }
        let mut later = bytes;
        later[5] = 9;
        assert_eq!(read_all(&later, |_| {}), Err(9));
    }
}
