//! From the text of an expression to its tree. The crate `promql-parser` is known here only.

mod check;
mod weight;
mod words;

use std::sync::Once;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use promql_parser::label::{MatchOp, Matcher, Matchers};
use promql_parser::parser::value::ValueType;
use promql_parser::parser::{
    AggregateExpr, AtModifier, BinModifier, BinaryExpr, Call, Expr, Function, LabelModifier,
    MatrixSelector, Offset, SubqueryExpr, VectorMatchCardinality, VectorSelector,
    parse as parse_text, register_extra_functions,
};

use self::check::MAX_DURATION_MS;
pub use self::weight::weigh;
use self::words::{Kind, Word, position, words};
use super::QueryError;
use super::tree::{
    Answer, At, Demand, Expression, Many, Matching, Pick, RangeVector, Scalar, Selector, Shift,
    Sides, Subquery, Test, TreeError, Vector, Window, aggregation, binary, call, negated,
};
use crate::samples::METRIC;

/// The step of a subquery that names none, as Prometheus has it.
const DEFAULT_SUBQUERY_STEP_MS: i64 = 60_000;

/// The farthest moment of `@`: all sums with durations stay in range.
const MAX_MOMENT_MS: u128 = i64::MAX as u128 / 4;

type Found<T> = Result<T, TreeError>;

/// The tree of an expression.
pub fn parse(expression: &str) -> Result<Expression, QueryError> {
    static OLD_NAMES: Once = Once::new();
    if expression.is_empty() {
        let message = "1:1: parse error: no expression found in input";
        return Err(QueryError::BadData(message.into()));
    }
    check::check(expression).map_err(QueryError::BadData)?;
    OLD_NAMES.call_once(register_old_names);
    let parsed = parse_text(expression).map_err(|message| refused(expression, message))?;
    node(&parsed).map_err(|error| match error {
        TreeError::Wrong(message) => refused(expression, message),
        TreeError::Impossible(message) => QueryError::Execution(message),
    })
}

/// The matchers of a series selector, and nothing else.
pub fn parse_selector(expression: &str) -> Result<Selector, QueryError> {
    match parse(expression)? {
        Expression::Vector(Vector::Newest(selector)) => Ok(selector),
        Expression::Vector(_)
        | Expression::Scalar(_)
        | Expression::Text(_)
        | Expression::Range(_) => {
            Err(QueryError::BadData(format!("{expression:?} is no series selector")))
        }
    }
}

/// Names that Prometheus 2 has and the parser, which follows Prometheus 3, has dropped.
fn register_old_names() {
    let matrix = vec![ValueType::Matrix, ValueType::Scalar, ValueType::Scalar];
    let old = Function::new("holt_winters", matrix, 0, ValueType::Vector, false);
    // Registering twice is refused, and harmless.
    let _ = register_extra_functions(vec![old]);
}

/// An error of the language. Of a function that is not known, the place is found: the parser does
/// not tell it.
fn refused(expression: &str, message: String) -> QueryError {
    const UNKNOWN: &str = "unknown function with name ";
    let Some(name) = message.strip_prefix(UNKNOWN) else { return QueryError::BadData(message) };
    let name = name.trim_matches(['"', '\'']);
    let all: Vec<Word<'_>> = words(expression).collect();
    let is_call = |next: &str| next == "(" || ["by", "without"].contains(&&*next.to_lowercase());
    let place = (0..all.len().saturating_sub(1)).find(|&place| {
        let word = all[place];
        let behind_at = place > 0 && all[place - 1].text == "@";
        word.kind == Kind::Name
            && word.text.eq_ignore_ascii_case(name)
            && is_call(all[place + 1].text)
            && !behind_at
    });
    let place = place.map_or(0, |place| all[place].place);
    let place = position(expression, place);
    QueryError::BadData(format!("{place}: parse error: {UNKNOWN}{name:?}"))
}

fn node(expression: &Expr) -> Found<Expression> {
    match expression {
        Expr::Paren(inner) => node(&inner.expr),
        Expr::NumberLiteral(number) => Ok(Expression::Scalar(Scalar::Literal(number.val))),
        Expr::StringLiteral(text) => Ok(Expression::Text(text.val.clone())),
        Expr::VectorSelector(newest) => {
            selector(newest).map(|selector| Expression::Vector(Vector::Newest(selector)))
        }
        Expr::MatrixSelector(matrix) => window(matrix),
        Expr::Subquery(inner) => subquery(inner),
        Expr::Unary(inner) => negated(node(&inner.expr)?),
        Expr::Binary(binary) => operation(binary),
        Expr::Aggregate(aggregate) => grouped(aggregate),
        Expr::Call(inner) => arguments(inner).and_then(|found| call(inner.func.name, found)),
        Expr::Extension(_) => Err(TreeError::wrong("extensions are not known here")),
    }
}

fn arguments(call: &Call) -> Found<Vec<Expression>> {
    call.args.args.iter().map(|argument| node(argument)).collect()
}

fn window(matrix: &MatrixSelector) -> Found<Expression> {
    let window = Window { selector: selector(&matrix.vs)?, range_ms: length(matrix.range)? };
    Ok(Expression::Range(RangeVector::Window(window)))
}

