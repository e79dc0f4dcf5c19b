//! How often a series is read.

/// The median distance of neighbouring samples; none of fewer than two.
pub fn usual_distance(timestamps: &[i64]) -> Option<i64> {
    let mut distances: Vec<i64> = timestamps.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let middle = distances.len() / 2;
    if distances.is_empty() {
        return None;
    }
    Some(*distances.select_nth_unstable(middle).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_or_a_late_reading_does_not_change_it() {
        let cases: [(&[i64], Option<i64>); 4] = [
            (&[], None),
            (&[5], None),
            (&[0, 15, 31, 45, 60, 600, 615], Some(15)),
            (&[0, 60], Some(60)),
        ];
        for (timestamps, expected) in cases {
            assert_eq!(usual_distance(timestamps), expected, "{timestamps:?}");
        }
    }
}
