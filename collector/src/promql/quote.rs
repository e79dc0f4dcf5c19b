//! Texts as strings of PromQL. Pure.

use super::written::go;

/// A text in quotes, which reads as that text whatever stands in it.
pub fn quoted(text: &str) -> String {
    // Where bytes are no text, this stands for them; the parser refuses it as if it were such bytes.
    go::quoted(text.as_bytes()).replace(char::REPLACEMENT_CHARACTER, "\\ufffd")
}

/// What stands between such quotes.
pub fn escaped(text: &str) -> String {
    let quoted = quoted(text);
    quoted[1..quoted.len() - 1].to_owned()
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
