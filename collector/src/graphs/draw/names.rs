//! Names of signs in a picture: each stands where nothing else is, the nearer to its sign the better.

use plotters::prelude::DrawingBackend;
use plotters::style::{Color, RGBColor};

use super::pen::{Align, Lettering, Outcome, Pen, Point};
use super::room::Patch;
use super::signs::SIGN;
use super::word::HEIGHT;

/// What stays free between a sign and its name.
pub const GAP: f64 = 5.0;

/// How far a name may stand above or below its sign, in rows of letters.
const ROWS: i32 = 9;

const LETTERS: f64 = 12.0;

/// Something with a sign and a name.
pub struct Signed<'d> {
    pub at: Point,
    pub name: &'d str,
}

/// A name with its place.
pub struct Named {
    pub text: String,
    pub patch: Patch,
    at: Point,
}

/// Where names may stand.
pub struct Field {
    /// They do not leave it.
    pub bounds: Patch,
    /// What is taken already, besides signs.
    pub taken: Vec<Patch>,
    /// The longest name, in points; of longer ones the beginning stands.
    pub longest: f64,
}

impl Field {
    /// The names that find room, the first before the others.
    pub fn name(mut self, signs: &[Signed<'_>]) -> Vec<Named> {
        self.taken.extend(signs.iter().map(|sign| around(sign.at)));
        let mut names = Vec::new();
        let lettering = Lettering::new(LETTERS, RGBColor(0, 0, 0), Align::Left);
        for Signed { at, name } in signs {
            let text = lettering.fitting(&[(*name).to_owned()], self.longest);
            let size = (lettering.width(&text), LETTERS * HEIGHT);
            if let Some(patch) = places(*at, size).find(|patch| self.is_free(patch)) {
                self.taken.push(patch);
                names.push(Named { text, patch, at: *at });
            }
        }
        names
    }

    fn is_free(&self, patch: &Patch) -> bool {
        let Patch { left, right, top, bottom } = self.bounds;
        let is_within = patch.left >= left
            && patch.right <= right
            && patch.top >= top
            && patch.bottom <= bottom;
        is_within && !self.taken.iter().any(|one| one.overlaps(patch))
    }
}

/// What a sign takes.
pub fn around(Point(x, y): Point) -> Patch {
    let half = SIGN + 1.0;
    Patch { left: x - half, right: x + half, top: y - half, bottom: y + half }
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

impl Named {
    /// A thin line from its sign to a name that does not stand beside it.
    pub fn lead<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> Outcome<DB> {
        let Point(x, y) = self.at;
        let Patch { left, right, top, bottom } = self.patch;
        if top < y && y < bottom {
            return Ok(());
        }
        let end = Point(x.clamp(left, right), if top > y { top } else { bottom });
        pen.line(&[self.at, end], pen.palette.neutral.mix(0.5), 0.8)
    }

    pub fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> Outcome<DB> {
        let words = Lettering::new(LETTERS, pen.palette.text, Align::Left);
        let at = Point(self.patch.left, f64::midpoint(self.patch.top, self.patch.bottom));
        pen.text(&self.text, at, words)
    }
}
