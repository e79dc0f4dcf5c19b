//! Sentences with moments in them, which a browser tells in the reader's zone.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::rooms::Moment;

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Words.
    Words(String),
    /// A moment.
    Clock {
        /// In ISO 8601.
        at: String,
        /// On the clock of the site, with the day where that is not today's or tomorrow's.
        text: String,
        /// Whether the day stands before it.
        day: bool,
    },
}

/// Words and moments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    parts: Vec<Part>,
    now_ms: i64,
    zone: TimeZone,
}

/// Moments further away are told with their day.
const SAME_DAY_MS: i64 = 24 * 3_600_000;

impl Sentence {
    /// An empty one, said at a moment.
    pub fn said_at(moment: &Moment) -> Self {
        Self { parts: Vec::new(), now_ms: moment.now_ms, zone: moment.zone.clone() }
    }

    /// More words.
    #[must_use]
    pub fn words(mut self, words: impl Into<String>) -> Self {
        self.parts.push(Part::Words(words.into()));
        self
    }

    /// A moment.
    #[must_use]
    pub fn clock(mut self, at_ms: i64) -> Self {
        let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let local = at.to_zoned(self.zone.clone());
        let day = (at_ms - self.now_ms).abs() > SAME_DAY_MS;
        let format = if day { "%-d %b %H:%M" } else { "%H:%M" };
        let text = local.strftime(format).to_string();
        self.parts.push(Part::Clock { at: at.to_string(), text, day });
        self
    }

    /// Another sentence behind it.
    #[must_use]
    pub fn then(mut self, other: Self) -> Self {
        if !self.parts.is_empty() && !other.parts.is_empty() {
            self.parts.push(Part::Words(" ".into()));
        }
        self.parts.extend(other.parts);
        self
    }

    /// What it is made of.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }
}

#[cfg(test)]
impl std::fmt::Display for Sentence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Words(text) | Part::Clock { text, .. } => f.write_str(text),
        })
    }
}
