//! Torture of a collector's store: sudden deaths, full disks, flipped bits, torn tails. What was
//! acknowledged is there once; what is read is right, or absent.
//!
//! Files of the data directory are found by walking it, never by name.

mod deaths;
mod flips;
mod full;
mod load;
mod pings;
mod random;
mod serving;
mod tail;
mod verify;
mod writers;

pub use self::deaths::{DeathOptions, Deaths, deaths};
pub use self::flips::{Flip, flips};
pub use self::full::{FullDisk, full_disk};
pub use self::load::Ledger;
pub use self::tail::{TornTail, torn_tail};
pub use self::verify::Verdict;

/// Small enough that sealing and merging happen within a second.
pub const SMALL_STORE: &str = "head_bytes = '256 KiB'\n";
