//! Rollups: what a bucket of 5 minutes or an hour keeps of a series' samples. No I/O.
//!
//! Buckets hold their beginning and not their end. First and last keep their moments, so that a
//! window whose ends lie on bucket borders is answered as from the samples themselves, even where
//! a sample lies on the border.
//!
//! Layout of a row, the buckets of one series and day, little endian: version (u8); CRC-32 of all
//! behind it (u32); count (u32); then twelve columns, each behind its length (u32), as `numbers`
//! has them, in the order of [`Bucket`]'s fields; moments are offsets from the bucket's beginning.

use headroom_proto::metric::STALE_BITS;

use super::chunk::MOST_SAMPLES;
use super::numbers::{self, Effort};
use super::stretch::Stretch;
use crate::samples::{Bucket, Figure, Figures, Resolution, Sample, Sum};

const VERSION: u8 = 1;

/// The buckets of settled samples.
pub fn buckets(samples: &Stretch, resolution: Resolution) -> Vec<Bucket> {
    let mut buckets: Vec<Bucket> = Vec::new();
    let mut sum = Sum::default();
    let mut before: Option<Sample> = None;
    for (&at_ms, &value) in samples.timestamps.iter().zip(&samples.values) {
        if value.to_bits() == STALE_BITS {
            continue;
        }
        let begin_ms = at_ms.div_euclid(resolution.ms()).saturating_mul(resolution.ms());
        let sample = Sample { at_ms, value };
        let slope = before.and_then(|before| slope(before, sample));
        match buckets.last_mut() {
            Some(bucket) if bucket.begin_ms == begin_ms => {
                sum.add(value);
                bucket.add(sample, slope);
                bucket.sum = sum.settled();
            }
            _ => {
                sum = Sum::default();
                sum.add(value);
                let slope = slope.unwrap_or(f64::NAN);
                let bucket = Bucket::of(begin_ms, sample);
                buckets.push(Bucket { slope_min: slope, slope_max: slope, ..bucket });
            }
        }
        before = Some(sample);
    }
    buckets
}

fn slope(old: Sample, new: Sample) -> Option<f64> {
    let step_ms = new.at_ms.saturating_sub(old.at_ms);
    if step_ms > Bucket::LONGEST_STEP_MS {
        return None;
    }
    let rise = if new.value < old.value { new.value } else { new.value - old.value };
    Some(rise * 1000.0 / step_ms as f64).filter(|slope| slope.is_finite())
}

impl Bucket {
    fn add(&mut self, Sample { at_ms, value }: Sample, slope: Option<f64>) {
        self.count += 1.0;
        self.min = if value < self.min || self.min.is_nan() { value } else { self.min };
        self.max = if value > self.max || self.max.is_nan() { value } else { self.max };
        if value < self.last {
            self.drops += self.last;
        }
        (self.last_ms, self.last) = (at_ms, value);
        if let Some(slope) = slope {
            self.slope_min = self.slope_min.min(slope);
            self.slope_max = self.slope_max.max(slope);
        }
    }
}

type Values = fn(&Bucket) -> f64;
type SetValue = fn(&mut Bucket, f64);

/// The columns of values in the order they are written; the moments come before them.
const VALUES: [(Figure, Values, SetValue); 9] = [
    (Figure::Count, |b| b.count, |b, v| b.count = v),
    (Figure::Sum, |b| b.sum, |b, v| b.sum = v),
    (Figure::Min, |b| b.min, |b, v| b.min = v),
    (Figure::Max, |b| b.max, |b, v| b.max = v),
    (Figure::First, |b| b.first, |b, v| b.first = v),
    (Figure::Last, |b| b.last, |b, v| b.last = v),
    (Figure::Drops, |b| b.drops, |b, v| b.drops = v),
    (Figure::SlopeMin, |b| b.slope_min, |b, v| b.slope_min = v),
    (Figure::SlopeMax, |b| b.slope_max, |b, v| b.slope_max = v),
];

