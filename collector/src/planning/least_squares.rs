//! Least squares from sums: many rows become one small matrix, which is solved, or refused by its
//! condition number.

use nalgebra::{DMatrix, SMatrix, SVector};

use super::doubt::Doubt;

/// Beyond it a solution of these sums has fewer than three digits that mean anything.
const WORST_CONDITION: f64 = 1e13;

/// What rows of a regression amount to: X'WX and X'Wy. Plain arrays, since they are summed for
/// every minute of a year.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sums<const K: usize> {
    /// X'WX, the upper triangle with the diagonal.
    squares: [[f64; K]; K],
    /// X'Wy.
    products: [f64; K],
}

impl<const K: usize> Default for Sums<K> {
    fn default() -> Self {
        Self { squares: [[0.0; K]; K], products: [0.0; K] }
    }
}

impl<const K: usize> Sums<K> {
    /// Adds a row: its columns, what was measured, its weight.
    pub fn add(&mut self, columns: &[f64; K], measured: f64, weight: f64) {
        for row in 0..K {
            let weighted = weight * columns[row];
            self.products[row] += weighted * measured;
            for (column, value) in columns.iter().enumerate().skip(row) {
                self.squares[row][column] += weighted * value;
            }
        }
    }

    /// Adds the sums of other rows.
    pub fn join(&mut self, other: &Self) {
        self.combine(other, 1.0);
    }

    /// Takes away the sums of rows that were added.
    pub fn part(&mut self, other: &Self) {
        self.combine(other, -1.0);
    }

    fn combine(&mut self, other: &Self, sign: f64) {
        for row in 0..K {
            self.products[row] += sign * other.products[row];
            for column in row..K {
                self.squares[row][column] += sign * other.squares[row][column];
            }
        }
    }

    /// X'WX.
    pub fn gram(&self) -> SMatrix<f64, K, K> {
        SMatrix::from_fn(|row, column| self.squares[row.min(column)][row.max(column)])
    }

    /// X'Wy.
    pub fn moment(&self) -> SVector<f64, K> {
        SVector::from(self.products)
    }

    /// X'W(y − Xb).
    pub fn gradient(&self, solution: &SVector<f64, K>) -> SVector<f64, K> {
        SVector::from_fn(|row, _| {
            let of_row = (0..K).map(|c| self.squares[row.min(c)][row.max(c)] * solution[c]);
            self.products[row] - of_row.sum::<f64>()
        })
    }

    /// The condition number of X'WX with columns scaled to the same length; columns without any
    /// value do not count.
    pub fn condition(&self) -> f64 {
        let used: Vec<usize> = (0..K).filter(|&k| self.squares[k][k] > 0.0).collect();
        let scaled = DMatrix::from_fn(used.len(), used.len(), |row, column| {
            let (row, column) = (used[row], used[column]);
            let length = (self.squares[row][row] * self.squares[column][column]).sqrt();
            self.squares[row.min(column)][row.max(column)] / length
        });
        if used.is_empty() {
            return 1.0;
        }
        let values = scaled.symmetric_eigenvalues();
        let (least, greatest) = (values.min(), values.max());
        if least > 0.0 { greatest / least } else { f64::INFINITY }
    }

    /// Plain least squares; refused where columns say the same, or one says nothing.
    pub fn solve(&self) -> Result<SVector<f64, K>, Doubt> {
        let condition = self.condition();
        let is_silent = (0..K).any(|k| self.squares[k][k] <= 0.0);
        if is_silent || condition > WORST_CONDITION {
            return Err(Doubt::Collinear { condition });
        }
        let lengths = SVector::<f64, K>::from_fn(|k, _| self.squares[k][k].sqrt());
        let gram = self.gram();
        let scaled = SMatrix::<f64, K, K>::from_fn(|row, column| {
            gram[(row, column)] / lengths[row] / lengths[column]
        });
        let moment = self.moment().component_div(&lengths);
        let solved = scaled.cholesky().ok_or(Doubt::Collinear { condition })?.solve(&moment);
        Ok(solved.component_div(&lengths))
    }
}

#[cfg(test)]
mod tests;
