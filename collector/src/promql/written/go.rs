//! Texts and durations as Prometheus prints them, which is how Go does.

use std::fmt::Write as _;
use std::sync::LazyLock;

use headroom_proto::metric::is_plain_label_name;
use regex::Regex;

pub use crate::promql::digits::{number, plain_number};

/// What Go calls printable.
static PRINTABLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[\pL\pM\pN\pP\pS ]$").expect("the classes of characters are known")
});

/// `1h30m`; years and weeks only where nothing is left behind them.
pub fn duration(ms: i64) -> String {
    const UNITS: [(&str, i64, bool); 7] = [
        ("y", 31_536_000_000, true),
        ("w", 604_800_000, true),
        ("d", 86_400_000, false),
        ("h", 3_600_000, false),
        ("m", 60_000, false),
        ("s", 1000, false),
        ("ms", 1, false),
    ];
    if ms == 0 {
        return "0s".into();
    }
    let mut left = ms;
    let mut text = String::new();
    for (unit, unit_ms, is_exact) in UNITS {
        let count = if is_exact && left % unit_ms != 0 { 0 } else { left / unit_ms };
        if count > 0 {
            let _ = write!(text, "{count}{unit}");
            left -= count * unit_ms;
        }
    }
    text
}

/// In double quotes.
pub fn quoted(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 2);
    text.push('"');
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            push(&mut text, character);
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text.push('"');
    text
}

fn push(text: &mut String, character: char) {
    let code = u32::from(character);
    let _ = match character {
        '"' | '\\' => write!(text, "\\{character}"),
        '\u{7}' => write!(text, "\\a"),
        '\u{8}' => write!(text, "\\b"),
        '\u{c}' => write!(text, "\\f"),
        '\n' => write!(text, "\\n"),
        '\r' => write!(text, "\\r"),
        '\t' => write!(text, "\\t"),
        '\u{b}' => write!(text, "\\v"),
        ' '..='~' => write!(text, "{character}"),
        '\0'..='\x1f' | '\u{7f}' => write!(text, "\\x{code:02x}"),
        _ if PRINTABLE.is_match(character.encode_utf8(&mut [0; 4])) => {
            write!(text, "{character}")
        }
        '\u{80}'..='\u{ffff}' => write!(text, "\\u{code:04x}"),
        _ => write!(text, "\\U{code:08x}"),
    };
}

/// The name of a label, in quotes where it needs them.
pub fn label(name: &str) -> String {
    if is_plain_label_name(name) { name.into() } else { quoted(name.as_bytes()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_texts_and_durations_are_gos() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (100_000.0, "100000"),
            (1e6, "1e+06"),
            (-1_234_567.0, "-1.234567e+06"),
            (0.0001, "0.0001"),
            (0.000_012, "1.2e-05"),
            (1e100, "1e+100"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(number(value), text);
        }
        for (ms, text) in [
            (0, "0s"),
            (90 * 60_000, "1h30m"),
            (7 * 86_400_000, "1w"),
            (8 * 86_400_000, "8d"),
            (365 * 86_400_000, "1y"),
            (372 * 86_400_000, "372d"),
            (730 * 86_400_000, "2y"),
            (1_500, "1s500ms"),
        ] {
            assert_eq!(duration(ms), text);
        }
        for (bytes, text) in [
            (&b"a\"\\\n\x01\x7f\xff"[..], r#""a\"\\\n\x01\x7f\xff""#),
            (
                "é\u{301}\u{200b}\u{feff}😀\u{e0001}\u{a0}".as_bytes(),
                "\"é\u{301}\\u200b\\ufeff😀\\U000e0001\\u00a0\"",
            ),
        ] {
            assert_eq!(quoted(bytes), text);
        }
    }
}
