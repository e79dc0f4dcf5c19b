//! The picture of things by two figures. Each has a sign and its name, which lies on nothing else.

use headroom_proto::panics;
use plotters::prelude::{DrawingBackend, IntoDrawingArea, SVGBackend};
use plotters::style::{Color, RGBColor};

use super::palette::Palette;
use super::pen::{Align, Lettering, Letters, Outcome, Pen, Point};
use super::room::Patch;
use super::word::HEIGHT;
use super::{DrawError, FONTS, Look, MARGIN, SVG_SCALE, Size, escaped};
use crate::graphs::scale::{Extent, Scale};
use crate::graphs::scatter::{Dot, Scatter, Standing};

/// Room around the plot: for the title, for figures of both axes, for what signs mean.
const LEFT: f64 = 52.0;
const TOP: f64 = 48.0;
const BELOW: f64 = 66.0;
const PLOT: f64 = 280.0;

/// Half of a sign, and what stays free between it and its name.
const SIGN: f64 = 5.0;
const GAP: f64 = 5.0;

/// How far a name may stand above or below its sign, in rows of letters.
const ROWS: i32 = 9;

const LETTERS: f64 = 12.0;

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

/// A name with its place.
struct Named<'d> {
    dot: &'d Dot,
    text: String,
    patch: Patch,
}

/// As SVG.
pub fn scatter_svg(scatter: &Scatter, look: Look) -> Result<String, DrawError> {
    let input = || panics::hash(&scatter.title);
    panics::catch("the drawing of a scatter", input, || draw_svg(scatter, look))?
}

fn draw_svg(scatter: &Scatter, look: Look) -> Result<String, DrawError> {
    if !*FONTS {
        return Err(DrawError::Plot("the built-in font cannot be read".into()));
    }
    let (width, height) = points(look.size);
    let units = (width * SVG_SCALE, height * SVG_SCALE);
    let mut text = String::new();
    let area = SVGBackend::with_string(&mut text, units).into_drawing_area();
    let palette = Palette::of(look.theme);
    let (scale, letters) = (f64::from(SVG_SCALE), Letters::Viewers);
    let pen = Pen { area: &area, scale, letters, palette: &palette };
    let drawn = picture(&pen, scatter, look.size).and_then(|()| area.present());
    drawn.map_err(|error| DrawError::Plot(error.to_string()))?;
    drop(area);
    let size = format!("width=\"{}\" height=\"{}\"", units.0, units.1);
    let named = "aria-labelledby=\"title description\"";
    let titled = format!("width=\"{width}\" height=\"{height}\" role=\"img\" {named}");
    let text = text.replacen(&size, &titled, 1);
    let title = format!("<title id=\"title\">{}</title>", escaped(&scatter.title));
    let words = escaped(&scatter.description());
    let told = format!(">\n{title}\n<desc id=\"description\">{words}</desc>\n");
    Ok(text.replacen(">\n", &told, 1))
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

    fn holds(&self, patch: &Patch) -> bool {
        patch.left >= self.left + 2.0
            && patch.right <= self.right
            && patch.top >= self.top - SIGN - GAP
            && patch.bottom <= self.bottom - 2.0
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
        let colour = colour(pen.palette, dot.standing);
        let y = plot.y(dot.upward);
        let ends = [Point(plot.x(dot.low), y), Point(plot.x(dot.high), y)];
        pen.line(&ends, colour.mix(0.6), 1.0)?;
    }
    for named in &names {
        lead(pen, &plot, named)?;
    }
    for dot in scatter.placed() {
        sign(pen, plot.at(dot), dot.standing)?;
    }
    let words = Lettering::new(LETTERS, pen.palette.text, Align::Left);
    for Named { text, patch, .. } in &names {
        let at = Point(patch.left, f64::midpoint(patch.top, patch.bottom));
        pen.text(text, at, words)?;
    }
    key(pen, &plot)
}

fn colour(palette: &Palette, standing: Standing) -> RGBColor {
    match standing {
        Standing::Front => palette.received,
        Standing::Behind => palette.neutral,
        Standing::Rejected => palette.limit,
    }
}

