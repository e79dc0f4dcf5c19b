//! Quantiles of Student's and the normal distribution, and of samples.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// The value below which a standard normal variable lies with this probability, in 0..1.
pub fn normal_quantile(probability: f64) -> f64 {
    Normal::standard().inverse_cdf(probability)
}

/// The probability that a standard normal variable lies below a value.
pub fn normal_below(value: f64) -> f64 {
    Normal::standard().cdf(value)
}

/// The value below which Student's t with so many degrees of freedom lies with this probability.
pub fn student_quantile(probability: f64, freedom: f64) -> f64 {
    student(freedom).inverse_cdf(probability)
}

/// The probability that Student's t with so many degrees of freedom lies below a value.
pub fn student_below(value: f64, freedom: f64) -> f64 {
    student(freedom).cdf(value)
}

/// The middle of some values: of an even number the mean of both in the middle; none of none.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let is_even = values.len().is_multiple_of(2);
    Some(if is_even { f64::midpoint(values[values.len() / 2 - 1], upper) } else { upper })
}

fn student(freedom: f64) -> StudentsT {
    StudentsT::new(0.0, 1.0, freedom.max(1.0)).expect("a scale of 1 and a freedom of at least 1")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NIST/SEMATECH e-Handbook of Statistical Methods, tables 1.3.6.7.1 and 1.3.6.7.2.
    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (freedom, expected) in [(1.0, 12.706), (3.0, 3.182), (10.0, 2.228), (100.0, 1.984)] {
            let found = student_quantile(0.975, freedom);
            assert!((found - expected).abs() < 5e-4, "{freedom}: {found}");
            assert!((student_below(found, freedom) - 0.975).abs() < 1e-9);
        }
        assert!((normal_quantile(0.95) - 1.644_853_626_951_472_7).abs() < 1e-9);
        assert!((normal_quantile(0.5)).abs() < 1e-12);
    }

    #[test]
    fn the_middle_of_even_and_odd_numbers_of_values() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }
}
