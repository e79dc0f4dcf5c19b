//! Lists of labels: those that are grouped by, and those by which two sides find each other.

use super::expression::literal;
use super::parser::{Parsed, Parser};
use super::selection::said;
use super::token::{Bracket, Keyword, Kind, Operator};
use crate::promql::tree::{Fill, Many, Matching, Pick};

/// What errors call lists of labels.
const CONTEXT: &str = "grouping opts";

impl Parser<'_> {
    /// `by (…)`, `without (…)`, if that comes next.
    pub fn grouping(&mut self) -> Parsed<Option<Pick>> {
        let pick = match self.peek().kind {
            Kind::Keyword(Keyword::By) => Pick::Only,
            Kind::Keyword(Keyword::Without) => Pick::Without,
            _ => return Ok(None),
        };
        self.next();
        Ok(Some(pick(self.labels()?)))
    }

    /// `on (…) group_left (…) fill (…)`: how two sides find each other.
    pub fn matching(&mut self) -> Parsed<Matching> {
        let pick = match self.peek().kind {
            Kind::Keyword(Keyword::On) => Some(Pick::Only as fn(Vec<String>) -> Pick),
            Kind::Keyword(Keyword::Ignoring) => Some(Pick::Without as fn(Vec<String>) -> Pick),
            _ => None,
        };
        let mut matching = Matching::default();
        if let Some(pick) = pick {
            self.next();
            matching.pick = pick(self.labels()?);
            matching.many = self.many()?;
        }
        matching.fill = self.fill()?;
        Ok(matching)
    }

    /// `fill (0)`, or one or both of its sides.
    fn fill(&mut self) -> Parsed<Fill> {
        let mut fill = Fill::default();
        loop {
            match self.peek().kind {
                Kind::Keyword(Keyword::Fill) if fill == Fill::default() => {
                    let value = Some(self.filling()?);
                    return Ok(Fill { left: value, right: value });
                }
                Kind::Keyword(Keyword::FillLeft) if fill.left.is_none() => {
                    fill.left = Some(self.filling()?);
                }
                Kind::Keyword(Keyword::FillRight) if fill.right.is_none() => {
                    fill.right = Some(self.filling()?);
                }
                _ => return Ok(fill),
            }
        }
    }

    /// The number of a `fill`.
    fn filling(&mut self) -> Parsed<f64> {
        self.next();
        self.expect(Kind::Open(Bracket::Round))?;
        let sign = match self.peek().kind {
            Kind::Operator(Operator::Subtract) => Some(-1.0),
            Kind::Operator(Operator::Add) => Some(1.0),
            _ => None,
        };
        if sign.is_some() {
            self.next();
        }
        let number = self.peek();
        if !matches!(number.kind, Kind::Number | Kind::Duration) {
            return Err(self.unexpected());
        }
        self.next();
        let value = sign.unwrap_or(1.0) * literal(number)?;
        self.expect(Kind::Close(Bracket::Round))?;
        Ok(value)
    }

    fn many(&mut self) -> Parsed<Many> {
        let many = match self.peek().kind {
            Kind::Keyword(Keyword::GroupLeft) => Many::Left,
            Kind::Keyword(Keyword::GroupRight) => Many::Right,
            _ => return Ok(Many::Neither),
        };
        self.next();
        match self.peek().kind {
            Kind::Open(Bracket::Round) => Ok(many(self.labels()?)),
            Kind::Keyword(Keyword::Fill | Keyword::FillLeft | Keyword::FillRight) => {
                Ok(many(Vec::new()))
            }
            _ if self.begins_operand() => Ok(many(Vec::new())),
            _ => Err(self.unexpected_in(CONTEXT, "\"(\"")),
        }
    }

    /// `(a, b)`
    fn labels(&mut self) -> Parsed<Vec<String>> {
        if self.accept(Kind::Open(Bracket::Round)).is_none() {
            return Err(self.unexpected_in(CONTEXT, "\"(\""));
        }
        let mut names = Vec::new();
        loop {
            if self.accept(Kind::Close(Bracket::Round)).is_some() {
                return Ok(names);
            }
            let token = self.peek();
            let name = match token.kind {
                Kind::Text => said(token)?,
                kind if kind.names_label() => token.text.to_owned(),
                _ => return Err(self.unexpected_in(CONTEXT, "label")),
            };
            self.next();
            names.push(name);
            match self.peek().kind {
                Kind::Comma => drop(self.next()),
                Kind::Close(Bracket::Round) => {}
                _ => return Err(self.unexpected_in(CONTEXT, "\",\" or \")\"")),
            }
        }
    }
}
