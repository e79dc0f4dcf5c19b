//! What is left of rounds for ever: the quantiles of each hour. No I/O.
//!
//! Layout of a row, the hours of one path and day, little endian: version (u8); CRC-32 of all behind it
//! (u32); count (u32); then columns, each behind its length (u32), as `numbers` has them: begin, rounds,
//! rounds of a vantage that was offline, sent, received, hop limit, the least round trip of hours that have
//! one, and for each further quantile how much longer it is, all hours of a quantile together.

use super::round::{PathRound, of_unit, to_unit};
use crate::store::numbers::{self, Effort};

/// How many quantiles are kept: the least, each twentieth, the longest.
pub const QUANTILES: usize = 21;

const VERSION: u8 = 1;
const HEADER_BYTES: usize = 5;
const HOUR_MS: i64 = 3_600_000;

/// A day has no more.
const MOST_HOURS: usize = 24;

/// What an hour of a path was like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmokeHour {
    /// When it begins, Unix time in milliseconds.
    pub begin_ms: i64,
    /// How many rounds began in it.
    pub rounds: u32,
    /// Of those, how many say nothing, since the vantage was offline.
    pub offline: u32,
    /// Pings of the others.
    pub sent: u32,
    /// How many of these were answered.
    pub received: u32,
    /// What was left of the hop limit at its end.
    pub hop_limit: Option<u8>,
    /// Exact quantiles of all round trips together, in microseconds, each the lower one; none without any.
    pub quantiles_us: Option<[u32; QUANTILES]>,
}

/// The place of a quantile among so many sorted values: the lower of two.
pub fn quantile_place(quantile: usize, count: usize) -> usize {
    (count - 1) * quantile / (QUANTILES - 1)
}

/// The quantiles of sorted values; none without any.
pub fn quantiles(sorted: &[u32]) -> Option<[u32; QUANTILES]> {
    if sorted.is_empty() {
        return None;
    }
    Some(std::array::from_fn(|quantile| sorted[quantile_place(quantile, sorted.len())]))
}

/// The hours of rounds that are in order.
pub fn hours(rounds: &[PathRound]) -> Vec<SmokeHour> {
    let hour = |round: &PathRound| round.begin_ms.div_euclid(HOUR_MS);
    rounds.chunk_by(|one, next| hour(one) == hour(next)).map(of_rounds).collect()
}

fn of_rounds(rounds: &[PathRound]) -> SmokeHour {
    let begin_ms = rounds.first().map_or(0, |round| round.begin_ms.div_euclid(HOUR_MS) * HOUR_MS);
    let told = || rounds.iter().filter(|round| !round.vantage_offline);
    let mut trips: Vec<u32> = told().flat_map(|round| &round.round_trips_us).copied().collect();
    trips.sort_unstable();
    SmokeHour {
        begin_ms,
        rounds: rounds.len() as u32,
        offline: (rounds.len() - told().count()) as u32,
        sent: told().map(|round| round.sent).sum(),
        received: trips.len() as u32,
        hop_limit: rounds.iter().rev().find_map(|round| round.hop_limit),
        quantiles_us: quantiles(&trips),
    }
}

/// Hours as bytes.
pub fn encode(hours: &[SmokeHour]) -> Result<Vec<u8>, pco::errors::PcoError> {
    let mut bytes = vec![VERSION, 0, 0, 0, 0];
    bytes.extend((hours.len() as u32).to_le_bytes());
    let begins: Vec<i64> = hours.iter().map(|hour| hour.begin_ms).collect();
    let mut column = Vec::new();
    numbers::encode_times(&begins, Effort::Thorough, &mut column)?;
    put(&mut bytes, &mut column);
    let each = |number: fn(&SmokeHour) -> u32| hours.iter().map(number).collect::<Vec<_>>();
    let answered: Vec<[u32; QUANTILES]> =
        hours.iter().filter_map(|hour| hour.quantiles_us).collect();
    let units = |quantile: usize| answered.iter().map(move |all| to_unit(all[quantile]));
    let further = (1..QUANTILES).flat_map(|quantile| {
        units(quantile).zip(units(quantile - 1)).map(|(unit, before)| unit - before)
    });
    let columns = [
        each(|hour| hour.rounds),
        each(|hour| hour.offline),
        each(|hour| hour.sent),
        each(|hour| hour.received),
        each(|hour| hour.hop_limit.map_or(0, u32::from)),
        units(0).collect(),
        further.collect(),
    ];
    for numbers in columns {
        numbers::encode_counts(&numbers, Effort::Thorough, &mut column)?;
        put(&mut bytes, &mut column);
    }
    let checksum = crc32fast::hash(&bytes[HEADER_BYTES..]);
    bytes[1..HEADER_BYTES].copy_from_slice(&checksum.to_le_bytes());
    Ok(bytes)
}

