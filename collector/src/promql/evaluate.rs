//! The evaluator: one pass over the tree, each node for all steps at once.

mod each;
mod long;
mod reading;
mod windowed;

use super::aggregate::Aggregator;
use super::grid::Grid;
use super::meter::Meter;
use super::rows::{Numbers, Rows};
use super::tree::{
    Aggregate, Aggregation, DatePart, Expression, Extreme, HistogramFraction, HistogramQuantile,
    Info, Matched, RangeVector, Scalar, ScalarOperation, Selector, Sets, Shift, SortedByLabels,
    Vector, WithScalar,
};
use super::value::Value;
use super::{
    QueryError, QueryLimits, aggregate, binary, fill, histogram, info, label_functions, natural,
};
use crate::samples::{Labels, Reader, Samples, TimeRange};

pub struct Evaluator<'b> {
    samples: &'b dyn Samples,
    pub meter: Meter<'b>,
    limits: QueryLimits,
    /// The steps of the whole query.
    query: Grid,
    /// Its `start()` and `end()`: the last step may lie before the end.
    bounds: TimeRange,
}

impl<'b> Evaluator<'b> {
    pub fn new(reader: Reader<'b>, limits: QueryLimits, query: Grid, end_ms: i64) -> Self {
        let bounds = TimeRange { from_ms: query.from_ms, to_ms: end_ms };
        Self { samples: reader.samples, meter: Meter::new(reader.budget), limits, query, bounds }
    }

    /// An instant query, which may also ask for the samples themselves.
    pub fn instant(&self, expression: &Expression) -> Result<Value, QueryError> {
        match expression {
            Expression::Text(text) => Ok(Value::Text(text.clone())),
            Expression::Scalar(scalar) => self.numbers(scalar),
            Expression::Vector(vector) => {
                let mut rows = self.vector(vector, &self.query)?;
                rows.drop_empty(&self.meter)?;
                Ok(handed_out(rows))
            }
            Expression::Range(range) => self.matrix(range),
        }
    }

    /// A range query.
    pub fn range(&self, expression: &Expression) -> Result<Value, QueryError> {
        match expression {
            Expression::Scalar(scalar) => self.numbers(scalar),
            Expression::Vector(vector) => {
                let mut rows = self.vector(vector, &self.query)?;
                rows.drop_empty(&self.meter)?;
                self.meter.sort(&mut rows.list, |a, b| a.labels.cmp(&b.labels))?;
                Ok(handed_out(rows))
            }
            Expression::Text(_) | Expression::Range(_) => Err(QueryError::BadData(format!(
                "invalid expression type \"{}\" for range query, must be Scalar or instant Vector",
                expression.kind()
            ))),
        }
    }

    fn numbers(&self, scalar: &Scalar) -> Result<Value, QueryError> {
        let numbers = self.scalar(scalar, &self.query)?;
        numbers.memory.keep();
        Ok(Value::Scalar(numbers.list))
    }

    /// The samples of a window, in order of labels.
    fn matrix(&self, range: &RangeVector) -> Result<Value, QueryError> {
        let mut windows = self.windows(range, &self.query)?;
        let window = windows.look.window(0);
        for samples in &mut windows.series {
            self.meter.check()?;
            let first = samples.timestamps.partition_point(|at| *at < window.from_ms);
            let end = samples.timestamps.partition_point(|at| *at <= window.to_ms);
            samples.timestamps.truncate(end);
            samples.values.truncate(end);
            samples.timestamps.drain(..first.min(end));
            samples.values.drain(..first.min(end));
        }
        windows.series.retain(|samples| !samples.timestamps.is_empty());
        self.meter.sort(&mut windows.series, |a, b| a.labels.cmp(&b.labels))?;
        windows.memory.keep();
        windows.names.keep();
        Ok(Value::Matrix(windows.series))
    }

