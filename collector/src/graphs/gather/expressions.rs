//! PromQL in steps: rows become lines, with the readings that say where zero is zero.

use std::collections::HashSet;

use headroom_proto::metric::INSTANCE;

use super::steps::{Detail, Pace, Steps};
use super::{GatherError, Question};
use crate::graphs::definition::{
    AskedLine, Colour, Expressions, HUES, LineDefinition, Names, Of, Readings, Shape,
};
use crate::graphs::graph::Line;
use crate::graphs::period::Span;
use crate::promql::{self, KeptReader, QueryError, QueryLimits, RangeQuery, Row, Value};
use crate::query::{Interval, Statistics, usual_distance};
use crate::samples::{Matcher, ReadError, Selection};

/// More series of one line than this are drawn as one of "others".
const MOST_SERIES: usize = HUES.len() + 1;

/// From what the pace of readings is told.
const PACE_RANGE: &str = "1h";

/// How old the end of a span may be for its last value to count as now.
const NOW_MS: i64 = 60_000;

/// How long a limit stands.
const LIMIT_LOOKBACK_MS: i64 = 300_000;

/// Asks the store for one graph.
pub struct Asking<'a> {
    samples: KeptReader<'a>,
    of: Of,
    whom: &'a str,
    readings: &'a Readings,
    span: &'a Span,
    now_ms: i64,
    steps: Steps,
    pace: Pace,
}

/// Values over the moments of a graph.
type Points = Vec<Option<f64>>;

/// Points by what tells the series of a line apart: the value of its label, if it has one.
type Series = Vec<(String, Points)>;

/// One series of a line.
struct Values {
    name: String,
    mean: Points,
    max: Points,
    now: Option<f64>,
}

/// Where a reading told of all there is, over the moments and at the end.
#[derive(Default)]
struct Complete {
    over: Points,
    now: Points,
}

impl<'a> Asking<'a> {
    /// Looks how often `readings` are taken, and chooses steps.
    pub fn of(
        samples: KeptReader<'a>,
        question: &'a Question<'a>,
        readings: &'a Readings,
    ) -> Result<Self, QueryError> {
        let Question { definition, whom, ref span, now_ms, .. } = *question;
        let of = definition.of();
        let names = Names { whom, step_ms: 0, window_ms: 0 };
        let recent = format!("{}[{PACE_RANGE}]", names.fill(&readings.series));
        let found = promql::instant(samples.reader, &recent, span.to_ms, QueryLimits::default())?;
        let distance = match &found {
            Value::Matrix(series) => {
                series.iter().filter_map(|series| usual_distance(&series.timestamps)).min()
            }
            Value::Scalar(_) | Value::Text(_) | Value::Vector(_) => None,
        };
        let (steps, pace) = (Steps::of(span), Pace::of(distance));
        Ok(Self { samples, of, whom, readings, span, now_ms, steps, pace })
    }

    /// All lines, each over all steps.
    pub fn lines(&self, asked: &[AskedLine]) -> Result<Vec<Line>, GatherError> {
        let complete = self.complete()?;
        let mut lines = Vec::new();
        for AskedLine { look, expressions } in asked {
            let found = self.values(look, expressions, &complete)?;
            let found = few(found, look.shape);
            let colours = match &expressions.by {
                None => vec![look.colour; found.len()],
                Some(by) => self.colours(by, &found)?,
            };
            for (values, colour) in found.into_iter().zip(colours) {
                lines.push(self.line(look, colour, values));
            }
        }
        Ok(lines)
    }

    /// The limit at the newest reading of the lines.
    pub fn limit(&self, expression: &str, lines: &[Line]) -> Result<Option<f64>, QueryError> {
        let last = lines.iter().filter_map(|line| line.intervals.last()).map(|last| last.to_ms);
        let at_ms = last.max().unwrap_or(self.span.to_ms);
        let limits = QueryLimits { lookback_ms: LIMIT_LOOKBACK_MS, ..QueryLimits::default() };
        let text = self.names(Detail::Windows).fill(expression);
        let found = series(promql::instant(self.samples.reader, &text, at_ms, limits)?, "");
        Ok(first(&found).first().copied().flatten())
    }

