//! `[rules]`: the files with rules, and by what they are evaluated.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use headroom_proto::configuration::Section;
use headroom_proto::files;
use headroom_proto::units::Span;

use crate::rules::{self, DEFAULT_INTERVAL_MS, Group, Mistake, Mistakes};

/// The most files.
const FILES: usize = 1000;

/// Where rules are read from.
#[derive(Debug, Clone)]
pub struct RuleFiles {
    /// Files, or patterns of them.
    pub patterns: Vec<PathBuf>,
    /// Whether those that come along are evaluated too.
    pub shipped: bool,
    /// The time between two evaluations of groups that do not say, in milliseconds.
    pub interval_ms: i64,
    /// Where people reach the collector.
    pub external_url: String,
    /// Where the Alertmanagers are that are told.
    pub alertmanagers: Vec<String>,
}

impl Default for RuleFiles {
    fn default() -> Self {
        Self {
            patterns: Vec::new(),
            shipped: false,
            interval_ms: DEFAULT_INTERVAL_MS,
            external_url: String::new(),
            alertmanagers: Vec::new(),
        }
    }
}

/// The address of an Alertmanager.
struct Alertmanager(String);

fn build_alertmanagers(section: &Section<'_>) -> Vec<String> {
    let addresses = section.list::<Alertmanager>("alertmanager_urls").unwrap_or_default();
    addresses.into_iter().map(|Alertmanager(address)| address).collect()
}

impl FromStr for Alertmanager {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let host = text.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
        match host.filter(|host| !host.is_empty() && !host.contains(['@', '?', '#', ' '])) {
            Some(host) => Ok(Self(format!("http://{host}/api/v2/alerts"))),
            None => Err("must be an address such as http://127.0.0.1:9093"),
        }
    }
}

/// What is said before a mistake that stands in a file of rules.
pub const MISTAKE_OF_RULES: &str = "have a mistake: ";

pub fn build(section: &Section<'_>) -> RuleFiles {
    let default = RuleFiles::default();
    let interval = section.value::<Span>("interval");
    let interval_ms = interval.map_or(default.interval_ms, |Span(time)| time.as_millis() as i64);
    if interval_ms < 1000 {
        section.mistake("interval", "must be at least 1s");
    }
    // As Prometheus knows itself, so that links of rules have one stroke each.
    let external_url: String = section.value("external_url").unwrap_or_default();
    let files = RuleFiles {
        patterns: section.paths("files").unwrap_or_default(),
        shipped: section.flag("shipped"),
        interval_ms,
        external_url: external_url.trim_end_matches('/').to_owned(),
        alertmanagers: build_alertmanagers(section),
    };
    if let Err(mistakes) = files.read() {
        for mistake in mistakes.to_string().lines() {
            section.mistake("files", format!("{MISTAKE_OF_RULES}{mistake}"));
        }
    }
    files
}

impl RuleFiles {
    /// The groups of all files, or every mistake in any of them.
    pub fn read(&self) -> Result<Vec<Group>, Mistakes> {
        let (mut groups, mut mistakes) = (Vec::new(), Vec::new());
        if self.shipped {
            groups.extend(rules::shipped(self.interval_ms)?);
        }
        for pattern in &self.patterns {
            match matching(pattern) {
                Ok(paths) => {
                    for path in paths {
                        match read_file(&path, self.interval_ms) {
                            Ok(found) => groups.extend(found),
                            Err(found) => mistakes.push(found),
                        }
                    }
                }
                Err(mistake) => mistakes.push(mistake),
            }
        }
        Mistakes::all(mistakes).map_or(Ok(groups), Err)
    }
}

/// The groups of one file.
pub fn read_file(path: &Path, interval_ms: i64) -> Result<Vec<Group>, Mistakes> {
    let name = path.display().to_string();
    let text = files::read_text(path)
        .map_err(|error| Mistakes::of(&name, vec![Mistake::whole(format!("{error}"))]))?;
    rules::read(&name, &text, interval_ms)
}

/// The files that a pattern means, ordered by name. One that is no pattern must be there.
fn matching(pattern: &Path) -> Result<Vec<PathBuf>, Mistakes> {
    let wrong = |message: String| {
        Mistakes::of(&pattern.display().to_string(), vec![Mistake::whole(message)])
    };
    let text = pattern.to_str().ok_or_else(|| wrong("is not UTF-8".into()))?;
    if !text.contains(['*', '?', '[']) {
        return Ok(vec![pattern.to_owned()]);
    }
    let found = glob::glob(text).map_err(|error| wrong(error.msg.to_owned()))?;
    let paths: Result<Vec<PathBuf>, _> = found.take(FILES + 1).collect();
    let paths = paths.map_err(|error| wrong(error.error().to_string()))?;
    if paths.len() > FILES {
        return Err(wrong(format!("means more than {FILES} files")));
    }
    Ok(paths)
}
