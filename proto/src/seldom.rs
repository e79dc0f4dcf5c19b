//! Lines of a log that somebody else could repeat at will: of each subject one a minute, of all
//! together so many, and how many were left out. Reads no clock.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a line may come again.
pub const MINUTE: Duration = Duration::from_secs(60);

/// The most lines of one minute, where nobody says otherwise.
const LINES: usize = 10;

/// What was told lately.
#[derive(Debug)]
pub struct Seldom {
    lines: usize,
    lately: Mutex<Lately>,
}

#[derive(Debug, Default)]
struct Lately {
    begun: Option<Instant>,
    subjects: HashSet<String>,
    left_out: u64,
}

impl Default for Seldom {
    fn default() -> Self {
        Self::of(LINES)
    }
}

impl Seldom {
    /// At most so many lines a minute.
    pub fn of(lines: usize) -> Self {
        Self { lines, lately: Mutex::default() }
    }

    /// Whether to tell of a subject at a moment; if so, how many lines were left out since the last
    /// that was told.
    pub fn tell(&self, subject: &str, now: Instant) -> Option<u64> {
        let mut lately = self.lately.lock().unwrap_or_else(PoisonError::into_inner);
        let over = lately.begun.is_none_or(|begun| now.saturating_duration_since(begun) >= MINUTE);
        if over {
            lately.begun = Some(now);
            lately.subjects.clear();
        }
        if lately.subjects.len() >= self.lines || lately.subjects.contains(subject) {
            lately.left_out += 1;
            return None;
        }
        lately.subjects.insert(subject.to_owned());
        Some(std::mem::take(&mut lately.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_subject_has_one_line_a_minute_and_all_have_ten() {
        let (seldom, start) = (Seldom::default(), Instant::now());
        let at =
            |seconds, subject: &str| seldom.tell(subject, start + Duration::from_secs(seconds));
        assert_eq!(at(0, "a"), Some(0));
        assert_eq!((at(1, "a"), at(2, "a")), (None, None));
        assert_eq!(at(3, "b"), Some(2));
        let told = (0..1000).filter(|n| at(4, &n.to_string()).is_some()).count();
        assert_eq!(told, LINES - 2);
        assert_eq!(at(59, "c"), None);
        assert_eq!(at(60, "a"), Some(1000 - told as u64 + 1));
    }
}
