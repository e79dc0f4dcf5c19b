//! What was said beside what happened.

use std::collections::BTreeMap;

use headroom::planning::outlook::Outlook;
use headroom::planning::scores::Level;

use super::Target;

/// Limits beside what is expected, at which probabilities are said.
const LIMITS: [f64; 5] = [0.8, 0.95, 1.05, 1.2, 1.4];

/// One row of the table: a length of history and a target.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// How many peaks.
    pub peaks: usize,
    /// Those that the 80 % range held.
    pub held_80: usize,
    /// Those that the 95 % range held.
    pub held_95: usize,
    /// ln(peak / expected) of each.
    pub errors: Vec<f64>,
    /// ln(high / low) of the 80 % ranges.
    pub widths: Vec<f64>,
}

impl Cell {
    /// The share that a range held.
    pub fn share(&self, held: usize) -> f64 {
        held as f64 / (self.peaks as f64).max(1.0)
    }

    /// Two standard errors of such a share.
    pub fn two_errors(&self, held: usize) -> f64 {
        let share = self.share(held);
        2.0 * (share * (1.0 - share) / (self.peaks as f64).max(1.0)).sqrt()
    }

    /// The median error, relative.
    pub fn median_error(&self) -> f64 {
        let sizes: Vec<f64> = self.errors.iter().map(|error| error.abs()).collect();
        middle(&sizes).exp_m1()
    }

    /// How far peaks lie above what was expected of them in the median, relative.
    pub fn bias(&self) -> f64 {
        middle(&self.errors).exp_m1()
    }

    /// How wide the 80 % range is in the median, high over low.
    pub fn median_width(&self) -> f64 {
        middle(&self.widths).exp()
    }
}

/// All rows, and said probabilities beside what happened, in five bins, of days and of events.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// By history and target.
    pub cells: BTreeMap<(usize, Target), Cell>,
    /// Rows of days, then of events: said, happened, count.
    pub said: [[[f64; 3]; 5]; 2],
    /// Days of a history with enough scores (nine busy days) for a finite range.
    pub enough: Cell,
}

impl Tally {
    /// Adds a peak that was foreseen.
    pub fn add(&mut self, row: (usize, Target), outlook: &Outlook<'_>, peak: f64) {
        let cell = self.cells.entry(row).or_default();
        count(cell, outlook, peak);
        let is_event = usize::from(row.1 != Target::Day);
        if is_event == 0 && outlook.periods() >= 9 {
            count(&mut self.enough, outlook, peak);
        }
        for limit in LIMITS {
            let limit = limit * outlook.expected();
            let said = outlook.probability_below(limit);
            let bin = &mut self.said[is_event][((said * 5.0) as usize).min(4)];
            bin[0] += said;
            bin[1] += f64::from(u8::from(peak < limit));
            bin[2] += 1.0;
        }
    }
}

/// Counts a peak beside what was foreseen of it.
pub(super) fn count(cell: &mut Cell, outlook: &Outlook<'_>, peak: f64) {
    cell.peaks += 1;
    let eighty = outlook.range(Level::EIGHTY);
    cell.held_80 += usize::from(eighty.holds(peak));
    cell.held_95 += usize::from(outlook.range(Level::NINETY_FIVE).holds(peak));
    cell.errors.push((peak / outlook.expected()).ln());
    cell.widths.push((eighty.high / eighty.low).ln());
}

fn middle(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