fn subquery(subquery: &SubqueryExpr) -> Found<Expression> {
    let vector = match node(&subquery.expr)? {
        Expression::Vector(vector) => vector,
        other @ (Expression::Scalar(_) | Expression::Text(_) | Expression::Range(_)) => {
            let kind = other.kind();
            let message = format!("subquery is only allowed on instant vector, got {kind} instead");
            return Err(TreeError::wrong(message));
        }
    };
    let step_ms = subquery.step.map_or(Ok(DEFAULT_SUBQUERY_STEP_MS), length)?;
    let shift = shift(subquery.at.as_ref(), subquery.offset.as_ref())?;
    let node = Subquery { vector, range_ms: length(subquery.range)?, step_ms, shift };
    Ok(Expression::Range(RangeVector::Subquery(Box::new(node))))
}

fn operation(operation: &BinaryExpr) -> Found<Expression> {
    let modifier = operation.modifier.as_ref();
    if let Some(name) = modifier.and_then(fill) {
        return Err(TreeError::unknown_function(name));
    }
    let boolean = modifier.is_some_and(|modifier| modifier.return_bool);
    let operator = operation.op.to_string();
    binary(Sides {
        operator: &operator,
        answer: if boolean { Answer::OneOrZero } else { Answer::Value },
        left: node(&operation.lhs)?,
        right: node(&operation.rhs)?,
        matching: matching(modifier),
    })
}

/// A modifier of Prometheus 3.
fn fill(modifier: &BinModifier) -> Option<&'static str> {
    match (modifier.fill_values.lhs, modifier.fill_values.rhs) {
        (None, None) => None,
        (Some(_), None) => Some("fill_left"),
        (None, Some(_)) => Some("fill_right"),
        (Some(_), Some(_)) => Some("fill"),
    }
}

fn matching(modifier: Option<&BinModifier>) -> Matching {
    let many = match modifier.map(|modifier| &modifier.card) {
        Some(VectorMatchCardinality::ManyToOne(names)) => Many::Left(names.labels.clone()),
        Some(VectorMatchCardinality::OneToMany(names)) => Many::Right(names.labels.clone()),
        Some(VectorMatchCardinality::OneToOne | VectorMatchCardinality::ManyToMany) | None => {
            Many::Neither
        }
    };
    let labels = modifier.and_then(|modifier| modifier.matching.as_ref());
    Matching { pick: pick(labels).unwrap_or(Pick::Without(Vec::new())), many }
}

fn pick(labels: Option<&LabelModifier>) -> Option<Pick> {
    labels.map(|labels| match labels {
        LabelModifier::Include(names) => Pick::Only(names.labels.clone()),
        LabelModifier::Exclude(names) => Pick::Without(names.labels.clone()),
    })
}

fn grouped(aggregate: &AggregateExpr) -> Found<Expression> {
    let grouping = pick(aggregate.modifier.as_ref()).unwrap_or(Pick::Only(Vec::new()));
    let parameter = aggregate.param.as_ref().map(|parameter| node(parameter)).transpose()?;
    aggregation(&aggregate.op.to_string(), grouping, parameter, node(&aggregate.expr)?)
}

fn selector(selector: &VectorSelector) -> Found<Selector> {
    let Matchers { matchers, or_matchers } = &selector.matchers;
    if !or_matchers.is_empty() {
        let message = "unexpected identifier \"or\" in label matching, expected \",\" or \"}\"";
        return Err(TreeError::wrong(message));
    }
    let name = selector.name.iter().map(|name| Demand {
        label: METRIC.to_owned(),
        test: Test::Equal,
        value: name.clone(),
    });
    let demands: Vec<Demand> = name.chain(matchers.iter().map(demand)).collect();
    let shift = shift(selector.at.as_ref(), selector.offset.as_ref())?;
    Ok(Selector { shift, ..Selector::new(&demands)? })
}

fn demand(matcher: &Matcher) -> Demand {
    let test = match matcher.op {
        MatchOp::Equal => Test::Equal,
        MatchOp::NotEqual => Test::NotEqual,
        MatchOp::Re(_) => Test::Regex,
        MatchOp::NotRe(_) => Test::NotRegex,
    };
    Demand { label: matcher.name.clone(), test, value: matcher.value.clone() }
}

fn shift(at: Option<&AtModifier>, offset: Option<&Offset>) -> Found<Shift> {
    let at = match at {
        None => At::Step,
        Some(AtModifier::Start) => At::Start,
        Some(AtModifier::End) => At::End,
        Some(AtModifier::At(time)) => At::Moment(moment(*time)?),
    };
    let offset_ms = match offset {
        None => 0,
        Some(Offset::Pos(back)) => milliseconds(*back)?,
        Some(Offset::Neg(ahead)) => -milliseconds(*ahead)?,
    };
    Ok(Shift { at, offset_ms })
}

fn moment(time: SystemTime) -> Found<i64> {
    let (distance, sign) = match time.duration_since(UNIX_EPOCH) {
        Ok(since) => (since, 1),
        Err(before) => (before.duration(), -1),
    };
    match distance.as_millis() {
        ms if ms <= MAX_MOMENT_MS => Ok(sign * ms as i64),
        _ => Err(TreeError::wrong(format!(
            "timestamp out of bounds for @ modifier: {}",
            distance.as_secs_f64() * sign as f64
        ))),
    }
}

/// That of a window or a step, which is never nothing, however it is written.
fn length(duration: Duration) -> Found<i64> {
    match milliseconds(duration)? {
        0 => Err(TreeError::wrong("duration must be greater than 0")),
        ms => Ok(ms),
    }
}

fn milliseconds(duration: Duration) -> Found<i64> {
    match duration.as_millis() {
        ms if ms <= u128::from(MAX_DURATION_MS) => Ok(ms as i64),
        _ => Err(TreeError::wrong("duration out of range")),
    }
}

#[cfg(test)]
mod tests;
