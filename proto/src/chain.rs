//! How an error is told: itself and all its causes in one line, for a log or for standard error.
//!
//! Errors of ours never repeat their source; those of other crates often do, so what was said is
//! not said again.

use std::error::Error;
use std::fmt::{self, Display};

/// Displays an error and its causes as `failed to read the ledger: permission denied`.
///
/// A cause that the text before it already tells is left out.
#[derive(Debug, Clone, Copy)]
pub struct Chain<'e>(pub &'e (dyn Error + 'static));

impl Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told = self.0.to_string();
        for cause in causes(self.0) {
            let text = cause.to_string();
            if !text.is_empty() && !tells(&told, &text) {
                told.push_str(": ");
                told.push_str(&text);
            }
        }
        f.write_str(&told)
    }
}

/// The cause beneath all others, without the layers above it; none if `error` names no cause.
pub fn innermost<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    causes(error).last()
}

fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause| (*cause).source())
}

/// Whether `told` holds `text` as whole words: `timed out`, but not within `timed outside`.
fn tells(told: &str, text: &str) -> bool {
    let part_of_a_word = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    told.match_indices(text).any(|(start, found)| {
        let after = &told[start + found.len()..];
        !part_of_a_word(told[..start].chars().next_back()) && !part_of_a_word(after.chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Layer {
        text: &'static str,
        beneath: Option<Box<Layer>>,
    }

    impl Display for Layer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.text)
        }
    }

    impl Error for Layer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.beneath.as_deref().map(|layer| layer as _)
        }
    }

    fn layers(texts: &[&'static str]) -> Layer {
        let beneath = texts[1..].split_first().map(|_| Box::new(layers(&texts[1..])));
        Layer { text: texts[0], beneath }
    }

    #[test]
    fn each_cause_is_told_once() {
        for (texts, told) in [
            (&["failed"][..], "failed"),
            (
                &["failed to open a", "denied", "os error 13"],
                "failed to open a: denied: os error 13",
            ),
            (&["failed: denied", "denied", "os error 13"], "failed: denied: os error 13"),
            (&["failed", "tls: bad name", "bad name", "bad name"], "failed: tls: bad name"),
            (
                &["failed: denied (os error 13)", "failed", "os error 13"],
                "failed: denied (os error 13)",
            ),
            (&["unreadable", "read"], "unreadable: read"),
            (&["failed", ""], "failed"),
        ] {
            assert_eq!(Chain(&layers(texts)).to_string(), told);
        }
    }

    #[test]
    fn the_innermost_cause_is_the_last() {
        let text = |texts| innermost(&layers(texts)).map(ToString::to_string);
        assert_eq!(text(&["a", "b", "c"]).as_deref(), Some("c"));
        assert_eq!(text(&["a"]), None);
    }
}
