//! The words within the plot: which way is which, the limit's name, gaps and losses. Each stands where
//! nothing is drawn; the limit's, which always has to be told, else above the plot.

use plotters::prelude::DrawingBackend;

use super::axes::Axis;
use super::curve::Curve;
use super::events;
use super::gaps::Gaps;
use super::palette::Palette;
use super::pen::{Align, Lettering, Outcome, Pen, Point};
use super::room::{From, Patch, Room};
use super::word::{HEIGHT, SIGN, Sign, Word};
use super::{Frame, MARGIN};
use crate::graphs::definition::Side;
use crate::graphs::graph::Graph;

/// Half a line of words: how far they stand from what they belong to.
const OFF: f64 = 9.0;

/// An axis gets longer for a word at most so many times.
const LONGER: usize = 6;

/// Where words are looked for: the graph, its frame, and its colours.
#[derive(Clone, Copy)]
pub struct Place<'g> {
    pub graph: &'g Graph,
    pub frame: Frame,
    pub palette: &'g Palette,
}

/// All words of a plot.
pub struct Labels {
    pub words: Vec<Word>,
}

impl Labels {
    /// Finds room for all words; for those that say which way is which, the axis gets longer where
    /// there is none.
    pub fn of(place: Place<'_>, curves: &[Curve<'_>], axis: &mut Axis) -> Self {
        let Place { graph, frame, palette } = place;
        let gaps = Gaps::of(graph, frame);
        for round in 0..=LONGER {
            let mut room = Room::beside(curves, frame, axis);
            for patch in lines(graph, frame, axis) {
                room.take(patch);
            }
            let mut words = Vec::new();
            let mut put = |word: Word, room: &mut Room| {
                room.take(word.patch());
                words.push(word);
            };
            let mut missing = None;
            for side in [Side::Above, Side::Below].into_iter().filter(|_| graph.is_mirrored()) {
                match direction(place, &room, side) {
                    Ok(Some(word)) => put(word, &mut room),
                    Ok(None) => {}
                    Err(NoRoom) => missing = Some(side),
                }
            }
            if let Some(side) = missing.filter(|_| round < LONGER) {
                axis.lengthen(side);
                continue;
            }
            for word in gaps.words(palette, axis, &room) {
                put(word, &mut room);
            }
            let ground = events::Ground { graph, frame, palette };
            for word in events::words(ground, axis, &room) {
                put(word, &mut room);
            }
            if let Some(word) = limit(place, axis, &room) {
                put(word, &mut room);
            }
            return Self { words };
        }
        Self { words: Vec::new() }
    }

    pub fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> Outcome<DB> {
        self.words.iter().try_for_each(|word| word.draw(pen))
    }
}

/// What is drawn in the plot beside data: zero, the limit, the newest reading.
fn lines(graph: &Graph, frame: Frame, axis: &Axis) -> Vec<Patch> {
    let level =
        |y: f64| Patch { left: frame.left, right: frame.right, top: y - 1.5, bottom: y + 1.5 };
    let mut patches = vec![level(axis.y(frame, 0.0))];
    patches.extend(events::lines(graph, frame));
    patches.extend(graph.limit.filter(|_| axis.limit_shown).map(|y| level(axis.y(frame, y))));
    patches.extend(graph.last_ms().map(|last| {
        let x = frame.x(graph, last);
        Patch { left: x - 1.5, right: x + 1.5, top: frame.top, bottom: frame.bottom }
    }));
    patches
}

/// There is no place for a word that nothing is drawn in.
struct NoRoom;

/// Which way is which: the name of the first line of a side, at its end.
fn direction(place: Place<'_>, room: &Room, side: Side) -> Result<Option<Word>, NoRoom> {
    let Place { graph, frame, palette } = place;
    let Some(line) = graph.lines.iter().find(|line| line.side == side) else { return Ok(None) };
    let y = match side {
        Side::Above => frame.top + OFF,
        Side::Below => frame.bottom - OFF,
    };
    let lettering = Lettering::new(11.0, palette.line(line.colour), Align::Left);
    let size = (lettering.width(&line.name), lettering.size * HEIGHT);
    let place = room.at_height(y, size, From::Left).ok_or(NoRoom)?;
    let (text, at) = (line.name.clone(), Point(place.left, y));
    Ok(Some(Word { text, at, lettering, sign: Sign::None }))
}

/// The limit's name and number: at the right end of its line, above it or below, where nothing is
/// drawn; else above the plot with a sign.
fn limit(place: Place<'_>, axis: &Axis, room: &Room) -> Option<Word> {
    let Place { graph, frame, palette } = place;
    let (limit, definition) = (graph.limit?, graph.definition.limit.as_ref()?);
    let measure = graph.definition.unit.measure(limit);
    let number = format!("{} {}", measure.write(limit), measure.name());
    let lettering = Lettering::new(11.0, palette.limit, Align::Right);
    let texts = [format!("{} {number}", definition.name), number];
    let text = lettering.fitting(&texts, frame.width() - 2.0 * SIGN);
    let word = |at, sign| Some(Word { text: text.clone(), at, lettering, sign });
    // Above the plot, where its sign stands right before it.
    let above = |sign| {
        let left = (frame.right - lettering.width(&text)).max(MARGIN + SIGN);
        let lettering = Lettering { align: Align::Left, ..lettering };
        Some(Word { text: text.clone(), at: Point(left, frame.top - OFF), lettering, sign })
    };
    if !axis.limit_shown {
        return above(Sign::Arrow);
    }
    let line = axis.y(frame, limit);
    let size = (lettering.width(&text), lettering.size * HEIGHT);
    let heights = [line - OFF, line + OFF].into_iter();
    let inside = |y: &f64| *y >= frame.top - OFF && *y <= frame.bottom - OFF;
    let places = heights.filter(inside);
    let places = places.filter_map(|y| Some((room.at_height(y, size, From::Right)?, y)));
    // The one that is nearest to the right end, of two the upper.
    match places.reduce(|a, b| if b.0.right > a.0.right { b } else { a }) {
        Some((place, y)) => word(Point(place.right, y), Sign::None),
        None => above(Sign::Line),
    }
}
