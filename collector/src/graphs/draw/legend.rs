//! The legend: a table of figures under the plot.

use plotters::prelude::DrawingBackend;
use plotters::style::Color;

use super::axes::Axis;
use super::pen::{Align, Lettering, Outcome, Pen, Point};
use super::{Frame, MARGIN};
use crate::graphs::figures::Prefix;
use crate::graphs::gather::{Graph, Line};

/// The heads of the columns, which share the room behind the names, and whether a narrow picture
/// has them too.
const HEADS: [(&str, bool); 6] = [
    ("now", true),
    ("min", false),
    ("mean", true),
    ("max", true),
    ("95th", false),
    ("total", true),
];
const NAME_WIDTH: f64 = 52.0;

/// The first row's distance from the plot, and that of the rows.
const FIRST_ROW: f64 = 39.0;
const ROW: f64 = 21.0;

/// The columns of a picture: which of the heads, and where each ends.
fn columns(frame: Frame) -> impl Iterator<Item = (usize, f64)> {
    let shown = move |column: &usize| HEADS[*column].1 || !frame.is_narrow();
    let count = (0..HEADS.len()).filter(shown).count();
    let first = frame.left + NAME_WIDTH;
    let width = (frame.right - first) / count as f64;
    let end = move |(place, column)| (column, first + width * (place as f64 + 1.0));
    (0..HEADS.len()).filter(shown).enumerate().map(end)
}

/// What stands where there is no reading.
const NOTHING: &str = "–";

pub fn draw<DB: DrawingBackend>(
    pen: &Pen<'_, DB>,
    frame: Frame,
    graph: &Graph,
    axis: &Axis,
) -> Outcome<DB> {
    let grey = Lettering::new(11.0, pen.palette.neutral, Align::Right);
    let top = frame.bottom + FIRST_ROW;
    for (column, x) in columns(frame) {
        pen.text(HEADS[column].0, Point(x, top), grey)?;
    }
    let unit = axis.prefix.unit("bit/s");
    pen.text(&unit, Point(frame.left, top), Lettering { align: Align::Left, ..grey })?;
    let rule = [Point(MARGIN, top + 10.0), Point(frame.right, top + 10.0)];
    pen.line(&rule, pen.palette.grid.to_rgba(), 0.5)?;
    for (number, line) in graph.lines.iter().enumerate() {
        row(pen, frame, (line, axis), top + ROW * (number as f64 + 1.0))?;
    }
    Ok(())
}

fn row<DB: DrawingBackend>(
    pen: &Pen<'_, DB>,
    frame: Frame,
    (line, axis): (&Line, &Axis),
    y: f64,
) -> Outcome<DB> {
    let colour = pen.palette.line(line.name);
    pen.rectangle(Point(MARGIN, y - 5.0), Point(MARGIN + 10.0, y + 5.0), colour.to_rgba())?;
    let text = Lettering::new(12.0, pen.palette.text, Align::Left);
    pen.text(line.name, Point(frame.left, y), text)?;
    let figures = line.statistics.map(|s| {
        let write = |rate: f64| axis.prefix.write(rate);
        let bytes = s.total / 8.0;
        let prefix = Prefix::for_largest(bytes);
        let total = format!("{} {}", prefix.write(bytes), prefix.unit("B"));
        let now = s.now.map_or_else(|| NOTHING.to_owned(), write);
        [now, write(s.min), write(s.mean), write(s.max), write(s.p95), total]
    });
    let figures = figures.unwrap_or_else(|| [NOTHING; 6].map(ToOwned::to_owned));
    for (column, x) in columns(frame) {
        pen.text(&figures[column], Point(x, y), Lettering { align: Align::Right, ..text })?;
    }
    Ok(())
}
