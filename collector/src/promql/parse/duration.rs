//! Lengths of time: of windows, steps and offsets, with arithmetic. What they say is known when an
//! expression is parsed, for the query is.

use super::expression::literal;
use super::number::MAX_DURATION_MS;
use super::parser::{Parsed, Parser, wrong};
use super::token::{Bracket, Kind, Operator, Strength, Token};

impl Parser<'_> {
    /// The length of a window or a step, in milliseconds: never nothing.
    pub fn length(&mut self, context: &str, expected: &str) -> Parsed<i64> {
        let first = self.peek();
        if !begins_duration(first) {
            return Err(self.unexpected_in(context, expected));
        }
        let seconds = self.duration(Strength::Sum)?;
        match milliseconds(first, seconds)? {
            ms if ms <= 0 => Err(wrong(first.place, "duration must be greater than 0")),
            ms => Ok(ms),
        }
    }

    /// That of an offset: a number or a duration with its sign ends it, as in Prometheus, so that
    /// `a offset 5m + 5m` is a sum. Brackets hold more.
    pub fn offset_length(&mut self) -> Parsed<i64> {
        let first = self.peek();
        let sign = self.sign();
        if !begins_duration(self.peek()) || self.is_sign() {
            return Err(self.unexpected_in("offset", "number or duration"));
        }
        let seconds = self.duration_operand()?;
        milliseconds(first, sign.unwrap_or(1.0) * seconds)
    }

    /// Operands with operators that bind at least so tightly, in seconds.
    fn duration(&mut self, least: Strength) -> Parsed<f64> {
        let mut left = match self.sign() {
            Some(sign) => sign * self.duration(Strength::Power)?,
            None => self.duration_operand()?,
        };
        loop {
            let token = self.peek();
            let Kind::Operator(operator) = token.kind else { return Ok(left) };
            let Some(strength) = operator.strength().filter(|found| *found >= least) else {
                return Ok(left);
            };
            let calculate: fn(f64, f64) -> f64 = match operator {
                Operator::Add => |a, b| a + b,
                Operator::Subtract => |a, b| a - b,
                Operator::Multiply => |a, b| a * b,
                Operator::Divide => |a, b| a / b,
                Operator::Modulo => |a, b| a % b,
                Operator::Power => f64::powf,
                Operator::Or
                | Operator::And
                | Operator::Unless
                | Operator::Equal
                | Operator::NotEqual
                | Operator::Greater
                | Operator::Less
                | Operator::GreaterOrEqual
                | Operator::LessOrEqual
                | Operator::Atan2
                | Operator::At
                | Operator::Matches
                | Operator::MatchesNot => return Ok(left),
            };
            self.next();
            let right = self.duration(strength.of_right())?;
            match operator {
                Operator::Divide if right == 0.0 => {
                    return Err(wrong(token.place, "division by zero"));
                }
                Operator::Modulo if right == 0.0 => {
                    return Err(wrong(token.place, "modulo by zero"));
                }
                _ => left = calculate(left, right),
            }
        }
    }

    fn duration_operand(&mut self) -> Parsed<f64> {
        let token = self.peek();
        match token.kind {
            Kind::Number | Kind::Duration => {
                self.next();
                let seconds = literal(token)?;
                milliseconds(token, seconds)?;
                Ok(seconds)
            }
            Kind::Open(Bracket::Round) => {
                self.next();
                let inner = self.duration(Strength::Sum)?;
                self.expect(Kind::Close(Bracket::Round))?;
                Ok(inner)
            }
            _ => match &*token.text.to_ascii_lowercase() {
                "step" => self.of_query(self.times.step_ms),
                "range" => self.of_query(self.times.range_ms),
                "min" | "min_of" => self.of_two(f64::min),
                "max" | "max_of" => self.of_two(f64::max),
                _ => Err(self.unexpected()),
            },
        }
    }

    /// `step()`, `range()`
    fn of_query(&mut self, ms: i64) -> Parsed<f64> {
        self.next();
        self.expect(Kind::Open(Bracket::Round))?;
        self.expect(Kind::Close(Bracket::Round))?;
        Ok(ms as f64 / 1000.0)
    }

    /// `min(…, …)`, `max(…, …)`
    fn of_two(&mut self, choose: fn(f64, f64) -> f64) -> Parsed<f64> {
        self.next();
        self.expect(Kind::Open(Bracket::Round))?;
        let one = self.duration(Strength::Sum)?;
        self.expect(Kind::Comma)?;
        let other = self.duration(Strength::Sum)?;
        self.expect(Kind::Close(Bracket::Round))?;
        Ok(choose(one, other))
    }

    fn is_sign(&self) -> bool {
        matches!(self.peek().kind, Kind::Operator(Operator::Add | Operator::Subtract))
    }

    /// A sign, if one comes next.
    fn sign(&mut self) -> Option<f64> {
        let sign = match self.peek().kind {
            Kind::Operator(Operator::Add) => 1.0,
            Kind::Operator(Operator::Subtract) => -1.0,
            _ => return None,
        };
        self.next();
        Some(sign)
    }
}

/// Whether a duration may begin so.
fn begins_duration(token: Token<'_>) -> bool {
    const WORDS: [&str; 6] = ["step", "range", "min", "max", "min_of", "max_of"];
    match token.kind {
        Kind::Number
        | Kind::Duration
        | Kind::Open(Bracket::Round)
        | Kind::Operator(Operator::Add | Operator::Subtract) => true,
        // `min` and `max` are aggregators elsewhere.
        Kind::Name | Kind::Aggregator => {
            WORDS.iter().any(|word| token.text.eq_ignore_ascii_case(word))
        }
        _ => false,
    }
}

/// What a clock can hold.
fn milliseconds(at: Token<'_>, seconds: f64) -> Parsed<i64> {
    let ms = (seconds * 1000.0).round();
    if ms.is_nan() || ms.abs() > MAX_DURATION_MS as f64 {
        return Err(wrong(at.place, "duration out of range"));
    }
    Ok(ms as i64)
}
