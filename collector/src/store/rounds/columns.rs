//! The rounds of one path within one day as columns, compressed. No I/O.
//!
//! Layout, little endian: version (u8); CRC-32 of all behind it (u32); how many rounds and how many round
//! trips (u32 each); then columns, each behind its length (u32), as `numbers` has them: begin, span, sent,
//! received, first round trip of those that have one, differences of the others in four columns, jitter and 1,
//! hop limit, marks; errors and discarded replies, how many (u32) and each as round, kind and count; address
//! and router, each as they change: round (u32), length (u8) and octets.
//!
//! The longest round trips of a round lie further apart than the others, so differences stand by how many are
//! longer: none, one or two, up to seven, more. Version 1 has all of them in one column, round by round.

use core::net::IpAddr;

use super::body::{OFFLINE, differences, jitter_units, put_address, take_address};
use super::round::{PathRound, Tally, of_unit, settle};
use crate::store::chunk::MOST_SAMPLES;
use crate::store::numbers::{self, Effort};

const VERSION: u8 = 2;
const ONE_COLUMN_OF_STEPS: u8 = 1;
const HEADER_BYTES: usize = 5;

/// A round has no more pings than this.
const MOST_TRIPS: usize = 1000;

/// Nor more kinds of errors or of discarded replies.
const MOST_TALLIES: usize = 100;

/// The column of a difference, by how many round trips of its round are longer: up to so many each.
const LONGER: [usize; 4] = [0, 2, 7, usize::MAX];

/// The rounds of a path, in order of their beginnings.
pub fn encode(rounds: &[PathRound], effort: Effort) -> Result<Vec<u8>, pco::errors::PcoError> {
    let trips: usize = rounds.iter().map(|round| round.round_trips_us.len()).sum();
    let mut bytes = vec![VERSION, 0, 0, 0, 0];
    bytes.extend((rounds.len() as u32).to_le_bytes());
    bytes.extend((trips as u32).to_le_bytes());
    let begins: Vec<i64> = rounds.iter().map(|round| round.begin_ms).collect();
    let mut column = Vec::new();
    numbers::encode_times(&begins, effort, &mut column)?;
    put(&mut bytes, &mut column);
    let each = |number: fn(&PathRound) -> u32| rounds.iter().map(number).collect::<Vec<_>>();
    let (mut firsts, mut steps) = (Vec::new(), LONGER.map(|_| Vec::new()));
    for round in rounds {
        let mut differences = differences(&round.round_trips_us);
        firsts.extend(differences.next());
        for (step, column) in differences.zip(columns_of(round.round_trips_us.len())) {
            steps[column].push(step);
        }
    }
    let [last, next, further, rest] = steps;
    let columns = [
        each(|round| round.span_ms),
        each(|round| round.sent),
        each(PathRound::received),
        firsts,
        last,
        next,
        further,
        rest,
        each(jitter_units),
        each(|round| round.hop_limit.map_or(0, u32::from)),
        each(|round| if round.vantage_offline { OFFLINE } else { 0 }),
    ];
    for numbers in columns {
        numbers::encode_counts(&numbers, effort, &mut column)?;
        put(&mut bytes, &mut column);
    }
    let lists: [fn(&PathRound) -> &Vec<Tally>; 2] =
        [|round| &round.errors, |round| &round.discarded];
    for of in lists {
        let numbers = tallies(rounds, of);
        column.extend((numbers.len() as u32 / 3).to_le_bytes());
        numbers::encode_counts(&numbers, effort, &mut column)?;
        put(&mut bytes, &mut column);
    }
    for address in [|round: &PathRound| round.address, |round: &PathRound| round.router] {
        put_changes(rounds, address, &mut column);
        put(&mut bytes, &mut column);
    }
    let checksum = crc32fast::hash(&bytes[HEADER_BYTES..]);
    bytes[1..HEADER_BYTES].copy_from_slice(&checksum.to_le_bytes());
    Ok(bytes)
}

