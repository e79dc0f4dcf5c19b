//! The lines of a graph: areas with their edge, edges alone, stacks, and the band from minimum to
//! maximum.

use plotters::prelude::DrawingBackend;
use plotters::style::Color;

use super::Frame;
use super::axes::Axis;
use super::curve::Curve;
use super::pen::{Outcome, Pen, Point};
use crate::graphs::definition::{Shape, Side};
use crate::query::Column;

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
