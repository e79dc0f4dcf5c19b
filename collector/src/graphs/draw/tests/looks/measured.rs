//! A picture as it is seen: its marks in the order in which they are painted, measured in points.

use super::super::super::palette::Palette;
use super::super::super::pen::{Align, Lettering};
use super::super::super::room::Patch;
use super::*;
use plotters::style::RGBColor;

/// What a word and a line stand out by, as WCAG counts it.
const WORD_CONTRAST: f64 = 4.5;
const LINE_CONTRAST: f64 = 3.0;

/// What two words on one height leave between them.
const WORDS_APART: f64 = 4.0;

/// Places of a line that are looked at.
const PLACES: usize = 8;

type Colour = [f64; 3];

#[derive(Debug)]
enum Shape {
    Word { text: String, patch: Patch },
    Line { points: Vec<(f64, f64)>, width: f64 },
    Fill { points: Vec<(f64, f64)> },
}

#[derive(Debug)]
struct Mark {
    shape: Shape,
    colour: Colour,
    opacity: f64,
    segments: Segments,
}

/// The segments of an outline by the point of the width that they pass, from the first on.
#[derive(Debug, Default)]
struct Segments {
    first: usize,
    passing: Vec<Vec<usize>>,
}

pub struct Picture {
    width: f64,
    height: f64,
    marks: Vec<Mark>,
    /// Paper, bands and the lines of the grid, before which everything stands.
    behind: [Colour; 3],
}

impl Picture {
    pub fn read(svg: &str, theme: Theme) -> Self {
        let palette = Palette::of(theme);
        let behind = [palette.paper, palette.band, palette.grid].map(parts);
        let mut elements = svg.split('<').filter(|element| !element.starts_with('/'));
        let head = elements.find(|element| element.starts_with("svg")).unwrap();
        let (width, height) = (number(head, "width"), number(head, "height"));
        Self { width, height, marks: elements.filter_map(Mark::read).collect(), behind }
    }

    /// Words outside of the picture, too near to each other, or on what is drawn.
    pub fn misplaced(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (place, (text, patch)) in self.words() {
            if patch.left < 0.0
                || patch.top < 0.0
                || patch.right > self.width
                || patch.bottom > self.height
            {
                faults.push(format!("{text:?} leaves the picture: {patch:?}"));
            }
            let is_figure =
                text.starts_with(|letter: char| "≤≥".contains(letter) || letter.is_ascii_digit());
            if is_figure && text.contains('…') {
                faults.push(format!("{text:?} is a figure without its end"));
            }
            let wide = Patch { right: patch.right + WORDS_APART, ..*patch };
            for (_, (other, near)) in self.words().filter(|(number, _)| *number != place) {
                let wide = Patch { left: near.left, right: near.right + WORDS_APART, ..*near }
                    .overlaps(&wide);
                if wide && text <= other {
                    faults.push(format!("{text:?} and {other:?} are too near"));
                }
            }
            let on = self.marks.iter().find(|mark| !self.is_behind(mark) && mark.touches(patch));
            faults.extend(on.map(|mark| format!("{text:?} lies on {}", mark.kind())));
        }
        faults
    }

    /// Words and lines that hardly stand out from what lies behind them.
    pub fn pale(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (number, mark) in self.marks.iter().enumerate() {
            match &mark.shape {
                Shape::Word { text, patch } => {
                    let y = f64::midpoint(patch.top, patch.bottom);
                    let places = (0..=8).map(|n| f64::from(n) / 8.0);
                    let places = places.map(|n| patch.left + (patch.right - patch.left) * n);
                    let least = places
                        .map(|x| contrast(mark.colour, self.at((x, y), number, None)))
                        .fold(f64::INFINITY, f64::min);
                    if least < WORD_CONTRAST {
                        faults.push(format!("{text:?} stands out by {least:.2}"));
                    }
                }
                Shape::Line { points, width } if mark.opacity >= 1.0 && !self.is_behind(mark) => {
                    let least = self.least(number, (points, *width));
                    if least < LINE_CONTRAST {
                        faults.push(format!("{} stands out by {least:.2}", mark.kind()));
                    }
                }
                Shape::Line { .. } | Shape::Fill { .. } => {}
            }
        }
        faults
    }