/// Rounds that are what was written, not yet unpacked.
pub struct Packed<'b> {
    version: u8,
    count: usize,
    trips: usize,
    columns: &'b [u8],
}

/// Looks at rounds; nothing if they are damaged.
pub fn open(bytes: &[u8]) -> Option<Packed<'_>> {
    let (&version, rest) = bytes.split_first()?;
    if !(ONE_COLUMN_OF_STEPS..=VERSION).contains(&version) {
        return None;
    }
    let (checksum, body) = rest.split_first_chunk::<4>()?;
    if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
        return None;
    }
    let (count, rest) = body.split_first_chunk::<4>()?;
    let (trips, columns) = rest.split_first_chunk::<4>()?;
    let [count, trips] = [count, trips].map(|number| u32::from_le_bytes(*number) as usize);
    (count <= MOST_SAMPLES && trips <= count * MOST_TRIPS).then_some(Packed {
        version,
        count,
        trips,
        columns,
    })
}

/// Reads rounds; nothing if they are damaged.
pub fn decode(bytes: &[u8]) -> Option<Vec<PathRound>> {
    open(bytes)?.unpack()
}

/// Whether they are what was written.
pub fn is_sound(bytes: &[u8]) -> bool {
    open(bytes).is_some()
}

impl Packed<'_> {
    /// How many round trips they have.
    pub fn trips(&self) -> usize {
        self.trips
    }

    /// What they take in memory once they are unpacked, in bytes, with the columns on the way.
    pub fn unpacked_bytes(&self) -> u64 {
        (self.count * (size_of::<PathRound>() + 64) + self.trips * 8) as u64
    }

    pub fn unpack(self) -> Option<Vec<PathRound>> {
        let Self { version, count, trips, columns: mut rest } = self;
        let mut column = || {
            let (length, behind) = rest.split_first_chunk::<4>()?;
            let (column, behind) = behind.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            rest = behind;
            Some(column)
        };
        let begins = numbers::decode_times(column()?, count)?.all();
        let mut each = || numbers::decode_counts(column()?, count);
        let (spans, sent, received) = (each()?, each()?, each()?);
        if received.iter().map(|count| *count as usize).sum::<usize>() != trips {
            return None;
        }
        let answered = received.iter().filter(|count| **count > 0).count();
        let mut firsts = numbers::decode_counts(column()?, answered)?.into_iter();
        let mut steps = match version {
            ONE_COLUMN_OF_STEPS => vec![trips - answered],
            _ => steps_by_column(&received).to_vec(),
        }
        .into_iter()
        .map(|count| Some(numbers::decode_counts(column()?, count)?.into_iter()))
        .collect::<Option<Vec<_>>>()?;
        let mut each = || numbers::decode_counts(column()?, count);
        let (jitters, hop_limits, marks) = (each()?, each()?, each()?);
        let mut rounds = Vec::with_capacity(count);
        for place in 0..count {
            rounds.push(PathRound {
                begin_ms: begins[place],
                span_ms: spans[place],
                sent: sent[place],
                round_trips_us: round_trips(received[place], &mut firsts, &mut steps)?,
                jitter_us: jitters[place].checked_sub(1).map(of_unit),
                hop_limit: u8::try_from(hop_limits[place]).ok().filter(|hops| *hops > 0),
                vantage_offline: marks[place] & OFFLINE != 0,
                ..PathRound::default()
            });
        }
        add_tallies(&mut rounds, column()?, |round| &mut round.errors)?;
        add_tallies(&mut rounds, column()?, |round| &mut round.discarded)?;
        add_changes(&mut rounds, column()?, |round| &mut round.address)?;
        add_changes(&mut rounds, column()?, |round| &mut round.router)?;
        settle(&mut rounds);
        Some(rounds)
    }
}

/// The column of a difference behind which so many round trips of its round are longer.
fn column_of(longer: usize) -> usize {
    LONGER.iter().take_while(|most| longer > **most).count()
}