fn put(bytes: &mut Vec<u8>, column: &mut Vec<u8>) {
    bytes.extend((column.len() as u32).to_le_bytes());
    bytes.append(column);
}

/// The hours of a row; nothing if it is damaged.
pub fn decode(bytes: &[u8]) -> Option<Vec<SmokeHour>> {
    let (&VERSION, rest) = bytes.split_first()? else { return None };
    let (checksum, body) = rest.split_first_chunk::<4>()?;
    if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
        return None;
    }
    let (count, mut rest) = body.split_first_chunk::<4>()?;
    let count = u32::from_le_bytes(*count) as usize;
    if count > MOST_HOURS {
        return None;
    }
    let mut column = || {
        let (length, behind) = rest.split_first_chunk::<4>()?;
        let (column, behind) = behind.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        rest = behind;
        Some(column)
    };
    let begins = numbers::decode_times(column()?, count)?.all();
    let mut each = || numbers::decode_counts(column()?, count);
    let (rounds, offline, sent, received, hops) = (each()?, each()?, each()?, each()?, each()?);
    let answered = received.iter().filter(|received| **received > 0).count();
    let least = numbers::decode_counts(column()?, answered)?;
    let further = numbers::decode_counts(column()?, answered * (QUANTILES - 1))?;
    let mut all = (0..answered).map(|place| {
        let mut units = *least.get(place)?;
        let mut quantiles = [of_unit(units); QUANTILES];
        for (quantile, value) in quantiles.iter_mut().enumerate().skip(1) {
            units = units.checked_add(*further.get((quantile - 1) * answered + place)?)?;
            *value = of_unit(units);
        }
        Some(quantiles)
    });
    let mut hours = Vec::with_capacity(count);
    for place in 0..count {
        let quantiles_us = if received[place] > 0 { Some(all.next()??) } else { None };
        hours.push(SmokeHour {
            begin_ms: begins[place],
            rounds: rounds[place],
            offline: offline[place],
            sent: sent[place],
            received: received[place],
            hop_limit: u8::try_from(hops[place]).ok().filter(|hops| *hops > 0),
            quantiles_us,
        });
    }
    Some(hours)
}

/// Whether they are what was written.
pub fn is_sound(bytes: &[u8]) -> bool {
    decode(bytes).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(minute: i64, trips: &[u32]) -> PathRound {
        PathRound {
            begin_ms: minute * 60_000,
            span_ms: 60_000,
            sent: 20,
            round_trips_us: trips.to_vec(),
            hop_limit: Some(57),
            ..PathRound::default()
        }
    }

    #[test]
    fn quantiles_are_those_of_all_round_trips_of_the_hour() {
        let rounds = [
            round(5, &(1..=20).collect::<Vec<_>>()),
            round(59, &(2..=21).rev().map(|n| 22 - n + 1).collect::<Vec<_>>()),
            round(60, &[]),
            PathRound { vantage_offline: true, ..round(61, &[]) },
        ];
        let found = hours(&rounds);
        let [first, second] = &found[..] else { panic!("{found:?}") };
        assert_eq!((first.begin_ms, first.rounds, first.sent, first.received), (0, 2, 40, 40));
        let quantiles = first.quantiles_us.unwrap();
        // Of 1, 2, 2, 3, 3, ..., 20, 20, 21.
        assert_eq!((quantiles[0], quantiles[10], quantiles[20]), (1, 11, 21));
        assert!(quantiles.is_sorted());
        assert_eq!((second.rounds, second.offline, second.sent, second.received), (2, 1, 20, 0));
        assert_eq!(second.quantiles_us, None);
        assert_eq!(super::quantiles(&[7, 9]).unwrap()[10], 7);
    }

    #[test]
    fn hours_come_back_and_a_flipped_bit_is_noticed() {
        let trips = |minute: i64| {
            (0..20).map(move |n| 9_500 + n * 60 + minute as u32 % 7).map(to_unit).map(of_unit)
        };
        let rounds: Vec<_> = (0..1440).map(|n| round(n, &trips(n).collect::<Vec<_>>())).collect();
        let found = hours(&rounds);
        assert_eq!(found.len(), 24);
        let bytes = encode(&found).unwrap();
        assert_eq!(decode(&bytes).unwrap(), found);
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1;
            assert!(decode(&damaged).is_none(), "byte {place}");
        }
        assert_eq!(decode(&encode(&[]).unwrap()), Some(Vec::new()));
    }
}
