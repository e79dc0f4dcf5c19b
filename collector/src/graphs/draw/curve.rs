//! The lines of a graph, folded to the columns of a picture: where each has readings, and how high
//! they reach.

use super::Frame;
use crate::graphs::definition::{Shape, Side};
use crate::graphs::graph::{Graph, Line};
use crate::graphs::scale::LONGEST_AXIS;
use crate::query::{Column, fold};

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
        let columns = fold(&line.intervals, (graph.span.from_ms, graph.span.to_ms), count);
        let columns: Vec<_> = columns.into_iter().map(|column| drawable(column?)).collect();
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
