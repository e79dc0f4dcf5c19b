//! The lines of a graph: areas with their edge, edges alone, stacks, and the band from minimum to
//! maximum.

use plotters::prelude::DrawingBackend;
use plotters::style::Color;

use super::Frame;
use super::axes::Axis;
use super::pen::{Outcome, Pen, Point};
use crate::graphs::definition::{Shape, Side};
use crate::graphs::graph::{Graph, Line};
use crate::query::{Column, fold};

/// A line, folded to the columns of a picture.
pub struct Curve<'g> {
    line: &'g Line,
    columns: Vec<Option<Column>>,
    /// What it stands on in each column: zero, but in a stack.
    base: Vec<f64>,
}

/// The lines of a graph, one column for each point of the plot; finer, the eye sees one.
pub fn curves(graph: &Graph, frame: Frame) -> Vec<Curve<'_>> {
    let count = frame.width() as usize;
    let mut stacks = [vec![0.0; count], vec![0.0; count]];
    let mut curves = Vec::with_capacity(graph.lines.len());
    for line in &graph.lines {
        let columns = fold(&line.intervals, (graph.span.from_ms, graph.span.to_ms), count);
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

/// The greatest value on a side: what the scale has to hold.
pub fn highest(curves: &[Curve<'_>], side: Side) -> f64 {
    let of_side = curves.iter().filter(|curve| curve.line.side == side);
    of_side.map(Curve::highest).fold(0.0, f64::max)
}

impl Curve<'_> {
    fn highest(&self) -> f64 {
        if self.line.shape != Shape::Stack {
            return self.line.statistics.map_or(0.0, |figures| figures.max);
        }
        let tops = self.columns.iter().zip(&self.base);
        tops.filter_map(|(column, base)| Some((*column)?.mean + base)).fold(0.0, f64::max)
    }

    /// The stretches that have readings, with the column each begins at. Of a stack, those that have
    /// a height: the edge of nothing would lie on that of the line below.
    fn runs(&self) -> Vec<(usize, Vec<Column>)> {
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

pub fn draw<DB: DrawingBackend>(
    pen: &Pen<'_, DB>,
    frame: Frame,
    curves: &[Curve<'_>],
    axis: &Axis,
) -> Outcome<DB> {
    for curve in curves {
        for (start, run) in curve.runs() {
            stretch(pen, frame, axis, (curve, start, &run))?;
        }
    }
    Ok(())
}

fn stretch<DB: DrawingBackend>(
    pen: &Pen<'_, DB>,
    frame: Frame,
    axis: &Axis,
    (curve, start, run): (&Curve<'_>, usize, &[Column]),
) -> Outcome<DB> {
    let Curve { line, base, .. } = curve;
    let colour = pen.palette.line(line.colour);
    let sign = if line.side == Side::Above { 1.0 } else { -1.0 };
    let width = frame.width() / frame.width().floor();
    let base = &base[start..start + run.len()];
    let at = |offset: f64, value: f64| {
        Point(frame.left + (start as f64 + offset) * width, axis.y(frame, value * sign))
    };
    // A column is level over its width, so that a lone one is seen too.
    let edge = |value: &dyn Fn(&Column) -> f64| -> Vec<Point> {
        let middle = run.iter().zip(base).enumerate();
        let middle = middle.map(|(n, (column, base))| at(n as f64 + 0.5, base + value(column)));
        let end = |place: Option<(&Column, &f64)>, offset: f64| {
            place.map(|(column, base)| at(offset, base + value(column)))
        };
        let first = end(run.first().zip(base.first()), 0.0);
        let last = end(run.last().zip(base.last()), run.len() as f64);
        first.into_iter().chain(middle).chain(last).collect()
    };
    let mean = edge(&|column| column.mean);
    if line.shape == Shape::Stack {
        let mut body = mean.clone();
        body.extend(edge(&|_| 0.0).into_iter().rev());
        pen.polygon(&body, colour.mix(0.7))?;
        return pen.line(&mean, colour.to_rgba(), 1.0);
    }
    let mut band = edge(&|column| column.max);
    band.extend(edge(&|column| column.min).into_iter().rev());
    pen.polygon(&band, colour.mix(0.35))?;
    if line.shape == Shape::Line {
        // Before the areas of others an edge alone needs air around it.
        pen.line(&mean, pen.palette.paper.mix(0.6), 2.75)?;
        return pen.line(&mean, colour.to_rgba(), 1.25);
    }
    let zero = axis.y(frame, 0.0);
    let mut body = mean.clone();
    body.extend([at(run.len() as f64, 0.0), at(0.0, 0.0)].map(|Point(x, _)| Point(x, zero)));
    pen.polygon(&body, colour.mix(0.7))?;
    pen.line(&mean, colour.to_rgba(), 1.0)
}
