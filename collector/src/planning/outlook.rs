//! What is told of a peak that is still to come: its middle, its range, the probability that it
//! stays below a limit.

use super::scores::{Foreseen, Level, Range, Scores, Subject};

/// Halvings of a range in which an end is looked for: a part in a million of it.
const HALVINGS: usize = 20;

/// A peak that is foreseen, beside the scores of past ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outlook<'s> {
    /// Middle and spread.
    pub foreseen: Foreseen,
    pub(super) scores: &'s Scores,
    pub(super) subject: Subject,
    /// What came on top of past peaks whatever their rooms asked for, rising; empty if nothing
    /// ever does. Each of them may come again.
    pub(super) on_top: &'s [f64],
}

impl<'s> Outlook<'s> {
    /// Of what all follows from rooms.
    pub(super) fn of(foreseen: Foreseen, scores: &'s Scores, subject: Subject) -> Self {
        Self { foreseen, scores, subject, on_top: &[] }
    }

    /// The middle, in the unit of what was measured.
    pub fn expected(&self) -> f64 {
        let on_top = self.on_top.get(self.on_top.len() / 2).copied().unwrap_or(0.0);
        self.foreseen.expected * (self.foreseen.spread * self.scores.middle()).exp() + on_top
    }

    /// From low to high.
    pub fn range(&self, level: Level) -> Range {
        if self.on_top.is_empty() {
            return self.scores.range(self.foreseen, level, self.subject);
        }
        let (low, high) = level.ends();
        Range { low: self.not_passed(low), high: self.not_passed(high) }
    }

    /// The probability that the peak stays below a limit.
    pub fn probability_below(&self, limit: f64) -> f64 {
        let below = |limit| self.scores.probability_below(self.foreseen, limit, self.subject);
        if self.on_top.is_empty() {
            return below(limit);
        }
        let sum: f64 = self.on_top.iter().map(|on_top| below(limit - on_top)).sum();
        sum / self.on_top.len() as f64
    }

    /// How many past periods this rests on.
    pub fn periods(&self) -> usize {
        self.scores.count()
    }

    /// What the peak stays below with a probability.
    fn not_passed(&self, probability: f64) -> f64 {
        let wide = self.scores.range(self.foreseen, Level::NINETY_FIVE, self.subject);
        let most = self.on_top.last().copied().unwrap_or(0.0).max(0.0);
        let (mut low, mut high) = (0.0, wide.high + most);
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            if self.probability_below(middle) < probability {
                low = middle;
            } else {
                high = middle;
            }
        }
        f64::midpoint(low, high)
    }
}
