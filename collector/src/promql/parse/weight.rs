//! What the tokens and the tree of an expression take, which is counted before they are made: the
//! parser knows neither budget nor stop.

use super::quoted::unquote;
use super::token::{Bracket, Kind, Operator, Token};
use crate::promql::QueryError;
use crate::promql::meter::Meter;
use crate::samples::{LARGEST_BYTES, Pattern};

/// What a token becomes at most, in the tree and on the way there: `a,` may be an argument, `a="",`
/// a matcher.
const NODE_BYTES: usize = 400;

/// Sizes that compiled regular expressions are tried with, in bytes.
const SIZES: [usize; 5] = [4 << 10, 32 << 10, 256 << 10, 2 << 20, LARGEST_BYTES];

/// A pattern is compiled forwards and backwards.
const DIRECTIONS: u64 = 2;

/// What the tokens of a text take at most while they are found: the list doubles as it grows.
pub fn of_tokens(text: &str) -> u64 {
    (3 * (text.len() + 1) * size_of::<Token<'_>>()) as u64
}

/// What the tree of an expression takes, and its tokens and texts with it.
pub fn of_tree(tokens: &[Token<'_>], meter: &Meter<'_>) -> Result<u64, QueryError> {
    let mut bytes = 0;
    for (place, token) in tokens.iter().enumerate() {
        let before = place.checked_sub(1).map(|place| tokens[place].kind);
        let behind = tokens.get(place + 1).map(|token| token.kind);
        // A name is copied into a matcher, into what it demands, and into the labels of the answer.
        bytes += (2 * size_of::<Token<'_>>() + NODE_BYTES + 4 * token.text.len()) as u64;
        let is_pattern = token.kind == Kind::Text
            && match before {
                Some(Kind::Operator(Operator::Matches | Operator::MatchesNot)) => true,
                // The last that a function is given, such as `label_replace`.
                Some(_) | None => behind == Some(Kind::Close(Bracket::Round)),
            };
        if is_pattern && token.text.len() > 2 {
            bytes += pattern(token.text, meter)?;
        }
    }
    Ok(bytes)
}

/// What a quoted pattern takes once it is compiled. What is none takes nothing: it is refused soon.
fn pattern(quoted: &str, meter: &Meter<'_>) -> Result<u64, QueryError> {
    let Ok(text) = String::from_utf8(unquote(quoted)) else { return Ok(0) };
    let mut most = 0;
    for size in SIZES {
        meter.check()?;
        let bytes = DIRECTIONS * size as u64;
        // While it is tried, it is there.
        let _trial = meter.hold(bytes)?;
        most = bytes;
        match Pattern::within(&text, size) {
            Ok(None) => {}
            Ok(Some(_)) => return Ok(bytes),
            Err(_) => return Ok(0),
        }
    }
    Ok(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::parse::{Question, parse};
    use crate::samples::{Budget, Limits, Pool, ReadError, Stop};

    fn weight(expression: &str, bytes: u64) -> Result<u64, QueryError> {
        let limits = Limits { samples: 0, series: 0, bytes };
        let budget = Budget::new(limits, Pool::new(u64::MAX), Stop::default());
        let meter = Meter::new(&budget);
        Question::read(expression, &meter).map(|question| question.bytes())
    }

    #[test]
    fn patterns_weigh_what_they_compile_to() {
        let weight = |expression: &str| weight(expression, u64::MAX).unwrap();
        assert!(weight("a{b=\"\\\\w{999}\"}") < 10_000);
        for (heavy, least) in [
            ("a{b=~\"\\\\pL{99}\"}", 2 << 20),
            ("a{b!~'\\x5cpL{99}'}", 2 << 20),
            ("a{b=~`\\pL{99}`}", 2 << 20),
            ("a{b=~`[\u{1}-\u{10ffff}]{500}`}", 512 << 10),
            ("label_replace(a, 'b', 'c', 'd', '\\\\pL{99}')", 2 << 20),
        ] {
            assert!(weight(heavy) >= least, "{heavy}: {}", weight(heavy));
        }
        assert!(weight("a{b=~\"c.*\"}") < 40 << 10);
    }

    #[test]
    fn an_expression_that_would_take_too_much_is_not_parsed() {
        let many = |one: &str, count| format!("{{a=\"b\"{}}}", one.repeat(count));
        for (expression, bytes) in [
            (many(",a=~\"\\\\pL{99}\"", 100), 64 << 20),
            (many(",a=\"\"", 100_000), 64 << 20),
            (format!("sum by ({}) (a)", "a,".repeat(500_000)), 64 << 20),
        ] {
            let refused = weight(&expression, bytes);
            assert!(
                matches!(refused, Err(QueryError::Read(ReadError::Memory { .. }))),
                "{refused:?}"
            );
        }
        assert!(parse(&many(",a=\"\"", 100)).is_ok());
    }
}
