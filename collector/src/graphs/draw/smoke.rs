//! The smoke of a path, as SmokePing draws it: grey where round trips lie, the darker the more, the median
//! before it in the colour of what was lost, and a bar on the axis as high as that part; under the legend
//! what the colours say.

use plotters::prelude::DrawingBackend;
use plotters::style::Color;

use super::axes::Axis;
use super::pen::{Align, Lettering, Outcome, Pen, Point};
use super::{Frame, MARGIN};
use crate::graphs::graph::Graph;
use crate::latency::{Cell, LOSS_CLASSES, Smoke, loss_class};

/// Which quantiles a shade lies between, and how dark it is; they lie over each other.
const SHADES: [(usize, usize, f64); 5] =
    [(0, 20, 0.16), (1, 19, 0.14), (3, 17, 0.14), (5, 15, 0.16), (7, 13, 0.18)];

/// Cells narrower than this are joined by slopes, wider ones by steps, in points.
const STEPPED_FROM: f64 = 3.0;

/// The width of the median, and of the air around it.
const MEDIAN: f64 = 1.8;
const AIR: f64 = 1.4;

/// The bar of loss: how high the least is, and how much higher all.
const LEAST_BAR: f64 = 3.0;
const WHOLE_BAR: f64 = 21.0;

/// The height of the row that says what colours mean, and where in it the words stand.
pub const KEY: f64 = 20.0;
const KEY_LINE: f64 = 8.0;

/// The size of a colour in it.
const SWATCH: f64 = 8.0;

pub fn draw<DB: DrawingBackend>(pen: &Pen<'_, DB>, place: Place<'_>, smoke: &Smoke) -> Outcome<DB> {
    let frame = place.frame;
    let runs = runs(smoke);
    for run in &runs {
        for (low, high, shade) in SHADES {
            let mut body = place.edge(run, low);
            body.extend(place.edge(run, high).into_iter().rev());
            pen.polygon(&body, pen.palette.neutral.mix(shade))?;
        }
    }
    for run in &runs {
        let middle = place.edge(run, 10);
        pen.line(&middle, pen.palette.paper.to_rgba(), MEDIAN + AIR)?;
    }
    for run in &runs {
        for (same, next) in alike(run) {
            let mut median = place.edge(same, 10);
            // It reaches to the next colour, so that there is no hole in it.
            median.extend(
                next.and_then(|next| place.edge(std::slice::from_ref(next), 10).first().copied()),
            );
            let colour = pen.palette.losses[class(&same[0])];
            pen.line(&median, colour.to_rgba(), MEDIAN)?;
        }
    }
    for cell in smoke.cells.iter().filter(|cell| cell.received < cell.sent) {
        let (left, right) = (place.x(cell.from_ms), place.x(cell.to_ms));
        let height = LEAST_BAR + WHOLE_BAR * cell.loss_ratio().unwrap_or_default();
        let (top, corner) = (frame.bottom - height, Point(right.max(left + 1.0), frame.bottom));
        pen.rectangle(Point(left, top), corner, pen.palette.losses[class(cell)].to_rgba())?;
    }
    Ok(())
}

fn class(cell: &Cell) -> usize {
    loss_class(cell.sent, cell.received)
}

/// Cells with round trips that lie next to each other.
fn runs(smoke: &Smoke) -> Vec<&[Cell]> {
    let joins = |one: &Cell, next: &Cell| {
        let near = next.from_ms - one.to_ms <= (one.to_ms - one.from_ms) / 2;
        near && one.quantiles_us.is_some() == next.quantiles_us.is_some()
    };
    let runs = smoke.cells.chunk_by(joins);
    runs.filter(|run| run.iter().all(|cell| cell.quantiles_us.is_some())).collect()
}

/// Stretches of a run of which the same part was lost, each with the cell behind it.
fn alike(run: &[Cell]) -> impl Iterator<Item = (&[Cell], Option<&Cell>)> {
    let mut behind = 0;
    run.chunk_by(|one, next| class(one) == class(next)).map(move |same| {
        behind += same.len();
        (same, run.get(behind))
    })
}

/// Where cells lie.
#[derive(Clone, Copy)]
pub struct Place<'g> {
    pub graph: &'g Graph,
    pub frame: Frame,
    pub axis: &'g Axis,
}

impl Place<'_> {
    fn x(&self, at_ms: i64) -> f64 {
        self.frame.x(self.graph, at_ms)
    }

    /// A quantile of cells, from the beginning of the first to the end of the last.
    fn edge(&self, cells: &[Cell], quantile: usize) -> Vec<Point> {
        let mut points = Vec::with_capacity(cells.len() * 2);
        for (place, cell) in cells.iter().enumerate() {
            let seconds = cell.quantiles_us.map_or(0.0, |all| f64::from(all[quantile]) / 1e6);
            let y = self.axis.y(self.frame, seconds).clamp(self.frame.top, self.frame.bottom);
            let (left, right) = (self.x(cell.from_ms), self.x(cell.to_ms));
            let last = place + 1 == cells.len();
            if right - left >= STEPPED_FROM || cells.len() == 1 {
                points.extend([Point(left, y), Point(right, y)]);
                continue;
            }
            points.extend((place == 0).then_some(Point(left, y)));
            points.push(Point(f64::midpoint(left, right), y));
            points.extend(last.then_some(Point(right, y)));
        }
        points
    }
}

/// What the colours say, in a row under the legend, whose middle lies at `y`.
pub fn key<DB: DrawingBackend>(pen: &Pen<'_, DB>, frame: Frame, top: f64) -> Outcome<DB> {
    let grey = Lettering::new(11.0, pen.palette.neutral, Align::Left);
    let y = top + KEY_LINE;
    let head = "lost:";
    pen.text(head, Point(MARGIN, y), grey)?;
    let mut left = MARGIN + grey.width(head) + 6.0;
    let width = (frame.right - left) / LOSS_CLASSES.len() as f64;
    let width = width.min(74.0);
    for (words, colour) in LOSS_CLASSES.iter().zip(pen.palette.losses) {
        let (upper, lower) = (y - SWATCH / 2.0, y + SWATCH / 2.0);
        pen.rectangle(Point(left, upper), Point(left + SWATCH, lower), colour.to_rgba())?;
        let texts = [words.long.to_owned(), words.short.to_owned()];
        let text = grey.fitting(&texts, width - SWATCH - 5.0);
        pen.text(&text, Point(left + SWATCH + 3.0, y), grey)?;
        left += width;
    }
    Ok(())
}
