//! Columns of numbers as bytes: a kind (u8), then what the kind says. All little endian.
//!
//! Timestamps: 0 pco of i64; 1 equal steps: first (i64), step (i64).
//! Values: 0 pco of f64; 1 one f64 for all; 2 to 5 pco of i64, being the value × 1, 10, 100, 1000.
//! Counts: 0 pco of u32; 1 one u32 for all; nothing at all for no counts.

use std::ops::Range;

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
    /// For what stays long and is most of what is kept.
    Utmost,
}

impl Effort {
    fn configuration(self) -> ChunkConfig {
        ChunkConfig::default().with_compression_level(match self {
            Self::Quick => 2,
            Self::Thorough => 4,
            Self::Utmost => 8,
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

/// Timestamps that were read.
#[derive(Debug, Clone, PartialEq)]
pub enum Times {
    /// One by one.
    List(Vec<i64>),
    /// From the first on, in equal steps, so many.
    Regular { first: i64, step: i64, count: usize },
}

/// Reads `count` timestamps.
pub fn decode_times(bytes: &[u8], count: usize) -> Option<Times> {
    let (&kind, rest) = bytes.split_first()?;
    match kind {
        PACKED => {
            let times: Vec<i64> = simple_decompress(rest).ok()?;
            (times.len() == count).then_some(Times::List(times))
        }
        REGULAR => {
            let ([first, step], []) = rest.as_chunks::<8>() else { return None };
            let (first, step) = (i64::from_le_bytes(*first), i64::from_le_bytes(*step));
            Some(Times::Regular { first, step, count })
        }
        _ => None,
    }
}

impl Times {
    /// How many lie before `moment`; they grow.
    pub fn before(&self, moment: i64) -> usize {
        match self {
            Self::List(times) => times.partition_point(|time| *time < moment),
            Self::Regular { first, step, count } if *step > 0 && moment > *first => {
                // The two may lie further apart than either number reaches.
                let steps = (moment.abs_diff(*first) - 1) / step.unsigned_abs() + 1;
                usize::try_from(steps).unwrap_or(usize::MAX).min(*count)
            }
            Self::Regular { first, count, .. } => {
                if moment > *first {
                    *count
                } else {
                    0
                }
            }
        }
    }

    /// Adds some of them to `times`.
    pub fn copy(&self, places: Range<usize>, times: &mut Vec<i64>) {
        match self {
            Self::List(all) => times.extend_from_slice(&all[places]),
            Self::Regular { first, step, .. } => {
                times.extend(places.map(|n| first.wrapping_add(step.wrapping_mul(n as i64))));
            }
        }
    }

    /// All of them.
    pub fn all(self) -> Vec<i64> {
        match self {
            Self::List(times) => times,
            Self::Regular { count, .. } => {
                let mut times = Vec::with_capacity(count);
                self.copy(0..count, &mut times);
                times
            }
        }
    }
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

/// Values that were read; what they stand for is worked out when they are copied.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    Floats(Vec<f64>),
    Constant(f64),
    Whole(Vec<i64>, f64),
}

/// Reads `count` values.
pub fn decode_values(bytes: &[u8], count: usize) -> Option<Values> {
    let (&kind, rest) = bytes.split_first()?;
    let values = match kind {
        FLOATS => Values::Floats(simple_decompress(rest).ok()?),
        CONSTANT => return Some(Values::Constant(f64::from_le_bytes(rest.try_into().ok()?))),
        _ => {
            let scale = SCALES.get(usize::from(kind - WHOLE))?;
            Values::Whole(simple_decompress(rest).ok()?, *scale)
        }
    };
    let length = match &values {
        Values::Floats(values) => values.len(),
        Values::Whole(values, _) => values.len(),
        Values::Constant(_) => count,
    };
    (length == count).then_some(values)
}

impl Values {
    /// Adds some of them to `values`.
    pub fn copy(&self, places: Range<usize>, values: &mut Vec<f64>) {
        match self {
            Self::Floats(all) => values.extend_from_slice(&all[places]),
            Self::Constant(value) => values.extend(std::iter::repeat_n(*value, places.len())),
            Self::Whole(all, scale) if *scale == 1.0 => {
                values.extend(all[places].iter().map(|integer| *integer as f64));
            }
            Self::Whole(all, scale) => {
                values.extend(all[places].iter().map(|integer| *integer as f64 / scale));
            }
        }
    }

    /// All of them, of which there are `count`.
    pub fn all(self, count: usize) -> Vec<f64> {
        if let Self::Floats(values) = self {
            return values;
        }
        let mut values = Vec::with_capacity(count);
        self.copy(0..count, &mut values);
        values
    }
}

/// Writes numbers that are mostly small.
pub fn encode_counts(counts: &[u32], effort: Effort, bytes: &mut Vec<u8>) -> Result<(), PcoError> {
    let Some(first) = counts.first() else { return Ok(()) };
    if counts.iter().all(|count| count == first) {
        bytes.push(CONSTANT);
        bytes.extend(first.to_le_bytes());
        return Ok(());
    }
    bytes.push(PACKED);
    simple_compress_into(counts, &effort.configuration(), bytes).map(|_| ())
}

/// Reads `count` numbers.
pub fn decode_counts(bytes: &[u8], count: usize) -> Option<Vec<u32>> {
    let Some((&kind, rest)) = bytes.split_first() else { return (count == 0).then(Vec::new) };
    let counts = match kind {
        PACKED => simple_decompress(rest).ok()?,
        CONSTANT => vec![u32::from_le_bytes(rest.try_into().ok()?); count],
        _ => return None,
    };
    (counts.len() == count && count > 0).then_some(counts)
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
        let decoded = decode_values(&bytes, values.len()).expect("just encoded").all(values.len());
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
            let decoded = decode_times(&bytes, times.len()).unwrap();
            for moment in times.iter().flat_map(|t| [t.saturating_sub(1), *t, t.saturating_add(1)])
            {
                let before = times.iter().filter(|time| **time < moment).count();
                assert_eq!(decoded.before(moment), before, "{moment} in {times:?}");
            }
            assert_eq!((bytes[0], decoded.all()), (kind, times));
        }
        assert_eq!(decode_times(&[REGULAR, 0], 1), None);
        assert_eq!(decode_values(&[99], 1), None);
    }

    #[test]
    fn counts_come_back_and_equal_ones_take_no_room() {
        for (counts, bytes_at_most) in
            [(vec![], 0), (vec![7; 1440], 5), ((0..1440).map(|n| n % 3).collect(), 400)]
        {
            let mut bytes = Vec::new();
            encode_counts(&counts, Effort::Thorough, &mut bytes).unwrap();
            assert!(bytes.len() <= bytes_at_most, "{} bytes", bytes.len());
            assert_eq!(decode_counts(&bytes, counts.len()).as_ref(), Some(&counts));
            if counts.len() < 1440 || counts[0] != counts[1] {
                assert_eq!(decode_counts(&bytes, counts.len() + 1), None);
            }
        }
        assert_eq!(decode_counts(&[9], 1), None);
    }

    proptest! {
        #[test]
        fn keeps_anything(values in prop::collection::vec(any::<f64>(), 1..200)) {
            kind_of(&values);
        }
    }
}
