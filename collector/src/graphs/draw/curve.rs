//! The lines of a graph, folded to the columns of a picture: where each has readings, and how high
//! they reach.

use super::Frame;
use crate::graphs::definition::{Shape, Side};
use crate::graphs::graph::{Graph, Line};
use crate::graphs::period::Span;
use crate::graphs::scale::LONGEST_AXIS;
use crate::graphs::ticks::pieces;
use crate::query::{Column, Interval, fold};

/// A line, folded to the columns of a picture.
pub struct Curve<'g> {
    pub line: &'g Line,
    columns: Vec<Option<Column>>,
    /// What it stands on in each column: zero, but in a stack.
    pub base: Vec<f64>,
}

/// The lines of a graph, one column for each point of the plot; finer, the eye sees one.
pub fn curves(graph: &Graph, frame: Frame) -> Vec<Curve<'_>> {
    let count = frame.width() as usize;
    let mut stacks = [vec![0.0; count], vec![0.0; count]];
    let mut curves = Vec::with_capacity(graph.lines.len());
    for line in &graph.lines {
        let columns = columns(line, &graph.span, count);
        let mut base = vec![0.0; count];
        if line.shape == Shape::Stack {
            let stack = &mut stacks[usize::from(line.side == Side::Below)];
            base.clone_from(stack);
            for (height, column) in stack.iter_mut().zip(&columns) {
                *height += column.map_or(0.0, |column| column.mean);
            }
        }
        curves.push(Curve { line, columns, base });
    }
    curves
}

/// A line in so many columns of equal width. Where whole days or weeks fit side by side, each column
/// says what its day or week was: beside each other, peaks of hours would be spikes that nobody can
/// tell apart. Gaps stay as wide as they are.
fn columns(line: &Line, span: &Span, count: usize) -> Vec<Option<Column>> {
    let columns = fold(&line.intervals, (span.from_ms, span.to_ms), count);
    let mut columns: Vec<_> = columns.into_iter().map(|column| drawable(column?)).collect();
    let ends = pieces(span);
    for piece in ends.windows(2) {
        let (from_ms, to_ms) = (piece[0], piece[1]);
        let first = line.intervals.partition_point(|interval| interval.to_ms <= from_ms);
        let behind = &line.intervals[first..];
        let last = behind.partition_point(|interval| interval.from_ms < to_ms);
        let read = behind[..last].iter().filter(|interval| !interval.mean.is_nan());
        let read: Vec<Interval> = read.copied().collect();
        let whole = fold(&read, (from_ms, to_ms), 1).pop().flatten().and_then(drawable);
        let place = |at_ms: i64| {
            let part = (at_ms - span.from_ms) as f64 / (span.to_ms - span.from_ms) as f64;
            ((part * count as f64).round().max(0.0) as usize).min(count)
        };
        for column in &mut columns[place(from_ms)..place(to_ms)] {
            *column = column.and(whole);
        }
    }
    columns
}

/// A column as far as it can be drawn: what is no number is no reading, and what no axis holds ends
/// where the longest does.
fn drawable(Column { min, mean, max }: Column) -> Option<Column> {
    let figures = [min, mean, max];
    let is_read = !figures.iter().any(|figure| figure.is_nan());
    let [min, mean, max] = figures.map(|figure| figure.clamp(-LONGEST_AXIS, LONGEST_AXIS));
    is_read.then_some(Column { min, mean, max })
}

/// The greatest value on a side: what the scale has to hold.
pub fn highest(curves: &[Curve<'_>], side: Side) -> f64 {
    let of_side = curves.iter().filter(|curve| curve.line.side == side);
    of_side.map(Curve::highest).fold(0.0, f64::max)
}

impl Curve<'_> {
    fn highest(&self) -> f64 {
        // What the legend says lies within the picture, also of a stack that is drawn by its means.
        let said = self.line.statistics.map_or(0.0, |figures| figures.max);
        if self.line.shape != Shape::Stack {
            return said;
        }
        let tops = self.columns.iter().zip(&self.base);
        tops.filter_map(|(column, base)| Some((*column)?.mean + base)).fold(said, f64::max)
    }

    /// The stretches that have readings, with the column each begins at. Of a stack, those that have
    /// a height: the edge of nothing would lie on that of the line below.
    pub fn runs(&self) -> Vec<(usize, Vec<Column>)> {
        let mut runs: Vec<(usize, Vec<Column>)> = Vec::new();
        for (place, column) in self.columns.iter().enumerate() {
            let flat = |column: &Column| self.line.shape == Shape::Stack && column.mean <= 0.0;
            let Some(column) = column.filter(|column| !flat(column)) else { continue };
            match runs.last_mut() {
                Some((start, run)) if *start + run.len() == place => run.push(column),
                _ => runs.push((place, vec![column])),
            }
        }
        runs
    }
}