    fn scalar(&self, scalar: &Scalar, grid: &Grid) -> Result<Numbers<'b>, QueryError> {
        self.meter.allow(grid.steps)?;
        match scalar {
            Scalar::Literal(number) => Numbers::new(&self.meter, grid.steps, |_| *number),
            Scalar::Time => Numbers::new(&self.meter, grid.steps, |step| seconds(grid.at(step))),
            Scalar::Single(vector) => self.single(vector, grid),
            Scalar::Negated(inner) => {
                let mut numbers = self.scalar(inner, grid)?;
                self.meter.each(&mut numbers.list, |_, number| *number = -*number)?;
                Ok(numbers)
            }
            Scalar::Operation(operation) => self.scalar_operation(operation, grid),
        }
    }

    /// The value of the one series that there is at a step; NaN of none or more.
    fn single(&self, vector: &Vector, grid: &Grid) -> Result<Numbers<'b>, QueryError> {
        let rows = self.vector(vector, grid)?;
        let mut numbers = Numbers::new(&self.meter, grid.steps, |_| f64::NAN)?;
        let mut seen = self.meter.nothing();
        seen.take_items::<u8>(grid.steps)?;
        let mut counts = vec![0u8; grid.steps];
        for row in &rows.list {
            self.meter.each(&mut counts, |step, count| {
                if let Some(value) = row.points[step] {
                    *count = count.saturating_add(1);
                    numbers.list[step] = if *count == 1 { value } else { f64::NAN };
                }
            })?;
        }
        Ok(numbers)
    }

    fn scalar_operation(
        &self,
        operation: &ScalarOperation,
        grid: &Grid,
    ) -> Result<Numbers<'b>, QueryError> {
        let mut left = self.scalar(&operation.left, grid)?;
        let right = self.scalar(&operation.right, grid)?;
        self.meter.each(&mut left.list, |step, number| {
            let found = operation.operator.of(*number, right.list[step], *number);
            // A comparison of numbers answers 1 or 0, never nothing.
            *number = found.unwrap_or(f64::NAN);
        })?;
        Ok(left)
    }

    /// Trees are deep, so that this function has no values of its own on the stack.
    fn vector(&self, vector: &Vector, grid: &Grid) -> Result<Rows<'b>, QueryError> {
        self.meter.allow(grid.steps)?;
        match vector {
            Vector::Newest(selector) => self.newest(selector, grid, |sample| sample.value),
            Vector::Timestamps(selector) => self.timestamps(selector, grid),
            Vector::Scalar(scalar) => self.of_scalar(scalar, grid),
            Vector::Now(part) => self.now(*part, grid),
            Vector::Signed(inner) => self.vector(inner, grid),
            Vector::Each(each) => self.each(each, grid),
            Vector::Sorted(inner, first) => self.sorted(inner, *first, grid),
            Vector::SortedByLabels(node) => self.sorted_by_labels(node, grid),
            Vector::Absent(inner, labels) => self.absent(inner, labels, grid),
            Vector::AbsentOverTime(range, labels) => self.absent_over_time(range, labels, grid),
            Vector::OverTime(over_time) => self.over_time(over_time, grid),
            Vector::HistogramQuantile(node) => self.histogram_quantile(node, grid),
            Vector::HistogramFraction(node) => self.histogram_fraction(node, grid),
            Vector::NoHistograms(inner) => {
                self.vector(inner, grid).map(|_| Rows::none(&self.meter))
            }
            Vector::LabelReplace(node) => {
                label_functions::replace(node, self.vector(&node.vector, grid)?, &self.meter)
            }
            Vector::LabelJoin(node) => {
                label_functions::join(node, self.vector(&node.vector, grid)?, &self.meter)
            }
            Vector::Info(node) => self.info(node, grid),
            Vector::Aggregation(aggregation) => self.aggregation(aggregation, grid),
            Vector::WithScalar(node) => self.with_scalar(node, grid),
            Vector::Matched(node) => self.matched(node, grid),
            Vector::Sets(node) => self.sets(node, grid),
        }
    }

    fn timestamps(&self, selector: &Selector, grid: &Grid) -> Result<Rows<'b>, QueryError> {
        let mut rows = self.newest(selector, grid, |sample| seconds(sample.at_ms))?;
        rows.unname(&self.meter)?;
        rows.merge(&self.meter)?;
        Ok(rows)
    }

    fn of_scalar(&self, scalar: &Scalar, grid: &Grid) -> Result<Rows<'b>, QueryError> {
        let numbers = self.scalar(scalar, grid)?;
        Rows::one(&self.meter, Labels::none(), grid.steps, |step| Some(numbers.list[step]))
    }

    fn now(&self, part: DatePart, grid: &Grid) -> Result<Rows<'b>, QueryError> {
        let now = |step| Some(part.of(seconds(grid.at(step))));
        Rows::one(&self.meter, Labels::none(), grid.steps, now)
    }

    fn histogram_quantile(
        &self,
        node: &HistogramQuantile,
        grid: &Grid,
    ) -> Result<Rows<'b>, QueryError> {
        let quantiles = self.scalar(&node.quantile, grid)?;
        let buckets = self.vector(&node.buckets, grid)?;
        histogram::quantiles(&quantiles, &buckets, &self.meter)
    }

    fn histogram_fraction(
        &self,
        node: &HistogramFraction,
        grid: &Grid,
    ) -> Result<Rows<'b>, QueryError> {
        let lower = self.scalar(&node.lower, grid)?;
        let upper = self.scalar(&node.upper, grid)?;
        let buckets = self.vector(&node.buckets, grid)?;
        histogram::fractions(&lower, &upper, &buckets, &self.meter)
    }

    fn with_scalar(&self, node: &WithScalar, grid: &Grid) -> Result<Rows<'b>, QueryError> {
        let rows = self.vector(&node.vector, grid)?;
        let numbers = self.scalar(&node.scalar, grid)?;
        binary::with_scalar(node, rows, &numbers, &self.meter)
    }

    fn matched(&self, node: &Matched, grid: &Grid) -> Result<Rows<'b>, QueryError> {
        let mut left = self.vector(&node.left, grid)?;
        let mut right = self.vector(&node.right, grid)?;
        fill::fill(node, &mut left, &mut right, &self.meter)?;
        binary::matched(node, &left, &right, &self.meter)
    }

    fn sets(&self, node: &Sets, grid: &Grid) -> Result<Rows<'b>, QueryError> {
        let left = self.vector(&node.left, grid)?;
        let right = self.vector(&node.right, grid)?;
        binary::sets(node, left, right, &self.meter)
    }

    /// Sorted by value at one moment; over a range, series are in order of their labels whatever is
    /// asked.
    fn sorted(&self, vector: &Vector, first: Extreme, grid: &Grid) -> Result<Rows<'b>, QueryError> {
        let mut rows = self.vector(vector, grid)?;
        if grid.steps == 1 {
            rows.drop_empty(&self.meter)?;
            let value = |row: &super::Row| row.points[0].unwrap_or(f64::NAN);
            self.meter
                .sort(&mut rows.list, |a, b| aggregate::by_value(first, value(a), value(b)))?;
        }
        Ok(rows)
    }

    /// Sorted at one moment by the values of labels, and then by all labels.
    fn sorted_by_labels(&self, node: &SortedByLabels, grid: &Grid) -> Result<Rows<'b>, QueryError> {
        let mut rows = self.vector(&node.vector, grid)?;
        if grid.steps == 1 {
            let by_labels = |a: &Labels, b: &Labels| {
                let differing = node.labels.iter().find_map(|name| {
                    let [a, b] = [a, b].map(|labels| labels.get(name).unwrap_or_default());
                    let order = natural::compare(a, b);
                    order.is_ne().then_some(order)
                });
                differing.unwrap_or_else(|| a.cmp(b))
            };
            self.meter.sort(&mut rows.list, |a, b| match node.first {
                Extreme::Least => by_labels(&a.labels, &b.labels),
                Extreme::Greatest => by_labels(&b.labels, &a.labels),
            })?;
        }
        Ok(rows)
    }

    /// Series with the labels of their infos.
    fn info(&self, node: &Info, grid: &Grid) -> Result<Rows<'b>, QueryError> {
        let rows = self.vector(&node.vector, grid)?;
        let infos = match node.matchers(&rows) {
            None => Rows::none(&self.meter),
            Some(matchers) => {
                let (demanded, shift) = (Labels::none(), Shift::default());
                let selector = Selector { matchers, demanded, shift };
                self.newest(&selector, grid, |sample| seconds(sample.at_ms))?
            }
        };
        info::enriched(node, &rows, &infos, &self.meter)
    }

    /// A series with these labels at the steps where none has a value.
    fn absent(
        &self,
        vector: &Vector,
        labels: &Labels,
        grid: &Grid,
    ) -> Result<Rows<'b>, QueryError> {
        let rows = self.vector(vector, grid)?;
        let mut absent = Rows::one(&self.meter, labels.clone(), grid.steps, |_| Some(1.0))?;
        for absent in &mut absent.list {
            for row in &rows.list {
                self.meter.each(&mut absent.points, |step, point| {
                    *point = point.filter(|_| row.points[step].is_none());
                })?;
            }
        }
        Ok(absent)
    }

    fn aggregation(&self, node: &Aggregation, grid: &Grid) -> Result<Rows<'b>, QueryError> {
        let rows = self.vector(&node.vector, grid)?;
        let aggregator =
            Aggregator { meter: &self.meter, grouping: &node.grouping, steps: grid.steps };
        match &node.aggregate {
            Aggregate::Fold(fold) => aggregator.fold(&rows, *fold),
            Aggregate::Quantile(quantile) => {
                aggregator.quantile(&rows, &self.scalar(quantile, grid)?)
            }
            Aggregate::Extremes(extreme, count) => {
                aggregator.extremes(rows, *extreme, &self.scalar(count, grid)?)
            }
            Aggregate::First(count) => aggregator.first(rows, &self.scalar(count, grid)?),
            Aggregate::Share(part) => aggregator.share(rows, &self.scalar(part, grid)?),
            Aggregate::CountValues(label) => aggregator.count_values(&rows, label),
        }
    }
}

/// Rows as the answer, whose memory is held until the budget ends.
fn handed_out(rows: Rows<'_>) -> Value {
    rows.memory.keep();
    rows.names.keep();
    Value::Vector(rows.list)
}

fn seconds(timestamp_ms: i64) -> f64 {
    timestamp_ms as f64 / 1000.0
}
