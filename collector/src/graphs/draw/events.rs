//! What happened, on the axis of time: a mark, a thin line, and a word where there is room for one.

use plotters::prelude::DrawingBackend;
use plotters::style::Color;

use super::Frame;
use super::axes::Axis;
use super::palette::Palette;
use super::pen::{Align, Lettering, Outcome, Pen, Point};
use super::room::{Patch, Room};
use super::word::{Sign, Word};
use crate::graphs::graph::Graph;

/// Half the width of a mark, and its height, in points.
const HALF: f64 = 3.5;
const HEIGHT: f64 = 6.0;

/// How far a word stands from its line.
const OFF: f64 = 4.0;

/// Where words are looked for first, from the top of the plot.
const BELOW_TOP: f64 = 10.0;

/// The lines of events, which words keep clear of.
pub fn lines(graph: &Graph, frame: Frame) -> Vec<Patch> {
    let line =
        |x: f64| Patch { left: x - 1.5, right: x + 1.5, top: frame.top, bottom: frame.bottom };
    places(graph, frame).map(|(x, _)| line(x)).collect()
}

/// Where words of events are looked for.
#[derive(Clone, Copy)]
pub struct Ground<'g> {
    pub graph: &'g Graph,
    pub frame: Frame,
    pub palette: &'g Palette,
}

/// A word for each that has room for it.
pub fn words(ground: Ground<'_>, axis: &Axis, room: &Room) -> Vec<Word> {
    let Ground { graph, frame, palette } = ground;
    let lettering = Lettering::new(11.0, palette.text, Align::Left);
    let heights = axis.between_lines(frame, frame.top + BELOW_TOP);
    let mut words: Vec<Word> = Vec::new();
    for (x, text) in places(graph, frame) {
        let wide = lettering.width(text);
        let sides = [x + OFF, x - OFF - wide].into_iter();
        let sides = sides.filter(|left| *left > frame.left && left + wide < frame.right);
        let spots = heights.iter().flat_map(|y| sides.clone().map(|left| Point(left, *y)));
        let word = |at| Word { text: text.to_owned(), at, lettering, sign: Sign::None };
        let free = |word: &Word| {
            let patch = word.patch();
            room.is_free(&patch) && words.iter().all(|other| !other.patch().overlaps(&patch))
        };
        let found = spots.map(word).find(free);
        words.extend(found);
    }
    words
}

pub fn draw<DB: DrawingBackend>(pen: &Pen<'_, DB>, graph: &Graph, frame: Frame) -> Outcome<DB> {
    let colour = pen.palette.text.to_rgba();
    for (x, _) in places(graph, frame) {
        pen.dashed(Point(x, frame.top), Point(x, frame.bottom), pen.palette.neutral.to_rgba())?;
        let foot = frame.bottom + HEIGHT;
        let mark = [Point(x, frame.bottom), Point(x + HALF, foot), Point(x - HALF, foot)];
        pen.polygon(&mark, colour)?;
    }
    Ok(())
}

fn places(graph: &Graph, frame: Frame) -> impl Iterator<Item = (f64, &'static str)> {
    let events = graph.pings.iter().flat_map(|pings| &pings.smoke.events);
    events.map(move |event| (frame.x(graph, event.at_ms), event.change.word()))
}
