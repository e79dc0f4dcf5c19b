//! Texts of others without what no medium carries: control characters, which XML forbids, pages drop
//! and terminals obey. Escaping stays with whoever writes the medium.

use std::borrow::Cow;

/// The text with a visible sign in the place of each control character but tabs and ends of lines.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return text.into();
    }
    text.replace(is_hidden, "\u{fffd}").into()
}

/// Also what is no character at all, and which XML 1.0 therefore does not take.
fn is_hidden(letter: char) -> bool {
    match letter {
        '\t' | '\n' | '\r' => false,
        '\u{fffe}' | '\u{ffff}' => true,
        other => other.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_seen_and_all_else_stays() {
        for (text, shown) in [
            ("plain <b> & é 漢 🎓", "plain <b> & é 漢 🎓"),
            ("two\tcolumns\r\n", "two\tcolumns\r\n"),
            ("\0", "\u{fffd}"),
            ("a\x1b[31mb\x7f", "a\u{fffd}[31mb\u{fffd}"),
            ("\u{85}\u{9b}\u{fffe}\u{ffff}\u{fffd}", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(printable(text), shown, "{text:?}");
        }
    }
}
