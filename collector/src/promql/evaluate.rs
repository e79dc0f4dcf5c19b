//! The evaluator: one pass over the tree, each node for all steps at once.

mod calls;
mod windowed;

use promql_parser::parser::{
    AggregateExpr, BinaryExpr, Expr, MatrixSelector, SubqueryExpr, VectorSelector,
};

use super::aggregate::{self, Parameter};
use super::arithmetic::{Operator, operator};
use super::binary::{self, Matching};
use super::grid::Grid;
use super::selector::{self, Shift};
use super::value::{Row, Samples, Value, merge, without_name};
use super::{QueryError, QueryLimits};
use crate::samples::{
    BucketSeries, Hints, Labels, METRIC, Reader, Resolution, Selection, TimeRange,
};

/// The step of a subquery that names none, as Prometheus has it.
const DEFAULT_SUBQUERY_STEP_MS: i64 = 60_000;

pub struct Evaluator<'s> {
    reader: Reader<'s>,
    limits: QueryLimits,
    /// The steps of the whole query.
    query: Grid,
    /// Its `start()` and `end()`: the last step may lie before the end.
    bounds: (i64, i64),
}

/// The samples that a window function reads, and where its windows lie.
struct Windows {
    series: Vec<Samples>,
    shift: Shift,
    range_ms: i64,
}

impl<'s> Evaluator<'s> {
    pub fn new(reader: Reader<'s>, limits: QueryLimits, query: Grid, end_ms: i64) -> Self {
        let bounds = (query.from_ms, end_ms);
        Self { reader, limits, query, bounds }
    }

    /// An instant query, which may also ask for the samples themselves.
    pub fn top(&self, expression: &Expr) -> Result<Value, QueryError> {
        match expression {
            Expr::Paren(inner) => self.top(&inner.expr),
            Expr::MatrixSelector(_) | Expr::Subquery(_) => {
                let windows = self.windows(expression, &self.query)?;
                let to_ms = windows.shift.apply(self.query.from_ms);
                let from_ms = to_ms - windows.range_ms;
                let cut = |samples: Samples| {
                    let inside = |t: &i64| *t >= from_ms && *t <= to_ms;
                    let pairs = samples.timestamps.iter().zip(&samples.values);
                    let (timestamps, values) = pairs.filter(|(t, _)| inside(t)).unzip();
                    Samples { labels: samples.labels, timestamps, values }
                };
                let mut series: Vec<Samples> = windows.series.into_iter().map(cut).collect();
                series.retain(|samples| !samples.timestamps.is_empty());
                series.sort_by(|a, b| a.labels.cmp(&b.labels));
                Ok(Value::Matrix(series))
            }
            _ => {
                let mut value = self.evaluate(expression, &self.query)?;
                if let Value::Vector(rows) = &mut value {
                    rows.retain(|row| !row.is_empty());
                }
                Ok(value)
            }
        }
    }

    /// A range query.
    pub fn range_top(&self, expression: &Expr) -> Result<Value, QueryError> {
        let value = match expression {
            Expr::MatrixSelector(_) | Expr::Subquery(_) => Err("range vector"),
            Expr::StringLiteral(_) => Err("string"),
            _ => Ok(self.evaluate(expression, &self.query)?),
        };
        let mut value = value.map_err(|kind| {
            QueryError::BadData(format!(
                "invalid expression type \"{kind}\" for range query, must be Scalar or instant Vector"
            ))
        })?;
        if let Value::Vector(rows) = &mut value {
            rows.retain(|row| !row.is_empty());
            rows.sort_by(|a, b| a.labels.cmp(&b.labels));
        }
        Ok(value)
    }

    fn evaluate(&self, expression: &Expr, grid: &Grid) -> Result<Value, QueryError> {
        self.reader.budget.allow(grid.steps)?;
        match expression {
            Expr::Paren(inner) => self.evaluate(&inner.expr, grid),
            Expr::NumberLiteral(number) => Ok(Value::Scalar(vec![number.val; grid.steps])),
            Expr::StringLiteral(text) => Ok(Value::Text(text.val.clone())),
            Expr::VectorSelector(selector) => Ok(Value::Vector(self.newest(selector, grid)?.0)),
            Expr::Unary(inner) => Ok(match self.evaluate(&inner.expr, grid)? {
                Value::Scalar(numbers) => Value::Scalar(numbers.iter().map(|n| -n).collect()),
                Value::Vector(rows) => Value::Vector(merge(
                    rows.into_iter().map(|row| unnamed(row).map(|value| -value)).collect(),
                )?),
                other => other,
            }),
            Expr::Binary(binary) => self.binary(binary, grid),
            Expr::Aggregate(aggregation) => self.aggregate(aggregation, grid),
            Expr::Call(call) => self.call(call, grid),
            Expr::MatrixSelector(_) | Expr::Subquery(_) => {
                Err(QueryError::BadData("a range vector is no value of a step".into()))
            }
            Expr::Extension(_) => Err(QueryError::BadData("an unknown extension".into())),
        }
    }

