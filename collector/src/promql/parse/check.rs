//! What is refused before the parser sees it: trees too deep for the stack, and durations that the
//! parser would not survive or would misread.

use super::words::{Kind, Word, position, words};
use crate::moments::DAY_MS;

/// The deepest that brackets and operators of an expression may be nested: each level takes stack.
const MAX_DEPTH: usize = 256;

/// The longest duration, as in Prometheus: 292 years.
pub const MAX_DURATION_MS: u64 = i64::MAX as u64 / 1_000_000;

/// Refuses what must not reach the parser.
pub fn check(expression: &str) -> Result<(), String> {
    check_depth(expression)?;
    check_durations(expression)
}

/// Refuses an expression whose tree would be too deep: parsing, evaluating and dropping a tree all
/// take stack by its depth. Counts what may nest: brackets that are open, and operators since, for
/// `a + b + c` nests to the left.
fn check_depth(expression: &str) -> Result<(), String> {
    let mut open = vec![0usize];
    for word in words(expression) {
        let level = open.len() - 1;
        match word.kind {
            Kind::Name => open[level] += usize::from(is_operator(word.text)),
            Kind::Sign('(' | '[' | '{') => open.push(0),
            Kind::Sign(')' | ']' | '}') if level > 0 => {
                open.pop();
            }
            Kind::Sign('+' | '-' | '*' | '/' | '%' | '^' | '=' | '!' | '<' | '>') => {
                open[level] += 1;
            }
            Kind::Sign(',') => open[level] = 0,
            Kind::Sign(_) | Kind::Number | Kind::Text => {}
        }
        if open.len() + open.iter().sum::<usize>() > MAX_DEPTH {
            return Err(format!("the expression is nested deeper than {MAX_DEPTH} levels"));
        }
    }
    Ok(())
}

fn is_operator(word: &str) -> bool {
    ["and", "or", "unless", "atan2"].iter().any(|operator| word.eq_ignore_ascii_case(operator))
}

/// What a number stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Number,
    /// Behind `offset`, where a sign may follow.
    Offset,
    /// In `[…]`, where none of the durations may be nothing.
    Range,
}

/// Refuses durations that no clock can hold, and windows of no length.
fn check_durations(expression: &str) -> Result<(), String> {
    let mut meaning = Meaning::Number;
    for word in words(expression) {
        meaning = match word.kind {
            Kind::Sign('[') => Meaning::Range,
            Kind::Name if word.text.eq_ignore_ascii_case("offset") => Meaning::Offset,
            Kind::Sign('+' | '-') if meaning == Meaning::Offset => Meaning::Offset,
            Kind::Sign(']') => Meaning::Number,
            Kind::Number | Kind::Name if meaning != Meaning::Number => {
                let wrong = |message| {
                    format!("{}: parse error: {message}", position(expression, word.place))
                };
                check_duration(word, meaning).map_err(wrong)?;
                if meaning == Meaning::Range { Meaning::Range } else { Meaning::Number }
            }
            Kind::Name | Kind::Number | Kind::Text | Kind::Sign(_) if meaning == Meaning::Range => {
                Meaning::Range
            }
            Kind::Name | Kind::Number | Kind::Text | Kind::Sign(_) => Meaning::Number,
        };
    }
    Ok(())
}

fn check_duration(word: Word<'_>, meaning: Meaning) -> Result<(), &'static str> {
    let ms = match number(word.text) {
        // What is neither number nor duration is the parser's to refuse.
        None => match duration_ms(word.text) {
            None => return Ok(()),
            Some(ms) => ms as f64,
        },
        Some(seconds) => seconds * 1000.0,
    };
    if ms.is_nan() || ms > MAX_DURATION_MS as f64 {
        return Err("duration out of range");
    }
    if meaning == Meaning::Range && ms < 1.0 {
        return Err("duration must be greater than 0");
    }
    Ok(())
}

/// `5`, `1e3`, `0x1f`; the first digit of an octal one tells nothing that matters here.
fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match digits {
        Some(digits) if digits.chars().all(|digit| digit.is_ascii_hexdigit()) => {
            let value = |digit: char| f64::from(digit.to_digit(16).unwrap_or_default());
            Some(digits.chars().fold(0.0, |sum, digit| sum * 16.0 + value(digit)))
        }
        Some(_) | None => text.parse().ok(),
    }
}

