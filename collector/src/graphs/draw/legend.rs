//! The legend: a table of figures under the plot.

use plotters::prelude::DrawingBackend;
use plotters::style::{Color, RGBColor};

use super::axes::Axis;
use super::pen::{Align, Lettering, Outcome, Pen, Point};
use super::{Frame, MARGIN};
use crate::graphs::definition::Shape;
use crate::graphs::graph::{Graph, Line};
use crate::graphs::unit::{Total, Unit};

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

/// The column of what only some units have.
const TOTAL: usize = 5;

/// The room for names: that of short ones; for longer ones what they take, but never more than a
/// part of the picture.
const NAME_WIDTH: f64 = 52.0;
const SHORT_NAME: usize = 8;
const NAME_PART: f64 = 0.35;
/// Figures need the room of a narrow picture; names may reach into the first column, where they are
/// short.
const NAME_PART_NARROW: f64 = 0.26;

/// What stays free between two texts of a row.
const APART: f64 = 5.0;

/// Where names begin in a narrow picture, which has no room below the numbers of its axis.
const NAMES_NARROW: f64 = MARGIN + 16.0;

/// The size of names and figures.
const LETTERS: f64 = 12.0;

/// The first row's distance from the plot, and that of the rows.
const FIRST_ROW: f64 = 39.0;
const ROW: f64 = 21.0;

/// What lies under the last row, and where in it a line says what the figures are told from.
const FOOT: f64 = 27.0;
const FOOT_LINE: f64 = 19.0;

/// The height of the legend of so many lines.
pub fn height(lines: usize) -> f64 {
    FIRST_ROW + ROW * lines.max(1) as f64 + FOOT
}

/// The room for names in a picture.
fn name_room(frame: Frame, graph: &Graph) -> f64 {
    let text = Lettering::new(LETTERS, RGBColor(0, 0, 0), Align::Left);
    let names = graph.lines.iter().map(Line::words);
    let long = names.filter(|name| name.chars().count() > SHORT_NAME);
    let longest = long.map(|name| text.width(&name)).fold(NAME_WIDTH, f64::max);
    let part = if frame.is_narrow() { NAME_PART_NARROW } else { NAME_PART };
    longest.min(frame.width() * part)
}

/// Where names begin.
fn names(frame: Frame) -> f64 {
    if frame.is_narrow() { NAMES_NARROW } else { frame.left }
}

/// The columns of a picture: which of the heads, and where each ends.
fn columns(frame: Frame, graph: &Graph) -> Vec<(usize, f64)> {
    let totals = graph.definition.unit.total(0.0).is_some();
    let shown =
        |column: &usize| (HEADS[*column].1 || !frame.is_narrow()) && (*column != TOTAL || totals);
    let columns: Vec<usize> = (0..HEADS.len()).filter(shown).collect();
    let first = names(frame) + name_room(frame, graph);
    let width = (frame.right - first) / columns.len() as f64;
    let end = |(place, column)| (column, first + width * (place as f64 + 1.0));
    columns.into_iter().enumerate().map(end).collect()
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
    let columns = columns(frame, graph);
    for (column, x) in &columns {
        pen.text(HEADS[*column].0, Point(*x, top), grey)?;
    }
    let unit = axis.measure.name();
    pen.text(&unit, Point(names(frame), top), Lettering { align: Align::Left, ..grey })?;
    let rule = [Point(MARGIN, top + 10.0), Point(frame.right, top + 10.0)];
    pen.line(&rule, pen.palette.grid.to_rgba(), 0.5)?;
    let first = columns.first().map_or(frame.right, |(_, x)| *x);
    let width = columns.get(1).map_or(frame.right, |(_, x)| *x) - first;
    for (number, line) in graph.lines.iter().enumerate() {
        let y = top + ROW * (number as f64 + 1.0);
        sample(pen, line, y)?;
        let text = Lettering::new(LETTERS, pen.palette.text, Align::Left);
        let figures = figures(line, graph.definition.unit, axis);
        let mut left = name_room(frame, graph);
        for (place, (column, x)) in columns.iter().enumerate() {
            let right = Lettering { align: Align::Right, ..text };
            let figure = text.fitting(&figures[*column], width - APART);
            pen.text(&figure, Point(*x, y), right)?;
            if place == 0 {
                left = x - names(frame) - text.width(&figure) - APART;
            }
        }
        // A name may reach into the first column, as far as that is free.
        let name = text.fitting(&[line.words(), line.name.clone()], left);
        pen.text(&name, Point(names(frame), y), text)?;
    }
    let grey = Lettering { align: Align::Left, ..grey };
    let y = top + ROW * graph.lines.len().max(1) as f64 + FOOT_LINE;
    let words = grey.fitting(&graph.resolution(), frame.right - MARGIN);
    pen.text(&words, Point(MARGIN, y), grey)
}

/// A piece of the line: of its area, or of its edge where that is alone.
fn sample<DB: DrawingBackend>(pen: &Pen<'_, DB>, line: &Line, y: f64) -> Outcome<DB> {
    let colour = pen.palette.line(line.colour).to_rgba();
    let (left, right) = (MARGIN, MARGIN + 10.0);
    if line.colour.is_dashed() {
        pen.line(&[Point(left, y), Point(left + 4.0, y)], colour, 3.0)?;
        return pen.line(&[Point(right - 4.0, y), Point(right, y)], colour, 3.0);
    }
    match line.shape {
        Shape::Line => pen.line(&[Point(left, y), Point(right, y)], colour, 2.5),
        Shape::Area | Shape::Stack => {
            pen.rectangle(Point(left, y - 5.0), Point(right, y + 5.0), colour)
        }
    }
}

/// A figure in words, and shorter where there is no room for them.
type Texts = Vec<String>;

/// The figures of a line, one for each of the heads.
fn figures(line: &Line, unit: Unit, axis: &Axis) -> [Texts; HEADS.len()] {
    let Some(s) = line.statistics else { return [NOTHING; HEADS.len()].map(|n| vec![n.into()]) };
    let number = |value: f64| axis.measure.write(value);
    let short = |value: f64| format!("{:.0e}", axis.measure.scale(value));
    let usual = |value: f64| vec![number(value), short(value)];
    let bounded = |value: f64, words: &str, sign: &str, bounded: bool| {
        if !bounded {
            return usual(value);
        }
        let number = number(value);
        vec![
            format!("{words} {number}"),
            format!("{sign} {number}"),
            format!("{sign}{}", short(value)),
        ]
    };
    let total = |total: Total| std::iter::once(total.words()).chain(total.briefly()).collect();
    [
        s.now.map_or_else(|| vec![NOTHING.to_owned()], usual),
        bounded(s.min, "at least", "≥", line.certainty.is_at_least()),
        usual(s.mean),
        bounded(s.max, "at most", "≤", line.certainty.is_at_most()),
        usual(s.p95),
        unit.total(s.total).map_or_else(Texts::new, total),
    ]
}
