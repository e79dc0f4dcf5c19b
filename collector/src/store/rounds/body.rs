//! A round as bytes: in the log and in the head. No I/O.
//!
//! Begin (i64, little endian); then numbers in groups of seven bits, the lowest first, of which all but the
//! last have the highest bit set (LEB128): span, sent, jitter and 1, hop limit, marks (1: the vantage was
//! offline), how many round trips, the first and the differences in the unit that is kept, how many errors,
//! each as kind and count, how many kinds of discarded replies, the same; then two addresses, each behind
//! its length: 0, 4 or 16.

use core::net::IpAddr;

use super::round::{PathRound, Tally, of_unit, to_unit};

pub const OFFLINE: u32 = 1;

/// No round has more pings.
const MOST: u32 = 1000;

/// Nor more kinds of errors or of discarded replies.
const MOST_TALLIES: u32 = 100;

/// The longest number, in bytes.
const LONGEST: usize = 5;

pub fn encode(round: &PathRound, bytes: &mut Vec<u8>) {
    bytes.extend(round.begin_ms.to_le_bytes());
    let marks = if round.vantage_offline { OFFLINE } else { 0 };
    let hop_limit = round.hop_limit.map_or(0, u32::from);
    for number in [round.span_ms, round.sent, jitter_units(round), hop_limit, marks] {
        put(number, bytes);
    }
    put(round.received(), bytes);
    differences(&round.round_trips_us).for_each(|number| put(number, bytes));
    for tallies in [&round.errors, &round.discarded] {
        put(tallies.len() as u32, bytes);
        for Tally { kind, count } in tallies {
            put(*kind, bytes);
            put(*count, bytes);
        }
    }
    put_address(round.address, bytes);
    put_address(round.router, bytes);
}

/// The round that some bytes begin with, which are cut off; nothing if they are none.
pub fn decode(bytes: &mut &[u8]) -> Option<PathRound> {
    let (begin, rest) = bytes.split_first_chunk::<8>()?;
    *bytes = rest;
    let [span_ms, sent, jitter, hop_limit, marks] = numbers(bytes)?;
    let received = take(bytes)?;
    let (mut round_trips_us, mut units) = (Vec::new(), 0_u32);
    for _ in 0..limited(received, MOST)? {
        units = units.checked_add(take(bytes)?)?;
        round_trips_us.push(of_unit(units));
    }
    Some(PathRound {
        begin_ms: i64::from_le_bytes(*begin),
        span_ms,
        sent,
        round_trips_us,
        jitter_us: jitter.checked_sub(1).map(of_unit),
        hop_limit: Some(u8::try_from(hop_limit).ok()?).filter(|hops| *hops > 0),
        vantage_offline: marks & OFFLINE != 0,
        errors: tallies(bytes)?,
        discarded: tallies(bytes)?,
        address: take_address(bytes)?,
        router: take_address(bytes)?,
    })
}

/// Jitter in units, and one more; 0 if it is not known.
pub fn jitter_units(round: &PathRound) -> u32 {
    round.jitter_us.map_or(0, |jitter| to_unit(jitter).saturating_add(1))
}

/// Sorted round trips in units: the first, then how much longer each is than the one before.
pub fn differences(round_trips_us: &[u32]) -> impl Iterator<Item = u32> {
    let mut before = 0;
    round_trips_us.iter().map(move |us| {
        let units = to_unit(*us);
        units - std::mem::replace(&mut before, units)
    })
}

/// An address behind its length.
pub fn put_address(address: Option<IpAddr>, bytes: &mut Vec<u8>) {
    let octets = match address {
        None => Vec::new(),
        Some(IpAddr::V4(address)) => address.octets().to_vec(),
        Some(IpAddr::V6(address)) => address.octets().to_vec(),
    };
    bytes.push(octets.len() as u8);
    bytes.extend(octets);
}

#[expect(clippy::option_option, reason = "there may be no address, and it may be damaged")]
pub fn take_address(bytes: &mut &[u8]) -> Option<Option<IpAddr>> {
    let (length, rest) = bytes.split_first()?;
    let (octets, rest) = rest.split_at_checked(usize::from(*length))?;
    *bytes = rest;
    if octets.is_empty() {
        return Some(None);
    }
    let four = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok().map(Some)
}

fn tallies(bytes: &mut &[u8]) -> Option<Vec<Tally>> {
    let count = take(bytes)?;
    let mut tally = || Some(Tally { kind: take(bytes)?, count: take(bytes)? });
    (0..limited(count, MOST_TALLIES)?).map(|_| tally()).collect()
}

fn limited(count: u32, most: u32) -> Option<u32> {
    Some(count).filter(|count| *count <= most)
}

fn numbers<const N: usize>(bytes: &mut &[u8]) -> Option<[u32; N]> {
    let mut numbers = [0; N];
    for number in &mut numbers {
        *number = take(bytes)?;
    }
    Some(numbers)
}

fn put(mut number: u32, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0_u64;
    for place in 0..LONGEST {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return u32::try_from(number).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tally() -> impl Strategy<Value = Vec<Tally>> {
        let one = (any::<u32>(), any::<u32>()).prop_map(|(kind, count)| Tally { kind, count });
        proptest::collection::vec(one, 0..4)
    }

    fn address() -> impl Strategy<Value = Option<IpAddr>> {
        prop_oneof![
            Just(None),
            any::<[u8; 4]>().prop_map(|octets| Some(octets.into())),
            any::<[u8; 16]>().prop_map(|octets| Some(octets.into())),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_to_its_unit_and_no_further(
            begin_ms in any::<i64>(),
            mut trips in proptest::collection::vec(1_u32..3_600_000_000, 0..40),
            jitter_us in proptest::option::of(0_u32..3_600_000_000),
            hop_limit in proptest::option::of(1_u8..),
            (errors, discarded) in (tally(), tally()),
            (address, router) in (address(), address()),
            vantage_offline in any::<bool>(),
        ) {
            trips.sort_unstable();
            let round = PathRound {
                begin_ms, span_ms: 60_000, sent: 40, round_trips_us: trips.clone(), jitter_us, hop_limit,
                vantage_offline, errors, discarded, address, router,
            };
            let mut bytes = Vec::new();
            encode(&round, &mut bytes);
            bytes.push(7);
            let mut rest = &bytes[..];
            let read = decode(&mut rest).unwrap();
            prop_assert_eq!(rest, [7]);
            for (was, is) in trips.iter().chain(&jitter_us).zip(read.round_trips_us.iter().chain(&read.jitter_us)) {
                let unit = if *was < 10_000 { 0 } else { 5 };
                prop_assert!(was.abs_diff(*is) <= unit, "{} became {}", was, is);
            }
            // What was read once is the same for ever.
            let mut again = Vec::new();
            encode(&read, &mut again);
            prop_assert_eq!(decode(&mut &again[..]), Some(read.clone()));
            let same = PathRound {
                round_trips_us: read.round_trips_us.clone(), jitter_us: read.jitter_us, ..round
            };
            prop_assert_eq!(read, same);
            for length in 0..bytes.len() - 1 {
                prop_assert_eq!(decode(&mut &bytes[..length]), None);
            }
        }

        #[test]
        fn any_bytes_are_read_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut rest = &bytes[..];
            while decode(&mut rest).is_some() {}
        }
    }
}
