//! Functions of each value by itself.

use super::{Evaluator, seconds};
use crate::promql::QueryError;
use crate::promql::grid::Grid;
use crate::promql::math::{greater, lesser, round};
use crate::promql::rows::Rows;
use crate::promql::tree::{Each, ValueFunction};

impl<'b> Evaluator<'b> {
    /// The result is no longer the metric.
    pub(super) fn each(&self, node: &Each, grid: &Grid) -> Result<Rows<'b>, QueryError> {
        let mut rows = self.vector(&node.vector, grid)?;
        rows.unname(&self.meter)?;
        self.apply(&node.function, &mut rows, grid)?;
        rows.merge(&self.meter)?;
        Ok(rows)
    }

    fn apply(
        &self,
        function: &ValueFunction,
        rows: &mut Rows<'b>,
        grid: &Grid,
    ) -> Result<(), QueryError> {
        match function {
            ValueFunction::Negate => self.map(rows, |value, _| Some(-value))?,
            ValueFunction::Math(math) => {
                let function = math.function();
                self.map(rows, |value, _| Some(function(value)))?;
            }
            ValueFunction::Round(nearest) => {
                let nearest = self.scalar(nearest, grid)?;
                self.map(rows, |value, step| Some(round(value, nearest.list[step])))?;
            }
            ValueFunction::Clamp(min, max) => {
                let (min, max) = (self.scalar(min, grid)?, self.scalar(max, grid)?);
                self.map(rows, |value, step| {
                    let (min, max) = (min.list[step], max.list[step]);
                    // Nothing lies between limits that have crossed; NaN has crossed nothing.
                    let crossed = max < min;
                    (!crossed).then(|| greater(min, lesser(max, value)))
                })?;
            }
            ValueFunction::ClampMin(min) => {
                let min = self.scalar(min, grid)?;
                self.map(rows, |value, step| Some(greater(min.list[step], value)))?;
            }
            ValueFunction::ClampMax(max) => {
                let max = self.scalar(max, grid)?;
                self.map(rows, |value, step| Some(lesser(max.list[step], value)))?;
            }
            ValueFunction::Date(part) => self.map(rows, |value, _| Some(part.of(value)))?,
            ValueFunction::StepTime => self.map(rows, |_, step| Some(seconds(grid.at(step))))?,
        }
        Ok(())
    }

    fn map(
        &self,
        rows: &mut Rows<'b>,
        change: impl Fn(f64, usize) -> Option<f64>,
    ) -> Result<(), QueryError> {
        for row in &mut rows.list {
            self.meter.each(&mut row.points, |step, point| {
                *point = point.and_then(|value| change(value, step));
            })?;
        }
        Ok(())
    }
}
