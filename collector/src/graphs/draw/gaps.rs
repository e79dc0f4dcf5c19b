//! Gaps as gaps: where nothing was read, and what was lost.

use plotters::prelude::DrawingBackend;
use plotters::style::{Color, RGBAColor, RGBColor};

use super::Frame;
use super::axes::Axis;
use super::palette::Palette;
use super::pen::{Outcome, Pen, Point};
use super::room::Room;
use super::word::Word;
use crate::graphs::graph::Graph;
use crate::latency::Silence;

/// Gaps narrower than this get no hatching, in points.
const HATCHED_FROM: f64 = 3.0;

/// What hatching leaves free around a word.
const HOLE: f64 = 2.0;

/// Losses nearer to each other than this are drawn as one, in points: the eye sees one, and however
/// many there are, a picture has few.
const LOST_APART: f64 = 3.0;

/// The bar on the axis where something was lost: its height and its least width.
const LOST_BAR: f64 = 3.0;

/// Where the word of a loss stands, so that it is not taken for that of a gap.
const LOST_BELOW_TOP: f64 = 24.0;

const HATCH: f64 = 9.0;

/// Where nothing was read, wide enough to be seen, and where something was lost.
pub struct Gaps<'g> {
    graph: &'g Graph,
    frame: Frame,
    unread: Vec<Gap>,
    /// In points from the left.
    lost: Vec<(f64, f64)>,
}

impl<'g> Gaps<'g> {
    pub fn of(graph: &'g Graph, frame: Frame) -> Self {
        let place = |(from, to): (i64, i64)| (frame.x(graph, from), frame.x(graph, to));
        let wide =
            |gap: &Gap| frame.x(graph, gap.to_ms) - frame.x(graph, gap.from_ms) >= HATCHED_FROM;
        let unread = unread(graph).into_iter().filter(wide).collect();
        let lost = graph.losses.iter().map(|loss| place((loss.first_ms, loss.last_ms)));
        let lost = joined(lost.map(|(left, right)| (left, right.max(left + 1.0))).collect());
        Self { graph, frame, unread, lost }
    }

    /// A word for each that has room for it.
    pub fn words(&self, palette: &Palette, axis: &Axis, room: &Room) -> Vec<Word> {
        let Self { graph, frame, .. } = *self;
        // In the taller half, between two lines of the grid, which would strike the words out.
        let zero = axis.y(frame, 0.0);
        let above = zero - frame.top >= frame.bottom - zero;
        let middle = f64::midpoint(zero, if above { frame.top } else { frame.bottom });
        let middles = axis.between_lines(frame, middle);
        let mut words: Vec<Word> = Vec::new();
        let mut put = |ends, heights: &[f64], text: (&[String], RGBColor)| {
            let at = |y: &f64| Word::within(ends, *y, text.0, text.1);
            let free = |word: &Word| {
                let patch = word.patch();
                let apart = |other: &Word| !other.patch().overlaps(&patch);
                room.is_free(&patch) && words.iter().all(apart)
            };
            let found = heights.iter().filter_map(at).find(free);
            words.extend(found);
        };
        for gap in &self.unread {
            let ends = (frame.x(graph, gap.from_ms), frame.x(graph, gap.to_ms));
            put(ends, &middles, (&gap_in_words(graph, *gap), gap.colour(palette)));
        }
        let tops = axis.between_lines(frame, frame.top + LOST_BELOW_TOP);
        for ends in &self.lost {
            put(*ends, &tops, (&["lost".to_owned()], palette.limit));
        }
        words
    }

    /// Faint hatching that leaves words free, and a bar on the axis for each loss.
    pub fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>, words: &[Word]) -> Outcome<DB> {
        let Self { graph, frame, .. } = *self;
        let bad = pen.palette.limit;
        for gap in &self.unread {
            let sides = (frame.x(graph, gap.from_ms), frame.x(graph, gap.to_ms));
            let colour = gap.colour(pen.palette).mix(0.22);
            hatch(pen, Hatching { frame, sides, colour }, words)?;
        }
        for place in &self.lost {
            hatch(pen, Hatching { frame, sides: *place, colour: bad.mix(0.35) }, words)?;
            // However short, it is seen on the axis.
            let (left, right) = (place.0, place.1.max(place.0 + LOST_BAR));
            let (top, bottom) = (frame.bottom - LOST_BAR, frame.bottom);
            pen.rectangle(Point(left, top), Point(right, bottom), bad.to_rgba())?;
        }
        Ok(())
    }
}

/// A stretch in which no line has a reading.
#[derive(Debug, Clone, Copy)]
struct Gap {
    from_ms: i64,
    to_ms: i64,
    /// Why, if that was told.
    silence: Option<Silence>,
}

