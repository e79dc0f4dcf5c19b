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

/// A word that names no level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be off, error, warn, info, debug or trace")]
pub struct LevelError;

/// The level of that name.
pub fn parse_level(name: &str) -> Result<LevelFilter, LevelError> {
    let found = LEVELS.iter().find(|(known, _)| *known == name);
    found.map(|(_, level)| *level).ok_or(LevelError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_the_names_that_the_mistake_lists() {
        for (name, level) in LEVELS {
            assert_eq!(parse_level(name), Ok(level));
            assert!(LevelError.to_string().contains(name), "{name}");
            assert_eq!(level.to_string(), name, "as the log itself names it");
        }
        for wrong in ["", "INFO", "3", "information"] {
            assert_eq!(parse_level(wrong), Err(LevelError), "{wrong}");
        }
        assert_eq!(parse_level(USUAL_LEVEL), Ok(LevelFilter::INFO));
    }
}
