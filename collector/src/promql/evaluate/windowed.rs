//! Functions of windows.

use super::Evaluator;
use super::reading::{Selected, Windows};
use crate::promql::QueryError;
use crate::promql::buckets::{self, BucketFunction};
use crate::promql::digits::plain_number;
use crate::promql::grid::Grid;
use crate::promql::places::Places;
use crate::promql::quantile::quantile;
use crate::promql::rates::{Extrapolation, extrapolated, last_difference, last_rate, regression};
use crate::promql::rows::{Names, Rows};
use crate::promql::sum::sum;
use crate::promql::tree::{OverTime, RangeVector, Scalar, WindowFunction};
use crate::promql::value::{Row, Samples};
use crate::promql::windows::{self, Factors, Window};
use crate::samples::{Detail, Labels};

/// What a function makes of the window of a step.
type Function<'f> = dyn Fn(&Window<'_>, usize) -> Result<Option<f64>, QueryError> + 'f;

impl<'b> Evaluator<'b> {
    /// Functions of windows.
    pub(super) fn over_time(&self, node: &OverTime, grid: &Grid) -> Result<Rows<'b>, QueryError> {
        let of_rollups = match self.over_long_windows(node, grid)? {
            Some(rows) => Some(rows),
            None => self.over_buckets(node, grid)?,
        };
        let mut rows = match of_rollups {
            Some(rows) => rows,
            None => self.over_samples(node, grid)?,
        };
        rows.drop_empty(&self.meter)?;
        rows.refuse_twins(&self.meter)?;
        Ok(rows)
    }

    fn over_samples(&self, node: &OverTime, grid: &Grid) -> Result<Rows<'b>, QueryError> {
        let Windows { series, look, memory: _memory, names } = self.windows(&node.range, grid)?;
        let function = self.function(&node.function, grid)?;
        let mut rows = Rows::none(&self.meter);
        rows.names = names.heir(&self.meter);
        for samples in series {
            rows.take(grid.steps)?;
            let mut places = Places::default();
            let points = self.meter.try_collect(grid.steps, |step| {
                let ends = look.window(step);
                let found = places.advance(&samples.timestamps, ends);
                if found.is_empty() {
                    return Ok(None);
                }
                let timestamps = &samples.timestamps[found.clone()];
                let values = &samples.values[found];
                function(&Window { timestamps, values, ends }, step)
            })?;
            let labels = labels(&node.function, &mut rows.names, &samples.labels)?;
            rows.list.push(Row { labels, points });
        }
        Ok(rows)
    }

    /// A function whose windows end where buckets of rollups do; nothing if they do not.
    fn over_buckets(&self, node: &OverTime, grid: &Grid) -> Result<Option<Rows<'b>>, QueryError> {
        let RangeVector::Window(window) = &node.range else { return Ok(None) };
        let Some(function) = BucketFunction::of(&node.function) else { return Ok(None) };
        let look = self.look(window, grid);
        let Some(resolution) = buckets::resolution(&look) else { return Ok(None) };
        let detail = Detail { resolution, figures: function.figures(), hints: look.hints() };
        let found = self.select_buckets(&window.selector, &look, detail)?;
        let Some(Selected { series, memory: _memory, names }) = found else { return Ok(None) };
        let mut rows = Rows::none(&self.meter);
        rows.names = names.heir(&self.meter);
        for series in series {
            rows.take(grid.steps)?;
            let points = self.meter.try_collect(grid.steps, |step| {
                function.answer(&series.buckets, look.window(step), &self.meter)
            })?;
            let labels = labels(&node.function, &mut rows.names, &series.labels)?;
            rows.list.push(Row { labels, points });
        }
        // A sum that overflows has a mean all the same, which samples tell.
        let mut points = rows.list.iter().flat_map(|row| row.points.iter().flatten());
        let overflows =
            function == BucketFunction::Average && points.any(|mean| mean.is_infinite());
        Ok((!overflows).then_some(rows))
    }

    /// `absent_over_time`: a series with these labels where no window holds a sample.
    pub(super) fn absent_over_time(
        &self,
        range: &RangeVector,
        labels: &Labels,
        grid: &Grid,
    ) -> Result<Rows<'b>, QueryError> {
        let Windows { series, look, memory: _memory, names: _names } = self.windows(range, grid)?;
        let mut absent = Rows::one(&self.meter, labels.clone(), grid.steps, |_| Some(1.0))?;
        for absent in &mut absent.list {
            for Samples { timestamps, .. } in &series {
                let mut places = Places::default();
                self.meter.each(&mut absent.points, |step, point| {
                    let found = places.advance(timestamps, look.window(step));
                    *point = point.filter(|_| found.is_empty());
                })?;
            }
        }
        Ok(absent)
    }

    /// A function with its numbers.
    fn function<'f>(
        &'f self,
        function: &WindowFunction,
        grid: &Grid,
    ) -> Result<Box<Function<'f>>, QueryError> {
        let meter = &self.meter;
        let found = |value: Result<f64, QueryError>| value.map(Some);
        Ok(match function {
            WindowFunction::Rate => {
                Box::new(move |window, _| extrapolated(window, Extrapolation::PerSecond, meter))
            }
            WindowFunction::Increase => {
                Box::new(move |window, _| extrapolated(window, Extrapolation::Increase, meter))
            }
            WindowFunction::Delta => {
                Box::new(move |window, _| extrapolated(window, Extrapolation::Delta, meter))
            }
            WindowFunction::Irate => Box::new(|window, _| Ok(last_rate(window))),
            WindowFunction::Idelta => Box::new(|window, _| Ok(last_difference(window))),
            WindowFunction::Derivative => Box::new(move |window, _| {
                let line = regression(window, window.timestamps[0], meter)?;
                Ok(line.map(|line| line.slope))
            }),
            WindowFunction::PredictLinear(ahead) => self.predict_linear(ahead, grid)?,
            WindowFunction::HoltWinters(smoothing, trend) => {
                self.holt_winters([smoothing, trend], grid)?
            }
            WindowFunction::Average => {
                Box::new(move |window, _| found(windows::mean(window.values, meter)))
            }
            WindowFunction::Sum => Box::new(move |window, _| found(sum(window.values, meter))),
            WindowFunction::Min => {
                Box::new(move |window, _| found(windows::min(window.values, meter)))
            }
            WindowFunction::Max => {
                Box::new(move |window, _| found(windows::max(window.values, meter)))
            }
            WindowFunction::Count => Box::new(|window, _| Ok(Some(window.values.len() as f64))),
            WindowFunction::First => Box::new(|window, _| Ok(window.values.first().copied())),
            WindowFunction::Last => Box::new(|window, _| Ok(window.values.last().copied())),
            WindowFunction::Present => Box::new(|_, _| Ok(Some(1.0))),
            WindowFunction::StandardDeviation => Box::new(move |window, _| {
                found(windows::variance(window.values, meter).map(f64::sqrt))
            }),
            WindowFunction::Variance => {
                Box::new(move |window, _| found(windows::variance(window.values, meter)))
            }
            WindowFunction::Quantile(q) => {
                let q = self.scalar(q, grid)?;
                Box::new(move |window, step| found(quantile(q.list[step], window.values, meter)))
            }
            WindowFunction::MedianDeviation => {
                Box::new(move |window, _| found(windows::median_deviation(window.values, meter)))
            }
            WindowFunction::TimeOf(mark) => {
                let mark = *mark;
                Box::new(move |window, _| found(windows::time_of(mark, window, meter)))
            }
            WindowFunction::Changes => {
                Box::new(move |window, _| found(windows::changes(window.values, meter)))
            }
            WindowFunction::Resets => {
                Box::new(move |window, _| found(windows::resets(window.values, meter)))
            }
        })
    }

    fn predict_linear<'f>(
        &'f self,
        ahead: &Scalar,
        grid: &Grid,
    ) -> Result<Box<Function<'f>>, QueryError> {
        let (grid, ahead) = (*grid, self.scalar(ahead, grid)?);
        Ok(Box::new(move |window, step| {
            let line = regression(window, grid.at(step), &self.meter)?;
            Ok(line.map(|line| line.slope * ahead.list[step] + line.value))
        }))
    }

    fn holt_winters<'f>(
        &'f self,
        [smoothing, trend]: [&Scalar; 2],
        grid: &Grid,
    ) -> Result<Box<Function<'f>>, QueryError> {
        let (smoothing, trend) = (self.scalar(smoothing, grid)?, self.scalar(trend, grid)?);
        Ok(Box::new(move |window, step| {
            // Where there is nothing to smooth, nobody looks at the factors.
            if window.values.is_empty() {
                return Ok(None);
            }
            check_factor("smoothing", "sf", smoothing.list[step])?;
            check_factor("trend", "tf", trend.list[step])?;
            let factors = Factors { smoothing: smoothing.list[step], trend: trend.list[step] };
            windows::holt_winters(window.values, factors, &self.meter)
        }))
    }
}