/// A disc of what no other beats, a ring of what is beaten, a cross of what is rejected.
fn sign<DB: DrawingBackend>(pen: &Pen<'_, DB>, at: Point, standing: Standing) -> Outcome<DB> {
    let colour = colour(pen.palette, standing);
    let circle = |radius: f64| -> Vec<Point> {
        let angle = |step: u32| f64::from(step) / 24.0 * std::f64::consts::TAU;
        let point =
            |step| Point(at.0 + radius * angle(step).cos(), at.1 + radius * angle(step).sin());
        (0..24).map(point).collect()
    };
    match standing {
        Standing::Front => pen.polygon(&circle(SIGN), colour.into()),
        Standing::Behind => {
            pen.polygon(&circle(SIGN), colour.into())?;
            pen.polygon(&circle(SIGN - 1.6), pen.palette.paper.into())
        }
        Standing::Rejected => {
            let arm = SIGN - 0.5;
            let corner = |x: f64, y: f64| Point(at.0 + x * arm, at.1 + y * arm);
            pen.line(&[corner(-1.0, -1.0), corner(1.0, 1.0)], colour.into(), 1.8)?;
            pen.line(&[corner(-1.0, 1.0), corner(1.0, -1.0)], colour.into(), 1.8)
        }
    }
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

/// Each name where nothing else is: beside its sign, else some rows above or below.
fn names<'d>(plot: &Plot, scatter: &'d Scatter) -> Vec<Named<'d>> {
    let mut taken: Vec<Patch> = Vec::new();
    for dot in scatter.placed() {
        let Point(x, y) = plot.at(dot);
        taken.push(along(Point(x - SIGN, y - SIGN), Point(x + SIGN, y + SIGN)));
        taken.push(along(Point(plot.x(dot.low), y), Point(plot.x(dot.high), y)));
    }
    taken.extend(front(plot, scatter).windows(2).map(|ends| along(ends[0], ends[1])));
    let mut names: Vec<Named<'d>> = Vec::new();
    let lettering = Lettering::new(LETTERS, RGBColor(0, 0, 0), Align::Left);
    let longest = (plot.right - plot.left) * LONGEST_NAME;
    for dot in scatter.placed() {
        let text = lettering.fitting(std::slice::from_ref(&dot.name), longest);
        let size = (lettering.width(&text), LETTERS * HEIGHT);
        let free =
            |patch: &Patch| plot.holds(patch) && !taken.iter().any(|one| one.overlaps(patch));
        if let Some(patch) = places(plot.at(dot), size).find(|patch| free(patch)) {
            taken.push(patch);
            names.push(Named { dot, text, patch });
        }
    }
    names
}

/// Where a name may stand, the nearest first.
fn places(Point(x, y): Point, (wide, high): (f64, f64)) -> impl Iterator<Item = Patch> {
    let rows = std::iter::once(0).chain((1..=ROWS).flat_map(|row| [row, -row]));
    rows.flat_map(move |row| {
        let middle = y + f64::from(row) * (high + 1.0);
        let beside = [x + SIGN + GAP, x - SIGN - GAP - wide];
        let over = [x - wide / 2.0, x - wide / 4.0, x - wide * 0.75];
        let lefts = if row == 0 { beside.to_vec() } else { [beside.as_slice(), &over].concat() };
        lefts.into_iter().map(move |left| Patch {
            left,
            right: left + wide,
            top: middle - high / 2.0,
            bottom: middle + high / 2.0,
        })
    })
}

/// A thin line from a sign to a name that does not stand beside it.
fn lead<DB: DrawingBackend>(pen: &Pen<'_, DB>, plot: &Plot, named: &Named<'_>) -> Outcome<DB> {
    let Point(x, y) = plot.at(named.dot);
    let Patch { left, right, top, bottom } = named.patch;
    if top < y && y < bottom {
        return Ok(());
    }
    let end = Point(x.clamp(left, right), if top > y { top } else { bottom });
    pen.line(&[Point(x, y), end], pen.palette.neutral.mix(0.5), 0.8)
}

/// What the signs mean.
fn key<DB: DrawingBackend>(pen: &Pen<'_, DB>, plot: &Plot) -> Outcome<DB> {
    let grey = Lettering::new(11.0, pen.palette.neutral, Align::Left);
    let y = plot.bottom + 50.0;
    let mut x = plot.left + SIGN;
    for standing in Standing::ALL {
        let word = standing.word();
        let wide = grey.width(word);
        if x + 2.0 * SIGN + wide > plot.right {
            break;
        }
        sign(pen, Point(x, y), standing)?;
        pen.text(word, Point(x + 2.0 * SIGN, y), grey)?;
        x += wide + 5.0 * SIGN;
    }
    Ok(())
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
                assert!(plot.holds(&one.patch), "{}", one.text);
                assert!(names[..place].iter().all(|other| !other.patch.overlaps(&one.patch)));
                for dot in scatter.placed() {
                    let Point(x, y) = plot.at(dot);
                    let sign =
                        Patch { left: x - SIGN, right: x + SIGN, top: y - SIGN, bottom: y + SIGN };
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
