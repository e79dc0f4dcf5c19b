//! What was found beside the rounds, kept until it is told; and how small files are read for it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use headroom_proto::catalogue::Metric;

use crate::series::Round;

/// The most that is kept; a host of a hundred cores has some thousand.
const MOST: usize = 3000;

/// The longest text that becomes a label.
const MAX_TEXT_BYTES: usize = 128;

/// Named values.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    all: Vec<Fact>,
    /// Some devices show the same sensors twice.
    known: HashSet<String>,
    left_out: u64,
}

#[derive(Debug, Clone)]
struct Fact {
    metric: String,
    labels: Vec<(&'static str, String)>,
    value: f64,
}

impl Facts {
    /// Adds one. Labels without text are left out.
    pub fn add(&mut self, metric: &Metric, labels: &[(&'static str, &str)], value: f64) {
        self.add_named(metric.name.to_owned(), labels, value);
    }

    /// Adds one of a metric that the kernel names.
    pub fn add_named(&mut self, metric: String, labels: &[(&'static str, &str)], value: f64) {
        if self.all.len() >= MOST {
            self.left_out += 1;
            return;
        }
        let labels = labels.iter().filter(|(_, text)| !text.is_empty());
        let labels: Vec<_> = labels.map(|(name, text)| (*name, (*text).to_owned())).collect();
        if !self.known.insert(format!("{metric} {labels:?}")) {
            return;
        }
        self.all.push(Fact { metric, labels, value });
    }

    /// Nothing is added any more.
    pub fn finish(mut self) -> Self {
        self.known = HashSet::new();
        self
    }

    /// Writes them into a round; those that found no room are counted as skipped.
    pub fn push(&self, round: &mut Round<'_>) {
        let mut labels = Vec::new();
        for fact in &self.all {
            labels.clear();
            labels.extend(fact.labels.iter().map(|(name, text)| (*name, &**text)));
            round.push(&fact.metric, &labels, fact.value);
        }
        for _ in 0..self.left_out {
            round.item(|_| Err("the host has more parts than there is room for"));
        }
    }
}

/// The text of a small file, without what stands around it; none if there is none.
pub fn text(path: &Path) -> Option<String> {
    let bytes = std::fs::read(path).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim().trim_end_matches('\0');
    let fits = (1..=MAX_TEXT_BYTES).contains(&text.len());
    fits.then(|| text.chars().filter(|letter| !letter.is_control()).collect())
}

/// The number that a small file holds.
pub fn number(path: &Path) -> Option<f64> {
    text(path)?.parse().ok().filter(|number: &f64| number.is_finite())
}

/// What is in a folder, by name in order; names that are no text are left out.
pub fn entries(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut entries: Vec<_> = entries
        .filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())))
        .collect();
    entries.sort();
    entries
}

/// The entries whose names are `stem` and a number, with that number.
pub fn numbered(folder: &Path, stem: &str) -> Vec<(String, PathBuf)> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let own = |(name, path): (String, PathBuf)| {
        let number = name.strip_prefix(stem).filter(|number| is_number(number))?;
        Some((number.to_owned(), path))
    };
    entries(folder).into_iter().filter_map(own).collect()
}
