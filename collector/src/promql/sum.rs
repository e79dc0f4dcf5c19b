//! Sums that keep what rounding would lose.

use super::QueryError;
use super::meter::Meter;

/// A sum under way (Kahan 1965, Neumaier 1974).
#[derive(Debug, Clone, Copy, Default)]
pub struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    pub fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        self.lost += if self.sum.abs() >= value.abs() {
            (self.sum - sum) + value
        } else {
            (value - sum) + self.sum
        };
        self.sum = sum;
    }

    pub fn total(self) -> f64 {
        self.sum + self.lost
    }

    /// The total, where an infinite one stays so.
    pub fn settled(self) -> f64 {
        if self.sum.is_infinite() { self.sum } else { self.total() }
    }
}

/// The sum of all values.
pub fn sum(values: &[f64], meter: &Meter<'_>) -> Result<f64, QueryError> {
    let mut sum = Sum::default();
    for part in meter.parts(values) {
        part?.iter().for_each(|value| sum.add(*value));
    }
    Ok(sum.settled())
}
