//! Sums that keep what rounding would lose.

/// A sum under way (Kahan 1965, Neumaier 1974).
#[derive(Debug, Clone, Copy, Default)]
pub struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    /// Adds a value.
    pub fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        self.lost += if self.sum.abs() >= value.abs() {
            (self.sum - sum) + value
        } else {
            (value - sum) + self.sum
        };
        self.sum = sum;
    }

    /// The total, which is none of infinities.
    pub fn total(self) -> f64 {
        self.sum + self.lost
    }

    /// The total, where an infinite one stays so.
    pub fn settled(self) -> f64 {
        if self.sum.is_infinite() { self.sum } else { self.total() }
    }
}
