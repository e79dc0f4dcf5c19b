//! How far away datacentres are: where vantages and datacentres stand, what a round of pings says as
//! series, and what a path means for a conversation. No clock; what it reads, it reads through the samples.

mod distance;
mod export;
mod matrix;
mod places;
mod quality;
mod round;
mod series;

pub use self::distance::{Bound, Coordinates};
pub use self::export::{csv, json};
pub use self::matrix::{Hole, PathHour, paths};
pub use self::places::{Datacentre, GivenTargets, Places, Vantage};
pub use self::quality::{FIXED_DELAY_MS, LOSS_ROBUSTNESS, Quality};
pub use self::round::{Round, RoundError};
pub use self::series::{Sample, family_name, kind_name, samples};
