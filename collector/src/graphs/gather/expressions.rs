//! PromQL in steps: rows become lines, with the readings that say where zero is zero.

use std::collections::HashMap;
use std::ops::Range;

use super::cores;
use super::points::{self, Points, Series, append, first, series, zero_where};
use super::steps::{Detail, Pace, Steps};
use super::values::{Values, few};
use super::{GatherError, Question, Sources};
use crate::graphs::definition::{
    AskedLine, Bounds, Colour, Expressions, Extremes, LineDefinition, Names, Readings, Way,
};
use crate::graphs::graph::{Certainty, Grain, Line};
use crate::graphs::period::Span;
use crate::promql::{self, KeptReader, QueryError, QueryLimits, RangeQuery, Value};
use crate::query::{Interval, Statistics, usual_distance};
use crate::store::Records;

/// From what the pace of readings is told.
const PACE_RANGE: &str = "1h";
const PACE_MS: i64 = 3_600_000;

/// At so many moments of a span it is looked whether its samples have expired.
const LOOKS_BACK: i64 = 4;

/// How old the end of a span may be for its last value to count as now.
const NOW_MS: i64 = 60_000;

/// How long a limit stands.
const LIMIT_LOOKBACK_MS: i64 = 300_000;

/// So many fine windows are evaluated at once: those of a month.
const FINE_AT_ONCE: i64 = 9_000;

/// Asks the store for one graph.
pub struct Asking<'a> {
    samples: KeptReader<'a>,
    records: &'a Records,
    whom: &'a str,
    mount: &'a str,
    readings: &'a Readings,
    span: &'a Span,
    now_ms: i64,
    steps: Steps,
    /// The end of the span, if it is a moment behind the steps.
    end_ms: Option<i64>,
    pace: Pace,
    /// How far readings usually are apart at the end of the span.
    distance_ms: Option<i64>,
}

/// What was read, over the moments and at the end.
#[derive(Default)]
struct Read {
    /// How many readings there were; at a moment, whether there was one.
    counts: Points,
    /// Where a reading told of all there is.
    complete: Points,
    complete_now: Points,
}

impl Read {
    fn within(&self, places: &Range<usize>) -> Self {
        let part = |points: &Points| -> Points {
            points.get(places.start..places.end.min(points.len())).unwrap_or_default().to_vec()
        };
        let (counts, complete) = (part(&self.counts), part(&self.complete));
        Self { counts, complete, complete_now: self.complete_now.clone() }
    }
}

/// What is found of the extremes of a line.
struct Found {
    most: Series,
    least: Series,
    bounded: bool,
}

/// How far the readings of the time before a moment usually are apart.
fn distance(samples: KeptReader<'_>, recent: &str, at_ms: i64) -> Result<Option<i64>, QueryError> {
    Ok(match promql::instant(samples.reader, recent, at_ms, QueryLimits::default())? {
        Value::Matrix(series) => {
            series.iter().filter_map(|series| usual_distance(&series.timestamps)).min()
        }
        Value::Scalar(_) | Value::Text(_) | Value::Vector(_) => None,
    })
}

impl<'a> Asking<'a> {
    /// Looks how often `readings` are taken, and chooses steps.
    pub fn of(
        Sources { samples, records }: Sources<'a>,
        question: &'a Question<'a>,
        readings: &'a Readings,
    ) -> Result<Self, QueryError> {
        let Question { whom, part, ref span, now_ms, .. } = *question;
        let mount = part.unwrap_or_default();
        let nothing = Names { whom, mount, step_ms: 0, window_ms: 0, fine_ms: 0, carried_ms: 0 };
        let recent = format!("{}[{PACE_RANGE}]", nothing.fill(&readings.series));
        let distance_at = |at_ms| distance(samples, &recent, at_ms);
        let distance_ms = distance_at(span.to_ms)?;
        // Of what has expired, only rollups are left, which are further apart.
        let mut widest_ms = distance_ms;
        for part in 0..LOOKS_BACK {
            let from_ms = span.from_ms + (span.to_ms - span.from_ms) / LOOKS_BACK * part;
            widest_ms = widest_ms.max(distance_at((from_ms + PACE_MS).min(span.to_ms))?);
        }
        let (steps, pace) = (Steps::of(span, widest_ms), Pace::of(distance_ms));
        let end_ms = Some(span.to_ms).filter(|end_ms| steps.to_ms < *end_ms);
        Ok(Self {
            samples,
            records,
            whom,
            mount,
            readings,
            span,
            now_ms,
            steps,
            end_ms,
            pace,
            distance_ms,
        })
    }

