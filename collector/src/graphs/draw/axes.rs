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

/// What stays free between two words under the axis, in points.
const WORDS_APART: f64 = 8.0;

/// The greatest number that an axis says where another prefix would make it smaller.
const MOST_ON_AXIS: f64 = 9_999.0;

/// The least distance of the middles of two numbers on the axis, and their room, in points.
const NUMBERS_APART: f64 = 13.0;
const NUMBERS: f64 = 44.0;

/// What stays free between two texts on one line, in points.
const GUTTER: f64 = 16.0;

/// The axis of values of one graph.
pub struct Axis {
    pub measure: Measure,
    scale: Scale,
    /// Whether the limit lies within the picture.
    pub limit_shown: bool,
}

impl Axis {
    pub fn of(graph: &Graph, frame: Frame, curves: &[Curve<'_>]) -> Self {
        let above = super::smoke_of(graph)
            .map_or_else(|| highest(curves, Side::Above), |smoke| smoke.top_us() / 1e6);
        let below = highest(curves, Side::Below);
        let highest = above.max(below);
        let whole = graph.definition.reach == Reach::Whole;
        let limit = graph.limit.filter(|limit| whole || highest >= limit * LIMIT_SHOWN_FROM);
        let top = limit.map_or(above, |limit| above.max(limit));
        let of_whole = graph.definition.unit.whole().filter(|_| whole);
        let top = of_whole.map_or(top, |whole| top.max(whole));
        // Data say in what they are counted; but what they are held against is to be read, too.
        let counted_in = if highest > 0.0 { highest.max(top / MOST_ON_AXIS) } else { top };
        let measure = graph.definition.unit.measure(counted_in);
        let extent = Extent {
            above: measure.scale(top),
            below: graph.is_mirrored().then(|| measure.scale(below)),
            lines: frame.lines(),
            least_step: measure.least_step(),
            most: measure.most(),
        };
        Self { measure, scale: Scale::holding(extent), limit_shown: limit.is_some() }
    }

    /// Makes room for a word at the end of a side.
    pub fn lengthen(&mut self, side: Side) {
        self.scale.lengthen(side);
    }

    /// The heights that are midway between two lines of the grid, those nearest to `y` first.
    pub fn between_lines(&self, frame: Frame, y: f64) -> Vec<f64> {
        let lines = self.scale.lines();
        let place = |value: f64| frame.top + frame.height() * self.scale.place(value);
        let middles = lines.windows(2).map(|pair| f64::midpoint(place(pair[0]), place(pair[1])));
        let mut middles: Vec<f64> = middles.collect();
        middles.sort_by(|a, b| (a - y).abs().total_cmp(&(b - y).abs()));
        middles
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
    let room = width - grey.width(&unit) - GUTTER;
    let Titles { with_span, whom, what } = Titles::of(graph);
    let says_span = !frame.says_when || text.width(&with_span) <= room;
    let title = if text.width(&with_span) <= room {
        with_span
    } else if graph.definition.of() == Of::All || graph.is_of_path() {
        // That it is of all goes without saying, and where a path leads to is told around it.
        text.fitting(&[format!("{whom} · {what}"), what], room)
    } else {
        // Of whom it is may be cut, what it shows may not.
        let what = if whom.is_empty() { what } else { format!(" · {what}") };
        let left = room - text.width(&what);
        let whom = text.fitting(&[whom], left.max(0.0));
        text.fitting(&[format!("{whom}{what}")], room)
    };
    pen.text(&title, Point(MARGIN, 18.0), text)?;
    let mut units = vec![unit.clone()];
    if graph.definition.is_of_links() && !frame.is_narrow() {
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
    let named = |times: String| match graph.span.name {
        name if says_span || name.is_empty() => times,
        name => format!("{name}: {times}"),
    };
    let times = [graph.span.describe(), graph.span.describe_briefly()].map(named);
    let times = grey.fitting(&times, width);
    pen.text(&times, Point(MARGIN, 37.0), grey)?;
    updated(pen, frame, graph, width - grey.width(&times))
}

/// What a picture is of.
struct Titles {
    /// All of it in one line.
    with_span: String,
    /// Apart, where there is no room for that.
    whom: String,
    what: String,
}

impl Titles {
    fn of(graph: &Graph) -> Self {
        let whom = match graph.definition.of() {
            Of::Host | Of::Tenant | Of::Datacentre => graph.whom.clone(),
            Of::All => "all hosts".into(),
        };
        let (subject, span) = (graph.subject(), graph.span.name);
        let words = [&*whom, &subject, span].into_iter().filter(|word| !word.is_empty());
        let with_span = words.collect::<Vec<_>>().join(" · ");
        let of_links = graph.definition.is_of_links();
        let what = if of_links { graph.definition.title.clone() } else { subject };
        Self { with_span, whom, what }
    }
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

/// Few lines on round values, and the numbers of those that have room for one, zero first of all.
pub fn grid<DB: DrawingBackend>(pen: &Pen<'_, DB>, frame: Frame, axis: &Axis) -> Outcome<DB> {
    let grey = Lettering::new(11.0, pen.palette.neutral, Align::Right);
    let Scale { step, above, below } = axis.scale;
    let distance = frame.height() * step / (above + below);
    let every = (NUMBERS_APART / distance).ceil().max(1.0);
    for value in axis.scale.lines() {
        let y = frame.top + frame.height() * axis.scale.place(value);
        let ends = [Point(frame.left, y), Point(frame.right, y)];
        pen.line(&ends, pen.palette.grid.to_rgba(), 0.5)?;
        if (value / step).round().abs() % every == 0.0 {
            let texts = [label(value.abs(), step), format!("{:.0e}", value.abs())];
            pen.text(&grey.fitting(&texts, NUMBERS), Point(frame.left - 8.0, y), grey)?;
        }
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

/// Zero, the strongest line.
pub fn zero<DB: DrawingBackend>(pen: &Pen<'_, DB>, frame: Frame, axis: &Axis) -> Outcome<DB> {
    let y = axis.y(frame, 0.0);
    let ends = [Point(frame.left, y), Point(frame.right, y)];
    pen.line(&ends, pen.palette.text.to_rgba(), 1.0)
}

/// The limit as a thin line, if it lies within the picture.
pub fn limit<DB: DrawingBackend>(
    pen: &Pen<'_, DB>,
    frame: Frame,
    graph: &Graph,
    axis: &Axis,
) -> Outcome<DB> {
    let Some(limit) = graph.limit.filter(|_| axis.limit_shown) else { return Ok(()) };
    let y = axis.y(frame, limit);
    let line = [Point(frame.left, y), Point(frame.right, y)];
    // Before data that reach beyond it, it needs air around it.
    pen.line(&line, pen.palette.paper.to_rgba(), 2.6)?;
    pen.line(&line, pen.palette.limit.to_rgba(), 1.0)
}

/// Marks and words below, and a line at the newest reading.
pub fn time<DB: DrawingBackend>(pen: &Pen<'_, DB>, frame: Frame, graph: &Graph) -> Outcome<DB> {
    let grey = Lettering::new(11.0, pen.palette.neutral, Align::Middle);
    let ticks = ticks(&graph.span);
    // Where marks stand closer than words, every second or third has one.
    let distance = frame.width() / ticks.len().max(1) as f64;
    let widest = ticks.iter().map(|tick| grey.width(&tick.label)).fold(0.0, f64::max);
    let every = ((widest + WORDS_APART) / distance).ceil().max(1.0) as usize;
    for (number, tick) in ticks.iter().enumerate() {
        let x = frame.x(graph, tick.at_ms);
        let ends = [Point(x, frame.bottom), Point(x, frame.bottom + 4.0)];
        pen.line(&ends, pen.palette.neutral.to_rgba(), 0.5)?;
        // Words beyond the edges would leave the picture, or stand below numbers.
        let half = (grey.width(&tick.label) / 2.0).max(12.0);
        let inside = x - half > frame.left - 4.0 && x + half < frame.right + MARGIN - 4.0;
        if inside && number % every == 0 {
            pen.text(&tick.label, Point(x, frame.bottom + 13.0), grey)?;
        }
    }
    let Some(last) = graph.last_ms() else { return Ok(()) };
    let x = frame.x(graph, last);
    let colour = pen.palette.neutral.to_rgba();
    pen.dashed(Point(x, frame.top), Point(x, frame.bottom), colour)
}
