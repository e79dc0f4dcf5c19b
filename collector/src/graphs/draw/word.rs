//! A word within the plot: where it stands, what it covers, what stands before it.

use plotters::prelude::DrawingBackend;
use plotters::style::{Color, RGBColor};

use super::pen::{Align, Lettering, Outcome, Pen, Point};
use super::room::Patch;

/// The height of a word with the air above and below it, in parts of its size.
pub const HEIGHT: f64 = 1.2;

/// The room of the sign before the limit's name.
pub const SIGN: f64 = 12.0;

/// What a word between two sides leaves free, in points.
const AIR: f64 = 9.0;

/// What stands before a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    None,
    /// What it names is higher than the picture.
    Arrow,
    /// A piece of the line that it names.
    Line,
}

/// A word within the plot.
pub struct Word {
    pub text: String,
    pub at: Point,
    pub lettering: Lettering,
    pub sign: Sign,
}

impl Word {
    /// The longest of the texts that fits between two sides, in the middle; none if there is no room.
    pub fn within(
        (left, right): (f64, f64),
        y: f64,
        texts: &[String],
        colour: RGBColor,
    ) -> Option<Self> {
        let lettering = Lettering::new(12.0, colour, Align::Middle);
        let text = texts.iter().find(|text| lettering.width(text) + AIR < right - left)?.clone();
        let at = Point(f64::midpoint(left, right), y);
        Some(Self { text, at, lettering, sign: Sign::None })
    }

    /// What it covers.
    pub fn patch(&self) -> Patch {
        let Point(x, y) = self.at;
        let (wide, half) = (self.lettering.width(&self.text), self.lettering.size * HEIGHT / 2.0);
        let sign = if self.sign == Sign::None { 0.0 } else { SIGN };
        let (left, right) = match self.lettering.align {
            Align::Left => (x - sign, x + wide),
            Align::Middle => (x - wide / 2.0 - sign, x + wide / 2.0),
            Align::Right => (x - wide - sign, x),
        };
        Patch { left, right, top: y - half, bottom: y + half }
    }

    pub fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> Outcome<DB> {
        let colour = self.lettering.colour.to_rgba();
        let Patch { left: x, .. } = self.patch();
        let y = self.at.1;
        match self.sign {
            Sign::None => {}
            Sign::Arrow => {
                let arrow = [Point(x, y + 3.0), Point(x + 7.0, y + 3.0), Point(x + 3.5, y - 3.0)];
                pen.polygon(&arrow, colour)?;
            }
            Sign::Line => pen.line(&[Point(x, y), Point(x + 9.0, y)], colour, 1.0)?,
        }
        pen.text(&self.text, self.at, self.lettering)
    }
}
