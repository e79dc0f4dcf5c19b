//! Lists of labels: those that are grouped by, and those by which two sides find each other.

use super::parser::{Parsed, Parser, wrong};
use super::selection::said;
use super::token::{Bracket, Keyword, Kind};
use crate::promql::tree::{Many, Matching, Pick};

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
        let token = self.peek();
        match token.kind {
            Kind::Keyword(Keyword::Fill | Keyword::FillLeft | Keyword::FillRight) => {
                let name = token.text.to_ascii_lowercase();
                Err(wrong(token.place, format!("unknown function with name {name:?}")))
            }
            _ => Ok(matching),
        }
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
            _ => Ok(many(Vec::new())),
        }
    }

    /// `(a, b)`
    fn labels(&mut self) -> Parsed<Vec<String>> {
        const CONTEXT: &str = "grouping opts";
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
