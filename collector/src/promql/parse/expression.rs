//! Operands and the operators between them: the grammar but for selectors, lists of labels and
//! durations.

use super::number::{duration_seconds, number};
use super::parser::{Form, Parsed, Parser, Part, Places, wrong};
use super::quoted::unquote;
use super::token::{Bracket, Keyword, Kind, Operator, Strength, Token};
use crate::promql::tree::{
    Compared, Expression, Pick, Scalar, Sides, aggregation, binary, call, check_count, negated,
    plain,
};

impl Parser<'_> {
    /// The whole expression.
    pub fn whole(&mut self) -> Parsed<Part> {
        if self.peek().kind == Kind::End {
            return Err(wrong(0, "no expression found in input"));
        }
        let part = self.expression(Strength::Or)?;
        self.expect(Kind::End)?;
        Ok(part)
    }

    /// Operands with operators that bind at least so tightly.
    pub fn expression(&mut self, least: Strength) -> Parsed<Part> {
        let mut left = self.signed()?;
        loop {
            let token = self.peek();
            let Kind::Operator(operator) = token.kind else { return Ok(left) };
            let Some(strength) = operator.strength().filter(|found| *found >= least) else {
                return Ok(left);
            };
            self.next();
            left = self.operation(left, token, strength)?;
        }
    }

    /// A sign binds less tightly than a power.
    fn signed(&mut self) -> Parsed<Part> {
        let token = self.peek();
        let sign = match token.kind {
            Kind::Operator(Operator::Add) => plain,
            Kind::Operator(Operator::Subtract) => negated,
            _ => return self.modified(),
        };
        self.next();
        let operand = self.expression(Strength::Power)?;
        let places = Places { whole: token.place, operator: token.place, parts: &[] };
        let expression = match operand.expression {
            Some(expression) => self.built(places, sign(expression))?,
            None => None,
        };
        Ok(Part::new(token.place, expression))
    }

    fn operation(&mut self, left: Part, operator: Token<'_>, strength: Strength) -> Parsed<Part> {
        let answer = match self.accept(Kind::Keyword(Keyword::Bool)) {
            Some(_) => Compared::OneOrZero,
            None => Compared::Value,
        };
        let matching = self.matching()?;
        let right = self.expression(strength.of_right())?;
        let places = Places {
            whole: left.place,
            operator: operator.place,
            parts: &[left.place, right.place],
        };
        let expression = match (left.expression, right.expression) {
            (Some(left), Some(right)) => {
                let spelling = operator.text.to_ascii_lowercase();
                let sides = Sides { operator: &spelling, answer, left, right, matching };
                self.built(places, binary(sides))?
            }
            (None, _) | (_, None) => None,
        };
        Ok(Part::new(left.place, expression))
    }

    /// An operand with what stands behind it: windows, `offset`, `@`.
    fn modified(&mut self) -> Parsed<Part> {
        let mut part = self.operand()?;
        loop {
            let token = self.peek();
            part = match token.kind {
                Kind::Open(Bracket::Square) => self.window(part)?,
                Kind::Keyword(Keyword::Offset) => self.offset(part)?,
                Kind::Operator(Operator::At) => self.at(part)?,
                Kind::Name if token.is_word("anchored") || token.is_word("smoothed") => {
                    let word = token.text.to_ascii_lowercase();
                    let message = format!("{word} modifier is experimental and not enabled");
                    return Err(wrong(part.place, message));
                }
                _ => return Ok(part),
            }
        }
    }

    fn operand(&mut self) -> Parsed<Part> {
        let token = self.peek();
        match token.kind {
            Kind::Number | Kind::Duration => {
                self.next();
                let value = literal(token)?;
                let expression = Expression::Scalar(Scalar::Literal(value));
                Ok(Part::new(token.place, Some(expression)))
            }
            Kind::Text => {
                self.next();
                let text = String::from_utf8_lossy(&unquote(token.text)).into_owned();
                Ok(Part::new(token.place, Some(Expression::Text(text))))
            }
            Kind::Open(Bracket::Round) => {
                self.next();
                let inner = self.expression(Strength::Or)?;
                self.expect(Kind::Close(Bracket::Round))?;
                Ok(Part::new(token.place, inner.expression))
            }
            Kind::Open(Bracket::Curly) => self.selector(None),
            Kind::Aggregator if self.begins_aggregation() => self.aggregation(),
            Kind::Name if self.ahead(1).kind == Kind::Open(Bracket::Round) => self.call(),
            kind if kind.names_metric() => {
                self.next();
                self.selector(Some(token))
            }
            _ => Err(self.unexpected()),
        }
    }

    /// Whether an operand begins here, or what is no token stands here.
    pub fn begins_operand(&self) -> bool {
        match self.peek().kind {
            Kind::Number
            | Kind::Duration
            | Kind::Text
            | Kind::Open(Bracket::Round | Bracket::Curly)
            | Kind::Operator(Operator::Add | Operator::Subtract)
            | Kind::Wrong => true,
            kind => kind.names_metric(),
        }
    }

    /// Otherwise it is a metric that is called so.
    pub fn begins_aggregation(&self) -> bool {
        matches!(
            self.ahead(1).kind,
            Kind::Open(Bracket::Round) | Kind::Keyword(Keyword::By | Keyword::Without)
        )
    }

    fn aggregation(&mut self) -> Parsed<Part> {
        let token = self.next();
        self.aggregations += 1;
        let before = self.grouping()?;
        let arguments = self.arguments(Self::argument)?;
        self.aggregations -= 1;
        let behind = if before.is_none() { self.grouping()? } else { None };
        let grouping = before.or(behind).unwrap_or(Pick::Only(Vec::new()));
        let name = token.text.to_ascii_lowercase();
        check_count(&name, arguments.len())
            .map_err(|error| wrong(token.place, error.to_string()))?;
        let (places, found) = split(arguments);
        let places = Places { whole: token.place, operator: token.place, parts: &places };
        let expression = match found {
            Some(arguments) => self.built(places, aggregation(&name, grouping, arguments))?,
            None => None,
        };
        Ok(Part::new(token.place, expression))
    }

    fn call(&mut self) -> Parsed<Part> {
        let token = self.next();
        let arguments = match token.text {
            "info" => self.arguments(Self::info_argument)?,
            _ => self.arguments(Self::argument)?,
        };
        let (places, found) = split(arguments);
        let places = Places { whole: token.place, operator: token.place, parts: &places };
        let expression = match found {
            Some(arguments) => self.built(places, call(token.text, arguments))?,
            None => None,
        };
        Ok(Part::new(token.place, expression))
    }

    fn argument(&mut self, _: usize) -> Parsed<Part> {
        self.expression(Strength::Or)
    }

    /// `{…}` behind the series, which may leave everything open.
    fn info_argument(&mut self, number: usize) -> Parsed<Part> {
        if number != 1 {
            return self.argument(number);
        }
        if self.peek().kind == Kind::Open(Bracket::Curly) {
            return self.open_selector();
        }
        let part = self.argument(number)?;
        let message = match part.form {
            Form::Selection => "expected label selectors only, got vector selector instead",
            Form::Other => "expected label selectors only",
        };
        self.misfit(part.place, message);
        Ok(part)
    }

    /// `(…, …)`
    fn arguments(
        &mut self,
        argument: impl Fn(&mut Self, usize) -> Parsed<Part>,
    ) -> Parsed<Vec<Part>> {
        self.expect(Kind::Open(Bracket::Round))?;
        let mut arguments = Vec::new();
        if self.accept(Kind::Close(Bracket::Round)).is_some() {
            return Ok(arguments);
        }
        loop {
            arguments.push(argument(self, arguments.len())?);
            match self.accept(Kind::Comma) {
                Some(comma) if !self.begins_operand() => {
                    let message = "trailing commas not allowed in function call args";
                    return Err(wrong(comma.place, message));
                }
                Some(_) => {}
                None => {
                    self.expect(Kind::Close(Bracket::Round))?;
                    return Ok(arguments);
                }
            }
        }
    }
}

/// The value of a number or a duration, in seconds.
pub fn literal(token: Token<'_>) -> Parsed<f64> {
    let value = match token.kind {
        Kind::Duration => duration_seconds(token.text),
        _ => number(token.text),
    };
    value.map_err(|message| wrong(token.place, message))
}

/// The places of arguments, and what they are, if all fit together.
fn split(arguments: Vec<Part>) -> (Vec<usize>, Option<Vec<Expression>>) {
    let places = arguments.iter().map(|part| part.place).collect();
    (places, arguments.into_iter().map(|part| part.expression).collect())
}
