//! A pen that thinks in points and draws on whatever plotters draws on.

use std::sync::LazyLock;

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind};
use plotters::element::{PathElement, Polygon, Rectangle, Text};
use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBAColor, RGBColor, ShapeStyle};

use super::palette::Palette;
use crate::printable::printable;

/// Registered for the bitmap; in an SVG the viewer's own font of that family stands in.
pub const FONT: &str = "sans-serif";

pub type Outcome<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

/// A place in the picture: points from the left and from the top.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point(pub f64, pub f64);

/// Plotters draws letters smaller than it is told, by this factor.
const LETTERS: f64 = 1.24;

/// How much wider than the built-in letters a viewer's own may be, and how much wider bold ones are.
const GENEROUS: f64 = 1.16;
const BOLD: f64 = 1.09;

/// Letters of Europe are measured; others are taken to be as wide as they are high, and signs from
/// here on, which are pictures, wider.
const MEASURED: u32 = 0x250;
const PICTURES: u32 = 0x1_f000;
const PICTURE_WIDTH: f64 = 1.3;

/// How wide the built-in letters are, in parts of their size.
static WIDTHS: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let ready = *super::FONTS;
    let font = FontDesc::new(FontFamily::Name(FONT), 1000.0 * LETTERS, FontStyle::Normal);
    let width = |code: u32| {
        let letter = char::from_u32(code)?;
        let (width, _) = font.box_size(letter.encode_utf8(&mut [0; 4])).ok().filter(|_| ready)?;
        Some(f64::from(width) / 1000.0)
    };
    (0..MEASURED).map(|code| width(code).unwrap_or(1.0)).collect()
});

/// Plotters sets the letters of the built-in font too high, by this part of their size.
const TOO_HIGH: f64 = 0.28;

/// Of so many points the first are drawn, where a line is one of strokes.
const STROKE: (usize, usize) = (7, 10);

/// How far a letter is printed over itself to look bolder, in points.
const OVERPRINT: f64 = 0.3;

pub struct Pen<'p, DB: DrawingBackend> {
    pub area: &'p DrawingArea<DB, Shift>,
    /// Units of the drawing to a point.
    pub scale: f64,
    /// Whether letters come from the built-in font, which is a light one.
    pub letters: Letters,
    pub palette: &'p Palette,
}

/// Whose font the letters are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    /// The built-in one, which is light and has no bold: letters are printed over themselves.
    BuiltIn,
    /// The viewer's own.
    Viewers,
}

/// How a text stands.
#[derive(Debug, Clone, Copy)]
pub struct Lettering {
    pub size: f64,
    pub colour: RGBColor,
    pub align: Align,
    pub bold: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Middle,
    Right,
}

impl Lettering {
    pub fn new(size: f64, colour: RGBColor, align: Align) -> Self {
        Self { size, colour, align, bold: false }
    }

    pub fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// How wide a text is at most, in points.
    pub fn width(self, text: &str) -> f64 {
        let bold = if self.bold { BOLD } else { 1.0 };
        text.chars().map(letter_width).sum::<f64>() * self.size * GENEROUS * bold
    }

    /// The first of the texts, of which the last is the shortest, that fits into `width`.
    pub fn fitting(self, texts: &[String], width: f64) -> String {
        let fits = texts.iter().find(|text| self.width(text) <= width);
        let Some(text) = fits.or(texts.last()) else { return String::new() };
        if self.width(text) <= width {
            return text.clone();
        }
        self.cut(text, width)
    }

    /// As much of a text as fits, and a sign that there is more.
    pub fn cut(self, text: &str, width: f64) -> String {
        let mut left = width - self.width(MORE);
        let fits = |letter: &char| {
            left -= self.width(letter.encode_utf8(&mut [0; 4]));
            left >= 0.0
        };
        let begin: String = text.chars().take_while(fits).collect();
        format!("{}{MORE}", begin.trim_end())
    }
}

