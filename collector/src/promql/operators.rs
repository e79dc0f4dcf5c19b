//! Operators on two numbers.

use super::tree::{Calculation, Compared, Comparison, Operator};

impl Calculation {
    /// The one number.
    pub fn of(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Divide => left / right,
            Self::Modulo => left % right,
            Self::Power => left.powf(right),
            Self::Atan2 => left.atan2(right),
        }
    }
}

impl Comparison {
    /// Whether it holds.
    pub fn of(self, left: f64, right: f64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Greater => left > right,
            Self::Less => left < right,
            Self::GreaterOrEqual => left >= right,
            Self::LessOrEqual => left <= right,
        }
    }
}

impl Operator {
    /// The result; of a comparison that holds, `compared` is kept.
    pub fn of(self, left: f64, right: f64, compared: f64) -> Option<f64> {
        match self {
            Self::Calculate(calculation) => Some(calculation.of(left, right)),
            Self::Compare(comparison, Compared::Value) => {
                comparison.of(left, right).then_some(compared)
            }
            Self::Compare(comparison, Compared::OneOrZero) => {
                Some(f64::from(comparison.of(left, right)))
            }
        }
    }

    /// Whether the result is no longer the metric. That `atan2` keeps the name is an oversight of
    /// Prometheus 2 that its users' rules may lean on.
    pub fn drops_name(self) -> bool {
        match self {
            Self::Calculate(Calculation::Atan2) | Self::Compare(_, Compared::Value) => false,
            Self::Calculate(
                Calculation::Add
                | Calculation::Subtract
                | Calculation::Multiply
                | Calculation::Divide
                | Calculation::Modulo
                | Calculation::Power,
            )
            | Self::Compare(_, Compared::OneOrZero) => true,
        }
    }

    /// Whether it answers 1 or 0.
    pub fn is_truth(self) -> bool {
        match self {
            Self::Calculate(_) | Self::Compare(_, Compared::Value) => false,
            Self::Compare(_, Compared::OneOrZero) => true,
        }
    }
}
