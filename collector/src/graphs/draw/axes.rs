//! Title, grid, time and limit: everything of the picture but the lines themselves.

use plotters::prelude::DrawingBackend;
use plotters::style::Color;

use super::curve::{Curve, highest};
use super::pen::{Align, Lettering, Outcome, Pen, Point};
use super::{Frame, MARGIN};
use crate::graphs::definition::{Of, Reach, Side};
use crate::graphs::figures::significant;
use crate::graphs::graph::Graph;
use crate::graphs::scale::{Extent, Scale};
use crate::graphs::ticks::{quiet, ticks};
use crate::graphs::unit::Measure;

/// The limit belongs into the picture once the load passes this part of it.
const LIMIT_SHOWN_FROM: f64 = 0.25;

/// What is longer is written with an exponent.
const MOST_DIGITS: f64 = 1e9;

/// The room that a word under the axis takes, in points.
const WORD: f64 = 44.0;

/// The room of the arrow to a limit that lies out of the picture, in points.
const ARROW: f64 = 11.0;

/// What stays free between two texts on one line, in points.
const GUTTER: f64 = 16.0;

/// The axis of values of one graph.
pub struct Axis {
    pub measure: Measure,
    scale: Scale,
    limit_shown: bool,
}

impl Axis {
    pub fn of(graph: &Graph, frame: Frame, curves: &[Curve<'_>]) -> Self {
        let (above, below) = (highest(curves, Side::Above), highest(curves, Side::Below));
        let highest = above.max(below);
        let whole = graph.definition.reach == Reach::Whole;
        let limit = graph.limit.filter(|limit| whole || highest >= limit * LIMIT_SHOWN_FROM);
        let measure = graph.definition.unit.measure(limit.unwrap_or(highest));
        let top = limit.map_or(above, |limit| above.max(limit));
        let of_whole = graph.definition.unit.whole().filter(|_| whole);
        let top = of_whole.map_or(top, |whole| top.max(whole));
        let extent = Extent {
            above: measure.scale(top),
            below: graph.is_mirrored().then(|| measure.scale(below)),
            lines: frame.lines(),
            least_step: measure.least_step(),
            most: measure.most(),
        };
        Self { measure, scale: Scale::holding(extent), limit_shown: limit.is_some() }
    }

    /// The height nearest to `y` that is midway between two lines of the grid.
    pub fn between_lines(&self, frame: Frame, y: f64) -> f64 {
        let lines = self.scale.lines();
        let place = |value: f64| frame.top + frame.height() * self.scale.place(value);
        let middles = lines.windows(2).map(|pair| f64::midpoint(place(pair[0]), place(pair[1])));
        middles.min_by(|a, b| (a - y).abs().total_cmp(&(b - y).abs())).unwrap_or(y)
    }

    /// The place of a value in the graph's unit; what goes down is negative.
    pub fn y(&self, frame: Frame, value: f64) -> f64 {
        frame.top + frame.height() * self.scale.place(self.measure.scale(value))
    }
}

pub fn title<DB: DrawingBackend>(
    pen: &Pen<'_, DB>,
    frame: Frame,
    graph: &Graph,
    axis: &Axis,
) -> Outcome<DB> {
    let text = Lettering::new(15.0, pen.palette.text, Align::Left).bold();
    let grey = Lettering::new(12.0, pen.palette.neutral, Align::Right);
    let width = frame.right - MARGIN;
    let unit = axis.measure.name();
    let titles = titles(graph);
    let title = text.fitting(&titles, width - grey.width(&unit) - GUTTER);
    pen.text(&title, Point(MARGIN, 18.0), text)?;
    let mut units = vec![unit.clone()];
    if graph.definition.is_of_links() {
        units.insert(0, format!("{} in {unit}", graph.definition.title));
    }
    if !frame.says_when {
        units.insert(0, format!("{} · {}", graph.span.describe_briefly(), units[0]));
    }
    let unit = grey.fitting(&units, width - text.width(&title) - GUTTER);
    pen.text(&unit, Point(frame.right, 18.0), grey)?;
    if !frame.says_when {
        return Ok(());
    }
    let grey = Lettering { align: Align::Left, size: 11.0, ..grey };
    let times = [graph.span.describe(), graph.span.describe_briefly()];
    let times = grey.fitting(&times, width);
    pen.text(&times, Point(MARGIN, 37.0), grey)?;
    updated(pen, frame, graph, width - grey.width(&times))
}

/// What the picture is of, in more and in fewer words.
fn titles(graph: &Graph) -> Vec<String> {
    let whom = match graph.definition.of() {
        Of::Host | Of::Tenant => graph.whom.clone(),
        Of::All => "all hosts".into(),
    };
    let (subject, span) = (graph.subject(), graph.span.name);
    let joined = |words: &[&str]| {
        let words: Vec<&str> = words.iter().copied().filter(|word| !word.is_empty()).collect();
        words.join(" · ")
    };
    // A device may be left out, what the picture shows may not.
    let full = joined(&[&whom, &subject, span]);
    if graph.definition.is_of_links() {
        return vec![full, joined(&[&whom, span])];
    }
    vec![full, joined(&[&whom, &subject]), subject]
}

/// The moment of the newest reading, if there is room for it.
fn updated<DB: DrawingBackend>(
    pen: &Pen<'_, DB>,
    frame: Frame,
    graph: &Graph,
    width: f64,
) -> Outcome<DB> {
    let Some(last) = graph.last_ms() else { return Ok(()) };
    let grey = Lettering::new(11.0, pen.palette.neutral, Align::Right);
    let words = format!("updated {}", graph.span.local(last).strftime("%H:%M:%S"));
    if grey.width(&words) + GUTTER > width {
        return Ok(());
    }
    pen.text(&words, Point(frame.right, 37.0), grey)
}

/// Nights and weekends as a faint band.
pub fn time_bands<DB: DrawingBackend>(
    pen: &Pen<'_, DB>,
    frame: Frame,
    graph: &Graph,
) -> Outcome<DB> {
    for (from, to) in quiet(&graph.span) {
        let (left, right) = (frame.x(graph, from), frame.x(graph, to));
        let colour = pen.palette.band.into();
        pen.rectangle(Point(left, frame.top), Point(right, frame.bottom), colour)?;
    }
    Ok(())
}

/// Few lines on round values, and their numbers.
pub fn grid<DB: DrawingBackend>(pen: &Pen<'_, DB>, frame: Frame, axis: &Axis) -> Outcome<DB> {
    let grey = Lettering::new(11.0, pen.palette.neutral, Align::Right);
    for value in axis.scale.lines() {
        let y = frame.top + frame.height() * axis.scale.place(value);
        let ends = [Point(frame.left, y), Point(frame.right, y)];
        pen.line(&ends, pen.palette.grid.to_rgba(), 0.5)?;
        pen.text(&label(value.abs(), axis.scale.step), Point(frame.left - 8.0, y), grey)?;
    }
    Ok(())
}

/// As many decimals as the step has, so that all labels look alike.
fn label(value: f64, step: f64) -> String {
    if value >= MOST_DIGITS {
        return significant(value);
    }
    let decimals = (0..6).find(|n| {
        let scaled = step * 10f64.powi(*n);
        (scaled - scaled.round()).abs() < 1e-6
    });
    match decimals {
        Some(decimals) => format!("{value:.*}", decimals as usize),
        None => significant(value),
    }
}

/// Zero, the strongest line, and which way is which if there are two.
pub fn zero<DB: DrawingBackend>(
    pen: &Pen<'_, DB>,
    frame: Frame,
    graph: &Graph,
    axis: &Axis,
) -> Outcome<DB> {
    let y = axis.y(frame, 0.0);
    let ends = [Point(frame.left, y), Point(frame.right, y)];
    pen.line(&ends, pen.palette.text.to_rgba(), 1.0)?;
    if !graph.is_mirrored() {
        return Ok(());
    }
    let heights = [(Side::Above, frame.top + 9.0), (Side::Below, frame.bottom - 9.0)];
    for (side, y) in heights {
        let Some(line) = graph.lines.iter().find(|line| line.side == side) else { continue };
        let word = Lettering::new(11.0, pen.palette.line(line.colour), Align::Left);
        pen.text(&line.name, Point(frame.left + 6.0, y), word)?;
    }
    Ok(())
}

/// The limit as a thin line with its name at its right end; out of the picture, as a word.
pub fn limit<DB: DrawingBackend>(
    pen: &Pen<'_, DB>,
    frame: Frame,
    graph: &Graph,
    axis: &Axis,
) -> Outcome<DB> {
    let (Some(limit), Some(definition)) = (graph.limit, &graph.definition.limit) else {
        return Ok(());
    };
    let colour = pen.palette.limit;
    let text = Lettering::new(11.0, colour, Align::Right);
    let measure = graph.definition.unit.measure(limit);
    let words = format!("{} {} {}", definition.name, measure.write(limit), measure.name());
    // The line of the newest reading must not strike the words out.
    let newest = graph.last_ms().map(|last| frame.x(graph, last) - 6.0);
    let end = frame.right - 4.0;
    let begin = end - text.width(&words) - ARROW - 6.0;
    let end = newest.filter(|x| (begin..end).contains(x)).unwrap_or(end);
    let wide = text.width(&words);
    if axis.limit_shown {
        let y = axis.y(frame, limit);
        pen.line(&[Point(frame.left, y), Point(frame.right, y)], colour.to_rgba(), 1.0)?;
        clear(pen, graph, (end - wide, end), y - 8.0)?;
        return pen.text(&words, Point(end, y - 8.0), text);
    }
    let (x, y) = (end, frame.top + 9.0);
    clear(pen, graph, (end - wide - ARROW, end), y)?;
    let arrow = [Point(x - 6.0, y + 1.0), Point(x, y + 1.0), Point(x - 3.0, y - 5.0)];
    pen.polygon(&arrow, colour.to_rgba())?;
    pen.text(&words, Point(x - ARROW, y), text)
}

/// Clears a place for words that may stand before a line of the graph, which traffic rarely is high
/// enough for.
fn clear<DB: DrawingBackend>(
    pen: &Pen<'_, DB>,
    graph: &Graph,
    (left, right): (f64, f64),
    y: f64,
) -> Outcome<DB> {
    if graph.definition.is_of_links() {
        return Ok(());
    }
    let colour = pen.palette.paper.mix(0.75);
    pen.rectangle(Point(left - 2.0, y - 7.0), Point(right + 2.0, y + 6.0), colour)
}

/// Marks and words below, and a line at the newest reading.
pub fn time<DB: DrawingBackend>(pen: &Pen<'_, DB>, frame: Frame, graph: &Graph) -> Outcome<DB> {
    let grey = Lettering::new(11.0, pen.palette.neutral, Align::Middle);
    let ticks = ticks(&graph.span);
    // Where marks stand closer than words, every second or third has one.
    let distance = frame.width() / ticks.len().max(1) as f64;
    let every = (WORD / distance).ceil().max(1.0) as usize;
    for (number, tick) in ticks.iter().enumerate() {
        let x = frame.x(graph, tick.at_ms);
        let ends = [Point(x, frame.bottom), Point(x, frame.bottom + 4.0)];
        pen.line(&ends, pen.palette.neutral.to_rgba(), 0.5)?;
        // Words at the very edges would leave the picture.
        let inside = x > frame.left + 12.0 && x < frame.right - 12.0;
        if inside && number % every == 0 {
            pen.text(&tick.label, Point(x, frame.bottom + 13.0), grey)?;
        }
    }
    let Some(last) = graph.last_ms() else { return Ok(()) };
    let x = frame.x(graph, last);
    let colour = pen.palette.neutral.to_rgba();
    pen.dashed(Point(x, frame.top), Point(x, frame.bottom), colour)
}
