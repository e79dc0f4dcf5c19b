//! Quantiles of values in any order.

use super::QueryError;
use super::meter::Meter;

/// More values than this are counted by their digits instead of sorted: sorting cannot be stopped.
const MOST_SORTED: usize = 1 << 16;

/// The quantile by linear interpolation between ranks; none of no values is NaN.
pub fn quantile(q: f64, values: &[f64], meter: &Meter<'_>) -> Result<f64, QueryError> {
    meter.check()?;
    if values.is_empty() || q.is_nan() {
        return Ok(f64::NAN);
    }
    if q < 0.0 {
        return Ok(f64::NEG_INFINITY);
    }
    if q > 1.0 {
        return Ok(f64::INFINITY);
    }
    let rank = q * (values.len() as f64 - 1.0);
    let lower = rank.floor().max(0.0) as usize;
    let upper = (lower + 1).min(values.len() - 1);
    let (below, above) = if values.len() <= MOST_SORTED {
        let mut keys: Vec<u64> = values.iter().copied().map(key).collect();
        keys.sort_unstable();
        (keys[lower], keys[upper])
    } else {
        (at_rank(values, lower, meter)?, at_rank(values, upper, meter)?)
    };
    let weight = rank - rank.floor();
    Ok(value(below) * (1.0 - weight) + value(above) * weight)
}

/// A number whose order among numbers is that of the value among values; NaN counts as the least.
fn key(value: f64) -> u64 {
    match value.to_bits() {
        _ if value.is_nan() => 0,
        bits if bits >> 63 == 0 => bits | 1 << 63,
        bits => !bits,
    }
}

/// The reverse of [`key`].
fn value(key: u64) -> f64 {
    match key {
        0 => f64::NAN,
        key if key >> 63 == 1 => f64::from_bits(key & !(1 << 63)),
        key => f64::from_bits(!key),
    }
}

/// The key of the value at a rank, from the first digit on: of those that have the digits so far,
/// it is counted how many have which digit next.
fn at_rank(values: &[f64], rank: usize, meter: &Meter<'_>) -> Result<u64, QueryError> {
    const DIGIT_BITS: u32 = 16;
    const DIGITS: usize = 1 << DIGIT_BITS;
    let _memory = meter.hold((DIGITS * size_of::<usize>()) as u64)?;
    let (mut known, mut mask, mut left) = (0u64, 0u64, rank);
    for shift in (0..u64::BITS).step_by(DIGIT_BITS as usize).rev() {
        let mut counts = vec![0usize; DIGITS];
        for part in meter.parts(values) {
            let keys = part?.iter().map(|value| key(*value));
            for key in keys.filter(|key| key & mask == known) {
                counts[(key >> shift) as usize % DIGITS] += 1;
            }
        }
        let mut digit = 0;
        while left >= counts[digit] {
            left -= counts[digit];
            digit += 1;
        }
        known |= (digit as u64) << shift;
        mask |= (DIGITS as u64 - 1) << shift;
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Budget;

    #[test]
    fn many_values_have_the_quantiles_of_their_order() {
        let budget = Budget::unlimited();
        let meter = Meter::new(&budget);
        let special = [f64::NAN, -0.0, 0.0, f64::INFINITY, f64::NEG_INFINITY, 1e-310, -1.5];
        let value = |n: usize| match n % 1_000 {
            place if place < special.len() => special[place],
            _ => ((n * 7_919) % 10_007) as f64 - 5_000.5,
        };
        let values: Vec<f64> = (0..MOST_SORTED + 3).map(value).collect();
        let mut sorted = values.clone();
        sorted.sort_by(|a, b| b.is_nan().cmp(&a.is_nan()).then(a.total_cmp(b)));
        let last = values.len() - 1;
        for rank in [0, 1, 66, 67, 200, 1_000, last / 2, last - 70, last - 1, last] {
            let found = at_rank(&values, rank, &meter).unwrap();
            assert_eq!(found, key(sorted[rank]), "rank {rank}");
        }
        let few = [3.0, 1.0, f64::NAN, 2.0];
        for (q, expected) in [(1.0, 3.0), (0.5, 1.5), (2.0, f64::INFINITY), (-1.0, -f64::INFINITY)]
        {
            assert_eq!(quantile(q, &few, &meter).unwrap(), expected, "{q}");
        }
        assert!(quantile(0.0, &few, &meter).unwrap().is_nan());
    }
}
