//! Memory that a part of a request takes for a while.

use super::Budget;
use crate::samples::ReadError;

/// Memory of a budget that goes back to it when this is dropped.
#[derive(Debug)]
pub struct Held<'b> {
    budget: &'b Budget,
    bytes: u64,
}

impl<'b> Held<'b> {
    /// No memory yet.
    pub fn nothing(budget: &'b Budget) -> Self {
        Self { budget, bytes: 0 }
    }

    /// What it is taken from.
    pub fn budget(&self) -> &'b Budget {
        self.budget
    }

    /// Takes more, before it is allocated.
    pub fn more(&mut self, bytes: u64) -> Result<(), ReadError> {
        self.budget.hold(bytes)?;
        self.bytes += bytes;
        Ok(())
    }

    /// Gives back a part that was freed.
    pub fn less(&mut self, bytes: u64) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        self.budget.release(bytes);
    }

    /// Leaves it to whoever gets what lies there: it stays held until they release it.
    pub fn hand_over(mut self) {
        self.bytes = 0;
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.budget.release(self.bytes);
        }
    }
}
