//! What is billed of a link by its 95th percentile.

/// The rate that is billed of averages over five minutes, each direction by itself: the highest
/// once a twentieth of them, rounded down, is dropped from the top (of 30 days the 433rd of 8640).
/// In the unit of the rates; none of none.
pub fn percentile_95(mut rates: Vec<f64>) -> Option<f64> {
    rates.retain(|rate| rate.is_finite());
    let dropped = rates.len() / 20;
    if rates.is_empty() {
        return None;
    }
    // All need not be in order for one of them to have its place.
    let (_, billed, _) = rates.select_nth_unstable_by(dropped, |a, b| b.total_cmp(a));
    Some(*billed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_thirty_days_the_433rd_is_billed() {
        let rates = |count: u32| (1..=count).map(f64::from).collect::<Vec<_>>();
        assert_eq!(percentile_95(rates(8640)), Some(f64::from(8640 - 432)));
        assert_eq!(percentile_95(rates(100)), Some(95.0));
        assert_eq!(percentile_95(rates(19)), Some(19.0));
        assert_eq!(percentile_95(vec![]), None);
        assert_eq!(percentile_95(vec![f64::NAN, 2.0]), Some(2.0));
    }
}
