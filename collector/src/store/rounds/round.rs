//! A round of pings, and the unit that its durations are kept in. Pure.

use core::net::IpAddr;

use crate::store::SeriesId;

/// A round that is to be stored with its frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundWrite {
    /// The path, by one of its series, always the same one.
    pub path: SeriesId,
    /// What its pings said.
    pub round: PathRound,
}

/// What the pings of one round on one path said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PathRound {
    /// When it began, Unix time in milliseconds; no other round of the path begins then.
    pub begin_ms: i64,
    /// How long it took.
    pub span_ms: u32,
    /// How many pings there were.
    pub sent: u32,
    /// Round trips of those that were answered, in microseconds, sorted; beyond 10 ms they are kept to 10 µs.
    pub round_trips_us: Vec<u32>,
    /// Jitter in microseconds, kept likewise.
    pub jitter_us: Option<u32>,
    /// What was left of the hop limit.
    pub hop_limit: Option<u8>,
    /// Whether the vantage was cut off, so that this says nothing of the target.
    pub vantage_offline: bool,
    /// How many pings ended with which error, by the numbers of the wire.
    pub errors: Vec<Tally>,
    /// How many replies counted for nothing, and why, by the numbers of the wire.
    pub discarded: Vec<Tally>,
    /// The address that was asked.
    pub address: Option<IpAddr>,
    /// Who sent the last error, if that was a router.
    pub router: Option<IpAddr>,
}

/// How many there were of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Which kind, by its number.
    pub kind: u32,
    /// How many.
    pub count: u32,
}

/// Round trips below this are kept to a microsecond, others to ten.
const FINE_US: u32 = 10_000;
const COARSE_US: u32 = 10;

impl PathRound {
    /// How many pings were answered.
    pub fn received(&self) -> u32 {
        self.round_trips_us.len() as u32
    }

    /// The lower median, in microseconds.
    pub fn median_us(&self) -> Option<u32> {
        let middle = self.round_trips_us.len().checked_sub(1)? / 2;
        self.round_trips_us.get(middle).copied()
    }

    /// About what it takes in memory, in bytes.
    pub fn bytes(&self) -> u64 {
        let tallies = (self.errors.len() + self.discarded.len()) * size_of::<Tally>();
        (size_of::<Self>() + self.round_trips_us.len() * 4 + tallies) as u64
    }
}

/// A duration in the unit that is kept.
pub fn to_unit(us: u32) -> u32 {
    match us.checked_sub(FINE_US) {
        None => us,
        Some(beyond) => {
            FINE_US + beyond / COARSE_US + u32::from(beyond % COARSE_US >= COARSE_US / 2)
        }
    }
}

/// A duration of that unit in microseconds.
pub fn of_unit(units: u32) -> u32 {
    match units.checked_sub(FINE_US) {
        None => units,
        Some(beyond) => beyond.saturating_mul(COARSE_US).saturating_add(FINE_US),
    }
}

/// Rounds in order of their beginnings, of equal ones the first.
pub fn settle(rounds: &mut Vec<PathRound>) {
    rounds.sort_by_key(|round| round.begin_ms);
    rounds.dedup_by_key(|round| round.begin_ms);
}
