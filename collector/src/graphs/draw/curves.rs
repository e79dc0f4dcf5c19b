//! The lines of a graph: areas with their edge, edges alone, stacks, and the band from minimum to
//! maximum. What is filled lies behind all lines, and a line before what is filled has air around it,
//! so that each stands out from what lies behind it.

use plotters::prelude::DrawingBackend;
use plotters::style::{Color, RGBColor};

use super::Frame;
use super::axes::Axis;
use super::curve::Curve;
use super::pen::{Outcome, Pen, Point};
use crate::graphs::definition::{Shape, Side};
use crate::query::Column;

/// How much of its colour an area has, and one before which lines of others stand.
const FILL: f64 = 0.7;
const FILL_BEHIND_LINES: f64 = 0.3;

/// How much of its colour the band from minimum to maximum has.
const BAND: f64 = 0.25;

/// The width of lines, and of the air around those that stand before something.
const EDGE: f64 = 1.0;
const LINE: f64 = 1.4;
const AIR: f64 = 1.6;

pub fn draw<DB: DrawingBackend>(
    pen: &Pen<'_, DB>,
    frame: Frame,
    curves: &[Curve<'_>],
    axis: &Axis,
) -> Outcome<DB> {
    let runs = |curve| runs_of(curve, frame, axis);
    let all: Vec<Stretch<'_>> = curves.iter().flat_map(runs).collect();
    let of = |shape: Shape| all.iter().filter(move |one| one.curve.line.shape == shape);
    let crossed = of(Shape::Line).next().is_some();
    let fill = if crossed { FILL_BEHIND_LINES } else { FILL };
    for one in &all {
        one.fill(pen, fill)?;
    }
    for one in of(Shape::Area) {
        one.line(pen, EDGE)?;
    }
    for shape in [Shape::Stack, Shape::Line] {
        let width = if shape == Shape::Line { LINE } else { EDGE };
        for one in of(shape) {
            pen.line(&one.mean(), pen.palette.paper.to_rgba(), width + AIR)?;
        }
        for one in of(shape) {
            one.line(pen, width)?;
        }
    }
    Ok(())
}

/// A stretch of a line in which each column has a reading.
struct Stretch<'c> {
    curve: &'c Curve<'c>,
    frame: Frame,
    axis: &'c Axis,
    start: usize,
    run: Vec<Column>,
}

fn runs_of<'c>(curve: &'c Curve<'c>, frame: Frame, axis: &'c Axis) -> Vec<Stretch<'c>> {
    let stretch = |(start, run)| Stretch { curve, frame, axis, start, run };
    curve.runs().into_iter().map(stretch).collect()
}

impl Stretch<'_> {
    fn colour<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> RGBColor {
        pen.palette.line(self.curve.line.colour)
    }

    fn base(&self) -> &[f64] {
        &self.curve.base[self.start..self.start + self.run.len()]
    }

    /// The place of a value, so many columns behind the beginning.
    fn at(&self, offset: f64, value: f64) -> Point {
        let width = self.frame.width() / self.frame.width().floor();
        let sign = if self.curve.line.side == Side::Above { 1.0 } else { -1.0 };
        let x = self.frame.left + (self.start as f64 + offset) * width;
        Point(x, self.axis.y(self.frame, value * sign))
    }

    /// A figure of each column, which is level over its width, so that a lone one is seen too.
    fn edge(&self, value: impl Fn(&Column) -> f64) -> Vec<Point> {
        let values = self.run.iter().zip(self.base()).map(|(column, base)| base + value(column));
        let values: Vec<f64> = values.collect();
        let middle = values.iter().enumerate().map(|(n, value)| self.at(n as f64 + 0.5, *value));
        let first = values.first().map(|value| self.at(0.0, *value));
        let last = values.last().map(|value| self.at(values.len() as f64, *value));
        first.into_iter().chain(middle).chain(last).collect()
    }

    fn mean(&self) -> Vec<Point> {
        self.edge(|column| column.mean)
    }

    fn fill<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>, fill: f64) -> Outcome<DB> {
        let colour = self.colour(pen);
        match self.curve.line.shape {
            Shape::Stack => {
                let mut body = self.mean();
                body.extend(self.edge(|_| 0.0).into_iter().rev());
                return pen.polygon(&body, colour.mix(fill));
            }
            Shape::Area => {
                let mut body = self.mean();
                body.extend([self.at(self.run.len() as f64, 0.0), self.at(0.0, 0.0)]);
                pen.polygon(&body, colour.mix(fill))?;
            }
            Shape::Line => {}
        }
        let mut band = self.edge(|column| column.max);
        band.extend(self.edge(|column| column.min).into_iter().rev());
        pen.polygon(&band, colour.mix(BAND))
    }

    fn line<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>, width: f64) -> Outcome<DB> {
        let colour = self.colour(pen).to_rgba();
        if self.curve.line.colour.is_dashed() {
            return pen.strokes(&self.mean(), colour, width);
        }
        pen.line(&self.mean(), colour, width)
    }
}
