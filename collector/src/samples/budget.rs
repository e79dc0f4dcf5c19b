//! What one request may take: samples, series, memory, and time, which others measure.

mod held;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

pub use self::held::Held;
use super::error::ReadError;
use super::pool::{Pool, Side};

/// Memory is drawn from the pool in pieces of at least this size, in bytes, so that what takes
/// little at a time seldom meets others there.
const PIECE: u64 = 64 << 10;

/// How much one request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most samples, or buckets, that all its reads together may read.
    pub samples: usize,
    /// The most series that one selection may find.
    pub series: usize,
    /// The most memory that it may hold at once, in bytes.
    pub bytes: u64,
}

/// Tells a request that nobody waits for it any more; clones are the same word.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    word: Arc<AtomicBool>,
    /// The word that stops several.
    all: Arc<AtomicBool>,
}

impl Stop {
    /// The word for one request of those that this word stops.
    #[must_use]
    pub fn of_one(&self) -> Self {
        Self { word: Arc::default(), all: Arc::clone(&self.word) }
    }

    /// The request ends soon: at the next series, window or node of its tree.
    pub fn set(&self) {
        self.word.store(true, Ordering::Relaxed);
    }

    /// Whether it was set.
    pub fn is_set(&self) -> bool {
        self.word.load(Ordering::Relaxed) || self.all.load(Ordering::Relaxed)
    }
}

/// What one request may still take; all its reads share it. What it holds goes back to the pool
/// when it is dropped.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    pool: Pool,
    stop: Stop,
    samples: AtomicUsize,
    held: AtomicU64,
    /// What was drawn from the pool: as much as is held, in pieces.
    drawn: AtomicU64,
}

impl Budget {
    /// A budget within limits, drawn from a pool, that ends when the word is said.
    pub fn new(limits: Limits, pool: Pool, stop: Stop) -> Self {
        Self {
            limits,
            pool,
            stop,
            samples: AtomicUsize::new(0),
            held: AtomicU64::new(0),
            drawn: AtomicU64::new(0),
        }
    }

    /// Without limits: for what the program asks of itself, and for tests.
    pub fn unlimited() -> Self {
        let limits = Limits { samples: usize::MAX, series: usize::MAX, bytes: u64::MAX };
        Self::new(limits, Pool::new(u64::MAX), Stop::default())
    }

    /// Its limits.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Refuses to go on once nobody waits any more.
    pub fn check(&self) -> Result<(), ReadError> {
        if self.stop.is_set() { Err(ReadError::Stopped) } else { Ok(()) }
    }

    /// Counts samples that are read.
    pub fn samples(&self, count: usize) -> Result<(), ReadError> {
        self.check()?;
        let read = self.samples.fetch_add(count, Ordering::Relaxed).saturating_add(count);
        if read > self.limits.samples { Err(ReadError::Samples) } else { Ok(()) }
    }

    /// Refuses to hold so many points beside the samples that were read.
    pub fn allow(&self, points: usize) -> Result<(), ReadError> {
        self.check()?;
        let sum = self.samples.load(Ordering::Relaxed).saturating_add(points);
        if sum > self.limits.samples { Err(ReadError::Samples) } else { Ok(()) }
    }

    /// Refuses a selection that finds too many series.
    pub fn series(&self, found: usize) -> Result<(), ReadError> {
        self.check()?;
        let limit = self.limits.series;
        if found > limit { Err(ReadError::Series { limit }) } else { Ok(()) }
    }

    /// Takes memory, before it is allocated.
    pub fn hold(&self, bytes: u64) -> Result<(), ReadError> {
        self.check()?;
        let limit = self.limits.bytes;
        let more = |held: u64| held.checked_add(bytes).filter(|sum| *sum <= limit);
        let Ok(before) = self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more) else {
            return Err(ReadError::Memory { limit });
        };
        let drawn = self.drawn.load(Ordering::Relaxed);
        if before + bytes > drawn && !self.draw(before + bytes - drawn) {
            self.held.fetch_sub(bytes, Ordering::Relaxed);
            return Err(ReadError::Busy);
        }
        Ok(())
    }

    fn draw(&self, missing: u64) -> bool {
        let piece = missing.max(PIECE);
        let drawn =
            [piece, missing].into_iter().find(|bytes| self.pool.take(Side::Readers, *bytes));
        self.drawn.fetch_add(drawn.unwrap_or(0), Ordering::Relaxed);
        drawn.is_some()
    }

    /// Gives back memory that was freed.
    pub fn release(&self, bytes: u64) {
        let less = |held: u64| Some(held.saturating_sub(bytes));
        let before = self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        let held = before.map_or(0, |before| before.saturating_sub(bytes));
        let spare = |drawn: u64| (drawn > held.saturating_add(2 * PIECE)).then_some(held + PIECE);
        if let Ok(drawn) = self.drawn.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spare) {
            self.pool.give_back(Side::Readers, drawn - held - PIECE);
        }
    }

    /// Gives back what was taken since it held so much: whoever read it has dropped it.
    pub fn release_to(&self, held: u64) {
        self.release(self.held().saturating_sub(held));
    }

    /// Takes memory for as long as the answer lives.
    pub fn lend(&self, bytes: u64) -> Result<Held<'_>, ReadError> {
        let mut held = Held::nothing(self);
        held.more(bytes)?;
        Ok(held)
    }

    /// What it holds, in bytes.
    pub fn held(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        self.pool.give_back(Side::Readers, *self.drawn.get_mut());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { samples: 10, series: 3, bytes: 1 << 20 };

    fn budget(pool: &Pool) -> Budget {
        Budget::new(LIMITS, pool.clone(), Stop::default())
    }

    #[test]
    fn each_limit_is_refused_with_its_reason() {
        let pool = Pool::new(u64::MAX);
        let budget = budget(&pool);
        assert!(budget.samples(10).is_ok());
        assert!(matches!(budget.samples(1), Err(ReadError::Samples)));
        assert!(budget.series(3).is_ok());
        assert!(matches!(budget.series(4), Err(ReadError::Series { limit: 3 })));
        assert!(budget.hold(1 << 20).is_ok());
        assert!(matches!(budget.hold(1), Err(ReadError::Memory { limit: 1_048_576 })));
        budget.release(1);
        assert!(budget.hold(1).is_ok());
        budget.stop.set();
        assert!(matches!(budget.hold(0), Err(ReadError::Stopped)));
        assert!(matches!(budget.samples(0), Err(ReadError::Stopped)));
        assert!(matches!(budget.series(0), Err(ReadError::Stopped)));
    }

    #[test]
    fn a_word_for_all_stops_each_and_that_of_one_stops_no_other() {
        let all = Stop::default();
        let (one, other) = (all.of_one(), all.of_one());
        one.set();
        assert!(one.is_set() && !other.is_set() && !all.is_set());
        all.set();
        assert!(other.is_set());
    }

    #[test]
    fn what_is_held_goes_back_to_the_pool_and_nobody_takes_more_than_is_there() {
        let pool = Pool::new(1 << 20);
        let (first, second) = (budget(&pool), budget(&pool));
        assert!(first.hold(1_000_000).is_ok());
        assert!(matches!(second.hold(100_000), Err(ReadError::Busy)));
        assert_eq!(second.held(), 0);
        first.release(900_000);
        let taken = pool.taken().readers;
        assert!(taken <= 100_000 + 2 * PIECE, "{taken} taken");
        assert!(second.hold(700_000).is_ok());
        drop(first);
        drop(second);
        assert_eq!(pool.taken().readers, 0);
    }
}
