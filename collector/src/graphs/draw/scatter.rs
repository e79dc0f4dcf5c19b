//! The picture of things by two figures. Each has a sign and its name, which lies on nothing else.

use headroom_proto::panics;
use plotters::prelude::DrawingBackend;
use plotters::style::Color;

use super::names::{Field, GAP, Named, Signed};
use super::pen::{Align, Lettering, Outcome, Pen, Point};
use super::room::Patch;
use super::signs::{self, Meaning, SIGN};
use super::svg::{drawn, titled};
use super::{DrawError, Look, MARGIN, Size};
use crate::graphs::scale::{Extent, Scale};
use crate::graphs::scatter::{Dot, Scatter, Standing};

/// Room around the plot: for the title, for figures of both axes, for what signs mean.
const LEFT: f64 = 52.0;
const TOP: f64 = 48.0;
const BELOW: f64 = 66.0;
const PLOT: f64 = 280.0;

/// Names are no longer than this part of the plot.
const LONGEST_NAME: f64 = 0.45;

/// Where the plot lies, and what its axes hold.
struct Plot {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    across: Scale,
    upward: Scale,
}

/// As SVG.
pub fn scatter_svg(scatter: &Scatter, look: Look) -> Result<String, DrawError> {
    let input = || panics::hash(&scatter.title);
    let draw = || {
        let size = points(look.size);
        let svg = drawn(size, look.theme, |pen| picture(pen, scatter, look.size))?;
        Ok(titled(&svg, size, &scatter.title, &scatter.description()))
    };
    panics::catch("the drawing of a scatter", input, draw)?
}

/// Its width and height.
fn points(size: Size) -> (u32, u32) {
    let (width, _) = size.plot();
    (width as u32, (TOP + PLOT + BELOW) as u32)
}

impl Plot {
    fn of(scatter: &Scatter, size: Size) -> Self {
        let (width, _) = size.plot();
        let highest = scatter.placed().map(|dot| dot.high).fold(0.0, f64::max);
        let lines = if width < 400.0 { 4.0 } else { 8.0 };
        let of = |above: f64, lines: f64, most: Option<f64>| {
            Scale::holding(Extent { above, below: None, lines, least_step: 0.0, most })
        };
        Self {
            left: LEFT,
            right: width - MARGIN,
            top: TOP,
            bottom: TOP + PLOT,
            across: of(highest, lines, None),
            upward: of(scatter.most, 5.0, Some(scatter.most)),
        }
    }

    fn x(&self, value: f64) -> f64 {
        self.left + (self.right - self.left) * (1.0 - self.across.place(value))
    }

    fn y(&self, value: f64) -> f64 {
        self.top + (self.bottom - self.top) * self.upward.place(value)
    }

    fn at(&self, dot: &Dot) -> Point {
        Point(self.x(dot.across), self.y(dot.upward))
    }

    /// Where names may stand.
    fn bounds(&self) -> Patch {
        let (left, top) = (self.left + 2.0, self.top - SIGN - GAP);
        Patch { left, right: self.right, top, bottom: self.bottom - 2.0 }
    }
}

fn picture<DB: DrawingBackend>(pen: &Pen<'_, DB>, scatter: &Scatter, size: Size) -> Outcome<DB> {
    let (width, height) = points(size);
    let corner = Point(f64::from(width), f64::from(height));
    pen.rectangle(Point(0.0, 0.0), corner, pen.palette.paper.into())?;
    let plot = Plot::of(scatter, size);
    let bold = Lettering::new(15.0, pen.palette.text, Align::Left).bold();
    let title = bold.fitting(std::slice::from_ref(&scatter.title), plot.right - MARGIN);
    pen.text(&title, Point(MARGIN, 18.0), bold)?;
    axes(pen, &plot, scatter)?;
    let names = names(&plot, scatter);
    let steps = front(&plot, scatter);
    if steps.len() > 1 {
        pen.line(&steps, pen.palette.received.mix(0.5), 1.5)?;
    }
    for dot in scatter.placed() {
        let colour = signs::colour(pen.palette, Meaning::Of(dot.standing));
        let y = plot.y(dot.upward);
        let ends = [Point(plot.x(dot.low), y), Point(plot.x(dot.high), y)];
        pen.line(&ends, colour.mix(0.6), 1.0)?;
    }
    names.iter().try_for_each(|named| named.lead(pen))?;
    for dot in scatter.placed() {
        signs::draw(pen, plot.at(dot), Meaning::Of(dot.standing))?;
    }
    names.iter().try_for_each(|named| named.draw(pen))?;
    let meanings = Standing::ALL.map(Meaning::Of);
    signs::key(pen, &meanings, Point(plot.left, plot.bottom + 50.0), plot.right)
}