/// The columns of the differences of a round that so many answered, in their order.
fn columns_of(received: usize) -> impl Iterator<Item = usize> {
    (0..received.saturating_sub(1)).rev().map(column_of)
}

/// How many differences rounds have in each column.
fn steps_by_column(received: &[u32]) -> [usize; LONGER.len()] {
    let mut counts = [0; LONGER.len()];
    for received in received {
        columns_of(*received as usize).for_each(|column| counts[column] += 1);
    }
    counts
}

fn round_trips(
    received: u32,
    firsts: &mut impl Iterator<Item = u32>,
    steps: &mut [impl Iterator<Item = u32>],
) -> Option<Vec<u32>> {
    let mut round_trips = Vec::with_capacity(received as usize);
    if received > 0 {
        let mut units = firsts.next()?;
        round_trips.push(of_unit(units));
        // Where there is one column only, it has all of them.
        let last = steps.len() - 1;
        for column in columns_of(received as usize) {
            units = units.checked_add(steps[column.min(last)].next()?)?;
            round_trips.push(of_unit(units));
        }
    }
    Some(round_trips)
}

fn put(bytes: &mut Vec<u8>, column: &mut Vec<u8>) {
    bytes.extend((column.len() as u32).to_le_bytes());
    bytes.append(column);
}

/// Round, kind and count of each.
fn tallies(rounds: &[PathRound], of: fn(&PathRound) -> &Vec<Tally>) -> Vec<u32> {
    let placed = rounds.iter().zip(0_u32..);
    let each = placed.flat_map(|(round, place)| of(round).iter().map(move |tally| (place, tally)));
    each.flat_map(|(place, Tally { kind, count })| [place, *kind, *count]).collect()
}

fn add_tallies(
    rounds: &mut [PathRound],
    column: &[u8],
    of: fn(&mut PathRound) -> &mut Vec<Tally>,
) -> Option<()> {
    let (count, column) = column.split_first_chunk::<4>()?;
    let count = u32::from_le_bytes(*count) as usize;
    // A round has few; what says otherwise was never written.
    if count > rounds.len().saturating_mul(MOST_TALLIES) {
        return None;
    }
    let numbers = numbers::decode_counts(column, count * 3)?;
    let (tallies, []) = numbers.as_chunks::<3>() else { return None };
    for [place, kind, count] in tallies {
        let round = rounds.get_mut(*place as usize)?;
        of(round).push(Tally { kind: *kind, count: *count });
    }
    Some(())
}

fn put_changes(rounds: &[PathRound], of: fn(&PathRound) -> Option<IpAddr>, column: &mut Vec<u8>) {
    let mut before = None;
    for (round, place) in rounds.iter().zip(0_u32..) {
        let address = of(round);
        if address != before {
            column.extend(place.to_le_bytes());
            put_address(address, column);
            before = address;
        }
    }
}

