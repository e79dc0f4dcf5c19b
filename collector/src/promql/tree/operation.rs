//! Operators, and how two vectors are matched: two expressions become a node, or Prometheus's error.

use super::{
    Each, Expression, Matched, Pick, Place, Scalar, ScalarOperation, Sets, Side, TreeError,
    ValueFunction, Vector, WithScalar,
};

/// An operator whose result has a value of its own at each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Calculate(Calculation),
    Compare(Comparison, Compared),
}

/// Two numbers become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calculation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Atan2,
}

/// Two numbers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
}

/// What a comparison answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// The value that was compared, where it holds.
    Value,
    /// `bool`: 1 or 0.
    OneOrZero,
}

/// Series of two vectors, kept or left by whether the other side has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetOperator {
    And,
    Or,
    Unless,
}

/// Two expressions, their operator as it is written, and the words between.
#[derive(Debug)]
pub struct Sides<'w> {
    pub operator: &'w str,
    pub answer: Compared,
    pub left: Expression,
    pub right: Expression,
    /// `on` or `ignoring`, `group_left` or `group_right`.
    pub matching: Matching,
}

/// How the series of two sides find each other.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matching {
    /// The labels that must be equal.
    pub pick: Pick,
    pub many: Many,
    pub fill: Fill,
}

/// `fill (…)` and its kin: what stands in for series that one side lacks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Fill {
    pub left: Option<f64>,
    pub right: Option<f64>,
}

/// Which side may have many series for one of the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Many {
    #[default]
    Neither,
    /// `group_left (…)`: the left side, with these labels of the right one.
    Left(Vec<String>),
    /// `group_right (…)`
    Right(Vec<String>),
}

/// The node of an operator between two expressions.
pub fn binary(sides: Sides<'_>) -> Result<Expression, TreeError> {
    sides.refuse_twice()?;
    if let Some(operator) = SetOperator::spelled(sides.operator) {
        return sets(operator, sides);
    }
    let Some(operator) = Operator::spelled(sides.operator, sides.answer) else {
        return Err(TreeError::wrong(format!(
            "binary expression does not support operator {:?}",
            sides.operator
        )));
    };
    if let Operator::Calculate(_) = operator {
        sides.refuse_bool()?;
    }
    sides.check_types()?;
    let Sides { left, right, matching, .. } = sides;
    match (left, right) {
        (Expression::Scalar(left), Expression::Scalar(right)) => {
            if let Operator::Compare(_, Compared::Value) = operator {
                let message = "comparisons between scalars must use BOOL modifier".into();
                return Err(TreeError::Wrong(Place::Operator, message));
            }
            let node = Box::new(ScalarOperation { operator, left, right });
            Ok(Expression::Scalar(Scalar::Operation(node)))
        }
        (Expression::Vector(vector), Expression::Scalar(scalar)) => {
            let node = WithScalar { operator, vector, scalar, scalar_side: Side::Right };
            Ok(Expression::Vector(Vector::WithScalar(Box::new(node))))
        }
        (Expression::Scalar(scalar), Expression::Vector(vector)) => {
            let node = WithScalar { operator, vector, scalar, scalar_side: Side::Left };
            Ok(Expression::Vector(Vector::WithScalar(Box::new(node))))
        }
        (Expression::Vector(left), Expression::Vector(right)) => {
            let node = Matched { operator, left, right, matching };
            Ok(Expression::Vector(Vector::Matched(Box::new(node))))
        }
        (Expression::Text(_) | Expression::Range(_), _) => Err(wrong_type(0)),
        (_, Expression::Text(_) | Expression::Range(_)) => Err(wrong_type(1)),
    }
}

fn sets(operator: SetOperator, sides: Sides<'_>) -> Result<Expression, TreeError> {
    sides.refuse_bool()?;
    sides.check_types()?;
    let Sides { operator: spelling, left, right, matching, .. } = sides;
    match (left, right) {
        (Expression::Vector(left), Expression::Vector(right)) => match matching.many {
            Many::Neither if matching.fill != Fill::default() => {
                Err(TreeError::wrong("filling in missing series not allowed for set operators"))
            }
            Many::Neither => {
                let node = Sets { operator, left, right, pick: matching.pick };
                Ok(Expression::Vector(Vector::Sets(Box::new(node))))
            }
            Many::Left(_) | Many::Right(_) => {
                let message = format!("no grouping allowed for {spelling:?} operation");
                Err(TreeError::wrong(message))
            }
        },
        (Expression::Scalar(_) | Expression::Vector(_), Expression::Scalar(_))
        | (Expression::Scalar(_), Expression::Vector(_)) => {
            let message =
                format!("set operator {spelling:?} not allowed in binary scalar expression");
            Err(TreeError::wrong(message))
        }
        (Expression::Text(_) | Expression::Range(_), _) => Err(wrong_type(0)),
        (_, Expression::Text(_) | Expression::Range(_)) => Err(wrong_type(1)),
    }
}

