//! Selectors, windows, and the modifiers that tell where to look.

use super::expression::literal;
use super::parser::{Form, Parsed, Parser, Part, wrong};
use super::quoted::unquote;
use super::token::{Bracket, Kind, Operator, Token};
use crate::promql::tree::{
    At, Demand, Demanded, Expression, RangeVector, Selector, Shift, Subquery, Test, Vector, Window,
};
use crate::samples::{METRIC, Matcher};

/// The step of a subquery that names none, as Prometheus has it.
const DEFAULT_SUBQUERY_STEP_MS: i64 = 60_000;

/// The farthest moment of `@`, in milliseconds: all sums with durations stay in range.
const MAX_MOMENT_MS: f64 = (i64::MAX / 4) as f64;

impl Parser<'_> {
    /// A selector and nothing else.
    pub fn only_selector(&mut self) -> Parsed<Selector> {
        let token = self.peek();
        let name = token.kind.names_metric().then(|| self.next());
        if name.is_none() && token.kind != Kind::Open(Bracket::Curly) {
            return Err(self.unexpected());
        }
        let part = self.selector(name)?;
        self.expect(Kind::End)?;
        match part.expression {
            Some(Expression::Vector(Vector::Newest(selector))) => Ok(selector),
            Some(_) | None => Err(self.unexpected()),
        }
    }

    /// A selector, whose name may stand before the braces.
    pub fn selector(&mut self, name: Option<Token<'_>>) -> Parsed<Part> {
        let place = name.map_or_else(|| self.peek().place, |name| name.place);
        let mut demands = self.demands()?;
        let named = demands.iter().find(|found| found.demand.label == METRIC);
        if let (Some(name), Some(twice)) = (name, named) {
            let (name, twice) = (name.text, &twice.demand.value);
            let message = format!("metric name must not be set twice: {name:?} or {twice:?}");
            self.misfit(place, message);
        }
        if let Some(name) = name {
            demands.push(called(name.text.to_owned()));
        }
        let selector = Selector::new(demands);
        if selector.matchers.iter().all(|matcher| matcher.accepts("")) {
            self.misfit(place, "vector selector must contain at least one non-empty matcher");
        }
        let expression = Some(Expression::Vector(Vector::Newest(selector)));
        Ok(Part { place, form: Form::Selection, expression })
    }

    /// `{…}` that need not say anything.
    pub fn open_selector(&mut self) -> Parsed<Part> {
        let place = self.peek().place;
        let selector = Selector::new(self.demands()?);
        Ok(Part::new(place, Some(Expression::Vector(Vector::Newest(selector)))))
    }

    /// `{…}`, or nothing.
    pub fn demands(&mut self) -> Parsed<Vec<Demanded>> {
        let mut demands = Vec::new();
        if self.accept(Kind::Open(Bracket::Curly)).is_none() {
            return Ok(demands);
        }
        loop {
            if self.accept(Kind::Close(Bracket::Curly)).is_some() {
                return Ok(demands);
            }
            demands.push(self.demand()?);
            let next = self.peek();
            match next.kind {
                Kind::Comma => drop(self.next()),
                Kind::Close(Bracket::Curly) => {}
                _ => return Err(self.unexpected_in("label matching", "\",\" or \"}\"")),
            }
        }
    }

    /// `label="value"`, or the name of a metric in quotes.
    fn demand(&mut self) -> Parsed<Demanded> {
        const CONTEXT: &str = "label matching";
        let label = self.peek();
        let name = match label.kind {
            Kind::Name => label.text.to_owned(),
            Kind::Text => said(label)?,
            _ => return Err(self.unexpected_in(CONTEXT, "identifier or \"}\"")),
        };
        self.next();
        let test = match self.peek().kind {
            Kind::Equals => Test::Equal,
            Kind::Operator(Operator::NotEqual) => Test::NotEqual,
            Kind::Operator(Operator::Matches) => Test::Regex,
            Kind::Operator(Operator::MatchesNot) => Test::NotRegex,
            _ if label.kind == Kind::Text => {
                return Ok(called(name));
            }
            _ => return Err(self.unexpected_in(CONTEXT, "label matching operator")),
        };
        self.next();
        let value = self.accept(Kind::Text);
        let value = value.ok_or_else(|| self.unexpected_in(CONTEXT, "string"))?;
        let bytes = unquote(value.text);
        let value = match test {
            // What is no UTF-8 equals nothing that is stored.
            Test::Equal | Test::NotEqual => String::from_utf8_lossy(&bytes).into_owned(),
            Test::Regex | Test::NotRegex => String::from_utf8(bytes)
                .map_err(|_| wrong(label.place, "error parsing regexp: invalid UTF-8"))?,
        };
        let demanded = Demand { label: name, test, value }.demanded();
        demanded.map_err(|error| wrong(label.place, error.to_string()))
    }

    /// `[5m]` or `[1h:5m]`
    pub fn window(&mut self, of: Part) -> Parsed<Part> {
        let bracket = self.next();
        let range_ms = self.length("subquery selector", "number or duration")?;
        if self.accept(Kind::Close(Bracket::Square)).is_some() {
            return samples_of(of, bracket, range_ms);
        }
        if self.accept(Kind::Colon).is_none() {
            return Err(self.unexpected_in("subquery or range", "\":\" or \"]\""));
        }
        let step_ms = if self.accept(Kind::Close(Bracket::Square)).is_some() {
            DEFAULT_SUBQUERY_STEP_MS
        } else {
            let step_ms = self.length("subquery selector", "number or duration or \"]\"")?;
            if self.accept(Kind::Close(Bracket::Square)).is_none() {
                return Err(self.unexpected_in("subquery selector", "\"]\""));
            }
            step_ms
        };
        let expression = match of.expression {
            Some(Expression::Vector(vector)) => {
                let shift = Shift::default();
                let subquery = Box::new(Subquery { vector, range_ms, step_ms, shift });
                Some(Expression::Range(RangeVector::Subquery(subquery)))
            }
            Some(other) => {
                let kind = other.short_kind();
                let only = "subquery is only allowed on instant vector";
                self.misfit(of.place, format!("{only}, got {kind} instead"));
                None
            }
            None => None,
        };
        Ok(Part { place: of.place, form: Form::Selection, expression })
    }

    /// `offset 5m`
    pub fn offset(&mut self, mut of: Part) -> Parsed<Part> {
        self.next();
        let offset_ms = self.offset_length()?;
        if of.expression.is_none() {
            return Ok(of);
        }
        let Some(shift) = shift(&mut of) else {
            return Err(wrong(of.place, misplaced("offset")));
        };
        if shift.offset_ms != 0 {
            return Err(wrong(of.place, "offset may not be set multiple times"));
        }
        shift.offset_ms = offset_ms;
        Ok(of)
    }

    /// `@ 1700000000`, `@ start()`
    pub fn at(&mut self, mut of: Part) -> Parsed<Part> {
        self.next();
        let at = self.moment(of.place)?;
        if of.expression.is_none() {
            return Ok(of);
        }
        let Some(shift) = shift(&mut of) else { return Err(wrong(of.place, misplaced("@"))) };
        if shift.at != At::Step {
            return Err(wrong(of.place, "@ <timestamp> may not be set multiple times"));
        }
        shift.at = at;
        Ok(of)
    }

    /// What stands behind `@`.
    pub fn moment(&mut self, place: usize) -> Parsed<At> {
        let expected = |parser: &Self| parser.unexpected_in("@", "timestamp");
        let token = self.peek();
        let edge = match &*token.text.to_ascii_lowercase() {
            "start" if token.kind == Kind::Name => Some(At::Start),
            "end" if token.kind == Kind::Name => Some(At::End),
            _ => None,
        };
        if let Some(edge) = edge {
            self.next();
            for bracket in [Kind::Open(Bracket::Round), Kind::Close(Bracket::Round)] {
                self.accept(bracket).ok_or_else(|| expected(self))?;
            }
            return Ok(edge);
        }
        let sign = match token.kind {
            Kind::Operator(Operator::Add) => self.next_as(1.0),
            Kind::Operator(Operator::Subtract) => self.next_as(-1.0),
            _ => 1.0,
        };
        let number = self.peek();
        if !matches!(number.kind, Kind::Number | Kind::Duration) {
            return Err(expected(self));
        }
        self.next();
        let seconds = sign * literal(number)?;
        let ms = (seconds * 1000.0).round();
        if ms.is_nan() || ms.abs() > MAX_MOMENT_MS {
            let seconds = if seconds.is_infinite() {
                if seconds > 0.0 { "+Inf".into() } else { "-Inf".into() }
            } else {
                format!("{seconds:.6}")
            };
            let message = format!("timestamp out of bounds for @ modifier: {seconds}");
            return Err(wrong(place, message));
        }
        Ok(At::Moment(ms as i64))
    }

    fn next_as(&mut self, sign: f64) -> f64 {
        self.next();
        sign
    }
}