    /// How little a line stands out: of both sides where it is a curve, but for that of its own area;
    /// of the better side where it is straight.
    fn least(&self, number: usize, (points, width): (&[(f64, f64)], f64)) -> f64 {
        let mark = &self.marks[number];
        let every = (points.len() / PLACES).max(1);
        let off = width / 2.0 + 0.3;
        let pairs = points.windows(2).step_by(every);
        let at = |pair: &[(f64, f64)]| {
            let ((x, y), (to_x, to_y)) = (pair[0], pair[1]);
            let (x, y) = (f64::midpoint(x, to_x), f64::midpoint(y, to_y));
            let upright = (to_y - pair[0].1).abs() > (to_x - pair[0].0).abs();
            let sides = if upright { [(off, 0.0), (-off, 0.0)] } else { [(0.0, off), (0.0, -off)] };
            let seen = sides.map(|(right, down)| {
                contrast(mark.colour, self.at((x + right, y + down), number, Some(mark.colour)))
            });
            let better = seen[0].max(seen[1]);
            if points.len() == 2 { better } else { seen[0].min(seen[1]) }
        };
        pairs.map(at).fold(f64::INFINITY, f64::min)
    }

    /// The colour at a place before a mark is painted, without fills of one colour. Lines count where
    /// they are paper: the air around others.
    fn at(&self, place: (f64, f64), before: usize, but: Option<Colour>) -> Colour {
        let mut colour = self.behind[0];
        for mark in &self.marks[..before] {
            let counts = match mark.shape {
                Shape::Word { .. } => false,
                Shape::Line { .. } => mark.colour == self.behind[0],
                Shape::Fill { .. } => Some(mark.colour) != but,
            };
            if counts && mark.covers(place) {
                for (part, over) in colour.iter_mut().zip(mark.colour) {
                    *part += (over - *part) * mark.opacity;
                }
            }
        }
        colour
    }

    fn is_behind(&self, mark: &Mark) -> bool {
        matches!(mark.shape, Shape::Word { .. }) || self.behind.contains(&mark.colour)
    }

    fn words(&self) -> impl Iterator<Item = (usize, (&str, &Patch))> {
        self.marks.iter().enumerate().filter_map(|(number, mark)| match &mark.shape {
            Shape::Word { text, patch } => Some((number, (&**text, patch))),
            Shape::Line { .. } | Shape::Fill { .. } => None,
        })
    }
}

impl Mark {
    fn read(element: &str) -> Option<Self> {
        let shape = if element.starts_with("text") {
            word(element)
        } else if element.starts_with("poly") {
            let (head, points) = element.split_once(" points=\"")?;
            let (points, element) = (self::points(points), head);
            let width = element.contains("stroke-width").then(|| number(element, "stroke-width"));
            match width {
                Some(width) => Shape::Line { points, width: width / 10.0 },
                None => Shape::Fill { points },
            }
        } else if element.starts_with("rect") {
            let [x, y, width, height] =
                ["x", "y", "width", "height"].map(|name| number(element, name) / 10.0);
            let (right, bottom) = (x + width, y + height);
            Shape::Fill { points: vec![(x, y), (right, y), (right, bottom), (x, bottom)] }
        } else {
            return None;
        };
        let element = element.split(" points=").next()?;
        let stroke = attribute(element, "stroke").filter(|colour| colour.starts_with('#'));
        let hex = stroke.or(attribute(element, "fill"))?;
        let code = u32::from_str_radix(hex.trim_start_matches('#'), 16).ok()?;
        let [_, red, green, blue] = code.to_be_bytes();
        let colour = [red, green, blue].map(|part| f64::from(part) / 255.0);
        let opacity = attribute(element, "opacity").map_or(1.0, |text| text.parse().unwrap());
        let segments = segments(&shape);
        Some(Self { shape, colour, opacity, segments })
    }

    fn kind(&self) -> String {
        let [red, green, blue] = self.colour.map(|part| (part * 255.0).round() as u8);
        let points = match &self.shape {
            Shape::Word { .. } => 1,
            Shape::Line { points, .. } | Shape::Fill { points } => points.len(),
        };
        let filled = matches!(self.shape, Shape::Fill { .. });
        let kind = if filled { "a shape" } else { "a line" };
        format!("{kind} of {points} points, #{red:02X}{green:02X}{blue:02X}")
    }

    fn ends(&self, segment: usize) -> ((f64, f64), (f64, f64)) {
        match &self.shape {
            Shape::Word { .. } => unreachable!("a word has no segments"),
            Shape::Line { points, .. } => (points[segment], points[segment + 1]),
            Shape::Fill { points } => (points[segment], points[(segment + 1) % points.len()]),
        }
    }

    fn passing(&self, x: f64) -> impl Iterator<Item = ((f64, f64), (f64, f64))> {
        let Segments { first, passing } = &self.segments;
        let place = (x.max(0.0) as usize).checked_sub(*first);
        let found = place.and_then(|place| passing.get(place)).into_iter().flatten();
        found.map(|segment| self.ends(*segment))
    }

