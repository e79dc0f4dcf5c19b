//! The memory that all requests of the process share. Readers and writers have a part each that the
//! other never takes; what is left is for whoever comes first.
//!
//! Nobody waits here: there is room now, or there is none.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Memory out of which requests draw; clones are the same pool.
#[derive(Debug, Clone)]
pub struct Pool(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limit: u64,
    kept: Sides,
    book: Mutex<Book>,
}

/// What is taken, and how often there was nothing.
#[derive(Debug, Clone, Copy, Default)]
struct Book {
    taken: Sides,
    refused: Sides,
}

/// Who draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Questions, pages, pictures, and their answers until they are sent.
    Readers,
    /// Writes until they are durable.
    Writers,
}

/// Bytes of each side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sides {
    /// Of those who read.
    pub readers: u64,
    /// Of those who write.
    pub writers: u64,
}

impl Sides {
    /// Those of one side.
    pub fn of(self, side: Side) -> u64 {
        match side {
            Side::Readers => self.readers,
            Side::Writers => self.writers,
        }
    }

    fn of_mut(&mut self, side: Side) -> &mut u64 {
        match side {
            Side::Readers => &mut self.readers,
            Side::Writers => &mut self.writers,
        }
    }
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Readers => Self::Writers,
            Self::Writers => Self::Readers,
        }
    }
}

/// Why there is no memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    /// Others have taken it.
    #[error("the requests under way have taken all memory that they share")]
    Now,
    /// Not even alone would there be so much.
    #[error("the request would take more than {most} bytes of memory, the most it may")]
    Ever {
        /// The most that there can be.
        most: u64,
    },
}

impl Pool {
    /// A pool of so many bytes, for whoever comes first.
    pub fn new(limit: u64) -> Self {
        Self::keeping(limit, Sides::default())
    }

    /// A pool of so many bytes, of which some are kept for each side.
    pub fn keeping(limit: u64, kept: Sides) -> Self {
        Self(Arc::new(Shared { limit, kept, book: Mutex::default() }))
    }

    /// How many bytes are taken.
    pub fn taken(&self) -> Sides {
        self.book().taken
    }

    /// How often there was no memory.
    pub fn refused(&self) -> Sides {
        self.book().refused
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The most that a side may ever have.
    pub fn most(&self, side: Side) -> u64 {
        self.0.limit.saturating_sub(self.0.kept.of(side.other()))
    }

    /// Takes bytes, all or none; tells whether there were enough.
    pub(super) fn take(&self, side: Side, bytes: u64) -> bool {
        let mut book = self.book();
        let other = side.other();
        let others = book.taken.of(other).max(self.0.kept.of(other));
        let wanted = book.taken.of(side).checked_add(bytes);
        let fits = |wanted: &u64| wanted.checked_add(others).is_some_and(|sum| sum <= self.0.limit);
        let wanted = wanted.filter(fits);
        match wanted {
            Some(wanted) => *book.taken.of_mut(side) = wanted,
            None => *book.refused.of_mut(side) += 1,
        }
        wanted.is_some()
    }

    /// Gives back what was taken.
    pub(super) fn give_back(&self, side: Side, bytes: u64) {
        *self.book().taken.of_mut(side) -= bytes;
    }
}

/// Memory that is taken until this is dropped.
#[derive(Debug)]
pub struct Share {
    pool: Pool,
    side: Side,
    bytes: u64,
}

impl Share {
    /// No memory yet.
    pub fn nothing(pool: &Pool, side: Side) -> Self {
        Self { pool: pool.clone(), side, bytes: 0 }
    }

    /// Takes more, before it is allocated.
    pub fn take(&mut self, bytes: u64) -> Result<(), NoRoom> {
        if self.pool.take(self.side, bytes) {
            self.bytes += bytes;
            return Ok(());
        }
        let most = self.pool.most(self.side);
        if self.bytes.saturating_add(bytes) > most {
            Err(NoRoom::Ever { most })
        } else {
            Err(NoRoom::Now)
        }
    }

    /// Gives back a part that was freed.
    pub fn give_back(&mut self, bytes: u64) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        self.pool.give_back(self.side, bytes);
    }

    /// How many bytes are taken.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.pool.give_back(self.side, self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_side_takes_what_is_kept_for_the_other() {
        let pool = Pool::keeping(100, Sides { readers: 50, writers: 10 });
        assert_eq!((pool.most(Side::Readers), pool.most(Side::Writers)), (90, 50));
        let mut reader = Share::nothing(&pool, Side::Readers);
        let mut writer = Share::nothing(&pool, Side::Writers);
        assert_eq!(reader.take(91), Err(NoRoom::Ever { most: 90 }));
        assert_eq!(reader.take(90), Ok(()));
        assert_eq!(writer.take(10), Ok(()), "what is kept for writers");
        assert_eq!(writer.take(1), Err(NoRoom::Now));
        reader.give_back(50);
        assert_eq!(writer.take(40), Ok(()), "what readers do not use beyond their own");
        assert_eq!(writer.take(1), Err(NoRoom::Ever { most: 50 }));
        assert_eq!(reader.take(10), Ok(()));
        assert_eq!(reader.take(1), Err(NoRoom::Now));
        assert_eq!(pool.taken(), Sides { readers: 50, writers: 50 });
        drop((reader, writer));
        assert_eq!(pool.taken(), Sides::default());
    }
}
