//! What is read: the newest samples of a selector, and the samples of windows.

use super::Evaluator;
use crate::promql::QueryError;
use crate::promql::grid::Grid;
use crate::promql::look::Look;
use crate::promql::meter::Held;
use crate::promql::newest;
use crate::promql::rows::{Names, Rows};
use crate::promql::tree::{RangeVector, Selector, Subquery, Window};
use crate::promql::value::{Row, Samples};
use crate::samples::{BucketSeries, Detail, Sample, Selection, Series};

/// The samples that a window function reads, and where its windows lie.
pub struct Windows<'b> {
    pub series: Vec<Samples>,
    pub look: Look,
    /// What the samples take.
    pub memory: Held<'b>,
    pub names: Names<'b>,
}

/// What was read, and its memory.
pub struct Selected<'b, S> {
    pub series: Vec<S>,
    /// What all but the labels takes.
    pub memory: Held<'b>,
    pub names: Names<'b>,
}

impl<'b> Evaluator<'b> {
    /// What `take` makes of the newest sample of each series.
    pub(super) fn newest(
        &self,
        selector: &Selector,
        grid: &Grid,
        take: impl Fn(Sample) -> f64,
    ) -> Result<Rows<'b>, QueryError> {
        let look = Look::new(*grid, selector.shift, self.bounds, self.limits.lookback_ms);
        let Selected { series, memory: _memory, names } = self.select(selector, &look)?;
        self.meter.allow(series.len().saturating_mul(grid.steps))?;
        let mut rows = Rows { names, ..Rows::none(&self.meter) };
        for series in series {
            rows.take(grid.steps)?;
            let points = newest::newest(&series, &look, &self.meter, &take)?;
            rows.list.push(Row { labels: series.labels, points });
        }
        rows.drop_empty(&self.meter)?;
        Ok(rows)
    }

    /// The series that the steps of a look see.
    fn select(&self, selector: &Selector, look: &Look) -> Result<Selected<'b, Series>, QueryError> {
        let range = look.reach();
        let what = Selection { matchers: &selector.matchers, range };
        let series = self.samples.select(what, look.hints(), self.meter.budget())?;
        let bytes = series.iter().map(Series::bytes).sum();
        let labels = series.iter().map(|series| series.labels.bytes()).sum();
        Ok(self.selected(series, bytes, labels))
    }

    /// The buckets that the windows of a look hold, if there are any here.
    pub(super) fn select_buckets(
        &self,
        selector: &Selector,
        look: &Look,
        detail: Detail,
    ) -> Result<Option<Selected<'b, BucketSeries>>, QueryError> {
        let range = look.reach();
        let what = Selection { matchers: &selector.matchers, range };
        let found = self.samples.select_figures(what, detail, self.meter.budget())?;
        Ok(found.map(|series| {
            let bytes = series.iter().map(BucketSeries::bytes).sum();
            let labels = series.iter().map(|series| series.labels.bytes()).sum();
            self.selected(series, bytes, labels)
        }))
    }

    /// Series that take so many bytes, of which so many are their labels.
    fn selected<S>(&self, series: Vec<S>, bytes: u64, labels: u64) -> Selected<'b, S> {
        let memory = self.meter.taken(bytes.saturating_sub(labels));
        Selected { series, memory, names: Names::read(self.meter.taken(labels)) }
    }

    /// How the steps of a grid see a window.
    pub(super) fn look(&self, window: &Window, grid: &Grid) -> Look {
        Look::new(*grid, window.selector.shift, self.bounds, window.range_ms)
    }

    /// The samples behind `metric[5m]` or a subquery.
    pub(super) fn windows(
        &self,
        range: &RangeVector,
        grid: &Grid,
    ) -> Result<Windows<'b>, QueryError> {
        match range {
            RangeVector::Window(window) => self.window(window, grid),
            RangeVector::Subquery(subquery) => self.subquery(subquery, grid),
        }
    }

    fn window(&self, window: &Window, grid: &Grid) -> Result<Windows<'b>, QueryError> {
        let look = self.look(window, grid);
        let Selected { series: found, memory, names } = self.select(&window.selector, &look)?;
        let mut series = Vec::with_capacity(found.len());
        for one in found {
            series.push(newest::samples(one, &self.meter)?);
        }
        Ok(Windows { series, look, memory, names })
    }

    fn subquery(&self, subquery: &Subquery, grid: &Grid) -> Result<Windows<'b>, QueryError> {
        let look = Look::new(*grid, subquery.shift, self.bounds, subquery.range_ms);
        let (reach, step_ms) = (look.reach(), subquery.step_ms);
        // Aligned to whole steps of Unix time, as Prometheus does.
        let mut from_ms = step_ms * (reach.from_ms / step_ms);
        if from_ms < reach.from_ms {
            from_ms = from_ms.saturating_add(step_ms);
        }
        // The bounds may be those of the type.
        let behind =
            (i128::from(reach.to_ms) - i128::from(from_ms)).div_euclid(i128::from(step_ms));
        let steps = usize::try_from(behind + 1).unwrap_or(0);
        let mut windows = Windows {
            series: Vec::new(),
            look,
            memory: self.meter.nothing(),
            names: Names::none(&self.meter),
        };
        if steps == 0 {
            return Ok(windows);
        }
        let inner = Grid { from_ms, step_ms, steps };
        let rows = self.vector(&subquery.vector, &inner)?;
        windows.names = rows.names;
        for row in rows.list {
            let present = row.points.iter().flatten().count();
            windows.memory.take((present * Series::SAMPLE_BYTES) as u64)?;
            let mut timestamps = Vec::with_capacity(present);
            let mut values = Vec::with_capacity(present);
            for span in self.meter.spans(steps) {
                for step in span? {
                    let Some(value) = row.points[step] else { continue };
                    timestamps.push(inner.at(step));
                    values.push(value);
                }
            }
            windows.series.push(Samples { labels: row.labels, timestamps, values });
        }
        Ok(windows)
    }
}
