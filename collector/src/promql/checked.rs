//! An expression that is asked again and again, such as a rule's: found right once.

use super::parse::{QueryTimes, Question};
use super::{QueryError, answered};
use crate::samples::Budget;

/// An expression that can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    text: Box<str>,
    line: Box<str>,
}

impl Checked {
    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// On one line, as Prometheus writes it.
    pub fn line(&self) -> &str {
        &self.line
    }
}

/// Finds whether an expression is right: its grammar, its types, what its functions may be given.
pub fn check(expression: &str, budget: &Budget) -> Result<Checked, QueryError> {
    let ask = |question: &Question<'_, '_>| {
        question.tree(QueryTimes::default())?;
        Ok(question.written()?.to_string())
    };
    let line = answered(expression, budget, ask)?;
    Ok(Checked { text: expression.into(), line: line.into() })
}