    /// The same for some of the moments.
    fn within(&self, places: &Range<usize>) -> Self {
        let Steps { from_ms, step_ms, .. } = self.steps;
        let step = |place: usize| from_ms + place as i64 * step_ms;
        let count = self.steps.count();
        let to_ms = step(places.end.min(count)) - step_ms;
        let steps = Steps { from_ms: step(places.start), to_ms, ..self.steps };
        let end_ms = self.end_ms.filter(|_| places.end > count);
        Self { steps, end_ms, ..*self }
    }

    /// All lines, each over all steps, and what their figures are told from.
    pub fn lines(&self, asked: &[AskedLine]) -> Result<(Vec<Line>, Grain), GatherError> {
        let read = self.read()?;
        let mut lines = Vec::new();
        for AskedLine { look, expressions } in asked {
            let found = self.values(look, expressions, &read)?;
            let Some(by) = &expressions.by else {
                lines.extend(found.into_iter().map(|values| self.line(look, look.colour, values)));
                continue;
            };
            // Each thing has the number by which the store has known it first, and its colour by that:
            // the same over every span, in each picture, whoever comes and goes.
            let known = self.records.values_by_age(by, self.samples.reader.budget)?;
            let numbers: HashMap<&str, u32> = known.iter().map(|name| &**name).zip(0..).collect();
            let number = |name: &str| numbers.get(name).copied().unwrap_or(u32::MAX);
            for (number, values) in few(found, number, look.shape) {
                let colour = number.map_or(Colour::Neutral, Colour::Numbered);
                lines.push(self.line(look, colour, values));
            }
        }
        Ok((lines, self.grain(&read)))
    }

    /// What figures are told from.
    fn grain(&self, read: &Read) -> Grain {
        let Steps { step_ms, detail, .. } = self.steps;
        match detail {
            Detail::Moments => Grain::of_samples(self.distance_ms),
            Detail::Windows => Grain {
                steps_ms: Some(step_ms),
                fine_ms: Some(self.steps.fine_ms()),
                ..Grain::of_counts(&read.counts, step_ms)
                    .unwrap_or(Grain::of_samples(self.distance_ms))
            },
        }
    }

    /// The limit at the newest reading of the lines.
    pub fn limit(&self, expression: &str, lines: &[Line]) -> Result<Option<f64>, QueryError> {
        let last = lines.iter().filter_map(|line| line.intervals.last()).map(|last| last.to_ms);
        let at_ms = last.max().unwrap_or(self.span.to_ms);
        let limits = QueryLimits { lookback_ms: LIMIT_LOOKBACK_MS };
        let text = self.names(Detail::Windows).fill(expression);
        let found = series(promql::instant(self.samples.reader, &text, at_ms, limits)?, "");
        Ok(first(&found).first().copied().flatten())
    }

    /// The moments of a graph: its steps, and its end.
    fn moments(&self) -> Vec<i64> {
        let Steps { from_ms, step_ms, .. } = self.steps;
        let steps = (0..self.steps.count() as i64).map(|step| from_ms + step * step_ms);
        steps.chain(self.end_ms).collect()
    }

