//! The samples of one series over at most a day, compressed.
//!
//! Layout, little endian: version (u8); CRC-32 of all behind it (u32); count (u32); last timestamp
//! (i64); length of the timestamps (u32); timestamps (pco, i64); kind of values (u8); values.
//! Kinds: 0 pco of f64; 1 one f64 for all; 2 to 5 pco of i64, being the value × 1, 10, 100, 1000.

use pco::ChunkConfig;
use pco::standalone::{simple_compress, simple_decompress};

use super::head::Column;

const VERSION: u8 = 1;
const HEADER_BYTES: usize = 5;

const FLOATS: u8 = 0;
const CONSTANT: u8 = 1;
const WHOLE: u8 = 2;
/// Gauges are often written with up to three decimals; as integers they take half the space.
const SCALES: [f64; 4] = [1.0, 10.0, 100.0, 1000.0];

/// Integers beyond it are not exact in an f64.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The chunk of settled samples.
pub fn encode(column: &Column) -> Result<Vec<u8>, pco::errors::PcoError> {
    let config = ChunkConfig::default().with_compression_level(4);
    let timestamps = simple_compress(&column.timestamps, &config)?;
    let mut body = Vec::new();
    body.extend((column.timestamps.len() as u32).to_le_bytes());
    body.extend(column.timestamps.last().copied().unwrap_or(0).to_le_bytes());
    body.extend((timestamps.len() as u32).to_le_bytes());
    body.extend(timestamps);
    if let Some(constant) = constant(&column.values) {
        body.push(CONSTANT);
        body.extend(constant.to_le_bytes());
    } else if let Some((kind, integers)) = whole(&column.values) {
        body.push(kind);
        body.extend(simple_compress(&integers, &config)?);
    } else {
        body.push(FLOATS);
        body.extend(simple_compress(&column.values, &config)?);
    }
    let mut bytes = vec![VERSION];
    bytes.extend(crc32fast::hash(&body).to_le_bytes());
    bytes.extend(body);
    Ok(bytes)
}

/// The last timestamp of a chunk, without reading the rest of it.
pub fn last_timestamp(bytes: &[u8]) -> Option<i64> {
    let last = bytes.get(HEADER_BYTES + 4..HEADER_BYTES + 12)?;
    last.try_into().map(i64::from_le_bytes).ok()
}

/// The samples of a chunk; nothing if it is damaged.
pub fn decode(bytes: &[u8]) -> Option<Column> {
    let (&VERSION, rest) = bytes.split_first()? else { return None };
    let (checksum, body) = rest.split_first_chunk::<4>()?;
    if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
        return None;
    }
    let (count, rest) = body.split_first_chunk::<4>()?;
    let count = u32::from_le_bytes(*count) as usize;
    let (_, rest) = rest.split_first_chunk::<8>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (timestamps, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let timestamps: Vec<i64> = simple_decompress(timestamps).ok()?;
    let (&kind, rest) = rest.split_first()?;
    let values = match kind {
        FLOATS => simple_decompress(rest).ok()?,
        CONSTANT => vec![f64::from_le_bytes(rest.try_into().ok()?); count],
        _ => {
            let scale = SCALES.get(usize::from(kind - WHOLE))?;
            let integers: Vec<i64> = simple_decompress(rest).ok()?;
            integers.into_iter().map(|integer| integer as f64 / scale).collect()
        }
    };
    (timestamps.len() == count && values.len() == count).then_some(Column { timestamps, values })
}

fn constant(values: &[f64]) -> Option<f64> {
    let first = *values.first()?;
    values.iter().all(|value| value.to_bits() == first.to_bits()).then_some(first)
}

fn whole(values: &[f64]) -> Option<(u8, Vec<i64>)> {
    let scaled = |scale: f64| {
        let integer = |value: &f64| {
            let rounded = (value * scale).round();
            let exact = rounded.abs() < EXACT
                && (rounded as i64 as f64 / scale).to_bits() == value.to_bits();
            exact.then_some(rounded as i64)
        };
        values.iter().map(integer).collect::<Option<Vec<i64>>>()
    };
    (WHOLE..).zip(SCALES).find_map(|(kind, scale)| Some((kind, scaled(scale)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(values: Vec<f64>) -> Vec<u8> {
        let timestamps = (0..values.len() as i64).map(|n| 1_700_000_000_000 + n * 10_000).collect();
        let column = Column { timestamps, values };
        let bytes = encode(&column).unwrap();
        let decoded = decode(&bytes).expect("just encoded");
        assert_eq!(decoded.timestamps, column.timestamps);
        let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&decoded.values), bits(&column.values));
        assert_eq!(last_timestamp(&bytes), column.timestamps.last().copied());
        bytes
    }

    #[test]
    fn keeps_every_bit_of_every_kind_of_value() {
        let nan = f64::from_bits(0x7ff8_0000_0000_1234);
        let kinds = [
            (vec![7.0; 50], CONSTANT),
            (vec![nan; 3], CONSTANT),
            ((0..50).map(f64::from).collect(), WHOLE),
            ((0..50).map(|n| f64::from(n) / 100.0).collect(), WHOLE + 2),
            ((1..50).map(|n| 1.0 / f64::from(n)).collect(), FLOATS),
            (vec![0.0, -0.0], FLOATS),
            (vec![1.0, nan, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE], FLOATS),
            (vec![EXACT, 0.0], FLOATS),
        ];
        for (values, kind) in kinds {
            let bytes = check(values.clone());
            let place =
                HEADER_BYTES + 16 + u32::from_le_bytes(bytes[17..21].try_into().unwrap()) as usize;
            assert_eq!(bytes[place], kind, "{values:?}");
        }
    }

    #[test]
    fn a_flipped_bit_is_noticed() {
        let bytes = check((0..100).map(f64::from).collect());
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 0x10;
            assert!(decode(&damaged).is_none(), "byte {place}");
        }
        assert!(decode(&bytes[..bytes.len() - 1]).is_none());
        assert!(decode(&[]).is_none());
    }

    proptest! {
        #[test]
        fn keeps_anything(values in prop::collection::vec(any::<f64>(), 1..200)) {
            check(values);
        }
    }
}
