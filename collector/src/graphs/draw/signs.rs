//! Signs of things beside each other, and what they mean.

use plotters::prelude::DrawingBackend;
use plotters::style::RGBColor;

use super::palette::Palette;
use super::pen::{Align, Lettering, Outcome, Pen, Point};
use crate::graphs::scatter::Standing;

/// Half of a sign.
pub const SIGN: f64 = 5.0;

/// What a sign stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// What is chosen from, by how it stands beside the others.
    Of(Standing),
    /// Who will meet.
    Member,
}

impl Meaning {
    fn word(self) -> &'static str {
        match self {
            Self::Of(standing) => standing.word(),
            Self::Member => "who meets",
        }
    }
}

pub fn colour(palette: &Palette, meaning: Meaning) -> RGBColor {
    match meaning {
        Meaning::Of(Standing::Front) => palette.received,
        Meaning::Of(Standing::Behind) => palette.neutral,
        Meaning::Of(Standing::Rejected) => palette.limit,
        Meaning::Member => palette.people,
    }
}

/// A disc of what no other beats, a ring of what is beaten, a cross of what is rejected, a rhomb of who meets.
pub fn draw<DB: DrawingBackend>(pen: &Pen<'_, DB>, at: Point, meaning: Meaning) -> Outcome<DB> {
    let colour = colour(pen.palette, meaning);
    let corner = |x: f64, y: f64| Point(at.0 + x, at.1 + y);
    let circle = |radius: f64| -> Vec<Point> {
        let angle = |step: u32| f64::from(step) / 24.0 * std::f64::consts::TAU;
        (0..24).map(|step| corner(radius * angle(step).cos(), radius * angle(step).sin())).collect()
    };
    match meaning {
        Meaning::Of(Standing::Front) => pen.polygon(&circle(SIGN), colour.into()),
        Meaning::Of(Standing::Behind) => {
            pen.polygon(&circle(SIGN), colour.into())?;
            pen.polygon(&circle(SIGN - 1.6), pen.palette.paper.into())
        }
        Meaning::Of(Standing::Rejected) => {
            let arm = SIGN - 0.5;
            pen.line(&[corner(-arm, -arm), corner(arm, arm)], colour.into(), 1.8)?;
            pen.line(&[corner(-arm, arm), corner(arm, -arm)], colour.into(), 1.8)
        }
        Meaning::Member => {
            let rhomb = [(0.0, -SIGN), (SIGN, 0.0), (0.0, SIGN), (-SIGN, 0.0)];
            pen.polygon(&rhomb.map(|(x, y)| corner(x, y)), colour.into())
        }
    }
}

/// What the signs mean, in a row that begins at `from` and ends before `right`.
pub fn key<DB: DrawingBackend>(
    pen: &Pen<'_, DB>,
    meanings: &[Meaning],
    from: Point,
    right: f64,
) -> Outcome<DB> {
    let grey = Lettering::new(11.0, pen.palette.neutral, Align::Left);
    let (mut x, y) = (from.0 + SIGN, from.1);
    for meaning in meanings {
        let word = meaning.word();
        let wide = grey.width(word);
        if x + 2.0 * SIGN + wide > right {
            break;
        }
        draw(pen, Point(x, y), *meaning)?;
        pen.text(word, Point(x + 2.0 * SIGN, y), grey)?;
        x += wide + 5.0 * SIGN;
    }
    Ok(())
}