/// `-…`
pub fn negated(expression: Expression) -> Result<Expression, TreeError> {
    match expression {
        Expression::Scalar(Scalar::Literal(number)) => {
            Ok(Expression::Scalar(Scalar::Literal(-number)))
        }
        Expression::Scalar(scalar) => Ok(Expression::Scalar(Scalar::Negated(Box::new(scalar)))),
        Expression::Vector(vector) => {
            let node = Each { function: ValueFunction::Negate, vector };
            Ok(Expression::Vector(Vector::Each(Box::new(node))))
        }
        other @ (Expression::Text(_) | Expression::Range(_)) => Err(unsigned(&other)),
    }
}

/// `+…`, which changes nothing but that it is no selector any more.
pub fn plain(expression: Expression) -> Result<Expression, TreeError> {
    match expression {
        Expression::Scalar(_) => Ok(expression),
        Expression::Vector(vector) => Ok(Expression::Vector(Vector::Signed(Box::new(vector)))),
        Expression::Text(_) | Expression::Range(_) => Err(unsigned(&expression)),
    }
}

fn unsigned(expression: &Expression) -> TreeError {
    TreeError::wrong(format!(
        "unary expression only allowed on expressions of type scalar or instant vector, got {:?}",
        expression.kind()
    ))
}

fn wrong_type(part: usize) -> TreeError {
    let message = "binary expression must contain only scalar and instant vector types";
    TreeError::Wrong(Place::Part(part), message.into())
}

impl Sides<'_> {
    fn refuse_bool(&self) -> Result<(), TreeError> {
        match self.answer {
            Compared::Value => Ok(()),
            Compared::OneOrZero => {
                let message = "bool modifier can only be used on comparison operators";
                Err(TreeError::Wrong(Place::Operator, message.into()))
            }
        }
    }

    /// Only numbers and vectors have operators, and only two vectors have labels to match by.
    fn check_types(&self) -> Result<(), TreeError> {
        let mut vectors = 0;
        for (place, side) in [&self.left, &self.right].into_iter().enumerate() {
            match side {
                Expression::Vector(_) => vectors += 1,
                Expression::Scalar(_) => {}
                Expression::Text(_) | Expression::Range(_) => return Err(wrong_type(place)),
            }
        }
        let (Pick::Only(names) | Pick::Without(names)) = &self.matching.pick;
        if vectors < 2 && !names.is_empty() {
            return Err(TreeError::wrong("vector matching only allowed between instant vectors"));
        }
        if vectors < 2 && self.matching.fill != Fill::default() {
            let message = "filling in missing series only allowed between instant vectors";
            return Err(TreeError::wrong(message));
        }
        Ok(())
    }

    /// Labels to match by are not taken from the other side as well.
    fn refuse_twice(&self) -> Result<(), TreeError> {
        let (Many::Left(taken) | Many::Right(taken)) = &self.matching.many else { return Ok(()) };
        let Pick::Only(names) = &self.matching.pick else { return Ok(()) };
        let Some(name) = names.iter().find(|name| taken.contains(name)) else { return Ok(()) };
        let message = format!("label {name:?} must not occur in ON and GROUP clause at once");
        Err(TreeError::Wrong(Place::Operator, message))
    }
}

impl Operator {
    fn spelled(spelling: &str, answer: Compared) -> Option<Self> {
        Some(match spelling {
            "+" => Self::Calculate(Calculation::Add),
            "-" => Self::Calculate(Calculation::Subtract),
            "*" => Self::Calculate(Calculation::Multiply),
            "/" => Self::Calculate(Calculation::Divide),
            "%" => Self::Calculate(Calculation::Modulo),
            "^" => Self::Calculate(Calculation::Power),
            "atan2" => Self::Calculate(Calculation::Atan2),
            "==" => Self::Compare(Comparison::Equal, answer),
            "!=" => Self::Compare(Comparison::NotEqual, answer),
            ">" => Self::Compare(Comparison::Greater, answer),
            "<" => Self::Compare(Comparison::Less, answer),
            ">=" => Self::Compare(Comparison::GreaterOrEqual, answer),
            "<=" => Self::Compare(Comparison::LessOrEqual, answer),
            _ => return None,
        })
    }
}

impl SetOperator {
    fn spelled(spelling: &str) -> Option<Self> {
        match spelling {
            "and" => Some(Self::And),
            "or" => Some(Self::Or),
            "unless" => Some(Self::Unless),
            _ => None,
        }
    }
}