/// A row of buckets as bytes.
pub fn encode(buckets: &[Bucket]) -> Result<Vec<u8>, pco::errors::PcoError> {
    let mut bytes = vec![VERSION, 0, 0, 0, 0];
    bytes.extend((buckets.len() as u32).to_le_bytes());
    let times = |time: fn(&Bucket) -> i64| buckets.iter().map(time).collect::<Vec<_>>();
    let moments = [
        times(|b| b.begin_ms),
        times(|b| b.first_ms.saturating_sub(b.begin_ms)),
        times(|b| b.last_ms.saturating_sub(b.begin_ms)),
    ];
    let mut column = Vec::new();
    for moments in moments {
        numbers::encode_times(&moments, Effort::Thorough, &mut column)?;
        put(&mut bytes, &mut column);
    }
    for (_, value, _) in VALUES {
        let values: Vec<f64> = buckets.iter().map(value).collect();
        numbers::encode_values(&values, Effort::Thorough, &mut column)?;
        put(&mut bytes, &mut column);
    }
    let checksum = crc32fast::hash(&bytes[5..]);
    bytes[1..5].copy_from_slice(&checksum.to_le_bytes());
    Ok(bytes)
}

fn put(bytes: &mut Vec<u8>, column: &mut Vec<u8>) {
    bytes.extend((column.len() as u32).to_le_bytes());
    bytes.append(column);
}

/// The buckets of a row with some of their figures, the others being NaN; nothing if it is damaged.
pub fn decode(bytes: &[u8], figures: Figures) -> Option<Vec<Bucket>> {
    let (&VERSION, rest) = bytes.split_first()? else { return None };
    let (checksum, rest) = rest.split_first_chunk::<4>()?;
    if crc32fast::hash(rest) != u32::from_le_bytes(*checksum) {
        return None;
    }
    let (count, mut rest) = rest.split_first_chunk::<4>()?;
    let count = u32::from_le_bytes(*count) as usize;
    if count > MOST_SAMPLES {
        return None;
    }
    let mut column = || {
        let (length, behind) = rest.split_first_chunk::<4>()?;
        let (column, behind) = behind.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        rest = behind;
        Some(column)
    };
    let mut times = || Some(numbers::decode_times(column()?, count)?.all());
    let (begins, firsts, lasts) = (times()?, times()?, times()?);
    let bucket = |((begin_ms, first), last): ((i64, i64), i64)| {
        let first_ms = begin_ms.saturating_add(first);
        let bucket = Bucket::of(begin_ms, Sample { at_ms: first_ms, value: f64::NAN });
        let (count, drops) = (f64::NAN, f64::NAN);
        Bucket { last_ms: begin_ms.saturating_add(last), count, drops, ..bucket }
    };
    let mut buckets: Vec<Bucket> = begins.into_iter().zip(firsts).zip(lasts).map(bucket).collect();
    for (figure, _, set) in VALUES {
        let column = column()?;
        if !figures.has(figure) {
            continue;
        }
        let values = numbers::decode_values(column, count)?.all(count);
        buckets.iter_mut().zip(values).for_each(|(bucket, value)| set(bucket, value));
    }
    Some(buckets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_keeps_extremes_ends_and_falls() {
        let samples = [
            (0, 10.0),
            (10_000, 40.0),
            (20_000, 5.0),
            (299_999, 7.0),
            (300_000, 9.0),
            (310_000, f64::from_bits(STALE_BITS)),
            (700_000, 1.0),
        ];
        let (timestamps, values) = samples.into_iter().unzip();
        let found = buckets(&Stretch { timestamps, values }, Resolution::Minutes);
        let text: Vec<String> = found
            .iter()
            .map(|b| {
                let ends = format!("{}@{} {}@{}", b.first, b.first_ms, b.last, b.last_ms);
                format!(
                    "{} {}/{} {}..{} {ends} {}",
                    b.begin_ms, b.sum, b.count, b.min, b.max, b.drops
                )
            })
            .collect();
        assert_eq!(
            text,
            [
                "0 62/4 5..40 10@0 7@299999 40",
                "300000 9/1 9..9 9@300000 9@300000 0",
                "600000 1/1 1..1 1@700000 1@700000 0"
            ]
        );
        assert_eq!((found[0].slope_min, found[0].slope_max), (2.0 / 279.999, 3.0));
        assert!(found[2].slope_max.is_nan(), "a gap has no slope");
        let bytes = encode(&found).unwrap();
        assert_eq!(format!("{:?}", decode(&bytes, Figures::ALL).unwrap()), format!("{found:?}"));
        let some = decode(&bytes, Figures::of(&[Figure::Max, Figure::Last])).unwrap();
        assert_eq!((some[0].max, some[0].last, some[0].last_ms), (40.0, 7.0, 299_999));
        assert!(some[0].min.is_nan() && some[0].count.is_nan() && some[0].drops.is_nan());
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1;
            assert!(decode(&damaged, Figures::of(&[])).is_none(), "byte {place}");
        }
    }
}
