//! What the trees of an expression take, which is counted before they are made: the parser knows
//! neither budget nor stop, and compiles each regular expression itself.

use promql_parser::util::unquote_string;
use regex::RegexBuilder;

use super::words::{Kind, words};
use crate::promql::QueryError;
use crate::promql::meter::{Held, Meter};

/// What a byte of an expression becomes at most, in the trees of the parser and ours: `a,` may be a
/// label that is grouped by, `a="",` a matcher.
const BYTE_BYTES: u64 = 160;

/// Sizes that compiled regular expressions are tried with, in bytes. The last is the most that the
/// crate allows unless told otherwise.
const SIZES: [usize; 5] = [4 << 10, 32 << 10, 256 << 10, 2 << 20, 10 << 20];

/// A pattern is compiled forwards and backwards.
const DIRECTIONS: u64 = 2;

/// Takes the memory of an expression's trees.
pub fn weigh<'b>(expression: &str, meter: &Meter<'b>) -> Result<Held<'b>, QueryError> {
    let mut held = meter.hold(expression.len() as u64 * BYTE_BYTES)?;
    let mut before = Kind::Sign(' ');
    let mut words = words(expression).peekable();
    while let Some(word) = words.next() {
        let behind = words.peek().map_or(Kind::Sign(' '), |word| word.kind);
        // That of a matcher is compiled by the parser and by us.
        let copies = match (before, word.kind, behind) {
            (Kind::Sign('~'), Kind::Text, _) => 2,
            // The last that a function is given, such as `label_replace`.
            (_, Kind::Text, Kind::Sign(')')) => 1,
            (_, Kind::Name | Kind::Number | Kind::Text | Kind::Sign(_), _) => 0,
        };
        before = word.kind;
        if copies > 0 && word.text.len() > 2 {
            held.take(copies * pattern(word.text, meter)?)?;
        }
    }
    Ok(held)
}

/// What a quoted pattern takes once it is compiled. What is none takes nothing: it is refused soon.
fn pattern(quoted: &str, meter: &Meter<'_>) -> Result<u64, QueryError> {
    let Ok(text) = unquote_string(quoted) else { return Ok(0) };
    let mut most = 0;
    for size in SIZES {
        meter.check()?;
        let bytes = DIRECTIONS * size as u64;
        // While it is tried, it is there.
        let _trial = meter.hold(bytes)?;
        let compiled = RegexBuilder::new(&text).size_limit(size).build();
        most = bytes;
        match compiled {
            Err(regex::Error::CompiledTooBig(_)) => {}
            Ok(_) => return Ok(bytes),
            Err(_) => return Ok(0),
        }
    }
    Ok(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::parse::parse;
    use crate::samples::{Budget, Limits, Pool, ReadError, Stop};

    fn weight(expression: &str, bytes: u64) -> Result<u64, QueryError> {
        let limits = Limits { samples: 0, series: 0, bytes };
        let budget = Budget::new(limits, Pool::new(u64::MAX), Stop::default());
        let meter = Meter::new(&budget);
        weigh(expression, &meter).map(|held| held.bytes())
    }

    #[test]
    fn patterns_weigh_what_they_compile_to() {
        let weight = |expression: &str| weight(expression, u64::MAX).unwrap();
        let plain = weight("a{b=\"\\\\w{999}\"}");
        assert_eq!(plain, "a{b=\"\\\\w{999}\"}".len() as u64 * BYTE_BYTES);
        for (heavy, least) in [
            ("a{b=~\"\\\\w{99}\"}", 4 << 20),
            ("a{b!~'\\x5cw{99}'}", 4 << 20),
            ("a{b=~`[\u{1}-\u{10ffff}]{500}`}", 1 << 20),
            ("label_replace(a, 'b', 'c', 'd', '\\\\w{99}')", 2 << 20),
        ] {
            assert!(weight(heavy) >= least, "{heavy}: {}", weight(heavy));
        }
        assert!(weight("a{b=~\"c.*\"}") < 40 << 10);
    }

    #[test]
    fn an_expression_that_would_take_too_much_is_not_parsed() {
        let many = |one: &str, count| format!("{{a=\"b\"{}}}", one.repeat(count));
        for (expression, bytes) in [
            (many(",a=~\"\\\\w{99}\"", 100), 64 << 20),
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