    fn vector(&self, expression: &Expr, grid: &Grid) -> Result<Vec<Row>, QueryError> {
        match self.evaluate(expression, grid)? {
            Value::Vector(rows) => Ok(rows),
            Value::Scalar(_) | Value::Text(_) | Value::Matrix(_) => {
                Err(QueryError::BadData("expected an instant vector".into()))
            }
        }
    }

    fn numbers(&self, expression: &Expr, grid: &Grid) -> Result<Vec<f64>, QueryError> {
        match self.evaluate(expression, grid)? {
            Value::Scalar(numbers) => Ok(numbers),
            Value::Vector(_) | Value::Text(_) | Value::Matrix(_) => {
                Err(QueryError::BadData("expected a scalar".into()))
            }
        }
    }

    fn text(&self, expression: &Expr, grid: &Grid) -> Result<String, QueryError> {
        match self.evaluate(expression, grid)? {
            Value::Text(text) => Ok(text),
            Value::Vector(_) | Value::Scalar(_) | Value::Matrix(_) => {
                Err(QueryError::BadData("expected a string".into()))
            }
        }
    }

    /// The newest samples of a selector, and when each was taken.
    fn newest(
        &self,
        selector: &VectorSelector,
        grid: &Grid,
    ) -> Result<(Vec<Row>, Vec<Vec<i64>>), QueryError> {
        let shift = self.shift(selector);
        let range = TimeRange {
            from_ms: shift.apply(grid.from_ms) - self.limits.lookback_ms,
            to_ms: shift.apply(grid.last()),
        };
        let hints = hints(grid, shift, self.limits.lookback_ms);
        let series = self.select(selector, range, hints)?;
        self.reader.budget.allow(series.len() * grid.steps)?;
        let newest = |series| selector::newest(series, grid, shift, self.limits.lookback_ms);
        Ok(series.into_iter().map(newest).filter(|(row, _)| !row.is_empty()).unzip())
    }

    fn select(
        &self,
        selector: &VectorSelector,
        range: TimeRange,
        hints: Hints,
    ) -> Result<Vec<crate::samples::Series>, QueryError> {
        let matchers = selector::matchers(selector)?;
        self.limits.check_span(range)?;
        Ok(self.reader.select(Selection { matchers: &matchers, range }, hints)?)
    }

    fn select_buckets(
        &self,
        selector: &VectorSelector,
        range: TimeRange,
        resolution: Resolution,
    ) -> Result<Option<Vec<BucketSeries>>, QueryError> {
        let matchers = selector::matchers(selector)?;
        self.limits.check_span(range)?;
        Ok(self.reader.select_buckets(Selection { matchers: &matchers, range }, resolution)?)
    }

    /// Where a selector looks.
    fn shift(&self, selector: &VectorSelector) -> Shift {
        Shift::of(selector.at.as_ref(), selector.offset.as_ref(), self.bounds)
    }

    /// The samples behind `metric[5m]` or a subquery.
    fn windows(&self, expression: &Expr, grid: &Grid) -> Result<Windows, QueryError> {
        match expression {
            Expr::Paren(inner) => self.windows(&inner.expr, grid),
            Expr::MatrixSelector(MatrixSelector { vs, range }) => {
                let shift = self.shift(vs);
                let range_ms = range.as_millis() as i64;
                let reach = TimeRange {
                    from_ms: shift.apply(grid.from_ms) - range_ms,
                    to_ms: shift.apply(grid.last()),
                };
                let series = self.select(vs, reach, hints(grid, shift, range_ms))?;
                let series = series.into_iter().map(selector::samples).collect();
                Ok(Windows { series, shift, range_ms })
            }
            Expr::Subquery(subquery) => self.subquery(subquery, grid),
            _ => Err(QueryError::BadData("expected a range vector".into())),
        }
    }

    fn subquery(&self, subquery: &SubqueryExpr, grid: &Grid) -> Result<Windows, QueryError> {
        let shift = Shift::of(subquery.at.as_ref(), subquery.offset.as_ref(), self.bounds);
        let range_ms = subquery.range.as_millis() as i64;
        let step = subquery.step.map(|step| step.as_millis() as i64);
        let step_ms = step.filter(|step| *step > 0).unwrap_or(DEFAULT_SUBQUERY_STEP_MS);
        let begin = shift.apply(grid.from_ms) - range_ms;
        let end = shift.apply(grid.last());
        // Aligned to whole steps of Unix time, as Prometheus does.
        let mut from_ms = step_ms * (begin / step_ms);
        if from_ms < begin {
            from_ms += step_ms;
        }
        let steps = ((end - from_ms).div_euclid(step_ms) + 1).max(0) as usize;
        let inner = Grid { from_ms, step_ms, steps };
        let rows = if steps == 0 {
            Vec::new()
        } else {
            match self.evaluate(&subquery.expr, &inner)? {
                Value::Vector(rows) => rows,
                Value::Scalar(numbers) => {
                    let points = numbers.into_iter().map(Some).collect();
                    vec![Row { labels: Labels::none(), points }]
                }
                Value::Text(_) | Value::Matrix(_) => Vec::new(),
            }
        };
        let series = rows.into_iter().map(|row| {
            let present = inner.moments().zip(&row.points);
            let (timestamps, values) = present.filter_map(|(t, p)| Some((t, (*p)?))).unzip();
            Samples { labels: row.labels, timestamps, values }
        });
        Ok(Windows { series: series.collect(), shift, range_ms })
    }