    /// The moments of a graph: its steps, and its end where steps are long.
    fn moments(&self) -> Vec<i64> {
        let Steps { from_ms, step_ms, to_ms, detail } = self.steps;
        let steps = (0..self.steps.count() as i64).map(|step| from_ms + step * step_ms);
        let end = (detail == Detail::Windows && to_ms < self.span.to_ms).then_some(self.span.to_ms);
        steps.chain(end).collect()
    }

    fn names(&self, detail: Detail) -> Names<'a> {
        let step_ms = self.steps.step_ms;
        let window_ms = match detail {
            Detail::Moments => self.pace.window_ms,
            Detail::Windows => step_ms.max(self.pace.window_ms),
        };
        Names { whom: self.whom, step_ms, window_ms }
    }

    fn limits(&self) -> QueryLimits {
        QueryLimits { lookback_ms: self.pace.lookback_ms, ..QueryLimits::default() }
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
        if self.moments().len() > count {
            let end = promql::instant(self.samples.reader, &text, self.span.to_ms, self.limits())?;
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

    /// Where what is missing is zero: nowhere, if nothing says so.
    fn complete(&self) -> Result<Complete, QueryError> {
        let Readings { series, complete: Some(complete) } = self.readings else {
            return Ok(Complete::default());
        };
        let newest = format!("max({series}) and (max({complete}) > 0)");
        let over = match self.steps.detail {
            Detail::Moments => self.over_steps(&newest, "")?,
            Detail::Windows => {
                let read = format!("max(count_over_time({series}[$step]))");
                let of_all = format!("max(max_over_time({complete}[$step])) > 0");
                self.over_steps(&format!("{read} and ({of_all})"), "")?
            }
        };
        Ok(Complete { over: first(&over), now: first(&self.at_end(&newest, "")?) })
    }

    /// The values of a line, one entry for each of its series.
    fn values(
        &self,
        definition: &LineDefinition,
        expressions: &Expressions,
        complete: &Complete,
    ) -> Result<Vec<Values>, QueryError> {
        let by = expressions.by.as_deref().unwrap_or_default();
        let (mean, max) = match self.steps.detail {
            Detail::Moments => (&expressions.at, None),
            Detail::Windows => (&expressions.mean, expressions.max.as_ref()),
        };
        let mut means = self.over_steps(mean, by)?;
        let max = max.map(|max| self.over_steps(max, by)).transpose()?.unwrap_or_default();
        let now = self.at_end(&expressions.at, by)?;
        let zeros = expressions.comes_and_goes;
        if means.is_empty() && zeros {
            means.push((String::new(), Vec::new()));
        }
        let of = |key: &str, all: &Series| -> Points {
            let same = all.iter().find(|(known, _)| known == key);
            same.map(|(_, points)| points.clone()).unwrap_or_default()
        };
        let values = |(key, mean): (String, Points)| Values {
            mean: if zeros { zero_where(&complete.over, &mean) } else { mean },
            max: of(&key, &max),
            now: if zeros { zero_where(&complete.now, &of(&key, &now)) } else { of(&key, &now) }
                .first()
                .copied()
                .flatten(),
            name: if key.is_empty() { definition.name.clone() } else { key },
        };
        Ok(means.into_iter().map(values).collect())
    }

    /// A hue for each series of a line: by its place among all that the store knows, so that it is
    /// the same in each picture; where that gives a hue twice, by its place among those shown.
    fn colours(&self, by: &str, found: &[Values]) -> Result<Vec<Colour>, ReadError> {
        let own = match self.of {
            Of::Host => vec![Matcher::equal(INSTANCE, self.whom)],
            Of::Tenant | Of::All => Vec::new(),
        };
        let what = Selection::ever(&own);
        let known = self.samples.reader.label_values(what, by)?;
        let place = |values: &Values| known.iter().position(|known| *known == values.name);
        let stable: Vec<Option<usize>> =
            found.iter().map(|values| Some(place(values)? % HUES.len())).collect();
        let unique: HashSet<usize> = stable.iter().copied().flatten().collect();
        if unique.len() == found.len() {
            return Ok(stable.into_iter().flatten().map(|place| HUES[place]).collect());
        }
        let hue = |place: usize| HUES.get(place).copied().unwrap_or(Colour::Neutral);
        Ok((0..found.len()).map(hue).collect())
    }

    fn line(&self, definition: &LineDefinition, colour: Colour, values: Values) -> Line {
        let mut before = self.steps.from_ms - self.steps.step_ms;
        let mut intervals = Vec::with_capacity(values.mean.len());
        for (place, to_ms) in self.moments().into_iter().enumerate() {
            let from_ms = std::mem::replace(&mut before, to_ms);
            let at = |points: &Points| points.get(place).copied().flatten();
            let Some(mean) = at(&values.mean) else { continue };
            let max = at(&values.max).unwrap_or(mean).max(mean);
            intervals.push(Interval { from_ms, to_ms, mean, min: mean, max });
        }
        let Span { from_ms, to_ms, .. } = *self.span;
        let inside = intervals.into_iter().filter_map(|interval| interval.within(from_ms, to_ms));
        let intervals: Vec<Interval> = inside.collect();
        let statistics = Statistics::of(&intervals, self.now_ms);
        let now = |figures: &Statistics| match self.steps.detail {
            Detail::Moments => figures.now,
            Detail::Windows => values.now,
        };
        let statistics = statistics.map(|figures| Statistics { now: now(&figures), ..figures });
        let LineDefinition { side, shape, .. } = *definition;
        Line { name: values.name, colour, side, shape, intervals, statistics }
    }
}

/// The most of a line's series in the order of their names; what is beyond them becomes one.
fn few(mut found: Vec<Values>, shape: Shape) -> Vec<Values> {
    found.sort_by(|a, b| a.name.cmp(&b.name));
    if found.len() <= MOST_SERIES {
        return found;
    }
    let weight = |values: &Values| values.mean.iter().flatten().sum::<f64>();
    found.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
    let others = found.split_off(MOST_SERIES - 1);
    found.sort_by(|a, b| a.name.cmp(&b.name));
    // Of a stack the others add up; of lines beside each other the greatest stands for them.
    let join = |a: f64, b: f64| if shape == Shape::Stack { a + b } else { a.max(b) };
    let joined = |points: fn(&Values) -> &Points| {
        let length = others.iter().map(|values| points(values).len()).max().unwrap_or_default();
        let at = |place: usize| {
            let present = others.iter().filter_map(|v| points(v).get(place).copied().flatten());
            present.reduce(join)
        };
        (0..length).map(at).collect::<Vec<_>>()
    };
    let name = format!("{} others", others.len());
    let (mean, max) = (joined(|values| &values.mean), joined(|values| &values.max));
    let now = others.iter().filter_map(|values| values.now).reduce(join);
    found.push(Values { name, mean, max, now });
    found
}

/// Zero where there was a reading and no value.
fn zero_where(readings: &[Option<f64>], values: &[Option<f64>]) -> Points {
    let at = |points: &[Option<f64>], place: usize| points.get(place).copied().flatten();
    let point = |place: usize| at(values, place).or(at(readings, place).map(|_| 0.0));
    (0..readings.len().max(values.len())).map(point).collect()
}

/// The series of a value by a label; a number is a series without one. What is not finite is no
/// reading.
fn series(value: Value, by: &str) -> Series {
    let finite = |value: f64| Some(value).filter(|value| value.is_finite());
    match value {
        Value::Vector(rows) => {
            let row = |Row { labels, points }: Row| {
                let points = points.into_iter().map(|point| point.and_then(finite)).collect();
                (labels.get(by).unwrap_or_default().to_owned(), points)
            };
            rows.into_iter().map(row).collect()
        }
        Value::Scalar(numbers) => {
            vec![(String::new(), numbers.into_iter().map(finite).collect())]
        }
        Value::Text(_) | Value::Matrix(_) => Vec::new(),
    }
}

/// The points of the first series.
fn first(series: &Series) -> Points {
    series.first().map(|(_, points)| points.clone()).unwrap_or_default()
}

/// Adds the points of one more moment behind those of `count`.
fn append(series: &mut Series, more: Series, count: usize) {
    for (_, points) in series.iter_mut() {
        points.push(None);
    }
    for (key, last) in more {
        let place = series.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
            series.push((key, vec![None; count + 1]));
            series.len() - 1
        });
        if let Some(point) = series[place].1.last_mut() {
            *point = last.first().copied().flatten();
        }
    }
}
