//! Whole units split in proportion.

/// Splits `whole` in proportion to weights, which are not negative: the parts are whole and sum to it.
/// What is left after rounding down goes to the largest remainders, of equal ones to the first. Where
/// nobody has weight, all have the same.
pub fn split(whole: i64, weights: &[f64]) -> Vec<i64> {
    if weights.is_empty() {
        return Vec::new();
    }
    let sum: f64 = weights.iter().sum();
    let has_weight = sum.is_finite() && sum > 0.0;
    let share = |weight: &f64| if has_weight { weight / sum } else { 1.0 / weights.len() as f64 };
    let size = whole.unsigned_abs();
    let exact: Vec<f64> = weights.iter().map(|weight| share(weight) * size as f64).collect();
    let mut parts: Vec<i64> = exact.iter().map(|part| part.floor() as i64).collect();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by(|a, b| exact[*b].fract().total_cmp(&exact[*a].fract()));
    // Rounding of the exact parts may have taken a unit too many, too.
    let mut left = size as i64 - parts.iter().sum::<i64>();
    for place in order.iter().cycle() {
        match left {
            0 => break,
            1.. => (parts[*place], left) = (parts[*place] + 1, left - 1),
            ..0 if parts[*place] > 0 => (parts[*place], left) = (parts[*place] - 1, left + 1),
            ..0 => {}
        }
    }
    parts.iter().map(|part| part * whole.signum()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_published_split_comes_out() {
        assert_eq!(split(29_900, &[5.0, 3.0, 2.0, 1.0]), [13_591, 8_155, 5_436, 2_718]);
        assert_eq!(split(-29_900, &[5.0, 3.0, 2.0, 1.0]), [-13_591, -8_155, -5_436, -2_718]);
        assert_eq!(split(100, &[1.0, 1.0, 1.0]), [34, 33, 33]);
        assert_eq!(split(100, &[0.0, 0.0, 0.0]), [34, 33, 33]);
        assert_eq!(split(2, &[0.0, 1.0, 0.0]), [0, 2, 0]);
        assert_eq!(split(7, &[]), Vec::<i64>::new());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]
        #[test]
        fn parts_sum_to_the_whole_and_none_is_off_by_a_unit(
            whole in -1_000_000_000_000i64..1_000_000_000_000,
            weights in vec(prop_oneof![Just(0.0), 1e-6f64..1e9, 1e-300f64..1e300], 1..40),
        ) {
            let parts = split(whole, &weights);
            prop_assert_eq!(parts.iter().sum::<i64>(), whole);
            let sum: f64 = weights.iter().sum();
            if sum.is_finite() && sum > 0.0 {
                for (part, weight) in parts.iter().zip(&weights) {
                    let exact = whole as f64 * (weight / sum);
                    prop_assert!((*part as f64 - exact).abs() < 1.001, "{} for {}", part, exact);
                }
            }
        }
    }
}