/// `[5m]` of what must be a selector.
fn samples_of(of: Part, bracket: Token<'_>, range_ms: i64) -> Parsed<Part> {
    let refused = |message| Err(wrong(bracket.place, message));
    let selector = match (of.form, of.expression) {
        (Form::Selection, Some(Expression::Vector(Vector::Newest(selector)))) => selector,
        (_, None) => return Ok(Part::new(of.place, None)),
        (Form::Selection | Form::Other, Some(_)) => {
            return refused("ranges only allowed for vector selectors");
        }
    };
    if selector.shift.offset_ms != 0 {
        return refused("no offset modifiers allowed before range");
    }
    if let At::Moment(_) = selector.shift.at {
        return refused("no @ modifiers allowed before range");
    }
    let window = RangeVector::Window(Window { selector, range_ms });
    let expression = Some(Expression::Range(window));
    Ok(Part { place: of.place, form: Form::Selection, expression })
}

/// A metric must be called so.
fn called(name: String) -> Demanded {
    let matcher = Matcher::metric(&name);
    let demand = Demand { label: METRIC.to_owned(), test: Test::Equal, value: name };
    Demanded { demand, matcher }
}

/// A name in quotes, which is one of UTF-8.
pub fn said(token: Token<'_>) -> Parsed<String> {
    let name = String::from_utf8(unquote(token.text)).ok().filter(|name| !name.is_empty());
    name.ok_or_else(|| wrong(token.place, format!("invalid label name {}", token.text)))
}

/// Where a selection looks; nothing of what is no selection.
fn shift(part: &mut Part) -> Option<&mut Shift> {
    match (part.form, &mut part.expression) {
        (Form::Selection, Some(Expression::Vector(Vector::Newest(selector)))) => {
            Some(&mut selector.shift)
        }
        (Form::Selection, Some(Expression::Range(RangeVector::Window(window)))) => {
            Some(&mut window.selector.shift)
        }
        (Form::Selection, Some(Expression::Range(RangeVector::Subquery(subquery)))) => {
            Some(&mut subquery.shift)
        }
        (Form::Selection | Form::Other, _) => None,
    }
}

fn misplaced(modifier: &str) -> String {
    format!(
        "{modifier} modifier must be preceded by an instant vector selector or range vector \
         selector or a subquery"
    )
}