fn add_changes(
    rounds: &mut [PathRound],
    mut column: &[u8],
    of: fn(&mut PathRound) -> &mut Option<IpAddr>,
) -> Option<()> {
    while let Some((place, rest)) = column.split_first_chunk::<4>() {
        column = rest;
        let address = take_address(&mut column)?;
        let since = rounds.get_mut(u32::from_le_bytes(*place) as usize..)?;
        for round in since {
            *of(round) = address;
        }
    }
    column.is_empty().then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds() -> Vec<PathRound> {
        let address = |last: u8| Some(IpAddr::from([192, 0, 2, last]));
        let round = |n: u32| PathRound {
            begin_ms: i64::from(n) * 60_000 + i64::from(n % 7),
            span_ms: 60_000,
            sent: 20,
            round_trips_us: (0..n % 21)
                .map(|trip| 8_000 + n * 40 + trip * 137)
                .map(to_whole)
                .collect(),
            jitter_us: (!n.is_multiple_of(3)).then_some(n),
            hop_limit: (!n.is_multiple_of(5)).then_some(64 - (n / 50) as u8),
            vantage_offline: n.is_multiple_of(21),
            errors: if n % 21 < 19 { vec![Tally { kind: 9, count: 1 }] } else { Vec::new() },
            discarded: if n % 40 == 3 { vec![Tally { kind: 1, count: 2 }] } else { Vec::new() },
            address: address(if n < 60 { 1 } else { 2 }),
            router: if n == 30 {
                Some(IpAddr::from([0x20, 1, 13, 184, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]))
            } else {
                None
            },
        };
        (0..130).map(round).collect()
    }

    /// The first thirty of them, as version 1 wrote them.
    const VERSION_1: &str = "\
        01d6a4b1e11e000000f6000000300000000070636f21030484070401041d0000100101002d750000000000c0010000000000\
        000080ffffe3ff7ffcff8fffff7100050000000160ea0000050000000114000000260000000070636f21030184070401011d\
        00001041020060ffffff033c000000100000000000eaee04002c0000000070636f21030104070401011b0000810200001001\
        0180000000c00002000000000000c900000000000800004e0000000070636f2103018736040101d90000003500280d000000\
        01a000000038702200000000ed6a0a0980825272abbe15ceaa6d36b6fa47b56526a8adc6fdb7d21de8ca5931bb233b5217d0\
        7ddd4d01002c0000000070636f21030184070401011d0000001000000000002800400c500c40092c06dc0351025ac1c5406f\
        d03d00230000000070636f21030184070401011d0000002400100000000080810000000079345ef605001d0000000070636f\
        21030184070401011d00000010000000000008000100200000520000001c0000000070636f21030106150401015300000010\
        00000000002800208590824861a44052282998144e0a288594824a61a5c0526829b8145e0a308598824ca1a66053b829e014\
        720a3a859d024fa1a700001d000000010000000070636f210301c10401010200000010000800000010001200090000000000\
        000004c000020100000000\
    ";

    #[test]
    fn rounds_of_version_1_are_read() {
        let digits = VERSION_1.as_bytes().chunks(2);
        let byte = |digits| u8::from_str_radix(str::from_utf8(digits).unwrap(), 16).unwrap();
        let bytes: Vec<u8> = digits.map(byte).collect();
        assert_eq!(decode(&bytes).unwrap(), &rounds()[..30]);
    }

    fn to_whole(us: u32) -> u32 {
        of_unit(super::super::round::to_unit(us))
    }

    #[test]
    fn rounds_come_back_and_a_flipped_bit_is_noticed() {
        let rounds = rounds();
        for effort in [Effort::Quick, Effort::Thorough] {
            let bytes = encode(&rounds, effort).unwrap();
            assert_eq!(decode(&bytes).unwrap(), rounds);
            assert_eq!(
                open(&bytes).unwrap().trips(),
                rounds.iter().map(|r| r.round_trips_us.len()).sum::<usize>()
            );
            for place in 0..bytes.len() {
                let mut damaged = bytes.clone();
                damaged[place] ^= 0x10;
                assert!(decode(&damaged).is_none(), "byte {place}");
            }
            assert!(decode(&bytes[..bytes.len() - 1]).is_none());
        }
        assert_eq!(decode(&encode(&[], Effort::Quick).unwrap()), Some(Vec::new()));
        assert_eq!(decode(&[]), None);
    }

    #[test]
    fn what_a_checksum_cannot_know_is_refused() {
        let sound = encode(&rounds()[..3], Effort::Quick).unwrap();
        // How many rounds and round trips it says it has.
        for (place, number) in [(5, u32::MAX), (5, 2), (9, u32::MAX), (9, 2)] {
            let mut bytes = sound.clone();
            bytes[place..place + 4].copy_from_slice(&number.to_le_bytes());
            let checksum = crc32fast::hash(&bytes[HEADER_BYTES..]);
            bytes[1..HEADER_BYTES].copy_from_slice(&checksum.to_le_bytes());
            assert!(decode(&bytes).is_none(), "{number} at {place}");
        }
    }
}
