//! How far away datacentres are: where vantages and datacentres stand, what a round of pings says as
//! series, what a path means for a conversation, and its smoke. No clock; what it reads, it reads through the
//! samples and the records.

mod distance;
mod events;
mod export;
mod https;
mod matrix;
mod places;
mod probe;
mod quality;
mod round;
mod series;
mod smoke;

pub use self::distance::{Bound, Coordinates};
pub use self::events::{Change, Event, Silence, Spell};
pub use self::export::{csv, json};
pub use self::https::{PARTS, PageState, pages};
pub use self::matrix::{Hole, PathHour, PathName, paths};
pub use self::places::{Datacentre, GivenTargets, Places, SharedPlaces, Vantage};
pub use self::probe::{ProbeMistake, WantedProbe, probe};
pub use self::quality::{FIXED_DELAY_MS, LOSS_ROBUSTNESS, Leg, Quality};
pub use self::round::{Round, RoundError};
pub use self::series::{Sample, family_name, kind_name, samples};
pub use self::smoke::{Cell, KnownPath, LOSS_CLASSES, Smoke, known_paths, loss_class, smoke};
