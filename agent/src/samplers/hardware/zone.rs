//! The host's time zone as of now, from /etc/localtime (RFC 9636).
//!
//! What a file leaves to the rule in its last line is not told; those of Debian and Ubuntu leave nothing
//! to it until 2037.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use headroom_proto::catalogue::NODE_TIME_ZONE_OFFSET_SECONDS;

use super::facts::Facts;

/// No file of the time-zone database is longer.
const MAX_BYTES: usize = 64 << 10;

const MAGIC: &[u8] = b"TZif";
const HEADER_BYTES: usize = 44;

/// Where the counts begin in a header, behind magic, version and what is reserved.
const COUNTS: usize = 20;

/// Bytes of a type: its offset, whether it is summer time, and where its name begins.
const TYPE_BYTES: usize = 6;

pub fn read(root: &Path, facts: &mut Facts) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() as i64;
    let bytes = std::fs::read(root.join("etc/localtime")).unwrap_or_default();
    if let Some((name, offset)) = zone(&bytes[..bytes.len().min(MAX_BYTES)], now) {
        let labels = [("time_zone", &*name)];
        facts.add(NODE_TIME_ZONE_OFFSET_SECONDS, &labels, f64::from(offset));
    }
}

/// How much of each there is in a block.
struct Counts {
    marks: usize,
    leaps: usize,
    times: usize,
    types: usize,
    letters: usize,
}

impl Counts {
    fn of(header: &[u8]) -> Option<Self> {
        header.starts_with(MAGIC).then_some(())?;
        let count = |place: usize| {
            let at = COUNTS + 4 * place;
            let bytes: [u8; 4] = header.get(at..at + 4)?.try_into().ok()?;
            Some(u32::from_be_bytes(bytes) as usize)
        };
        let marks = count(0)?.checked_add(count(1)?)?;
        let counts = Self {
            marks,
            leaps: count(2)?,
            times: count(3)?,
            types: count(4)?,
            letters: count(5)?,
        };
        // No file is so long that these could be beyond it.
        let parts = [counts.marks, counts.leaps, counts.times, counts.types, counts.letters];
        parts.iter().all(|part| *part <= MAX_BYTES).then_some(counts)
    }

    /// The length of a block whose moments have so many bytes.
    fn block(&self, width: usize) -> usize {
        let Self { marks, leaps, times, types, letters } = self;
        times * (width + 1) + types * TYPE_BYTES + letters + leaps * (width + 4) + marks
    }
}

/// Name and offset in seconds at a moment in Unix seconds.
fn zone(bytes: &[u8], now: i64) -> Option<(String, i32)> {
    // The first block, with moments of four bytes, is for old readers.
    let start = HEADER_BYTES + Counts::of(bytes)?.block(4);
    let second = bytes.get(start..)?;
    let counts = Counts::of(second)?;
    let Counts { times, types, letters, .. } = counts;
    let body = second.get(HEADER_BYTES..)?;
    let footer = body.get(counts.block(8)..)?;
    let moment = |place: usize| {
        let bytes: [u8; 8] = body.get(place * 8..place * 8 + 8)?.try_into().ok()?;
        Some(i64::from_be_bytes(bytes))
    };
    let passed = (0..times).take_while(|place| moment(*place).is_some_and(|at| at <= now)).count();
    if passed == times && footer.contains(&b',') {
        return None;
    }
    let kind = match passed.checked_sub(1) {
        Some(last) => usize::from(*body.get(times * 8 + last)?),
        None => 0,
    };
    (kind < types).then_some(())?;
    let (first_type, first_letter) = (times * 9, times * 9 + types * TYPE_BYTES);
    let own = body.get(first_type + kind * TYPE_BYTES..)?.get(..TYPE_BYTES)?;
    let offset = i32::from_be_bytes(own[..4].try_into().ok()?);
    let names = body.get(first_letter..first_letter + letters)?;
    let name = names.get(usize::from(own[5])..)?.split(|byte| *byte == 0).next()?;
    Some((String::from_utf8(name.to_vec()).ok()?, offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with moments at which a type begins, types and their names, and a last line.
    fn file(moments: &[(i64, u8)], types: &[(i32, u8)], names: &str, footer: &str) -> Vec<u8> {
        let header = |times: usize, types: usize, letters: usize| {
            let mut header = [MAGIC, b"2", &[0; 15]].concat();
            for count in [0, 0, 0, times, types, letters] {
                header.extend((count as u32).to_be_bytes());
            }
            header
        };
        let mut bytes = header(0, 0, 0);
        bytes.extend(header(moments.len(), types.len(), names.len()));
        bytes.extend(moments.iter().flat_map(|(at, _)| at.to_be_bytes()));
        bytes.extend(moments.iter().map(|(_, kind)| kind));
        for (offset, name) in types {
            bytes.extend(offset.to_be_bytes());
            bytes.extend([0, *name]);
        }
        bytes.extend(names.bytes());
        bytes.extend(format!("\n{footer}\n").bytes());
        bytes
    }

    #[test]
    fn the_zone_is_that_of_the_moment() {
        let berlin =
            file(&[(100, 1), (200, 0)], &[(3600, 0), (7200, 4)], "CET\0CEST\0", "CET-1CEST,M3.5.0");
        let utc = file(&[], &[(0, 0)], "UTC\0", "UTC0");
        let fixed = file(&[(100, 1)], &[(3600, 0), (7200, 4)], "CET\0CEST\0", "CEST-2");
        for (bytes, now, expected) in [
            (&berlin, 99, Some(("CET", 3600))),
            (&berlin, 100, Some(("CEST", 7200))),
            // The rule of the last line would say.
            (&berlin, 200, None),
            (&utc, 5, Some(("UTC", 0))),
            (&fixed, 500, Some(("CEST", 7200))),
        ] {
            let found = zone(bytes, now);
            assert_eq!(found, expected.map(|(name, offset)| (name.to_owned(), offset)), "{now}");
        }
    }

    #[test]
    fn whatever_is_broken_is_no_zone_and_no_panic() {
        let whole = file(&[(100, 1), (200, 0)], &[(3600, 0), (7200, 4)], "CET\0CEST\0", "CET-1");
        for place in 0..whole.len() {
            zone(&whole[..place], 150);
            for byte in [0, 1, 0x7f, 0xff] {
                let mut broken = whole.clone();
                broken[place] = byte;
                zone(&broken, 150);
            }
        }
        assert_eq!(zone(b"", 0), None);
    }
}
