//! From samples to answers in steps: counters become rates, rates become columns and figures.
//!
//! Pure: samples and times in, numbers out. Where there is no reading there is no number.

mod columns;
mod distance;
mod interval;
mod rates;
mod statistics;

pub use self::columns::{Column, fold};
pub use self::distance::{usual_distance, usual_distances};
pub use self::interval::Interval;
pub use self::rates::{apart, out_of_order, rates, sum};
pub use self::statistics::Statistics;