/// The length of `1h30m`, if that is one; the longest where it would be longer.
fn duration_ms(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 7] = [
        ("ms", 1),
        ("s", 1_000),
        ("m", 60_000),
        ("h", 3_600_000),
        ("d", DAY_MS as u64),
        ("w", 7 * DAY_MS as u64),
        ("y", 365 * DAY_MS as u64),
    ];
    let mut sum: u64 = 0;
    let mut left = text;
    while !left.is_empty() {
        let digits = left.len() - left.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (count, rest) = left.split_at(digits);
        let units = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let (unit, rest) = rest.split_at(units);
        let (_, unit_ms) = UNITS.iter().find(|(name, _)| *name == unit)?;
        if count.is_empty() {
            return None;
        }
        let count = count.parse::<u64>().unwrap_or(u64::MAX);
        sum = sum.saturating_add(count.saturating_mul(*unit_ms));
        left = rest;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_that_of_the_tree() {
        let fine = [
            "a + b * (c - d)".to_owned(),
            format!("a{{b=~\"{}\"}}", "(x|y)+".repeat(1_000)),
            format!("f({}1)", "a + b, ".repeat(500)),
            format!("1 # {}", "(".repeat(1_000)),
            format!("{}1{}", "(".repeat(200), ")".repeat(200)),
            format!("1{}", " + 1".repeat(200)),
        ];
        for expression in &fine {
            assert!(check_depth(expression).is_ok(), "{expression}");
        }
        let deep = [
            format!("{}1{}", "(".repeat(300), ")".repeat(300)),
            format!("1{}", " + 1".repeat(300)),
            format!("{}1", "-".repeat(300)),
            format!("a{}", " or a".repeat(300)),
            format!("{}1{}", "1+(1-".repeat(100), ")".repeat(100)),
            // What the parser takes for a comment or a text, and what it does not.
            format!("# a\r{}1{}", "(".repeat(300), ")".repeat(300)),
            format!("`\\` `+{}1{}+` `", "(".repeat(300), ")".repeat(300)),
        ];
        for expression in &deep {
            let error = check_depth(expression).unwrap_err();
            assert_eq!(error, "the expression is nested deeper than 256 levels", "{expression}");
        }
    }

    #[test]
    fn durations_are_those_that_a_clock_can_hold() {
        let range = "duration out of range";
        let nothing = "duration must be greater than 0";
        let wrong = [
            ("a offset NaN", "1:10", range),
            ("a offset -1e20", "1:11", range),
            ("a offset + inf", "1:12", range),
            ("a OFFSET - 18446744073709551615", "1:12", range),
            ("a[1e20]", "1:3", range),
            ("a[18446744073709551615]", "1:3", range),
            ("a[5m:1e20]", "1:6", range),
            ("a[5m :  1e20 ]", "1:9", range),
            ("a[5m:1m] # [\noffset\r-1e400", "2:9", range),
            ("a[300y]", "1:3", range),
            ("a[5000000000000h]", "1:3", range),
            ("a[1h99999999999999999999s]", "1:3", range),
            ("a[0xffffffffffffffff]", "1:3", range),
            ("a offset 0XFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", "1:10", range),
            ("a[5m:0x0]", "1:6", nothing),
            ("a[00]", "1:3", nothing),
            ("a[0]", "1:3", nothing),
            ("a[0.0001]", "1:3", nothing),
            ("a[5m:0]", "1:6", nothing),
            ("sum(rate(a[0s]))", "1:12", nothing),
        ];
        for (expression, place, message) in wrong {
            let expected = format!("{place}: parse error: {message}");
            assert_eq!(check(expression), Err(expected), "{expression}");
        }
        let fine = [
            "a offset 0",
            "a offset -5m",
            "a[292y]",
            "a[1h30m]",
            "a[5m:1m]",
            "a[300]",
            "1e300 + NaN * a",
            "a * 1e20 [5m]",
            "\"offset NaN\"",
            "a{offset=\"1\"} * 1e30",
            "a # offset NaN",
        ];
        for expression in fine {
            assert_eq!(check(expression), Ok(()), "{expression}");
        }
    }
}
