//! The traffic: areas with their edge, the band from minimum to maximum, and gaps as gaps.

use plotters::prelude::DrawingBackend;
use plotters::style::{Color, RGBAColor};

use super::Frame;
use super::axes::Axis;
use super::pen::{Align, Lettering, Outcome, Pen, Point};
use crate::graphs::definition::Side;
use crate::graphs::gather::{Graph, Line};
use crate::query::{Column, fold};

/// Gaps narrower than this get no hatching, wider than that a word too; in points.
const HATCHED_FROM: f64 = 3.0;
const NAMED_FROM: f64 = 48.0;
const NAMED_AT_LENGTH_FROM: f64 = 140.0;

const HATCH: f64 = 9.0;

pub fn areas<DB: DrawingBackend>(
    pen: &Pen<'_, DB>,
    frame: Frame,
    graph: &Graph,
    axis: &Axis,
) -> Outcome<DB> {
    for line in &graph.lines {
        // One column for each point; finer, the eye sees one.
        let count = frame.width() as usize;
        let columns = fold(&line.intervals, (graph.span.from_ms, graph.span.to_ms), count);
        for (start, run) in runs(&columns) {
            area(pen, frame, axis, (line, start, &run))?;
        }
    }
    Ok(())
}

fn area<DB: DrawingBackend>(
    pen: &Pen<'_, DB>,
    frame: Frame,
    axis: &Axis,
    (line, start, run): (&Line, usize, &[Column]),
) -> Outcome<DB> {
    let colour = pen.palette.line(line.name);
    let sign = if line.side == Side::Above { 1.0 } else { -1.0 };
    let width = frame.width() / frame.width().floor();
    let at = |offset: f64, value: f64| {
        Point(frame.left + (start as f64 + offset) * width, axis.y(frame, value * sign))
    };
    // A column is level over its width, so that a lone one is seen too.
    let edge = |value: fn(&Column) -> f64| -> Vec<Point> {
        let middle = run.iter().enumerate().map(|(n, c)| at(n as f64 + 0.5, value(c)));
        let first = run.first().map(|column| at(0.0, value(column)));
        let last = run.last().map(|column| at(run.len() as f64, value(column)));
        first.into_iter().chain(middle).chain(last).collect()
    };
    let mean = edge(|column| column.mean);
    let zero = axis.y(frame, 0.0);
    let mut body = mean.clone();
    body.extend([at(run.len() as f64, 0.0), at(0.0, 0.0)].map(|Point(x, _)| Point(x, zero)));
    let mut band = edge(|column| column.max);
    band.extend(edge(|column| column.min).into_iter().rev());
    pen.polygon(&band, colour.mix(0.35))?;
    pen.polygon(&body, colour.mix(0.7))?;
    pen.line(&mean, colour.to_rgba(), 1.0)
}

/// The stretches that have readings, with the column each begins at.
fn runs(columns: &[Option<Column>]) -> Vec<(usize, Vec<Column>)> {
    let mut runs: Vec<(usize, Vec<Column>)> = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        let Some(column) = column else { continue };
        match runs.last_mut() {
            Some((start, run)) if *start + run.len() == place => run.push(*column),
            _ => runs.push((place, vec![*column])),
        }
    }
    runs
}

/// Where nothing was read: empty, faintly hatched, with a word where there is room.
pub fn gaps<DB: DrawingBackend>(
    pen: &Pen<'_, DB>,
    frame: Frame,
    graph: &Graph,
    axis: &Axis,
) -> Outcome<DB> {
    // In the taller half, so that the line of zero does not strike the words out.
    let zero = axis.y(frame, 0.0);
    let above = zero - frame.top >= frame.bottom - zero;
    let height = f64::midpoint(zero, if above { frame.top } else { frame.bottom });
    let grey = pen.palette.neutral;
    let read = graph.last_ms().is_some();
    for (from, to) in unread(graph) {
        let (left, right) = (frame.x(graph, from), frame.x(graph, to));
        if right - left < HATCHED_FROM {
            continue;
        }
        hatch(pen, (frame, left, right), grey.mix(0.18))?;
        if right - left >= NAMED_FROM {
            let middle = Point(f64::midpoint(left, right), height);
            let until = graph.span.local(to).strftime("%H:%M");
            let first = read && from == graph.span.from_ms && right - left > NAMED_AT_LENGTH_FROM;
            let words = if first { format!("no data before {until}") } else { "no data".into() };
            plate(pen, &words, middle, Lettering::new(12.0, grey, Align::Middle))?;
        }
    }
    let bad = pen.palette.limit;
    for loss in &graph.losses {
        let (left, right) = (frame.x(graph, loss.first_ms), frame.x(graph, loss.last_ms));
        hatch(pen, (frame, left, right.max(left + 1.0)), bad.mix(0.3))?;
        if right - left >= NAMED_FROM {
            let middle = Point(f64::midpoint(left, right), frame.top + 24.0);
            plate(pen, "lost", middle, Lettering::new(12.0, bad, Align::Middle))?;
        }
    }
    Ok(())
}

/// A word on a patch of paper, so that hatching does not cross it.
fn plate<DB: DrawingBackend>(
    pen: &Pen<'_, DB>,
    word: &str,
    Point(x, y): Point,
    lettering: Lettering,
) -> Outcome<DB> {
    let half = word.chars().count() as f64 * lettering.size * 0.29 + 6.0;
    let paper = pen.palette.paper.to_rgba();
    pen.rectangle(Point(x - half, y - 10.0), Point(x + half, y + 10.0), paper)?;
    pen.text(word, Point(x, y), lettering)
}

/// The stretches of the span in which no line has a reading.
fn unread(graph: &Graph) -> Vec<(i64, i64)> {
    let mut covered: Vec<(i64, i64)> =
        graph.lines.iter().flat_map(|l| &l.intervals).map(|i| (i.from_ms, i.to_ms)).collect();
    covered.sort_unstable();
    let mut gaps = Vec::new();
    let mut until = graph.span.from_ms;
    for (from, to) in covered {
        if from > until {
            gaps.push((until, from));
        }
        until = until.max(to);
    }
    gaps.push((until, graph.span.to_ms));
    gaps.retain(|(from, to)| to > from);
    gaps
}

/// Lines that rise to the right, cut at the sides.
fn hatch<DB: DrawingBackend>(
    pen: &Pen<'_, DB>,
    (frame, left, right): (Frame, f64, f64),
    colour: RGBAColor,
) -> Outcome<DB> {
    let height = frame.height();
    // Aligned to the picture, so that the hatching of neighbouring gaps is one pattern.
    let first = ((left - height) / HATCH).floor() as i64;
    let last = (right / HATCH).ceil() as i64;
    for foot in (first..=last).map(|number| number as f64 * HATCH) {
        let (begin, end) = (foot.max(left), (foot + height).min(right));
        if end > begin {
            let y = |x: f64| frame.bottom - (x - foot);
            pen.line(&[Point(begin, y(begin)), Point(end, y(end))], colour, 0.5)?;
        }
    }
    Ok(())
}
