//! From the text of an expression to its tree: tokens first, then the grammar over them.
//!
//! What is wrong is told as Prometheus tells it: where, what stands there, and what was expected.
//! Time grows with the text, memory is counted before it is taken, and the depth is known before
//! anything is nested.

mod depth;
mod duration;
mod expression;
mod grouping;
mod lexer;
mod number;
mod parser;
mod quoted;
mod selection;
mod token;
mod weight;
mod written;

use super::QueryError;
use super::meter::{Held, Meter};
use super::tree::{Expression, Selector};
use super::written::Written;

use self::lexer::{Tokens, Wrong, tokens};
use self::parser::Parser;
pub use self::parser::QueryTimes;

/// An expression that is cut into tokens, in memory that is taken for its tree too.
pub struct Question<'t, 'b> {
    text: &'t str,
    tokens: Tokens<'t>,
    /// How deep its tree is at most.
    pub depth: usize,
    memory: Held<'b>,
}

/// The deepest expression that is answered.
const MAX_DEPTH: usize = 2_500;

/// Those of no query in particular: what is only written has none.
const SOME_STEP_MS: i64 = 60_000;
const SOME_RANGE_MS: i64 = 3_600_000;

impl<'t, 'b> Question<'t, 'b> {
    /// Cuts an expression into tokens and takes the memory of its tree.
    pub fn read(text: &'t str, meter: &Meter<'b>) -> Result<Self, QueryError> {
        let cutting = meter.hold(weight::of_tokens(text))?;
        let tokens = tokens(text);
        let depth = depth::depth(&tokens.list);
        if depth > MAX_DEPTH {
            let message = format!("the expression is nested deeper than {MAX_DEPTH} levels");
            return Err(QueryError::BadData(message));
        }
        let memory = meter.hold(weight::of_tree(&tokens.list, meter)?)?;
        drop(cutting);
        Ok(Self { text, tokens, depth, memory })
    }

    /// The tree, where the query has such times.
    pub fn tree(&self, times: QueryTimes) -> Result<Expression, QueryError> {
        let mut parser = self.parser(times);
        let part = parser.whole().map_err(|wrong| self.refused(&wrong))?;
        let (misfit, impossible) = parser.misfits();
        match (misfit, impossible, part.expression) {
            (Some(wrong), _, _) => Err(self.refused(&wrong)),
            (None, Some(message), _) => Err(QueryError::Execution(message)),
            (None, None, Some(expression)) => Ok(expression),
            (None, None, None) => Err(QueryError::BadData("unexpected error".into())),
        }
    }

    /// The expression as it is written, where it is right; what could not be evaluated may be written.
    pub fn written(&self) -> Result<Written, QueryError> {
        let times = QueryTimes { step_ms: SOME_STEP_MS, range_ms: SOME_RANGE_MS };
        let mut parser = self.parser(times);
        let part = parser.whole().map_err(|wrong| self.refused(&wrong))?;
        drop(part);
        if let (Some(wrong), _) = parser.misfits() {
            return Err(self.refused(&wrong));
        }
        self.parser(times).written().map_err(|wrong| self.refused(&wrong))
    }

    /// The selector that it is, and nothing else.
    pub fn selector(&self) -> Result<Selector, QueryError> {
        let mut parser = self.parser(QueryTimes::default());
        let selector = parser.only_selector().map_err(|wrong| self.refused(&wrong))?;
        let (misfit, _) = parser.misfits();
        misfit.map_or(Ok(selector), |wrong| Err(self.refused(&wrong)))
    }

    /// Leaves what it takes taken until the budget ends.
    pub fn keep(self) {
        self.memory.keep();
    }

    fn parser(&self, times: QueryTimes) -> Parser<'_> {
        Parser::new(&self.tokens.list, self.tokens.error.as_ref(), times)
    }

    fn refused(&self, wrong: &Wrong) -> QueryError {
        let Wrong { place, message } = wrong;
        let place = position(self.text, *place);
        QueryError::BadData(format!("{place}: parse error: {message}"))
    }
}

/// Line and column of a place as Prometheus counts them: both from one, columns in bytes.
fn position(text: &str, place: usize) -> String {
    let before = &text[..place];
    let line = before.matches('\n').count() + 1;
    let column = place - before.rfind('\n').map_or(0, |end| end + 1) + 1;
    format!("{line}:{column}")
}

#[cfg(test)]
impl Question<'_, '_> {
    /// How many bytes are taken for it.
    pub fn bytes(&self) -> u64 {
        self.memory.bytes()
    }
}

/// The tree of an expression that is asked at a single moment.
#[cfg(test)]
pub fn parse(text: &str) -> Result<Expression, QueryError> {
    let budget = crate::samples::Budget::unlimited();
    let meter = Meter::new(&budget);
    Question::read(text, &meter)?.tree(QueryTimes::default())
}

#[cfg(test)]
mod tests;
