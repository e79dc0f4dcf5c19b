//! The tokens of an expression that is known to be right, as they are written.

use super::expression::literal;
use super::number::number;
use super::parser::{Parsed, Parser};
use super::quoted::unquote;
use super::token::{Bracket, Keyword, Kind, Operator, Strength, Token};
use crate::promql::tree::Pick;
use crate::promql::written::{
    Aggregated, Called, Kind as ValueKind, Length, Number, Operated, Placed, Resolved, Selection,
    Signed, Windowed, Written,
};

impl Parser<'_> {
    /// The whole expression as it is written.
    pub fn written(&mut self) -> Parsed<Written> {
        let written = self.written_expression(Strength::Or)?;
        self.expect(Kind::End)?;
        Ok(written)
    }

    fn written_expression(&mut self, least: Strength) -> Parsed<Written> {
        let mut left = self.written_sign()?;
        loop {
            let token = self.peek();
            let Kind::Operator(operator) = token.kind else { return Ok(left) };
            let Some(strength) = operator.strength().filter(|found| *found >= least) else {
                return Ok(left);
            };
            self.next();
            let is_bool = self.accept(Kind::Keyword(Keyword::Bool)).is_some();
            let matching = self.matching()?;
            let right = self.written_expression(strength.of_right())?;
            let kinds = (left.kind(), right.kind());
            let kind = match kinds {
                (ValueKind::Scalar, ValueKind::Scalar) => ValueKind::Scalar,
                _ => ValueKind::Vector,
            };
            let are_vectors = kinds == (ValueKind::Vector, ValueKind::Vector);
            let matching = are_vectors.then_some(matching);
            let operator = token.text.to_ascii_lowercase();
            let node = Operated { operator, is_bool, matching, left, right, kind };
            left = Written::Operation(Box::new(node));
        }
    }

    /// A number takes its sign in.
    fn written_sign(&mut self) -> Parsed<Written> {
        let is_negative = match self.peek().kind {
            Kind::Operator(Operator::Add) => false,
            Kind::Operator(Operator::Subtract) => true,
            _ => return self.written_selection(),
        };
        self.next();
        Ok(match self.written_expression(Strength::Power)? {
            Written::Number(Number { value, is_duration }) => {
                let value = if is_negative { -value } else { value };
                Written::Number(Number { value, is_duration })
            }
            operand => Written::Signed(Box::new(Signed { is_negative, operand })),
        })
    }

    /// An operand with windows, `offset` and `@` behind it.
    fn written_selection(&mut self) -> Parsed<Written> {
        let mut written = self.written_operand()?;
        loop {
            match self.peek().kind {
                Kind::Open(Bracket::Square) => written = self.written_window(written)?,
                Kind::Keyword(Keyword::Offset) => {
                    let offset = self.written_offset()?;
                    if let Some(place) = place(&mut written) {
                        place.offset = Some(offset).filter(|offset| !offset.is_nothing());
                    }
                }
                Kind::Operator(Operator::At) => {
                    let begin = self.next().place;
                    let at = self.moment(begin)?;
                    if let Some(place) = place(&mut written) {
                        place.at = at;
                    }
                }
                _ => return Ok(written),
            }
        }
    }

    fn written_operand(&mut self) -> Parsed<Written> {
        let token = self.peek();
        match token.kind {
            Kind::Number | Kind::Duration => {
                self.next();
                let is_duration = token.kind == Kind::Duration;
                Ok(Written::Number(Number { value: literal(token)?, is_duration }))
            }
            Kind::Text => {
                self.next();
                Ok(Written::Text(unquote(token.text)))
            }
            Kind::Open(Bracket::Round) => {
                self.next();
                let inner = self.written_expression(Strength::Or)?;
                self.expect(Kind::Close(Bracket::Round))?;
                Ok(Written::Brackets(Box::new(inner)))
            }
            Kind::Aggregator if self.begins_aggregation() => self.written_aggregation(),
            Kind::Name if self.ahead(1).kind == Kind::Open(Bracket::Round) => {
                self.next();
                let function = token.text.to_owned();
                Ok(Written::Call(Called { function, arguments: self.written_arguments()? }))
            }
            kind => {
                let name = kind.names_metric().then(|| self.next().text.to_owned());
                let demands = self.demands()?;
                let demands = demands.into_iter().map(|demanded| demanded.demand).collect();
                Ok(Written::Selector(Selection::new(name, demands)))
            }
        }
    }

    fn written_aggregation(&mut self) -> Parsed<Written> {
        let name = self.next().text.to_ascii_lowercase();
        let before = self.grouping()?;
        let mut arguments = self.written_arguments()?;
        let behind = if before.is_none() { self.grouping()? } else { None };
        let grouping = before.or(behind).unwrap_or(Pick::Only(Vec::new()));
        let Some(of) = arguments.pop() else { return Err(self.unexpected()) };
        let node = Aggregated { name, grouping, parameter: arguments.pop(), of };
        Ok(Written::Aggregation(Box::new(node)))
    }

    fn written_arguments(&mut self) -> Parsed<Vec<Written>> {
        self.expect(Kind::Open(Bracket::Round))?;
        let mut arguments = Vec::new();
        while self.accept(Kind::Close(Bracket::Round)).is_none() {
            if !arguments.is_empty() {
                self.expect(Kind::Comma)?;
            }
            arguments.push(self.written_expression(Strength::Or)?);
        }
        Ok(arguments)
    }

    /// `[5m]` or `[1h:5m]`
    fn written_window(&mut self, of: Written) -> Parsed<Written> {
        self.next();
        let length = self.written_length()?;
        let colon = self.accept(Kind::Colon);
        let closed = self.accept(Kind::Close(Bracket::Square)).is_some();
        let step = if closed { None } else { Some(self.written_length()?) };
        if !closed {
            self.expect(Kind::Close(Bracket::Square))?;
        }
        Ok(match (of, colon) {
            (Written::Selector(selection), None) => {
                Written::Window(Box::new(Windowed { selection, length }))
            }
            (of, _) => {
                let place = Placed::default();
                Written::Subquery(Box::new(Resolved { of, length, step, place }))
            }
        })
    }

    fn written_length(&mut self) -> Parsed<Length> {
        self.as_written(|parser| parser.length("subquery selector", "number or duration"))
    }

    fn written_offset(&mut self) -> Parsed<Length> {
        self.next();
        self.as_written(Self::offset_length)
    }

    /// A length; what is reckoned stays as it is written.
    fn as_written(&mut self, read: impl FnOnce(&mut Self) -> Parsed<i64>) -> Parsed<Length> {
        let begin = self.place();
        let ms = read(self)?;
        let tokens = self.since(begin);
        let is_plain = tokens.iter().all(|token| match token.kind {
            Kind::Number | Kind::Duration => true,
            Kind::Operator(_) => tokens.len() == 2,
            _ => false,
        });
        Ok(Length::new(ms, (!is_plain).then(|| calculation(tokens))))
    }
}

