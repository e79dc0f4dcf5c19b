//! The way through the tokens of an expression: what comes next, what was expected instead, and
//! what is wrong in the tree that they describe.
//!
//! Written by hand and not with combinators: each place has an error of its own in Prometheus's
//! words, one token tells which way to go, so that nothing is read twice, and the depth is known.

use super::lexer::Wrong;
use super::token::{Kind, Token};
use crate::promql::tree::{Expression, Place, TreeError};

pub type Parsed<T> = Result<T, Wrong>;

/// What durations may speak of: those of the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueryTimes {
    /// `step()`: the distance of two steps; 0 of a single moment.
    pub step_ms: i64,
    /// `range()`: the distance of the first and the last.
    pub range_ms: i64,
}

/// A parser at one of the tokens.
pub struct Parser<'t> {
    tokens: &'t [Token<'t>],
    /// What the last token stands for, if that is an error.
    error: Option<&'t Wrong>,
    at: usize,
    pub times: QueryTimes,
    /// How many aggregations are open, which errors tell.
    pub aggregations: usize,
    /// The first thing that is wrong in the tree: told only if all the text can be read.
    misfit: Option<Wrong>,
    /// What Prometheus would tell only when it evaluates the tree.
    impossible: Option<String>,
}

/// A part of the expression.
pub struct Part {
    /// Its first byte.
    pub place: usize,
    pub form: Form,
    /// Nothing if it does not fit together, which is told in the end.
    pub expression: Option<Expression>,
}

/// How a part is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A selector, a window or a subquery, to which modifiers belong.
    Selection,
    Other,
}

/// Where the parts of a node stand, for its errors.
#[derive(Debug, Clone, Copy)]
pub struct Places<'p> {
    pub whole: usize,
    pub operator: usize,
    pub parts: &'p [usize],
}

impl<'t> Parser<'t> {
    /// At the first of some tokens; `error` belongs to the last.
    pub fn new(tokens: &'t [Token<'t>], error: Option<&'t Wrong>, times: QueryTimes) -> Self {
        Self { tokens, error, at: 0, times, aggregations: 0, misfit: None, impossible: None }
    }

    /// The token that comes next; the last is never passed.
    pub fn peek(&self) -> Token<'t> {
        self.ahead(0)
    }

    /// The token behind so many others.
    pub fn ahead(&self, count: usize) -> Token<'t> {
        let last = Token { kind: Kind::End, text: "", place: 0 };
        self.tokens.get(self.at + count).or(self.tokens.last()).copied().unwrap_or(last)
    }

    pub fn next(&mut self) -> Token<'t> {
        let token = self.peek();
        self.at = (self.at + 1).min(self.tokens.len().saturating_sub(1));
        token
    }

    /// Where it stands, for [`Self::since`].
    pub fn place(&self) -> usize {
        self.at
    }

    /// The tokens that it went past since it stood there.
    pub fn since(&self, place: usize) -> &'t [Token<'t>] {
        self.tokens.get(place..self.at).unwrap_or_default()
    }

    /// Goes past a token of this kind, if that comes next.
    pub fn accept(&mut self, kind: Kind) -> Option<Token<'t>> {
        (self.peek().kind == kind).then(|| self.next())
    }

    /// Goes past a token of this kind, without which the expression makes no sense.
    pub fn expect(&mut self, kind: Kind) -> Parsed<Token<'t>> {
        self.accept(kind).ok_or_else(|| self.unexpected())
    }

    /// The next token has no place here.
    pub fn unexpected(&self) -> Wrong {
        let context = if self.aggregations > 0 { " in aggregation" } else { "" };
        self.refused(context)
    }

    /// The next token has no place in a part of the language, where something else would have.
    pub fn unexpected_in(&self, context: &str, expected: &str) -> Wrong {
        self.refused(&format!(" in {context}, expected {expected}"))
    }

    fn refused(&self, behind: &str) -> Wrong {
        let token = self.peek();
        match self.error {
            Some(error) if token.kind == Kind::Wrong => error.clone(),
            Some(_) | None => {
                wrong(token.place, format!("unexpected {}{behind}", token.description()))
            }
        }
    }

    /// Takes note of what does not fit together.
    pub fn misfit(&mut self, place: usize, message: impl Into<String>) {
        self.misfit.get_or_insert_with(|| wrong(place, message));
    }

    /// A node that may not fit together; a function that nobody knows is told at once.
    pub fn built(
        &mut self,
        places: Places<'_>,
        node: Result<Expression, TreeError>,
    ) -> Parsed<Option<Expression>> {
        let part = |number: usize| places.parts.get(number).copied().unwrap_or(places.whole);
        match node {
            Ok(expression) => return Ok(Some(expression)),
            Err(TreeError::Unknown(message)) => return Err(wrong(places.whole, message)),
            Err(TreeError::Impossible(message)) => {
                self.impossible.get_or_insert(message);
            }
            Err(TreeError::Wrong(place, message)) => {
                let place = match place {
                    Place::Whole => places.whole,
                    Place::Operator => places.operator,
                    Place::Part(number) => part(number),
                };
                self.misfit(place, message);
            }
        }
        Ok(None)
    }

    /// What does not fit together, if anything does not.
    pub fn misfits(self) -> (Option<Wrong>, Option<String>) {
        (self.misfit, self.impossible)
    }
}

impl Part {
    /// A part that no modifier belongs to.
    pub fn new(place: usize, expression: Option<Expression>) -> Self {
        Self { place, form: Form::Other, expression }
    }
}

pub fn wrong(place: usize, message: impl Into<String>) -> Wrong {
    Wrong { place, message: message.into() }
}
