//! The values of one series of a line: over the moments of a graph, with their extremes, and what is
//! known of these. Pure.

use std::ops::Range;

use super::points::{Points, at, join};
use crate::graphs::definition::{Colour, Shape};

/// More series of one line than this are drawn as one of "others": each hue is there twice, the
/// second time in strokes.
const MOST_SERIES: usize = 2 * Colour::HUES as usize;

/// Places so far apart are asked for together.
const NEAR: usize = 16;

/// One series of a line.
#[derive(Debug, Clone, Default)]
pub struct Values {
    pub name: String,
    pub mean: Points,
    pub most: Points,
    pub least: Points,
    /// Where the extremes are bounds: nobody knows more than that they are not exceeded.
    pub bounded: Vec<bool>,
    pub now: Option<f64>,
    /// From which moment on a series tells them, if it did not always.
    pub told_from: Option<usize>,
}

impl Values {
    /// The mean of a moment, within its extremes.
    pub fn at(&self, place: usize) -> Option<[f64; 3]> {
        let mean = at(&self.mean, place)?;
        let most = at(&self.most, place).unwrap_or(mean).max(mean);
        let least = at(&self.least, place).unwrap_or(mean).min(mean);
        Some([least, mean, most])
    }

    /// Whether the extremes of a moment are bounds.
    pub fn is_bounded(&self, place: usize) -> bool {
        self.bounded.get(place).copied().unwrap_or_default()
    }

    /// Where something was read that these do not tell.
    pub fn misses(&self, readings: &[Option<f64>], place: usize) -> bool {
        at(readings, place).is_some() && at(&self.mean, place).is_none()
    }

    /// The places around all that these do not tell, each with the moment behind it; what lies near to
    /// each other is one.
    pub fn missed(&self, readings: &[Option<f64>]) -> Vec<Range<usize>> {
        let mut missed: Vec<Range<usize>> = Vec::new();
        for place in (0..readings.len()).filter(|place| self.misses(readings, *place)) {
            let end = (place + 2).min(readings.len());
            match missed.last_mut().filter(|last| place <= last.end + NEAR) {
                Some(last) => last.end = end,
                None => missed.push(place..end),
            }
        }
        missed
    }

    /// Takes over what stands in `part` from `start` on.
    pub fn fill(&mut self, start: usize, part: &Self) {
        for place in 0..part.mean.len() {
            if let Some(values) = part.at(place) {
                self.put(start + place, values);
                if part.is_bounded(place) {
                    self.take_for_bounds(start + place);
                }
            }
        }
        self.now = self.now.or(part.now);
    }

    /// These, and where something was read that they do not tell, what is derived from other series.
    /// They may have begun within the first moment behind that, so its extremes are those of both.
    pub fn or(self, derived: &Self, readings: &[Option<f64>]) -> Self {
        let mut all =
            Self { name: self.name.clone(), now: self.now.or(derived.now), ..derived.clone() };
        let mut missed = false;
        for place in 0..self.mean.len().max(derived.mean.len()).max(readings.len()) {
            let misses = self.misses(readings, place);
            let begins = std::mem::replace(&mut missed, misses);
            let Some(own) = self.at(place) else { continue };
            if begins && all.told_from.is_none() {
                all.told_from = Some(place);
            }
            let other = all.at(place).filter(|_| begins);
            let [least, mean, most] = match other {
                Some([least, _, most]) => [own[0].min(least), own[1], own[2].max(most)],
                None => own,
            };
            let bounded = other.is_some() && all.is_bounded(place);
            all.put(place, [least, mean, most]);
            if bounded {
                all.take_for_bounds(place);
            }
        }
        all
    }

    fn put(&mut self, place: usize, [least, mean, most]: [f64; 3]) {
        for (points, value) in
            [(&mut self.least, least), (&mut self.mean, mean), (&mut self.most, most)]
        {
            points.resize(points.len().max(place + 1), None);
            points[place] = Some(value);
        }
        self.bounded.resize(self.bounded.len().max(place + 1), false);
        self.bounded[place] = false;
    }

    fn take_for_bounds(&mut self, place: usize) {
        if let Some(bounded) = self.bounded.get_mut(place) {
            *bounded = true;
        }
    }
}

/// A line's series by their numbers. Where there are more than a picture shows, those with the
/// highest become one that has no number: whoever is among them is so over every span, so that it
/// is never less over a longer one.
pub fn few(
    found: Vec<Values>,
    number: impl Fn(&str) -> u32,
    shape: Shape,
) -> Vec<(Option<u32>, Values)> {
    let numbered = |values: Values| (number(&values.name), values);
    let mut found: Vec<(u32, Values)> = found.into_iter().map(numbered).collect();
    found.sort_by(|a, b| (a.0, &a.1.name).cmp(&(b.0, &b.1.name)));
    let shown = if found.len() <= MOST_SERIES {
        found.len()
    } else {
        found.partition_point(|(number, _)| (*number as usize) < MOST_SERIES - 1)
    };
    let others: Vec<Values> = found.split_off(shown).into_iter().map(|one| one.1).collect();
    let mut all: Vec<(Option<u32>, Values)> =
        found.into_iter().map(|(number, values)| (Some(number), values)).collect();
    if !others.is_empty() {
        all.push((None, others_of(&others, shape)));
    }
    all
}

/// Of a stack the others add up; of lines beside each other the greatest stands for them.
fn others_of(others: &[Values], shape: Shape) -> Values {
    let stacked = shape == Shape::Stack;
    let both: fn(f64, f64) -> f64 = if stacked { |a, b| a + b } else { f64::max };
    let joined = |points: fn(&Values) -> &Points| {
        others.iter().map(points).fold(Points::new(), |all, one| join(&all, one, both))
    };
    let mean = joined(|values| &values.mean);
    let extremes = |points: fn(&Values, usize) -> Option<f64>| -> Points {
        let at = |place| others.iter().filter_map(|one| points(one, place)).reduce(both);
        (0..mean.len()).map(at).collect()
    };
    let (least, most) = (
        extremes(|one, place| Some(one.at(place)?[0])),
        extremes(|one, place| Some(one.at(place)?[2])),
    );
    let differs =
        |place| at(&most, place) != at(&mean, place) || at(&least, place) != at(&mean, place);
    let bounded = |place| {
        let any = others.iter().any(|one| one.is_bounded(place));
        any || stacked && differs(place)
    };
    Values {
        name: format!("{} others", others.len()),
        bounded: (0..mean.len()).map(bounded).collect(),
        now: others.iter().filter_map(|values| values.now).reduce(both),
        told_from: None,
        mean,
        most,
        least,
    }
}
