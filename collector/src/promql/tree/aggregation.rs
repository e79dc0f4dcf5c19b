//! Aggregations: a name and its arguments become a node, or Prometheus's error.

use super::{Expression, Pick, Place, Scalar, TreeError, Vector, names_label};

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
    /// `limitk(…)`: so many of them, whichever.
    First(Scalar),
    /// `limit_ratio(…)`: about such a part of all.
    Share(Scalar),
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

/// The node of an aggregation by its name; a parameter stands before the vector.
pub fn aggregation(
    name: &str,
    grouping: Pick,
    arguments: Vec<Expression>,
) -> Result<Expression, TreeError> {
    let fold = fold(name);
    let expected = check_count(name, arguments.len())?;
    let mut arguments = arguments.into_iter();
    let parameter = if fold.is_some() { None } else { arguments.next() };
    let vector = match arguments.next() {
        Some(Expression::Vector(vector)) => vector,
        other => {
            let place = Place::Part(expected - 1);
            let context = "aggregation expression";
            return Err(TreeError::mismatch(place, "instant vector", context, other.as_ref()));
        }
    };
    let aggregate = match (fold, parameter) {
        (Some(fold), _) => Aggregate::Fold(fold),
        (None, Some(parameter)) => with_parameter(name, parameter)?,
        (None, None) => return Err(TreeError::unknown_function(name)),
    };
    let node = Aggregation { aggregate, grouping, vector };
    Ok(Expression::Vector(Vector::Aggregation(Box::new(node))))
}

/// How many arguments an aggregation takes, which are so many.
pub fn check_count(name: &str, count: usize) -> Result<usize, TreeError> {
    let expected = if fold(name).is_some() { 1 } else { 2 };
    if count == expected {
        return Ok(expected);
    }
    Err(TreeError::Unknown(match count {
        0 => "no arguments for aggregate expression provided".into(),
        _ => format!(
            "wrong number of arguments for aggregate expression provided, expected {expected}, got {count}"
        ),
    }))
}

fn with_parameter(name: &str, parameter: Expression) -> Result<Aggregate, TreeError> {
    match name {
        "quantile" => Ok(Aggregate::Quantile(scalar(parameter)?)),
        "topk" => Ok(Aggregate::Extremes(Extreme::Greatest, scalar(parameter)?)),
        "bottomk" => Ok(Aggregate::Extremes(Extreme::Least, scalar(parameter)?)),
        "limitk" => Ok(Aggregate::First(scalar(parameter)?)),
        "limit_ratio" => Ok(Aggregate::Share(scalar(parameter)?)),
        "count_values" => match parameter {
            Expression::Text(label) if names_label(&label) => Ok(Aggregate::CountValues(label)),
            Expression::Text(label) => {
                Err(TreeError::Impossible(format!("invalid label name {label:?}")))
            }
            other @ (Expression::Scalar(_) | Expression::Vector(_) | Expression::Range(_)) => {
                Err(TreeError::mismatch(Place::Part(0), "string", PARAMETER, Some(&other)))
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
            Err(TreeError::mismatch(Place::Part(0), "scalar", PARAMETER, Some(&other)))
        }
    }
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
