//! Silences: what is not told for a while, on whose word.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::alert::Texts;
use super::repeat::{Repeat, RepeatError};
use crate::samples;

/// The most conditions of a silence, and the most bytes of each of its texts.
const MATCHERS: usize = 50;
const TEXT_BYTES: usize = 2048;

/// A condition on a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matcher {
    /// The label.
    pub name: String,
    /// Its value, or a pattern for all of it.
    pub value: String,
    /// Whether it is a pattern.
    pub is_regex: bool,
    /// Whether it has to match, or must not.
    pub is_equal: bool,
    /// Its pattern, read once.
    #[serde(skip)]
    pub read: ReadOnce,
}

/// A condition as it was read when it was first looked at: patterns are costly to read, and thousands of
/// alerts are held against each. It says nothing of its own.
#[derive(Debug, Clone, Default)]
pub struct ReadOnce(OnceLock<Option<samples::Matcher>>);

impl PartialEq for ReadOnce {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for ReadOnce {}

/// What is not told for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// All of these match.
    pub matchers: Vec<Matcher>,
    /// From when on, Unix time in milliseconds.
    pub from_ms: i64,
    /// Until when.
    pub to_ms: i64,
    /// When within that time; always if nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<Repeat>,
    /// On whose word.
    pub owner: String,
    /// Why.
    pub comment: String,
}

/// Why a silence is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SilenceError {
    /// It says of no label what it must be.
    #[error("a silence that matches everything is refused: name a label and its value")]
    Everything,
    /// It ends before it begins.
    #[error("a silence must end after it begins")]
    Backwards,
    /// It has already ended.
    #[error("a silence must end in the future")]
    Past,
    /// Nobody owns it.
    #[error("a silence needs an owner")]
    Nobody,
    /// A pattern that is none.
    #[error("{0:?} is no pattern: {1}")]
    Pattern(String, String),
    /// Its hours are none.
    #[error("a silence that comes again {0}")]
    Repeat(#[from] RepeatError),
    /// There is none of that number.
    #[error("silence not found")]
    Unknown,
    /// There are too many.
    #[error("there are too many silences already")]
    Many,
    /// A text that is no condition.
    #[error("{0:?} is no condition such as instance=\"ca1\"")]
    Condition(String),
    /// It is too large.
    #[error("a silence has at most {MATCHERS} conditions, and texts of {TEXT_BYTES} bytes")]
    Large,
}

impl Matcher {
    /// `name = value`.
    pub fn equal(name: &str, value: &str) -> Self {
        let (name, value, read) = (name.into(), value.into(), ReadOnce::default());
        Self { name, value, is_regex: false, is_equal: true, read }
    }

    /// `name =~ value|other`; an empty value is met where there is no such label.
    pub fn one_of(name: &str, values: &[&str]) -> Self {
        let literal = |value: &&str| -> String {
            let escape = |letter: char| letter.is_ascii_punctuation() && letter != '_';
            let escaped = |letter| [escape(letter).then_some('\\'), Some(letter)];
            value.chars().flat_map(escaped).flatten().collect()
        };
        let value = values.iter().map(literal).collect::<Vec<_>>().join("|");
        Self { is_regex: true, ..Self::equal(name, &value) }
    }

    /// A condition as Alertmanager writes it: `name="value"`, `!=`, `=~` or `!~`, quotes at will.
    pub fn parse(text: &str) -> Result<Self, SilenceError> {
        let wrong = || SilenceError::Condition(text.to_owned());
        let text = text.trim();
        // A name that is no plain one stands in quotes, as newer programs write it.
        let quoted = text.starts_with('"').then(|| {
            let mut texts = serde_json::Deserializer::from_str(text).into_iter::<String>();
            let name = texts.next()?.ok()?;
            Some((name, text[texts.byte_offset()..].trim_start()))
        });
        let (name, rest) = if let Some(found) = quoted {
            found.ok_or_else(wrong)?
        } else {
            let end = text.find(['=', '!', '~']).ok_or_else(wrong)?;
            (text[..end].trim().to_owned(), &text[end..])
        };
        let signs =
            [("=~", true, true), ("!~", true, false), ("!=", false, false), ("=", false, true)];
        let found = signs.into_iter().find_map(|(sign, is_regex, is_equal)| {
            Some((rest.strip_prefix(sign)?, is_regex, is_equal))
        });
        let (value, is_regex, is_equal) = found.ok_or_else(wrong)?;
        let value = value.trim();
        let value = if value.starts_with('"') {
            serde_json::from_str(value).map_err(|_| wrong())?
        } else {
            value.to_owned()
        };
        if name.is_empty() {
            return Err(wrong());
        }
        let matcher = Self { name, value, is_regex, is_equal, read: ReadOnce::default() };
        matcher.compiled().map(|_| matcher)
    }

    /// Whether an alert with these labels meets it.
    pub fn accepts(&self, labels: &Texts) -> bool {
        let value = labels.get(&self.name).map_or("", String::as_str);
        let read = self.read.0.get_or_init(|| self.compiled().ok());
        read.as_ref().is_some_and(|read| read.accepts(value))
    }

    fn compiled(&self) -> Result<samples::Matcher, SilenceError> {
        let Self { name, value, is_regex, is_equal, read: _ } = self;
        match (is_regex, is_equal) {
            (false, true) => Ok(samples::Matcher::equal(name, value)),
            (false, false) => Ok(samples::Matcher::not_equal(name, value)),
            (true, true) => {
                samples::Matcher::regex(name, value).map_err(|error| self.wrong(&error))
            }
            (true, false) => {
                samples::Matcher::not_regex(name, value).map_err(|error| self.wrong(&error))
            }
        }
    }

