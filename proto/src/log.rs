//! How much a program tells in its log: the levels that people name, and where they name them.

use tracing::level_filters::LevelFilter;

/// The environment's variable that says how much is told, where no option does.
pub const LOG_VARIABLE: &str = "HEADROOM_LOG";

/// How much is told unless somebody says otherwise.
pub const USUAL_LEVEL: &str = "info";

/// Every level by its name, from nothing to everything.
const LEVELS: [(&str, LevelFilter); 6] = [
    ("off", LevelFilter::OFF),
    ("error", LevelFilter::ERROR),
    ("warn", LevelFilter::WARN),
    ("info", LevelFilter::INFO),
    ("debug", LevelFilter::DEBUG),
    ("trace", LevelFilter::TRACE),
];

/// The most letters of what somebody else says that go into a line.
const SHOWN: usize = 200;

/// What somebody else says, for a line of the log: short, on one line, and nothing in it that a
/// terminal would obey.
pub fn shown(text: &str) -> String {
    let mut letters = text.chars();
    let line: String = letters.by_ref().take(SHOWN).flat_map(plain).collect();
    match letters.count() {
        0 => line,
        more => format!("{line}… ({more} more letters)"),
    }
}

/// A letter as it is, or as an escape if it would move a cursor, turn text around or hide it.
pub fn plain(letter: char) -> impl Iterator<Item = char> {
    let unseen = matches!(letter,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let escape = letter.is_control() || unseen;
    let escaped = escape.then(|| letter.escape_default());
    escaped.into_iter().flatten().chain((!escape).then_some(letter))
}

/// A word that names no level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be off, error, warn, info, debug or trace")]
pub struct LevelError;

/// The level of that name.
pub fn parse_level(name: &str) -> Result<LevelFilter, LevelError> {
    // A variable that is set to nothing is not set.
    let name = if name.is_empty() { USUAL_LEVEL } else { name };
    let found = LEVELS.iter().find(|(known, _)| *known == name);
    found.map(|(_, level)| *level).ok_or(LevelError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_say_is_short_and_obeyed_by_no_terminal() {
        assert_eq!(shown("plain ä"), "plain ä");
        assert_eq!(shown("a\nb\u{1b}[2J\0\u{9b}"), "a\\nb\\u{1b}[2J\\u{0}\\u{9b}");
        assert_eq!(shown("\u{202e}gpj.exe"), "\\u{202e}gpj.exe");
        let long = shown(&"ä".repeat(1000));
        assert_eq!(long, format!("{}… (800 more letters)", "ä".repeat(200)));
    }

    #[test]
    fn levels_are_the_names_that_the_mistake_lists() {
        for (name, level) in LEVELS {
            assert_eq!(parse_level(name), Ok(level));
            assert!(LevelError.to_string().contains(name), "{name}");
            assert_eq!(level.to_string(), name, "as the log itself names it");
        }
        assert_eq!(parse_level(""), Ok(LevelFilter::INFO));
        for wrong in ["INFO", "3", "information"] {
            assert_eq!(parse_level(wrong), Err(LevelError), "{wrong}");
        }
        assert_eq!(parse_level(USUAL_LEVEL), Ok(LevelFilter::INFO));
    }
}