/// Stands where a text goes on.
const MORE: &str = "…";

/// In parts of its size.
fn letter_width(letter: char) -> f64 {
    let other = if u32::from(letter) < PICTURES { 1.0 } else { PICTURE_WIDTH };
    WIDTHS.get(letter as usize).copied().unwrap_or(other)
}

impl<DB: DrawingBackend> Pen<'_, DB> {
    fn place(&self, Point(x, y): Point) -> (i32, i32) {
        ((x * self.scale).round() as i32, (y * self.scale).round() as i32)
    }

    /// A filled rectangle.
    pub fn rectangle(&self, from: Point, to: Point, colour: RGBAColor) -> Outcome<DB> {
        let corners = [self.place(from), self.place(to)];
        self.area.draw(&Rectangle::new(corners, ShapeStyle::from(&colour).filled()))
    }

    /// A filled shape.
    pub fn polygon(&self, points: &[Point], colour: RGBAColor) -> Outcome<DB> {
        let points: Vec<_> = points.iter().map(|point| self.place(*point)).collect();
        self.area.draw(&Polygon::new(points, ShapeStyle::from(&colour).filled()))
    }

    /// A line through points.
    pub fn line(&self, points: &[Point], colour: RGBAColor, width: f64) -> Outcome<DB> {
        let points: Vec<_> = points.iter().map(|point| self.place(*point)).collect();
        let width = ((width * self.scale).round() as u32).max(1);
        self.area.draw(&PathElement::new(points, colour.stroke_width(width)))
    }

    /// A line through points of which only stretches are drawn.
    pub fn strokes(&self, points: &[Point], colour: RGBAColor, width: f64) -> Outcome<DB> {
        let strokes = points.chunks(STROKE.1).map(|part| &part[..part.len().min(STROKE.0)]);
        let mut drawn = strokes.filter(|stroke| stroke.len() > 1);
        drawn.try_for_each(|stroke| self.line(stroke, colour, width))
    }

    /// A dashed line, level or upright.
    pub fn dashed(&self, from: Point, to: Point, colour: RGBAColor) -> Outcome<DB> {
        let length = (to.0 - from.0).hypot(to.1 - from.1);
        let at = |part: f64| {
            let part = (part / length).min(1.0);
            Point(from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part)
        };
        let dashes = (length / 6.0).ceil() as usize;
        let mut starts = (0..dashes).map(|dash| dash as f64 * 6.0);
        starts.try_for_each(|start| self.line(&[at(start), at(start + 3.0)], colour, 1.0))
    }

    /// A text whose middle line lies at `at`. The backend escapes it.
    pub fn text(&self, text: &str, at: Point, lettering: Lettering) -> Outcome<DB> {
        let style = if lettering.bold { FontStyle::Bold } else { FontStyle::Normal };
        let horizontal = match lettering.align {
            Align::Left => HPos::Left,
            Align::Middle => HPos::Center,
            Align::Right => HPos::Right,
        };
        let size = lettering.size * self.scale * LETTERS;
        let font = FontDesc::new(FontFamily::Name(FONT), size, style);
        let style = font.color(&lettering.colour).pos(Pos::new(horizontal, VPos::Center));
        let prints = match (self.letters, lettering.bold) {
            (Letters::Viewers, _) => 1,
            (Letters::BuiltIn, false) => 2,
            (Letters::BuiltIn, true) => 3,
        };
        let sunk = match self.letters {
            Letters::Viewers => 0.0,
            Letters::BuiltIn => lettering.size * TOO_HIGH,
        };
        let (x, y) = self.place(Point(at.0, at.1 + sunk));
        let step = (OVERPRINT * self.scale).round().max(1.0) as i32;
        let text = printable(text);
        (0..prints).try_for_each(|print| {
            self.area.draw(&Text::new(&*text, (x + print * step, y), style.clone()))
        })
    }
}