    fn binary(&self, binary: &BinaryExpr, grid: &Grid) -> Result<Value, QueryError> {
        let spelling = binary.op.to_string();
        let operator = operator(&spelling)
            .ok_or_else(|| QueryError::BadData(format!("unknown operator {spelling}")))?;
        let modifier = binary.modifier.as_ref();
        let boolean = modifier.is_some_and(|modifier| modifier.return_bool);
        let left = self.evaluate(&binary.lhs, grid)?;
        let right = self.evaluate(&binary.rhs, grid)?;
        Ok(match (left, right) {
            (Value::Scalar(left), Value::Scalar(right)) => {
                let pair = |(a, b): (&f64, &f64)| match operator {
                    Operator::Calculate(function) | Operator::CalculateNamed(function) => {
                        function(*a, *b)
                    }
                    Operator::Compare(test) => f64::from(test(a, b)),
                    Operator::And | Operator::Or | Operator::Unless => f64::NAN,
                };
                Value::Scalar(left.iter().zip(&right).map(pair).collect())
            }
            (Value::Vector(rows), Value::Scalar(numbers)) => {
                Value::Vector(binary::with_number(operator, (rows, &numbers), false, boolean)?)
            }
            (Value::Scalar(numbers), Value::Vector(rows)) => {
                Value::Vector(binary::with_number(operator, (rows, &numbers), true, boolean)?)
            }
            (Value::Vector(left), Value::Vector(right)) => {
                let matching = Matching::of(modifier);
                let sides = (left, right);
                Value::Vector(match operator {
                    Operator::And | Operator::Or | Operator::Unless => {
                        binary::sets(operator, sides, &matching)?
                    }
                    Operator::Calculate(_) | Operator::CalculateNamed(_) | Operator::Compare(_) => {
                        binary::vectors(operator, sides, &matching)?
                    }
                })
            }
            _ => return Err(QueryError::BadData("operators take numbers and vectors".into())),
        })
    }

    fn aggregate(&self, aggregation: &AggregateExpr, grid: &Grid) -> Result<Value, QueryError> {
        let rows = self.vector(&aggregation.expr, grid)?;
        let operation = aggregation.op.to_string();
        let grouping = aggregation.modifier.as_ref();
        let input = (rows, grid.steps);
        let found = match (&aggregation.param, operation.as_str()) {
            (Some(parameter), "count_values") => {
                let name = self.text(parameter, grid)?;
                if !headroom_proto::metric::is_label_name(&name) {
                    return Err(QueryError::Execution(format!("invalid label name {name:?}")));
                }
                aggregate::aggregate(&operation, input, grouping, &Parameter::Label(&name))?
            }
            (Some(parameter), _) => {
                let numbers = self.numbers(parameter, grid)?;
                aggregate::aggregate(&operation, input, grouping, &Parameter::Numbers(&numbers))?
            }
            (None, _) => aggregate::aggregate(&operation, input, grouping, &Parameter::None)?,
        };
        Ok(Value::Vector(found))
    }
}

/// What the steps of a grid see, each looking back over `range_ms`.
fn hints(grid: &Grid, shift: Shift, range_ms: i64) -> Hints {
    let step_ms = if shift.is_fixed() { 0 } else { grid.step_ms };
    Hints { step_ms, range_ms }
}

fn unnamed(row: Row) -> Row {
    let labels = without_name(&row.labels);
    row.named(labels)
}

fn seconds(timestamp_ms: i64) -> f64 {
    timestamp_ms as f64 / 1000.0
}

/// What `absent` knows of the series that is not there: what its selector demands exactly, once.
fn absent_labels(expression: &Expr) -> Labels {
    let selector = match expression {
        Expr::VectorSelector(selector) => selector,
        Expr::MatrixSelector(matrix) => &matrix.vs,
        _ => return Labels::none(),
    };
    let matchers = &selector.matchers.matchers;
    let mut labels = Labels::none();
    for matcher in matchers.iter().filter(|matcher| matcher.name != METRIC) {
        let once = matchers.iter().filter(|other| other.name == matcher.name).count() == 1;
        let equal = matches!(matcher.op, promql_parser::label::MatchOp::Equal);
        labels = labels.with(&matcher.name, if once && equal { &matcher.value } else { "" });
    }
    labels
}
