//! Selectors: the newest sample at each step, and the samples of a window.

use std::time::{SystemTime, UNIX_EPOCH};

use headroom_proto::metric::STALE_BITS;
use promql_parser::label::{MatchOp, Matchers};
use promql_parser::parser::{AtModifier, Offset, VectorSelector};

use super::QueryError;
use super::grid::Grid;
use super::value::{Row, Samples};
use super::windows::Places;
use crate::samples::{METRIC, Matcher, Series};

/// Where a selector looks: its own moments for the steps of the query.
#[derive(Debug, Clone, Copy)]
pub struct Shift {
    fixed_ms: Option<i64>,
    offset_ms: i64,
}

impl Shift {
    /// `@` and `offset`; `start()` and `end()` are those of the whole query.
    pub fn of(
        at: Option<&AtModifier>,
        offset: Option<&Offset>,
        (start_ms, end_ms): (i64, i64),
    ) -> Self {
        let fixed_ms = at.map(|at| match at {
            AtModifier::Start => start_ms,
            AtModifier::End => end_ms,
            AtModifier::At(time) => unix_ms(*time),
        });
        let offset_ms = match offset {
            None => 0,
            Some(Offset::Pos(back)) => back.as_millis() as i64,
            Some(Offset::Neg(ahead)) => -(ahead.as_millis() as i64),
        };
        Self { fixed_ms, offset_ms }
    }

    /// Whether all steps look at the same moment.
    pub fn is_fixed(self) -> bool {
        self.fixed_ms.is_some()
    }

    /// Where to look for a step at `moment_ms`.
    pub fn apply(self, moment_ms: i64) -> i64 {
        self.fixed_ms.unwrap_or(moment_ms) - self.offset_ms
    }
}

fn unix_ms(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_millis() as i64,
        Err(before) => -(before.duration().as_millis() as i64),
    }
}

/// The store's matchers of a selector.
pub fn matchers(selector: &VectorSelector) -> Result<Vec<Matcher>, QueryError> {
    let Matchers { matchers, or_matchers } = &selector.matchers;
    if !or_matchers.is_empty() {
        let message = "invalid parameter \"query\": 1:1: parse error: `or` within braces";
        return Err(QueryError::BadData(message.into()));
    }
    let name = selector.name.iter().map(|name| Ok(Matcher::equal(METRIC, name)));
    let others = matchers.iter().map(|matcher| match &matcher.op {
        MatchOp::Equal => Ok(Matcher::equal(&matcher.name, &matcher.value)),
        MatchOp::NotEqual => Ok(Matcher::not_equal(&matcher.name, &matcher.value)),
        MatchOp::Re(_) => Matcher::regex(&matcher.name, &matcher.value),
        MatchOp::NotRe(_) => Matcher::not_regex(&matcher.name, &matcher.value),
    });
    let all: Result<Vec<Matcher>, _> = name.chain(others).collect();
    all.map_err(|error| QueryError::BadData(format!("invalid parameter \"query\": {error}")))
}

/// For each step the newest sample that is no older than `lookback_ms` and no end of the series.
pub fn newest(series: Series, grid: &Grid, shift: Shift, lookback_ms: i64) -> (Row, Vec<i64>) {
    let mut points = Vec::with_capacity(grid.steps);
    let mut times = Vec::with_capacity(grid.steps);
    let mut places = Places::default();
    for moment in grid.moments() {
        let at = shift.apply(moment);
        let (_, behind) = places.advance(&series.timestamps, (i64::MIN, at));
        let alive = behind.checked_sub(1).and_then(|place| {
            let (timestamp, value) = (series.timestamps[place], series.values[place]);
            let recent = timestamp >= at - series.lookback_ms(place, lookback_ms);
            (recent && value.to_bits() != STALE_BITS).then_some((timestamp, value))
        });
        points.push(alive.map(|(_, value)| value));
        times.push(alive.map_or(0, |(timestamp, _)| timestamp));
    }
    (Row { labels: series.labels, points }, times)
}

/// A series without the marks of its ends.
pub fn samples(series: Series) -> Samples {
    let Series { labels, mut timestamps, mut values, .. } = series;
    if values.iter().any(|value| value.to_bits() == STALE_BITS) {
        let alive: Vec<bool> = values.iter().map(|value| value.to_bits() != STALE_BITS).collect();
        let keep = |place: usize| alive.get(place).copied().unwrap_or_default();
        let mut place = 0;
        timestamps.retain(|_| (keep(place), place += 1).0);
        place = 0;
        values.retain(|_| (keep(place), place += 1).0);
    }
    Samples { labels, timestamps, values }
}