impl Gap {
    fn colour(self, palette: &Palette) -> RGBColor {
        match self.silence {
            Some(Silence::NoAnswer) => palette.limit,
            Some(Silence::VantageOffline) | None => palette.neutral,
        }
    }
}

/// The same places in order, those that overlap or nearly touch as one.
fn joined(mut places: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    places.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut apart: Vec<(f64, f64)> = Vec::new();
    for (left, right) in places {
        match apart.last_mut() {
            Some(last) if left - last.1 < LOST_APART => last.1 = last.1.max(right),
            Some(_) | None => apart.push((left, right)),
        }
    }
    apart
}

/// What a gap says, if there is room: before the first reading, until when.
fn gap_in_words(graph: &Graph, gap: Gap) -> [String; 2] {
    let short = match gap.silence {
        Some(silence) => return [silence.words(), silence.short()].map(str::to_owned),
        None => "no data".to_owned(),
    };
    let (from, to) = (gap.from_ms, gap.to_ms);
    let first = graph.last_ms().is_some() && from == graph.span.from_ms;
    // Beyond a day, the time alone does not say when.
    let format = if graph.span.seconds() > 86_400.0 { "%-d %b %H:%M" } else { "%H:%M" };
    let until = graph.span.local(to).strftime(format);
    [if first { format!("no data before {until}") } else { short.clone() }, short]
}

/// The stretches of the span in which no line has a reading.
fn unread(graph: &Graph) -> Vec<Gap> {
    let mut covered: Vec<(i64, i64)> =
        graph.lines.iter().flat_map(|l| &l.intervals).map(|i| (i.from_ms, i.to_ms)).collect();
    covered.sort_unstable();
    let mut gaps = Vec::new();
    let mut until = graph.span.from_ms;
    for (from, to) in covered {
        if from > until {
            gaps.push((until, from));
        }
        until = until.max(to);
    }
    gaps.push((until, graph.span.to_ms));
    gaps.into_iter()
        .flat_map(|gap| told(graph, gap))
        .filter(|gap| gap.to_ms > gap.from_ms)
        .collect()
}

/// A gap cut where something is told of why nothing was read.
fn told(graph: &Graph, (from_ms, to_ms): (i64, i64)) -> Vec<Gap> {
    let spells = graph.pings.iter().flat_map(|pings| &pings.smoke.spells);
    let mut gaps = Vec::new();
    let mut until_ms = from_ms;
    for spell in spells.filter(|spell| spell.to_ms > from_ms && spell.from_ms < to_ms) {
        let (begin_ms, end_ms) = (spell.from_ms.max(until_ms), spell.to_ms.min(to_ms));
        gaps.push(Gap { from_ms: until_ms, to_ms: begin_ms, silence: None });
        gaps.push(Gap { from_ms: begin_ms, to_ms: end_ms, silence: Some(spell.silence) });
        until_ms = end_ms.max(until_ms);
    }
    gaps.push(Gap { from_ms: until_ms, to_ms, silence: None });
    gaps
}

/// Lines between two sides of the plot.
struct Hatching {
    frame: Frame,
    sides: (f64, f64),
    colour: RGBAColor,
}

/// Lines that rise to the right, cut at the sides and around words.
fn hatch<DB: DrawingBackend>(
    pen: &Pen<'_, DB>,
    Hatching { frame, sides: (left, right), colour }: Hatching,
    words: &[Word],
) -> Outcome<DB> {
    let height = frame.height();
    // Aligned to the picture, so that the hatching of neighbouring gaps is one pattern.
    let first = ((left - height) / HATCH).floor() as i64;
    let last = (right / HATCH).ceil() as i64;
    for foot in (first..=last).map(|number| number as f64 * HATCH) {
        let y = |x: f64| frame.bottom - (x - foot);
        let mut pieces = vec![(foot.max(left), (foot + height).min(right))];
        for word in words.iter().map(Word::patch) {
            let (left, right) = (word.left - HOLE, word.right + HOLE);
            let (top, bottom) = (word.top - HOLE, word.bottom + HOLE);
            // Where the line is as high as the word, and between its ends.
            let hole =
                (left.max(foot + frame.bottom - bottom), right.min(foot + frame.bottom - top));
            if hole.0 < hole.1 {
                let cut = |(from, to): (f64, f64)| [(from, to.min(hole.0)), (from.max(hole.1), to)];
                let left_over = pieces.into_iter().flat_map(cut);
                pieces = left_over.filter(|(begin, end)| end > begin).collect();
            }
        }
        for (begin, end) in pieces.into_iter().filter(|(begin, end)| end > begin) {
            pen.line(&[Point(begin, y(begin)), Point(end, y(end))], colour, 0.5)?;
        }
    }
    Ok(())
}
