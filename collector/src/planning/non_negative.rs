//! Least squares with no coefficient below zero, from sums (Lawson & Hanson 1974, chapter 23),
//! with the conditions of Karush, Kuhn and Tucker that prove a solution.

use nalgebra::{SMatrix, SVector};

/// Each step adds or removes one column; a cycle by rounding ends here.
const STEPS_PER_COLUMN: usize = 10;

/// A quadratic: ½ b'Gb − m'b, G symmetric and not negative.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quadratic<const K: usize> {
    /// G, which of a regression is X'X.
    pub gram: SMatrix<f64, K, K>,
    /// m, which of a regression is X'y.
    pub moment: SVector<f64, K>,
}

impl<const K: usize> Quadratic<K> {
    /// Where it is least among all b without a coefficient below zero.
    pub fn least_non_negative(&self) -> SVector<f64, K> {
        let mut free = [false; K];
        let mut solution = SVector::<f64, K>::zeros();
        for _ in 0..STEPS_PER_COLUMN * K {
            let pull = self.moment - self.gram * solution;
            let tolerance = self.tolerance();
            let fixed = (0..K).filter(|&k| !free[k] && pull[k] > tolerance[k]);
            let Some(next) = fixed.max_by(|&a, &b| pull[a].total_cmp(&pull[b])) else { break };
            free[next] = true;
            self.settle(&mut free, &mut solution);
        }
        solution
    }

    /// Moves to the least of the free columns, fixing at zero those that it would make negative.
    fn settle(&self, free: &mut [bool; K], solution: &mut SVector<f64, K>) {
        for _ in 0..=K {
            let aim = self.least_of(free);
            let Some(aim) = aim else { return };
            let crossing = (0..K).filter(|&k| free[k] && aim[k] <= 0.0);
            let share = |k: usize| solution[k] / (solution[k] - aim[k]);
            let first = crossing.map(share).fold(f64::INFINITY, f64::min);
            if first == f64::INFINITY {
                *solution = aim;
                return;
            }
            let first = if first.is_finite() { first } else { 0.0 };
            *solution += (aim - *solution) * first;
            for k in 0..K {
                if free[k] && aim[k] <= 0.0 && solution[k] <= f64::EPSILON * aim[k].abs().max(1.0) {
                    (free[k], solution[k]) = (false, 0.0);
                }
            }
        }
    }

    /// The least among the free columns, the others at zero; none where they say the same.
    fn least_of(&self, free: &[bool; K]) -> Option<SVector<f64, K>> {
        // A fixed column becomes a row of its own that says zero, so that sizes stay.
        let gram = SMatrix::<f64, K, K>::from_fn(|row, column| {
            if free[row] && free[column] {
                self.gram[(row, column)]
            } else {
                f64::from(u8::from(row == column))
            }
        });
        let moment = SVector::from_fn(|k, _| if free[k] { self.moment[k] } else { 0.0 });
        Some(gram.cholesky()?.solve(&moment))
    }

    /// How far a point is from the conditions of a solution, relative to the sums: at a solution
    /// the pull m − Gb is 0 where b > 0, and not above 0 where b = 0.
    pub fn distance_from_conditions(&self, solution: &SVector<f64, K>) -> f64 {
        let pull = self.moment - self.gram * solution;
        let of = |k: usize| {
            let size = self.moment[k].abs().max(f64::MIN_POSITIVE);
            let pull = if solution[k] > 0.0 { pull[k].abs() } else { pull[k].max(0.0) };
            (pull / size).max(-solution[k])
        };
        (0..K).map(of).fold(0.0, f64::max)
    }

    fn tolerance(&self) -> SVector<f64, K> {
        SVector::from_fn(|k, _| 1e-12 * self.moment[k].abs().max(f64::MIN_POSITIVE))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of_rows<const R: usize, const K: usize>(
        rows: SMatrix<f64, R, K>,
        measured: SVector<f64, R>,
    ) -> Quadratic<K> {
        Quadratic { gram: rows.transpose() * rows, moment: rows.transpose() * measured }
    }

    fn check<const R: usize>(rows: [[f64; 2]; R], measured: [f64; R], expected: [f64; 2]) {
        let rows = SMatrix::<f64, R, 2>::from_fn(|row, column| rows[row][column]);
        let found = of_rows(rows, measured.into());
        let solution = found.least_non_negative();
        assert!((solution - SVector::from(expected)).amax() < 1e-12, "{solution}");
        assert!(found.distance_from_conditions(&solution) < 1e-9);
    }

    #[test]
    fn known_solutions() {
        check([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], [2.0, 1.0, 1.0], [1.5, 1.0]);
        // Without the bound these would be (1, -1) and (1, -1).
        check([[1.0, 0.0], [0.0, 1.0]], [1.0, -1.0], [1.0, 0.0]);
        check([[1.0, 2.0], [3.0, 4.0]], [-1.0, -1.0], [0.0, 0.0]);
        // A column that says the same as another changes nothing.
        check([[1.0, 1.0], [2.0, 2.0]], [1.0, 2.0], [0.0, 1.0]);
    }

    proptest! {
        #[test]
        fn every_solution_meets_the_conditions(
            rows in proptest::array::uniform24(-3.0..9.0f64),
            measured in proptest::array::uniform6(-5.0..20.0f64),
        ) {
            let rows = SMatrix::<f64, 6, 4>::from_row_slice(&rows);
            let found = of_rows(rows, measured.into());
            let solution = found.least_non_negative();
            prop_assert!(found.distance_from_conditions(&solution) < 1e-6, "{solution}");
        }
    }
}