/// Where a selection looks; nothing of what is no selection.
fn place(written: &mut Written) -> Option<&mut Placed> {
    match written {
        Written::Selector(selection) => Some(&mut selection.place),
        Written::Window(window) => Some(&mut window.selection.place),
        Written::Subquery(subquery) => Some(&mut subquery.place),
        Written::Number(_)
        | Written::Text(_)
        | Written::Brackets(_)
        | Written::Signed(_)
        | Written::Call(_)
        | Written::Aggregation(_)
        | Written::Operation(_) => None,
    }
}

/// A calculation with durations.
fn calculation(tokens: &[Token<'_>]) -> String {
    let mut text = String::new();
    let mut follows_operand = false;
    for token in tokens {
        let lower = token.text.to_ascii_lowercase();
        match token.kind {
            Kind::Duration => {
                let ms = literal(*token).map_or(0, |seconds| (seconds * 1000.0).round() as i64);
                text.push_str(&Length::new(ms, None).text);
            }
            Kind::Number => {
                let value = number(token.text).unwrap_or(f64::NAN);
                text.push_str(&Written::Number(Number { value, is_duration: false }).to_string());
            }
            Kind::Operator(_) if follows_operand => {
                text.push(' ');
                text.push_str(&lower);
                text.push(' ');
            }
            Kind::Operator(Operator::Add) => {}
            Kind::Comma => text.push_str(", "),
            _ => text.push_str(&lower),
        }
        follows_operand =
            matches!(token.kind, Kind::Duration | Kind::Number | Kind::Close(Bracket::Round));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::Question;
    use crate::promql::meter::Meter;
    use crate::promql::written::Shown;
    use crate::samples::Budget;
    use serde_json::json;

    fn lines(text: &str) -> String {
        let budget = Budget::unlimited();
        let question = Question::read(text, &Meter::new(&budget)).unwrap();
        Shown::new(&question.written().unwrap()).lines().to_string()
    }

    #[test]
    fn what_only_newer_versions_write_is_formatted_as_they_do() {
        for (text, expected) in [
            ("a > 5m", "a > 5m"),
            ("a[300]", "a[5m]"),
            ("a[5m+1M*2]".replace('M', "m").as_str(), "a[5m + 1m * 2]"),
            ("a offset -(1h/2)", "a offset -(1h / 2)"),
            ("a offset +5m", "a offset 5m"),
            ("a[max(5m,STEP())]", "a[max(5m, step())]"),
            ("{\"http.x\", 'my label'=\"v\"}", "{\"my label\"=\"v\",__name__=\"http.x\"}"),
            ("sum by(\"my label\")(a)", "sum by (\"my label\") (a)"),
            ("a+on(x)fill(0)b", "a + on (x) fill (0) b"),
            ("a+fill_left(1)b", "a + fill_left (1) b"),
            ("1_000 + a", "1000 + a"),
            ("info(a,{})", "info(a, {})"),
        ] {
            assert_eq!(lines(text), expected);
            assert_eq!(lines(expected), expected, "what is printed is printed again alike");
        }
    }

    #[test]
    fn parts_are_told_as_prometheus_3_tells_them() {
        let budget = Budget::unlimited();
        let text = "-sum by (b) (rate(a{b!=\"c\"}[5m] @ end() offset 1m)) > bool on (b) group_left (d) (e[1h:] @ 2)";
        let text = text.replace("(e[1h:] @ 2)", "max_over_time(e[1h:] @ 2)");
        let question = Question::read(&text, &Meter::new(&budget)).unwrap();
        let written = question.written().unwrap();
        let rate = json!({
            "type": "call",
            "func": { "name": "rate", "argTypes": ["matrix"], "variadic": 0, "returnType": "vector" },
            "args": [{
                "type": "matrixSelector", "name": "a", "range": 300_000, "offset": 60_000,
                "matchers": [
                    { "name": "b", "type": "!=", "value": "c" },
                    { "name": "__name__", "type": "=", "value": "a" },
                ],
                "timestamp": null, "startOrEnd": "end", "anchored": false, "smoothed": false,
            }],
        });
        let subquery = json!({
            "type": "subquery", "range": 3_600_000, "step": 0, "offset": 0, "timestamp": 2_000,
            "startOrEnd": null,
            "expr": {
                "type": "vectorSelector", "name": "e", "offset": 0, "timestamp": null,
                "startOrEnd": null, "anchored": false, "smoothed": false,
                "matchers": [{ "name": "__name__", "type": "=", "value": "e" }],
            },
        });
        let expected = json!({
            "type": "binaryExpr", "op": ">", "bool": true,
            "matching": {
                "card": "many-to-one", "on": true, "labels": ["b"], "include": ["d"],
                "fillValues": { "lhs": null, "rhs": null },
            },
            "lhs": {
                "type": "unaryExpr", "op": "-",
                "expr": {
                    "type": "aggregation", "op": "sum", "param": null, "grouping": ["b"],
                    "without": false, "expr": rate,
                },
            },
            "rhs": {
                "type": "call",
                "func": {
                    "name": "max_over_time", "argTypes": ["matrix"], "variadic": 0,
                    "returnType": "vector",
                },
                "args": [subquery],
            },
        });
        assert_eq!(serde_json::to_value(Shown::new(&written).parts()).unwrap(), expected);
    }
}
