//! The sum of many values, which looks at the stop meanwhile.

use super::QueryError;
use super::meter::Meter;
use crate::samples::Sum;

/// The sum of all values.
pub fn sum(values: &[f64], meter: &Meter<'_>) -> Result<f64, QueryError> {
    let mut sum = Sum::default();
    for part in meter.parts(values) {
        part?.iter().for_each(|value| sum.add(*value));
    }
    Ok(sum.settled())
}