fn axes<DB: DrawingBackend>(pen: &Pen<'_, DB>, plot: &Plot, scatter: &Scatter) -> Outcome<DB> {
    let grid = pen.palette.grid.into();
    let grey = Lettering::new(11.0, pen.palette.neutral, Align::Right);
    for value in plot.upward.lines() {
        let y = plot.y(value);
        pen.line(&[Point(plot.left, y), Point(plot.right, y)], grid, 1.0)?;
        pen.text(&format!("{value:.0}"), Point(plot.left - 6.0, y), grey)?;
    }
    let middle = Lettering { align: Align::Middle, ..grey };
    for value in plot.across.lines() {
        let x = plot.x(value);
        pen.line(&[Point(x, plot.bottom), Point(x, plot.bottom + 4.0)], grid, 1.0)?;
        let text =
            if plot.across.step < 1.0 { format!("{value:.1}") } else { format!("{value:.0}") };
        // The last figure ends where the plot ends.
        let half = grey.width(&text) / 2.0;
        pen.text(&text, Point(x.min(plot.right - half), plot.bottom + 13.0), middle)?;
    }
    let zero = pen.palette.neutral.into();
    pen.line(&[Point(plot.left, plot.bottom), Point(plot.right, plot.bottom)], zero, 1.2)?;
    let left = Lettering { align: Align::Left, ..grey };
    let upward = left.fitting(std::slice::from_ref(&scatter.upward), plot.right - MARGIN);
    pen.text(&upward, Point(MARGIN, 35.0), left)?;
    let across = grey.fitting(std::slice::from_ref(&scatter.across), plot.right - plot.left);
    pen.text(&across, Point(plot.right, plot.bottom + 29.0), grey)
}

/// A step from each of those that no other beats to the next.
fn front(plot: &Plot, scatter: &Scatter) -> Vec<Point> {
    let is_front = |dot: &&Dot| dot.standing == Standing::Front;
    let mut front: Vec<&Dot> = scatter.placed().filter(is_front).collect();
    front.sort_by(|a, b| a.across.total_cmp(&b.across));
    // What is dearer and holds less often is on the front for something else.
    let mut steps: Vec<Point> = Vec::new();
    let mut best = f64::NEG_INFINITY;
    for dot in front.iter().filter(|dot| {
        let is_better = dot.upward > best;
        best = best.max(dot.upward);
        is_better
    }) {
        let at = plot.at(dot);
        let corner = steps.last().map(|before| Point(at.0, before.1));
        steps.extend(corner);
        steps.push(at);
    }
    steps
}

/// What a level or an upright line lies on, and a little around it.
fn along(from: Point, to: Point) -> Patch {
    Patch {
        left: from.0.min(to.0) - 1.0,
        right: from.0.max(to.0) + 1.0,
        top: from.1.min(to.1) - 1.0,
        bottom: from.1.max(to.1) + 1.0,
    }
}

