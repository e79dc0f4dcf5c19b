//! What of the plot is taken, by data, lines and words, and where a word finds room. Nothing that is
//! written in a plot lies on anything that is drawn in it.

use std::ops::Range;

use super::Frame;
use super::axes::Axis;
use super::curve::Curve;
use crate::graphs::definition::{Shape, Side};

/// A part of the picture, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Patch {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

/// From which end of the plot a word looks for room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    Left,
    Right,
}

/// What is taken of a plot.
pub struct Room {
    frame: Frame,
    /// By column of the plot: from which height to which.
    covered: Vec<Vec<(f64, f64)>>,
    taken: Vec<Patch>,
}

/// What stays free around data, and how far a word is moved at a time.
const AIR: f64 = 2.0;
const STEP: f64 = 4.0;

/// What stays free between a word and the ends of the plot.
const INSET: f64 = 6.0;

impl Patch {
    pub fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}

impl Room {
    /// What the data of a graph take.
    pub fn beside(curves: &[Curve<'_>], frame: Frame, axis: &Axis) -> Self {
        let mut covered = vec![Vec::new(); frame.width() as usize];
        for curve in curves {
            let sign = if curve.line.side == Side::Above { 1.0 } else { -1.0 };
            for (start, run) in curve.runs() {
                let places = covered[start..].iter_mut().zip(&curve.base[start..]);
                for (column, (place, base)) in run.iter().zip(places) {
                    let (low, high) = match curve.line.shape {
                        Shape::Area => (column.min.min(0.0), column.max.max(0.0)),
                        Shape::Line => (column.min, column.max),
                        Shape::Stack => (*base, base + column.mean),
                    };
                    let ends = [low, high].map(|value| axis.y(frame, value * sign));
                    place.push((ends[0].min(ends[1]) - AIR, ends[0].max(ends[1]) + AIR));
                }
            }
        }
        Self { frame, covered, taken: Vec::new() }
    }

    pub fn take(&mut self, patch: Patch) {
        self.taken.push(patch);
    }

    pub fn is_free(&self, patch: &Patch) -> bool {
        if self.taken.iter().any(|taken| taken.overlaps(patch)) {
            return false;
        }
        let place = |x: f64| {
            let column = (x - self.frame.left) / self.frame.width() * self.covered.len() as f64;
            column.clamp(0.0, self.covered.len() as f64)
        };
        // The line of a column ends in the middle of its neighbour.
        let first = (place(patch.left).floor() as usize).saturating_sub(1);
        let last = (place(patch.right).ceil() as usize + 1).min(self.covered.len());
        let mut ends = self.covered[first..last].iter().flatten();
        !ends.any(|(top, bottom)| *top < patch.bottom && patch.top < *bottom)
            && !self.crosses(first..last, patch)
    }

    /// Whether a line from one column to the next passes through, though it stands in neither.
    fn crosses(&self, columns: Range<usize>, patch: &Patch) -> bool {
        self.covered[columns].windows(2).any(|pair| {
            let both = pair[0].iter().zip(&pair[1]);
            both.into_iter().any(|(one, other)| {
                one.0.min(other.0) < patch.bottom && patch.top < one.1.max(other.1)
            })
        })
    }

    /// The first place at that height that is free for something so wide and so high.
    pub fn at_height(&self, y: f64, (wide, high): (f64, f64), from: From) -> Option<Patch> {
        let Frame { left, right, .. } = self.frame;
        let (first, last) = (left + INSET, right - INSET - wide);
        let steps = ((last - first) / STEP).floor();
        let place = |step: usize| match from {
            From::Left => first + step as f64 * STEP,
            From::Right => last - step as f64 * STEP,
        };
        let patch = |left: f64| {
            let (top, bottom) = (y - high / 2.0, y + high / 2.0);
            Patch { left, right: left + wide, top, bottom }
        };
        let count = if steps < 0.0 { 0 } else { steps as usize + 1 };
        (0..count).map(|step| patch(place(step))).find(|patch| self.is_free(patch))
    }
}