    fn names(&self, detail: Detail) -> Names<'a> {
        let step_ms = self.steps.step_ms;
        let window_ms = match detail {
            Detail::Moments => self.pace.window_ms,
            Detail::Windows => step_ms.max(self.pace.window_ms),
        };
        let fine_ms = self.steps.fine_ms();
        let carried_ms = self.pace.carried_ms(fine_ms);
        let (whom, mount) = (self.whom, self.mount);
        Names { whom, mount, step_ms, window_ms, fine_ms, carried_ms }
    }

    fn limits(&self) -> QueryLimits {
        QueryLimits { lookback_ms: self.pace.lookback_ms }
    }

    /// An expression at each moment.
    fn over_steps(&self, expression: &str, by: &str) -> Result<Series, QueryError> {
        let text = self.names(self.steps.detail).fill(expression);
        let Steps { from_ms, to_ms, step_ms, .. } = self.steps;
        let count = self.steps.count();
        let mut found = Vec::new();
        if count > 0 {
            let steps = promql::Steps { from_ms, to_ms, step_ms };
            let query = RangeQuery { expression: &text, steps, limits: self.limits() };
            found = series(self.samples.range(query)?, by);
        }
        if let Some(end_ms) = self.end_ms {
            let end = promql::instant(self.samples.reader, &text, end_ms, self.limits())?;
            append(&mut found, series(end, by), count);
        }
        Ok(found)
    }

    /// An expression at the end of the span; nothing if that is not now, or the last of short steps.
    fn at_end(&self, expression: &str, by: &str) -> Result<Series, QueryError> {
        let is_now = (self.now_ms - self.span.to_ms).abs() <= NOW_MS;
        if !is_now || self.steps.detail == Detail::Moments {
            return Ok(Vec::new());
        }
        let text = self.names(Detail::Moments).fill(expression);
        Ok(series(promql::instant(self.samples.reader, &text, self.span.to_ms, self.limits())?, by))
    }

    /// When something was read, and where what is missing is zero: nowhere, if nothing says so.
    fn read(&self) -> Result<Read, QueryError> {
        let Readings { series, complete } = self.readings;
        let counts = match self.steps.detail {
            Detail::Moments => format!("max({series})"),
            Detail::Windows => format!("max(count_over_time({series}[$step]))"),
        };
        let read = Read { counts: first(&self.over_steps(&counts, "")?), ..Read::default() };
        let Some(complete) = complete else { return Ok(read) };
        let newest = format!("max({series}) and (max({complete}) > 0)");
        let over = match self.steps.detail {
            Detail::Moments => self.over_steps(&newest, "")?,
            Detail::Windows => {
                let of_all = format!("max(max_over_time({complete}[$step])) > 0");
                self.over_steps(&format!("{counts} and ({of_all})"), "")?
            }
        };
        let complete_now = first(&self.at_end(&newest, "")?);
        Ok(Read { complete: first(&over), complete_now, ..read })
    }

    /// The values of a line, one entry for each of its series: those that a series tells, and where
    /// none does, what is derived.
    fn values(
        &self,
        definition: &LineDefinition,
        expressions: &Expressions,
        read: &Read,
    ) -> Result<Vec<Values>, QueryError> {
        let told = expressions.told.as_ref().map(|way| self.told(way, definition)).transpose()?;
        let Some(told) = told else { return self.derived(definition, expressions, read) };
        let missed = told.missed(&read.counts);
        if missed.is_empty() {
            return Ok(vec![told]);
        }
        let mut derived = Values::default();
        for places in missed {
            let found =
                self.within(&places).derived(definition, expressions, &read.within(&places))?;
            if let Some(found) = found.first() {
                derived.fill(places.start, found);
            }
        }
        Ok(vec![told.or(&derived, &read.counts)])
    }

    fn told(&self, way: &Way, definition: &LineDefinition) -> Result<Values, QueryError> {
        let Found { most, least, bounded } = self.extremes(&way.extremes, "")?;
        let mean = first(&self.over_steps(self.usual(way), "")?);
        Ok(Values {
            name: definition.name.clone(),
            bounded: vec![bounded; mean.len()],
            mean,
            most: first(&most),
            least: first(&least),
            now: points::at(&first(&self.at_end(&way.at, "")?), 0),
            told_from: None,
        })
    }

    fn derived(
        &self,
        definition: &LineDefinition,
        expressions: &Expressions,
        read: &Read,
    ) -> Result<Vec<Values>, QueryError> {
        let (way, by) = (&expressions.derived, expressions.by.as_deref().unwrap_or_default());
        let mut means = self.over_steps(self.usual(way), by)?;
        let Found { most, least, bounded } = self.extremes(&way.extremes, by)?;
        let now = self.at_end(&way.at, by)?;
        let zeros = expressions.comes_and_goes;
        if means.is_empty() && zeros {
            means.push((String::new(), Vec::new()));
        }
        let filled = |zero: &Points, points: Points| {
            if zeros { zero_where(zero, &points) } else { points }
        };
        let values = |(key, mean): (String, Points)| {
            let mean = filled(&read.complete, mean);
            let now = filled(&read.complete_now, points::of(&key, &now));
            Values {
                bounded: vec![bounded; mean.len()],
                mean,
                most: points::of(&key, &most),
                least: points::of(&key, &least),
                now: points::at(&now, 0),
                name: if key.is_empty() { definition.name.clone() } else { key },
                told_from: None,
            }
        };
        Ok(means.into_iter().map(values).collect())
    }

    /// What a way asks of each step, its extremes apart.
    fn usual<'w>(&self, way: &'w Way) -> &'w str {
        match self.steps.detail {
            Detail::Moments => &way.at,
            Detail::Windows => &way.mean,
        }
    }

    fn extremes(&self, extremes: &Extremes, by: &str) -> Result<Found, QueryError> {
        match (extremes, self.steps.detail) {
            (Extremes::Known { most, least }, Detail::Moments | Detail::Windows) => {
                let over = |expression: &Option<String>| match expression {
                    Some(expression) => self.over_steps(expression, by),
                    None => Ok(Vec::new()),
                };
                Ok(Found { most: over(most)?, least: over(least)?, bounded: false })
            }
            (Extremes::Bounded(Bounds { between, .. }), Detail::Moments) => {
                let between = self.over_steps(between, by)?;
                Ok(Found { most: between.clone(), least: between, bounded: false })
            }
            (Extremes::Bounded(Bounds { most, least, .. }), Detail::Windows) => {
                let most = self.over_fine_windows("max", most, by)?;
                let least = self.over_fine_windows("min", least, by)?;
                Ok(Found { most, least, bounded: true })
            }
            (Extremes::OfCores(which), detail) => {
                let (moments, step_ms) = (self.moments(), self.steps.step_ms);
                let (instance, which) = (self.whom, *which);
                let asked = cores::Asked { instance, which, moments: &moments, step_ms };
                let found = cores::extremes(self.samples.reader, &asked, detail);
                let cores::Extremes { most, least } = found.map_err(QueryError::from)?;
                let one = |points: Points| vec![(String::new(), points)];
                let bounded = detail == Detail::Windows;
                Ok(Found { most: one(most), least: one(least), bounded })
            }
        }
    }

    /// The extreme of what is asked for the fine windows within each step.
    fn over_fine_windows(
        &self,
        extreme: &str,
        expression: &str,
        by: &str,
    ) -> Result<Series, QueryError> {
        let fine_ms = self.steps.fine_ms();
        if fine_ms == self.steps.step_ms {
            return self.over_steps(expression, by);
        }
        let text = format!("{extreme}_over_time(({expression})[$step:$fine])");
        self.keep_in_pieces(&text)?;
        self.over_steps(&text, by)
    }

    /// Asks for a long range piece by piece, so that what is read for it at once has its limit: what
    /// was asked before is kept, and only the next piece is evaluated.
    fn keep_in_pieces(&self, expression: &str) -> Result<(), QueryError> {
        let Steps { from_ms, to_ms, step_ms, .. } = self.steps;
        let piece_ms = self.steps.fine_ms() * FINE_AT_ONCE / step_ms * step_ms;
        if self.samples.reader.samples.settled().is_none() {
            return Ok(());
        }
        let text = self.names(self.steps.detail).fill(expression);
        let ends = (1..).map(|piece| from_ms + piece * piece_ms);
        for end_ms in ends.take_while(|end_ms| *end_ms < to_ms) {
            let held = self.samples.reader.budget.held();
            let steps = promql::Steps { from_ms, to_ms: end_ms, step_ms };
            let query = RangeQuery { expression: &text, steps, limits: self.limits() };
            self.samples.range(query)?;
            self.samples.reader.budget.release_to(held);
        }
        Ok(())
    }

    fn line(&self, definition: &LineDefinition, colour: Colour, values: Values) -> Line {
        let moments = self.moments();
        let mut before = self.steps.from_ms - self.steps.step_ms;
        let mut intervals = Vec::with_capacity(values.mean.len());
        let mut certainty = Certainty::default();
        let Span { from_ms: begin_ms, to_ms: end_ms, .. } = *self.span;
        for (place, to_ms) in moments.iter().copied().enumerate() {
            let from_ms = std::mem::replace(&mut before, to_ms);
            let Some([min, mean, max]) = values.at(place) else { continue };
            let interval = Interval { from_ms, to_ms, mean, min, max };
            let Some(interval) = interval.within(begin_ms, end_ms) else { continue };
            if values.is_bounded(place) {
                certainty.look_at_bounds(&interval);
            } else {
                certainty.look(&interval);
            }
            intervals.push(interval);
        }
        let statistics = Statistics::of(&intervals, self.now_ms);
        let now = |figures: &Statistics| match self.steps.detail {
            Detail::Moments => figures.now,
            Detail::Windows => values.now,
        };
        let statistics = statistics.map(|figures| Statistics { now: now(&figures), ..figures });
        let told_from_ms = values.told_from.and_then(|place| moments.get(place).copied());
        let LineDefinition { side, shape, .. } = *definition;
        let name = values.name;
        let note = None;
        Line { name, note, colour, side, shape, intervals, statistics, certainty, told_from_ms }
    }
}