    fn wrong(&self, error: &impl ToString) -> SilenceError {
        SilenceError::Pattern(self.value.clone(), error.to_string())
    }
}

impl Silence {
    /// Whether it may be taken at a moment.
    pub fn check(&self, now_ms: i64) -> Result<(), SilenceError> {
        let texts = self.matchers.iter().flat_map(|matcher| [&matcher.name, &matcher.value]);
        let mut texts = texts.chain([&self.owner, &self.comment]);
        if self.matchers.len() > MATCHERS || texts.any(|text| text.len() > TEXT_BYTES) {
            return Err(SilenceError::Large);
        }
        let mut says_something = false;
        for matcher in &self.matchers {
            if matcher.name.is_empty() {
                return Err(SilenceError::Condition(format!("={:?}", matcher.value)));
            }
            says_something |= !matcher.compiled()?.accepts("");
        }
        if !says_something {
            return Err(SilenceError::Everything);
        }
        if self.owner.trim().is_empty() {
            return Err(SilenceError::Nobody);
        }
        if self.to_ms <= self.from_ms {
            return Err(SilenceError::Backwards);
        }
        if self.to_ms <= now_ms {
            return Err(SilenceError::Past);
        }
        if let Some(repeat) = &self.repeats {
            repeat.check()?;
        }
        Ok(())
    }

    /// Whether it holds at a moment.
    pub fn holds(&self, at_ms: i64) -> bool {
        let is_hour = |repeat: &Repeat| repeat.holds(at_ms);
        self.from_ms <= at_ms && at_ms < self.to_ms && self.repeats.as_ref().is_none_or(is_hour)
    }

    /// Ends it now, or before it began.
    pub fn end(&mut self, now_ms: i64) {
        self.from_ms = self.from_ms.min(now_ms);
        self.to_ms = now_ms;
    }

    /// The same conditions, as samples are selected by.
    pub fn selectors(&self) -> Vec<samples::Matcher> {
        self.matchers.iter().filter_map(|matcher| matcher.compiled().ok()).collect()
    }

    /// Whether it is about an alert with these labels.
    pub fn covers(&self, labels: &Texts) -> bool {
        self.matchers.iter().all(|matcher| matcher.accepts(labels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_says_of_what_on_whose_word_and_until_when() {
        let good = Silence {
            matchers: vec![Matcher::equal("instance", "ca1")],
            from_ms: 0,
            to_ms: 100,
            repeats: None,
            owner: "anna".into(),
            comment: String::new(),
        };
        let pattern = |value: &str, is_equal| Matcher {
            name: "instance".into(),
            value: value.into(),
            is_regex: true,
            is_equal,
            read: ReadOnce::default(),
        };
        let with = |matchers| Silence { matchers, ..good.clone() };
        for (silence, expected) in [
            (good.clone(), Ok(())),
            (with(vec![]), Err(SilenceError::Everything)),
            (with(vec![pattern(".*", true)]), Err(SilenceError::Everything)),
            (with(vec![pattern("ca9", false)]), Err(SilenceError::Everything)),
            (with(vec![pattern("ca9", false), pattern(".+", true)]), Ok(())),
            (with(vec![Matcher::equal("", "b")]), Err(SilenceError::Condition("=\"b\"".into()))),
            (Silence { owner: " ".into(), ..good.clone() }, Err(SilenceError::Nobody)),
            (Silence { from_ms: 100, ..good.clone() }, Err(SilenceError::Backwards)),
            (Silence { from_ms: -9, to_ms: 10, ..good.clone() }, Err(SilenceError::Past)),
            (with(vec![Matcher::equal("a", &"x".repeat(3000))]), Err(SilenceError::Large)),
        ] {
            assert_eq!(silence.check(10), expected, "{silence:?}");
        }
        assert!(matches!(with(vec![pattern("(", true)]).check(10), Err(SilenceError::Pattern(..))));
        let labels = |instance: &str| Texts::from([("instance".to_owned(), instance.to_owned())]);
        assert!(good.covers(&labels("ca1")) && !good.covers(&labels("ca11")));
        assert!(!good.covers(&Texts::new()));
        assert!(good.holds(0) && good.holds(99) && !good.holds(100));
    }

    #[test]
    fn a_condition_is_read_as_alertmanagers_programs_write_it() {
        for (text, expected) in [
            ("a=b", Some(("a", "b", false, true))),
            (" a != \"b c\" ", Some(("a", "b c", false, false))),
            ("a=~b|c=d", Some(("a", "b|c=d", true, true))),
            ("a!~\"\\\"\"", Some(("a", "\"", true, false))),
            ("\"service.name\" =~ \"x\"", Some(("service.name", "x", true, true))),
            ("\"a=b\"=c", Some(("a=b", "c", false, true))),
            ("a", None),
            ("=b", None),
            ("\"a", None),
            ("\"a\"", None),
            ("a=\"b", None),
            ("a=~(", None),
        ] {
            let found = Matcher::parse(text).ok();
            let found =
                found.as_ref().map(|one| (&*one.name, &*one.value, one.is_regex, one.is_equal));
            assert_eq!(found, expected, "{text}");
        }
    }
}