/// The labels of the result: the last sample is still one of the metric.
pub(super) fn labels(
    function: &WindowFunction,
    names: &mut Names<'_>,
    labels: &Labels,
) -> Result<Labels, QueryError> {
    match function {
        WindowFunction::First | WindowFunction::Last => names.kept(labels),
        WindowFunction::Rate
        | WindowFunction::Increase
        | WindowFunction::Delta
        | WindowFunction::Irate
        | WindowFunction::Idelta
        | WindowFunction::Derivative
        | WindowFunction::PredictLinear(_)
        | WindowFunction::HoltWinters(..)
        | WindowFunction::Average
        | WindowFunction::Sum
        | WindowFunction::Min
        | WindowFunction::Max
        | WindowFunction::Count
        | WindowFunction::Present
        | WindowFunction::StandardDeviation
        | WindowFunction::Variance
        | WindowFunction::Quantile(_)
        | WindowFunction::MedianDeviation
        | WindowFunction::TimeOf(_)
        | WindowFunction::Changes
        | WindowFunction::Resets => names.unnamed(labels),
    }
}

fn check_factor(what: &str, short: &str, factor: f64) -> Result<(), QueryError> {
    if factor <= 0.0 || factor >= 1.0 {
        let got = if factor.is_finite() { format!("{factor:.6}") } else { plain_number(factor) };
        return Err(QueryError::Execution(format!(
            "invalid {what} factor. Expected: 0 < {short} < 1, got: {got}"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
