//! Aggregations: a name and its arguments become a node, or Prometheus's error.

use headroom_proto::metric::is_label_name;

use super::{Expression, Pick, Scalar, TreeError, Vector};

/// Series of a vector become fewer.
#[derive(Debug, Clone)]
pub struct Aggregation {
    pub aggregate: Aggregate,
    /// The labels that series of a group have in common.
    pub grouping: Pick,
    pub vector: Vector,
}

/// What is done with the series of a group.
#[derive(Debug, Clone)]
pub enum Aggregate {
    /// One value of all.
    Fold(Fold),
    /// `quantile(…)`
    Quantile(Scalar),
    /// `topk(…)` and `bottomk(…)`: so many of them.
    Extremes(Extreme, Scalar),
    /// `count_values(…)`: a series for each value, which this label holds.
    CountValues(String),
}

/// One value of all values of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    Sum,
    Average,
    Count,
    Group,
    Max,
    Min,
    StandardDeviation,
    Variance,
}

/// An end of the order of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extreme {
    Least,
    Greatest,
}

/// The node of an aggregation by its name; `parameter` stands before the vector.
pub fn aggregation(
    name: &str,
    grouping: Pick,
    parameter: Option<Expression>,
    of: Expression,
) -> Result<Expression, TreeError> {
    let Expression::Vector(vector) = of else {
        return Err(TreeError::mismatch("instant vector", "aggregation expression", Some(&of)));
    };
    let aggregate = match (fold(name), parameter) {
        (Some(fold), None) => Aggregate::Fold(fold),
        (Some(_), Some(_)) => return Err(wrong_count(1, 2)),
        (None, None) => return Err(wrong_count(2, 1)),
        (None, Some(parameter)) => with_parameter(name, parameter)?,
    };
    let node = Aggregation { aggregate, grouping, vector };
    Ok(Expression::Vector(Vector::Aggregation(Box::new(node))))
}

fn with_parameter(name: &str, parameter: Expression) -> Result<Aggregate, TreeError> {
    match name {
        "quantile" => Ok(Aggregate::Quantile(scalar(parameter)?)),
        "topk" => Ok(Aggregate::Extremes(Extreme::Greatest, scalar(parameter)?)),
        "bottomk" => Ok(Aggregate::Extremes(Extreme::Least, scalar(parameter)?)),
        "count_values" => match parameter {
            Expression::Text(label) if is_label_name(&label) => Ok(Aggregate::CountValues(label)),
            Expression::Text(label) => {
                Err(TreeError::Impossible(format!("invalid label name {label:?}")))
            }
            other @ (Expression::Scalar(_) | Expression::Vector(_) | Expression::Range(_)) => {
                Err(TreeError::mismatch("string", PARAMETER, Some(&other)))
            }
        },
        unknown => Err(TreeError::unknown_function(unknown)),
    }
}

const PARAMETER: &str = "aggregation parameter";

fn scalar(parameter: Expression) -> Result<Scalar, TreeError> {
    match parameter {
        Expression::Scalar(scalar) => Ok(scalar),
        other @ (Expression::Text(_) | Expression::Vector(_) | Expression::Range(_)) => {
            Err(TreeError::mismatch("scalar", PARAMETER, Some(&other)))
        }
    }
}

fn wrong_count(expected: usize, count: usize) -> TreeError {
    TreeError::wrong(format!(
        "wrong number of arguments for aggregate expression provided, expected {expected}, got {count}"
    ))
}

fn fold(name: &str) -> Option<Fold> {
    Some(match name {
        "sum" => Fold::Sum,
        "avg" => Fold::Average,
        "count" => Fold::Count,
        "group" => Fold::Group,
        "max" => Fold::Max,
        "min" => Fold::Min,
        "stddev" => Fold::StandardDeviation,
        "stdvar" => Fold::Variance,
        _ => return None,
    })
}
