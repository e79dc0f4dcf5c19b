//! What everybody has of something that must be as large as the largest needs it.

/// The Shapley value of the airport game (Littlechild and Owen, Management Science 20, 1973): each step of size
/// is shared alike by all who need at least so much. The parts, in the order of the needs, sum to the largest.
pub fn airport(needs: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..needs.len()).collect();
    order.sort_by(|a, b| needs[*a].total_cmp(&needs[*b]));
    let mut parts = vec![0.0; needs.len()];
    let (mut before, mut part) = (0.0, 0.0);
    for (smaller, place) in order.iter().enumerate() {
        let need = needs[*place].max(0.0);
        part += (need - before) / (needs.len() - smaller) as f64;
        (parts[*place], before) = (part, need);
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Runways for four kinds of aircraft cost 8, 11, 13 and 18.
    #[test]
    fn the_textbook_case_comes_out() {
        assert_eq!(airport(&[8.0, 11.0, 13.0, 18.0]), [2.0, 3.0, 4.0, 9.0]);
        assert_eq!(airport(&[18.0, 8.0, 13.0, 11.0]), [9.0, 2.0, 4.0, 3.0]);
        assert_eq!(airport(&[5.0, 5.0, 0.0]), [2.5, 2.5, 0.0]);
        assert_eq!(airport(&[7.0]), [7.0]);
        assert_eq!(airport(&[]), Vec::<f64>::new());
    }

    /// The mean, over all orders in which they may come, of what each adds to the largest before it.
    fn by_orders(needs: &[f64]) -> Vec<f64> {
        fn go(needs: &[f64], left: &[usize], largest: f64, parts: &mut [f64]) -> f64 {
            if left.is_empty() {
                return 1.0;
            }
            let mut orders = 0.0;
            for place in left {
                let rest: Vec<usize> = left.iter().copied().filter(|one| one != place).collect();
                let now = largest.max(needs[*place]);
                let own = go(needs, &rest, now, parts);
                parts[*place] += (now - largest) * own;
                orders += own;
            }
            orders
        }
        let mut parts = vec![0.0; needs.len()];
        let all: Vec<usize> = (0..needs.len()).collect();
        let orders = go(needs, &all, 0.0, &mut parts);
        parts.iter().map(|part| part / orders).collect()
    }

    proptest! {
        #[test]
        fn it_is_the_mean_over_all_orders(needs in vec(0.0f64..1_000.0, 1..7)) {
            let (found, expected) = (airport(&needs), by_orders(&needs));
            for (found, expected) in found.iter().zip(&expected) {
                prop_assert!((found - expected).abs() < 1e-6, "{:?} {:?}", found, expected);
            }
            let largest = needs.iter().copied().fold(0.0, f64::max);
            prop_assert!((found.iter().sum::<f64>() - largest).abs() < 1e-6);
        }
    }
}
