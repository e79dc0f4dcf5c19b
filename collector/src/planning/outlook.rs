//! What is told of a peak that is still to come: its middle, its range, the probability that it
//! stays below a limit.

use super::scores::{Foreseen, Level, Range, Scores, Subject};

/// A peak that is foreseen, beside the scores of past ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outlook<'s> {
    /// Middle and spread.
    pub foreseen: Foreseen,
    pub(super) scores: &'s Scores,
    pub(super) subject: Subject,
}

impl Outlook<'_> {
    /// The middle, in the unit of what was measured.
    pub fn expected(&self) -> f64 {
        self.foreseen.expected * (self.foreseen.spread * self.scores.middle()).exp()
    }

    /// From low to high.
    pub fn range(&self, level: Level) -> Range {
        self.scores.range(self.foreseen, level, self.subject)
    }

    /// The probability that the peak stays below a limit.
    pub fn probability_below(&self, limit: f64) -> f64 {
        self.scores.probability_below(self.foreseen, limit, self.subject)
    }

    /// How many past periods this rests on.
    pub fn periods(&self) -> usize {
        self.scores.count()
    }
}
