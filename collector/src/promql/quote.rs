//! Texts as strings of PromQL. Pure.

use std::fmt::Write as _;

/// A text in quotes, which reads as that text whatever stands in it.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// What stands between such quotes.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | '"' => escaped.extend(['\\', character]),
            // Where bytes are no text, this stands for them, and the parser takes it for that.
            char::REPLACEMENT_CHARACTER => escaped.push_str("\\ufffd"),
            // The language has no other escape for what has no sign of its own.
            character if character.is_control() => {
                let _ = write!(escaped, "\\u{:04x}", u32::from(character));
            }
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::{QueryLimits, Value, instant};
    use crate::samples::{Budget, Reader};
    use crate::store::Store;
    use proptest::prelude::*;
    use proptest::test_runner::TestRunner;

    #[test]
    fn a_quoted_text_reads_as_itself() {
        let folder = tempfile::TempDir::new().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let budget = Budget::unlimited();
        let limits = QueryLimits::default();
        let check = |text: String| {
            let found = instant(Reader::new(&store, &budget), &quoted(&text), 0, limits);
            let Ok(Value::Text(found)) = found else { panic!("{text:?}: {found:?}") };
            prop_assert_eq!(found, text);
            Ok(())
        };
        check("/s\u{fffd}v\"\\\n\u{0}\u{7f}\u{85}".to_owned()).unwrap();
        TestRunner::default().run(&any::<String>(), check).unwrap();
    }
}