/// Each name where nothing else is.
fn names(plot: &Plot, scatter: &Scatter) -> Vec<Named> {
    let line = |dot: &Dot| {
        let y = plot.y(dot.upward);
        along(Point(plot.x(dot.low), y), Point(plot.x(dot.high), y))
    };
    let mut taken: Vec<Patch> = scatter.placed().map(line).collect();
    taken.extend(front(plot, scatter).windows(2).map(|ends| along(ends[0], ends[1])));
    let longest = (plot.right - plot.left) * LONGEST_NAME;
    let signed = |dot| Signed { at: plot.at(dot), name: &dot.name };
    let signed: Vec<Signed<'_>> = scatter.placed().map(signed).collect();
    Field { bounds: plot.bounds(), taken, longest }.name(&signed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphs::Theme;

    fn dot(name: &str, across: f64, upward: f64, standing: Standing) -> Dot {
        let (low, high) = (across * 0.9, across * 1.2);
        Dot { name: name.into(), across, low, high, upward, standing }
    }

    fn crowded() -> Scatter {
        let of = |number: usize| {
            let standing = Standing::ALL[number % 3];
            dot(
                &format!("Provider {number}, Kansas City"),
                40.0 + 30.0 * number as f64,
                99.0,
                standing,
            )
        };
        Scatter {
            title: "us2: offers <by> cost".into(),
            across: "a month in EUR".into(),
            upward: "all limits hold, %".into(),
            most: 100.0,
            dots: (0..9).map(of).chain([dot("lost", f64::NAN, 3.0, Standing::Front)]).collect(),
        }
    }

    #[test]
    fn names_lie_on_nothing_and_within_the_plot() {
        for size in [Size::Full, Size::Narrow] {
            let scatter = crowded();
            let plot = Plot::of(&scatter, size);
            let names = names(&plot, &scatter);
            let enough = if size == Size::Full { 9 } else { 5 };
            assert!(names.len() >= enough, "{size:?}: {}", names.len());
            for (place, one) in names.iter().enumerate() {
                let (Patch { left, right, top, bottom }, patch) = (plot.bounds(), one.patch);
                assert!(patch.left >= left && patch.right <= right, "{}", one.text);
                assert!(patch.top >= top && patch.bottom <= bottom, "{}", one.text);
                assert!(names[..place].iter().all(|other| !other.patch.overlaps(&one.patch)));
                for dot in scatter.placed() {
                    let sign = super::super::names::around(plot.at(dot));
                    assert!(!one.patch.overlaps(&sign), "{} lies on {}", one.text, dot.name);
                }
            }
        }
    }

    #[test]
    fn names_do_not_lie_on_the_line_of_what_no_other_beats() {
        let of = |(name, across, upward)| dot(name, across, upward, Standing::Front);
        let dots = [("Helsinki", 64.0, 87.0), ("Falkenstein", 86.0, 98.0), ("Both", 360.0, 100.0)];
        let scatter = Scatter { dots: dots.map(of).into(), ..crowded() };
        let plot = Plot::of(&scatter, Size::Full);
        let (names, steps) = (names(&plot, &scatter), front(&plot, &scatter));
        assert_eq!((names.len(), steps.len()), (3, 5));
        for (one, ends) in names.iter().flat_map(|one| steps.windows(2).map(move |two| (one, two)))
        {
            assert!(!one.patch.overlaps(&along(ends[0], ends[1])), "{} lies on it", one.text);
        }
    }

    #[test]
    fn what_fits_is_not_cut() {
        let look = Look { theme: Theme::Light, size: Size::Full };
        let svg = scatter_svg(&crowded(), look).unwrap();
        assert!(!svg.contains('…'), "{svg}");
    }

    #[test]
    fn a_picture_is_svg_with_its_words_and_of_nothing_it_is_empty() {
        let look = Look { theme: Theme::Dark, size: Size::Full };
        let svg = scatter_svg(&crowded(), look).unwrap();
        assert!(
            svg.contains("us2: offers &lt;by&gt; cost") && svg.contains("Provider 8, Kansas City")
        );
        assert!(!svg.contains("lost"), "what has no place is not drawn");
        let empty = Scatter { dots: Vec::new(), ..crowded() };
        assert!(scatter_svg(&empty, look).unwrap().starts_with("<svg"));
    }
}
