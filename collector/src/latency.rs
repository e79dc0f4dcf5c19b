//! How far away datacentres are: where vantages and datacentres stand, what a round of pings says as
//! series, what a path means for a conversation, and its smoke. No clock; what it reads, it reads through the
//! samples and the records.

mod baseline;
mod check;
mod distance;
mod events;
mod export;
mod https;
mod matrix;
mod pairs;
mod path;
mod places;
mod probe;
mod quality;
mod round;
mod series;
mod signs;
mod smoke;

pub use self::baseline::{BACK_MS, usual_us};
pub use self::check::{Allowance, CheckRound, CheckTarget, CheckTimes, FETCHES};
pub use self::distance::{Bound, Coordinates};
pub use self::events::{Change, Event, Silence, Spell};
pub use self::export::{csv, json};
pub use self::https::{PARTS, PageState, pages};
pub use self::matrix::paths;
pub use self::pairs::{Pair, pairs};
pub use self::path::{Hole, PathHour, PathName};
pub use self::places::{Datacentre, GivenTargets, Places, SharedPlaces, Vantage};
pub use self::probe::{ProbeMistake, WantedProbe, probe};
pub use self::quality::{FIXED_DELAY_MS, LOSS_ROBUSTNESS, Leg, Quality};
pub use self::round::{Round, RoundError};
pub use self::series::{Sample, discard_name, family_name, kind_name, round_error_name, samples};
pub use self::smoke::{
    Cell, KnownPath, LOSS_CLASSES, Smoke, all_known_paths, known_paths, loss_class, smoke,
};
