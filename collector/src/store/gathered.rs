//! A stretch that grows within a budget: samples and memory are counted before they are taken.

use super::room::{bytes_of, give_back_spare, make_room};
use super::stretch::Stretch;
use crate::samples::{Budget, Held, ReadError};

/// Samples of one series that are being read.
pub struct Gathered<'b> {
    pub stretch: Stretch,
    budget: &'b Budget,
    memory: Held<'b>,
}

impl<'b> Gathered<'b> {
    pub fn nothing(budget: &'b Budget) -> Self {
        Self { stretch: Stretch::default(), budget, memory: Held::nothing(budget) }
    }

    /// What it may take.
    pub fn budget(&self) -> &'b Budget {
        self.budget
    }

    /// Makes room for samples that are about to be read, and counts them.
    pub fn make_room(&mut self, samples: usize) -> Result<(), ReadError> {
        self.budget.samples(samples)?;
        make_room(&mut self.stretch.timestamps, samples, &mut self.memory)?;
        make_room(&mut self.stretch.values, samples, &mut self.memory)
    }

    /// Orders the samples from a place on; of equal timestamps the first stays.
    pub fn settle_from(&mut self, begin: usize) -> Result<(), ReadError> {
        if !self.stretch.is_settled_from(begin) {
            // Pairs are sorted, which takes half of them once more.
            let pairs = 3 * (self.stretch.len() - begin) / 2;
            let _pairs = self.budget.lend(bytes_of::<(i64, f64)>(pairs))?;
            self.stretch.settle_from(begin);
        }
        Ok(())
    }

    /// The samples; what they take stays held until their reader releases it.
    pub fn finish(mut self) -> Stretch {
        give_back_spare(&mut self.stretch.timestamps, &mut self.memory);
        give_back_spare(&mut self.stretch.values, &mut self.memory);
        self.memory.hand_over();
        self.stretch
    }
}