    /// Whether it is painted at a place.
    fn covers(&self, (x, y): (f64, f64)) -> bool {
        match &self.shape {
            Shape::Word { .. } => false,
            Shape::Fill { .. } => {
                let above = self.passing(x).filter(|((x1, y1), (x2, y2))| {
                    (*x1 <= x) != (*x2 <= x) && y1 + (x - x1) / (x2 - x1) * (y2 - y1) < y
                });
                above.count() % 2 == 1
            }
            Shape::Line { width, .. } => self.passing(x).any(|((x1, y1), (x2, y2))| {
                let (dx, dy) = (x2 - x1, y2 - y1);
                let length = dx * dx + dy * dy;
                let along =
                    if length > 0.0 { ((x - x1) * dx + (y - y1) * dy) / length } else { 0.0 };
                let along = along.clamp(0.0, 1.0);
                (x - x1 - along * dx).hypot(y - y1 - along * dy) <= width / 2.0
            }),
        }
    }

    /// Whether something of it lies within a patch.
    fn touches(&self, patch: &Patch) -> bool {
        let columns = (patch.left.max(0.0) as usize)..=(patch.right.max(0.0) as usize);
        let mut passing = columns.flat_map(|x| self.passing(x as f64));
        let cuts = passing.any(|((x1, y1), (x2, y2))| {
            // The part of the segment between the sides of the patch.
            let at = |x: f64| {
                if (x2 - x1).abs() < 1e-9 { y1 } else { y1 + (x - x1) / (x2 - x1) * (y2 - y1) }
            };
            let (left, right) = (x1.min(x2).max(patch.left), x1.max(x2).min(patch.right));
            let upright = (x2 - x1).abs() < 1e-9;
            let (top, bottom) = if upright { (y1, y2) } else { (at(left), at(right)) };
            left <= right && top.min(bottom) < patch.bottom && top.max(bottom) > patch.top
        });
        let y = f64::midpoint(patch.top, patch.bottom);
        cuts || self.covers((f64::midpoint(patch.left, patch.right), y))
    }
}

fn parts(RGBColor(red, green, blue): RGBColor) -> Colour {
    [red, green, blue].map(|part| f64::from(part) / 255.0)
}

fn attribute<'e>(element: &'e str, name: &str) -> Option<&'e str> {
    let behind = element.split_once(&format!(" {name}=\""))?.1;
    behind.split('"').next()
}

fn number(element: &str, name: &str) -> f64 {
    attribute(element, name).and_then(|text| text.parse().ok()).unwrap_or_default()
}

fn points(text: &str) -> Vec<(f64, f64)> {
    let pair = |pair: &str| {
        let (x, y) = pair.split_once(',')?;
        Some((x.parse::<f64>().ok()? / 10.0, y.parse::<f64>().ok()? / 10.0))
    };
    text.split(' ').map_while(pair).collect()
}

/// A word where the pen measures it; its middle lies at the height that it is given.
fn word(element: &str) -> Shape {
    let text = element.split_once('>').map_or("", |(_, text)| text.trim()).to_owned();
    let letters = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let size = number(element, "font-size") / 10.0;
    let lettering = Lettering::new(size, RGBColor(0, 0, 0), Align::Left);
    let bold = element.contains("font-weight=\"bold\"");
    let wide = if bold { lettering.bold() } else { lettering }.width(&letters);
    let (x, y) = (number(element, "x") / 10.0, number(element, "y") / 10.0);
    let left = match attribute(element, "text-anchor") {
        Some("end") => x - wide,
        Some("middle") => x - wide / 2.0,
        _ => x,
    };
    let (top, bottom) = (y - size / 2.0, y + size / 2.0);
    Shape::Word { text, patch: Patch { left, right: left + wide, top, bottom } }
}

fn segments(shape: &Shape) -> Segments {
    let (points, air, closed) = match shape {
        Shape::Word { .. } => return Segments::default(),
        Shape::Line { points, width } => (points, width / 2.0, 0),
        Shape::Fill { points } => (points, 0.0, 1),
    };
    let column = |x: f64| x.max(0.0) as usize;
    let lowest = points.iter().map(|(x, _)| *x).fold(f64::INFINITY, f64::min);
    let highest = points.iter().map(|(x, _)| *x).fold(0.0, f64::max);
    let first = column(lowest - air);
    let mut passing = vec![Vec::new(); column(highest + air) + 1 - first];
    for segment in 0..(points.len() + closed).saturating_sub(1) {
        let (from, to) = (points[segment].0, points[(segment + 1) % points.len()].0);
        for found in
            &mut passing[column(from.min(to) - air) - first..=column(from.max(to) + air) - first]
        {
            found.push(segment);
        }
    }
    Segments { first, passing }
}

fn luminance(colour: Colour) -> f64 {
    let linear = |part: f64| {
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    let [red, green, blue] = colour.map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(one: Colour, other: Colour) -> f64 {
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    one.max(other) / one.min(other)
}
