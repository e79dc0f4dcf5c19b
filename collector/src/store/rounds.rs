//! Rounds of pings: every round trip of each path, kept beside the series that are made of them.
//!
//! A path is known by the id of one of its series. A round goes to the log in one commit with its frame, lies
//! in the head, is sealed with it by path and day, and is merged once its day has ended, when the quantiles
//! of each hour are kept, too. Of two rounds of a path that begin at one moment the first stays. What pings
//! mean is not known here, and no clock is read.

pub mod body;
mod columns;
mod hours;
mod read;
pub mod recent;
pub mod round;
mod tables;

#[cfg(test)]
pub use self::columns::encode as columns_of;
pub use self::columns::is_sound;
pub use self::hours::is_sound as are_sound_hours;
pub use self::hours::{QUANTILES, SmokeHour, quantile_place};
pub use self::read::{ProbedPath, WantedRounds};
pub use self::round::{PathRound, RoundWrite, Tally};
pub use self::tables::{Oldest, RoundTables, Sealed, drop_expired, merge_all, write_sealed};
