//! What an evaluation takes of its request's budget: memory, counted before it is allocated and
//! until it is freed, and looks at the word that stops it. It measures nothing itself: no clock.

use std::cmp::Ordering;
use std::ops::Range;

use super::QueryError;
use crate::samples::Budget;

/// So many points, samples or series are gone through between two looks.
const STRIDE: usize = 8_192;

/// Memory is drawn from the budget in pieces of at least this size, in bytes.
const PIECE: u64 = 16 << 10;

/// One evaluation's way to the budget.
#[derive(Debug)]
pub struct Meter<'b> {
    budget: &'b Budget,
}

/// Memory that is counted until this is dropped.
#[derive(Debug)]
pub struct Held<'b> {
    budget: &'b Budget,
    /// What is taken.
    bytes: u64,
    /// What the budget knows of, a piece ahead.
    drawn: u64,
}

impl<'b> Meter<'b> {
    pub fn new(budget: &'b Budget) -> Self {
        Self { budget }
    }

    /// What it takes from.
    pub fn budget(&self) -> &'b Budget {
        self.budget
    }

    /// Refuses to go on once nobody waits any more.
    pub fn check(&self) -> Result<(), QueryError> {
        look()?;
        Ok(self.budget.check()?)
    }

    /// Refuses so many points beside the samples that were read.
    pub fn allow(&self, points: usize) -> Result<(), QueryError> {
        self.check()?;
        Ok(self.budget.allow(points)?)
    }

    /// Takes memory.
    pub fn hold(&self, bytes: u64) -> Result<Held<'b>, QueryError> {
        self.check()?;
        let mut held = self.nothing();
        held.take(bytes)?;
        Ok(held)
    }

    /// No memory yet.
    pub fn nothing(&self) -> Held<'b> {
        Held { budget: self.budget, bytes: 0, drawn: 0 }
    }

    /// Memory that a read has taken already, for the reader to give back.
    pub fn taken(&self, bytes: u64) -> Held<'b> {
        Held { budget: self.budget, bytes, drawn: bytes }
    }

    /// So many places in spans, with a look before each.
    pub fn spans(&self, count: usize) -> impl Iterator<Item = Result<Range<usize>, QueryError>> {
        (0..count).step_by(STRIDE).map(move |begin| {
            self.check()?;
            Ok(begin..count.min(begin + STRIDE))
        })
    }

    /// Items in parts, with a look before each.
    pub fn parts<'i, T>(
        &self,
        items: &'i [T],
    ) -> impl Iterator<Item = Result<&'i [T], QueryError>> {
        items.chunks(STRIDE).map(|part| self.check().map(|()| part))
    }

    /// As many items as there are steps.
    pub fn collect<T>(
        &self,
        count: usize,
        mut item: impl FnMut(usize) -> T,
    ) -> Result<Vec<T>, QueryError> {
        let mut items = Vec::with_capacity(count);
        for span in self.spans(count) {
            items.extend(span?.map(&mut item));
        }
        Ok(items)
    }

    /// As [`Self::collect`], where each item may fail.
    pub fn try_collect<T>(
        &self,
        count: usize,
        mut item: impl FnMut(usize) -> Result<T, QueryError>,
    ) -> Result<Vec<T>, QueryError> {
        let mut items = Vec::with_capacity(count);
        for span in self.spans(count) {
            for place in span? {
                items.push(item(place)?);
            }
        }
        Ok(items)
    }

    /// Changes each item.
    pub fn each<T>(
        &self,
        items: &mut [T],
        mut change: impl FnMut(usize, &mut T),
    ) -> Result<(), QueryError> {
        for (number, part) in items.chunks_mut(STRIDE).enumerate() {
            self.check()?;
            for (place, item) in part.iter_mut().enumerate() {
                change(number * STRIDE + place, item);
            }
        }
        Ok(())
    }

    /// Sorts items; those that are equal stay in order.
    pub fn sort<T>(
        &self,
        items: &mut [T],
        compare: impl Fn(&T, &T) -> Ordering,
    ) -> Result<(), QueryError> {
        self.check()?;
        if items.len() <= STRIDE {
            items.sort_by(compare);
            return Ok(());
        }
        let mut order = self.order(items, compare)?;
        // The place `to` gets what lies at `order[to]`, round by round.
        for start in 0..items.len() {
            let mut to = start;
            while order[to] != start {
                let from = order[to];
                items.swap(to, from);
                order[to] = to;
                to = from;
            }
            order[to] = to;
        }
        Ok(())
    }

    /// The places of items in order: parts are sorted, then merged by twos.
    fn order<T>(
        &self,
        items: &[T],
        compare: impl Fn(&T, &T) -> Ordering,
    ) -> Result<Vec<usize>, QueryError> {
        let count = items.len();
        let _memory = self.hold((2 * count * size_of::<usize>()) as u64)?;
        let mut order: Vec<usize> = (0..count).collect();
        for part in order.chunks_mut(STRIDE) {
            self.check()?;
            part.sort_by(|a, b| compare(&items[*a], &items[*b]));
        }
        let mut width = STRIDE;
        while width < count {
            let mut merged = Vec::with_capacity(count);
            for pair in order.chunks(2 * width) {
                let (mut left, mut right) = pair.split_at(width.min(pair.len()));
                for span in self.spans(pair.len()) {
                    for _ in span? {
                        let first = match (left.first(), right.first()) {
                            (Some(a), Some(b)) => compare(&items[*b], &items[*a]).is_ge(),
                            (Some(_), None) => true,
                            (None, Some(_) | None) => false,
                        };
                        let side = if first { &mut left } else { &mut right };
                        merged.extend(side.split_off_first());
                    }
                }
            }
            order = merged;
            width *= 2;
        }
        Ok(order)
    }
}

impl Held<'_> {
    /// Takes more, before it is allocated.
    pub fn take(&mut self, bytes: u64) -> Result<(), QueryError> {
        let wanted = self.bytes.saturating_add(bytes);
        if wanted > self.drawn {
            let missing = wanted - self.drawn;
            let ahead = missing.max(PIECE);
            let drawn = match self.budget.hold(ahead) {
                Ok(()) => ahead,
                Err(_) if missing < ahead => self.budget.hold(missing).map(|()| missing)?,
                Err(error) => return Err(error.into()),
            };
            self.drawn += drawn;
        }
        self.bytes = wanted;
        Ok(())
    }

    /// Takes the memory of so many items.
    pub fn take_items<T>(&mut self, count: usize) -> Result<(), QueryError> {
        self.take((count as u64).saturating_mul(size_of::<T>() as u64))
    }

    /// Gives back a part that was freed.
    pub fn give_back(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_sub(bytes);
        let spare = self.drawn.saturating_sub(self.bytes);
        if spare > 2 * PIECE {
            self.budget.release(spare);
            self.drawn = self.bytes;
        }
    }

    /// How many bytes are taken.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes over what another holds.
    pub fn absorb(&mut self, mut other: Self) {
        self.bytes += std::mem::take(&mut other.bytes);
        self.drawn += std::mem::take(&mut other.drawn);
    }

    /// Holds until the budget ends: the evaluation hands out what takes this memory.
    pub fn keep(mut self) {
        let spare = self.drawn - std::mem::take(&mut self.bytes);
        self.drawn = spare;
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.budget.release(self.drawn);
    }
}

/// Tests count looks, and stop at one of them.
#[cfg(not(test))]
#[expect(clippy::unnecessary_wraps, reason = "it may fail in tests")]
fn look() -> Result<(), QueryError> {
    Ok(())
}

#[cfg(test)]
use self::tests::look;

#[cfg(test)]
pub mod tests;
