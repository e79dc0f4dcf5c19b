//! A pen that thinks in points and draws on whatever plotters draws on.

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind};
use plotters::element::{PathElement, Polygon, Rectangle, Text};
use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBAColor, RGBColor, ShapeStyle};

use super::palette::Palette;

/// Registered for the bitmap; in an SVG the viewer's own font of that family stands in.
pub const FONT: &str = "sans-serif";

pub type Outcome<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

/// A place in the picture: points from the left and from the top.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point(pub f64, pub f64);

pub struct Pen<'p, DB: DrawingBackend> {
    pub area: &'p DrawingArea<DB, Shift>,
    /// Units of the drawing to a point.
    pub scale: f64,
    pub palette: &'p Palette,
}

/// How a text stands.
#[derive(Debug, Clone, Copy)]
pub struct Lettering {
    pub size: f64,
    pub colour: RGBColor,
    pub align: Align,
    pub bold: bool,
}

#[derive(Debug, Clone, Copy)]
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

    /// A text whose middle line lies at `at`.
    pub fn text(&self, text: &str, at: Point, lettering: Lettering) -> Outcome<DB> {
        let style = if lettering.bold { FontStyle::Bold } else { FontStyle::Normal };
        let horizontal = match lettering.align {
            Align::Left => HPos::Left,
            Align::Middle => HPos::Center,
            Align::Right => HPos::Right,
        };
        let size = lettering.size * self.scale;
        let font = FontDesc::new(FontFamily::Name(FONT), size, style);
        let style = font.color(&lettering.colour).pos(Pos::new(horizontal, VPos::Center));
        self.area.draw(&Text::new(text, self.place(at), style))
    }
}
