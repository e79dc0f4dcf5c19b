//! Windows of days and years at one moment, whose ends lie anywhere: what lies between whole hours is
//! answered from rollups, which keep what samples that have expired once said, and only what lies at
//! the ends is read as samples.

use std::collections::HashMap;

use super::Evaluator;
use crate::promql::QueryError;
use crate::promql::grid::Grid;
use crate::promql::rows::Rows;
use crate::promql::tree::{OverTime, RangeVector, Selector, Shift, Window, WindowFunction};
use crate::samples::{METRIC, TimeRange};

const HOUR_MS: i64 = 3_600_000;

/// Shorter windows are read as samples: there would be little to save.
const SHORTEST_MS: i64 = 24 * HOUR_MS;

/// Two values of parts of a window become that of both, the earlier first.
type Join = fn(f64, f64) -> f64;

impl<'b> Evaluator<'b> {
    /// A function of such a window; nothing if it is no such window, or there are no rollups.
    pub(super) fn over_long_window(
        &self,
        node: &OverTime,
        grid: &Grid,
    ) -> Result<Option<Rows<'b>>, QueryError> {
        let RangeVector::Window(window) = &node.range else { return Ok(None) };
        let one_metric = window
            .selector
            .matchers
            .iter()
            .any(|matcher| matcher.name() == METRIC && matcher.exact().is_some());
        if grid.steps != 1 || window.range_ms < SHORTEST_MS || !one_metric {
            return Ok(None);
        }
        let ends = self.look(window, grid).window(0);
        let Some(hours) = whole_hours(ends) else { return Ok(None) };
        let cut = Cut { selector: &window.selector, ends, hours };
        if node.function.is_average() {
            let Some(sums) = self.joined(&cut, &WindowFunction::Sum)? else { return Ok(None) };
            let counts = self.joined(&cut, &WindowFunction::Count)?;
            let counts = counts.map(|rows| rows.list).unwrap_or_default();
            let of: HashMap<_, _> = counts.iter().map(|row| (&row.labels, row.points[0])).collect();
            let mut averages = sums;
            for row in &mut averages.list {
                let count = of.get(&row.labels).copied().flatten();
                row.points[0] = row.points[0].zip(count).map(|(sum, count)| sum / count);
            }
            return Ok(Some(averages));
        }
        self.joined(&cut, &node.function)
    }

    /// The rows of all three parts of a window, joined by their labels.
    fn joined(
        &self,
        cut: &Cut<'_>,
        function: &WindowFunction,
    ) -> Result<Option<Rows<'b>>, QueryError> {
        let Some(join) = function.join() else { return Ok(None) };
        let part = |range: TimeRange| {
            let selector = Selector { shift: Shift::default(), ..cut.selector.clone() };
            let range_ms = range.to_ms.saturating_sub(range.from_ms);
            let window = RangeVector::Window(Window { selector, range_ms });
            let grid = Grid { from_ms: range.to_ms, step_ms: 0, steps: 1 };
            (OverTime { function: function.clone(), range: window }, grid)
        };
        let (middle, grid) = part(cut.hours);
        let Some(middle) = self.over_buckets(&middle, &grid)? else { return Ok(None) };
        let mut parts = Vec::new();
        let before = TimeRange { from_ms: cut.ends.from_ms, to_ms: cut.hours.from_ms - 1 };
        let behind = TimeRange { from_ms: cut.hours.to_ms + 1, to_ms: cut.ends.to_ms };
        for range in [before, behind] {
            let (node, grid) = part(range);
            let empty = range.from_ms > range.to_ms;
            let rows =
                if empty { Rows::none(&self.meter) } else { self.over_samples(&node, &grid)? };
            parts.push(rows);
        }
        parts.insert(1, middle);
        let mut found = Rows::none(&self.meter);
        let mut places = HashMap::new();
        for rows in parts {
            let begin = found.list.len();
            found.extend(rows);
            for place in begin..found.list.len() {
                self.meter.check()?;
                let first = *places.entry(found.list[place].labels.clone()).or_insert(place);
                if first == place {
                    continue;
                }
                let value = found.list[place].points[0].take();
                let known = &mut found.list[first].points[0];
                *known = match (*known, value) {
                    (Some(known), Some(value)) => Some(join(known, value)),
                    (known, value) => known.or(value),
                };
            }
        }
        found.drop_empty(&self.meter)?;
        Ok(Some(found))
    }
}

/// A window that is cut at whole hours.
struct Cut<'s> {
    selector: &'s Selector,
    ends: TimeRange,
    hours: TimeRange,
}

/// From the first whole hour of a window to its last.
fn whole_hours(ends: TimeRange) -> Option<TimeRange> {
    let before = ends.from_ms.checked_add(HOUR_MS - 1)?.div_euclid(HOUR_MS);
    let from_ms = before.checked_mul(HOUR_MS)?;
    let to_ms = ends.to_ms.div_euclid(HOUR_MS).checked_mul(HOUR_MS)?;
    (from_ms < to_ms && from_ms > i64::MIN && to_ms < i64::MAX)
        .then_some(TimeRange { from_ms, to_ms })
}

impl WindowFunction {
    fn is_average(&self) -> bool {
        matches!(self, Self::Average)
    }

    /// How the values of parts of a window become that of the whole, where they do.
    fn join(&self) -> Option<Join> {
        match self {
            Self::Sum | Self::Count => Some(|earlier, later| earlier + later),
            Self::Min => Some(|a, b| if b < a || a.is_nan() { b } else { a }),
            Self::Max => Some(|a, b| if b > a || a.is_nan() { b } else { a }),
            Self::Last => Some(|_, later| later),
            Self::Present => Some(|_, _| 1.0),
            Self::Rate
            | Self::Increase
            | Self::Delta
            | Self::Irate
            | Self::Idelta
            | Self::Derivative
            | Self::PredictLinear(_)
            | Self::HoltWinters(..)
            | Self::Average
            | Self::First
            | Self::StandardDeviation
            | Self::Variance
            | Self::Quantile(_)
            | Self::MedianDeviation
            | Self::Changes
            | Self::Resets
            | Self::TimeOf(_) => None,
        }
    }
}
