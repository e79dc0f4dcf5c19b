//! What a file of a scenario says. Each line is one of
//!
//! - `begin MOMENT`
//! - `@AFTER DEED`, or `@FROM..TO/EVERY DEED` for one that comes again
//! - `= AFTER RECEIVER: TITLE`, somebody is told
//! - `most N of RECEIVER within SPAN`, in place of who is told what
//! - `never WORD`, which no title has.

use jiff::Timestamp;

use crate::rules::parse_duration;

/// A scenario.
pub struct Script {
    pub begin_ms: i64,
    pub events: Vec<Event>,
    pub expected: Vec<(i64, String)>,
    pub most: Option<Most>,
}

/// Somebody does something.
pub struct Event {
    pub after_ms: i64,
    pub deed: Vec<String>,
}

/// How much a receiver is told at the most.
pub struct Most {
    pub count: usize,
    pub receiver: String,
    pub within_ms: i64,
}

impl Event {
    /// Nothing more happens.
    pub fn end(after_ms: i64) -> Self {
        Self { after_ms, deed: vec!["end".to_owned()] }
    }
}

impl Script {
    /// Reads a file.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut script = Self { begin_ms: 0, events: vec![], expected: vec![], most: None };
        let mut never: Vec<&str> = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let wrong = || format!("{line:?} is no line of a scenario");
            if let Some(moment) = line.strip_prefix("begin ") {
                let moment: Timestamp = moment.parse().map_err(|_| wrong())?;
                script.begin_ms = moment.as_millisecond();
            } else if let Some(rest) = line.strip_prefix("= ") {
                let (after, text) = rest.split_once(' ').ok_or_else(wrong)?;
                script.expected.push((length(after).ok_or_else(wrong)?, text.to_owned()));
            } else if let Some(rest) = line.strip_prefix("most ") {
                script.most = Some(Most::read(rest).ok_or_else(wrong)?);
            } else if let Some(word) = line.strip_prefix("never ") {
                never.push(word);
            } else {
                script.events.extend(events(line).ok_or_else(wrong)?);
            }
        }
        script.events.sort_by_key(|event| event.after_ms);
        let told = |word: &&str| script.expected.iter().any(|(_, text)| text.contains(word));
        match never.iter().find(|word| told(word)) {
            Some(word) => Err(format!("tells {word:?} although it never does")),
            None => Ok(script),
        }
    }
}

impl Most {
    fn read(text: &str) -> Option<Self> {
        let [count, "of", receiver, "within", within] = words(text)[..] else { return None };
        let (count, receiver) = (count.parse().ok()?, receiver.to_owned());
        Some(Self { count, receiver, within_ms: length(within)? })
    }
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

fn events(line: &str) -> Option<Vec<Event>> {
    let (when, deed) = line.strip_prefix('@')?.split_once(' ')?;
    let deed: Vec<String> = words(deed).into_iter().map(ToOwned::to_owned).collect();
    let event = |after_ms| Event { after_ms, deed: deed.clone() };
    let Some((from, rest)) = when.split_once("..") else {
        return Some(vec![event(length(when)?)]);
    };
    let (to, every) = rest.split_once('/')?;
    let (from_ms, to_ms, every_ms) = (length(from)?, length(to)?, length(every)?);
    Some((from_ms..to_ms).step_by(usize::try_from(every_ms).ok()?).map(event).collect())
}

fn length(text: &str) -> Option<i64> {
    parse_duration(text).ok()
}

/// A length of time as it is written there.
pub fn span(ms: i64) -> String {
    let seconds = ms / 1000;
    let parts = [(seconds / 3600, 'h'), (seconds / 60 % 60, 'm'), (seconds % 60, 's')];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts.map(|(count, unit)| format!("{count}{unit}")).collect();
    parts.concat()
}
