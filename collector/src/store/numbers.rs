//! Columns of numbers as bytes: a kind (u8), then what the kind says. All little endian.
//!
//! Timestamps: 0 pco of i64; 1 equal steps: first (i64), step (i64).
//! Values: 0 pco of f64; 1 one f64 for all; 2 to 5 pco of i64, being the value × 1, 10, 100, 1000.

use pco::ChunkConfig;
use pco::errors::PcoError;
use pco::standalone::{simple_compress_into, simple_decompress};

const PACKED: u8 = 0;
const REGULAR: u8 = 1;

const FLOATS: u8 = 0;
const CONSTANT: u8 = 1;
const WHOLE: u8 = 2;
/// Gauges are often written with up to three decimals; as integers they take half the space.
const SCALES: [f64; 4] = [1.0, 10.0, 100.0, 1000.0];

/// Integers beyond it are not exact in an f64.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// How hard to look for a small form; pco's own levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// For what will be merged soon.
    Quick,
    /// For what stays.
    Thorough,
}

impl Effort {
    fn configuration(self) -> ChunkConfig {
        ChunkConfig::default().with_compression_level(match self {
            Self::Quick => 2,
            Self::Thorough => 4,
        })
    }
}

/// Writes timestamps that grow.
pub fn encode_times(times: &[i64], effort: Effort, bytes: &mut Vec<u8>) -> Result<(), PcoError> {
    if let Some(step) = step(times) {
        bytes.push(REGULAR);
        bytes.extend(times[0].to_le_bytes());
        bytes.extend(step.to_le_bytes());
        return Ok(());
    }
    bytes.push(PACKED);
    simple_compress_into(times, &effort.configuration(), bytes).map(|_| ())
}

/// Reads `count` timestamps.
pub fn decode_times(bytes: &[u8], count: usize) -> Option<Vec<i64>> {
    let (&kind, rest) = bytes.split_first()?;
    let times: Vec<i64> = match kind {
        PACKED => simple_decompress(rest).ok()?,
        REGULAR => {
            let ([first, step], []) = rest.as_chunks::<8>() else { return None };
            let (first, step) = (i64::from_le_bytes(*first), i64::from_le_bytes(*step));
            (0..count as i64).map(|n| first.wrapping_add(step.wrapping_mul(n))).collect()
        }
        _ => return None,
    };
    (times.len() == count).then_some(times)
}

/// Writes values.
pub fn encode_values(values: &[f64], effort: Effort, bytes: &mut Vec<u8>) -> Result<(), PcoError> {
    if let Some(constant) = constant(values) {
        bytes.push(CONSTANT);
        bytes.extend(constant.to_le_bytes());
    } else if let Some((kind, integers)) = whole(values) {
        bytes.push(kind);
        simple_compress_into(&integers, &effort.configuration(), bytes)?;
    } else {
        bytes.push(FLOATS);
        simple_compress_into(values, &effort.configuration(), bytes)?;
    }
    Ok(())
}

/// Reads `count` values.
pub fn decode_values(bytes: &[u8], count: usize) -> Option<Vec<f64>> {
    let (&kind, rest) = bytes.split_first()?;
    let values = match kind {
        FLOATS => simple_decompress(rest).ok()?,
        CONSTANT => vec![f64::from_le_bytes(rest.try_into().ok()?); count],
        _ => {
            let scale = SCALES.get(usize::from(kind - WHOLE))?;
            let integers: Vec<i64> = simple_decompress(rest).ok()?;
            integers.into_iter().map(|integer| integer as f64 / scale).collect()
        }
    };
    (values.len() == count).then_some(values)
}

fn step(times: &[i64]) -> Option<i64> {
    let (&first, rest) = times.split_first()?;
    let step = rest.first().map_or(0, |second| second.wrapping_sub(first));
    times.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == step).then_some(step)
}

fn constant(values: &[f64]) -> Option<f64> {
    let first = *values.first()?;
    values.iter().all(|value| value.to_bits() == first.to_bits()).then_some(first)
}

fn whole(values: &[f64]) -> Option<(u8, Vec<i64>)> {
    let scaled = |scale: f64| {
        let integer = |value: &f64| {
            let rounded = (value * scale).round_ties_even();
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

    fn kind_of(values: &[f64]) -> u8 {
        let mut bytes = Vec::new();
        encode_values(values, Effort::Thorough, &mut bytes).unwrap();
        let decoded = decode_values(&bytes, values.len()).expect("just encoded");
        let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&decoded), bits(values));
        bytes[0]
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
            assert_eq!(kind_of(&values), kind, "{values:?}");
        }
    }

    #[test]
    fn equal_steps_take_no_room() {
        let cases: [(Vec<i64>, u8); 4] = [
            ((0..100).map(|n| n * 10_000).collect(), REGULAR),
            (vec![5], REGULAR),
            (vec![i64::MIN, 0, i64::MAX], PACKED),
            (vec![1, 2, 4], PACKED),
        ];
        for (times, kind) in cases {
            let mut bytes = Vec::new();
            encode_times(&times, Effort::Quick, &mut bytes).unwrap();
            assert_eq!((bytes[0], decode_times(&bytes, times.len())), (kind, Some(times)));
        }
        assert_eq!(decode_times(&[REGULAR, 0], 1), None);
        assert_eq!(decode_values(&[99], 1), None);
    }

    proptest! {
        #[test]
        fn keeps_anything(values in prop::collection::vec(any::<f64>(), 1..200)) {
            kind_of(&values);
        }
    }
}
