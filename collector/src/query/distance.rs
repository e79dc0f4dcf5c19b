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

/// Distances that readings usually have, in seconds: what is near to one of them is taken for it.
const USUAL_SECONDS: [f64; 13] =
    [1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 3600.0];

/// How far from a usual distance a measured one may be.
const NEAR: f64 = 0.1;

/// Gaps and doubled readings are no distances: this part of all counts is left out at each end.
const LEFT_OUT: f64 = 0.05;

/// The shortest and the longest usual distance, in milliseconds, of many that were measured; none of
/// none.
pub fn usual_distances(mut measured_ms: Vec<f64>) -> Option<[i64; 2]> {
    measured_ms.sort_by(f64::total_cmp);
    let left_out = (measured_ms.len() as f64 * LEFT_OUT) as usize;
    let usual = measured_ms.get(left_out..measured_ms.len() - left_out)?;
    Some([*usual.first()?, *usual.last()?].map(usual_ms))
}

fn usual_ms(measured_ms: f64) -> i64 {
    let seconds = measured_ms / 1000.0;
    let near = |usual: &&f64| (seconds / **usual - 1.0).abs() < NEAR;
    (USUAL_SECONDS.iter().find(near).copied().unwrap_or(seconds) * 1000.0).round() as i64
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

    #[test]
    fn what_is_near_to_a_usual_distance_is_taken_for_it_and_gaps_are_none() {
        let cases: [(&[f64], Option<[i64; 2]>); 4] = [
            (&[], None),
            (&[14_800.0, 15_190.0], Some([15_000, 15_000])),
            (&[5_020.0, 60_000.0], Some([5_000, 60_000])),
            (&[7_000.0], Some([7_000, 7_000])),
        ];
        for (measured, expected) in cases {
            assert_eq!(usual_distances(measured.to_vec()), expected, "{measured:?}");
        }
        let gaps = [&[10_000.0; 38][..], &[1.0, 9e9]].concat();
        assert_eq!(usual_distances(gaps), Some([10_000, 10_000]));
    }
}
